//! A decision on a conflict, in JSON.

use rolecall_engine::state::{Decision, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::conflicts::{ForWord, KindWord};
use super::reference::{EntityRef, UserRef};
use crate::entry_view;
use crate::time::Time;

/// How a conflict was resolved, remembered for when the same set comes again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionView {
    /// The id that the conflict had.
    id: Uuid,
    kind: KindWord,
    /// The user of the conflict.
    user: UserRef,
    r#for: ForWord,
    /// The set that it is for.
    claimed: Vec<EntityRef>,
    /// The entity that holds; between a sub-organization and teams or concurrency groups it stands for its side.
    chosen: EntityRef,
    /// Who decided.
    decided_by: Value,
    decided_at: Time,
    /// The entry that records it.
    decided_position: u64,
}

impl DecisionView {
    /// The decision in this state.
    pub(crate) fn of(decision: &Decision, state: &State) -> Self {
        Self {
            id: decision.id.uuid(),
            kind: KindWord::of_slot(decision.slot),
            user: UserRef::at(decision.user, state),
            r#for: if decision.everyone {
                ForWord::Everyone
            } else {
                ForWord::User
            },
            claimed: decision
                .claimed
                .iter()
                .map(|entity| EntityRef::at(*entity, state))
                .collect(),
            chosen: EntityRef::at(decision.chosen, state),
            decided_by: entry_view::actor(decision.by),
            decided_at: Time(decision.made.at),
            decided_position: decision.made.position.get(),
        }
    }
}
