//! The listener of the operator: metrics, and whether the server is up and ready.
//!
//! It answers from the moment the process runs, so that a long replay looks like one, and not like a hanging server.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use rolecall_eventlog::Status;

use crate::app::App;
use crate::metrics::{Metrics, Population};

/// What the operator asks about.
pub(crate) struct Operations {
    metrics: Arc<Metrics>,
    /// The server, once it has replayed the record.
    app: OnceLock<Arc<App>>,
}

impl Operations {
    /// A server that replays the record.
    pub(crate) fn starting(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            app: OnceLock::new(),
        }
    }

    /// The server is up.
    pub(crate) fn started(&self, app: Arc<App>) {
        // Whoever starts a server says so once.
        drop(self.app.set(app));
    }
}

/// The router of the operator's listener.
pub(crate) fn router(operations: Arc<Operations>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(operations)
}

/// The exposition format of Prometheus, version 0.0.4.
async fn metrics(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    let text = match operations.app.get() {
        Some(app) => operations
            .metrics
            .text(&app.supervisor.population(), &app.supervisor.log_status()),
        None => operations.metrics.text(&Population::default(), &Status::default()),
    };
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
}

/// Ready when every organization runs and the log takes appends.
async fn ready(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    match operations
        .app
        .get()
        .map_or(Some("the record is being replayed\n"), |app| obstacle(app))
    {
        Some(obstacle) => (StatusCode::SERVICE_UNAVAILABLE, obstacle),
        None => (StatusCode::OK, "ready\n"),
    }
}

/// What keeps the server from taking requests.
fn obstacle(app: &App) -> Option<&'static str> {
    let log = app.supervisor.log_status();
    if app.is_draining() {
        Some("the server is stopping\n")
    } else if log.stopped {
        Some("the log has stopped after a failed write\n")
    } else if log.full {
        Some("the disk is nearly full: writes are refused\n")
    } else if !app.supervisor.is_ready() {
        Some("an organization is being reloaded\n")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::test_server::TestServer;

    async fn get(operations: &Arc<Operations>, path: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router(Arc::clone(operations)).oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_server_is_ready_between_its_replay_and_its_end() {
        let server = TestServer::start().await;
        let operations = Arc::new(Operations::starting(Arc::clone(&server.app.metrics)));
        assert_eq!(get(&operations, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert!(get(&operations, "/metrics").await.1.contains("rolecall_groups 0"));

        operations.started(Arc::clone(&server.app));
        assert_eq!(
            get(&operations, "/readyz").await,
            (StatusCode::OK, "ready\n".to_owned())
        );
        server.draining.send_replace(true);
        assert_eq!(get(&operations, "/readyz").await.1, "the server is stopping\n");
        assert_eq!(get(&operations, "/healthz").await.0, StatusCode::OK);
    }
}
