//! A group is renamed: which rule decides it then, and what becomes of its mappings.

use rolecall_engine::rules::{EntityType, RuleDefinition, Target};
use rolecall_engine::{Command, Effect, MappingTarget, OnRename, SettingsChange};

use super::{by_hand, prefix};
use crate::world::{World, match_all, show_status};

#[test]
fn a_rename_that_the_same_rule_decides_renames_the_entity() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, Some("Team ${rest}")));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    let entity = world.entity_named(EntityType::Team, "Team web").id;
    world.rename("eng-web", "eng-mobile");
    assert_eq!(world.entity_named(EntityType::Team, "Team mobile").id, entity);
    assert_eq!(world.all_mappings(), ["team Team mobile: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team Team mobile"]);
}

#[test]
fn a_rename_that_another_rule_decides_leaves_the_new_match_beside_the_old_mapping() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team ops-web: auto_approved",
            "concurrency_group ops-web: pending(rule_changed)"
        ]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
    let waiting = world.mappings("ops-web")[1].id;
    let entry = world.approve(waiting);
    assert_eq!(
        world.all_mappings(),
        ["team ops-web: ended(replaced)", "concurrency_group ops-web: approved"]
    );
    assert_eq!(world.placed("ana"), ["concurrency_group ops-web"]);
    let moves = entry
        .consequences
        .iter()
        .filter_map(|consequence| match &consequence.effect {
            Effect::MappingMoved { to, .. } => Some(show_status(*to)),
            _ => None,
        });
    assert_eq!(
        moves.collect::<Vec<_>>(),
        ["approved", "ended(replaced)"],
        "the new one is built before the old one ends"
    );
}

#[test]
fn a_rename_back_voids_the_proposal() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.group("eng-web", &[]);
    world.rename("eng-web", "ops-web");
    world.rename("ops-web", "eng-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team eng-web: auto_approved",
            "concurrency_group ops-web: ended(superseded)"
        ]
    );
}

#[test]
fn on_rename_apply_lets_the_new_rule_take_over_at_once() {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team ops-web: ended(replaced)",
            "concurrency_group ops-web: auto_approved"
        ]
    );
    assert_eq!(world.placed("ana"), ["concurrency_group ops-web"]);
}

#[test]
fn on_rename_apply_ends_nothing_before_its_replacement_is_built() {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::Team, Some("Operations")));
    world.user("ana");
    world.group("ops-first", &[]);
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    world.rename("ops-web", "ops-mobile");
    assert_eq!(
        world.placed("ana"),
        ["team ops-mobile"],
        "the entity of the new rule belongs to another group"
    );
    let waiting = world.mappings("ops-mobile")[1].id;
    world.done(&Command::RejectMapping { mapping: waiting });
    world.rename("ops-mobile", "ops-desktop");
    assert_eq!(
        world.placed("ana"),
        ["team ops-desktop"],
        "a person rejected the replacement"
    );
}

#[test]
fn a_rename_that_no_rule_matches_leaves_the_mapping_stale() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "web");
    assert_eq!(world.all_mappings(), ["team web: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team web"]);
    assert!(world.state.is_stale(&world.mappings("web")[0]));
}

#[test]
fn what_a_person_approved_stays_through_a_rename() {
    let mut world = World::default();
    world.rule(by_hand(prefix("eng-", EntityType::Team, None)));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.group("eng-web", &[]);
    let mapping = world.mappings("eng-web")[0].id;
    world.approve(mapping);
    world.rename("eng-web", "ops-web");
    assert_eq!(world.all_mappings(), ["team ops-web: approved"]);
}

#[test]
fn a_waiting_proposal_follows_the_name_of_its_group() {
    let mut world = World::default();
    world.rule(by_hand(match_all(EntityType::Team)));
    world.group("Engineering", &[]);
    world.rename("Engineering", "Engineers");
    assert_eq!(
        world.all_mappings(),
        [
            "team Engineering: ended(superseded)",
            "team Engineers: pending(approval_required)"
        ]
    );
}

#[test]
fn a_rename_to_a_rule_that_a_person_has_to_approve_waits_also_with_on_rename_apply() {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(by_hand(prefix("ops-", EntityType::ConcurrencyGroup, None)));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team ops-web: auto_approved",
            "concurrency_group ops-web: pending(rule_changed)"
        ]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
}

#[test]
fn rejecting_what_waits_after_a_rename_keeps_the_old_mapping() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    let mapping = world.mappings("ops-web")[1].id;
    world.done(&Command::RejectMapping { mapping });
    assert_eq!(
        world.all_mappings(),
        ["team ops-web: auto_approved", "concurrency_group ops-web: rejected"]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
}

#[test]
fn what_waits_for_an_entity_is_looked_at_again_by_the_next_rename() {
    let mut world = World::default();
    world.rule(prefix("ops-", EntityType::SubOrganization, Some("Operations")));
    world.user("ana");
    world.group("ops-web", &["ana"]);
    world.entity(EntityType::SubOrganization, "Operations");
    world.rename("ops-web", "ops-mobile");
    assert_eq!(world.all_mappings(), ["sub_organization Operations: auto_approved"]);
    assert_eq!(world.placed("ana"), ["sub_organization Operations"]);
}

#[test]
fn what_waits_after_a_rename_takes_over_with_the_next_one_once_the_settings_say_so() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::Team, Some("Operations")));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.all_mappings(),
        ["team ops-web: auto_approved", "team Operations: pending(rule_changed)"]
    );
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rename("ops-web", "ops-mobile");
    assert_eq!(
        world.all_mappings(),
        ["team ops-mobile: ended(replaced)", "team Operations: auto_approved"]
    );
    assert_eq!(world.placed("ana"), ["team Operations"]);
}

#[test]
fn what_waits_follows_from_the_rule_of_today_after_a_rename() {
    let granting = |role: &str, auto_approve| RuleDefinition {
        role: Some(role.parse().unwrap()),
        auto_approve,
        ..prefix("ops-", EntityType::Team, Some("Operations"))
    };
    let mut world = World::default();
    let rule = world.rule(granting("admin", false));
    world.user("ana");
    world.group("ops-web", &["ana"]);
    let definition = granting("guest", true);
    world.done(&Command::ChangeRule { rule, definition });
    world.rename("ops-web", "ops-mobile");
    assert_eq!(world.all_mappings(), ["team Operations: auto_approved"]);
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
    assert_eq!(world.state.stale_mappings(), 0);
}

#[test]
fn what_waits_beside_what_a_person_chose_goes_on_waiting_after_a_rename() {
    let mut world = World::default();
    world.rule(prefix("ops-", EntityType::SubOrganization, Some("Operations")));
    let group = world.group("ops-web", &[]);
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "Builders".to_owned(),
    };
    world.done(&Command::CreateMapping { group, target });
    world.entity(EntityType::SubOrganization, "Operations");
    world.rename("ops-web", "ops-mobile");
    assert_eq!(
        world.all_mappings(),
        [
            "sub_organization Operations: pending(target_missing)",
            "team ops-mobile: approved"
        ]
    );
}

#[test]
fn what_waits_beside_what_an_older_version_settled_goes_on_waiting_after_a_rename() {
    let mut world = World::default();
    let both = |auto_approve| RuleDefinition {
        targets: vec![
            Target {
                entity_type: EntityType::Team,
                name: Some("Operations".to_owned()),
            },
            Target {
                entity_type: EntityType::ConcurrencyGroup,
                name: Some("slow".to_owned()),
            },
        ],
        auto_approve,
        ..prefix("ops-", EntityType::Team, None)
    };
    let rule = world.rule(both(false));
    world.group("ops-web", &[]);
    let mapping = world.mappings("ops-web")[0].id;
    world.approve(mapping);
    let definition = both(true);
    world.done(&Command::ChangeRule { rule, definition });
    world.rename("ops-web", "ops-mobile");
    assert_eq!(
        world.all_mappings(),
        [
            "team Operations: approved",
            "concurrency_group slow: pending(approval_required)"
        ]
    );
    assert_eq!(world.state.stale_mappings(), 2);
}
