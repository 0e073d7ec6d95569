//! How much work an analysis may do. Counted in steps instead of time, so that the same rules give the same answer everywhere.

use crate::limits::{ANALYSIS_MEMORY_BYTES_MAX, ANALYSIS_STEPS_MAX};

/// What one analysis may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps, of which a processor does at least a million in a second.
    pub steps: u64,
    /// Bytes of memory for the automaton.
    pub memory_bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: ANALYSIS_STEPS_MAX,
            memory_bytes: ANALYSIS_MEMORY_BYTES_MAX,
        }
    }
}

/// The steps that are left.
#[derive(Debug)]
pub(super) struct Meter {
    left: u64,
}

/// The steps or the memory are used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Meter {
    pub(super) fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.left = self.left.saturating_sub(u64::try_from(steps).unwrap_or(u64::MAX));
        if self.left == 0 { Err(Exhausted) } else { Ok(()) }
    }

    /// Takes a part away for one piece of work. What that leaves over comes back by [`Meter::give_back`].
    pub(super) fn take(&mut self, steps: u64) -> Self {
        let taken = steps.min(self.left);
        self.left -= taken;
        Self { left: taken }
    }

    pub(super) fn give_back(&mut self, part: &Self) {
        self.left += part.left;
    }
}
