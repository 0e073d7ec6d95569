//! Entities of which a user has exactly one, and the conflicts over them (SEMANTICS section 6.2).

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition};
use rolecall_engine::state::Conflict;
use rolecall_engine::{
    Command, ExceptionKind, ExceptionSubject, MappingTarget, Prevailing, SettingsChange, UnmappedSource,
};

use crate::world::{World, match_all, user_input};

fn with_concurrency_groups() -> World {
    let mut world = World::default();
    world.rule(match_all(EntityType::ConcurrencyGroup));
    world.user("ana");
    world
}

fn only_conflict(world: &World) -> &Conflict {
    let mut conflicts = world.state.conflicts();
    let conflict = conflicts.next().expect("a conflict");
    assert!(conflicts.next().is_none(), "one conflict only");
    conflict
}

#[test]
fn the_incumbent_stays_and_a_conflict_opens() {
    let mut world = with_concurrency_groups();
    world.group("fast", &["ana"]);
    world.group("slow", &["ana"]);
    assert_eq!(world.placed("ana"), ["concurrency_group fast"]);
    assert_eq!(only_conflict(&world).claimed.len(), 2);
    assert_eq!(
        only_conflict(&world).current,
        world.entity_named(EntityType::ConcurrencyGroup, "fast").index
    );
}

#[test]
fn a_conflict_closes_by_itself_and_the_waiting_claim_moves_up() {
    let mut world = with_concurrency_groups();
    world.group("fast", &["ana"]);
    world.group("slow", &["ana"]);
    world.remove("fast", "ana");
    assert_eq!(world.placed("ana"), ["concurrency_group slow"]);
    assert_eq!(world.state.conflicts().count(), 0);
}

#[test]
fn a_third_claim_makes_it_another_conflict() {
    let mut world = with_concurrency_groups();
    world.group("fast", &["ana"]);
    world.group("slow", &["ana"]);
    let first = only_conflict(&world).id;
    world.group("medium", &["ana"]);
    assert_ne!(only_conflict(&world).id, first);
    assert_eq!(only_conflict(&world).claimed.len(), 3);
    assert_eq!(world.placed("ana"), ["concurrency_group fast"]);
}

#[test]
fn without_an_incumbent_the_mapping_approved_first_holds_the_slot() {
    let mut world = with_concurrency_groups();
    let group = world.group("slow", &[]);
    let fast = world.entity(EntityType::ConcurrencyGroup, "fast").id;
    let target = MappingTarget::Entity(fast);
    world.done(&Command::CreateMapping { group, target });
    let slow = world.mappings("slow")[0].id;
    world.done(&Command::RejectMapping { mapping: slow });
    world.approve(slow);
    world.add("slow", "ana");
    assert_eq!(
        world.placed("ana"),
        ["concurrency_group fast"],
        "approved before slow was approved again"
    );
    assert_eq!(only_conflict(&world).claimed.len(), 2, "both came with one request");
}

#[test]
fn an_inactive_user_comes_back_to_its_incumbent() {
    let mut world = with_concurrency_groups();
    world.group("slow", &[]);
    world.group("fast", &["ana"]);
    world.add("slow", "ana");
    let open = only_conflict(&world).id;
    world.set_user("ana", false, None);
    assert!(world.placed("ana").is_empty());
    assert_eq!(
        only_conflict(&world).id,
        open,
        "it waits for somebody to decide all the same"
    );
    world.set_user("ana", true, None);
    assert_eq!(world.placed("ana"), ["concurrency_group fast"]);
    assert_eq!(only_conflict(&world).id, open);
}

#[test]
fn the_default_concurrency_group_holds_who_has_no_claim() {
    let mut world = World::default();
    let default = world.entity(EntityType::ConcurrencyGroup, "everybody else");
    world.rule(RuleDefinition {
        matching: Pattern::prefix("fast"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    world.user("ana");
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(default.id)),
        ..SettingsChange::default()
    });
    assert_eq!(world.placed("ana"), ["concurrency_group everybody else"]);
    world.group("fast", &["ana"]);
    assert_eq!(world.placed("ana"), ["concurrency_group fast"]);
    world.remove("fast", "ana");
    assert_eq!(world.placed("ana"), ["concurrency_group everybody else"]);
    let refused = world.run(&Command::DeleteEntity { entity: default.id });
    assert_eq!(refused, Err(rolecall_engine::Rejection::EntityIsDefault));
}

#[test]
fn sub_organizations_are_exclusive_and_fall_back_to_the_root() {
    let mut world = World::default();
    world.rule(match_all(EntityType::SubOrganization));
    world.entity(EntityType::SubOrganization, "Berlin");
    world.entity(EntityType::SubOrganization, "Hamburg");
    world.user("ana");
    world.group("Berlin", &["ana"]);
    world.group("Hamburg", &["ana"]);
    assert_eq!(world.placed("ana"), ["sub_organization Berlin"]);
    assert_eq!(only_conflict(&world).slot.conflict_kind(), "exclusive_sub_organization");
    world.delete_group("Berlin");
    world.delete_group("Hamburg");
    assert!(world.placed("ana").is_empty(), "the root organization");
}

#[test]
fn the_attribute_of_the_user_counts_below_every_claim_and_above_the_default() {
    let mut world = World::default();
    let default = world.entity(EntityType::ConcurrencyGroup, "everybody else");
    world.rule(RuleDefinition {
        matching: Pattern::prefix("fast"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(default.id)),
        ..SettingsChange::default()
    });
    let mut user = user_input("ana", true, None);
    user.person.concurrency_group = Some("NIGHTLY".to_owned());
    world.done(&Command::CreateUser {
        connection: None,
        default_entity: None,
        user,
    });
    assert_eq!(
        world.placed("ana"),
        ["concurrency_group everybody else"],
        "an unknown name is ignored"
    );
    let nightly = world.entity(EntityType::ConcurrencyGroup, "nightly");
    assert_eq!(
        world.placed("ana"),
        ["concurrency_group nightly"],
        "from the moment it is known"
    );
    world.group("fast", &["ana"]);
    assert_eq!(world.placed("ana"), ["concurrency_group fast"]);
    assert_eq!(
        world.state.conflicts().count(),
        0,
        "the attribute is no claim to a contested slot"
    );
    world.remove("fast", "ana");
    assert_eq!(world.placed("ana"), ["concurrency_group nightly"]);
    world.done(&Command::DeleteEntity { entity: nightly.id });
    assert_eq!(world.placed("ana"), ["concurrency_group everybody else"]);
}

#[test]
fn of_what_speaks_for_one_entity_only_what_counts_most_is_a_reason() {
    let mut world = World::default();
    world.rule(match_all(EntityType::ConcurrencyGroup));
    let nightly = world.entity(EntityType::ConcurrencyGroup, "nightly");
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(nightly.id)),
        ..SettingsChange::default()
    });
    let mut user = user_input("ana", true, None);
    user.person.concurrency_group = Some("nightly".to_owned());
    world.done(&Command::CreateUser {
        connection: None,
        default_entity: None,
        user,
    });
    let reasons = |world: &World| {
        let user = world.user_named("ana");
        Prevailing::of(user, &world.state).unmapped_sources(nightly.index, user, &world.state)
    };
    assert_eq!(reasons(&world), [UnmappedSource::Attribute]);
    world.group("nightly", &["ana"]);
    assert_eq!(reasons(&world), [], "the mapping counts more");
    world.delete_group("nightly");
    let subject = ExceptionSubject::Entity(nightly.id);
    let pin = world.except(ExceptionKind::Pin, "ana", subject).unwrap();
    assert_eq!(reasons(&world), [UnmappedSource::Pin(pin)]);
}
