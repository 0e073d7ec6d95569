//! What the record says, and what it does not.

use proptest::prelude::*;
use rolecall_engine::plan::MappingChange;
use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::{Command, DraftRule, Entry, MappingId, Position, State, UserId};

use super::histories;
use crate::operations::{after, operations};
use crate::told::Told;
use crate::world::{World, match_all};

/// A command of which all but one part could be done.
fn spoiled(command: &Command) -> Option<Command> {
    let nobody = || UserId::new(uuid::Uuid::from_u128(7));
    let mut command = command.clone();
    match &mut command {
        Command::GiveMembership { users, .. } => users.push(nobody()),
        Command::ChangeSettings { change } => change.roles = Some(Vec::new()),
        Command::ChangeGroup { change, .. } => change.expected = Some(Position::new(u64::MAX)),
        Command::ChangeUser { expected, .. } => *expected = Some(Position::new(u64::MAX)),
        Command::SaveRuleSet { rules, .. } => rules.push(DraftRule {
            id: None,
            definition: RuleDefinition {
                targets: Vec::new(),
                ..match_all(EntityType::Team)
            },
        }),
        Command::ApplyPlan { draft, .. } => draft.mappings.push(MappingChange::Reject {
            mapping: MappingId::new(uuid::Uuid::from_u128(7)),
        }),
        _ => return None,
    }
    Some(command)
}

proptest! {
    #![proptest_config(histories(64))]

    /// Invariant 1.
    #[test]
    fn the_live_state_equals_the_replay_of_the_record_at_every_prefix(operations in operations(60)) {
        let mut replayed = State::default();
        after(&operations, |_, entry, world| {
            replayed = replayed.replay(&Entry::decode(&entry.encode()).unwrap());
            assert_eq!(&replayed, &world.state);
        });
    }

    /// Invariant 9. The state before cannot change, as it is a value: so nothing of a command is done of which one part
    /// is refused.
    #[test]
    fn a_rejected_command_changes_nothing(operations in operations(40)) {
        let mut world = World::default();
        for operation in &operations {
            let Some(command) = operation.command(&world) else { continue };
            let before = world.state.clone();
            if let Some(spoiled) = spoiled(&command) {
                prop_assert!(world.run(&spoiled).is_err(), "{:?}", spoiled);
                prop_assert_eq!(&world.state, &before);
            }
            if !matches!(world.run(&command), Ok(Some(_))) {
                prop_assert_eq!(&world.state, &before);
            }
        }
    }

    /// Invariant 10: whoever reads nothing but the entries between two positions knows all that is different.
    #[test]
    fn each_difference_between_two_positions_is_explained_by_an_entry_between_them(operations in operations(60)) {
        let mut told = Told::default();
        after(&operations, |_, entry, world| {
            told.read(entry);
            assert_eq!(told, Told::by(&world.state));
        });
    }

    /// SEMANTICS 2.3: what is so already is no entry.
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
}
