//! Versions of users and groups as a client of SCIM sees them, and changes that hold for one version only.

use proptest::prelude::*;
use rolecall_engine::rules::{EntityType, RoleName};
use rolecall_engine::state::{Group, User};
use rolecall_engine::{
    Command, GroupAttributes, GroupChange, GroupId, GroupIndex, MembersChange, Person, Position, Rejection,
    SettingsChange, State, UserId, UserIndex, UserSet,
};

use crate::operations::after;
use crate::operations::operations;
use crate::world::{World, match_all, user_input};

/// All that a client sees of a user.
#[derive(PartialEq, Debug)]
struct ShownUser {
    person: Option<Person>,
    active: bool,
    organization_role: Option<RoleName>,
    role: Option<RoleName>,
    groups: Vec<(GroupId, String)>,
}

/// All that a client sees of a group.
type ShownGroup = (String, GroupAttributes, UserSet);

fn shown_user(state: &State, user: UserId) -> Option<ShownUser> {
    let user = state.user(user)?;
    let groups = user.groups().map(|group| state.group_at(group));
    Some(ShownUser {
        person: user.person.as_deref().cloned(),
        active: user.active,
        organization_role: user.organization_role.clone(),
        role: user.role.clone(),
        groups: groups.map(|group| (group.id, group.display_name.clone())).collect(),
    })
}

fn shown_group(state: &State, group: GroupId) -> Option<ShownGroup> {
    let group = state.group(group)?;
    Some((
        group.display_name.clone(),
        group.attributes.clone(),
        group.members.clone(),
    ))
}

fn user_version(state: &State, user: UserId) -> Option<Position> {
    state.user(user).map(|user| state.user_version(user).position)
}

fn group_version(state: &State, group: GroupId) -> Option<Position> {
    state.group(group).map(|group| group.modified.position)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_version_moves_exactly_with_what_is_shown(operations in operations(60)) {
        after(&operations, |before, entry, world| {
            let now = &world.state;
            for id in now.users_from(UserIndex::from(0)).map(|user: &User| user.id) {
                let same = shown_user(before, id) == shown_user(now, id);
                let expected = if same { user_version(before, id) } else { Some(entry.position) };
                assert_eq!(user_version(now, id), expected, "{:?} after {:?}", shown_user(now, id), entry.facts);
            }
            for id in now.groups_from(GroupIndex::from(0)).map(|group: &Group| group.id) {
                let same = shown_group(before, id) == shown_group(now, id);
                let expected = if same { group_version(before, id) } else { Some(entry.position) };
                assert_eq!(group_version(now, id), expected, "{:?} after {:?}", shown_group(now, id), entry.facts);
            }
        });
    }
}

/// Ana and ben in `eng`, ana also in `ops`; cleo in none.
fn world() -> World {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    ["ana", "ben", "cleo"].into_iter().for_each(|name| {
        world.user(name);
    });
    world.group_with_roles("eng", &["ana", "ben"], &["admin"]);
    world.group("ops", &["ana"]);
    world
}

/// Does something, and compares whose versions moved, users and groups in the order of their creation.
#[track_caller]
fn check(change: impl FnOnce(&mut World), moved: &[&str]) {
    let mut world = world();
    let before = world.state.clone();
    change(&mut world);
    assert!(world.state.position() > before.position(), "something changed");
    let users = before.users_from(UserIndex::from(0)).filter(|user| {
        let now = user_version(&world.state, user.id);
        now.is_some_and(|now| Some(now) != user_version(&before, user.id))
    });
    let groups = before.groups_from(GroupIndex::from(0)).filter(|group| {
        let now = group_version(&world.state, group.id);
        now.is_some_and(|now| Some(now) != group_version(&before, group.id))
    });
    let users = users.filter_map(|user| user.person.as_deref().map(|person| person.user_name.clone()));
    let found: Vec<String> = users.chain(groups.map(|group| group.display_name.clone())).collect();
    assert_eq!(found, moved);
}

#[test]
fn the_versions_of_users_cover_their_groups_and_their_role() {
    check(|world| drop(world.set_user("ana", true, Some("guest"))), &["ana"]);
    check(|world| drop(world.add("ops", "cleo")), &["cleo", "ops"]);
    check(|world| drop(world.remove("eng", "ben")), &["ben", "eng"]);
    check(|world| drop(world.rename("ops", "Operations")), &["ana", "ops"]);
    check(|world| drop(world.rename("ops", "OPS")), &["ana", "ops"]);
    check(|world| drop(world.delete_group("eng")), &["ana", "ben"]);
    let guest = || SettingsChange {
        default_role: Some("guest".parse().unwrap()),
        ..SettingsChange::default()
    };
    check(|world| drop(world.settings(guest())), &["cleo"]);
    check(
        |world| drop(world.set_group_roles("eng", &["guest"])),
        &["ana", "ben", "eng"],
    );
}

#[test]
fn deleting_a_user_moves_the_versions_of_its_groups() {
    check(|world| drop(world.delete_user("ana")), &["eng", "ops"]);
}

#[test]
fn what_scim_does_not_show_moves_no_version() {
    check(
        |world| {
            let mapping = world.mappings("eng")[0].id;
            world.done(&Command::PauseMapping { mapping });
        },
        &[],
    );
    check(
        |world| {
            let members = MembersChange {
                add: vec!["nobody".to_owned()],
                ..MembersChange::default()
            };
            world.change_members("eng", members).unwrap();
        },
        &[],
    );
}

#[test]
fn who_leaves_a_renamed_group_does_not_get_an_older_version() {
    let mut world = world();
    world.rename("ops", "Operations");
    let ana = world.user_named("ana").id;
    let renamed = user_version(&world.state, ana);
    world.remove("Operations", "ana");
    assert!(user_version(&world.state, ana) > renamed);
}

/// Every command that can be bound to a version, for the user `ana` and the group `ops`.
fn bound(world: &World, expected: Option<Position>) -> [Command; 4] {
    let (user, group) = (world.user_named("ana").id, world.group_named("ops").id);
    let to = user_input("ana", true, Some("guest"));
    let change = GroupChange {
        expected,
        external_id: Some(Some("x".to_owned())),
        ..GroupChange::default()
    };
    [
        Command::ChangeUser { user, expected, to },
        Command::DeleteUser { user, expected },
        Command::ChangeGroup { group, change },
        Command::DeleteGroup { group, expected },
    ]
}

#[test]
fn a_change_of_another_version_is_refused() {
    let mut world = world();
    world.rename("ops", "operations");
    world.rename("operations", "ops");
    let actual = world.state.position();
    let stale = Position::new(actual.get() - 1);
    for command in bound(&world, Some(stale)) {
        let refused = Rejection::VersionMismatch {
            expected: stale,
            actual,
        };
        assert_eq!(world.run(&command), Err(refused), "{command:?}");
    }
}

#[test]
fn of_changes_of_the_same_version_exactly_one_gets_through() {
    for place in 0..4 {
        let mut world = world();
        let expected = Some(world.state.position());
        assert_eq!(user_version(&world.state, world.user_named("ana").id), expected);
        let first = &bound(&world, expected)[place];
        let rename = GroupChange {
            expected,
            display_name: Some("Operations".to_owned()),
            ..GroupChange::default()
        };
        let group = world.group_named("ops").id;
        let second = Command::ChangeGroup { group, change: rename };
        assert!(matches!(world.run(first), Ok(Some(_))), "{first:?}");
        // A change of the user alone leaves the group as it was; its deletion takes it out of the group.
        let free = matches!(first, Command::ChangeUser { .. });
        assert_eq!(world.run(&second).is_ok(), free, "after {first:?}");
        let repeated = world.run(first);
        assert!(repeated.is_err(), "{first:?} again: {repeated:?}");
    }
}
