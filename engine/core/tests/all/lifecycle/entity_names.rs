//! An entity is renamed with its group, or keeps its name.

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::{Command, Effect, MappingTarget, RenameSkipped, SettingsChange};

use super::prefix;
use crate::world::{World, match_all};

#[test]
fn a_rename_to_a_taken_name_keeps_the_name_of_the_entity() {
    let mut world = World::default();
    world.entity(EntityType::Team, "Sales");
    world.rule(match_all(EntityType::Team));
    world.group("Engineering", &[]);
    let entry = world.rename("Engineering", "Sales");
    let skipped = entry.consequences.iter().any(|consequence| {
        matches!(
            consequence.effect,
            Effect::EntityRenameSkipped {
                reason: RenameSkipped::NameTaken,
                ..
            }
        )
    });
    assert!(skipped);
    assert_eq!(world.all_mappings(), ["team Engineering: auto_approved"]);
    assert_eq!(world.group_named("Sales").display_name, "Sales");
}

#[test]
fn a_name_that_cannot_fill_the_template_keeps_the_name_of_the_entity() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, Some("Team ${rest}")));
    world.group("eng-web", &[]);
    let entry = world.rename("eng-web", "web");
    let skipped = entry.consequences.iter().any(|consequence| {
        matches!(
            consequence.effect,
            Effect::EntityRenameSkipped {
                reason: RenameSkipped::Template,
                ..
            }
        )
    });
    assert!(skipped);
    assert_eq!(world.all_mappings(), ["team Team web: auto_approved"]);
}

#[test]
fn a_sub_organization_is_never_renamed() {
    let mut world = World::default();
    world.entity(EntityType::SubOrganization, "Berlin");
    world.rule(match_all(EntityType::SubOrganization));
    world.group("Berlin", &[]);
    world.rename("Berlin", "Hamburg");
    assert_eq!(world.all_mappings(), ["sub_organization Berlin: auto_approved"]);
}

#[test]
fn an_entity_of_several_groups_is_renamed_when_all_of_them_agree() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    world.rule(RuleDefinition {
        matching: Pattern::regex("^(?<team>[a-z]+)-"),
        targets: vec![Target {
            entity_type: EntityType::Team,
            name: Some("${team}".to_owned()),
        }],
        ..match_all(EntityType::Team)
    });
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.group("eng-api", &[]);
    let entry = world.rename("eng-web", "ops-web");
    let skipped = entry.consequences.iter().any(|consequence| {
        matches!(
            consequence.effect,
            Effect::EntityRenameSkipped {
                reason: RenameSkipped::Shared,
                ..
            }
        )
    });
    assert!(skipped);
    assert_eq!(world.placed("ana"), ["team eng"]);
    world.rename("eng-api", "ops-api");
    assert_eq!(world.placed("ana"), ["team ops"]);
}

#[test]
fn a_mapping_that_is_not_approved_has_no_say_in_the_name() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    let guild = world.entity(EntityType::Team, "guild").id;
    for name in ["eng", "ops"] {
        let group = world.group(name, &[]);
        let target = MappingTarget::Entity(guild);
        world.done(&Command::CreateMapping { group, target });
    }
    let mapping = world.mappings("ops")[0].id;
    world.done(&Command::RejectMapping { mapping });
    world.rename("eng", "engineering");
    assert_eq!(world.entity_named(EntityType::Team, "engineering").id, guild);
}

#[test]
fn a_rename_that_leaves_the_name_of_the_entity_says_nothing_of_it() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, Some("Guild")));
    world.group("eng-web", &[]);
    let entry = world.rename("eng-web", "eng-mobile");
    let is_rename = |effect: &Effect| matches!(effect, Effect::EntityRenamed { .. });
    assert!(
        !entry
            .consequences
            .iter()
            .any(|consequence| is_rename(&consequence.effect))
    );
}

#[test]
fn a_rename_in_spelling_alone_is_a_rename() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("engineering", &["ana"]);
    world.rename("engineering", "Engineering");
    assert_eq!(world.all_mappings(), ["team Engineering: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team Engineering"]);
}

#[test]
fn a_paused_mapping_is_renamed_and_stays_paused() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    world.done(&Command::PauseMapping { mapping });
    world.rename("Engineering", "Engineers");
    assert!(world.placed("ana").is_empty());
    world.done(&Command::ResumeMapping { mapping });
    assert_eq!(world.placed("ana"), ["team Engineers"]);
}

/// Why the team of this name did not follow the last rename of its group.
fn skipped(world: &World, team: &str) -> Option<&'static str> {
    world.entity_named(EntityType::Team, team).rename_skipped
}

/// Engineering in a team of that name, renamed to Sales, of which there is another team.
fn kept_by_a_taken_name() -> World {
    let mut world = World::default();
    world.entity(EntityType::Team, "Sales");
    world.rule(match_all(EntityType::Team));
    world.group("Engineering", &[]);
    world.rename("Engineering", "Sales");
    assert_eq!(skipped(&world, "Engineering"), Some("name_taken"));
    world
}

#[test]
fn a_skipped_rename_is_over_once_the_names_agree_again() {
    let mut world = kept_by_a_taken_name();
    world.rename("Sales", "Engineering");
    assert_eq!(skipped(&world, "Engineering"), None);
}

#[test]
fn a_skipped_rename_is_over_with_the_next_one_that_is_followed_and_stays_with_one_that_is_not() {
    let mut world = kept_by_a_taken_name();
    world.rename("Sales", "sales");
    assert_eq!(skipped(&world, "Engineering"), Some("name_taken"));
    world.rename("sales", "Engineers");
    assert_eq!(skipped(&world, "Engineers"), None);
}

#[test]
fn a_skipped_rename_does_not_outlive_the_mapping() {
    let mut world = kept_by_a_taken_name();
    let mapping = world.mappings("Sales")[0].id;
    world.done(&Command::RejectMapping { mapping });
    assert_eq!(skipped(&world, "Engineering"), None);
    let mut world = kept_by_a_taken_name();
    world.delete_group("Sales");
    assert_eq!(skipped(&world, "Engineering"), None);
}

#[test]
fn a_skipped_rename_stays_while_another_group_feeds_the_entity() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    let guild = world.entity(EntityType::Team, "guild").id;
    for name in ["eng", "ops"] {
        let group = world.group(name, &[]);
        let target = MappingTarget::Entity(guild);
        world.done(&Command::CreateMapping { group, target });
    }
    world.rename("eng", "engineering");
    world.delete_group("ops");
    assert_eq!(skipped(&world, "guild"), Some("shared"));
    world.rename("engineering", "guild");
    assert_eq!(skipped(&world, "guild"), None);
}
