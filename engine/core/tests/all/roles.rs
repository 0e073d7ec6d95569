//! Roles: the highest of all claims, up and down, with the cause (SEMANTICS section 6.5).

use rolecall_engine::limits::GROUP_ROLES_MAX;
use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::{Command, Effect, Rejection, RoleSource, SettingsChange, role_changes};

use crate::world::{World, group_input, match_all};

#[test]
fn a_new_user_has_the_default_role() {
    let mut world = World::default();
    world.user("ana");
    assert_eq!(world.role("ana").as_deref(), Some("user"));
    assert_eq!(world.role_causes(), ["user_created"]);
}

#[test]
fn the_highest_of_all_claims_wins_up_and_down() {
    let mut world = World::default();
    world.user("ana");
    world.user("ben");
    world.group_with_roles("admins", &["ana", "ben"], &["Admin"]);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("admin"), vec!["member_added"])
    );
    world.group_with_roles("guests", &["ana"], &["guest"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    world.remove("admins", "ana");
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("guest"), vec!["member_removed"])
    );
    world.remove("guests", "ana");
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("user"), vec!["default_fallback"])
    );
}

#[test]
fn the_roles_of_a_group_count_without_a_mapping_and_can_change() {
    let mut world = World::default();
    world.user("ana");
    world.group("admins", &["ana"]);
    world.set_group_roles("admins", &["admin"]);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("admin"), vec!["group_roles"])
    );
    world.set_group_roles("admins", &["no such role"]);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("user"), vec!["default_fallback"])
    );
}

#[test]
fn a_rule_grants_its_role_while_its_mapping_is_approved() {
    let mut world = World::default();
    world.rule(RuleDefinition {
        role: Some("admin".parse().unwrap()),
        auto_approve: false,
        ..match_all(EntityType::Team)
    });
    world.user("ana");
    world.group("Engineering", &["ana"]);
    assert_eq!(world.role("ana").as_deref(), Some("user"), "not while it waits");
    let mapping = world.mappings("Engineering")[0].id;
    world.approve(mapping);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    world.done(&Command::PauseMapping { mapping });
    assert_eq!(world.role("ana").as_deref(), Some("user"));
}

#[test]
fn the_attribute_of_the_user_is_a_claim() {
    let mut world = World::default();
    world.user("ana");
    world.set_user("ana", true, Some("Admin"));
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("admin"), vec!["user_attribute"])
    );
    world.set_user("ana", true, Some("emperor"));
    assert_eq!(
        world.role("ana").as_deref(),
        Some("user"),
        "an unknown name is no claim"
    );
}

#[test]
fn an_inactive_user_has_no_role_until_it_is_back() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("admins", &["ana"], &["admin"]);
    world.set_user("ana", false, None);
    assert_eq!(
        (world.role("ana"), world.role_causes()),
        (None, vec!["user_deactivated"])
    );
    world.set_user("ana", true, None);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("admin"), vec!["user_activated"])
    );
}

#[test]
fn the_last_admin_to_go_is_told() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("admins", &["ana"], &["admin"]);
    let entry = world.remove("admins", "ana").unwrap();
    let last = &entry.consequences.last().unwrap().effect;
    assert_eq!(
        *last,
        Effect::NoAdminLeft {
            role: "admin".parse().unwrap()
        }
    );
}

#[test]
fn another_order_of_roles_gives_everybody_the_role_that_is_now_theirs() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("a", &["ana"], &["admin", "guest"]);
    let roles = ["admin", "user", "guest"].map(|role| role.parse().unwrap()).to_vec();
    world.settings(SettingsChange {
        roles: Some(roles),
        ..SettingsChange::default()
    });
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("guest"), vec!["settings"])
    );
}

#[test]
fn the_record_tells_each_change_with_the_claims_before_and_after() {
    let mut world = World::default();
    world.user("ana");
    let group = world.group_with_roles("admins", &["ana"], &["admin"]);
    world.remove("admins", "ana");
    let user = world.user_named("ana").clone();
    let entries = user
        .history
        .iter()
        .map(|position| &world.entries[usize::try_from(position.get()).unwrap() - 1]);
    let changes: Vec<_> = entries.flat_map(|entry| role_changes(entry, user.index)).collect();
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.position.get(), change.cause.as_str()))
        .collect();
    assert_eq!(
        told,
        [(1, "user_created"), (2, "member_added"), (3, "default_fallback")]
    );
    assert_eq!(changes[1].after[0].source, RoleSource::Group { group });
    assert_eq!((&changes[2].before, changes[2].after.len()), (&changes[1].after, 0));
}

#[test]
fn what_is_no_name_of_a_role_is_no_part_of_the_record() {
    let mut world = World::default();
    world.user("ana");
    assert_eq!(world.set_user("ana", true, Some("Ana Lima, head of sales")), None);
}

#[test]
fn a_group_has_roles_up_to_a_limit() {
    let mut world = World::default();
    let mut create = |name: &str, count: usize| {
        let roles = vec!["guest"; count];
        let group = group_input(name, Vec::new(), &roles);
        world.run(&Command::CreateGroup { group }).map(drop)
    };
    assert_eq!(create("many", GROUP_ROLES_MAX), Ok(()));
    let refused = Rejection::TooLong {
        attribute: "roles",
        limit: GROUP_ROLES_MAX,
        unit: "values",
    };
    assert_eq!(create("more", GROUP_ROLES_MAX + 1), Err(refused));
}
