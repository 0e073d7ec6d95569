//! The default entity of a connection: where its new users are, as far as nothing else says it (decision 9).

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition};
use rolecall_engine::{Command, Effect, EntityId, Fact, Prevailing, SettingsChange, UnmappedSource};

use crate::world::{World, match_all, user_input};

/// A user of a connection with this default entity; it names a concurrency group where one is given.
fn create(world: &mut World, name: &str, active: bool, names: Option<&str>, default_entity: EntityId) {
    let mut user = user_input(name, active, None);
    user.person.concurrency_group = names.map(str::to_owned);
    world.done(&Command::CreateUser {
        connection: None,
        default_entity: Some(default_entity),
        user,
    });
}

fn newcomers(entity_type: EntityType) -> (World, EntityId) {
    let mut world = World::default();
    let entity = world.entity(entity_type, "Newcomers").id;
    (world, entity)
}

/// The reason that is no mapping for each entity that a user is in.
fn unmapped(world: &World, user: &str) -> Vec<Option<UnmappedSource>> {
    let user = world.user_named(user);
    let prevailing = Prevailing::of(user, &world.state);
    let reason = |entity| prevailing.unmapped_sources(entity, user, &world.state).first().copied();
    let memberships = user.memberships.iter();
    memberships.map(|membership| reason(membership.entity)).collect()
}

#[test]
fn a_new_user_is_put_there_and_the_record_says_why() {
    let (mut world, entity) = newcomers(EntityType::Team);
    create(&mut world, "ana", true, None, entity);
    assert_eq!(world.placed("ana"), ["team Newcomers"]);
    let entry = world.entries.last().unwrap();
    let [Fact::UserCreated { user, .. }, assigned] = entry.facts.as_slice() else {
        panic!("{entry:?}")
    };
    let user = *user;
    assert_eq!(*assigned, Fact::UserDefaultEntityAssigned { user, entity });
    let placed = entry.consequences.iter().find(
        |consequence| matches!(&consequence.effect, Effect::MembersPlaced { entity: into, .. } if *into == entity),
    );
    assert_eq!(placed.unwrap().because.fact, 1);
    assert_eq!(world.role_causes(), ["user_created"]);
    world.user("ben");
    assert!(world.placed("ben").is_empty(), "others are not");
}

#[test]
fn an_inactive_user_is_there_once_it_is_active() {
    let (mut world, entity) = newcomers(EntityType::Team);
    create(&mut world, "ana", false, None, entity);
    assert!(world.placed("ana").is_empty());
    world.set_user("ana", true, None);
    assert_eq!(world.placed("ana"), ["team Newcomers"]);
    world.set_user("ana", false, None);
    assert!(world.placed("ana").is_empty());
}

#[test]
fn an_entity_that_is_no_more_keeps_nobody_from_being_created() {
    let (mut world, entity) = newcomers(EntityType::Team);
    world.done(&Command::DeleteEntity { entity });
    create(&mut world, "ana", true, None, entity);
    assert!(world.placed("ana").is_empty());
    assert_eq!(world.entries.last().unwrap().facts.len(), 1);
}

#[test]
fn a_claim_goes_with_its_entity_and_with_its_user() {
    let (mut world, entity) = newcomers(EntityType::SubOrganization);
    create(&mut world, "ana", true, None, entity);
    create(&mut world, "ben", false, None, entity);
    assert_eq!(world.placed("ana"), ["sub_organization Newcomers"]);
    world.delete_user("ana");
    world.done(&Command::DeleteEntity { entity });
    world.entity(EntityType::SubOrganization, "Newcomers");
    world.set_user("ben", true, None);
    assert!(
        world.placed("ben").is_empty(),
        "another entity of the name is another entity"
    );
}

#[test]
fn a_team_by_default_is_a_team_beside_those_of_groups() {
    let (mut world, entity) = newcomers(EntityType::Team);
    world.rule(match_all(EntityType::Team));
    create(&mut world, "ana", true, None, entity);
    world.group("eng", &["ana"]);
    world.group("Newcomers", &["ana"]);
    assert_eq!(world.placed("ana"), ["team Newcomers", "team eng"]);
    assert_eq!(
        unmapped(&world, "ana"),
        [Some(UnmappedSource::ConnectionDefault), None],
        "beside a mapping, and not instead of it"
    );
    world.delete_group("eng");
    world.delete_group("Newcomers");
    assert_eq!(world.placed("ana"), ["team Newcomers"]);
}

#[test]
fn in_a_slot_it_counts_below_groups_and_the_attribute_and_above_the_default_of_the_organization() {
    let (mut world, entity) = newcomers(EntityType::ConcurrencyGroup);
    world.entity(EntityType::ConcurrencyGroup, "fast");
    let slow = world.entity(EntityType::ConcurrencyGroup, "slow").id;
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(slow)),
        ..SettingsChange::default()
    });
    world.rule(RuleDefinition {
        matching: Pattern::prefix("cg-"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    create(&mut world, "ana", true, None, entity);
    create(&mut world, "ben", true, Some("fast"), entity);
    world.user("cleo");
    let placed = |world: &World| ["ana", "ben", "cleo"].map(|user| world.placed(user).join(", "));
    let (newcomers, fast, slow, mapped) = (
        "concurrency_group Newcomers",
        "concurrency_group fast",
        "concurrency_group slow",
        "concurrency_group cg-one",
    );
    assert_eq!(placed(&world), [newcomers, fast, slow]);
    let reasons = |world: &World| ["ana", "ben", "cleo"].map(|user| unmapped(world, user)[0]);
    let (attribute, connection, organization) = (
        Some(UnmappedSource::Attribute),
        Some(UnmappedSource::ConnectionDefault),
        Some(UnmappedSource::OrganizationDefault),
    );
    assert_eq!(reasons(&world), [connection, attribute, organization]);
    world.group("cg-one", &["ana", "ben", "cleo"]);
    assert_eq!(placed(&world), [mapped, mapped, mapped]);
    assert_eq!(reasons(&world), [None; 3]);
    assert_eq!(world.state.conflicts().count(), 0, "it contests nothing");
    world.delete_group("cg-one");
    assert_eq!(placed(&world), [newcomers, fast, slow]);
    world.done(&Command::DeleteEntity { entity });
    assert_eq!(placed(&world), [slow, fast, slow]);
    assert_eq!(reasons(&world), [organization, attribute, organization]);
}
