//! What a plan tells before it is applied.

use rolecall_engine::plan::{self, Draft, GroupDrift, HoldEffect};
use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::{Command, DraftRule, Rejection, UserSet};

use super::{applied, apply, leads, rules, teams, up_to_date, without_lead};
use crate::brakes::{empty, holds, limit, ten};
use crate::world::{World, match_all};

#[test]
fn a_plan_drops_a_role_together_with_the_rule_that_grants_it() {
    let (mut world, draft) = without_lead(match_all(EntityType::Team));
    let alone = Command::ChangeSettings {
        change: draft.settings.clone(),
    };
    assert!(matches!(
        world.run(&alone),
        Err(Rejection::Setting { setting: "roles", .. })
    ));
    applied(&mut world, draft);
    assert_eq!(world.role("ana").as_deref(), Some("user"));
    assert_eq!(world.placed("ana"), ["team eng"]);
}

#[test]
fn a_plan_does_not_drop_a_role_that_its_rules_still_grant() {
    let (mut world, draft) = without_lead(leads());
    let refused = world.run(&apply(draft, &world)).unwrap_err();
    let Rejection::RuleSet(problems) = refused else {
        panic!("{refused}");
    };
    assert_eq!(problems.to_string().matches("rules[0].role").count(), 1, "{problems}");
}

#[test]
fn a_plan_tells_its_effect_and_leaves_the_state_alone() {
    let mut world = World::default();
    let rule = world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    let definition = RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..teams("Team ${display_name}")
    };
    let draft = Draft {
        rules: Some(vec![DraftRule {
            id: Some(rule),
            definition,
        }]),
        ..up_to_date()
    };
    let effect = world.rehearse(&draft).unwrap();
    assert_eq!(
        (effect.rules.created, effect.rules.changed, effect.rules.deleted),
        (0, 1, 0)
    );
    assert_eq!(effect.groups_decided, 1);
    let words: Vec<_> = effect
        .mappings
        .iter()
        .map(|mapping| (mapping.word(), mapping.entity.name.as_deref().unwrap()))
        .collect();
    assert_eq!(words, [("ended", "eng"), ("auto_approved", "Team eng")]);
    let names: Vec<_> = effect
        .entities
        .iter()
        .map(|entity| (&entity.entity.entity, entity.entity.name.as_deref()))
        .collect();
    assert_eq!(names, [(&None, Some("Team eng"))]);
    let members: Vec<_> = effect
        .members
        .iter()
        .map(|members| (members.added.len(), members.removed.len()))
        .collect();
    assert_eq!(members, [(0, 1), (1, 0)]);
    let [role] = effect.roles.as_slice() else {
        panic!("one change of roles: {effect:?}")
    };
    assert!(role.raised && role.users.len() == 1);
    assert_eq!(world.placed("ana"), ["team eng"]);
    applied(&mut world, draft);
    assert!(world.rehearse(&up_to_date()).unwrap().is_nothing());
}

#[test]
fn the_hash_of_a_plan_is_of_its_state_its_draft_and_its_effect() {
    let mut world = World::default();
    world.user("ana");
    world.group("eng", &["ana"]);
    let hash = |world: &World, draft: &Draft| {
        plan::measure(world.state.position(), draft, &world.rehearse(draft).unwrap()).hash
    };
    let draft = rules(vec![match_all(EntityType::Team)]);
    let first = hash(&world, &draft);
    assert_eq!(hash(&world, &draft), first);
    assert_ne!(hash(&world, &rules(vec![teams("other")])), first);
    world.user("ben");
    assert_ne!(hash(&world, &draft), first);
}

/// What a plan for other members of a group tells of holds; it is applied then.
fn held_by(world: &mut World, group: &str, members: &[&str]) -> Vec<(&'static str, u64, u64)> {
    let wanted: UserSet = members.iter().map(|name| world.user_named(name).index).collect();
    let group = world.group_named(group);
    let (mut added, mut removed) = (wanted.clone(), group.members.clone());
    added.subtract(&group.members);
    removed.subtract(&wanted);
    let drift = GroupDrift::Differs {
        group: group.id,
        added,
        removed,
    };
    let draft = Draft {
        drift: vec![drift],
        ..Draft::default()
    };
    let effect = world.rehearse(&draft).unwrap();
    applied(world, draft);
    let counts = |hold: &HoldEffect| (hold.kind, hold.before, hold.after);
    effect.holds.iter().map(counts).collect()
}

#[test]
fn a_plan_tells_what_is_held_and_let_go() {
    let mut world = ten(|change| {
        change.brake.organization = limit(2, 20);
        change.min_admins = Some(3);
    });
    assert_eq!(held_by(&mut world, "admins", &["0"]), [("min_admins", 0, 2)]);
    empty(&mut world, "eng");
    assert_eq!(holds(&world), ["organization: 9", "min_admins: 2"]);
    let back = held_by(&mut world, "eng", &["0", "1", "8", "9"]);
    assert_eq!(back, [("organization", 9, 6)]);
    assert_eq!(holds(&world), ["organization: 6", "min_admins: 2"]);
    // Who is in a place again, whichever it is, is not held for the organization any more.
    let admins = held_by(&mut world, "admins", &["0", "1", "2"]);
    assert_eq!(admins, [("organization", 6, 5), ("min_admins", 2, 0)]);
}
