//! Errors of the SCIM endpoint: the keyword of RFC 7644 section 3.12 for each, and the headers that go with a status.
//!
//! The statuses are those of `error`, and the body is that of `scim::error`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rolecall_engine::Rejection;

use crate::error::ApiError;
use crate::problem::challenge;
use crate::scim::error::ScimError;

/// RFC 7617 section 2: the other way to authenticate.
const BASIC: &str = "Basic realm=\"rolecall\", charset=\"UTF-8\"";

/// Why a SCIM request was refused: by the SCIM layer itself, or by what is behind it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScimRefusal {
    /// The message, its filter or its PATCH is not what it should be.
    #[error(transparent)]
    Message(#[from] ScimError),
    /// Everything else.
    #[error(transparent)]
    Api(ApiError),
}

impl<E: Into<ApiError>> From<E> for ScimRefusal {
    fn from(error: E) -> Self {
        Self::Api(error.into())
    }
}

impl ScimRefusal {
    /// The error as the body of an answer has it.
    pub(crate) fn error(&self) -> ScimError {
        match self {
            Self::Message(error) => error.clone(),
            Self::Api(error) => rendered(error),
        }
    }
}

impl IntoResponse for ScimRefusal {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Message(error) => return error.into_response(),
            Self::Api(error) => error,
        };
        let mut response = rendered(&error).into_response();
        let headers = response.headers_mut();
        if error.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, challenge(&error));
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(BASIC));
        }
        if error.closes() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(pause) = error.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(pause.as_secs()));
        }
        response
    }
}

fn rendered(error: &ApiError) -> ScimError {
    let detail = error.to_string();
    match error {
        ApiError::Rejected(Rejection::UserNameTaken { .. } | Rejection::GroupNameTaken { .. }) => {
            ScimError::uniqueness(detail)
        }
        ApiError::Rejected(Rejection::UserNameImmutable) => ScimError::mutability(detail),
        ApiError::Json { .. } => ScimError::invalid_syntax(detail),
        _ if error.status() == StatusCode::BAD_REQUEST => ScimError::invalid_value(detail),
        _ => ScimError::new(error.status(), detail),
    }
}

#[cfg(test)]
mod tests {
    use rolecall_engine::UserId;

    use super::*;

    #[track_caller]
    fn check(error: ApiError, status: u16, keyword: Option<&str>) {
        let rendered = rendered(&error);
        assert_eq!(
            (rendered.status().as_u16(), rendered.scim_type()),
            (status, keyword),
            "{error}"
        );
    }

    #[test]
    fn keywords_stand_where_the_standard_has_one() {
        let by = UserId::new(uuid::Uuid::nil());
        check(Rejection::UserNameTaken { by }.into(), 409, Some("uniqueness"));
        check(Rejection::UserNameImmutable.into(), 400, Some("mutability"));
        check(Rejection::EmailDomain.into(), 400, Some("invalidValue"));
        check(Rejection::GroupProvisioningOff.into(), 403, None);
        check(ApiError::Unavailable, 503, None);
    }

    #[test]
    fn who_is_to_come_back_is_told_when_and_who_has_no_token_how() {
        let unavailable = ScimRefusal::from(ApiError::Unavailable).into_response();
        assert_eq!(unavailable.headers()[header::RETRY_AFTER], "2");
        let unknown = ScimRefusal::from(ApiError::TokenMissing).into_response();
        assert_eq!(unknown.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"rolecall\"");
    }
}
