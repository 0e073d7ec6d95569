//! Who asks: tokens, and the extractors without which a handler cannot reach an organization.

pub(crate) mod access_token;
mod bearer;
mod caller;
mod credentials;
mod last_use;
mod scim_caller;
mod secret;

pub(crate) use self::caller::{Admin, Approver, Auditor, Caller, RootCaller, Viewer};
pub(crate) use self::credentials::{Credentials, NoCredentials, UserPassword};
pub(crate) use self::last_use::LastUse;
pub(crate) use self::scim_caller::{ConnectionName, ScimCaller};
pub(crate) use self::secret::{Secret, hash};

use axum::http::HeaderMap;
use rolecall_engine::registry::{Registry, Token, TokenHash, TokenScope};
use rolecall_engine::{Timestamp, TokenId};

use crate::error::ApiError;
use crate::keys::ServerKeys;

/// The holder of a valid token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    /// What the token opens.
    pub(crate) scope: TokenScope,
    /// The token; `None` for the root token that the operator gave.
    pub(crate) token: Option<TokenId>,
}

impl Holder {
    fn of(token: &Token) -> Self {
        Self {
            scope: token.scope,
            token: Some(token.id),
        }
    }
}

/// The holder of a token of the admin API.
pub(crate) fn holder(
    headers: &HeaderMap,
    root: Option<TokenHash>,
    registry: &Registry,
    now: Timestamp,
) -> Result<Holder, ApiError> {
    let token = bearer::bearer(headers).ok_or(ApiError::TokenMissing)?;
    if root == Some(hash(token)) {
        return Ok(Holder {
            scope: TokenScope::Root,
            token: None,
        });
    }
    known(token, registry, now).map(Holder::of)
}

/// The token of a SCIM request: one of a connection, or an access token that was given out for one.
pub(crate) fn scim_token<'r>(
    text: &str,
    keys: &ServerKeys,
    registry: &'r Registry,
    now: Timestamp,
) -> Result<&'r Token, ApiError> {
    if !access_token::is_one(text) {
        return known(text, registry, now);
    }
    let token = access_token::read(keys, text, now)?;
    unexpired(registry.token(token).ok_or(ApiError::TokenUnknown)?, now)
}

/// The token with this secret. It is looked up by hash, so how long it takes tells nothing of the secret.
pub(crate) fn known<'r>(text: &str, registry: &'r Registry, now: Timestamp) -> Result<&'r Token, ApiError> {
    if access_token::is_one(text) {
        return Err(ApiError::AccessToken);
    }
    if !secret::is_well_formed(text) {
        return Err(ApiError::TokenMalformed);
    }
    unexpired(registry.token_by_hash(hash(text)).ok_or(ApiError::TokenUnknown)?, now)
}

fn unexpired(token: &Token, now: Timestamp) -> Result<&Token, ApiError> {
    if token.expires_at.is_some_and(|expires| expires <= now) {
        return Err(ApiError::TokenExpired);
    }
    Ok(token)
}
