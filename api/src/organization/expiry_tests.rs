//! What falls due ends by itself, once and not early, whatever the log does meanwhile.
//!
//! The waits of the writer are simulated, and the clock of the entries is not: it reaches what is due within milliseconds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::{Duration, Instant};

use rolecall_engine::{
    Actor, Command, Entry, ExceptionId, ExceptionInput, ExceptionKind, ExceptionSubject, Fact, OrganizationId,
    Rejection, Timestamp, UserId,
};
use rolecall_eventlog::{
    Answer, Append, EventLog, Faults, FaultyLog, Head, LogError, MemoryLog, Position, Record, Status, Stream,
};

use super::simulation::{create_user, organization};
use super::stream;
use crate::config::RequestsPerSecond;
use crate::error::ApiError;
use crate::limits::OWN_WORK_REST;
use crate::metrics::Metrics;
use crate::supervisor::Supervisor;
use crate::time;

const USERS: usize = 5;
const FAULTS: Faults = Faults {
    append_lost: 150,
    append_unanswered: 150,
    read: 20,
};
const PATIENCE: Duration = Duration::from_secs(20);

/// A log that is full when the test says so.
#[derive(Default)]
struct FillingLog {
    inner: MemoryLog,
    full: AtomicBool,
    refused: AtomicUsize,
}

impl EventLog for FillingLog {
    fn append(&self, append: Append, done: Answer) {
        if self.full.load(SeqCst) {
            self.refused.fetch_add(1, SeqCst);
            return done(Err(LogError::Full { available_bytes: 7 }));
        }
        self.inner.append(append, done);
    }

    fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError> {
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

async fn start(log: Arc<dyn EventLog>) -> Arc<Supervisor> {
    let metrics = Arc::new(Metrics::new());
    let started = Supervisor::start(log, metrics, RequestsPerSecond::UNLIMITED).await;
    started.unwrap()
}

/// Looks again and again until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// An exclusion that ends after so many milliseconds.
fn exclusion(user: UserId, milliseconds: u64) -> Command {
    let exception = ExceptionInput {
        kind: ExceptionKind::Exclusion,
        user,
        subject: ExceptionSubject::Role("admin".parse().unwrap()),
        reason: "for a while".to_owned(),
        expires: Some(Timestamp::from_milliseconds(time::now().milliseconds() + milliseconds)),
    };
    Command::SetException { exception }
}

/// When each exception on the record was to end, and when it did.
fn ends(log: &dyn EventLog, id: OrganizationId) -> BTreeMap<ExceptionId, (Timestamp, Vec<Timestamp>)> {
    let records = log.read(stream(id), Position::START, usize::MAX).unwrap();
    let mut ends: BTreeMap<ExceptionId, (Timestamp, Vec<Timestamp>)> = BTreeMap::new();
    for entry in records.iter().map(|record| Entry::decode(&record.bytes).unwrap()) {
        for fact in &entry.facts {
            match fact {
                Fact::ExceptionSet { exception, expires, .. } => {
                    ends.insert(*exception, (expires.unwrap(), Vec::new()));
                }
                Fact::ExceptionExpired { exception, .. } => {
                    assert_eq!(entry.actor, Actor::System);
                    ends.get_mut(exception).unwrap().1.push(entry.at);
                }
                _ => {}
            }
        }
    }
    ends
}

#[track_caller]
fn assert_each_ended_once_and_not_early(ends: &BTreeMap<ExceptionId, (Timestamp, Vec<Timestamp>)>) {
    for (expires, ended) in ends.values() {
        assert!(matches!(ended.as_slice(), [at] if at >= expires), "{ends:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_tried_again_at_a_measured_pace_until_it_has_room() {
    let log = Arc::new(FillingLog::default());
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let id = organization(&supervisor).await;
    let ours = supervisor.get(id).unwrap();
    let user = create_user(&supervisor, id, 0).await;
    ours.submit(exclusion(user, 300), Actor::Root).await.unwrap();
    log.full.store(true, SeqCst);
    until("the first try", || log.refused.load(SeqCst) > 0).await;
    tokio::time::sleep(OWN_WORK_REST * 10).await;
    let tries = log.refused.load(SeqCst);
    assert!((5..=12).contains(&tries), "{tries} tries in ten rests");
    log.full.store(false, SeqCst);
    until("the end of the exception", || ours.head().exceptions().is_empty()).await;
    assert_each_ended_once_and_not_early(&ends(&log.inner, id));
}

#[tokio::test(start_paused = true)]
async fn what_fell_due_while_nothing_ran_ends_at_the_start() {
    let log = Arc::new(MemoryLog::new());
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let id = organization(&supervisor).await;
    let ours = supervisor.get(id).unwrap();
    let user = create_user(&supervisor, id, 0).await;
    ours.submit(exclusion(user, 200), Actor::Root).await.unwrap();
    drop(ours);
    supervisor.stop();
    supervisor.stopped().await;
    let expires = due(&*log, id);
    until("the time", || time::now() > expires).await;
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let ours = supervisor.get(id).unwrap();
    until("the end of the exception", || ours.head().exceptions().is_empty()).await;
    assert_each_ended_once_and_not_early(&ends(&*log, id));
}

fn due(log: &dyn EventLog, id: OrganizationId) -> Timestamp {
    let ends = ends(log, id);
    let (expires, ended) = ends.values().next().unwrap();
    assert!(ended.is_empty(), "it ended before the server did: {ends:?}");
    *expires
}

/// Sets an exclusion as somebody does who tries again after a failure.
async fn set(supervisor: &Arc<Supervisor>, id: OrganizationId, user: UserId) {
    loop {
        let command = exclusion(user, 15);
        let answer = match supervisor.get(id) {
            Ok(organization) => organization.submit(command, Actor::Root).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(_) | Err(ApiError::Rejected(Rejection::ExceptionExists { .. } | Rejection::ExpiresInThePast)) => return,
            Err(ApiError::Unavailable | ApiError::Log(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(refused) => panic!("{refused}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn on_a_log_that_fails_what_is_due_ends_once() {
    for seed in 0..10 {
        let log = Arc::new(FaultyLog::new(MemoryLog::new(), seed, FAULTS));
        let metrics = Arc::new(Metrics::new());
        let faulty = Arc::clone(&log) as Arc<dyn EventLog>;
        let Ok(supervisor) = Supervisor::start(faulty, metrics, RequestsPerSecond::UNLIMITED).await else {
            continue;
        };
        let id = organization(&supervisor).await;
        let mut users = Vec::new();
        for number in 0..USERS {
            users.push(create_user(&supervisor, id, number).await);
        }
        for user in users {
            set(&supervisor, id, user).await;
        }
        until("the end of all exceptions", || {
            supervisor
                .get(id)
                .is_ok_and(|organization| organization.head().exceptions().is_empty())
        })
        .await;
        let ends = ends(log.inner(), id);
        assert!(ends.len() >= USERS, "seed {seed}: {ends:?}");
        assert_each_ended_once_and_not_early(&ends);
    }
}
