//! Entities that an administrator makes known.

use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, Rejection};

use crate::world::World;

fn create(world: &mut World, name: &str, external_id: Option<&str>) -> Result<(), Rejection> {
    let command = Command::CreateEntity {
        entity_type: EntityType::Team,
        name: name.to_owned(),
        external_id: external_id.map(str::to_owned),
    };
    world.run(&command).map(drop)
}

#[test]
fn entities_of_one_name_are_told_apart_by_their_external_ids() {
    let taken = || {
        Err(Rejection::EntityNameTaken {
            entity_type: "team",
            name: "Sales".to_owned(),
        })
    };
    let mut world = World::default();
    assert_eq!(create(&mut world, "Sales", Some("1")), Ok(()));
    assert_eq!(create(&mut world, "Sales", None), taken());
    assert_eq!(create(&mut world, "Sales", Some("2")), Ok(()));
    assert_eq!(
        create(&mut world, "Support", Some("2")),
        Err(Rejection::EntityExternalIdTaken)
    );

    let mut world = World::default();
    assert_eq!(create(&mut world, "Sales", None), Ok(()));
    assert_eq!(create(&mut world, "Sales", Some("1")), taken());
    world.entity(EntityType::ConcurrencyGroup, "Sales");
}
