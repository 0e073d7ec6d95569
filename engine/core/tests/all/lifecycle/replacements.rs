//! What waits after a rename replaces the old mapping when it is approved.

use rolecall_engine::plan::Draft;
use rolecall_engine::rules::EntityType::{ConcurrencyGroup, SubOrganization, Team};
use rolecall_engine::rules::{EntityType, RuleDefinition, Target};
use rolecall_engine::{Command, DraftRule, MappingTarget, OnRename, SettingsChange};

use super::{by_hand, prefix};
use crate::plans;
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

/// A rule for the groups of a prefix with several targets.
fn several(start: &str, targets: &[(EntityType, &str)]) -> RuleDefinition {
    let target = |(entity_type, name): &(EntityType, &str)| Target {
        entity_type: *entity_type,
        name: Some((*name).to_owned()),
    };
    RuleDefinition {
        targets: targets.iter().map(target).collect(),
        ..prefix(start, Team, None)
    }
}

/// `eng-web`, which has these by a rule, renamed so that those of another rule wait beside them. Berlin is known.
fn waiting_beside(old: &[(EntityType, &str)], new: &[(EntityType, &str)]) -> World {
    let mut world = World::default();
    world.entity(SubOrganization, "Berlin");
    world.rule(several("eng-", old));
    world.rule(by_hand(several("ops-", new)));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    world
}

/// Approves the mapping of `ops-web` that waits for an entity of this name.
fn approve(world: &mut World, name: &str) {
    let live = world.mappings("ops-web");
    let waiting = live.iter().find(|mapping| mapping.name.as_deref() == Some(name));
    world.approve(waiting.unwrap().id);
}

const BOTH: [(EntityType, &str); 2] = [(Team, "Engineering"), (ConcurrencyGroup, "fast")];

#[test]
fn approving_one_of_several_ends_what_it_is_in_the_place_of_and_leaves_the_rest() {
    let mut world = waiting_beside(&BOTH, &[(Team, "Operations"), (ConcurrencyGroup, "slow")]);
    approve(&mut world, "Operations");
    assert_eq!(
        world.all_mappings(),
        [
            "team Engineering: ended(replaced)",
            "concurrency_group fast: auto_approved",
            "team Operations: approved",
            "concurrency_group slow: pending(rule_changed)"
        ]
    );
    assert_eq!(world.placed("ana"), ["concurrency_group fast", "team Operations"]);
    approve(&mut world, "slow");
    assert_eq!(world.placed("ana"), ["team Operations", "concurrency_group slow"]);
}

#[test]
fn teams_stay_until_all_teams_that_replace_them_are_approved() {
    let mut world = waiting_beside(
        &BOTH,
        &[(Team, "Web"), (Team, "Operations"), (ConcurrencyGroup, "slow")],
    );
    approve(&mut world, "Web");
    assert_eq!(
        world.placed("ana"),
        ["team Engineering", "concurrency_group fast", "team Web"]
    );
    approve(&mut world, "Operations");
    assert_eq!(
        world.placed("ana"),
        ["concurrency_group fast", "team Web", "team Operations"]
    );
}

#[test]
fn what_nothing_of_its_type_replaces_ends_with_the_last_approval() {
    let mut world = waiting_beside(&BOTH, &[(Team, "Web"), (Team, "Operations")]);
    approve(&mut world, "Web");
    assert_eq!(
        world.placed("ana"),
        ["team Engineering", "concurrency_group fast", "team Web"]
    );
    approve(&mut world, "Operations");
    assert_eq!(world.placed("ana"), ["team Web", "team Operations"]);
}

#[test]
fn what_a_person_rejected_the_replacement_of_stays() {
    let mut world = waiting_beside(&BOTH, &[(Team, "Operations"), (ConcurrencyGroup, "slow")]);
    let mapping = world.mappings("ops-web").last().unwrap().id;
    world.done(&Command::RejectMapping { mapping });
    approve(&mut world, "Operations");
    assert_eq!(world.placed("ana"), ["concurrency_group fast", "team Operations"]);
}

#[test]
fn what_cannot_be_beside_it_ends_with_the_first_approval() {
    let mut world = waiting_beside(&[(SubOrganization, "Berlin")], &BOTH);
    assert_eq!(world.placed("ana"), ["sub_organization Berlin"]);
    approve(&mut world, "Engineering");
    assert_eq!(world.placed("ana"), ["team Engineering"]);
    assert_eq!(world.state.conflicts().count(), 0);
}

#[test]
fn a_rule_that_takes_over_at_once_replaces_as_far_as_it_could_build() {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(several("eng-", &BOTH));
    world.rule(several("ops-", &[(Team, "Operations"), (ConcurrencyGroup, "${rest}")]));
    world.user("ana");
    world.group("ops-first", &[]);
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.placed("ana"),
        ["team Engineering", "concurrency_group web"],
        "the team of the new rule belongs to another group"
    );
    assert_eq!(world.state.conflicts().count(), 0);
}

#[test]
fn approving_one_of_several_after_a_plan_leaves_the_rest() {
    let mut world = World::default();
    world.rule(several("eng-", &BOTH));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    let new = [(Team, "Operations"), (ConcurrencyGroup, "slow")];
    plans::applied(&mut world, plans::rules(vec![by_hand(several("eng-", &new))]));
    let waiting = world.mappings("eng-web")[2].id;
    world.approve(waiting);
    assert_eq!(world.placed("ana"), ["concurrency_group fast", "team Operations"]);
    let waiting = world.mappings("eng-web")[2].id;
    world.approve(waiting);
    assert_eq!(world.placed("ana"), ["team Operations", "concurrency_group slow"]);
}

#[test]
fn what_an_older_version_of_the_rule_gave_replaces_nothing() {
    let mut world = World::default();
    let rule = world.rule(several("eng-", &BOTH));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    let edited = DraftRule {
        id: Some(rule),
        definition: by_hand(several("eng-", &[(Team, "Web"), (Team, "Operations")])),
    };
    let draft = Draft {
        rules: Some(vec![edited]),
        ..plans::up_to_date()
    };
    plans::applied(&mut world, draft);
    let waiting = world.mappings("eng-web")[2].id;
    world.approve(waiting);
    assert_eq!(
        world.placed("ana"),
        ["team Engineering", "concurrency_group fast", "team Web"]
    );
}
