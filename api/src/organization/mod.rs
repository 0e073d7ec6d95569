//! One organization while it runs: a queue into its single writer, and the head that everybody reads.
//!
//! The writer is a task of its own (`writer`); who starts it, and starts it again after a failure, is the supervisor.

pub(crate) mod aside;
#[cfg(test)]
mod expiry_tests;
mod long_works;
mod own_work;
mod plans;
#[cfg(test)]
mod simulation;
mod stream_name;
#[cfg(test)]
mod tests;
mod writer;

use std::ops::ControlFlow;
use std::sync::Arc;

use rolecall_engine::{Actor, Command, Entry, OrganizationId, Position, State};
use rolecall_eventlog::EventLog;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

pub(crate) use self::long_works::LongWorks;
#[cfg(test)]
pub(crate) use self::long_works::Places;
pub(crate) use self::plans::{Plan, PlanShelf, Plans};
pub(crate) use self::stream_name::{from_log, stream, to_log};
pub(crate) use self::writer::{Stopped, Writer, panic_text};
use crate::config::RequestsPerSecond;
use crate::error::ApiError;
use crate::limits::QUEUE_COMMANDS_MAX;
use crate::metrics::Metrics;
use crate::rate::{RateLimit, Standing};

/// A running organization.
#[derive(Clone)]
pub(crate) struct Organization {
    id: OrganizationId,
    queue: mpsc::Sender<Submission>,
    head: watch::Receiver<Arc<State>>,
    log: Arc<dyn EventLog>,
    rate: Option<Arc<RateLimit>>,
    long_works: Arc<LongWorks>,
    plans: Arc<Plans>,
    backtests: Arc<Semaphore>,
}

/// A command on its way to the writer.
struct Submission {
    command: Command,
    actor: Actor,
    answer: oneshot::Sender<Result<Submitted, ApiError>>,
}

impl Submission {
    /// A command of the server itself, whose answer nobody waits for.
    fn by_itself(command: Command) -> Self {
        let (answer, _) = oneshot::channel();
        let actor = Actor::System;
        Self { command, actor, answer }
    }
}

/// What became of an accepted command. It is durable.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    /// The state right after the command: whoever wrote reads what was written.
    pub(crate) state: Arc<State>,
    /// The entry; `None` when everything was so already and nothing was written.
    pub(crate) entry: Option<Arc<Entry>>,
}

impl Organization {
    /// The organization in this state, and the writer to run for it. It keeps its plans among those of others, and ends once `stopping` says so.
    pub(crate) fn new(
        id: OrganizationId,
        state: Arc<State>,
        log: Arc<dyn EventLog>,
        metrics: Arc<Metrics>,
        plans: Arc<PlanShelf>,
        stopping: watch::Receiver<bool>,
    ) -> (Self, Writer) {
        let (queue, submissions) = mpsc::channel(QUEUE_COMMANDS_MAX);
        let (head_sender, head) = watch::channel(Arc::clone(&state));
        let writer = Writer::new(id, submissions, head_sender, Arc::clone(&log), metrics, stopping);
        let organization = Self {
            id,
            queue,
            plans: Arc::new(Plans::new(plans, head.clone())),
            head,
            log,
            rate: None,
            long_works: Arc::new(LongWorks::new()),
            backtests: Arc::new(Semaphore::new(1)),
        };
        (organization, writer)
    }

    /// The organization with a limit on the requests that it has answered.
    pub(crate) fn with_rate(self, rate: RequestsPerSecond) -> Self {
        let rate = RateLimit::of(rate).map(Arc::new);
        Self { rate, ..self }
    }

    /// Charges one request, where there is a limit.
    pub(crate) fn charge(&self) -> Option<Standing> {
        self.rate.as_ref().map(|rate| rate.charge())
    }

    /// Its long work.
    pub(crate) fn long_works(&self) -> &LongWorks {
        &self.long_works
    }

    /// Its plans.
    pub(crate) fn plans(&self) -> &Arc<Plans> {
        &self.plans
    }

    /// The place for the one backtest that it may have at a time.
    ///
    /// # Errors
    /// When one is running.
    pub(crate) fn backtest_place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let place = Arc::clone(&self.backtests).try_acquire_owned();
        place.map_err(|_| ApiError::BacktestRuns)
    }

    /// Its id.
    pub(crate) fn id(&self) -> OrganizationId {
        self.id
    }

    /// The state after the last durable entry.
    pub(crate) fn head(&self) -> Arc<State> {
        Arc::clone(&self.head.borrow())
    }

    /// The head as it moves. The channel closes when the organization stops.
    pub(crate) fn watch_head(&self) -> watch::Receiver<Arc<State>> {
        self.head.clone()
    }

    /// Has a command carried out, and waits until what it wrote, and everything it was judged against, is durable.
    ///
    /// # Errors
    /// When the command is refused, the queue is full, the log refuses, or the organization stops meanwhile. After
    /// [`ApiError::Unavailable`] the outcome is unknown.
    pub(crate) async fn submit(&self, command: Command, actor: Actor) -> Result<Submitted, ApiError> {
        let (answer, answered) = oneshot::channel();
        let submission = Submission { command, actor, answer };
        self.queue.try_send(submission).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => ApiError::Busy,
            mpsc::error::TrySendError::Closed(_) => ApiError::Unavailable,
        })?;
        answered.await.unwrap_or(Err(ApiError::Unavailable))
    }

    /// At most `max` entries after a position, with a state that knows everything they name.
    ///
    /// # Errors
    /// When the log cannot be read, or is damaged.
    pub(crate) async fn read(&self, after: Position, max: usize) -> Result<(Arc<State>, Vec<Entry>), ApiError> {
        let (log, id, state) = (Arc::clone(&self.log), self.id, self.head());
        let read = tokio::task::spawn_blocking(move || {
            let records = log.read(stream(id), to_log(after), max)?;
            // What is durable but not published yet may name users that this state does not know.
            let known = records
                .into_iter()
                .take_while(|record| from_log(record.position) <= state.position());
            let entries: Result<Vec<Entry>, ApiError> = known.map(|record| decode(id, &record)).collect();
            entries.map(|entries| (state, entries))
        });
        read.await.unwrap_or(Err(ApiError::Internal))
    }

    /// Has a reader read the entries at these positions, in this order, as long as it goes on. One entry is held at a time.
    ///
    /// # Errors
    /// When the log cannot be read, or is damaged.
    pub(crate) async fn read_each<R: Send + 'static>(
        &self,
        positions: Vec<Position>,
        mut reader: R,
        mut read: impl FnMut(&mut R, &Entry) -> ControlFlow<()> + Send + 'static,
    ) -> Result<R, ApiError> {
        let (log, id) = (Arc::clone(&self.log), self.id);
        let all = tokio::task::spawn_blocking(move || {
            for position in positions {
                let before = Position::new(position.get().saturating_sub(1));
                let records = log.read(stream(id), to_log(before), 1)?;
                let entry = decode(id, records.first().ok_or(ApiError::Internal)?)?;
                if read(&mut reader, &entry).is_break() {
                    break;
                }
            }
            Ok(reader)
        });
        all.await.unwrap_or(Err(ApiError::Internal))
    }

    /// What is wanted of the entries at these positions, in the same order. One entry is held at a time.
    ///
    /// # Errors
    /// When the log cannot be read, or is damaged.
    pub(crate) async fn read_at<T: Send + 'static>(
        &self,
        positions: Vec<Position>,
        mut wanted: impl FnMut(&Entry) -> T + Send + 'static,
    ) -> Result<Vec<T>, ApiError> {
        let all = Vec::with_capacity(positions.len());
        let read = move |all: &mut Vec<T>, entry: &Entry| {
            all.push(wanted(entry));
            ControlFlow::Continue(())
        };
        self.read_each(positions, all, read).await
    }

    /// The log that it is kept in, for checks of the whole record.
    pub(crate) fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }
}

fn decode(id: OrganizationId, record: &rolecall_eventlog::Record) -> Result<Entry, ApiError> {
    Entry::decode(&record.bytes).map_err(|error| {
        let cause = &error as &dyn std::error::Error;
        tracing::error!(organization.id = %id, log.position = %record.position, error = cause, "failed to decode an entry");
        ApiError::Internal
    })
}
