//! What holds in every history (SEMANTICS section 9).

use std::collections::BTreeSet;

use proptest::prelude::*;
use rolecall_engine::rules::EntityType;
use rolecall_engine::{
    Command, Consequence, Effect, EntityIndex, Entry, GroupChange, GroupIndex, MembersChange, RoleCause,
    SettingsChange, State, UserIndex,
};

use crate::operations::{operations, unbraked_operations};
use crate::world::{World, match_all};
use crate::{oracle, world};

/// A world after some operations; `each` sees the state before and the entry of every one that changed something.
pub(crate) fn after(
    operations: &[crate::operations::Operation],
    mut each: impl FnMut(&State, &Entry, &World),
) -> World {
    let mut world = World::default();
    for operation in operations {
        let Some(command) = operation.command(&world) else {
            continue;
        };
        let before = world.state.clone();
        match world.run(&command) {
            Ok(Some(entry)) => each(&before, &entry, &world),
            Ok(None) | Err(_) => assert_eq!(world.state, before, "a command that is refused changes nothing"),
        }
    }
    world
}

/// A change of settings that moves nobody, but has every user placed again from scratch.
fn place_everybody_again(state: &State) -> Command {
    let mut roles = state.settings().roles.clone();
    roles.insert(0, "unused".parse().unwrap());
    Command::ChangeSettings {
        change: SettingsChange {
            roles: Some(roles),
            ..SettingsChange::default()
        },
    }
}

/// Whether it puts those back into a team who were taken out of it by hand.
fn brings_back(before: &State, effect: &Effect) -> bool {
    let Effect::MembersPlaced { entity, users } = effect else {
        return false;
    };
    let entity = before.entity(*entity).unwrap().index;
    users.iter().all(|user| before.removed_by_hand(user, entity).is_some())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn state_is_what_the_oracle_says_after_every_entry(operations in operations(60)) {
        after(&operations, |before, _, world| {
            oracle::check(&world.state, &world.entries);
            oracle::check_incumbents(before, &world.entries, &world.state);
            oracle::check_one_owner(&world.state);
        });
    }

    #[test]
    fn replay_equals_live_at_every_prefix(operations in operations(60)) {
        let mut states = vec![State::default()];
        let world = after(&operations, |_, _, world| states.push(world.state.clone()));
        let mut replayed = State::default();
        for (entry, live) in world.entries.iter().zip(&states[1..]) {
            replayed = replayed.replay(&Entry::decode(&entry.encode()).unwrap());
            prop_assert_eq!(&replayed, live);
        }
    }

    #[test]
    fn incremental_placement_equals_placement_from_scratch(operations in operations(60)) {
        let mut world = after(&operations, |_, _, _| {});
        let before = world.state.clone();
        let command = place_everybody_again(&world.state);
        let entry = world.run(&command).unwrap().unwrap();
        let moved = entry.consequences.iter().filter(|consequence| !brings_back(&before, &consequence.effect));
        prop_assert_eq!(moved.collect::<Vec<_>>(), Vec::<&Consequence>::new());
    }

    #[test]
    fn a_command_repeated_changes_nothing(operations in operations(40)) {
        let mut world = World::default();
        for operation in &operations {
            let Some(command) = operation.command(&world) else { continue };
            let _ = world.run(&command);
            if matches!(command, Command::ChangeUser { .. } | Command::ChangeGroup { .. } | Command::ChangeSettings { .. }
                | Command::GiveMembership { .. } | Command::TakeMembership { .. }) {
                prop_assert!(!matches!(world.run(&command), Ok(Some(_))), "{:?} twice", command);
            }
        }
    }

    #[test]
    fn a_removal_never_raises_a_role_but_to_the_default(operations in operations(60)) {
        after(&operations, |before, entry, _| {
            for consequence in &entry.consequences {
                let Effect::RoleChanged { from: Some(from), to: Some(to), cause, .. } = &consequence.effect else { continue };
                let raised = before.settings().rank(to) > before.settings().rank(from);
                let removal = matches!(cause, RoleCause::MemberRemoved | RoleCause::GroupDeleted | RoleCause::UserDeactivated);
                assert!(!(raised && removal), "{entry:?}");
            }
        });
    }

    #[test]
    fn with_the_lowest_role_as_default_no_removal_raises_a_role(operations in operations(60)) {
        let lowest = SettingsChange { default_role: Some("guest".parse().unwrap()), ..SettingsChange::default() };
        let mut world = World::default();
        world.settings(lowest);
        for operation in &operations {
            let Some(command) = operation.command(&world) else { continue };
            let before = world.state.clone();
            let Ok(Some(entry)) = world.run(&command) else { continue };
            for consequence in &entry.consequences {
                let Effect::RoleChanged { from: Some(from), to: Some(to), cause: RoleCause::DefaultFallback, .. } =
                    &consequence.effect else { continue };
                prop_assert!(before.settings().rank(to) <= before.settings().rank(from));
            }
        }
    }

    #[test]
    fn every_difference_names_the_fact_it_follows_from(operations in operations(60)) {
        after(&operations, |before, entry, world| {
            for consequence in &entry.consequences {
                assert!((consequence.because.fact as usize) < entry.facts.len());
            }
            let touched: BTreeSet<UserIndex> = entry.consequences.iter().flat_map(|consequence| match &consequence.effect {
                Effect::RoleChanged { users, .. }
                | Effect::MembersPlaced { users, .. }
                | Effect::MembersUnplaced { users, .. } => users.iter().collect(),
                _ => Vec::new(),
            }).collect();
            for user in world.state.users_from(UserIndex::from(0)) {
                let was = before.user(user.id).map(|user| (user.role.clone(), user.memberships.clone()));
                let is = (user.role.clone(), user.memberships.clone());
                assert!(was.unwrap_or_default() == is || touched.contains(&user.index), "{user:?} moved without an entry that says so");
            }
        });
    }

    #[test]
    fn replacing_the_members_equals_the_difference(before in prop::collection::btree_set(0..8usize, 0..8),
                                                   wanted in prop::collection::btree_set(0..8usize, 0..8)) {
        let ids = |world: &World, users: &mut dyn Iterator<Item = &usize>| -> Vec<String> {
            users.map(|user| world.user_named(&format!("user-{user}")).id.to_string()).collect()
        };
        let start = || {
            let mut world = World::default();
            world.rule(match_all(EntityType::Team));
            (0..8).for_each(|user| { world.user(&format!("user-{user}")); });
            let members = ids(&world, &mut before.iter());
            world.done(&Command::CreateGroup { group: world::group_input("eng", members, &["admin"]) });
            world
        };
        let (mut put, mut patch) = (start(), start());
        let members = MembersChange { replace: true, add: ids(&put, &mut wanted.iter()), remove: Vec::new() };
        put.change_group("eng", GroupChange { members, ..GroupChange::default() });
        let (add, remove) = (ids(&patch, &mut wanted.difference(&before)), ids(&patch, &mut before.difference(&wanted)));
        let members = MembersChange { replace: false, add, remove };
        patch.change_group("eng", GroupChange { members, ..GroupChange::default() });
        prop_assert_eq!(put.state, patch.state);
    }

    #[test]
    fn additions_commute(order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle()) {
        let outcome = |order: &[usize]| {
            let mut world = World::default();
            world.rule(match_all(EntityType::Team));
            (0..4).for_each(|user| { world.user(&format!("user-{user}")); });
            ["eng", "ops", "all"].into_iter().for_each(|group| { world.group_with_roles(group, &[], &["admin"]); });
            for step in order {
                world.add(["eng", "ops", "all"][step / 4], &format!("user-{}", step % 4));
            }
            let users = world.state.users_from(UserIndex::from(0));
            users.map(|user| (user.role.clone(), user.memberships.iter().map(|m| m.entity).collect::<Vec<_>>()))
                .collect::<Vec<_>>()
        };
        let in_order: Vec<usize> = (0..12).collect();
        prop_assert_eq!(outcome(&order), outcome(&in_order));
    }

    #[test]
    fn adding_and_removing_is_nothing_but_for_the_record(operations in unbraked_operations(30), group in 0..64usize, user in 0..64usize) {
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
