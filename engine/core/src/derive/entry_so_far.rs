//! What the facts of an entry lead to while it is put together, one after the other, as far as admission needs to know:
//! mappings and entities move, users are not placed.

use super::Derivation;
use crate::asked::Asked;
use crate::fact::Fact;
use crate::id::NewIds;
use crate::state::State;

/// An entry that is still being put together, and the state that its facts so far lead to.
pub(crate) struct EntrySoFar<'a> {
    derivation: Derivation<'a>,
    asked: Asked,
    place: u32,
}

impl<'a> EntrySoFar<'a> {
    /// Before the first fact of the entry whose facts draw these ids.
    pub(crate) fn new(before: &'a State, asked: Asked, ids: &NewIds) -> Self {
        let derivation = Derivation::new(before, before.clone(), ids.for_consequences());
        Self {
            derivation,
            asked,
            place: 0,
        }
    }

    /// The state that the facts so far lead to.
    pub(crate) fn state(&self) -> &State {
        &self.derivation.state
    }

    /// Goes on with further facts. What they create has the ids that it will have.
    pub(crate) fn follow(&mut self, facts: &[Fact]) {
        for fact in facts {
            let fact = std::slice::from_ref(fact);
            self.derivation.state = self.derivation.state.with_facts(self.asked, fact);
            fact.iter().for_each(|fact| self.derivation.follow(self.place, fact));
            self.place += 1;
        }
    }
}
