//! Trying again for a short while where what stands in the way goes by itself.

use std::thread;
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_millis(10);

/// Repeats `attempt` while its error is one that `passes`, for two seconds at most.
///
/// A killed process holds its file locks until the system has cleared it away, and sled's threads hold theirs for a moment after it was closed.
pub(super) fn attempt<T, E>(mut attempt: impl FnMut() -> Result<T, E>, passes: impl Fn(&E) -> bool) -> Result<T, E> {
    let end = Instant::now() + LONGEST;
    loop {
        match attempt() {
            Err(error) if passes(&error) && Instant::now() < end => pause(),
            outcome => return outcome,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the release of a file lock is no event that one could wait for"
)]
fn pause() {
    thread::sleep(BETWEEN);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_that_passes_is_tried_again() {
        let mut outcomes = [Err("busy"), Err("busy"), Ok(3), Err("never asked")].into_iter();
        assert_eq!(attempt(|| outcomes.next().unwrap(), |error| *error == "busy"), Ok(3));
        let mut outcomes = [Err("broken"), Ok(3)].into_iter();
        assert_eq!(
            attempt(|| outcomes.next().unwrap(), |error| *error == "busy"),
            Err("broken")
        );
    }
}
