//! Work that grows with what is stored is done aside of the threads that answer requests, and not too much of it at once.

use crate::error::ApiError;
use crate::limits::INLINE_STEPS_MAX;
use crate::organization::LongWorks;

/// Does the work: at once when it is small, on a thread for long work otherwise. A step takes about a microsecond.
///
/// # Errors
/// Those of [`long`].
pub(crate) async fn run<T: Send + 'static>(
    works: &LongWorks,
    steps: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if steps <= INLINE_STEPS_MAX {
        return Ok(work());
    }
    long(works, work).await
}

/// Does long work on a thread for it. Whoever gives up waiting for an answer leaves the place when the work is done, not before.
///
/// # Errors
/// When too much work of the organization waits already, or when the work panics, which would be a bug.
pub(crate) async fn long<T: Send + 'static>(
    works: &LongWorks,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    holding(works.place().await?, work).await
}

/// Does the work on a thread for long work, and leaves the place when it is done.
///
/// # Errors
/// When the work panics, which would be a bug.
pub(crate) async fn holding<T: Send + 'static>(
    place: impl Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
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
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Arc, Barrier};

    use futures_util::future::{FutureExt, join_all};

    use super::*;
    use crate::limits::{LONG_WORKS_MAX, LONG_WORKS_WAITING_MAX};
    use crate::organization::Places;

    const LONG: u64 = INLINE_STEPS_MAX + 1;

    /// Organizations on a server of their own, whatever other tests do.
    fn organizations(cores: usize, count: usize) -> Vec<Arc<LongWorks>> {
        let server = Box::leak(Box::new(Places::of(cores)));
        let organization = |_| Arc::new(LongWorks::among(server));
        (0..count).map(organization).collect()
    }

    /// Work that takes until the sender is dropped.
    fn endless(works: &LongWorks) -> (Sender<()>, impl Future<Output = Result<bool, ApiError>>) {
        let (end, ended) = channel::<()>();
        (end, run(works, LONG, move || ended.recv().is_err()))
    }

    #[tokio::test]
    async fn as_much_long_work_as_there_are_places_is_done_at_one_time() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let barrier = Arc::new(Barrier::new(LONG_WORKS_MAX));
        let organizations = organizations(64, 4);
        let works = organizations.iter().cycle().take(LONG_WORKS_MAX * 4).map(|works| {
            let (now, most, barrier) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&barrier));
            run(works, LONG, move || {
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
    async fn an_organization_that_asks_for_too_much_is_told_so_while_others_and_short_work_go_on() {
        let [greedy, other] = organizations(5, 2).try_into().unwrap();
        // Of the four places two are for one organization.
        let most = 2 + LONG_WORKS_WAITING_MAX;
        let (ends, works): (Vec<_>, Vec<_>) = (0..most).map(|_| endless(&greedy)).unzip();
        let mut works: Vec<_> = works.into_iter().map(Box::pin).collect();
        for work in &mut works {
            assert!(work.now_or_never().is_none());
        }
        assert!(matches!(run(&greedy, LONG, || ()).await, Err(ApiError::Busy)));
        run(&greedy, INLINE_STEPS_MAX, || ()).await.unwrap();
        run(&other, LONG, || ()).await.unwrap();
        drop(ends);
        for done in join_all(works).await {
            assert!(done.unwrap());
        }
        run(&greedy, LONG, || ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_leaves_its_place() {
        let [works] = organizations(1, 1).try_into().unwrap();
        for _ in 0..=LONG_WORKS_MAX {
            let done = run(&works, LONG, || panic!("as a bug would")).await;
            assert!(matches!(done, Err::<(), _>(ApiError::Internal)));
        }
    }
}
