//! The one way to change an organization: (state, command, context) -> the next state and the entry that says so.

use crate::admit::admit;
use crate::asked::Asked;
use crate::command::Command;
use crate::consequence::Consequence;
use crate::derive::derive;
use crate::entry::{Actor, Entry};
use crate::id::{IdSeed, IdsFor, NewIds};
use crate::rejection::Rejection;
use crate::state::{Stamp, State};
use crate::time::Timestamp;

/// What a command comes with.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The time now. An entry is never dated before the one before it.
    pub at: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// Randomness for new ids.
    pub seed: IdSeed,
}

/// Carries out a command. `None`: everything is so already, and there is nothing to write.
///
/// # Errors
/// When the command is refused; then nothing has changed.
pub fn handle(state: &State, command: &Command, context: Context) -> Result<Option<(State, Entry)>, Rejection> {
    let Context { at, actor, seed } = context;
    let stamp = Stamp {
        position: state.position().next(),
        at: at.max(state.at()),
    };
    handle_at(state, command, Asked { by: actor, stamp }, seed)
}

/// Carries out a command as an entry of this place and time.
///
/// # Errors
/// When the command is refused.
pub(crate) fn handle_at(
    state: &State,
    command: &Command,
    asked: Asked,
    seed: IdSeed,
) -> Result<Option<(State, Entry)>, Rejection> {
    let Asked { by, stamp } = asked;
    let facts = admit(state, command, asked, &mut NewIds::new(stamp.at, seed, IdsFor::Facts))?;
    if facts.is_empty() {
        return Ok(None);
    }
    let (next, consequences) = derive(state, asked, seed, &facts);
    Ok(Some((
        next,
        Entry {
            position: stamp.position,
            at: stamp.at,
            actor: by,
            seed,
            facts,
            consequences,
        },
    )))
}

impl State {
    /// The state after an entry, as recorded: nothing is derived, so history stays when the code changes.
    ///
    /// # Panics
    /// When the entry is not the next one of this organization.
    pub fn replay(&self, entry: &Entry) -> Self {
        self.with_entry(asked(self, entry), &entry.facts, &entry.consequences)
    }
}

/// An entry whose consequences are not what the engine concludes today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the entry says.
    pub recorded: Vec<Consequence>,
    /// What the engine concludes from the same facts.
    pub derived: Vec<Consequence>,
}

/// Derives an entry again and compares. Answers the state after the entry as recorded, and the difference if any.
///
/// # Panics
/// When the entry is not the next one of this organization.
pub fn audit(state: &State, entry: &Entry) -> (State, Option<Difference>) {
    let (_, derived) = derive(state, asked(state, entry), entry.seed, &entry.facts);
    let difference = (derived != entry.consequences).then(|| Difference {
        recorded: entry.consequences.clone(),
        derived,
    });
    (state.replay(entry), difference)
}

fn asked(state: &State, entry: &Entry) -> Asked {
    // INVARIANT: positions are dense, and time never goes backwards (DESIGN, invariants 6 and 9).
    assert!(
        entry.position == state.position().next() && entry.at >= state.at(),
        "INVARIANT: entry {} does not follow entry {}",
        entry.position,
        state.position()
    );
    Asked {
        by: entry.actor,
        stamp: Stamp {
            position: entry.position,
            at: entry.at,
        },
    }
}
