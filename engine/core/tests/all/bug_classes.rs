//! The bugs that systems of this kind have again and again (end of SEMANTICS section 9), one test each.

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition};
use rolecall_engine::{Command, SettingsChange};
use rolecall_engine::{GroupChange, MappingTarget, MembersChange};

use crate::world::{World, match_all};

#[test]
fn a_rename_recomputes_also_when_the_entity_cannot_follow() {
    let mut world = World::default();
    world.entity(EntityType::Team, "ops");
    let admin = Some("admin".parse().unwrap());
    world.settings(SettingsChange {
        on_rename: Some(rolecall_engine::OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(RuleDefinition {
        matching: Pattern::prefix("eng"),
        role: admin,
        ..match_all(EntityType::Team)
    });
    world.rule(RuleDefinition {
        matching: Pattern::prefix("ops"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    world.user("ana");
    world.group("eng", &["ana"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    world.rename("eng", "ops");
    assert_eq!(
        world.role("ana").as_deref(),
        Some("user"),
        "the rule that granted the role decides no more"
    );
    assert_eq!(world.placed("ana"), ["concurrency_group ops"]);
}

#[test]
fn a_weaker_claim_that_remains_lowers_the_role() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("admins", &["ana"], &["admin"]);
    world.group_with_roles("guests", &["ana"], &["guest"]);
    world.delete_group("admins");
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
}

#[test]
fn precedence_does_not_follow_the_order_of_storage() {
    for order in [["admins", "guests"], ["guests", "admins"]] {
        let mut world = World::default();
        world.user("ana");
        for group in order {
            let role = group.trim_end_matches('s');
            world.group_with_roles(group, &["ana"], &[role]);
        }
        assert_eq!(world.role("ana").as_deref(), Some("admin"));
    }
}

#[test]
fn nothing_changes_without_an_entry() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    let before = world.state.clone();
    assert_eq!(world.add("eng", "ana"), None);
    let same = GroupChange {
        display_name: Some("eng".to_owned()),
        ..GroupChange::default()
    };
    assert_eq!(world.change_group("eng", same), None);
    assert_eq!(world.state, before);
}

#[test]
fn a_mapping_takes_only_what_a_mapping_gave() {
    let mut world = World::default();
    world.user("ana");
    let (eng, ops) = (world.group("eng", &["ana"]), world.group("ops", &["ana"]));
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    let target = || MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "builders".to_owned(),
    };
    world.done(&Command::CreateMapping {
        group: eng,
        target: target(),
    });
    world.done(&Command::CreateMapping {
        group: ops,
        target: target(),
    });
    let members = MembersChange {
        replace: true,
        ..MembersChange::default()
    };
    world.change_group(
        "eng",
        GroupChange {
            members,
            ..GroupChange::default()
        },
    );
    assert_eq!(world.placed("ana"), ["team builders"], "the other group still holds it");
}

#[test]
fn a_removal_that_leaves_no_claim_says_so_when_it_raises_a_role() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("guests", &["ana"], &["guest"]);
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
    world.remove("guests", "ana");
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("user"), vec!["default_fallback"])
    );
}

#[test]
fn a_deleted_user_leaves_everything_and_its_name_is_free() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    let old = world.user("ana");
    world.group("eng", &["ana"]);
    world.delete_user("ana");
    assert!(world.state.user(old).is_none() && world.group_named("eng").members.is_empty());
    assert!(world.entity_named(EntityType::Team, "eng").members.is_empty());
    assert_ne!(world.user("ana"), old);
}
