//! Every pin and exclusion shows in the explanation of its user, also one that does nothing now (SEMANTICS 7.4).

use rolecall_engine::explain::{self, ExceptionEffect};
use rolecall_engine::rules::{EntityType, RoleName};
use rolecall_engine::{Command, EntityId, ExceptionKind, ExceptionSubject, SettingsChange};

use super::{chain, rule_for, search};
use crate::brakes::ten;
use crate::world::World;

const PIN: ExceptionKind = ExceptionKind::Pin;
const EXCLUSION: ExceptionKind = ExceptionKind::Exclusion;

/// Ana, in team `eng`, and in concurrency group `cg` by group `cg`, with the role `admin`.
fn world() -> World {
    let mut world = World::default();
    world.rule(rule_for("eng", EntityType::Team, true));
    world.rule(rule_for("cg", EntityType::ConcurrencyGroup, true));
    world.user("ana");
    world.group("eng", &["ana"]);
    world.group("cg", &["ana"]);
    world.set_user("ana", true, Some("admin"));
    world
}

fn entity(entity: EntityId) -> ExceptionSubject {
    ExceptionSubject::Entity(entity)
}

fn role(name: &str) -> ExceptionSubject {
    ExceptionSubject::Role(name.parse().unwrap())
}

/// The exceptions of a user, each as `kind subject: effect`.
fn told(world: &World, user: &str) -> Vec<String> {
    let explained = explain::user(&world.state, world.user_named(user)).exceptions;
    let word = |effect| match effect {
        ExceptionEffect::InForce => "in force".to_owned(),
        ExceptionEffect::Inactive => "inactive".to_owned(),
        ExceptionEffect::Unclaimed => "unclaimed".to_owned(),
        ExceptionEffect::Elsewhere { entity } => format!("in {}", world.state.entity_at(entity).name),
        ExceptionEffect::OtherRole => "other role".to_owned(),
        ExceptionEffect::DefaultRole => "default role".to_owned(),
        ExceptionEffect::Held { hold } => format!("held by {}", world.state.hold(hold).unwrap().scope.kind()),
    };
    let lines = explained.items.iter().map(|one| {
        let subject = match &one.exception.subject {
            ExceptionSubject::Entity(entity) => world.state.entity(*entity).unwrap().name.clone(),
            ExceptionSubject::Role(role) => role.to_string(),
        };
        format!("{} {subject}: {}", one.exception.kind, word(one.effect))
    });
    lines.collect()
}

#[test]
fn an_exclusion_tells_whether_anything_claims_what_it_is_from() {
    let mut world = world();
    let (eng, guild) = (
        world.entity_named(EntityType::Team, "eng").id,
        world.entity(EntityType::Team, "guild").id,
    );
    world.except(EXCLUSION, "ana", entity(guild)).unwrap();
    assert_eq!(told(&world, "ana"), ["exclusion guild: unclaimed"]);
    world.except(EXCLUSION, "ana", entity(eng)).unwrap();
    world.except(EXCLUSION, "ana", role("admin")).unwrap();
    world.except(EXCLUSION, "ana", role("guest")).unwrap();
    let mut lines = told(&world, "ana");
    lines.sort();
    assert_eq!(
        lines,
        [
            "exclusion admin: in force",
            "exclusion eng: in force",
            "exclusion guest: unclaimed",
            "exclusion guild: unclaimed"
        ]
    );
    world.set_user("ana", false, Some("admin"));
    assert!(told(&world, "ana").iter().all(|line| line.ends_with(": inactive")));
    let explained = explain::user(&world.state, world.user_named("ana"));
    let search = search(&world, world.user_named("ana"), &explained);
    let chains = explained.exceptions.items.iter().map(|one| chain(&search, &one.chain));
    let mut chains: Vec<_> = chains.collect();
    chains.sort();
    assert_eq!(
        chains,
        ["exception@10", "exception@11", "exception@8", "exception@9"],
        "after two rules, a user, two groups, a role and an entity"
    );
}

#[test]
fn in_a_slot_and_among_roles_what_counts_more_is_told() {
    let mut world = world();
    let (slow, fast) = (
        world.entity(EntityType::ConcurrencyGroup, "slow").id,
        world.entity(EntityType::ConcurrencyGroup, "fast").id,
    );
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(slow)),
        ..SettingsChange::default()
    });
    world.except(EXCLUSION, "ana", entity(slow)).unwrap();
    assert_eq!(told(&world, "ana"), ["exclusion slow: in cg"]);
    let pin = world.except(PIN, "ana", entity(fast)).unwrap();
    assert!(told(&world, "ana").contains(&"exclusion slow: in fast".to_owned()));
    assert!(told(&world, "ana").contains(&"pin fast: in force".to_owned()));
    world.done(&Command::RemoveException { exception: pin });
    world.delete_group("cg");
    assert_eq!(told(&world, "ana"), ["exclusion slow: in force"]);

    world.group_with_roles("guests", &["ana"], &["guest"]);
    world.except(EXCLUSION, "ana", role("guest")).unwrap();
    assert!(told(&world, "ana").contains(&"exclusion guest: other role".to_owned()));
    world.set_user("ana", true, None);
    assert_eq!(
        world.role("ana").as_deref(),
        Some("user"),
        "the default, and not `guest`"
    );
    assert!(told(&world, "ana").contains(&"exclusion guest: in force".to_owned()));
    world.settings(SettingsChange {
        default_role: Some("guest".parse::<RoleName>().unwrap()),
        ..SettingsChange::default()
    });
    assert!(told(&world, "ana").contains(&"exclusion guest: default role".to_owned()));
}

#[test]
fn the_floor_that_holds_a_demotion_is_told() {
    let mut world = ten(|change| {
        change.brake.enabled = Some(false);
        change.min_admins = Some(4);
    });
    world.except(EXCLUSION, "0", role("admin")).unwrap();
    world.except(PIN, "1", role("guest")).unwrap();
    assert_eq!(told(&world, "0"), ["exclusion admin: held by min_admins"]);
    assert_eq!(told(&world, "1"), ["pin guest: held by min_admins"]);
    world.set_user("8", true, Some("admin"));
    world.set_user("9", true, Some("admin"));
    assert_eq!(told(&world, "0"), ["exclusion admin: in force"]);
    assert_eq!(told(&world, "1"), ["pin guest: in force"]);
}
