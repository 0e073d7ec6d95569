//! Entries that change the roles of many users who have little in common.

use rolecall_engine::limits::ROLE_CHANGES_BYTES_MAX;
use rolecall_engine::rules::RoleName;
use rolecall_engine::rules::limits::ROLE_NAME_CHARACTERS_MAX;
use rolecall_engine::{Effect, Entry, RoleClaim, SettingsChange};

use crate::world::World;

/// All roles but the highest and the lowest come from the own group of each user.
const OWN_ROLES: usize = 30;
/// What the claims of one user take at least: before, its own, and now one more, each with the name of a role.
const CLAIMS_BYTES: usize = (OWN_ROLES + OWN_ROLES + 1) * ROLE_NAME_CHARACTERS_MAX;
/// As many users as need too much room in any case.
const USERS: usize = ROLE_CHANGES_BYTES_MAX / CLAIMS_BYTES + 1;

/// A name of a role, as long as can be.
fn role(rank: usize) -> String {
    format!("{rank:0>ROLE_NAME_CHARACTERS_MAX$}")
}

/// Users of whom each has a group that nobody else is in, and which gives many roles.
fn world(users: usize) -> World {
    let mut world = World::default();
    let roles = (0..OWN_ROLES + 2).map(|rank| role(rank).parse::<RoleName>().unwrap());
    world.settings(SettingsChange {
        roles: Some(roles.collect()),
        default_role: Some(role(0).parse().unwrap()),
        ..SettingsChange::default()
    });
    let own: Vec<String> = (1..=OWN_ROLES).map(role).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    for name in names(users) {
        world.user(&name);
        world.group_with_roles(&format!("of {name}"), &[&name], &own);
    }
    world
}

fn names(users: usize) -> Vec<String> {
    (0..users).map(|user| format!("user {user}")).collect()
}

/// Makes everybody an administrator.
fn promote(world: &mut World, users: usize) -> Entry {
    let names = names(users);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.group_with_roles("admins", &names, &[&role(OWN_ROLES + 1)]);
    world.entries.last().unwrap().clone()
}

/// The claims before and after of each change of roles of an entry.
fn claims(entry: &Entry) -> Vec<(&[RoleClaim], &[RoleClaim])> {
    let effects = entry.consequences.iter().map(|consequence| &consequence.effect);
    let changes = effects.filter_map(|effect| match effect {
        Effect::RoleChanged { before, after, .. } => Some((before.as_slice(), after.as_slice())),
        _ => None,
    });
    changes.collect()
}

#[test]
fn users_who_have_little_in_common_are_recorded_with_all_claims_as_long_as_there_is_room() {
    let mut world = world(USERS / 10);
    let entry = promote(&mut world, USERS / 10);
    let claims = claims(&entry);
    assert_eq!(claims.len(), USERS / 10);
    let all =
        |(before, after): &(&[RoleClaim], &[RoleClaim])| before.len() == OWN_ROLES && after.len() == OWN_ROLES + 1;
    assert!(claims.iter().all(all));
}

#[test]
fn with_more_claims_than_an_entry_has_room_for_those_that_decide_are_recorded() {
    let mut world = world(USERS);
    let entry = promote(&mut world, USERS);
    let told = claims(&entry);
    assert_eq!(told.len(), USERS, "what decided before was another group for each");
    let admins = world.group_named("admins").id;
    for (before, after) in told {
        let [before] = before else { panic!("{before:?}") };
        let [after] = after else { panic!("{after:?}") };
        assert_eq!(
            (before.role.as_str(), after.role.as_str()),
            (role(30).as_str(), role(31).as_str())
        );
        let source = rolecall_engine::RoleSource::Group { group: admins };
        assert_eq!(after.source, source);
    }
    assert!(entry.encode().len() < 400 * USERS, "{}", entry.encode().len());
    assert_eq!(world.role("user 0").as_deref(), Some(role(31).as_str()));
}
