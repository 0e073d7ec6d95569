//! What a plan does to the mappings that there are.

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::{Command, MappingStatus, MappingTarget};

use super::{applied, by_person, changed, rules, stale, teams, up_to_date, with_target};
use crate::world::{World, match_all};

#[test]
fn groups_that_no_rule_had_decided_are_decided() {
    let mut world = World::default();
    world.user("ana");
    world.group("eng", &["ana"]);
    applied(&mut world, rules(vec![match_all(EntityType::Team)]));
    assert_eq!(world.placed("ana"), ["team eng"]);
    assert!(world.group_named("eng").decided_by.is_some());
}

#[test]
fn a_mapping_that_the_rules_would_make_too_stays_and_is_no_longer_stale() {
    let admin = RuleDefinition {
        role: Some("admin".parse().unwrap()),
        priority: 3,
        ..match_all(EntityType::Team)
    };
    let world = changed(match_all(EntityType::Team), vec![admin]);
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(
        (world.placed("ana"), world.role("ana").as_deref()),
        (vec!["team eng".to_owned()], Some("admin"))
    );
}

#[test]
fn a_mapping_stays_under_another_rule_that_makes_it_too() {
    let other = RuleDefinition {
        name: "other".to_owned(),
        ..teams("${display_name}")
    };
    let world = changed(match_all(EntityType::Team), vec![other]);
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
}

#[test]
fn a_mapping_stays_though_its_rule_no_longer_approves() {
    let world = changed(
        match_all(EntityType::Team),
        vec![by_person(match_all(EntityType::Team))],
    );
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team eng"]);
}

#[test]
fn new_mappings_are_built_and_those_that_no_rule_makes_end() {
    let world = changed(match_all(EntityType::Team), vec![teams("Team ${display_name}")]);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(rules_changed)", "team Team eng: auto_approved"]
    );
    assert_eq!(world.placed("ana"), ["team Team eng"]);
    assert!(
        world.state.entities_named(EntityType::Team, "eng").next().is_some(),
        "entities stay"
    );
}

#[test]
fn mappings_end_when_no_rule_is_left() {
    let world = changed(match_all(EntityType::Team), Vec::new());
    assert_eq!(world.all_mappings(), ["team eng: ended(rules_changed)"]);
    assert!(world.placed("ana").is_empty() && world.group_named("eng").decided_by.is_none());
}

#[test]
fn what_a_person_has_to_approve_waits_beside_what_it_replaces() {
    let mut world = changed(match_all(EntityType::Team), vec![by_person(teams("new"))]);
    assert_eq!(
        world.all_mappings(),
        ["team eng: auto_approved", "team new: pending(rule_changed)"]
    );
    assert_eq!(world.placed("ana"), ["team eng"]);
    let mapping = world.mappings("eng")[1].id;
    world.approve(mapping);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(replaced)", "team new: approved"]
    );
    assert_eq!(world.placed("ana"), ["team new"]);
    assert_eq!(stale(&world), []);
}

#[test]
fn what_a_person_approved_is_replaced_like_what_a_rule_approved() {
    let mut world = World::default();
    world.rule(by_person(match_all(EntityType::Team)));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    world.approve(mapping);
    applied(&mut world, rules(vec![by_person(teams("new"))]));
    assert_eq!(
        world.all_mappings(),
        ["team eng: approved", "team new: pending(rule_changed)"]
    );
    let mapping = world.mappings("eng")[1].id;
    world.approve(mapping);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(replaced)", "team new: approved"]
    );
    applied(&mut world, rules(vec![teams("newer")]));
    assert_eq!(world.placed("ana"), ["team newer"]);
}

#[test]
fn a_target_that_is_dropped_ends_though_nothing_takes_its_place() {
    let both = RuleDefinition {
        targets: vec![
            Target {
                entity_type: EntityType::Team,
                name: Some("a".to_owned()),
            },
            Target {
                entity_type: EntityType::Team,
                name: Some("b".to_owned()),
            },
        ],
        ..match_all(EntityType::Team)
    };
    let world = changed(both, vec![by_person(teams("b"))]);
    assert_eq!(
        world.all_mappings(),
        ["team a: ended(rules_changed)", "team b: auto_approved"]
    );
}

#[test]
fn a_proposal_that_waits_is_approved_once_its_rule_approves() {
    let world = changed(
        by_person(match_all(EntityType::Team)),
        vec![match_all(EntityType::Team)],
    );
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team eng"]);
}

#[test]
fn a_proposal_that_is_void_ends() {
    let world = changed(by_person(match_all(EntityType::Team)), vec![by_person(teams("new"))]);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(superseded)", "team new: pending(approval_required)"]
    );
}

#[test]
fn what_is_missing_is_found_by_the_next_plan() {
    let mut world = World::default();
    world.rule(with_target(EntityType::SubOrganization, "west"));
    world.user("ana");
    world.group("eng", &["ana"]);
    assert_eq!(world.all_mappings(), ["sub_organization west: pending(target_missing)"]);
    world.entity(EntityType::SubOrganization, "west");
    applied(&mut world, up_to_date());
    assert_eq!(world.all_mappings(), ["sub_organization west: auto_approved"]);
}

#[test]
fn a_rejected_mapping_stays_rejected() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    world.done(&Command::RejectMapping { mapping });
    let raised = RuleDefinition {
        priority: 9,
        ..match_all(EntityType::Team)
    };
    applied(&mut world, rules(vec![raised]));
    assert_eq!(world.all_mappings(), ["team eng: rejected"]);
    assert_eq!(stale(&world), []);
}

#[test]
fn an_entity_that_was_deleted_is_not_made_again() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.group("eng", &[]);
    let entity = world.entity_named(EntityType::Team, "eng").id;
    world.done(&Command::DeleteEntity { entity });
    applied(&mut world, rules(vec![teams("${display_name}")]));
    assert_eq!(world.all_mappings(), ["team eng: pending(target_deleted)"]);
}

#[test]
fn mappings_by_hand_are_never_touched_and_stand_for_what_a_rule_makes() {
    let mut world = World::default();
    world.user("ana");
    let group = world.group("eng", &["ana"]);
    for name in ["eng", "mine"] {
        let entity = world.entity(EntityType::Team, name).id;
        let target = MappingTarget::Entity(entity);
        world.done(&Command::CreateMapping { group, target });
    }
    applied(&mut world, rules(vec![match_all(EntityType::Team)]));
    assert_eq!(world.all_mappings(), ["team eng: approved", "team mine: approved"]);
    applied(&mut world, rules(Vec::new()));
    assert_eq!(world.all_mappings(), ["team eng: approved", "team mine: approved"]);
}

#[test]
fn groups_may_take_over_the_entities_of_each_other() {
    let parts = |name: &str| RuleDefinition {
        matching: Pattern::regex("^(?<one>[a-z]+)-(?<two>[a-z]+)$"),
        ..teams(name)
    };
    let mut world = World::default();
    world.rule(parts("${one}"));
    world.user("ana");
    world.group("web-ops", &["ana"]);
    world.group("ops-web", &[]);
    applied(&mut world, rules(vec![parts("${two}")]));
    assert_eq!(world.placed("ana"), ["team ops"]);
    assert_eq!(world.mappings("ops-web")[0].status, MappingStatus::AutoApproved);
    assert_eq!(stale(&world), []);
}
