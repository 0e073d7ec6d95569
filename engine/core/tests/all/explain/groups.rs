//! What each rule says of a group, and what a plan would do to it.

use rolecall_engine::explain::{self, Outcome, PlanStep, TargetNow, WhyNot};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::{Command, MappingStatus, Position};

use super::rule_for;
use crate::plans::{applied, up_to_date};
use crate::world::{World, match_all};

#[test]
fn a_group_tells_what_each_rule_says_of_it() {
    let mut world = World::default();
    let rule = |pattern, exclude: &[&str], priority, enabled| RuleDefinition {
        matching: Pattern::prefix(pattern),
        exclude: exclude.iter().map(|text| Pattern::prefix(*text)).collect(),
        priority,
        enabled,
        ..match_all(EntityType::Team)
    };
    world.rule(rule("eng", &["x", "eng-bots"], 9, true));
    world.rule(rule("sales", &[], 8, true));
    world.rule(rule("eng", &[], 7, false));
    world.rule(rule("eng-", &[], 6, true));
    world.rule(match_all(EntityType::Team));
    world.group("eng-bots", &[]);
    let explained = explain::group(&world.state, world.group_named("eng-bots"));
    let outcomes: Vec<Outcome> = explained.tried.items.iter().map(|tried| tried.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Excluded { exclude: 1 },
            Outcome::NoMatch,
            Outcome::Disabled,
            Outcome::Decides,
            Outcome::ComesLater,
        ]
    );
    assert_eq!(explained.decided.position, Position::new(6));
    assert_eq!(explained.now, explained.decided_by);
    assert_eq!(explained.plan.items, []);
}

#[test]
fn the_rule_that_decides_is_told_however_many_come_before_it() {
    let mut world = World::default();
    for number in 0..150 {
        world.rule(rule_for(&format!("group-{number:03}"), EntityType::Team, true));
    }
    world.group("group-140", &[]);
    let explained = explain::group(&world.state, world.group_named("group-140"));
    assert_eq!((explained.tried.items.len(), explained.tried.total), (101, 150));
    assert_eq!(explained.tried.items[100].outcome, Outcome::Decides);
}

#[test]
fn a_new_rule_is_told_as_what_a_plan_would_do() {
    let mut world = World::default();
    world.rule(rule_for("eng", EntityType::Team, true));
    world.group("eng", &[]);
    let mapping = world.mappings("eng")[0].index;
    let better = RuleDefinition {
        priority: 5,
        targets: vec![
            Target {
                entity_type: EntityType::Team,
                name: None,
            },
            Target {
                entity_type: EntityType::ConcurrencyGroup,
                name: Some("shared".to_owned()),
            },
        ],
        ..rule_for("eng", EntityType::Team, true)
    };
    world.rule(better);
    let explained = explain::group(&world.state, world.group_named("eng"));
    assert_ne!(explained.now, explained.decided_by);
    assert_eq!(
        explained.plan.items,
        [
            PlanStep::Refresh(mapping),
            PlanStep::Propose(
                EntityType::ConcurrencyGroup,
                Some("shared".to_owned()),
                MappingStatus::AutoApproved
            ),
        ]
    );
}

/// What the mapping of the only rule of a group waits for, and what there is of it now.
fn waits(world: &World, group: &str) -> Option<(&'static str, Option<TargetNow>)> {
    let explained = explain::group(&world.state, world.group_named(group));
    match explained.mappings.items[0].why_not {
        Some(WhyNot::Pending { reason, now, .. }) => Some((reason.as_str(), now)),
        _ => None,
    }
}

#[test]
fn a_mapping_that_waits_for_a_sub_organization_tells_what_there_is_now() {
    let mut world = World::default();
    world.rule(match_all(EntityType::SubOrganization));
    world.group("Berlin", &[]);
    assert_eq!(
        waits(&world, "Berlin"),
        Some(("target_missing", Some(TargetNow::Missing)))
    );
    world.entity(EntityType::Team, "Berlin");
    assert_eq!(
        waits(&world, "Berlin"),
        Some(("target_missing", Some(TargetNow::Missing)))
    );
    let berlin = |external_id: &str| Command::CreateEntity {
        entity_type: EntityType::SubOrganization,
        name: "Berlin".to_owned(),
        external_id: Some(external_id.to_owned()),
    };
    world.done(&berlin("1"));
    assert_eq!(waits(&world, "Berlin"), Some(("target_missing", Some(TargetNow::Free))));
    world.done(&berlin("2"));
    assert_eq!(
        waits(&world, "Berlin"),
        Some(("target_missing", Some(TargetNow::Ambiguous)))
    );
    applied(&mut world, up_to_date());
    assert_eq!(
        waits(&world, "Berlin"),
        Some(("ambiguous_name", Some(TargetNow::Ambiguous)))
    );
}

#[test]
fn a_mapping_that_waits_for_an_entity_of_another_group_names_the_mapping_in_its_way() {
    let mut world = World::default();
    let target = Target {
        entity_type: EntityType::Team,
        name: Some("shared".to_owned()),
    };
    world.rule(RuleDefinition {
        targets: vec![target],
        ..match_all(EntityType::Team)
    });
    world.group("one", &[]);
    world.group("two", &[]);
    let owner = &world.mappings("one")[0];
    let (by, mapping) = (owner.index, owner.id);
    assert_eq!(
        waits(&world, "two"),
        Some(("entity_owned", Some(TargetNow::Owned { by })))
    );
    world.done(&Command::RejectMapping { mapping });
    assert_eq!(waits(&world, "two"), Some(("entity_owned", Some(TargetNow::Free))));
    applied(&mut world, up_to_date());
    assert_eq!(waits(&world, "two"), None);
    world.done(&Command::PauseMapping {
        mapping: world.mappings("two")[0].id,
    });
    assert_eq!(waits(&world, "two"), None);
}
