//! What a plan says, and what applying it does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rolecall_engine::plan::{ConflictEffect, MembersEffect, PlanEffect};
use rolecall_engine::state::{Hold, Mapping, User};
use rolecall_engine::{BrakeScope, EntityIndex, MappingIndex, Slot, State, UserIndex, UserSet};

use super::histories;
use crate::operations::{after, operations, plan_draft};
use crate::oracle;
use crate::plans::{applied, apply, go_on, stale, up_to_date};

proptest! {
    #![proptest_config(histories(64))]

    /// Invariant 11.
    #[test]
    fn applying_a_plan_gives_what_it_said(
        operations in operations(50),
        wanted in option::of(vec((0..64usize, any::<bool>()), 0..5)),
        decide in option::weighted(0.8, 0..64usize),
        min_admins in option::weighted(0.8, 1..4u32),
    ) {
        let mut world = after(&operations, |_, _, _| {});
        // Who may apply a plan is another question.
        world.actor = None;
        if world.state.plan_run().is_some_and(|run| run.is_running()) {
            go_on(&mut world);
        }
        let draft = plan_draft(&world.state, wanted.as_deref(), decide, min_admins);
        let (before, told) = (world.state.clone(), world.rehearse(&draft));
        let command = apply(draft, &world);
        match (told, world.run(&command)) {
            (Ok(effect), Ok(Some(_))) => {
                go_on(&mut world);
                check_effect(&effect, &before, &world.state);
            }
            (told, done) => prop_assert_eq!(told.unwrap_err(), done.unwrap_err()),
        }
    }

    #[test]
    fn after_a_plan_nothing_is_stale_and_a_second_one_changes_nothing(
        operations in operations(50),
        wanted in option::of(vec((0..64usize, any::<bool>()), 0..5)),
    ) {
        let mut world = after(&operations, |_, _, _| {});
        // Who may apply a plan is another question.
        world.actor = None;
        if world.state.plan_run().is_some_and(|run| run.is_running()) {
            go_on(&mut world);
        }
        let draft = plan_draft(&world.state, wanted.as_deref(), None, None);
        // Rules that would break an example are refused.
        let command = apply(draft, &world);
        prop_assume!(world.run(&command).is_ok());
        go_on(&mut world);
        prop_assert_eq!(stale(&world), vec![]);
        oracle::check(&world.state, &world.entries);
        let length = world.entries.len();
        applied(&mut world, up_to_date());
        let conclusions = world.entries[length..].iter().flat_map(|entry| entry.consequences.clone());
        prop_assert_eq!(conclusions.collect::<Vec<_>>(), vec![]);
    }
}

/// What a plan says that it does, and what the states before and after it say, looked at whole.
fn check_effect(effect: &PlanEffect, before: &State, after: &State) {
    let users = || before.users_from(UserIndex::from(0));
    let mut raised_and_lowered = 0;
    for user in users() {
        let now = after.user(user.id).unwrap();
        let places = |state: &State, user: &User| -> BTreeSet<_> {
            let entities = user
                .memberships
                .iter()
                .map(|membership| state.entity_at(membership.entity));
            entities
                .map(|entity| (entity.entity_type, entity.name.clone()))
                .collect()
        };
        let (was, is) = (places(before, user), places(after, now));
        let told = |of: fn(&MembersEffect) -> &UserSet| -> BTreeSet<_> {
            let there = effect.members.iter().filter(|members| of(members).contains(user.index));
            there
                .map(|members| (members.entity.entity_type, members.entity.name.clone().unwrap()))
                .collect()
        };
        assert_eq!(told(|members| &members.added), is.difference(&was).cloned().collect());
        assert_eq!(told(|members| &members.removed), was.difference(&is).cloned().collect());
        let role = effect.roles.iter().find(|role| role.users.contains(user.index));
        let told = role.map(|role| (role.from.clone(), role.to.clone()));
        let changed = user.role != now.role;
        raised_and_lowered += u64::from(changed);
        assert_eq!(told, changed.then(|| (user.role.clone(), now.role.clone())));
        for slot in Slot::ALL {
            let claimed = |state: &State| {
                state
                    .conflict(slot, user.index)
                    .map(|conflict| conflict.claimed.clone())
            };
            let told = |of: fn(&ConflictEffect) -> &UserSet| {
                effect
                    .conflicts
                    .iter()
                    .any(|conflict| conflict.slot == slot && of(conflict).contains(user.index))
            };
            let (was, is) = (claimed(before), claimed(after));
            assert_eq!(told(|conflict| &conflict.opened), is.is_some() && was != is);
            assert_eq!(told(|conflict| &conflict.closed), was.is_some() && was != is);
        }
    }
    assert_eq!(
        raised_and_lowered,
        effect.roles.iter().map(|role| role.users.len()).sum::<u64>()
    );
    check_mappings(effect, before, after);
    check_holds(effect, before, after);
}

fn check_holds(effect: &PlanEffect, before: &State, after: &State) {
    let held = |state: &State| -> BTreeMap<BrakeScope, u64> {
        let count = |hold: &Hold| hold.held().map(|(_, users)| users.len()).sum();
        state.holds().map(|hold| (hold.scope, count(hold))).collect()
    };
    let (was, is) = (held(before), held(after));
    let scopes: BTreeSet<BrakeScope> = was.keys().chain(is.keys()).copied().collect();
    let counts = scopes.into_iter().map(|scope| {
        let of = |held: &BTreeMap<BrakeScope, u64>| held.get(&scope).copied().unwrap_or_default();
        (scope.kind(), of(&was), of(&is))
    });
    let expected: Vec<_> = counts.filter(|(_, was, is)| was != is).collect();
    let told: Vec<_> = effect
        .holds
        .iter()
        .map(|hold| (hold.kind, hold.before, hold.after))
        .collect();
    assert_eq!(told, expected);
}

fn check_mappings(effect: &PlanEffect, before: &State, after: &State) {
    let mut told = effect.mappings.iter();
    for now in after.mappings_from(MappingIndex::from(0)) {
        let was = before.mapping(now.id);
        let same = |was: &Mapping| {
            (was.status, was.paused, was.entity, was.origin, &was.role)
                == (now.status, now.paused, now.entity, now.origin, &now.role)
                && was.template == now.template
        };
        if was.is_some_and(same) {
            continue;
        }
        let told = told.next().unwrap();
        assert_eq!(
            (told.mapping, told.from),
            (was.map(|was| was.id), was.map(|was| was.status))
        );
        assert_eq!((told.to, &told.role), (now.status, &now.role));
    }
    assert_eq!(told.next(), None);
    let new = after
        .entities_from(EntityIndex::from(0))
        .filter(|entity| before.entity(entity.id).is_none());
    let new: Vec<_> = new.map(|entity| Some(entity.name.clone())).collect();
    let told: Vec<_> = effect
        .entities
        .iter()
        .map(|entity| entity.entity.name.clone())
        .collect();
    assert_eq!(told, new);
}
