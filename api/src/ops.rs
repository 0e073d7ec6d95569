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

/// Ready when the log is open and the registry runs. A full disk, or one organization that cannot be loaded, is shown by
/// metrics instead: being taken out of service would cost everybody else their reads.
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
    if app.is_draining() {
        Some("the server is stopping\n")
    } else if app.supervisor.log_status().stopped {
        Some("the log has stopped after a failed write\n")
    } else if app.supervisor.registry().is_err() {
        Some("the registry is being reloaded\n")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use rolecall_eventlog::{Answer, Append, EventLog, Head, LogError, MemoryLog, Position, Record, Stream};
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

    /// A log without room, but with a record.
    struct FullLog(MemoryLog);

    impl EventLog for FullLog {
        fn append(&self, _: Append, done: Answer) {
            done(Err(LogError::Full { available_bytes: 0 }));
        }

        fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError> {
            self.0.read(stream, after, max)
        }

        fn head(&self, stream: Stream) -> Result<Head, LogError> {
            self.0.head(stream)
        }

        fn anchor(&self, stream: Stream) -> Result<Head, LogError> {
            self.0.anchor(stream)
        }

        fn streams(&self) -> Result<Vec<Stream>, LogError> {
            self.0.streams()
        }

        fn status(&self) -> Status {
            Status {
                full: true,
                ..self.0.status()
            }
        }
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

    #[tokio::test]
    async fn a_full_disk_takes_the_reads_of_nobody_away() {
        let server = TestServer::over(Arc::new(FullLog(MemoryLog::new()))).await;
        let operations = Arc::new(Operations::starting(Arc::clone(&server.app.metrics)));
        operations.started(Arc::clone(&server.app));
        assert_eq!(get(&operations, "/readyz").await.0, StatusCode::OK);
        assert!(get(&operations, "/metrics").await.1.contains("rolecall_log_full 1"));
    }
}
