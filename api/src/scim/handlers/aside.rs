//! Work that grows with what is stored is done aside of the threads that answer requests, and not too much of it at once.

use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::scim::limits::{INLINE_STEPS_MAX, LONG_WORKS_MAX};

/// Places for long work. Whoever gives up waiting for an answer leaves the place when the work is done, not before.
static PLACES: Semaphore = Semaphore::const_new(LONG_WORKS_MAX);

/// Does the work: at once when it is small, on a thread for long work otherwise. A step is a resource or a member.
///
/// # Errors
/// When the work panics, which would be a bug.
pub(crate) async fn run<T: Send + 'static>(
    steps: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if steps <= INLINE_STEPS_MAX {
        return Ok(work());
    }
    let place = PLACES.acquire().await.map_err(|_| ApiError::Internal)?;
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|panic| {
        tracing::error!(error = &panic as &dyn std::error::Error, "failed to finish long work");
        ApiError::Internal
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier};

    use futures_util::future::join_all;

    use super::*;

    const LONG: u64 = INLINE_STEPS_MAX + 1;

    #[tokio::test]
    async fn as_much_long_work_as_there_are_places_is_done_at_one_time() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let barrier = Arc::new(Barrier::new(LONG_WORKS_MAX));
        let works = (0..LONG_WORKS_MAX * 4).map(|_| {
            let (now, most, barrier) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&barrier));
            run(LONG, move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                barrier.wait();
                now.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for done in join_all(works).await {
            done.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), LONG_WORKS_MAX);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_leaves_its_place() {
        for _ in 0..=LONG_WORKS_MAX {
            let done = run(LONG, || panic!("as a bug would")).await;
            assert!(matches!(done, Err::<(), _>(ApiError::Internal)));
        }
    }
}
