//! User names, addresses and attributes, and what the settings of an organization ask of them (SEMANTICS section 2.9).

use rolecall_engine::limits::ATTRIBUTES_BYTES_MAX;
use rolecall_engine::{Command, Rejection, SettingsChange};

use crate::world::{World, user_input};

fn create(world: &mut World, name: &str) -> Result<(), Rejection> {
    let user = user_input(name, true, None);
    world
        .run(&Command::CreateUser {
            connection: None,
            default_entity: None,
            user,
        })
        .map(drop)
}

#[test]
fn a_user_name_is_unique_whatever_its_spelling() {
    let mut world = World::default();
    let by = world.user("José");
    assert_eq!(
        create(&mut world, " JOSE\u{301} "),
        Err(Rejection::UserNameTaken { by })
    );
}

#[test]
fn a_user_name_can_be_held_to_be_an_address_of_an_allowed_domain() {
    let mut world = World::default();
    world.settings(SettingsChange {
        username_must_be_email: Some(true),
        allowed_email_domains: Some(vec!["example.org".to_owned()]),
        ..SettingsChange::default()
    });
    for (name, refused) in [
        ("ana", Rejection::UserNameNotEmail),
        ("ana@", Rejection::UserNameNotEmail),
        ("ana@example.net@example.org", Rejection::UserNameNotEmail),
        ("ana@example.net", Rejection::EmailDomain),
    ] {
        assert_eq!(create(&mut world, name), Err(refused), "{name}");
    }
}

#[test]
fn an_immutable_user_name_may_change_its_spelling_alone() {
    let mut world = World::default();
    world.settings(SettingsChange {
        username_immutable: Some(true),
        ..SettingsChange::default()
    });
    let user = world.user("ana");
    let mut change = |name: &str| {
        let to = user_input(name, true, None);
        world
            .run(&Command::ChangeUser {
                user,
                expected: None,
                to,
            })
            .map(|entry| entry.is_some())
    };
    assert_eq!(change("Ana"), Ok(true));
    assert_eq!(change("ben"), Err(Rejection::UserNameImmutable));
}

#[test]
fn attributes_are_kept_up_to_their_limit() {
    let mut world = World::default();
    let mut create = |name: &str, bytes: usize| {
        let mut user = user_input(name, true, None);
        user.person.attributes = " ".repeat(bytes);
        let command = Command::CreateUser {
            connection: None,
            default_entity: None,
            user,
        };
        world.run(&command).map(drop)
    };
    assert_eq!(create("ana", ATTRIBUTES_BYTES_MAX), Ok(()));
    assert_eq!(
        create("ben", ATTRIBUTES_BYTES_MAX + 1),
        Err(Rejection::TooLong {
            attribute: "attributes",
            limit: ATTRIBUTES_BYTES_MAX,
            unit: "bytes",
        })
    );
}
