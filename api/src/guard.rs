//! What surrounds every request: an id, a time limit, a net under panics, and a count.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;

use crate::app::App;
use crate::error::ApiError;
use crate::limits::{REQUEST_DURATION_MAX, VERIFICATION_DURATION_MAX};
use crate::organization::panic_text;
use crate::problem::Problem;
use crate::scim_refusal::ScimRefusal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Around requests to the admin API.
pub(crate) async fn admin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let limit = duration_max(request.uri().path());
    let response = run(request, next, limit)
        .await
        .unwrap_or_else(|error| Problem(error).into_response());
    app.metrics.admin_request(&method, response.status());
    response
}

/// Around SCIM requests.
pub(crate) async fn scim(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (method, resource) = (request.method().clone(), resource(request.uri().path()));
    let response = run(request, next, REQUEST_DURATION_MAX)
        .await
        .unwrap_or_else(|error| ScimRefusal::Api(error).into_response());
    app.metrics
        .scim_request(resource, &method, response.status(), started.elapsed());
    response
}

async fn run(request: Request, next: Next, limit: Duration) -> Result<Response, ApiError> {
    let id = request_id();
    let span = tracing::info_span!("request", request.id = %id, http.method = %request.method());
    let guarded = within(limit, AssertUnwindSafe(next.run(request)).catch_unwind());
    let mut response = match guarded.instrument(span.clone()).await? {
        Ok(response) => response,
        Err(panic) => {
            span.in_scope(|| tracing::error!("a request panicked: {}", panic_text(panic.as_ref())));
            return Err(ApiError::Internal);
        }
    };
    span.in_scope(|| tracing::debug!(http.status = response.status().as_u16(), "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}

async fn within<T>(limit: Duration, request: impl Future<Output = T>) -> Result<T, ApiError> {
    tokio::time::timeout(limit, request)
        .await
        .map_err(|_| ApiError::Timeout)
}

/// Verifying a record takes as long as the record is.
fn duration_max(path: &str) -> Duration {
    if path.ends_with("/audit/verify") {
        VERIFICATION_DURATION_MAX
    } else {
        REQUEST_DURATION_MAX
    }
}

/// Unique within a server, and short: it stands beside the time in every log line.
fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("{:x}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The resource of a SCIM path, `/scim/v2/{connection}/{resource}`, as the label of metrics.
fn resource(path: &str) -> &'static str {
    match path.split('/').nth(4) {
        Some("Users") => "users",
        Some("Groups") => "groups",
        Some("Schemas") => "schemas",
        Some("ResourceTypes") => "resource_types",
        Some("ServiceProviderConfig") => "service_provider_config",
        Some("Bulk") => "bulk",
        Some(".search") => "search",
        Some(_) | None => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_one_of_the_known_resources() {
        assert_eq!(resource("/scim/v2/con-1/Groups/2"), "groups");
        assert_eq!(resource("/scim/v2/con-1/Users"), "users");
        assert_eq!(resource("/scim/v2/con-1/Unheard"), "other");
        assert_eq!(resource("/"), "other");
    }
}
