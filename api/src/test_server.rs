//! A whole server without listeners and without a disk, for tests that send it requests.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use futures_util::StreamExt;
use rolecall_eventlog::{EventLog, MemoryLog};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use crate::app::App;
use crate::auth::{LastUse, hash};
use crate::config::{PublicUrl, RequestsPerSecond};
use crate::keys::ServerKeys;
use crate::limits::BACKTESTS_MAX;
use crate::metrics::Metrics;
use crate::serve::router;
use crate::supervisor::Supervisor;

/// The root token of every test server.
pub(crate) const ROOT: &str = "a root token of at least 32 characters";

/// Where a test server is reached unless the test says otherwise.
const PUBLIC_URL: &str = "https://scim.example.com";

/// A server, over a log in memory unless the test gives another.
pub(crate) struct TestServer {
    router: Router,
    pub(crate) app: Arc<App>,
    pub(crate) draining: watch::Sender<bool>,
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::over(Arc::new(MemoryLog::new())).await
    }

    /// A server with a limit on the requests of each organization.
    pub(crate) async fn limited(rate: RequestsPerSecond) -> Self {
        Self::new(Arc::new(MemoryLog::new()), rate, PUBLIC_URL).await
    }

    /// A server over a log of the test.
    pub(crate) async fn over(log: Arc<dyn EventLog>) -> Self {
        Self::new(log, RequestsPerSecond::UNLIMITED, PUBLIC_URL).await
    }

    /// A server that is reached at another URL.
    pub(crate) async fn reached_at(public_url: &str) -> Self {
        Self::new(Arc::new(MemoryLog::new()), RequestsPerSecond::UNLIMITED, public_url).await
    }

    async fn new(log: Arc<dyn EventLog>, rate: RequestsPerSecond, public_url: &str) -> Self {
        let metrics = Arc::new(Metrics::new());
        let supervisor = Supervisor::start(log, Arc::clone(&metrics), rate).await.unwrap();
        let (draining, drained) = watch::channel(false);
        let public_url: PublicUrl = public_url.parse().unwrap();
        let keys = ServerKeys::draw();
        let (root, last_use, verifying) = (Some(hash(ROOT)), LastUse::default(), Arc::new(Semaphore::new(1)));
        let app = Arc::new(App {
            supervisor,
            metrics,
            public_url,
            root,
            last_use,
            profiles: crate::scim::Profiles::default(),
            cursors: crate::scim::CursorSeal::of(&keys),
            keys,
            verifying,
            backtests: Arc::new(Semaphore::new(BACKTESTS_MAX)),
            draining: drained,
        });
        Self {
            router: router(Arc::clone(&app)),
            app,
            draining,
        }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    /// Sends a JSON body, or none for `null`.
    pub(crate) async fn json(&self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let request = request(method, path, token)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        self.send(request.unwrap()).await
    }

    /// Reads an event stream until the text has come, and returns all that came.
    pub(crate) async fn stream_until(&self, request: Request<Body>, text: &str) -> String {
        self.chunks_until(request, text).await.concat()
    }

    /// The same, piece by piece as the server sent it.
    pub(crate) async fn chunks_until(&self, request: Request<Body>, text: &str) -> Vec<String> {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let mut stream = response.into_body().into_data_stream();
        let mut chunks: Vec<String> = Vec::new();
        while !chunks.concat().contains(text) {
            let Some(chunk) = stream.next().await else { break };
            chunks.push(String::from_utf8(chunk.unwrap().to_vec()).unwrap());
        }
        chunks
    }

    /// A new organization: its path, and an administrator's token.
    pub(crate) async fn organization(&self, name: &str) -> (String, String) {
        let created = self
            .json("POST", "/v1/organizations", ROOT, json!({"name": name}))
            .await;
        let path = format!("/v1/organizations/{}", created.body["id"].as_str().unwrap());
        let token = self.token(&path, "admin").await;
        (path, token)
    }

    /// A token of an organization.
    pub(crate) async fn token(&self, organization: &str, role: &str) -> String {
        let body = json!({"name": "tests", "role": role});
        let created = self.json("POST", &format!("{organization}/tokens"), ROOT, body).await;
        created.body["token"].as_str().unwrap().to_owned()
    }
}

/// The beginning of a request.
pub(crate) fn request(method: &str, path: &str, token: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
}

impl Answer {
    /// The body, after a look at the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}
