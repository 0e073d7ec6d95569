//! One organization that cannot be loaded, and what becomes of the others.

use std::sync::Mutex;

use rolecall_eventlog::{Answer, Append, Head, LogError, MemoryLog, Position, Record, Status, Stream, append_wait};
use serde_json::json;

use super::*;
use crate::organization::stream;
use crate::test_server::{ROOT, TestServer};

/// A log in which one stream cannot be read while the test says so.
#[derive(Default)]
struct UnreadableLog {
    inner: MemoryLog,
    unreadable: Mutex<Option<Stream>>,
}

impl UnreadableLog {
    fn set_unreadable(&self, stream: Option<Stream>) {
        *self.unreadable.lock().unwrap() = stream;
    }
}

impl EventLog for UnreadableLog {
    fn append(&self, append: Append, done: Answer) {
        self.inner.append(append, done);
    }

    fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError> {
        if *self.unreadable.lock().unwrap() == Some(stream) {
            return Err(LogError::unavailable("a test"));
        }
        self.inner.read(stream, after, max)
    }

    fn head(&self, stream: Stream) -> Result<Head, LogError> {
        self.inner.head(stream)
    }

    fn anchor(&self, stream: Stream) -> Result<Head, LogError> {
        self.inner.anchor(stream)
    }

    fn streams(&self) -> Result<Vec<Stream>, LogError> {
        self.inner.streams()
    }

    fn status(&self) -> Status {
        self.inner.status()
    }
}

/// Creates an organization with one entry: its path and its id.
async fn organization(server: &TestServer, name: &str) -> (String, OrganizationId) {
    let (path, admin) = server.organization(name).await;
    let team = json!({"type": "team", "name": "a"});
    server
        .json("POST", &format!("{path}/entities"), &admin, team)
        .await
        .expect(201);
    let uuid = path.rsplit('/').next().unwrap().parse().unwrap();
    (path, OrganizationId::new(uuid))
}

async fn status(server: &TestServer, organization: &str) -> u16 {
    let entities = format!("{organization}/entities");
    server
        .json("GET", &entities, ROOT, serde_json::Value::Null)
        .await
        .status
        .as_u16()
}

/// How many organizations run, and how many are being loaded.
fn states(server: &TestServer) -> (usize, usize) {
    let slots = server.app.supervisor.read_slots();
    let running = slots.values().filter(|slot| slot.running().is_ok()).count();
    (running, slots.len() - running)
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_cannot_be_loaded_at_the_start_comes_back_by_itself() {
    let log = Arc::new(UnreadableLog::default());
    let before = TestServer::over(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let (ours, id) = organization(&before, "ours").await;
    let (theirs, _) = organization(&before, "theirs").await;
    log.set_unreadable(Some(stream(id)));
    let server = TestServer::over(Arc::clone(&log) as Arc<dyn EventLog>).await;
    assert_eq!(
        (status(&server, &ours).await, status(&server, &theirs).await),
        (503, 200)
    );
    assert_eq!(states(&server), (2, 1));
    let text = server
        .app
        .metrics
        .text(&server.app.supervisor.population(), &log.status());
    assert!(text.contains("rolecall_organizations{state=\"loading\"} 1"), "{text}");

    log.set_unreadable(None);
    while states(&server) != (3, 0) {
        tokio::time::advance(RELOAD_PAUSE.0).await;
    }
    assert_eq!(status(&server, &ours).await, 200);
}

#[tokio::test]
async fn a_damaged_registry_keeps_the_server_from_starting() {
    let log = Arc::new(MemoryLog::new());
    let garbage = Append {
        stream: stream(REGISTRY),
        after: Position::START,
        entries: vec![b"no entry".to_vec()],
    };
    append_wait(log.as_ref(), garbage).unwrap();
    let started = Supervisor::start(log, Arc::new(Metrics::new()), RequestsPerSecond::UNLIMITED).await;
    assert!(matches!(started, Err(ReplayError::Decode { .. })));
}

#[tokio::test]
async fn an_organization_that_is_being_loaded_is_not_started_anew() {
    let server = TestServer::start().await;
    let (_, id) = organization(&server, "ours").await;
    let supervisor = &server.app.supervisor;
    supervisor.set(id, Slot::Loading);
    assert!(matches!(supervisor.start_new(id), Err(ApiError::Unavailable)));
    assert!(matches!(supervisor.get(id), Err(ApiError::Unavailable)));
}
