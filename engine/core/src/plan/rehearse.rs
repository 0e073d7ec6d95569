//! Applying a plan to a copy of the state.

use uuid::Uuid;

use crate::command::Command;
use crate::entry::{Actor, Entry};
use crate::handle::{Context, handle};
use crate::id::{IdSeed, PlanId};
use crate::limits::ENTRY_BYTES_MAX;
use crate::plan::difference::Touched;
use crate::plan::{Draft, PlanEffect};
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

/// What applying the draft to this state, at this time, would change. The state stays as it is.
///
/// # Errors
/// When the draft is refused, or one of the entries would be too large to be written.
pub fn rehearse(state: &State, draft: &Draft, at: Timestamp) -> Result<PlanEffect, Rejection> {
    let mut touched = Touched::default();
    let mut reached = state.clone();
    let first = Command::ApplyPlan {
        plan: PlanId::new(Uuid::nil()),
        draft: draft.clone(),
        // Who may apply it is another question than what it does.
        author: Actor::Root,
        expected: state.position(),
    };
    let commands = std::iter::once(first).chain(std::iter::repeat(Command::ContinuePlan));
    for (step, command) in (0u128..).zip(commands) {
        // The ids are of the copy alone; each step draws others.
        let (actor, seed) = (Actor::System, IdSeed::new(step.to_be_bytes()));
        let Some((next, entry)) = handle(&reached, &command, Context { at, actor, seed })? else {
            break;
        };
        check_size(&entry)?;
        touched.by_entry(&next, &entry);
        reached = next;
    }
    Ok(touched.difference(state, &reached))
}

fn check_size(entry: &Entry) -> Result<(), Rejection> {
    let (bytes, limit) = (entry.encode().len(), ENTRY_BYTES_MAX);
    if bytes > limit {
        return Err(Rejection::EntryTooLarge { bytes, limit });
    }
    Ok(())
}
