//! What a backtest reports: stories, and two worlds compared the obvious way.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use rolecall_engine::plan::backtest::{Apart, Backtest, Difference, Place, Report};
use rolecall_engine::plan::{Draft, ExceptionChange, GroupDrift, rehearse};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::state::User;
use rolecall_engine::{
    Command, DraftRule, Entry, ExceptionInput, ExceptionKind, ExceptionSubject, MappingIndex, Rejection,
    SettingsChange, State, Timestamp, UserId, UserIndex,
};

use crate::invariants::histories;
use crate::operations::{Operation, after_in, definition, operations};
use crate::plans::rules;
use crate::world::{World, match_all, rule_drafts};

/// A backtest over these entries.
fn backtest(start: &State, draft: &Draft, entries: &[Entry]) -> Report {
    let begun = Backtest::begin(start.clone(), draft, || true).expect("accepted");
    let mut backtest = begun.expect("nobody ends it");
    entries.iter().for_each(|entry| backtest.follow(entry));
    backtest.into_report()
}

/// Teams of this name for all groups.
fn teams(name: &str) -> RuleDefinition {
    let name = Some(name.to_owned());
    RuleDefinition {
        targets: vec![Target {
            entity_type: EntityType::Team,
            name,
        }],
        ..match_all(EntityType::Team)
    }
}

fn team(name: &str) -> Vec<Place> {
    vec![Place {
        entity_type: EntityType::Team,
        name: name.to_owned(),
    }]
}

#[test]
fn a_group_that_would_have_been_elsewhere_differs_from_its_creation_to_its_deletion() {
    let mut world = World::default();
    world.rule(teams("${display_name}"));
    let ann = world.user("ann");
    let start = world.state.clone();
    world.user("bob");
    world.group("web", &["ann"]);
    let created = world.state.position();
    world.user("cid");
    world.delete_group("web");
    let deleted = world.state.position();
    let report = backtest(&start, &rules(vec![teams("all-${display_name}")]), &world.entries[2..]);
    let [difference] = report.differences.as_slice() else {
        panic!("one difference: {report:?}")
    };
    let apart = Apart {
        recorded: team("web"),
        draft: team("all-web"),
        roles: None,
    };
    assert_eq!((difference.user, &difference.apart), (ann, &apart));
    assert_eq!(difference.began.position, created);
    assert_eq!(difference.ended.map(|ended| ended.position), Some(deleted));
    assert_eq!((report.began, report.ended, report.users, report.entries), (1, 1, 1, 4));
    assert_eq!(report.days.len(), 1);
    assert_eq!(report.reached.position, deleted);
}

#[test]
fn rules_that_were_saved_meanwhile_are_replaced_by_those_of_the_draft() {
    let mut world = World::default();
    world.user("ann");
    let start = world.state.clone();
    world.rule(teams("old-${display_name}"));
    world.group("web", &["ann"]);
    let draft = rules(vec![teams("new-${display_name}")]);
    let report = backtest(&start, &draft, &world.entries[1..]);
    assert_eq!(report.replaced, BTreeMap::from([("rule_created", 1)]));
    assert_eq!(report.differences[0].apart.draft, team("new-web"));
    // Without rules of its own the draft leaves them as they were saved.
    let settings = Draft {
        settings: SettingsChange {
            default_role: Some("guest".parse().unwrap()),
            ..SettingsChange::default()
        },
        ..Draft::default()
    };
    let report = backtest(&start, &settings, &world.entries[1..]);
    assert!(report.replaced.is_empty() && report.not_carried_over.is_empty());
    let [difference] = report.differences.as_slice() else {
        panic!("one difference: {report:?}")
    };
    let roles = Some((Some("user".parse().unwrap()), Some("guest".parse().unwrap())));
    assert_eq!(
        difference.apart,
        Apart {
            recorded: Vec::new(),
            draft: Vec::new(),
            roles
        }
    );
    assert_eq!((difference.began.position, difference.ended), (start.position(), None));
}

#[test]
fn what_people_decided_counts_in_both_worlds_as_far_as_it_means_something_there() {
    let mut world = World::default();
    world.user("ann");
    world.rule(RuleDefinition {
        auto_approve: false,
        ..teams("${display_name}")
    });
    let start = world.state.clone();
    world.group("web", &["ann"]);
    world.group("ops", &["ann"]);
    let mapping = |world: &World, index: u32| world.state.mapping_at(MappingIndex::from(index)).id;
    world.approve(mapping(&world, 0));
    let entity = world.entity_named(EntityType::Team, "web").id;
    let subject = ExceptionSubject::Entity(entity);
    world.except(ExceptionKind::Exclusion, "ann", subject).unwrap();
    world.approve(mapping(&world, 1));
    let of = |name: &str, matching: Pattern| RuleDefinition {
        name: name.to_owned(),
        matching,
        auto_approve: false,
        ..teams("${display_name}")
    };
    // The same for the one group, and nothing for the other.
    let draft = rules(vec![of("web alone", Pattern::prefix("web"))]);
    let report = backtest(&start, &draft, &world.entries[2..]);
    assert_eq!(report.not_carried_over, BTreeMap::from([("mapping_approved", 1)]));
    let [difference] = report.differences.as_slice() else {
        panic!("one difference: {report:?}")
    };
    assert_eq!(difference.apart.recorded, team("ops"));
    assert_eq!(difference.began.position, world.state.position());
}

#[test]
fn a_difference_that_turns_into_another_one_ends_and_begins() {
    let mut world = World::default();
    world.rule(teams("${display_name}"));
    world.user("ann");
    let start = world.state.clone();
    world.group("web", &["ann"]);
    world.rename("web", "net");
    let report = backtest(&start, &rules(Vec::new()), &world.entries[2..]);
    let seen: Vec<_> = report
        .differences
        .iter()
        .map(|difference| &difference.apart.recorded)
        .collect();
    assert_eq!(seen, [&team("web"), &team("net")]);
    assert_eq!(report.differences[0].ended, Some(report.differences[1].began));
    assert_eq!((report.began, report.ended, report.users), (2, 1, 1));
}

#[test]
fn an_exception_of_the_draft_ends_when_its_time_would_have_been_over() {
    let mut world = World::default();
    let ann = world.user("ann");
    let start = world.state.clone();
    let exception = ExceptionInput {
        kind: ExceptionKind::Pin,
        user: ann,
        subject: ExceptionSubject::Role("admin".parse().unwrap()),
        reason: "on call".to_owned(),
        expires: Some(Timestamp::from_milliseconds(start.at().milliseconds() + 10_000)),
    };
    let draft = Draft {
        exceptions: vec![ExceptionChange::Set(exception)],
        ..Draft::default()
    };
    world.user("bob");
    world.wait(20);
    world.user("cid");
    let over = world.state.position();
    world.user("dan");
    let report = backtest(&start, &draft, &world.entries[1..]);
    let ends: Vec<_> = report
        .differences
        .iter()
        .map(|difference| (difference.began.position, difference.ended.map(|ended| ended.position)))
        .collect();
    assert_eq!(ends, [(start.position(), Some(over))]);
}

#[test]
fn a_draft_that_would_have_been_refused_then_is_refused() {
    let draft = rules(vec![RuleDefinition {
        role: Some("owner".parse().unwrap()),
        ..teams("${display_name}")
    }]);
    assert!(Backtest::begin(State::default(), &draft, || true).is_err());
}

#[test]
fn a_draft_is_given_up_between_its_steps() {
    let mut world = World::default();
    world.group("web", &[]);
    let draft = rules(vec![teams("${display_name}")]);
    let begun_with = |most: usize| {
        let mut steps = 0;
        let goes_on = || {
            steps += 1;
            steps <= most
        };
        Backtest::begin(world.state.clone(), &draft, goes_on).unwrap().is_some()
    };
    assert!(!begun_with(0) && !begun_with(1) && begun_with(10));
}

#[test]
fn a_draft_of_what_a_snapshot_differs_in_is_refused() {
    let mut world = World::default();
    let group = world.group("web", &[]);
    let draft = Draft {
        drift: vec![GroupDrift::Surplus { group }],
        ..Draft::default()
    };
    let refused = Backtest::begin(world.state, &draft, || true);
    assert_eq!(refused.err(), Some(Rejection::DriftInBacktest));
}

/// What users and groups are is said by providers alone.
fn is_of_intake(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::CreateUser {
            default_entity: None,
            ..
        } | Operation::ChangeUser { .. }
            | Operation::RenameUser { .. }
            | Operation::DeleteUser { .. }
            | Operation::CreateGroup { .. }
            | Operation::Members { .. }
            | Operation::Stranger { .. }
            | Operation::ExternalId { .. }
            | Operation::Rename { .. }
            | Operation::GroupRole { .. }
            | Operation::DeleteGroup { .. }
            | Operation::Wait { .. }
    )
}

fn changes_rules(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::CreateRule { .. }
            | Operation::DeleteRule { .. }
            | Operation::ChangeRule { .. }
            | Operation::SaveRuleSet { .. }
            | Operation::ApplyPlan { rules: Some(_), .. }
    )
}

/// The rules as they are.
fn as_they_are(state: &State) -> Draft {
    let drafts = state.rules().iter().map(|stored| DraftRule {
        id: Some(stored.id),
        definition: stored.rule.definition().clone(),
    });
    Draft {
        rules: Some(drafts.collect()),
        rerun: true,
        ..Draft::default()
    }
}

type Has = (Vec<Place>, Option<rolecall_engine::rules::RoleName>);

fn has(state: &State) -> BTreeMap<UserId, Has> {
    let places = |user: &User| {
        let entities = user.memberships.iter();
        let entities = entities.map(|membership| state.entity_at(membership.entity));
        let mut places: Vec<_> = entities
            .map(|entity| Place {
                entity_type: entity.entity_type,
                name: entity.name.clone(),
            })
            .collect();
        places.sort();
        (places, user.role.clone())
    };
    let users = state.users_from(UserIndex::from(0));
    users.map(|user| (user.id, places(user))).collect()
}

fn apart(recorded: Option<&Has>, draft: Option<&Has>) -> Option<Apart> {
    let (recorded, draft) = (
        recorded.cloned().unwrap_or_default(),
        draft.cloned().unwrap_or_default(),
    );
    let without = |one: &Has, other: &Has| -> Vec<Place> {
        one.0.iter().filter(|place| !other.0.contains(place)).cloned().collect()
    };
    let apart = Apart {
        recorded: without(&recorded, &draft),
        draft: without(&draft, &recorded),
        roles: (recorded.1 != draft.1).then(|| (recorded.1.clone(), draft.1.clone())),
    };
    (recorded != draft).then_some(apart)
}

/// A difference as `user, what, from, until`.
type Told = (UserId, Apart, u64, Option<u64>);

/// Two worlds of their own, looked at whole after every entry.
fn naive(recorded: &[State], draft: &[State]) -> Vec<Told> {
    let mut open: BTreeMap<UserId, (Apart, u64)> = BTreeMap::new();
    let mut told = Vec::new();
    for (one, other) in recorded.iter().zip(draft) {
        let (position, was, would) = (one.position().get(), has(one), has(other));
        let users: Vec<UserId> = was.keys().chain(open.keys()).copied().collect();
        for user in users {
            let found = apart(was.get(&user), would.get(&user));
            if open.get(&user).map(|(apart, _)| apart) == found.as_ref() {
                continue;
            }
            if let Some((apart, since)) = open.remove(&user) {
                told.push((user, apart, since, Some(position)));
            }
            if let Some(found) = found {
                open.insert(user, (found, position));
            }
        }
    }
    told.extend(
        open.into_iter()
            .map(|(user, (apart, since))| (user, apart, since, None)),
    );
    told.sort();
    told
}

fn told(differences: &[Difference]) -> Vec<Told> {
    let position = |stamp: rolecall_engine::state::Stamp| stamp.position.get();
    let mut told: Vec<Told> = differences
        .iter()
        .map(|difference| {
            let (began, ended) = (position(difference.began), difference.ended.map(position));
            (difference.user, difference.apart.clone(), began, ended)
        })
        .collect();
    told.sort();
    told
}

/// A world that began with these rules, and the states that it went through.
fn walked(name: &str, of: &[usize], operations: &[Operation]) -> (World, Vec<State>) {
    let mut world = World::default();
    let rules = of.iter().map(|rule| RuleDefinition {
        name: format!("{name} {rule}"),
        ..definition(*rule)
    });
    let (rules, examples) = (rule_drafts(rules), None);
    world.done(&Command::SaveRuleSet { rules, examples });
    let mut states = vec![world.state.clone()];
    let world = after_in(world, operations, |_, _, world| states.push(world.state.clone()));
    (world, states)
}

proptest! {
    #![proptest_config(histories(64))]

    #[test]
    fn the_recorded_rules_themselves_make_no_difference(operations in operations(60), from in any::<usize>()) {
        let mut operations = operations;
        let beginning = operations.clone();
        let (beginning, _): (Vec<_>, Vec<_>) = beginning
            .into_iter()
            .partition(|operation| matches!(operation, Operation::CreateRule { .. }));
        operations.retain(|operation| !changes_rules(operation));
        let world = after_in(World::default(), &beginning, |_, _, _| {});
        let (first, start) = (world.entries.len(), world.state.clone());
        let world = after_in(world, &operations, |_, _, _| {});
        let draft = as_they_are(&start);
        // From the beginning, and from where groups are up to date.
        let mut starts = vec![(start.clone(), first)];
        let later = first + from % (world.entries.len() - first + 1);
        let reached = world.entries[first..later].iter().fold(start, |state, entry| state.replay(entry));
        if rehearse(&reached, &draft, reached.at()).is_ok_and(|effect| effect.is_nothing()) {
            starts.push((reached, later));
        }
        for (start, from) in starts {
            let report = backtest(&start, &draft, &world.entries[from..]);
            prop_assert_eq!((report.differences, report.not_carried_over), (Vec::new(), BTreeMap::new()));
        }
    }

    #[test]
    fn other_rules_differ_as_two_worlds_do(
        recorded in vec(0..64usize, 1..4),
        drafted in vec(0..64usize, 1..4),
        operations in operations(60),
    ) {
        let mut operations = operations;
        operations.retain(is_of_intake);
        let (world, states) = walked("recorded", &recorded, &operations);
        let (other, others) = walked("drafted", &drafted, &operations);
        prop_assert_eq!(states.len(), others.len());
        let report = backtest(&states[0], &as_they_are(&other.state), &world.entries[1..]);
        prop_assert_eq!(told(&report.differences), naive(&states, &others));
    }

    /// Whatever people decided, in whatever world.
    #[test]
    fn any_draft_goes_through_any_record(
        operations in operations(80),
        drafted in vec(0..64usize, 0..4),
        has_rules in any::<bool>(),
        from in any::<usize>(),
    ) {
        let world = after_in(World::default(), &operations, |_, _, _| {});
        let from = from % (world.entries.len() + 1);
        let start = world.entries[..from].iter().fold(State::default(), |state, entry| state.replay(entry));
        let drafted = rules(drafted.into_iter().map(definition).collect());
        let draft = if has_rules { drafted } else { Draft { rerun: true, ..Draft::default() } };
        if let Ok(Some(mut backtest)) = Backtest::begin(start, &draft, || true) {
            world.entries[from..].iter().for_each(|entry| backtest.follow(entry));
            let report = backtest.into_report();
            prop_assert_eq!(report.entries, world.entries[from..].len() as u64);
            let open = report.differences.iter().filter(|difference| difference.ended.is_none());
            prop_assert_eq!(open.count() as u64, report.began - report.ended);
        }
    }
}
