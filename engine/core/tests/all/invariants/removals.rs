//! What taking a claim away does to roles.

use proptest::prelude::*;
use rolecall_engine::{Effect, Entry, RoleCause, SettingsChange, State, UserIndex};

use super::histories;
use crate::operations::{after, after_in, operations};
use crate::world::World;

/// Whether all that was asked for takes something away.
fn is_removal(entry: &Entry) -> bool {
    let removals = [
        "members_removed",
        "group_deleted",
        "user_deleted",
        "user_deactivated",
        "entity_deleted",
        "mapping_paused",
        "mapping_rejected",
        "hold_released",
        "memberships_taken",
    ];
    entry.facts.iter().all(|fact| removals.contains(&fact.kind()))
}

fn is_raised(before: &State, after: &State, user: UserIndex) -> bool {
    let rank = |state: &State| {
        let role = state.user_at(user).role.clone()?;
        state.settings().roles.iter().position(|known| *known == role)
    };
    let (was, is) = (rank(before), rank(after));
    was.is_some() && is > was
}

proptest! {
    #![proptest_config(histories(96))]

    /// Invariant 15.
    #[test]
    fn with_the_lowest_role_as_default_a_removal_never_raises_a_role(operations in operations(60)) {
        let mut world = World::default();
        world.settings(SettingsChange { default_role: Some("guest".parse().unwrap()), ..SettingsChange::default() });
        after_in(world, &operations, |before, entry, world| {
            let lowest = before.settings().roles.first() == Some(&before.settings().default_role);
            if lowest && is_removal(entry) {
                let mut users = before.users_from(UserIndex::from(0));
                assert!(!users.any(|user| is_raised(before, &world.state, user.index)), "{entry:?}");
            }
        });
    }

    /// SEMANTICS 6.5: with another default, only the fall to it does, and says so.
    #[test]
    fn a_removal_raises_a_role_to_the_default_alone_and_says_so(operations in operations(60)) {
        after(&operations, |before, entry, world| {
            for consequence in entry.consequences.iter().filter(|_| is_removal(entry)) {
                let Effect::RoleChanged { users, to, cause, .. } = &consequence.effect else { continue };
                if users.iter().any(|user| is_raised(before, &world.state, user)) {
                    assert_eq!(*cause, RoleCause::DefaultFallback, "{entry:?}");
                    assert_eq!(to.as_ref(), Some(&before.settings().default_role));
                }
            }
        });
    }
}
