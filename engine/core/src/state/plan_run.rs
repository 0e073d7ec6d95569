//! How far the plan is that is applied, or was last.

use super::Stamp;
use crate::entry::Actor;
use crate::id::{GroupIndex, PlanId};

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
