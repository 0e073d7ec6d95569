//! The document by which clients find the token endpoint (RFC 8414).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::TOKEN_PATH;
use super::grant::{CLIENT_CREDENTIALS, SCOPE};
use crate::app::App;

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
