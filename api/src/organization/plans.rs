//! The plans of an organization that were made and may be applied. They live as long as the organization runs, and an hour at
//! most: a plan is for the state it was made for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rolecall_engine::plan::{Draft, DriftReport, PlanEffect};
use rolecall_engine::{Actor, PlanId, Position, Timestamp};
use tokio::time::Instant;

use crate::limits::{PLAN_DURATION, PLANS_MAX};

/// A plan.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Its id.
    pub(crate) id: PlanId,
    /// Who made it.
    pub(crate) author: Actor,
    /// What it changes.
    pub(crate) draft: Draft,
    /// What that comes to.
    pub(crate) effect: PlanEffect,
    /// How the snapshot that it was made from differs, where it was made from one.
    pub(crate) drift: Option<DriftReport>,
    /// The position that its effect was worked out at.
    pub(crate) position: Position,
    /// What tells it from every other one.
    pub(crate) hash: String,
    /// When it was made.
    pub(crate) created: Timestamp,
}

/// The last plans.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<VecDeque<(Instant, Arc<Plan>)>>);

impl Plans {
    /// The plan with this id, as long as it is kept.
    pub(crate) fn get(&self, id: PlanId) -> Option<Arc<Plan>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = kept.iter().filter(|(made, _)| made.elapsed() < PLAN_DURATION);
        let mut plans = fresh.map(|(_, plan)| plan);
        plans.find(|plan| plan.id == id).map(Arc::clone)
    }

    /// Keeps a plan; the oldest gives way.
    pub(crate) fn keep(&self, plan: Plan) -> Arc<Plan> {
        let plan = Arc::new(plan);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(made, _)| made.elapsed() < PLAN_DURATION);
        if kept.len() >= PLANS_MAX {
            kept.pop_front();
        }
        kept.push_back((Instant::now(), Arc::clone(&plan)));
        plan
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn plan(number: usize) -> Plan {
        Plan {
            id: id(number),
            author: Actor::Root,
            draft: Draft::default(),
            effect: PlanEffect::default(),
            drift: None,
            position: Position::START,
            hash: String::new(),
            created: Timestamp::default(),
        }
    }

    fn id(number: usize) -> PlanId {
        PlanId::new(Uuid::from_u128(number as u128))
    }

    #[tokio::test(start_paused = true)]
    async fn plans_are_kept_for_an_hour_and_as_many_as_there_is_room_for() {
        let plans = Plans::default();
        (0..=PLANS_MAX).for_each(|number| drop(plans.keep(plan(number))));
        assert!(plans.get(id(0)).is_none() && plans.get(id(1)).is_some());
        tokio::time::advance(PLAN_DURATION).await;
        assert!(plans.get(id(PLANS_MAX)).is_none());
    }
}
