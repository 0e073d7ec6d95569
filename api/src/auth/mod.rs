//! Who asks: bearer tokens, and the extractors without which a handler cannot reach an organization.

mod bearer;
mod caller;
mod last_use;
mod scim_caller;
mod secret;

pub(crate) use self::caller::{Admin, Approver, Auditor, Caller, RootCaller, Viewer};
pub(crate) use self::last_use::LastUse;
pub(crate) use self::scim_caller::{ConnectionName, ScimCaller};
pub(crate) use self::secret::{Secret, hash};

use axum::http::HeaderMap;
use rolecall_engine::registry::{Registry, TokenHash, TokenScope};
use rolecall_engine::{Timestamp, TokenId};

use crate::error::ApiError;

/// The holder of a valid token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    /// What the token opens.
    pub(crate) scope: TokenScope,
    /// The token; `None` for the root token that the operator gave.
    pub(crate) token: Option<TokenId>,
}

/// The holder of a token of the admin API.
pub(crate) fn holder(
    headers: &HeaderMap,
    root: Option<TokenHash>,
    registry: &Registry,
    now: Timestamp,
) -> Result<Holder, ApiError> {
    authenticate(bearer::bearer(headers), root, registry, now)
}

/// The holder of a token of a SCIM request.
pub(crate) fn scim_holder(headers: &HeaderMap, registry: &Registry, now: Timestamp) -> Result<Holder, ApiError> {
    authenticate(bearer::lenient(headers), None, registry, now)
}

/// Looked up by hash, so how long it takes tells nothing of the secret.
fn authenticate(
    token: Option<&str>,
    root: Option<TokenHash>,
    registry: &Registry,
    now: Timestamp,
) -> Result<Holder, ApiError> {
    let token = token.ok_or(ApiError::TokenMissing)?;
    let hash = hash(token);
    if root == Some(hash) {
        return Ok(Holder {
            scope: TokenScope::Root,
            token: None,
        });
    }
    if !secret::is_well_formed(token) {
        return Err(ApiError::TokenMalformed);
    }
    let token = registry.token_by_hash(hash).ok_or(ApiError::TokenUnknown)?;
    if token.expires_at.is_some_and(|expires| expires <= now) {
        return Err(ApiError::TokenExpired);
    }
    Ok(Holder {
        scope: token.scope,
        token: Some(token.id),
    })
}
