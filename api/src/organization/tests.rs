//! The writer against logs that fail, and the order of its answers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rolecall_engine::registry::RegistryCommand;
use rolecall_engine::{Actor, Command, Rejection};
use rolecall_eventlog::{
    Answer, Append, EventLog, Faults, FaultyLog, Head, LogError, MemoryLog, Position, Record, Status, Stream,
};

use super::Organization;
use crate::config::RequestsPerSecond;
use crate::error::ApiError;
use crate::limits::RELOAD_PAUSE;
use crate::metrics::Metrics;
use crate::supervisor::Supervisor;

/// A log whose appends wait until the test lets them go on, or are refused at once while it is full.
#[derive(Default)]
struct HeldLog {
    inner: MemoryLog,
    held: Mutex<Vec<(Append, Answer)>>,
    full: AtomicBool,
    refused: AtomicUsize,
}

impl HeldLog {
    fn held(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    /// Lets the oldest append go on, or answers it with an error.
    fn release(&self, error: Option<LogError>) {
        let (append, done) = self.held.lock().unwrap().remove(0);
        match error {
            Some(error) => done(Err(error)),
            None => self.inner.append(append, done),
        }
    }
}

impl EventLog for HeldLog {
    fn append(&self, append: Append, done: Answer) {
        if self.full.load(Ordering::SeqCst) {
            done(Err(LogError::Full { available_bytes: 7 }));
            self.refused.fetch_add(1, Ordering::SeqCst);
            return;
        }
        self.held.lock().unwrap().push((append, done));
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
    Supervisor::start(log, Arc::new(Metrics::new()), RequestsPerSecond::UNLIMITED)
        .await
        .unwrap()
}

fn create_organization(name: &str) -> Command {
    Command::Registry(RegistryCommand::CreateOrganization { name: name.to_owned() })
}

/// Waits, turn by turn of the runtime, until something is so.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// Moves the clock until the registry runs.
async fn until_ready(supervisor: &Supervisor) {
    while supervisor.registry().is_err() {
        tokio::time::advance(RELOAD_PAUSE.0).await;
    }
}

type Waiting = tokio::task::JoinHandle<Result<super::Submitted, ApiError>>;

fn submit(organization: &Organization, command: Command) -> Waiting {
    let organization = organization.clone();
    tokio::spawn(async move { organization.submit(command, Actor::Root).await })
}

fn head(organization: &Organization) -> u64 {
    organization.head().position().get()
}

#[tokio::test]
async fn nothing_is_published_or_answered_before_it_is_durable() {
    let log = Arc::new(HeldLog::default());
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let registry = supervisor.registry().unwrap();
    let first = submit(&registry, create_organization("a"));
    until(|| log.held() == 1).await;
    // The second is judged while the first is on its way; both wait, as does a refusal that came after them.
    let second = submit(&registry, create_organization("b"));
    until(|| log.held() == 2).await;
    let refused = submit(&registry, create_organization(""));
    tokio::task::yield_now().await;
    assert_eq!(head(&registry), 0);
    assert!(!first.is_finished() && !second.is_finished() && !refused.is_finished());

    log.release(None);
    assert_eq!(first.await.unwrap().unwrap().state.position().get(), 1);
    assert_eq!(head(&registry), 1);
    assert!(!second.is_finished());
    log.release(None);
    let second = second.await.unwrap().unwrap();
    assert_eq!(second.state.registry().organizations().count(), 2);
    assert!(matches!(
        refused.await.unwrap(),
        Err(ApiError::Rejected(Rejection::Required { .. }))
    ));
}

#[tokio::test]
async fn what_a_full_disk_refuses_is_dropped_with_all_that_was_built_on_it() {
    let log = Arc::new(HeldLog::default());
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let registry = supervisor.registry().unwrap();
    let first = submit(&registry, create_organization("a"));
    until(|| log.held() == 1).await;
    let second = submit(&registry, create_organization("b"));
    until(|| log.held() == 2).await;

    log.release(Some(LogError::Full { available_bytes: 7 }));
    assert!(matches!(
        first.await.unwrap(),
        Err(ApiError::Log(LogError::Full { .. }))
    ));
    log.release(None);
    assert!(matches!(
        second.await.unwrap(),
        Err(ApiError::Log(LogError::Full { .. }))
    ));
    assert_eq!(head(&registry), 0);

    let third = submit(&registry, create_organization("c"));
    until(|| log.held() == 1).await;
    log.release(None);
    let state = third.await.unwrap().unwrap().state;
    assert_eq!(
        state
            .registry()
            .organizations()
            .map(|known| known.name.as_str())
            .collect::<Vec<_>>(),
        ["c"]
    );
}

#[tokio::test]
async fn an_append_refused_at_once_leaves_the_one_before_it_alone() {
    let log = Arc::new(HeldLog::default());
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let registry = supervisor.registry().unwrap();
    let first = submit(&registry, create_organization("a"));
    until(|| log.held() == 1).await;
    log.full.store(true, Ordering::SeqCst);
    let second = submit(&registry, create_organization("b"));
    until(|| log.refused.load(Ordering::SeqCst) == 1).await;
    tokio::task::yield_now().await;
    assert!(!first.is_finished() && !second.is_finished());

    log.release(None);
    assert_eq!(first.await.unwrap().unwrap().state.position().get(), 1);
    let refusal = second.await.unwrap().unwrap_err();
    assert_eq!(refusal.status(), axum::http::StatusCode::INSUFFICIENT_STORAGE);

    // The same writer goes on: nothing was reloaded.
    log.full.store(false, Ordering::SeqCst);
    let third = submit(&registry, create_organization("c"));
    until(|| log.held() == 1).await;
    log.release(None);
    assert_eq!(third.await.unwrap().unwrap().state.position().get(), 2);
}

#[tokio::test]
async fn heavy_commands_leave_turns_to_others() {
    const COMMANDS: usize = 8;
    let supervisor = start(Arc::new(MemoryLog::new())).await;
    let registry = supervisor.registry().unwrap();
    // Refused after a look at every character, which takes much longer than a writer may go on.
    let heavy = create_organization(&" ".repeat(2 * 1024 * 1024));
    let commands = (0..COMMANDS).map(|_| registry.submit(heavy.clone(), Actor::Root));
    let refused = futures_util::future::join_all(commands);
    let turns = AtomicUsize::new(0);
    let others = async {
        loop {
            turns.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        refused = refused => assert!(refused.iter().all(Result::is_err)),
        () = others => {}
    }
    let turns = turns.load(Ordering::SeqCst);
    assert!(turns >= COMMANDS, "{turns} turns");
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_append_the_organization_is_reloaded_from_the_log() {
    let log = Arc::new(HeldLog::default());
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let registry = supervisor.registry().unwrap();
    let lost = submit(&registry, create_organization("lost"));
    until(|| log.held() == 1).await;
    log.release(Some(LogError::unavailable("a test")));
    assert!(matches!(lost.await.unwrap(), Err(ApiError::Unavailable)));
    assert!(matches!(
        registry.submit(create_organization("late"), Actor::Root).await,
        Err(ApiError::Unavailable)
    ));

    until(|| supervisor.registry().is_err()).await;
    until_ready(&supervisor).await;
    let again = submit(&supervisor.registry().unwrap(), create_organization("again"));
    until(|| log.held() == 1).await;
    log.release(None);
    let state = again.await.unwrap().unwrap().state;
    assert_eq!(
        state
            .registry()
            .organizations()
            .map(|known| known.name.as_str())
            .collect::<Vec<_>>(),
        ["again"]
    );
}

/// Creates organizations on a log that fails, and answers the names of those whose creation was acknowledged.
async fn acknowledged(supervisor: &Arc<Supervisor>, count: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for number in 0..count {
        let name = format!("organization {number}");
        let registry = supervisor.registry().unwrap();
        if registry.submit(create_organization(&name), Actor::Root).await.is_ok() {
            names.insert(name);
        } else {
            until(|| supervisor.registry().is_err()).await;
            until_ready(supervisor).await;
        }
    }
    names
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_acknowledged_is_lost_on_a_log_that_fails() {
    for seed in 0..20 {
        let faults = Faults {
            append_lost: 150,
            append_unanswered: 150,
            read: 0,
        };
        let log = Arc::new(FaultyLog::new(MemoryLog::new(), seed, faults));
        let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
        let acknowledged = acknowledged(&supervisor, 60).await;
        assert!(
            !acknowledged.is_empty() && acknowledged.len() < 60,
            "seed {seed}: {}",
            acknowledged.len()
        );

        let kept = crate::replay::load(log.inner(), rolecall_engine::registry::REGISTRY).unwrap();
        let kept: BTreeSet<String> = kept
            .registry()
            .organizations()
            .map(|known| known.name.clone())
            .collect();
        assert!(acknowledged.is_subset(&kept), "seed {seed}");
    }
}

#[tokio::test]
async fn writers_carry_out_what_waits_before_they_end() {
    let log = Arc::new(HeldLog::default());
    let supervisor = start(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let registry = supervisor.registry().unwrap();
    let waiting = submit(&registry, create_organization("a"));
    until(|| log.held() == 1).await;
    supervisor.stop();
    let stopped = tokio::spawn(async move { supervisor.stopped().await });
    log.release(None);
    assert!(waiting.await.unwrap().is_ok());
    stopped.await.unwrap();
    assert!(matches!(
        registry.submit(create_organization("late"), Actor::Root).await,
        Err(ApiError::Unavailable)
    ));
}
