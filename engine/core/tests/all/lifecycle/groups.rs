//! Groups and users go, and come back.

use rolecall_engine::rules::{EntityType, RuleDefinition, Target};
use rolecall_engine::{Command, Rejection, SettingsChange};

use super::{by_hand, prefix};
use crate::world::{World, group_input, match_all};

#[test]
fn a_deleted_group_ends_its_mappings_and_releases_its_members() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    world.delete_group("Engineering");
    assert_eq!(world.all_mappings(), ["team Engineering: ended(group_deleted)"]);
    assert!(world.placed("ana").is_empty());
    assert!(world.state.group_by_name("Engineering").is_none());
}

#[test]
fn a_group_pushed_again_is_restored_with_the_new_members_only() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.user("ben");
    let group = world.group("Engineering", &["ana"]);
    world.delete_group("Engineering");
    assert_eq!(world.group("ENGINEERING", &["ben"]), group, "the old id");
    assert_eq!(
        world.all_mappings(),
        [
            "team Engineering: ended(group_deleted)",
            "team Engineering: auto_approved"
        ]
    );
    assert!(world.placed("ana").is_empty());
    assert_eq!(world.placed("ben"), ["team Engineering"]);
}

#[test]
fn a_member_of_a_deleted_group_stays_where_another_group_holds_it() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    world.rule(RuleDefinition {
        targets: vec![Target {
            entity_type: EntityType::Team,
            name: Some("Everybody".to_owned()),
        }],
        ..match_all(EntityType::Team)
    });
    world.user("ana");
    world.user("ben");
    world.group("Engineering", &["ana", "ben"]);
    world.group("Sales", &["ana"]);
    world.delete_group("Engineering");
    assert_eq!(world.placed("ana"), ["team Everybody"]);
    assert!(world.placed("ben").is_empty());
}

#[test]
fn a_restored_group_is_decided_by_the_rules_of_today() {
    let mut world = World::default();
    let rule = world.rule(by_hand(match_all(EntityType::Team)));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    world.approve(mapping);
    world.delete_group("Engineering");
    let definition = match_all(EntityType::ConcurrencyGroup);
    world.done(&Command::ChangeRule { rule, definition });
    world.group("Engineering", &["ana"]);
    assert_eq!(
        world.all_mappings(),
        [
            "team Engineering: ended(group_deleted)",
            "concurrency_group Engineering: auto_approved"
        ]
    );
    assert_eq!(world.placed("ana"), ["concurrency_group Engineering"]);
}

#[test]
fn group_provisioning_off_refuses_and_removes_nothing_until_it_is_on() {
    let mut world = World::default();
    let provisioning = |on| SettingsChange {
        group_provisioning: Some(on),
        ..SettingsChange::default()
    };
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    let group = world.group("Engineering", &["ana"]);
    world.settings(provisioning(false));
    let create = Command::CreateGroup {
        group: group_input("Sales", Vec::new(), &[]),
    };
    let delete = Command::DeleteGroup { group, expected: None };
    for command in [&create, &delete] {
        assert_eq!(world.run(command), Err(Rejection::GroupProvisioningOff));
    }
    assert_eq!(world.placed("ana"), ["team Engineering"]);
    world.settings(provisioning(true));
    world.done(&create);
    world.remove("Engineering", "ana").expect("provisioned again");
    assert!(world.placed("ana").is_empty());
}

#[test]
fn a_user_who_comes_back_is_where_its_groups_are_by_then() {
    let mut world = World::default();
    world.rule(prefix("eng", EntityType::Team, None));
    world.rule(prefix("cg", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng", &["ana"]);
    world.group("eng-old", &["ana"]);
    world.group_with_roles("cg", &["ana"], &["admin"]);
    world.set_user("ana", false, None);
    assert!(world.placed("ana").is_empty() && world.role("ana").is_none());
    world.remove("eng-old", "ana");
    world.set_user("ana", true, None);
    assert_eq!(world.placed("ana"), ["team eng", "concurrency_group cg"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}
