//! Bodies that are read aside of the threads that answer requests, when they are large.

use std::sync::Arc;

use axum::body::Bytes;

use crate::auth::ScimCaller;
use crate::organization::aside;
use crate::scim::Profile;
use crate::scim::error::ScimError;
use crate::scim::limits::{STEP_BYTES, STEP_SQUARE_BYTES};
use crate::scim_refusal::ScimRefusal;

/// What a body says.
///
/// # Errors
/// Its first fault, or what `aside` says.
pub(crate) async fn parsed<T: Send + 'static>(
    caller: &ScimCaller,
    body: Bytes,
    read: impl FnOnce(&Profile, &[u8]) -> Result<T, ScimError> + Send + 'static,
) -> Result<T, ScimRefusal> {
    let (profile, steps) = (Arc::clone(&caller.profile), steps(&body));
    let read = move || read(&profile, &body);
    Ok(aside::run(caller.organization.long_works(), steps, read).await??)
}

/// How much there is to a body.
pub(crate) fn steps(body: &[u8]) -> u64 {
    count(body.len() / STEP_BYTES)
}

/// How much there is to a PATCH of what is stored, at worst: all that it selects meets all that is there.
pub(crate) fn steps_on(stored: &str, body: &[u8]) -> u64 {
    steps(body).saturating_add(count(stored.len().saturating_mul(body.len()) / STEP_SQUARE_BYTES))
}

fn count(steps: usize) -> u64 {
    u64::try_from(steps).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::INLINE_STEPS_MAX;

    #[test]
    fn what_providers_send_is_read_at_once_and_large_bodies_aside() {
        assert!(steps(&[b' '; 16 * 1024]) <= INLINE_STEPS_MAX);
        assert!(steps(&[b' '; 64 * 1024]) > INLINE_STEPS_MAX);
        let stored = |bytes: usize| " ".repeat(bytes);
        assert!(steps_on(&stored(4 * 1024), &[b' '; 1024]) <= INLINE_STEPS_MAX);
        assert!(steps_on(&stored(20 * 1024), &[b' '; 1024]) > INLINE_STEPS_MAX);
    }
}
