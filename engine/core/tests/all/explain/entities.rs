//! Who is in an entity, and through what.

use rolecall_engine::explain::{self, MappingExplained};
use rolecall_engine::rules::{EntityType, RuleDefinition, Target};
use rolecall_engine::{Command, MappingTarget, SettingsChange};

use super::rule_for;
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

#[test]
fn the_mappings_that_wait_for_an_entity_are_told_with_it() {
    let mut world = World::default();
    for (prefix, entity_type, name, auto_approve) in [
        ("one", EntityType::Team, "all", true),
        ("two", EntityType::Team, "All", false),
        ("three", EntityType::ConcurrencyGroup, "all", false),
        ("four", EntityType::Team, "others", false),
    ] {
        let name = Some(name.to_owned());
        world.rule(RuleDefinition {
            targets: vec![Target { entity_type, name }],
            ..rule_for(prefix, entity_type, auto_approve)
        });
        world.group(prefix, &[]);
    }
    let told = |world: &World| {
        let explained = explain::entity(&world.state, world.entity_named(EntityType::Team, "all"));
        let groups = |mappings: Vec<MappingExplained>| -> Vec<String> {
            let groups = mappings.iter().map(|one| world.state.mapping_at(one.mapping).group);
            groups
                .map(|group| world.state.group_at(group).display_name.clone())
                .collect()
        };
        (groups(explained.mappings.items), groups(explained.waiting.items))
    };
    assert_eq!(told(&world), (vec!["one".to_owned()], vec!["two".to_owned()]));
    let [one, two] = ["one", "two"].map(|group| world.mappings(group)[0].id);
    world.done(&Command::RejectMapping { mapping: one });
    world.approve(two);
    assert_eq!(told(&world), (vec!["one".to_owned(), "two".to_owned()], vec![]));
}
