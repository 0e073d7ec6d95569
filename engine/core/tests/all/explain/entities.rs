//! Who is in an entity, and through what.

use rolecall_engine::explain;
use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, MappingTarget, SettingsChange};

use crate::world::World;

#[test]
fn an_entity_tells_how_many_members_each_mapping_holds() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    let team = world.entity(EntityType::Team, "all");
    for name in ["ana", "ben", "eva"] {
        world.user(name);
    }
    for (group, members) in [("eng", ["ana", "ben"]), ("ops", ["ben", "eva"])] {
        let group = world.group(group, &members);
        let target = MappingTarget::Entity(team.id);
        world.done(&Command::CreateMapping { group, target });
    }
    let ops = world.mappings("ops")[0].id;
    let explained = |world: &World| explain::entity(&world.state, world.entity_named(EntityType::Team, "all"));
    let members = |world: &World| {
        let all = explained(world).mappings.items;
        all.iter()
            .map(|one| (one.members, one.why_not.is_some()))
            .collect::<Vec<_>>()
    };
    assert_eq!(members(&world), [(2, false), (2, false)]);
    assert_eq!(explained(&world).unmapped_members, 0);
    assert_eq!(explained(&world).owner, Some(world.group_named("eng").index));
    world.done(&Command::PauseMapping { mapping: ops });
    assert_eq!(members(&world), [(2, false), (0, true)]);
}

#[test]
fn every_entity_of_the_side_that_holds_is_current() {
    let mut world = World::default();
    world.user("ana");
    world.entity(EntityType::SubOrganization, "Berlin");
    let feeds = [
        (EntityType::Team, "web"),
        (EntityType::ConcurrencyGroup, "fast"),
        (EntityType::SubOrganization, "Berlin"),
    ];
    for (entity_type, name) in feeds {
        let group = world.group(name, &["ana"]);
        let name = name.to_owned();
        let target = MappingTarget::Named { entity_type, name };
        world.done(&Command::CreateMapping { group, target });
    }
    let current = feeds.map(|(entity_type, name)| {
        let entity = explain::entity(&world.state, world.entity_named(entity_type, name));
        entity.conflicts.items[0].is_current
    });
    assert_eq!(current, [true, true, false]);
}
