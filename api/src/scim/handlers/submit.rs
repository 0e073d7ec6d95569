//! Commands that are computed from what is stored.

use rolecall_engine::{Command, Rejection, State};

use crate::auth::ScimCaller;
use crate::error::ApiError;
use crate::organization::Submitted;
use crate::scim::limits::ATTEMPTS_MAX;
use crate::scim_refusal::ScimRefusal;

/// Has a command carried out that was computed from the state, and computes it again when what it was computed from has
/// changed meanwhile. The command says which version that is (`expected`).
///
/// # Errors
/// When the command cannot be computed or is refused, and when others were always faster.
pub(crate) async fn submit_computed(
    caller: &ScimCaller,
    compute: impl Fn(&State) -> Result<Command, ScimRefusal>,
) -> Result<Submitted, ScimRefusal> {
    for _ in 0..ATTEMPTS_MAX {
        let command = compute(&caller.state())?;
        match caller.submit(command).await {
            // A refusal is answered once what it was judged against is the head, so the next attempt knows it.
            Err(ApiError::Rejected(Rejection::VersionMismatch { .. })) => {}
            submitted => return Ok(submitted?),
        }
    }
    Err(ApiError::Busy.into())
}
