//! Which rule decides, and that saving one changes nothing by itself (SEMANTICS section 3).

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition};
use rolecall_engine::{Command, Rejection};

use crate::world::{World, match_all};

fn named(name: &str, matching: Pattern, priority: i32) -> RuleDefinition {
    RuleDefinition {
        name: name.to_owned(),
        matching,
        priority,
        ..match_all(EntityType::Team)
    }
}

#[test]
fn the_highest_priority_decides_then_the_oldest() {
    let mut world = World::default();
    world.rule(named("low", Pattern::all(), 0));
    let first = world.rule(named("first", Pattern::prefix("eng"), 5));
    world.rule(named("second", Pattern::prefix("eng"), 5));
    world.group("Engineering", &[]);
    assert_eq!(
        world.group_named("Engineering").decided_by.map(|decided| decided.rule),
        Some(first)
    );
}

#[test]
fn a_disabled_rule_decides_nothing() {
    let mut world = World::default();
    world.rule(RuleDefinition {
        enabled: false,
        ..match_all(EntityType::Team)
    });
    world.group("Engineering", &[]);
    assert!(world.all_mappings().is_empty());
}

#[test]
fn saving_editing_and_deleting_a_rule_changes_no_mapping() {
    let mut world = World::default();
    world.user("ana");
    world.group("before", &["ana"]);
    let rule = world.rule(match_all(EntityType::Team));
    assert!(world.all_mappings().is_empty());
    world.group("after", &["ana"]);
    let definition = RuleDefinition {
        auto_approve: false,
        ..match_all(EntityType::Team)
    };
    world.done(&Command::ChangeRule { rule, definition });
    assert_eq!(world.placed("ana"), ["team after"]);
    assert!(world.state.is_stale(&world.mappings("after")[0]));
    world.done(&Command::DeleteRule { rule });
    assert_eq!(world.placed("ana"), ["team after"]);
}

#[test]
fn an_edited_rule_leaves_what_its_older_version_settled() {
    let mut world = World::default();
    let rule = world.rule(match_all(EntityType::Team));
    world.group("eng", &[]);
    let definition = RuleDefinition {
        targets: Vec::new(),
        ..match_all(EntityType::ConcurrencyGroup)
    };
    let refused = world.run(&Command::ChangeRule { rule, definition });
    assert!(matches!(refused, Err(Rejection::Rule(_))), "no target");
    world.done(&Command::ChangeRule {
        rule,
        definition: match_all(EntityType::ConcurrencyGroup),
    });
    world.rename("eng", "engineering");
    assert_eq!(world.all_mappings(), ["team engineering: auto_approved"]);
}

#[test]
fn a_rule_that_grants_an_unknown_role_is_refused() {
    let mut world = World::default();
    let definition = RuleDefinition {
        role: Some("emperor".parse().unwrap()),
        ..match_all(EntityType::Team)
    };
    let refused = world.run(&Command::CreateRule { definition });
    assert!(matches!(refused, Err(Rejection::Setting { setting: "role", .. })));
}
