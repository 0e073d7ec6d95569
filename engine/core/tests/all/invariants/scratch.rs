//! What is kept step by step, against what is worked out from scratch.

use proptest::prelude::*;
use rolecall_engine::state::PlanRun;
use rolecall_engine::{Command, Consequence, Effect, SettingsChange, State};

use super::histories;
use crate::operations::{after, operations, taking_operations};
use crate::oracle::{self, Known};

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
    #![proptest_config(histories(64))]

    /// Invariant 16, of roles and places: placing everybody again moves nobody.
    #[test]
    fn incremental_placement_equals_placement_from_scratch(operations in operations(60)) {
        let mut world = after(&operations, |_, _, _| {});
        // Settings wait for the end of a plan.
        if let Some(run) = world.state.plan_run().copied().filter(PlanRun::is_running) {
            world.done(&Command::StopPlan { plan: run.plan });
        }
        let before = world.state.clone();
        let command = place_everybody_again(&world.state);
        let entry = world.run(&command).unwrap().unwrap();
        let moved = entry.consequences.iter().filter(|consequence| !brings_back(&before, &consequence.effect));
        prop_assert_eq!(moved.collect::<Vec<_>>(), Vec::<&Consequence>::new());
    }

    /// Invariant 16, of all that is counted or kept twice.
    #[test]
    fn what_is_counted_on_the_way_equals_what_there_is(operations in operations(60)) {
        after(&operations, |_, _, world| {
            oracle::check_what_is_kept(&Known::of(&world.state, &world.entries), &world.entries);
        });
    }

    /// SEMANTICS 5: unless excluded, and where something still puts the user there.
    #[test]
    fn who_was_taken_out_of_a_team_by_hand_is_back_with_the_next_write_to_the_user_or_the_group(
        operations in taking_operations(60),
    ) {
        after(&operations, |_, _, world| oracle::taken::check(&Known::of(&world.state, &world.entries), &world.entries));
    }
}
