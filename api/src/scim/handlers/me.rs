//! `/Me` (RFC 7644 3.11): the user who asks.

use axum::http::StatusCode;

use crate::auth::ScimCaller;
use crate::scim::error::ScimError;

/// Every method of `/Me`. RFC 7644 3.11 has 501 where there is no such user: here a connection asks, which is nobody's alias.
pub(crate) async fn me(_: ScimCaller) -> ScimError {
    let detail = "a connection is no user, so `/Me` names nobody; ask for `/Users/{id}`";
    ScimError::new(StatusCode::NOT_IMPLEMENTED, detail)
}
