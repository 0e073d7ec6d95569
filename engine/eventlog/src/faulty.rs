//! A log that fails on purpose, the same way for the same seed, to test what is built on it.

use std::sync::{Mutex, PoisonError};

use crate::{Answer, Append, EventLog, Head, LogError, Position, Record, Status, Stream};

/// How often what fails, in thousandths of the calls. All 0 by default: nothing fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Appends that fail and keep nothing.
    pub append_lost: u16,
    /// Appends that are kept although they are answered as failed.
    pub append_unanswered: u16,
    /// Reads that fail.
    pub read: u16,
}

/// Wraps a log and makes some calls fail.
pub struct FaultyLog<L> {
    inner: L,
    faults: Faults,
    random: Mutex<SplitMix>,
}

/// The text of every failure made here.
const INJECTED: &str = "a failure injected for a test";

impl<L> FaultyLog<L> {
    /// Makes calls to `inner` fail; which ones depends on `seed` and on the order of the calls alone.
    pub fn new(inner: L, seed: u64, faults: Faults) -> FaultyLog<L> {
        FaultyLog {
            inner,
            faults,
            random: Mutex::new(SplitMix(seed)),
        }
    }

    /// The log that does the work.
    pub fn inner(&self) -> &L {
        &self.inner
    }

    /// A number below 1,000.
    fn draw(&self) -> u16 {
        self.random
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .below_thousand()
    }
}

impl<L: EventLog> EventLog for FaultyLog<L> {
    fn append(&self, append: Append, done: Answer) {
        let drawn = self.draw();
        let Faults {
            append_lost,
            append_unanswered,
            ..
        } = self.faults;
        if drawn < append_lost {
            done(Err(LogError::unavailable(INJECTED)));
        } else if drawn < append_lost.saturating_add(append_unanswered) {
            // A refusal stays one: only the outcome of what was kept becomes unknown.
            let unanswered = move |outcome: Result<Position, LogError>| {
                done(outcome.and_then(|_| Err(LogError::unavailable(INJECTED))));
            };
            self.inner.append(append, Box::new(unanswered));
        } else {
            self.inner.append(append, done);
        }
    }

    fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError> {
        if self.draw() < self.faults.read {
            return Err(LogError::unavailable(INJECTED));
        }
        self.inner.read(stream, after, max)
    }

    fn head(&self, stream: Stream) -> Result<Head, LogError> {
        self.inner.head(stream)
    }

    fn anchor(&self, stream: Stream) -> Result<Head, LogError> {
        self.inner.anchor(stream)
    }

    fn streams(&self) -> Result<Vec<Stream>, LogError> {
        self.inner.streams()
    }

    fn status(&self) -> Status {
        self.inner.status()
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn below_thousand(&mut self) -> u16 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u16::try_from((mixed ^ (mixed >> 31)) % 1_000).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{MemoryLog, append_wait};

    const STREAM: Stream = Stream::new([1; 16]);

    fn faulty(seed: u64, faults: Faults) -> FaultyLog<MemoryLog> {
        FaultyLog::new(MemoryLog::new(), seed, faults)
    }

    /// Appends 200 times after the true head; gives what was answered and what was kept.
    fn outcomes(log: &FaultyLog<MemoryLog>) -> Vec<(bool, bool)> {
        let append = || {
            let after = log.head(STREAM).unwrap().position;
            let answered = append_wait(
                log,
                Append {
                    stream: STREAM,
                    after,
                    entries: vec![vec![1]],
                },
            )
            .is_ok();
            (answered, log.head(STREAM).unwrap().position > after)
        };
        std::iter::repeat_with(append).take(200).collect()
    }

    #[test]
    fn without_faults_it_does_what_every_log_must() {
        crate::suite::check(&|| Arc::new(faulty(1, Faults::default())));
    }

    #[test]
    fn the_same_seed_fails_the_same_calls_and_another_one_others() {
        let faults = Faults {
            append_lost: 100,
            append_unanswered: 100,
            read: 0,
        };
        let first = outcomes(&faulty(7, faults));
        assert_eq!(first, outcomes(&faulty(7, faults)));
        assert_ne!(first, outcomes(&faulty(8, faults)));
    }

    #[test]
    fn a_failed_append_may_or_may_not_have_been_kept() {
        let seen = outcomes(&faulty(
            3,
            Faults {
                append_lost: 300,
                append_unanswered: 300,
                read: 0,
            },
        ));
        for kind in [(true, true), (false, true), (false, false)] {
            assert!(seen.contains(&kind), "{kind:?} never happened");
        }
        assert!(!seen.contains(&(true, false)), "an acknowledged append was lost");
    }

    #[test]
    fn reads_fail_as_often_as_asked() {
        let log = faulty(
            5,
            Faults {
                read: 1_000,
                ..Faults::default()
            },
        );
        assert!(matches!(
            log.read(STREAM, Position::START, 1),
            Err(LogError::Unavailable(_))
        ));
    }
}
