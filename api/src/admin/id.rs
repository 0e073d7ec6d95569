//! The id in the path of a request to the admin API. One that cannot be an id names nothing: 404, as for any other.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::app::App;
use crate::error::ApiError;
use crate::problem::Problem;

/// The last parameter of the path, as an id of this type.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr> FromRequestParts<Arc<App>> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::NoRoute)?;
        let last = path.iter().last().and_then(|(_, id)| id.parse().ok());
        Ok(Self(last.ok_or(ApiError::NotFound { what: "resource" })?))
    }
}
