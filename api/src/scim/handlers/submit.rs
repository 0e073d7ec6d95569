//! Commands that are computed from what is stored.

use std::sync::Arc;

use rolecall_engine::{Command, Rejection, State};

use crate::auth::ScimCaller;
use crate::error::ApiError;
use crate::organization::{Submitted, aside};
use crate::scim::limits::ATTEMPTS_MAX;
use crate::scim_refusal::ScimRefusal;

/// Has a command carried out that was computed from the state, and computes it again when what it was computed from has
/// changed meanwhile. The command says which version that is (`expected`). Where there are many steps to it, it is computed aside.
///
/// # Errors
/// When the command cannot be computed or is refused, and when others were always faster.
pub(crate) async fn submit_computed(
    caller: &ScimCaller,
    steps: u64,
    compute: impl Fn(&State) -> Result<Command, ScimRefusal> + Send + Sync + 'static,
) -> Result<Submitted, ScimRefusal> {
    let compute = Arc::new(compute);
    for _ in 0..ATTEMPTS_MAX {
        let (state, compute) = (caller.state(), Arc::clone(&compute));
        let command = aside::run(caller.organization.long_works(), steps, move || compute(&state)).await??;
        match caller.submit(command).await {
            // A refusal is answered once what it was judged against is the head, so the next attempt knows it.
            Err(ApiError::Rejected(Rejection::VersionMismatch { .. })) => {}
            submitted => return Ok(submitted?),
        }
    }
    Err(ApiError::Busy.into())
}
