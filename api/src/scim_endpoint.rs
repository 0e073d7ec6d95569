//! The SCIM endpoint of all connections: what surrounds its handlers, and the answers where there are none.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::routing::any;

use crate::app::App;
use crate::auth::ScimCaller;
use crate::body;
use crate::error::ApiError;
use crate::limits::SCIM_BODY_BYTES_MAX;
use crate::scim_refusal::ScimRefusal;

/// The router of `/scim/v2/{connection}/...`.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/scim/v2/{connection}", any(no_route))
        .route("/scim/v2/{connection}/{*rest}", any(no_route))
        .method_not_allowed_fallback(method_not_allowed)
}

/// Who has no valid token learns that before anything else.
async fn no_route(_: ScimCaller) -> ScimRefusal {
    ScimRefusal::Api(ApiError::NoRoute)
}

async fn method_not_allowed(_: ScimCaller) -> ScimRefusal {
    ScimRefusal::Api(ApiError::MethodNotAllowed)
}

/// The body of a SCIM request, to be read by the SCIM layer.
#[expect(dead_code, reason = "the handlers of users and groups take it")]
pub(crate) struct ScimBody(pub(crate) Bytes);

impl FromRequest<Arc<App>> for ScimBody {
    type Rejection = ScimRefusal;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, ScimRefusal> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, SCIM_BODY_BYTES_MAX).await?;
        if !bytes.is_empty() && !is_json(&parts.headers) {
            return Err(ApiError::MediaType {
                expected: "application/scim+json",
            }
            .into());
        }
        Ok(Self(bytes))
    }
}

/// RFC 7644 section 3.8 also accepts `application/json`. Who names no type is believed to send JSON.
#[expect(dead_code, reason = "the handlers of users and groups take bodies")]
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let media_type = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let media_type = media_type.to_ascii_lowercase();
    media_type == "application/json" || media_type.ends_with("+json")
}
