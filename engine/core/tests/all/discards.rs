//! Discarded holds: the wish of the provider is dropped, and the users keep what they have.

use rolecall_engine::rules::{EntityType, RoleName};
use rolecall_engine::{
    Actor, BrakeScope, Command, Entry, ExceptionKind, ExceptionSubject, Fact, HoldId, MappingTarget, Rejection,
    SafeguardsChange, SettingsChange,
};

use crate::brakes::{admins, empty, hold, holds, in_eng, limit, release, ten};
use crate::world::World;

fn discard_for(world: &mut World, hold: HoldId, users: &[&str]) -> Result<Option<Entry>, Rejection> {
    let users = users.iter().map(|user| world.user_named(user).id).collect();
    let users = Some(users);
    world.run(&Command::DiscardHold { hold, users })
}

fn discard(world: &mut World, scope: BrakeScope) -> Entry {
    let hold = hold(world, scope);
    world.done(&Command::DiscardHold { hold, users: None })
}

fn kinds(entry: &Entry) -> Vec<&'static str> {
    let facts = entry.facts.iter().map(Fact::kind);
    facts
        .chain(entry.consequences.iter().map(|one| one.effect.kind()))
        .collect()
}

fn admin() -> ExceptionSubject {
    ExceptionSubject::Role("admin".parse::<RoleName>().unwrap())
}

/// The organization of ten, with a hold of all of them in `eng`.
fn held_in_eng() -> World {
    let mut world = ten(|change| change.brake.organization = limit(2, 20));
    world.delete_group("admins");
    empty(&mut world, "eng");
    world
}

#[test]
fn memberships_become_manual_ones_by_one_entry_that_moves_nobody() {
    let mut world = held_in_eng();
    let eng = world.entity_named(EntityType::Team, "eng").index;
    let entry = discard(&mut world, BrakeScope::Organization);
    assert_eq!(kinds(&entry), ["hold_discarded", "memberships_given", "hold_closed"]);
    assert_eq!((in_eng(&world), holds(&world)), (10, Vec::new()));
    let user = world.user_named("4").index;
    assert!(world.state.is_manual(user, eng));
    let eng = world.state.entity_at(eng).id;
    world.take(eng, "4").unwrap().unwrap();
    assert_eq!((in_eng(&world), holds(&world)), (9, Vec::new()), "by hand it passes");
}

#[test]
fn some_users_are_discarded_and_the_others_stay_held() {
    let mut world = held_in_eng();
    let organization = hold(&world, BrakeScope::Organization);
    discard_for(&mut world, organization, &["3", "7"]).unwrap().unwrap();
    assert_eq!(
        (in_eng(&world), holds(&world)),
        (10, vec!["organization: 8".to_owned()])
    );
    assert_eq!(
        discard_for(&mut world, organization, &["3"]),
        Ok(None),
        "it is not held"
    );
    release(&mut world, BrakeScope::Organization);
    assert_eq!((in_eng(&world), holds(&world)), (2, Vec::new()));
    let again = Command::DiscardHold {
        hold: organization,
        users: None,
    };
    assert_eq!(world.run(&again), Err(Rejection::UnknownHold));
}

#[test]
fn the_window_goes_on_after_a_discard() {
    let mut world = ten(|change| change.brake.organization = limit(2, 20));
    world.delete_group("admins");
    world.remove("eng", "0");
    world.remove("eng", "1");
    world.remove("eng", "2");
    assert_eq!(holds(&world), ["organization: 1"]);
    discard(&mut world, BrakeScope::Organization);
    world.remove("eng", "3");
    assert_eq!(
        (in_eng(&world), holds(&world)),
        (8, vec!["organization: 1".to_owned()]),
        "nothing is forgotten of what passed"
    );
}

#[test]
fn the_scopes_of_an_entity_are_discarded_each_and_what_is_by_hand_ends_the_other() {
    let both = |change: &mut SafeguardsChange| {
        change.brake.entity = limit(3, 50);
        change.brake.group_entity = limit(1, 10);
    };
    for of_group in [false, true] {
        let mut world = ten(both);
        let (entity, group) = (
            world.entity_named(EntityType::Team, "eng").id,
            world.group_named("eng").id,
        );
        empty(&mut world, "eng");
        assert_eq!(holds(&world), ["entity: 10", "group_entity: 10"]);
        let scope = if of_group {
            BrakeScope::GroupEntity { entity, group }
        } else {
            BrakeScope::Entity(entity)
        };
        let entry = discard(&mut world, scope);
        assert_eq!((in_eng(&world), holds(&world)), (10, Vec::new()));
        assert_eq!(
            kinds(&entry),
            [
                "hold_discarded",
                "memberships_given",
                "hold_shrank",
                "hold_closed",
                "hold_closed"
            ]
        );
    }
}

#[test]
fn a_role_becomes_a_pin_with_its_author_and_a_reason() {
    let mut world = ten(|change| change.brake.highest_role = limit(3, 50));
    world.delete_group("admins");
    let scope = BrakeScope::HighestRole;
    let id = hold(&world, scope);
    world.actor = Some(Actor::Root);
    let entry = discard(&mut world, scope);
    assert_eq!(
        kinds(&entry),
        [
            "hold_discarded",
            "exception_set",
            "exception_set",
            "exception_set",
            "exception_set",
            "hold_closed"
        ]
    );
    assert_eq!((admins(&world), holds(&world)), (4, Vec::new()));
    let pins: Vec<_> = world.state.exceptions().after(None).cloned().collect();
    assert_eq!(pins.len(), 4);
    for pin in pins {
        assert_eq!((pin.kind, &pin.subject), (ExceptionKind::Pin, &admin()));
        assert_eq!((pin.author, pin.expires), (Actor::Root, None));
        assert_eq!(pin.reason, format!("hold {id} was discarded"));
    }
}

#[test]
fn the_last_admins_are_pinned_and_the_floor_needs_no_hold() {
    let mut world = ten(|change| {
        change.brake.enabled = Some(false);
        change.min_admins = Some(2);
    });
    world.delete_group("admins");
    assert_eq!(holds(&world), ["min_admins: 2"]);
    discard(&mut world, BrakeScope::MinAdmins);
    assert_eq!((admins(&world), holds(&world)), (2, Vec::new()));
    world.set_user("8", true, Some("admin"));
    assert_eq!(admins(&world), 3, "nobody is let go");
}

#[test]
fn a_discard_changes_nothing_for_whom_an_exception_keeps_from_the_role() {
    let guest = ExceptionSubject::Role("guest".parse().unwrap());
    for (kind, subject) in [(ExceptionKind::Pin, guest), (ExceptionKind::Exclusion, admin())] {
        let mut world = ten(|change| {
            change.brake.enabled = Some(false);
            change.min_admins = Some(4);
        });
        world.except(kind, "0", subject).unwrap();
        let before = (4, vec!["min_admins: 1".to_owned()]);
        assert_eq!((admins(&world), holds(&world)), before);
        let hold = hold(&world, BrakeScope::MinAdmins);
        assert_eq!(world.run(&Command::DiscardHold { hold, users: None }), Ok(None));
        assert_eq!((admins(&world), holds(&world)), before, "{kind}");
    }
}

#[test]
fn whom_an_exception_keeps_from_the_role_stays_held_when_the_others_are_discarded() {
    let mut world = ten(|change| {
        change.brake.enabled = Some(false);
        change.min_admins = Some(4);
    });
    let guest = ExceptionSubject::Role("guest".parse().unwrap());
    world.except(ExceptionKind::Pin, "0", guest).unwrap();
    world.except(ExceptionKind::Exclusion, "1", admin()).unwrap();
    world.delete_group("admins");
    assert_eq!((admins(&world), holds(&world)), (4, vec!["min_admins: 4".to_owned()]));
    let hold = hold(&world, BrakeScope::MinAdmins);
    let entry = world.done(&Command::DiscardHold { hold, users: None });
    assert_eq!(entry.facts.len(), 3, "one is discarded, and two are pinned");
    assert_eq!((admins(&world), holds(&world)), (4, vec!["min_admins: 2".to_owned()]));
    let left = world.state.hold(hold).unwrap().users();
    for user in ["0", "1"] {
        assert!(left.contains(world.user_named(user).index), "{user}");
    }
}

#[test]
fn what_is_held_in_a_slot_becomes_a_manual_assignment() {
    let mut world = ten(|change| change.brake.organization = limit(1, 0));
    let default = world.entity(EntityType::ConcurrencyGroup, "default").id;
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(default)),
        ..SettingsChange::default()
    });
    for group in ["eng", "admins"] {
        let mapping = world.mappings(group)[0].id;
        world.done(&Command::RejectMapping { mapping });
    }
    let fast = world.group("fast", &["0", "1", "2"]);
    let mapping = world.mappings("fast")[0].id;
    world.done(&Command::RejectMapping { mapping });
    let target = MappingTarget::Named {
        entity_type: EntityType::ConcurrencyGroup,
        name: "fast".to_owned(),
    };
    world.done(&Command::CreateMapping { group: fast, target });
    empty(&mut world, "fast");
    assert_eq!(holds(&world), ["organization: 3"]);
    discard(&mut world, BrakeScope::Organization);
    for user in ["0", "1", "2"] {
        assert_eq!(world.placed(user), ["concurrency_group fast"]);
    }
    let other = world.entity(EntityType::ConcurrencyGroup, "other").id;
    world.give(other, "1").unwrap().unwrap();
    assert_eq!(world.placed("1"), ["concurrency_group other"], "there is room for one");
}

#[test]
fn what_an_administrator_decides_ends_what_a_hold_keeps() {
    let mut world = held_in_eng();
    let eng = world.entity_named(EntityType::Team, "eng").id;
    world
        .except(ExceptionKind::Exclusion, "0", ExceptionSubject::Entity(eng))
        .unwrap();
    world.take(eng, "1").unwrap().unwrap();
    assert_eq!(holds(&world), ["organization: 8"]);
    world
        .except(ExceptionKind::Pin, "2", ExceptionSubject::Entity(eng))
        .unwrap();
    world.give(eng, "3").unwrap().unwrap();
    assert_eq!((in_eng(&world), holds(&world)), (8, vec!["organization: 6".to_owned()]));
    assert_eq!(
        (world.placed("0"), world.placed("1")),
        (Vec::<String>::new(), Vec::<String>::new())
    );

    let mut world = ten(|change| change.brake.highest_role = limit(3, 50));
    world.delete_group("admins");
    assert_eq!(holds(&world), ["highest_role: 4"]);
    world.except(ExceptionKind::Exclusion, "0", admin()).unwrap();
    let user = ExceptionSubject::Role("user".parse().unwrap());
    world.except(ExceptionKind::Pin, "1", user).unwrap();
    assert_eq!((admins(&world), holds(&world)), (2, vec!["highest_role: 2".to_owned()]));
    world.except(ExceptionKind::Pin, "2", admin()).unwrap();
    assert_eq!((admins(&world), holds(&world)), (2, vec!["highest_role: 1".to_owned()]));
}

#[test]
fn a_discard_that_leaves_too_many_roles_at_once_is_refused_and_goes_in_parts() {
    let mut world = World::default();
    let names: Vec<String> = (0..1_001).map(|number| number.to_string()).collect();
    for name in &names {
        world.user(name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.group_with_roles("admins", &names, &["admin"]);
    world.delete_group("admins");
    let hold = hold(&world, BrakeScope::HighestRole);
    let refused = world.run(&Command::DiscardHold { hold, users: None });
    assert_eq!(refused, Err(Rejection::TooManyDiscarded { limit: 1_000 }));
    discard_for(&mut world, hold, &names[..1_000]).unwrap().unwrap();
    assert_eq!(holds(&world), ["highest_role: 1"]);
}
