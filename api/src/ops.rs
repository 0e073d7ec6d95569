//! The listener of the operator: metrics, and whether the server is up and ready.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// The router of the operator's listener.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(app)
}

/// The exposition format of Prometheus, version 0.0.4.
async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let text = app
        .metrics
        .text(&app.supervisor.population(), &app.supervisor.log_status());
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
}

/// Ready when every organization runs and the log takes appends.
async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let log = app.supervisor.log_status();
    if app.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping\n");
    }
    if log.stopped {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the log has stopped after a failed write\n",
        );
    }
    if log.full {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the disk is nearly full: writes are refused\n",
        );
    }
    if !app.supervisor.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, "an organization is being reloaded\n");
    }
    (StatusCode::OK, "ready\n")
}
