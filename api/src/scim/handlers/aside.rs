//! Work that grows with what is stored is done aside of the threads that answer requests.

use crate::error::ApiError;
use crate::scim::limits::INLINE_STEPS_MAX;

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
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal)
}
