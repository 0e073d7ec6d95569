//! What was rejected is approved after all: it goes back to the entity that it was for.

use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, EntityId, MappingId, MappingTarget, Rejection};

use super::by_hand;
use crate::world::{World, match_all};

/// Ana in a group, whose mapping was approved for another team than the rule says, and rejected then.
fn rejected_for_another() -> (World, MappingId, EntityId) {
    let mut world = World::default();
    world.rule(by_hand(match_all(EntityType::Team)));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let entity = world.entity(EntityType::Team, "Builders").id;
    let mapping = world.mappings("Engineering")[0].id;
    let target = Some(MappingTarget::Entity(entity));
    world.done(&Command::ApproveMapping { mapping, target });
    world.done(&Command::RejectMapping { mapping });
    assert!(world.placed("ana").is_empty());
    (world, mapping, entity)
}

#[track_caller]
fn assert_refused(world: &mut World, mapping: MappingId, refused: Rejection) {
    assert_eq!(
        world.run(&Command::ApproveMapping { mapping, target: None }),
        Err(refused)
    );
}

#[test]
fn a_mapping_goes_back_to_the_entity_that_was_renamed_with_its_group() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let entity = world.entity_named(EntityType::Team, "Engineering").id;
    world.rename("Engineering", "Engineers");
    let mapping = world.mappings("Engineers")[0].id;
    world.done(&Command::RejectMapping { mapping });
    world.approve(mapping);
    assert_eq!(world.placed("ana"), ["team Engineers"]);
    assert_eq!(world.entity_named(EntityType::Team, "Engineers").id, entity);
    assert_eq!(world.state.entities_named(EntityType::Team, "Engineering").count(), 0);
}

#[test]
fn a_mapping_goes_back_to_the_entity_that_a_person_chose() {
    let (mut world, mapping, _) = rejected_for_another();
    world.approve(mapping);
    assert_eq!(world.all_mappings(), ["team Builders: approved"]);
    assert_eq!(world.placed("ana"), ["team Builders"]);
}

#[test]
fn a_mapping_whose_entity_is_gone_is_approved_for_one_that_is_named() {
    let (mut world, mapping, entity) = rejected_for_another();
    world.done(&Command::DeleteEntity { entity });
    assert_refused(&mut world, mapping, Rejection::TargetDeleted);
    let target = Some(MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "Engineering".to_owned(),
    });
    world.done(&Command::ApproveMapping { mapping, target });
    assert_eq!(world.placed("ana"), ["team Engineering"]);
}

#[test]
fn a_mapping_whose_entity_has_another_owner_by_now_is_refused_with_its_name() {
    let (mut world, mapping, entity) = rejected_for_another();
    let group = world.group("Sales", &[]);
    let sales = world.mappings("Sales")[0].id;
    let target = Some(MappingTarget::Entity(entity));
    world.done(&Command::ApproveMapping { mapping: sales, target });
    let owned = Rejection::EntityOwned {
        by: group,
        mapping: sales,
    };
    assert_refused(&mut world, mapping, owned);
}

#[test]
fn a_mapping_whose_group_was_given_the_entity_otherwise_is_refused() {
    let (mut world, mapping, entity) = rejected_for_another();
    let group = world.group_named("Engineering").id;
    let target = MappingTarget::Entity(entity);
    world.done(&Command::CreateMapping { group, target });
    assert_refused(&mut world, mapping, Rejection::AlreadyMapped);
}
