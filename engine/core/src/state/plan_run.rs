//! How far the plan is that is applied, or was last.

use std::sync::Arc;

use super::{Stamp, State};
use crate::entry::Actor;
use crate::id::{GroupIndex, PlanId};
use crate::invariant::known;

/// A plan that is being applied, or the last one that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRun {
    /// The plan.
    pub plan: PlanId,
    /// Who applied it.
    pub by: Actor,
    /// How many groups there were, deleted ones included: those that came later are decided by the new rules anyway.
    pub groups: u32,
    /// How many groups it is to bring into line with the provider.
    pub drift: u32,
    /// How many of these are in line.
    pub drift_done: u32,
    /// When and where it began.
    pub started: Stamp,
    /// When and where it went on last.
    pub stepped: Stamp,
    /// How it ended; `None`: it is still running.
    pub ended: Option<PlanEnd>,
    pub(crate) next: GroupIndex,
    pub(crate) pass: Pass,
    /// Whether a mapping ended in this pass, so that another group may take over its entity.
    pub(crate) frees: bool,
}

/// Who began to apply a plan, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanStart {
    /// The plan.
    pub plan: PlanId,
    /// Who applied it.
    pub by: Actor,
    /// When, and the entry that began it.
    pub started: Stamp,
}

/// How a plan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanEnd {
    /// All groups are up to date.
    Finished,
    /// It was stopped before.
    Stopped,
}

/// Which time the groups are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Every group.
    First,
    /// Once more, because some groups wait for entities that others have let go of since.
    Second,
}

impl PlanRun {
    pub(super) fn new(plan: PlanId, by: Actor, (groups, drift): (u32, u32), now: Stamp) -> Self {
        Self {
            plan,
            by,
            groups,
            drift,
            drift_done: 0,
            started: now,
            stepped: now,
            ended: None,
            next: GroupIndex::from(0),
            pass: Pass::First,
            frees: false,
        }
    }

    /// Whether it is still going on.
    pub fn is_running(&self) -> bool {
        self.ended.is_none()
    }

    /// How many of the groups are up to date.
    pub fn groups_done(&self) -> u32 {
        match self.pass {
            Pass::First => self.next.into(),
            Pass::Second => self.groups,
        }
    }

    /// The first group to go on with; `None` when there is none left. `waits`: whether any mapping waits for an entity.
    pub(crate) fn goes_on_with(&self, waits: bool) -> Option<GroupIndex> {
        if u32::from(self.next) < self.groups {
            Some(self.next)
        } else {
            let again = self.pass == Pass::First && self.frees && waits;
            again.then_some(GroupIndex::from(0))
        }
    }

    pub(super) fn step(&mut self, from: GroupIndex, to: GroupIndex, now: Stamp) {
        if from < self.next {
            self.pass = Pass::Second;
        }
        self.next = to;
        self.stepped = now;
    }

    pub(super) fn reconcile(&mut self, to: u32, now: Stamp) {
        self.drift_done = to;
        self.stepped = now;
    }

    pub(super) fn end(&mut self, end: PlanEnd, now: Stamp) {
        self.ended = Some(end);
        self.stepped = now;
    }
}

impl State {
    pub(super) fn start_plan(&mut self, plan: PlanId, by: Actor, groups: u32) {
        let started = self.stamp;
        let drift = u32::try_from(self.drift.len()).unwrap_or(u32::MAX);
        self.plan_run = Some(PlanRun::new(plan, by, (groups, drift), started));
        self.plans_started.insert(plan, PlanStart { plan, by, started });
    }

    pub(super) fn end_plan(&mut self, end: PlanEnd) {
        self.drift = Arc::default();
        self.with_plan_run(|run, now| run.end(end, now));
    }

    pub(super) fn with_plan_run(&mut self, change: impl FnOnce(&mut PlanRun, Stamp)) {
        change(known(self.plan_run.as_mut(), "plan"), self.stamp);
    }
}
