//! Who keeps organizations running: loads them from the log, starts their writers, and does so again after a failure.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rolecall_engine::registry::REGISTRY;
use rolecall_engine::{OrganizationId, Rejection, State};
use rolecall_eventlog::{EventLog, Status};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::config::RequestsPerSecond;
use crate::error::ApiError;
use crate::limits::RELOAD_PAUSE;
use crate::metrics::{Metrics, Population};
use crate::organization::{Organization, PlanShelf, Stopped, Writer};
use crate::replay::{self, ReplayError};

/// All organizations of a server.
pub(crate) struct Supervisor {
    log: Arc<dyn EventLog>,
    metrics: Arc<Metrics>,
    /// What each organization may send.
    rate: RequestsPerSecond,
    /// The plans of all of them.
    plans: Arc<PlanShelf>,
    organizations: RwLock<BTreeMap<OrganizationId, Slot>>,
    stopping: watch::Sender<bool>,
    /// How many organizations have a task.
    running: watch::Sender<usize>,
    log_stopped: watch::Sender<bool>,
}

enum Slot {
    Running(Arc<Organization>),
    /// It is being loaded, at first or after a failure.
    Loading,
}

impl Slot {
    fn running(&self) -> Result<Arc<Organization>, ApiError> {
        match self {
            Self::Running(organization) => Ok(Arc::clone(organization)),
            Self::Loading => Err(ApiError::Unavailable),
        }
    }
}

impl Supervisor {
    /// Loads every organization and starts its writer. One that cannot be loaded leaves the others alone: it is tried again
    /// and again, as after a failure.
    ///
    /// # Errors
    /// When the record of the registry is damaged or cannot be read: without it nobody can be told from anybody else.
    pub(crate) async fn start(
        log: Arc<dyn EventLog>,
        metrics: Arc<Metrics>,
        rate: RequestsPerSecond,
    ) -> Result<Arc<Self>, ReplayError> {
        let supervisor = Arc::new(Self {
            log,
            metrics,
            rate,
            plans: Arc::default(),
            organizations: RwLock::default(),
            stopping: watch::Sender::new(false),
            running: watch::Sender::new(0),
            log_stopped: watch::Sender::new(false),
        });
        supervisor.load_all().await?;
        Ok(supervisor)
    }

    async fn load_all(self: &Arc<Self>) -> Result<(), ReplayError> {
        let started = Instant::now();
        let registry = self.load(REGISTRY).await?;
        let mut entries = registry.position().get();
        let ids: Vec<_> = registry
            .registry()
            .organizations()
            .map(|organization| organization.id)
            .collect();
        let writer = self.run(REGISTRY, registry);
        self.spawn(REGISTRY, Some(writer));
        for (done, id) in ids.iter().enumerate() {
            let state = match self.load(*id).await {
                Ok(state) => state,
                Err(error) => {
                    log_replay_error(*id, &error, RELOAD_PAUSE.0);
                    self.set(*id, Slot::Loading);
                    self.spawn(*id, None);
                    continue;
                }
            };
            entries += state.position().get();
            tracing::info!(
                organization.id = %id,
                log.position = state.position().get(),
                "replayed organization {} of {}",
                done + 1,
                ids.len()
            );
            let writer = self.run(*id, state);
            self.spawn(*id, Some(writer));
        }
        self.metrics.replayed(entries, started.elapsed());
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(entries, milliseconds, organizations = ids.len(), "replayed the record");
        Ok(())
    }

    /// The organization with this id.
    ///
    /// # Errors
    /// When there is none, or it is being reloaded.
    pub(crate) fn get(self: &Arc<Self>, id: OrganizationId) -> Result<Arc<Organization>, ApiError> {
        if let Some(slot) = self.read_slots().get(&id) {
            return slot.running();
        }
        // A new organization starts when it is first asked for, whether or not the answer to its creation got through.
        if self.registry()?.head().registry().organization(id).is_none() {
            return Err(ApiError::Rejected(Rejection::UnknownOrganization));
        }
        self.start_new(id)
    }

    /// The reserved organization.
    ///
    /// # Errors
    /// When it is being reloaded.
    pub(crate) fn registry(&self) -> Result<Arc<Organization>, ApiError> {
        self.read_slots()
            .get(&REGISTRY)
            .map_or(Err(ApiError::Unavailable), Slot::running)
    }

    /// How many of everything there are, over all organizations that run.
    pub(crate) fn population(&self) -> Population {
        let mut population = Population::default();
        for slot in self.read_slots().values() {
            match slot {
                Slot::Running(organization) => population.add(&organization.head()),
                Slot::Loading => population.add_loading(),
            }
        }
        population
    }

    /// The numbers of the log.
    pub(crate) fn log_status(&self) -> Status {
        self.log.status()
    }

    /// Returns when the log has stopped after a failed write: only a new process can find out what was kept.
    pub(crate) async fn log_stopped(&self) {
        // The sender is part of this value, so waiting does not fail.
        drop(self.log_stopped.subscribe().wait_for(|stopped| *stopped).await);
    }

    /// Tells all writers to end once they have carried out what waits.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until all writers have ended.
    pub(crate) async fn stopped(&self) {
        // The sender is part of this value, so waiting does not fail.
        drop(self.running.subscribe().wait_for(|running| *running == 0).await);
    }

    /// Where nothing is loaded there is nothing to read: the organization is new.
    fn start_new(self: &Arc<Self>, id: OrganizationId) -> Result<Arc<Organization>, ApiError> {
        let mut slots = self.organizations.write().unwrap_or_else(PoisonError::into_inner);
        // Another caller was faster, and since then the organization may even have stopped again.
        if let Some(slot) = slots.get(&id) {
            return slot.running();
        }
        let (organization, writer) = self.prepare(id, Arc::default());
        slots.insert(id, Slot::Running(Arc::clone(&organization)));
        drop(slots);
        self.spawn(id, Some(writer));
        Ok(organization)
    }

    /// Lets callers have the organization in this state; its writer is to be run.
    fn run(&self, id: OrganizationId, state: State) -> Writer {
        let (organization, writer) = self.prepare(id, Arc::new(state));
        self.set(id, Slot::Running(organization));
        writer
    }

    fn prepare(&self, id: OrganizationId, state: Arc<State>) -> (Arc<Organization>, Writer) {
        let (log, metrics, plans) = (
            Arc::clone(&self.log),
            Arc::clone(&self.metrics),
            Arc::clone(&self.plans),
        );
        let (organization, writer) = Organization::new(id, state, log, metrics, plans, self.stopping.subscribe());
        (Arc::new(organization.with_rate(self.rate)), writer)
    }

    fn spawn(self: &Arc<Self>, id: OrganizationId, writer: Option<Writer>) {
        let supervisor = Arc::clone(self);
        self.running.send_modify(|running| *running += 1);
        tokio::spawn(async move {
            supervisor.supervise(id, writer).await;
            supervisor.running.send_modify(|running| *running -= 1);
        });
    }

    /// Runs a writer, and reloads the organization whenever it stops. Without a writer the organization is loaded first.
    async fn supervise(&self, id: OrganizationId, mut writer: Option<Writer>) {
        loop {
            let Some(running) = writer.take() else {
                let Some(state) = self.reload(id).await else { return };
                writer = Some(self.run(id, state));
                continue;
            };
            let Err(stopped) = run_to_its_end(running).await else {
                return;
            };
            log_stopped(id, &stopped);
            self.set(id, Slot::Loading);
        }
    }

    /// The one recovery path, the same as at a start. `None` when the server stops, or the log takes no more appends.
    async fn reload(&self, id: OrganizationId) -> Option<State> {
        let (mut pause, longest) = RELOAD_PAUSE;
        let mut stopping = self.stopping.subscribe();
        loop {
            if self.log.status().stopped {
                self.log_stopped.send_replace(true);
                return None;
            }
            let told_to_stop = async { stopping.wait_for(|stopping| *stopping).await.is_ok() };
            if tokio::time::timeout(pause, told_to_stop).await.is_ok() {
                return None;
            }
            match self.load(id).await {
                Ok(state) => return Some(state),
                Err(error) => log_replay_error(id, &error, pause),
            }
            pause = (pause * 2).min(longest);
        }
    }

    async fn load(&self, id: OrganizationId) -> Result<State, ReplayError> {
        let log = Arc::clone(&self.log);
        let loaded = tokio::task::spawn_blocking(move || replay::load(log.as_ref(), id)).await;
        loaded.unwrap_or_else(|error| {
            let (position, reason) = (rolecall_engine::Position::START, error.to_string());
            Err(ReplayError::Impossible {
                organization: id,
                position,
                reason,
            })
        })
    }

    fn set(&self, id: OrganizationId, slot: Slot) {
        self.organizations
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, slot);
    }

    fn read_slots(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<OrganizationId, Slot>> {
        self.organizations.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task of its own, so that a panic anywhere in it is an end like any other.
async fn run_to_its_end(writer: Writer) -> Result<(), Stopped> {
    let ended = tokio::spawn(writer.run()).await;
    ended.unwrap_or_else(|error| Err(Stopped::Panic(error.to_string())))
}

fn log_stopped(id: OrganizationId, stopped: &Stopped) {
    let cause = stopped as &dyn std::error::Error;
    tracing::error!(organization.id = %id, error = cause, "an organization stopped; it is reloaded from the log");
}

fn log_replay_error(id: OrganizationId, error: &ReplayError, pause: Duration) {
    let cause = error as &dyn std::error::Error;
    tracing::error!(organization.id = %id, error = cause, seconds = pause.as_secs_f64(), "failed to load an organization; it is tried again");
}
