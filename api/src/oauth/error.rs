//! Errors of the token endpoint (RFC 6749 section 5.2).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::form::FORM;
use crate::error::ApiError;
use crate::limits::OAUTH_BODY_BYTES_MAX;

/// Why no access token was given out. The texts hold nothing that was sent, and no quotation mark, as the section demands.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OAuthError {
    /// The body is no form.
    #[error("the body has to be a form, `{FORM}`")]
    MediaType,
    /// The body is too large, or broke off.
    #[error("the body has to be sent whole, and to have at most {OAUTH_BODY_BYTES_MAX} bytes")]
    Body,
    /// A parameter stands there twice.
    #[error("the parameter `{name}` is there more than once")]
    Repeated {
        /// The parameter.
        name: &'static str,
    },
    /// The client authenticates in two ways.
    #[error("the client has to authenticate either by Basic or in the body, not in two ways")]
    TwoWays,
    /// There is no grant type.
    #[error("the parameter `grant_type` is missing; it has to be `client_credentials`")]
    GrantTypeMissing,
    /// There is another grant type.
    #[error("the only grant type is `client_credentials`")]
    GrantType,
    /// The client is not known, or did not say who it is.
    #[error(
        "{reason}; the client_id is the id of the connection as it stands in its URL (`con-...`), and the client_secret is a token \
         of that connection"
    )]
    Client {
        /// What is wrong.
        reason: String,
    },
    /// The path has another method.
    #[error("this path does not support the method; the `Allow` header lists those that it does")]
    Method,
    /// Everything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl OAuthError {
    /// The table: status and word of every error.
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::MediaType | Self::Repeated { .. } | Self::TwoWays | Self::GrantTypeMissing => {
                (StatusCode::BAD_REQUEST, "invalid_request")
            }
            Self::Body => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request"),
            Self::GrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::Client { .. } => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "invalid_request"),
            Self::Api(error) if error.retry_after().is_some() => (error.status(), "temporarily_unavailable"),
            Self::Api(error) if error.status().is_client_error() => (error.status(), "invalid_request"),
            Self::Api(error) => (error.status(), "server_error"),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, word) = self.answer();
        let body = Json(json!({"error": word, "error_description": self.to_string()}));
        let mut response = (status, [(header::CACHE_CONTROL, "no-store")], body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"rolecall\""),
            );
        }
        if matches!(self, Self::Body) {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Self::Api(error) = &self
            && let Some(pause) = error.retry_after()
        {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(pause.as_secs()));
        }
        response
    }
}
