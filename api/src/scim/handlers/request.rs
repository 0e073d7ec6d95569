//! What handlers take from a request: the id in its path, its parameters, its body. Who asks is the business of `auth`.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use rolecall_engine::Rejection;

use crate::app::App;
use crate::auth::ScimCaller;
use crate::body;
use crate::error::ApiError;
use crate::limits::SCIM_BODY_BYTES_MAX;
use crate::scim::ResourceType;
use crate::scim::error::SCIM_JSON;
use crate::scim::precondition::Precondition;
use crate::scim_refusal::ScimRefusal;

/// The last part of the path, as an id. One that cannot be an id names nothing: 404, as for any other.
pub(crate) struct Id<T>(pub(crate) T);

/// The decoded parameters of the query (`+` and `%20` are spaces). Nobody is refused for those that we do not know.
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

/// The whole body, as JSON by its media type.
pub(crate) struct Body(pub(crate) Bytes);

/// What the client demands of the version of a resource; nothing unless it says so.
pub(crate) struct Provided(pub(crate) Precondition);

/// A caller whose connection offers groups.
pub(crate) struct GroupReader(pub(crate) ScimCaller);

/// A caller whose connection may write groups, too.
pub(crate) struct GroupWriter(pub(crate) ScimCaller);

impl<T: FromStr> Id<T> {
    /// An id as it is written.
    ///
    /// # Errors
    /// 404 for what cannot be an id.
    pub(crate) fn read(text: &str) -> Result<Self, ScimRefusal> {
        let id = text.parse().map_err(|_| ApiError::NotFound { what: "resource" })?;
        Ok(Self(id))
    }
}

impl<T: FromStr> FromRequestParts<Arc<App>> for Id<T> {
    type Rejection = ScimRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimRefusal> {
        let path = RawPathParams::from_request_parts(parts, app).await;
        let last = path.iter().flatten().last();
        Self::read(last.map(|(_, id)| id).unwrap_or_default())
    }
}

impl FromRequestParts<Arc<App>> for Provided {
    type Rejection = ScimRefusal;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ScimRefusal> {
        Ok(Self(Precondition::of(&parts.headers)))
    }
}

impl FromRequestParts<Arc<App>> for Parameters {
    type Rejection = ScimRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimRefusal> {
        let query = Query::from_request_parts(parts, app).await;
        let Query(parameters) = query.map_err(|fault| ApiError::Query {
            reason: fault.body_text(),
        })?;
        Ok(Self(parameters))
    }
}

impl FromRequest<Arc<App>> for Body {
    type Rejection = ScimRefusal;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, ScimRefusal> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(ApiError::MediaType { expected: SCIM_JSON }.into());
        }
        Ok(Self(body::read(&parts.headers, body, SCIM_BODY_BYTES_MAX).await?))
    }
}

/// RFC 7644 3.1: `application/scim+json`, and `application/json` from Google and others. Who names none means JSON, too.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    [SCIM_JSON, "application/json"]
        .iter()
        .any(|known| media_type.trim().eq_ignore_ascii_case(known))
}

impl GroupReader {
    /// The caller, if there are groups for it.
    fn of(caller: ScimCaller) -> Result<Self, ScimRefusal> {
        if caller.offered().contains(&ResourceType::Group) {
            Ok(Self(caller))
        } else {
            Err(ApiError::UsersOnly.into())
        }
    }
}

impl FromRequestParts<Arc<App>> for GroupReader {
    type Rejection = ScimRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimRefusal> {
        Self::of(ScimCaller::from_request_parts(parts, app).await?)
    }
}

impl GroupWriter {
    /// The caller, if it may write groups.
    ///
    /// # Errors
    /// When its connection may not.
    pub(crate) fn of(caller: ScimCaller) -> Result<Self, ScimRefusal> {
        let GroupReader(caller) = GroupReader::of(caller)?;
        if !caller.settings.group_provisioning {
            return Err(Rejection::GroupProvisioningOff.into());
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<App>> for GroupWriter {
    type Rejection = ScimRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimRefusal> {
        Self::of(ScimCaller::from_request_parts(parts, app).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_media_types_are_taken_in_any_case_and_with_parameters() {
        for (value, expected) in [
            ("application/scim+json", true),
            ("application/scim+json; charset=utf-8", true),
            ("Application/JSON;charset=UTF-8", true),
            ("text/plain", false),
            ("application/xml", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(is_json(&HeaderMap::new()));
    }
}
