//! What surrounds every request: an id, a time limit, a net under panics, and a count.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;

use crate::app::App;
use crate::error::ApiError;
use crate::limits::{
    BACKTEST_REQUEST_DURATION_MAX, HEADERS_BYTES_MAX, PLAN_REQUEST_DURATION_MAX, REQUEST_DURATION_MAX,
    TARGET_BYTES_MAX, VERIFICATION_DURATION_MAX,
};
use crate::oauth::OAuthError;
use crate::organization::panic_text;
use crate::problem::Problem;
use crate::rate::Charged;
use crate::scim_refusal::ScimRefusal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// When a SCIM request began: its limit of time counts from here, and its body is read later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started(pub Instant);

impl<S: Sync> FromRequestParts<S> for Started {
    type Rejection = Infallible;

    /// A request that came around the guard begins now.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let started = parts.extensions.get().copied();
        Ok(started.unwrap_or_else(|| Self(Instant::now())))
    }
}

/// Around requests to the admin API.
pub(crate) async fn admin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let work = Work::of(request.uri().path());
    let refuse = |error| {
        let is_plan = work == Work::Plan && matches!(error, ApiError::Timeout { .. });
        Problem(if is_plan { ApiError::PlanTimeout } else { error }).into_response()
    };
    let response = run(request, next, work.duration_max(), refuse).await;
    app.metrics.admin_request(&method, response.status());
    response
}

/// Around requests for access tokens.
pub(crate) async fn oauth(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let refuse = |error| OAuthError::Api(error).into_response();
    let response = charged(request, next, refuse).await;
    app.metrics.oauth_request(response.status());
    response
}

/// Around SCIM requests.
pub(crate) async fn scim(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    request.extensions_mut().insert(Started(started));
    let (method, resource) = (request.method().clone(), resource(request.uri().path()));
    let refuse = |error| ScimRefusal::Api(error).into_response();
    let response = charged(request, next, refuse).await;
    app.metrics
        .scim_request(resource, &method, response.status(), started.elapsed());
    response
}

/// Says in the answer how an organization stands with its limit, if it was charged for the request.
async fn charged(mut request: Request, next: Next, refuse: impl FnOnce(ApiError) -> Response) -> Response {
    let charged = Charged::default();
    request.extensions_mut().insert(charged.clone());
    let mut response = run(request, next, REQUEST_DURATION_MAX, refuse).await;
    if let Some(standing) = charged.standing() {
        standing.write(response.headers_mut());
    }
    response
}

/// Answers whatever becomes of the request, with its id: also, and above all, when it panicked or took too long.
async fn run(request: Request, next: Next, limit: Duration, refuse: impl FnOnce(ApiError) -> Response) -> Response {
    let id = request_id();
    let span = tracing::info_span!("request", request.id = %id, http.method = %request.method());
    let sized = check_size(&request);
    let guarded = async {
        sized?;
        within(limit, AssertUnwindSafe(next.run(request)).catch_unwind()).await
    };
    let guarded = guarded.instrument(span.clone()).await;
    let mut response = span.in_scope(|| match guarded {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            tracing::error!("a request panicked: {}", panic_text(panic.as_ref()));
            refuse(ApiError::Internal)
        }
        Err(error) => {
            if matches!(error, ApiError::Timeout { .. }) {
                tracing::warn!("a request was given up after {} seconds", limit.as_secs());
            }
            refuse(error)
        }
    });
    span.in_scope(|| tracing::debug!(http.status = response.status().as_u16(), "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// What the HTTP library lets through is more, so that this refusal is one in the format of the API.
fn check_size(request: &Request) -> Result<(), ApiError> {
    let target = request.uri().path().len() + request.uri().query().map_or(0, |query| query.len() + 1);
    // Each header has a colon, a space and the end of its line.
    let headers = request.headers().iter();
    let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if target > TARGET_BYTES_MAX {
        Err(ApiError::TargetTooLong)
    } else if target + headers > HEADERS_BYTES_MAX {
        Err(ApiError::HeadersTooLarge)
    } else {
        Ok(())
    }
}

async fn within<T>(limit: Duration, request: impl Future<Output = T>) -> Result<T, ApiError> {
    tokio::time::timeout(limit, request)
        .await
        .map_err(|_| ApiError::Timeout { limit })
}

/// What a request to the admin API is about, as far as that decides how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Takes as long as the record is.
    Verification,
    /// Walks through much of the record.
    Backtest,
    /// Works out a plan, or its effect again.
    Plan,
    Other,
}

impl Work {
    fn of(path: &str) -> Self {
        let ends = |words: &[&str]| words.iter().any(|word| path.ends_with(word));
        if ends(&["/audit/verify"]) {
            Self::Verification
        } else if ends(&["/backtests"]) {
            Self::Backtest
        } else if ends(&["/plans", "/reconcile"]) || (path.contains("/plans/") && ends(&["/apply"])) {
            Self::Plan
        } else {
            Self::Other
        }
    }

    fn duration_max(self) -> Duration {
        match self {
            Self::Verification => VERIFICATION_DURATION_MAX,
            Self::Backtest => BACKTEST_REQUEST_DURATION_MAX,
            Self::Plan => PLAN_REQUEST_DURATION_MAX,
            Self::Other => REQUEST_DURATION_MAX,
        }
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
    use std::io;
    use std::sync::Mutex;

    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Router, middleware};
    use tower::ServiceExt;

    use super::*;
    use crate::test_server::TestServer;

    /// Log lines, kept for the test.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Checks how a handler that gives no answer is answered, and that the one line in the log names the same id.
    async fn check<F: Future<Output = ()> + Send + 'static>(
        handler: impl Fn() -> F + Clone + Send + Sync + 'static,
        status: StatusCode,
        text: &str,
    ) {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let _logging = tracing::subscriber::set_default(subscriber.finish());
        let app = TestServer::start().await.app;
        lines.0.lock().unwrap().clear();
        for guarded in [
            Router::new()
                .route("/", get(handler.clone()))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), admin)),
            Router::new()
                .route("/", get(handler.clone()))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), scim)),
        ] {
            let request = Request::builder().uri("/").body(Body::empty()).unwrap();
            let response = guarded.oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
            let id = response.headers()[REQUEST_ID].to_str().unwrap();
            let log = String::from_utf8(std::mem::take(&mut *lines.0.lock().unwrap())).unwrap();
            assert_eq!(log.lines().count(), 1, "{log}");
            assert!(
                log.contains(text) && log.contains(&format!("request.id={id} ")),
                "{id}: {log}"
            );
        }
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_logged_once_with_the_id_of_its_request() {
        let panics = || async { panic!("as a bug would") };
        check(
            panics,
            StatusCode::INTERNAL_SERVER_ERROR,
            "a request panicked: as a bug would",
        )
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_answered_and_logged_once_with_its_id() {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        check(std::future::pending, status, "a request was given up after 30 seconds").await;
    }

    #[tokio::test(start_paused = true)]
    async fn working_out_a_plan_has_minutes_and_whoever_waited_in_vain_is_not_asked_to_try_again() {
        let app = TestServer::start().await.app;
        for path in [
            "/v1/organizations/o/plans",
            "/v1/organizations/o/reconcile",
            "/v1/organizations/o/plans/p/apply",
        ] {
            let guarded = Router::new()
                .fallback(std::future::pending::<()>)
                .layer(middleware::from_fn_with_state(Arc::clone(&app), admin));
            let (began, request) = (
                Instant::now(),
                Request::builder().uri(path).body(Body::empty()).unwrap(),
            );
            let response = guarded.oneshot(request).await.unwrap();
            assert_eq!(began.elapsed().as_secs(), 300, "{path}");
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers().get("Retry-After"), None);
            let body = axum::body::to_bytes(response.into_body(), 64 * 1024).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["type"], "urn:rolecall:problem:plan_timeout", "{body}");
            let detail = body["detail"].as_str().unwrap();
            assert!(
                detail.contains("5 minutes") && detail.contains("make several plans"),
                "{detail}"
            );
        }
        for path in [
            "/v1/organizations/o/rules",
            "/v1/organizations/o/plans/p",
            "/v1/organizations/o/plans/p/stop",
        ] {
            assert_eq!(Work::of(path), Work::Other, "{path}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waited_in_vain_is_told_for_how_long() {
        let app = TestServer::start().await.app;
        for (path, seconds) in [("rules", 30), ("backtests", 600), ("audit/verify", 3_600)] {
            let guarded = Router::new()
                .fallback(std::future::pending::<()>)
                .layer(middleware::from_fn_with_state(Arc::clone(&app), admin));
            let request = Request::builder().uri(format!("/v1/organizations/o/{path}"));
            let response = guarded.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let body = axum::body::to_bytes(response.into_body(), 64 * 1024).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                body["detail"],
                format!("the request took longer than {seconds} seconds")
            );
        }
    }

    #[test]
    fn a_path_gives_one_of_the_known_resources() {
        assert_eq!(resource("/scim/v2/con-1/Groups/2"), "groups");
        assert_eq!(resource("/scim/v2/con-1/Users"), "users");
        assert_eq!(resource("/scim/v2/con-1/Unheard"), "other");
        assert_eq!(resource("/"), "other");
    }
}
