//! What a writer does by itself, and when: it ends what is due, and takes the steps of a plan. Neither keeps the other waiting,
//! and what failed is not tried again at once.

use tokio::time::Instant;

use crate::limits::{OWN_WORK_REST, TICK_REST};

/// Work of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Ending what is due.
    Tick,
    /// The next step of a plan.
    Step,
}

/// Until when its own work waits.
#[derive(Debug, Default)]
pub(super) struct OwnWork {
    /// All of it, after the log refused an append.
    all: Option<Instant>,
    /// Ending what is due, after that failed.
    ticks: Option<Instant>,
}

impl OwnWork {
    /// The log refused an append.
    pub(super) fn refused(&mut self, now: Instant) {
        self.all = Some(now + OWN_WORK_REST);
    }

    /// What is due could not be ended: it would come to the same again.
    pub(super) fn tick_failed(&mut self, now: Instant) {
        self.ticks = Some(now + TICK_REST);
    }

    /// What comes first, and when. `due`: when something falls due next; `plan`: whether one is being applied.
    pub(super) fn next(&self, now: Instant, due: Option<Instant>, plan: bool) -> Option<(Instant, Work)> {
        let from = |at: Instant, rest: Option<Instant>| rest.map_or(at, |rest| at.max(rest));
        let tick = due.map(|due| (from(due, self.ticks), Work::Tick));
        let step = plan.then_some((now, Work::Step));
        // What is due comes before a step.
        let first = tick.into_iter().chain(step).min_by_key(|(at, _)| (*at).max(now))?;
        Some((from(first.0, self.all), first.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_due_comes_before_a_step_and_does_not_hold_it_up_when_it_fails() {
        let now = Instant::now();
        let mut own = OwnWork::default();
        assert_eq!(own.next(now, Some(now), true), Some((now, Work::Tick)));
        own.tick_failed(now);
        assert_eq!(own.next(now, Some(now), true), Some((now, Work::Step)));
        assert_eq!(own.next(now, Some(now), false), Some((now + TICK_REST, Work::Tick)));
        let later = now + TICK_REST;
        assert_eq!(own.next(later, Some(now), true), Some((later, Work::Tick)));
        assert_eq!(own.next(now, None, false), None);
    }

    #[tokio::test(start_paused = true)]
    async fn all_of_it_rests_after_a_refusal() {
        let now = Instant::now();
        let mut own = OwnWork::default();
        own.refused(now);
        for (due, plan) in [(Some(now), true), (None, true), (Some(now), false)] {
            assert_eq!(own.next(now, due, plan).unwrap().0, now + OWN_WORK_REST);
        }
    }
}
