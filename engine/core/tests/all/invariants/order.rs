//! Other ways to the same end.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use rolecall_engine::rules::EntityType;
use rolecall_engine::state::User;
use rolecall_engine::{
    Command, EntityIndex, GroupChange, GroupId, GroupIndex, MembersChange, Slot, State, UserIndex, UserInput,
};

use super::histories;
use crate::operations::{Operation, after, unbraked_operations};
use crate::world::World;

/// Operations on an organization where nothing depends on who was there first: neither brakes nor ceilings.
fn timeless_operations(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    unbraked_operations(length).prop_map(|mut operations| {
        operations.retain(|operation| !matches!(operation, Operation::Ceiling { .. }));
        operations
    })
}

fn pick<T: Copy>(all: &[T], number: usize) -> Option<T> {
    all.get(number % all.len().max(1)).copied()
}

fn groups(state: &State) -> Vec<GroupId> {
    state.groups_from(GroupIndex::from(0)).map(|group| group.id).collect()
}

fn users(state: &State) -> Vec<&User> {
    state.users_from(UserIndex::from(0)).collect()
}

/// Changes that have nothing to do with each other: each is about a member of a group, the roles of a group, or a user
/// alone, and no two are about the same.
fn independent(
    state: &State,
    members: &[(usize, usize, bool)],
    roles: &[(usize, usize)],
    active: &[(usize, bool)],
) -> Vec<Command> {
    let mut seen = BTreeSet::new();
    let mut commands = Vec::new();
    for (group, user, is_added) in members {
        let (Some(group), Some(user)) = (pick(&groups(state), *group), pick(&users(state), *user)) else {
            continue;
        };
        let ids = vec![user.id.to_string()];
        let (add, remove) = if *is_added {
            (ids, Vec::new())
        } else {
            (Vec::new(), ids)
        };
        let members = MembersChange {
            replace: false,
            add,
            remove,
        };
        let change = GroupChange {
            members,
            ..GroupChange::default()
        };
        if seen.insert((Some(group), Some(user.id))) {
            commands.push(Command::ChangeGroup { group, change });
        }
    }
    for (group, role) in roles {
        let Some(group) = pick(&groups(state), *group) else {
            continue;
        };
        let roles = Some(vec![["guest", "user", "admin"][role % 3].to_owned()]);
        let change = GroupChange {
            roles,
            ..GroupChange::default()
        };
        if seen.insert((Some(group), None)) {
            commands.push(Command::ChangeGroup { group, change });
        }
    }
    for (user, active) in active {
        let Some(user) = pick(&users(state), *user) else {
            continue;
        };
        let to = UserInput {
            person: (**user.person.as_ref().unwrap()).clone(),
            active: *active,
            organization_role: user.organization_role.as_ref().map(ToString::to_string),
        };
        if seen.insert((None, Some(user.id))) {
            commands.push(Command::ChangeUser {
                user: user.id,
                expected: None,
                to,
            });
        }
    }
    commands
}

/// What is so for each user, but for slots where the incumbent counts.
fn outcome(world: &World, aside: &BTreeSet<(Slot, UserIndex)>) -> Vec<(bool, Option<String>, Vec<EntityIndex>)> {
    let state = &world.state;
    let outcome = |user: &User| {
        let counts = |entity: &EntityIndex| {
            let slot = match state.entity_at(*entity).entity_type {
                EntityType::Team => None,
                EntityType::ConcurrencyGroup => Some(Slot::ConcurrencyGroup),
                EntityType::SubOrganization => Some(Slot::SubOrganization),
            };
            !aside.contains(&(Slot::CrossType, user.index))
                && slot.is_none_or(|slot| !aside.contains(&(slot, user.index)))
        };
        let places = user.memberships.iter().map(|place| place.entity).filter(counts);
        (
            user.active,
            user.role.as_ref().map(ToString::to_string),
            places.collect(),
        )
    };
    state.users_from(UserIndex::from(0)).map(outcome).collect()
}

fn contested(world: &World) -> impl Iterator<Item = (Slot, UserIndex)> {
    world.state.conflicts().map(|conflict| (conflict.slot, conflict.user))
}

/// The group as `wanted`, written whole; or the difference to it alone.
fn to_members(world: &World, group: GroupId, wanted: &BTreeSet<String>, is_put: bool) -> MembersChange {
    let group = world.state.group(group).unwrap();
    let ids = group
        .members
        .iter()
        .map(|user| world.state.user_at(user).id.to_string());
    let now: BTreeSet<String> = ids.chain(group.ignored.iter().cloned()).collect();
    if is_put {
        let add = wanted.iter().cloned().collect();
        return MembersChange {
            replace: true,
            add,
            remove: Vec::new(),
        };
    }
    MembersChange {
        replace: false,
        add: wanted.difference(&now).cloned().collect(),
        remove: now.difference(wanted).cloned().collect(),
    }
}

proptest! {
    #![proptest_config(histories(64))]

    /// Invariant 6.
    #[test]
    fn the_order_of_independent_commands_does_not_change_the_final_state_incumbents_aside(
        operations in timeless_operations(30),
        members in vec((0..64usize, 0..64usize, any::<bool>()), 0..8),
        roles in vec((0..64usize, 0..3usize), 0..3),
        active in vec((0..64usize, any::<bool>()), 0..3),
        order in vec(any::<u32>(), 14),
    ) {
        let world = after(&operations, |_, _, _| {});
        let commands = independent(&world.state, &members, &roles, &active);
        let mut shuffled: Vec<(u32, &Command)> = order.iter().copied().zip(&commands).collect();
        shuffled.sort_by_key(|(place, _)| *place);
        let (mut straight, mut mixed) = (world.clone(), world);
        for command in &commands {
            straight.run(command).unwrap();
        }
        for (_, command) in shuffled {
            mixed.run(command).unwrap();
        }
        let aside = contested(&straight).chain(contested(&mixed)).collect();
        prop_assert_eq!(outcome(&straight, &aside), outcome(&mixed, &aside));
    }

    /// Invariant 7.
    #[test]
    fn a_put_equals_the_patch_of_the_difference(
        operations in unbraked_operations(30),
        group in 0..64usize,
        wanted in btree_set(0..64usize, 0..6),
        stranger in any::<bool>(),
        role in option::of(0..3usize),
    ) {
        let world = after(&operations, |_, _, _| {});
        let Some(group) = pick(&groups(&world.state), group) else { return Ok(()) };
        let wanted = wanted.iter().filter_map(|user| pick(&users(&world.state), *user));
        let mut wanted: BTreeSet<String> = wanted.map(|user| user.id.to_string()).collect();
        wanted.extend(stranger.then(|| uuid::Uuid::from_u128(7).to_string()));
        let roles = role.map(|role| vec![["guest", "user", "admin"][role].to_owned()]);
        let [put, patch] = [true, false].map(|is_put| {
            let mut world = world.clone();
            let members = to_members(&world, group, &wanted, is_put);
            let change = GroupChange { members, roles: roles.clone(), ..GroupChange::default() };
            world.run(&Command::ChangeGroup { group, change }).unwrap();
            world.state
        });
        prop_assert_eq!(put, patch);
    }

    /// Invariant 8.
    #[test]
    fn adding_and_then_removing_is_nothing_but_for_the_record(operations in unbraked_operations(30), group in 0..64usize, user in 0..64usize) {
        let mut world = after(&operations, |_, _, _| {});
        let groups: Vec<_> = world.state.groups_from(GroupIndex::from(0)).map(|group| group.display_name.clone()).collect();
        let users: Vec<_> = world.state.users_from(UserIndex::from(0)).filter_map(|user| user.person.clone()).collect();
        prop_assume!(!groups.is_empty() && !users.is_empty());
        // Where a decision moved somebody, the new incumbent stays when the set goes that it was for.
        prop_assume!(world.state.decisions().is_empty());
        let (group, user) = (&groups[group % groups.len()], &users[user % users.len()].user_name);
        // Whoever was taken out of a team by hand comes back with a write.
        let index = world.user_named(user).index;
        prop_assume!(world.state.entities_from(EntityIndex::from(0)).all(|entity| world.state.removed_by_hand(index, entity.index).is_none()));
        let looks = |world: &World| (world.placed(user), world.role(user), world.group_named(group).members.clone());
        let before = looks(&world);
        if world.add(group, user).is_some() {
            world.remove(group, user);
        }
        prop_assert_eq!(looks(&world), before);
    }
}
