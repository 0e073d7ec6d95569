//! Brakes and the floor of administrators.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rolecall_engine::{BrakeLimit, BrakeScope, Fact, State};

use super::histories;
use crate::operations::{after, braked_operations, operations};
use crate::oracle::Known;
use crate::oracle::scopes::{highest, left, populations};

/// Who left at which time.
type Removals = (u64, BTreeSet<u32>);

/// The removals that each scope let through.
type Through = BTreeMap<BrakeScope, Vec<Removals>>;

fn limit(state: &State, scope: BrakeScope) -> Option<BrakeLimit> {
    let brake = &state.safeguards().brake;
    let limit = match scope {
        BrakeScope::Organization => brake.scopes.organization,
        BrakeScope::HighestRole => brake.scopes.highest_role,
        BrakeScope::Entity(_) => brake.scopes.entity,
        BrakeScope::GroupEntity { .. } => brake.scopes.group_entity,
        BrakeScope::MinAdmins => return None,
    };
    (brake.enabled && limit.enabled).then_some(limit)
}

fn is_wish(fact: &Fact) -> bool {
    let kinds = [
        "user_attributes_changed",
        "user_role_attribute_changed",
        "group_created",
        "group_restored",
        "group_renamed",
        "group_attributes_changed",
        "group_deleted",
        "members_added",
        "members_removed",
    ];
    kinds.contains(&fact.kind())
}

/// Whether the scope counts anew: somebody let go all that its hold kept.
fn releases(before: &State, fact: &Fact, scope: BrakeScope) -> bool {
    let Fact::HoldReleased { hold, users: None } = fact else {
        return false;
    };
    before.hold(*hold).is_some_and(|hold| hold.scope == scope)
}

/// How many of so many users may leave.
fn most(limit: BrakeLimit, users: usize) -> u64 {
    (count(users) * u64::from(limit.max_percent) / 100).max(u64::from(limit.min_count))
}

fn count(users: usize) -> u64 {
    u64::try_from(users).unwrap()
}

/// Lets removals pass, and panics when they are too many. Who leaves twice counts twice, among the removals and among those
/// that they are a share of; so besides, of all who were there inside the window, never more are gone at one time than may
/// leave.
fn pass(kept: &mut Vec<Removals>, (now, left): Removals, population: &BTreeSet<u32>, limit: BrakeLimit) {
    let passed: usize = kept.iter().map(|(_, left)| left.len()).sum();
    let base = population.len() + passed;
    if count(base) <= u64::from(limit.min_count) || count(base) < u64::from(limit.min_size) {
        return;
    }
    let removals = passed + left.len();
    assert!(
        count(removals) <= most(limit, base),
        "{left:?} after {passed} of {base}, {limit:?}"
    );
    let stay: BTreeSet<u32> = population.difference(&left).copied().collect();
    kept.push((now, left));
    let all: BTreeSet<u32> = kept.iter().flat_map(|(_, left)| left).copied().collect();
    let (gone, users) = (all.difference(&stay).count(), all.union(&stay).count());
    assert!(count(gone) <= most(limit, users), "{gone} gone of {users}, {limit:?}");
}

proptest! {
    #![proptest_config(histories(96))]

    /// Invariant 14.
    #[test]
    fn inside_a_window_the_brake_lets_no_more_removals_through_than_allowed(operations in braked_operations(80)) {
        let mut through = Through::new();
        after(&operations, |before, entry, world| {
            let now = entry.at.milliseconds();
            through.retain(|scope, _| !entry.facts.iter().any(|fact| releases(before, fact, *scope)));
            if !entry.facts.iter().all(is_wish) {
                return;
            }
            let (_, record_before) = world.entries.split_last().unwrap();
            let (known_before, known) = (Known::of(before, record_before), Known::of(&world.state, &world.entries));
            let mut leaving: BTreeMap<BrakeScope, BTreeSet<u32>> = BTreeMap::new();
            for user in world.state.users_from(0.into()) {
                for scope in left(&known_before, &known, user) {
                    leaving.entry(scope).or_default().insert(user.index.into());
                }
            }
            let populations = populations(&known_before);
            let window = u64::from(before.safeguards().brake.window_seconds) * 1_000;
            for (scope, left) in leaving {
                let Some(limit) = limit(before, scope) else { continue };
                let kept = through.entry(scope).or_default();
                kept.retain(|(at, _)| at + window > now);
                pass(kept, (now, left), &populations[&scope], limit);
            }
        });
    }

    /// Invariant 13: nobody is demoted below the floor, unless a person releases him.
    #[test]
    fn active_admins_are_no_fewer_than_the_floor(operations in operations(80)) {
        after(&operations, |before, entry, world| {
            let floor = usize::try_from(world.state.safeguards().min_admins).unwrap();
            let (was, is) = (highest(before), highest(&world.state));
            let released = entry.facts.iter().any(|fact| matches!(fact, Fact::HoldReleased { .. }));
            let demoted = was.filter(|user| {
                let user = world.state.user_at(user.index);
                user.active && !user.deleted && user.role.as_ref() != world.state.settings().highest_role()
            });
            let same = before.settings().highest_role() == world.state.settings().highest_role();
            assert!(released || !same || demoted.count() == 0 || is.count() >= floor, "{entry:?}");
        });
    }
}
