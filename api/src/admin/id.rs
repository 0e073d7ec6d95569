//! The id in the path of a request to the admin API. One that cannot be an id names nothing: 404, as for any other.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::app::App;
use crate::error::ApiError;
use crate::problem::Problem;

/// The last two parameters of the path, as ids of these types.
pub(crate) struct IdPair<A, B>(pub(crate) A, pub(crate) B);

impl<A: FromStr, B: FromStr> FromRequestParts<Arc<App>> for IdPair<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::NoRoute)?;
        let mut ids: Vec<&str> = path.iter().map(|(_, id)| id).collect();
        let last = ids.pop().and_then(|id| id.parse().ok());
        let before = ids.pop().and_then(|id| id.parse().ok());
        let pair = before.zip(last).map(|(before, last)| Self(before, last));
        Ok(pair.ok_or(ApiError::NotFound { what: "resource" })?)
    }
}

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
