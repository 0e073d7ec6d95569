//! The JSON body of a request to the admin API.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::body;
use crate::error::ApiError;
use crate::limits::ADMIN_BODY_BYTES_MAX;
use crate::problem::Problem;

/// A body of this type. No body at all counts as `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, ADMIN_BODY_BYTES_MAX).await?;
        if bytes.is_empty() {
            return Ok(Self(parse(b"{}")?));
        }
        if !is_json(&parts.headers) {
            return Err(ApiError::MediaType {
                expected: "application/json",
            }
            .into());
        }
        Ok(Self(parse(&bytes)?))
    }
}

/// The value that the bytes hold.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        // The place is told apart from the reason.
        let reason = text
            .split_once(" at line ")
            .map_or(text.as_str(), |(reason, _)| reason)
            .to_owned();
        ApiError::Json {
            line: error.line(),
            column: error.column(),
            reason,
        }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || media_type.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_reported_with_its_place() {
        let error = parse::<Vec<u32>>(b"[1,\n \"x\"]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2, column 4 of the body: invalid type: string \"x\", expected u32"
        );
    }
}
