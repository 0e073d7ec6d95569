//! Brakes and the floor of administrators.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rolecall_engine::{Effect, EntityIndex, Fact};

use super::histories;
use crate::operations::{after, operations};

/// What a scope let through, worked out from the record alone: each entry's removals with its time.
#[derive(Default)]
struct Through {
    passed: Vec<(u64, u64)>,
}

/// The users of the organization and of the highest role, without the engine's own counts.
fn populations(state: &rolecall_engine::State) -> [Vec<u32>; 2] {
    let highest = state.settings().highest_role();
    let default = state.settings().default_concurrency_group;
    let users = || state.users_from(0.into()).filter(|user| user.active);
    let is_placed = |user: &&rolecall_engine::state::User| {
        let entity = |entity: EntityIndex| Some(state.entity_at(entity).id);
        user.memberships
            .iter()
            .any(|membership| entity(membership.entity) != default)
    };
    let placed = users().filter(is_placed).map(|user| u32::from(user.index)).collect();
    let highest = users()
        .filter(|user| user.role.as_ref() == highest)
        .map(|user| u32::from(user.index))
        .collect();
    [placed, highest]
}

fn is_wish(fact: &Fact) -> bool {
    let kinds = [
        "user_attributes_changed",
        "user_role_attribute_changed",
        "group_renamed",
        "group_attributes_changed",
        "group_deleted",
        "members_removed",
    ];
    kinds.contains(&fact.kind())
}

proptest! {
    #![proptest_config(histories(96))]

    /// Invariant 14, for the scopes that are on by default.
    #[test]
    fn inside_a_window_the_brake_lets_no_more_removals_through_than_allowed(operations in operations(80)) {
        let mut through: BTreeMap<usize, Through> = BTreeMap::new();
        after(&operations, |before, entry, world| {
            let now = entry.at.milliseconds();
            let (was, is) = (populations(before), populations(&world.state));
            let brake = &before.safeguards().brake;
            let scopes = [brake.scopes.organization, brake.scopes.highest_role];
            for (scope, limit) in scopes.into_iter().enumerate() {
                let kept = &mut through.entry(scope).or_default().passed;
                let reset = entry.consequences.iter().any(|one| matches!(one.effect, Effect::HoldClosed { .. }));
                if !brake.enabled || !limit.enabled || reset {
                    kept.clear();
                }
                let left = was[scope].iter().filter(|user| !is[scope].contains(user));
                let left = left.filter(|user| world.state.user_at((**user).into()).active && !world.state.user_at((**user).into()).deleted);
                let left = u64::try_from(left.count()).unwrap();
                if left == 0 || !entry.facts.iter().all(is_wish) || !brake.enabled || !limit.enabled {
                    continue;
                }
                let window = u64::from(brake.window_seconds) * 1_000;
                kept.retain(|(at, _)| at + window > now);
                let passed: u64 = kept.iter().map(|(_, count)| count).sum();
                let population = u64::try_from(was[scope].len()).unwrap() + passed;
                if population <= u64::from(limit.min_count) || population < u64::from(limit.min_size) {
                    continue;
                }
                let most = (population * u64::from(limit.max_percent) / 100).max(u64::from(limit.min_count));
                assert!(passed + left <= most, "{left} after {passed} of {population}, {limit:?}: {entry:?}");
                kept.push((now, left));
            }
        });
    }

    /// Invariant 13: nobody is demoted below the floor, unless a person releases him.
    #[test]
    fn active_admins_are_no_fewer_than_the_floor(operations in operations(80)) {
        after(&operations, |before, entry, world| {
            let floor = usize::try_from(world.state.safeguards().min_admins).unwrap();
            let [_, was] = populations(before);
            let [_, is] = populations(&world.state);
            let released = entry.facts.iter().any(|fact| matches!(fact, Fact::HoldReleased { .. }));
            let demoted = was.iter().filter(|user| {
                let user = world.state.user_at((**user).into());
                user.active && !user.deleted && user.role.as_ref() != world.state.settings().highest_role()
            });
            let same = before.settings().highest_role() == world.state.settings().highest_role();
            assert!(released || !same || demoted.count() == 0 || is.len() >= floor, "{entry:?}");
        });
    }
}
