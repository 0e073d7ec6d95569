//! What waits after a rename replaces the old mapping when it is approved.

use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::{Command, MappingTarget, OnRename, SettingsChange};

use super::{by_hand, prefix};
use crate::world::{World, show_status};

/// `eng-web` in a team by a rule, renamed so that an auto-approving rule decides that has to wait.
fn renamed_to(other: RuleDefinition, prepare: impl FnOnce(&mut World)) -> World {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(other);
    prepare(&mut world);
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(world.placed("ana"), ["team ops-web"]);
    world
}

#[track_caller]
fn assert_replaced(world: &World, placed: &str) {
    assert_eq!(show_status(world.state.mapping_at(0.into()).status), "ended(replaced)");
    assert_eq!(world.placed("ana"), [placed]);
}

#[test]
fn what_waited_for_a_sub_organization_replaces_the_old_mapping_when_it_is_approved() {
    let mut world = renamed_to(prefix("ops-", EntityType::SubOrganization, Some("Operations")), |_| {});
    let waiting = &world.mappings("ops-web")[1];
    assert_eq!(show_status(waiting.status), "pending(target_missing)");
    let mapping = waiting.id;
    world.entity(EntityType::SubOrganization, "Operations");
    world.approve(mapping);
    assert_replaced(&world, "sub_organization Operations");
}

#[test]
fn what_waited_for_the_name_of_its_entity_replaces_the_old_mapping_when_it_is_approved() {
    let mut world = renamed_to(prefix("ops-", EntityType::Team, Some("Operations")), |world| {
        for external_id in ["1", "2"] {
            world.done(&Command::CreateEntity {
                entity_type: EntityType::Team,
                name: "Operations".to_owned(),
                external_id: Some(external_id.to_owned()),
            });
        }
    });
    let waiting = &world.mappings("ops-web")[1];
    assert_eq!(show_status(waiting.status), "pending(ambiguous_name)");
    let mapping = waiting.id;
    let entity = world.state.entity_by_external_id(EntityType::Team, "2").unwrap().id;
    let target = Some(MappingTarget::Entity(entity));
    world.done(&Command::ApproveMapping { mapping, target });
    assert_replaced(&world, "team Operations");
}

#[test]
fn what_waited_for_an_entity_of_another_group_replaces_the_old_mapping_when_it_is_approved() {
    let mut world = renamed_to(prefix("ops-", EntityType::Team, Some("Operations")), |world| {
        world.group("ops-first", &[]);
    });
    let waiting = &world.mappings("ops-web")[1];
    assert_eq!(show_status(waiting.status), "pending(entity_owned)");
    let mapping = waiting.id;
    world.delete_group("ops-first");
    world.approve(mapping);
    assert_eq!(
        world.all_mappings().last().map(String::as_str),
        Some("team Operations: approved")
    );
    assert_eq!(world.placed("ana"), ["team Operations"]);
}

#[test]
fn what_was_rejected_replaces_the_old_mapping_when_it_is_approved_after_all() {
    let mut world = renamed_to(by_hand(prefix("ops-", EntityType::ConcurrencyGroup, None)), |_| {});
    let mapping = world.mappings("ops-web")[1].id;
    world.done(&Command::RejectMapping { mapping });
    world.approve(mapping);
    assert_replaced(&world, "concurrency_group ops-web");
}

#[test]
fn what_waits_for_the_entity_of_its_own_group_takes_it_over_when_it_is_approved() {
    let same = by_hand(prefix("ops-", EntityType::Team, None));
    let mut world = renamed_to(same, |_| {});
    let mapping = world.mappings("ops-web")[1].id;
    world.approve(mapping);
    assert_replaced(&world, "team ops-web");
}

#[test]
fn approving_after_a_rename_takes_over_the_same_entity() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::Team, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    let waiting = world.mappings("ops-web")[1].id;
    world.approve(waiting);
    assert_eq!(
        world.all_mappings(),
        ["team ops-web: ended(replaced)", "team ops-web: approved"]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
}
