//! What each rule says of a group, and what a plan would do to it.

use rolecall_engine::explain::{self, Outcome, PlanStep};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::{MappingStatus, Position};

use super::rule_for;
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
