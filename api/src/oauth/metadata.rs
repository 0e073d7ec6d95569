//! The document by which clients find the token endpoint (RFC 8414).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::grant::{CLIENT_CREDENTIALS, SCOPE};
use super::{METADATA_PATH, TOKEN_PATH};
use crate::app::App;
use crate::config::PublicUrl;
use crate::error::ApiError;
use crate::problem::Problem;

/// Where clients look for the document. RFC 8414 section 3.1: before the path of the issuer, and not behind it.
pub(crate) fn url(issuer: &PublicUrl) -> String {
    format!("{}{METADATA_PATH}{}", issuer.origin(), issuer.path())
}

/// `GET /.well-known/oauth-authorization-server`. There is no authorization endpoint, so there are no response types.
pub(super) async fn read(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({
        "issuer": app.public_url.to_string(),
        "token_endpoint": format!("{}{TOKEN_PATH}", app.public_url),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": [CLIENT_CREDENTIALS],
        "response_types_supported": [],
        "scopes_supported": [SCOPE],
    }))
}

/// The same where the public URL has a path and the proxy leaves it as it is. Of other issuers we know nothing.
pub(super) async fn read_of(app: State<Arc<App>>, Path(issuer): Path<String>) -> Result<Json<Value>, Problem> {
    if app.public_url.path().strip_prefix('/') != Some(issuer.as_str()) {
        return Err(ApiError::NoRoute.into());
    }
    Ok(read(app).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_looked_for_before_the_path_of_the_issuer() {
        for (issuer, expected) in [
            (
                "https://scim.example.com",
                "https://scim.example.com/.well-known/oauth-authorization-server",
            ),
            (
                "http://example.com:8080/identity/eu/",
                "http://example.com:8080/.well-known/oauth-authorization-server/identity/eu",
            ),
        ] {
            assert_eq!(url(&issuer.parse().unwrap()), expected);
        }
    }
}
