//! Access tokens for identity providers that insist on OAuth 2: client credentials (RFC 6749 section 4.4), and the document
//! that says so (RFC 8414).
//!
//! There is no second kind of client: `client_id` is the id of a connection, and `client_secret` a token of it.

mod client;
mod error;
mod form;
mod grant;
mod metadata;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::error::OAuthError;
pub(crate) use self::metadata::url as metadata_url;
use crate::app::App;

/// Where access tokens are given out.
const TOKEN_PATH: &str = "/oauth/token";
/// Where that is announced (RFC 8414 section 3).
const METADATA_PATH: &str = "/.well-known/oauth-authorization-server";

/// What is served to clients that have no access token yet.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route(TOKEN_PATH, post(grant::client_credentials))
        .route(METADATA_PATH, get(metadata::read))
        .route(&format!("{METADATA_PATH}/{{*issuer}}"), get(metadata::read_of))
        .method_not_allowed_fallback(async || OAuthError::Method)
}
