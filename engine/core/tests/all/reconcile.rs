//! Snapshots of a provider: what differs, and what a plan makes of it.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use rolecall_engine::plan::{
    Draft, DriftReport, GroupDrift, GroupEffect, GroupName, Place, PlanEffect, Reconciliation, SnapshotMember,
    SnapshotProblem,
};
use rolecall_engine::rules::EntityType;
use rolecall_engine::state::PlanEnd;
use rolecall_engine::{Fact, GroupChange, GroupIndex, Rejection, SettingsChange, State};

use crate::operations::{after, operations};
use crate::plans::{applied, apply, go_on};
use crate::world::{World, match_all};

type Compared = Result<(Vec<GroupDrift>, DriftReport), Rejection>;

/// Compares a snapshot of groups with their members, by name.
fn compared(state: &State, groups: &[(String, Vec<String>)], delete_missing: bool) -> Compared {
    let mut reconciliation = Reconciliation::new(state);
    let mut line = 1;
    for (name, members) in groups {
        line += 1;
        let group = reconciliation.group(Place::Line(line), Some(name), None);
        for member in members {
            line += 1;
            let member = SnapshotMember {
                user_name: Some(member),
                ..SnapshotMember::default()
            };
            if let Some(group) = &group {
                reconciliation.member(Place::Line(line), group, member);
            }
        }
    }
    reconciliation.finish(delete_missing)
}

/// The plan that a snapshot leads to.
pub(crate) fn snapshot_draft(state: &State, groups: &[(String, Vec<String>)], delete_missing: bool) -> Draft {
    Draft {
        drift: compared(state, groups, delete_missing).unwrap().0,
        ..Draft::default()
    }
}

fn snapshot(groups: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    groups
        .iter()
        .map(|(name, members)| ((*name).to_owned(), owned(members)))
        .collect()
}

/// The names of the groups and of their members.
fn groups(state: &State) -> BTreeMap<String, Vec<String>> {
    let all = state.groups_from(GroupIndex::from(0));
    all.map(|group| {
        let users = group.members.iter().map(|user| state.user_at(user));
        let mut names: Vec<_> = users
            .map(|user| user.person.as_ref().unwrap().user_name.clone())
            .collect();
        names.sort();
        (group.display_name.to_lowercase(), names)
    })
    .collect()
}

/// `eng` with ana and ben, `sales` with cleo, and a rule that makes a team of each.
fn world() -> World {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    for user in ["ana", "ben", "cleo"] {
        world.user(user);
    }
    world.group("eng", &["ana", "ben"]);
    world.group("sales", &["cleo"]);
    world
}

#[test]
fn a_snapshot_creates_what_is_missing_and_moves_members() {
    let mut world = world();
    let snapshot = snapshot(&[("ENG", &["ben", "cleo"]), ("ops", &["ana"])]);
    let (drift, report) = compared(&world.state, &snapshot, false).unwrap();
    assert_eq!(
        (report.groups_missing, report.groups_different, report.groups_surplus),
        (1, 1, 1)
    );
    assert_eq!((report.members_missing, report.members_extra), (2, 1));
    let sales = GroupName {
        display_name: "sales".to_owned(),
        group: Some(world.group_named("sales").id),
    };
    assert_eq!(report.surplus, [sales]);
    let draft = Draft {
        drift,
        ..Draft::default()
    };
    let effect = world.rehearse(&draft).unwrap();
    let told = |effect: &GroupEffect| {
        let (new, added, removed) = (effect.is_new(), effect.added.len(), effect.removed.len());
        (effect.group.display_name.clone(), new, effect.deleted, added, removed)
    };
    let told: Vec<_> = effect.groups.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ("eng".to_owned(), false, false, 1, 1),
            ("ops".to_owned(), true, false, 1, 0)
        ]
    );
    applied(&mut world, draft);
    assert_eq!(world.placed("ana"), ["team ops"]);
    assert_eq!(world.placed("cleo"), ["team eng", "team sales"]);
    let (drift, report) = compared(&world.state, &snapshot, false).unwrap();
    assert_eq!((drift, report.groups_equal), (vec![], 2));
}

#[test]
fn a_group_that_the_snapshot_lacks_is_deleted_only_when_that_is_asked_for() {
    let mut world = world();
    let snapshot = snapshot(&[("eng", &["ana", "ben"])]);
    assert_eq!(snapshot_draft(&world.state, &snapshot, false).drift, []);
    let draft = snapshot_draft(&world.state, &snapshot, true);
    applied(&mut world, draft);
    assert_eq!(groups(&world.state).into_keys().collect::<Vec<_>>(), ["eng"]);
    assert!(world.placed("cleo").is_empty());
}

#[test]
fn names_come_before_external_ids_and_unknown_users_are_reported_with_their_place() {
    let mut world = world();
    let external_id = Some(Some("g-1".to_owned()));
    world.change_group(
        "eng",
        GroupChange {
            external_id,
            ..GroupChange::default()
        },
    );
    world.set_user("ben", false, None);
    let mut reconciliation = Reconciliation::new(&world.state);
    let group = reconciliation
        .group(Place::Line(2), Some("engineers"), Some("g-1"))
        .unwrap();
    let named = |name| SnapshotMember {
        user_name: Some(name),
        ..SnapshotMember::default()
    };
    reconciliation.member(Place::Line(2), &group, named("ANA"));
    reconciliation.member(Place::Line(3), &group, named("zoe"));
    reconciliation.member(Place::Line(4), &group, named("ben"));
    reconciliation.member(Place::Line(5), &group, named("ben"));
    let (drift, report) = reconciliation.finish(false).unwrap();
    assert_eq!(drift, []);
    let unknown: Vec<_> = report
        .unknown
        .iter()
        .map(|user| (user.place, user.name.as_str()))
        .collect();
    assert_eq!((report.users_unknown, unknown), (1, vec![(Place::Line(3), "zoe")]));
    let renamed = &report.renamed[0];
    assert_eq!((renamed.place, renamed.given.as_str()), (Place::Line(2), "engineers"));
    assert_eq!(renamed.group.display_name, "eng");
    assert_eq!(
        (report.users_inactive, report.members_repeated, report.groups_renamed),
        (1, 1, 1)
    );
}

#[test]
fn a_report_names_the_first_ones_and_no_more_of_a_name_than_it_shows() {
    let world = world();
    let mut reconciliation = Reconciliation::new(&world.state);
    let group = reconciliation.group(Place::Line(2), Some("eng"), None).unwrap();
    let name = "é".repeat(1_000);
    let nobody = SnapshotMember {
        user_name: Some(" "),
        external_id: Some(&name),
        ..SnapshotMember::default()
    };
    for line in 0..150 {
        reconciliation.member(Place::Line(line), &group, nobody);
    }
    let (_, report) = reconciliation.finish(false).unwrap();
    assert_eq!((report.users_unknown, report.unknown.len()), (150, 100));
    assert_eq!(report.unknown[99].name, "é".repeat(256));
}

#[test]
fn all_problems_are_told_at_once() {
    let world = world();
    let mut reconciliation = Reconciliation::new(&world.state);
    assert!(reconciliation.group(Place::Line(2), None, None).is_none());
    assert!(reconciliation.group(Place::Line(3), None, Some("g-9")).is_none());
    let long = "x".repeat(300);
    assert!(reconciliation.group(Place::Line(4), Some(&long), None).is_none());
    let eng = reconciliation.group(Place::Group(0), Some("eng"), None).unwrap();
    reconciliation.member(Place::Member(0, 7), &eng, SnapshotMember::default());
    let Err(Rejection::Snapshot(problems)) = reconciliation.finish(false) else {
        panic!("refused")
    };
    let places: Vec<String> = problems.iter().map(|(place, _)| place.to_string()).collect();
    assert_eq!(places, ["line 2", "line 3", "line 4", "groups[0].members[7]"]);
    assert!(matches!(
        problems.iter().next(),
        Some((_, SnapshotProblem::GroupUnnamed))
    ));
    assert!(problems.to_string().ends_with("; and 1 more"), "{problems}");
}

#[test]
fn what_a_person_applies_is_not_braked() {
    let mut world = world();
    let mut change = SettingsChange::default();
    let organization = &mut change.safeguards.brake.organization;
    organization.min_count = Some(0);
    organization.max_percent = Some(0);
    world.settings(change);
    let draft = snapshot_draft(&world.state, &snapshot(&[("eng", &[]), ("sales", &[])]), false);
    applied(&mut world, draft);
    assert_eq!(world.state.holds().count(), 0);
    assert!(world.placed("ana").is_empty() && world.placed("cleo").is_empty());
}

#[test]
fn groups_that_moved_on_meanwhile_are_left_as_they_are() {
    let mut world = world();
    let snapshot = snapshot(&[("eng", &["cleo"]), ("ops", &["ana", "ben"]), ("sales", &["ana", "ben"])]);
    let command = apply(snapshot_draft(&world.state, &snapshot, false), &world);
    world.done(&command);
    world.delete_user("ben");
    world.group("ops", &["cleo"]);
    world.delete_group("sales");
    go_on(&mut world);
    let expected = BTreeMap::from([
        ("eng".to_owned(), vec!["cleo".to_owned()]),
        ("ops".to_owned(), vec!["ana".to_owned(), "cleo".to_owned()]),
    ]);
    assert_eq!(groups(&world.state), expected);
}

#[test]
fn many_groups_are_brought_into_line_step_by_step_and_a_stop_forgets_the_rest() {
    let mut world = World::default();
    world.user("ana");
    let groups: Vec<_> = (0..600)
        .map(|number| (format!("group {number}"), vec!["ana".to_owned()]))
        .collect();
    let command = apply(snapshot_draft(&world.state, &groups, false), &world);
    world.done(&command);
    let mut steps = Vec::new();
    while let Some(entry) = world.run(&rolecall_engine::Command::ContinuePlan).unwrap() {
        let created = |fact: &&Fact| matches!(fact, Fact::GroupCreated { .. });
        steps.push(entry.facts.iter().filter(created).count());
    }
    assert_eq!(steps, [256, 256, 88, 0]);
    assert_eq!(world.state.plan_run().unwrap().ended, Some(PlanEnd::Finished));
}

#[test]
fn no_group_is_touched_while_group_provisioning_is_off() {
    let mut world = world();
    let draft = snapshot_draft(&world.state, &snapshot(&[("ops", &["ana"])]), false);
    world.settings(SettingsChange {
        group_provisioning: Some(false),
        ..SettingsChange::default()
    });
    assert_eq!(world.rehearse(&draft), Err(Rejection::GroupProvisioningOff));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn afterwards_the_groups_are_those_of_the_snapshot(
        operations in operations(40),
        wanted in vec(("[a-d]{1}", vec(0..6usize, 0..5)), 0..5),
    ) {
        let mut world = after(&operations, |_, _, _| {});
        // Somebody else than who made the plan applies it.
        world.actor = None;
        if world.state.plan_run().is_some_and(|run| run.is_running()) {
            go_on(&mut world);
        }
        let provisioning = SettingsChange { group_provisioning: Some(true), ..SettingsChange::default() };
        world.run(&rolecall_engine::Command::ChangeSettings { change: provisioning }).unwrap();
        let wanted: BTreeMap<String, Vec<String>> = wanted
            .into_iter()
            .map(|(name, users)| {
                let mut users: Vec<_> = users.into_iter().map(|user| format!("user-{user}")).collect();
                users.retain(|user| world.state.user_by_name(user).is_some());
                users.sort();
                users.dedup();
                (name, users)
            })
            .collect();
        let listed: Vec<_> = wanted.clone().into_iter().collect();
        let draft = snapshot_draft(&world.state, &listed, true);
        let (told, before) = (world.rehearse(&draft).unwrap(), groups(&world.state));
        applied(&mut world, draft);
        prop_assert_eq!(groups(&world.state), wanted.clone());
        check(&told, &before, &wanted);
    }
}

/// The groups of an effect are the difference between the two sides.
fn check(effect: &PlanEffect, before: &BTreeMap<String, Vec<String>>, after: &BTreeMap<String, Vec<String>>) {
    let none = Vec::new();
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut expected: Vec<_> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let (was, is) = (before.get(name).unwrap_or(&none), after.get(name).unwrap_or(&none));
            let lacks = |of: &[String], from: &[String]| of.iter().filter(|user| !from.contains(user)).count() as u64;
            let (created, deleted) = (!before.contains_key(name), !after.contains_key(name));
            (name.clone(), created, deleted, lacks(is, was), lacks(was, is))
        })
        .collect();
    let told = effect.groups.iter().map(|group| {
        let name = group.group.display_name.to_lowercase();
        let (added, removed) = (group.added.len(), group.removed.len());
        (name, group.is_new(), group.deleted, added, removed)
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}
