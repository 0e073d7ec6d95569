//! The single writer of an organization.
//!
//! It takes what is waiting, judges each command against the state that the ones before it lead to, and appends all
//! entries together. While that append is on its way to the disk it judges the next batch. Nothing is published or
//! answered before it is durable - also no refusal, because what it was judged against might not be kept.
//!
//! By itself it takes the steps of the plan that is being applied, and ends what is due.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use rolecall_engine::limits::ENTRY_BYTES_MAX;
use rolecall_engine::{Command, Context, Entry, OrganizationId, PlanId, Rejection, State, handle};
use rolecall_eventlog::{Append, EventLog, LogError, Position};
use tokio::sync::{mpsc, oneshot, watch};

use super::own_work::{OwnWork, Work};
use super::{Submission, Submitted, from_log, stream, to_log};
use crate::error::ApiError;
use crate::limits::{
    BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, BATCHES_IN_FLIGHT_MAX, CLOCK_TRUST_MAX, JUDGING_DURATION_MAX,
};
use crate::metrics::Metrics;
use crate::{random, time};

/// Why a writer stopped. What was in flight may or may not be kept: only reading the log again can tell.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    /// The log failed.
    #[error("an append failed")]
    Append(#[source] LogError),
    /// The log answered with another position than the one that was appended.
    #[error("an append ended at {found} instead of {expected}")]
    Position {
        /// Where it should have ended.
        expected: rolecall_engine::Position,
        /// What the log said.
        found: rolecall_engine::Position,
    },
    /// A state that cannot exist.
    #[error("a command panicked: {0}")]
    Panic(String),
}

type Outcome = Result<Position, LogError>;

/// The writer; see the head of this file.
pub(crate) struct Writer {
    id: OrganizationId,
    queue: mpsc::Receiver<Submission>,
    head: watch::Sender<Arc<State>>,
    log: Arc<dyn EventLog>,
    metrics: Arc<Metrics>,
    stopping: watch::Receiver<bool>,
    /// The state after everything that was judged, durable or not.
    candidate: Arc<State>,
    in_flight: VecDeque<InFlight>,
    /// Why the log refused an append, until all that was built on it is answered.
    refused: Option<LogError>,
    own_work: OwnWork,
}

/// A batch whose append is on its way.
///
/// Each has an outcome of its own: the log may refuse an append at once, while one before it still waits for the disk.
struct InFlight {
    batch: Batch,
    outcome: oneshot::Receiver<Outcome>,
}

/// The commands that share an append.
#[derive(Default)]
struct Batch {
    judged: Vec<Judged>,
    entries: Vec<Vec<u8>>,
    bytes: usize,
}

/// A command that was judged, and waits to be answered.
struct Judged {
    answer: oneshot::Sender<Result<Submitted, ApiError>>,
    before: Arc<State>,
    outcome: Result<Submitted, ApiError>,
}

/// What a writer is woken by.
enum Woken {
    /// The oldest append is durable, or was refused.
    Settle(Outcome),
    /// Commands were waiting; none means that no more will come.
    Judge { taken: usize },
    /// Nothing else is waiting, and it has work of its own.
    OwnWork,
    /// The server stops.
    Stop,
}

impl Writer {
    pub(super) fn new(
        id: OrganizationId,
        queue: mpsc::Receiver<Submission>,
        head: watch::Sender<Arc<State>>,
        log: Arc<dyn EventLog>,
        metrics: Arc<Metrics>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let candidate = Arc::clone(&head.borrow());
        Self {
            id,
            queue,
            head,
            log,
            metrics,
            stopping,
            candidate,
            in_flight: VecDeque::new(),
            refused: None,
            own_work: OwnWork::default(),
        }
    }

    /// Writes until it is told to stop; what is waiting then is still carried out.
    ///
    /// # Errors
    /// When the log fails, or a command panics. Whoever waits for an answer is told that the organization is unavailable.
    pub(crate) async fn run(mut self) -> Result<(), Stopped> {
        let mut waiting = Vec::with_capacity(BATCH_COMMANDS_MAX);
        let mut ended = false;
        while !ended || !self.in_flight.is_empty() {
            let takes_more = !ended && self.refused.is_none() && self.in_flight.len() < BATCHES_IN_FLIGHT_MAX;
            let own_work = self.next_own_work(tokio::time::Instant::now());
            let own_work = own_work.map(|(at, _)| at).filter(|_| takes_more);
            let woken = tokio::select! {
                biased;
                Some(outcome) = oldest_outcome(&mut self.in_flight) => Woken::Settle(outcome),
                taken = self.queue.recv_many(&mut waiting, BATCH_COMMANDS_MAX), if takes_more => Woken::Judge { taken },
                () = told_to_stop(&mut self.stopping), if !self.queue.is_closed() => Woken::Stop,
                () = at(own_work), if own_work.is_some() => Woken::OwnWork,
            };
            match woken {
                Woken::Settle(outcome) => self.settle(outcome)?,
                Woken::Judge { taken: 0 } => ended = true,
                Woken::Judge { .. } => {
                    self.judge_all(waiting.drain(..)).await?;
                    // Its own work goes on however much there is to do beside it.
                    self.work_by_itself().await?;
                }
                Woken::OwnWork => self.work_by_itself().await?,
                Woken::Stop => self.queue.close(),
            }
        }
        Ok(())
    }

    async fn judge_all(&mut self, waiting: impl Iterator<Item = Submission>) -> Result<(), Stopped> {
        let (mut batch, mut began) = (Batch::default(), Instant::now());
        for submission in waiting {
            // Heavy commands of one organization leave turns to the requests of all others.
            if began.elapsed() >= JUDGING_DURATION_MAX {
                tokio::task::yield_now().await;
                began = Instant::now();
            }
            self.judge(submission, &mut batch)?;
            if batch.bytes >= BATCH_BYTES_MAX {
                self.append(std::mem::take(&mut batch));
            }
        }
        self.append(batch);
        Ok(())
    }

    /// What it has to do by itself, and when.
    fn next_own_work(&self, now: tokio::time::Instant) -> Option<(tokio::time::Instant, Work)> {
        // Clocks are set: one that jumps is noticed soon.
        let due = self.candidate.next_due();
        let due = due.map(|due| now + time::until(due).min(CLOCK_TRUST_MAX));
        self.own_work.next(now, due, self.plan().is_some())
    }

    /// Does what is to be done now, if anything; one append at most.
    async fn work_by_itself(&mut self) -> Result<(), Stopped> {
        let now = tokio::time::Instant::now();
        match self.next_own_work(now).filter(|(at, _)| *at <= now) {
            Some((_, Work::Tick)) => self.tick(),
            Some((_, Work::Step)) => self.step().await,
            None => Ok(()),
        }
    }

    /// Ends what is due, as one append.
    fn tick(&mut self) -> Result<(), Stopped> {
        if self.candidate.next_due().is_none_or(|due| due > time::now()) {
            return Ok(());
        }
        let mut batch = Batch::default();
        self.judge(Submission::by_itself(Command::Tick), &mut batch)?;
        if batch.entries.is_empty() {
            tracing::error!(organization.id = %self.id, "failed to end what is due");
            self.own_work.tick_failed(tokio::time::Instant::now());
        }
        self.append(batch);
        Ok(())
    }

    /// The plan that is being applied.
    fn plan(&self) -> Option<PlanId> {
        let run = self.candidate.plan_run().filter(|run| run.is_running());
        run.map(|run| run.plan)
    }

    /// Takes the next step of the plan that is being applied, as one append.
    async fn step(&mut self) -> Result<(), Stopped> {
        let Some(plan) = self.plan() else { return Ok(()) };
        let mut batch = Batch::default();
        self.judge(Submission::by_itself(Command::ContinuePlan), &mut batch)?;
        if batch.entries.is_empty() {
            // It was rehearsed, so the state has grown since: what is done stays, and a new plan can do the rest in parts.
            tracing::error!(organization.id = %self.id, plan.id = %plan, "stopped a plan: a step of it is too large for one entry");
            self.judge(Submission::by_itself(Command::StopPlan { plan }), &mut batch)?;
        }
        self.append(batch);
        tokio::task::yield_now().await;
        Ok(())
    }

    fn judge(&mut self, submission: Submission, batch: &mut Batch) -> Result<(), Stopped> {
        let Submission { command, actor, answer } = submission;
        let context = Context {
            at: time::now(),
            actor,
            seed: random::id_seed(),
        };
        // The state is a value: whatever a panic leaves behind is dropped with the candidate.
        let handled = catch_unwind(AssertUnwindSafe(|| handle(&self.candidate, &command, context)));
        let handled = handled.map_err(|panic| Stopped::Panic(panic_text(panic.as_ref())))?;
        let before = Arc::clone(&self.candidate);
        let outcome = match handled {
            Ok(Some((next, entry))) => self.accept(next, entry, batch),
            Ok(None) => Ok(Submitted {
                state: Arc::clone(&self.candidate),
                entry: None,
            }),
            Err(rejection) => Err(ApiError::Rejected(rejection)),
        };
        batch.judged.push(Judged {
            answer,
            before,
            outcome,
        });
        Ok(())
    }

    fn accept(&mut self, next: State, entry: Entry, batch: &mut Batch) -> Result<Submitted, ApiError> {
        let bytes = entry.encode();
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(ApiError::Rejected(Rejection::EntryTooLarge {
                bytes: bytes.len(),
                limit: ENTRY_BYTES_MAX,
            }));
        }
        batch.bytes += bytes.len();
        batch.entries.push(bytes);
        self.candidate = Arc::new(next);
        Ok(Submitted {
            state: Arc::clone(&self.candidate),
            entry: Some(Arc::new(entry)),
        })
    }

    fn append(&mut self, mut batch: Batch) {
        let entries = std::mem::take(&mut batch.entries);
        if entries.is_empty() {
            return self.answer_with_the_batch_before(batch);
        }
        let after = self
            .in_flight
            .back()
            .map_or_else(|| Arc::clone(&self.head.borrow()), |last| last.batch.last_state());
        let (answer, outcome) = oneshot::channel();
        self.in_flight.push_back(InFlight { batch, outcome });
        let append = Append {
            stream: stream(self.id),
            after: to_log(after.position()),
            entries,
        };
        // When the receiver is gone, the writer has stopped and nobody waits any more.
        self.log
            .append(append, Box::new(move |outcome| drop(answer.send(outcome))));
    }

    /// Commands that wrote nothing need no append, but what they were judged against has to be durable first.
    fn answer_with_the_batch_before(&mut self, batch: Batch) {
        match self.in_flight.back_mut() {
            Some(before) => before.batch.judged.extend(batch.judged),
            None => batch.judged.into_iter().for_each(Judged::answer),
        }
    }

    fn settle(&mut self, outcome: Outcome) -> Result<(), Stopped> {
        let Some(InFlight { batch, .. }) = self.in_flight.pop_front() else {
            return Ok(());
        };
        match (outcome, self.refused.clone()) {
            (Ok(position), None) => self.publish(batch, from_log(position))?,
            (Err(error), None) if keeps_nothing(&error) => {
                tracing::warn!(organization.id = %self.id, error = &error as &dyn std::error::Error, "the log refused an append");
                batch.refuse(&error);
                self.refused = Some(error);
                self.own_work.refused(tokio::time::Instant::now());
            }
            // It was built on what was refused, so it was refused too.
            (Err(LogError::Conflict { .. }), Some(first)) => batch.refuse(&first),
            (Err(error), Some(_)) if keeps_nothing(&error) => batch.refuse(&error),
            (Err(error), _) => return Err(Stopped::Append(error)),
            (Ok(found), Some(_)) => {
                let (expected, found) = (self.head.borrow().position(), from_log(found));
                return Err(Stopped::Position { expected, found });
            }
        }
        if self.in_flight.is_empty() && self.refused.take().is_some() {
            self.candidate = Arc::clone(&self.head.borrow());
        }
        Ok(())
    }

    fn publish(&mut self, batch: Batch, found: rolecall_engine::Position) -> Result<(), Stopped> {
        let state = batch.last_state();
        if found != state.position() {
            return Err(Stopped::Position {
                expected: state.position(),
                found,
            });
        }
        tracing::debug!(organization.id = %self.id, log.position = found.get(), "published the head");
        self.head.send_replace(state);
        for judged in &batch.judged {
            if let Ok(Submitted {
                state,
                entry: Some(entry),
            }) = &judged.outcome
            {
                self.metrics.entry(&judged.before, entry, state);
            }
        }
        batch.judged.into_iter().for_each(Judged::answer);
        Ok(())
    }
}

impl Batch {
    /// The state after its last command.
    fn last_state(&self) -> Arc<State> {
        let last = self.judged.iter().rev().find_map(|judged| judged.outcome.as_ref().ok());
        #[expect(
            clippy::expect_used,
            reason = "a batch is in flight only when a command of it was accepted"
        )]
        let last = last.expect("INVARIANT: a batch in flight has an accepted command");
        Arc::clone(&last.state)
    }

    fn refuse(self, error: &LogError) {
        for judged in self.judged {
            // Whoever is gone does not wait for an answer.
            drop(judged.answer.send(Err(ApiError::Log(error.clone()))));
        }
    }
}

impl Judged {
    fn answer(self) {
        // Whoever is gone does not wait for an answer.
        drop(self.answer.send(self.outcome));
    }
}

/// The outcome of the oldest append, once it is known; `None` when none is on its way.
async fn oldest_outcome(in_flight: &mut VecDeque<InFlight>) -> Option<Outcome> {
    let oldest = in_flight.front_mut()?;
    // A log that drops an append without an answer leaves its outcome unknown.
    Some((&mut oldest.outcome).await.unwrap_or(Err(LogError::Stopped)))
}

async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, and with it the server.
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// Returns at this time; never, when there is none.
async fn at(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Whether nothing of the append was kept for sure, so that the organization can go on from where it was.
fn keeps_nothing(error: &LogError) -> bool {
    match error {
        LogError::Full { .. } | LogError::Busy | LogError::TooLarge { .. } => true,
        LogError::Conflict { .. }
        | LogError::Corrupt { .. }
        | LogError::LostTail { .. }
        | LogError::Locked { .. }
        | LogError::Stopped
        | LogError::Unavailable(_)
        | LogError::Missing { .. }
        | LogError::Unusable { .. }
        | LogError::Damaged { .. }
        | LogError::NotDurable => false,
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a text")
        .to_owned()
}
