//! One error for the whole SCIM layer, and its body (RFC 7644 3.12).
//!
//! The text of an error is for the administrator who reads it in the identity provider's log: what is wrong, and what to
//! send instead. Which domain error becomes which of these is decided in one place outside this module.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use scim_v2::models::errors::{ScimHttpError, ScimType};
use serde_json::Value;

/// The media type of every SCIM answer (RFC 7644 3.1). Entra's validator insists on it.
pub(crate) const SCIM_JSON: &str = "application/scim+json";

/// A refused SCIM request: HTTP status, the keyword of RFC 7644 3.12 where one fits, and a text.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    status: StatusCode,
    scim_type: Option<ScimType>,
    detail: String,
}

impl ScimError {
    /// An error without a keyword, such as 401, 403, 413, 415, 429 or 503.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            scim_type: None,
            detail: detail.into(),
        }
    }

    fn bad_request(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            scim_type: Some(scim_type),
            detail: detail.into(),
        }
    }

    /// The body is not the message it should be.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidSyntax, detail)
    }

    /// A value is missing, or does not fit its attribute.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidValue, detail)
    }

    /// A PATCH path is malformed or names no attribute.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidPath, detail)
    }

    /// A filter is malformed, or compares what cannot be compared.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidFilter, detail)
    }

    /// A PATCH path selects nothing that could be changed.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::NoTarget, detail)
    }

    /// The attribute is read-only, or required and may not be removed.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::Mutability, detail)
    }

    /// RFC 9865 2.1: the cursor is not one that this query was answered with.
    pub fn invalid_cursor(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::Other("invalidCursor".to_owned()), detail)
    }

    /// RFC 9865 2.1: the cursor is too old.
    pub fn expired_cursor(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::Other("expiredCursor".to_owned()), detail)
    }

    /// RFC 9865 2.1: the `count` cannot be that of a page behind a cursor.
    pub fn invalid_count(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::Other("invalidCount".to_owned()), detail)
    }

    /// The request asks for more than a limit allows.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::TooMany, detail)
    }

    /// Another live resource has this name. Clients adopt the existing resource when they read this keyword.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            scim_type: Some(ScimType::Uniqueness),
            detail: detail.into(),
        }
    }

    /// The request contradicts itself, or what is stored.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// The request is larger than a limit that is announced (RFC 7644 3.7.4).
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// There is no such resource in this organization.
    pub fn not_found(resource_type: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("there is no {resource_type} with the id `{id}`"),
        )
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The keyword of RFC 7644 3.12, if one applies.
    pub fn scim_type(&self) -> Option<&str> {
        self.scim_type.as_ref().map(ScimType::as_str)
    }

    /// The body, as RFC 7644 3.12 has it: the status is a string.
    pub fn body(&self) -> Value {
        let message = ScimHttpError {
            scim_type: self.scim_type.clone(),
            detail: Some(self.detail.clone()),
            status: self.status.as_u16().to_string(),
            ..ScimHttpError::default()
        };
        serde_json::to_value(message).unwrap_or_default()
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        scim_json(self.status, self.body().to_string())
    }
}

/// An answer with a SCIM body, which is JSON already.
pub(crate) fn scim_json(status: StatusCode, body: String) -> Response {
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON))];
    (status, media_type, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(error: ScimError, expected: Value) {
        assert_eq!(error.body(), expected);
    }

    #[test]
    fn the_body_carries_the_status_as_text_and_the_keyword_where_one_applies() {
        check(
            ScimError::uniqueness("the userName `ana` is taken"),
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409",
                "scimType": "uniqueness", "detail": "the userName `ana` is taken"}),
        );
        check(
            ScimError::not_found("User", "u1"),
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404",
                "detail": "there is no User with the id `u1`"}),
        );
    }

    #[test]
    fn the_answer_has_the_scim_media_type() {
        let response = ScimError::invalid_filter("no").into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()[header::CONTENT_TYPE], SCIM_JSON);
    }
}
