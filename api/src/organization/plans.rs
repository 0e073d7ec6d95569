//! The plans that were made and may be applied. They live as long as their organization runs, and an hour at most: a plan is
//! for the state it was made for. How many an organization has, and how much memory its plans and those of the whole server take,
//! is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rolecall_engine::plan::{Draft, DriftReport, PlanEffect};
use rolecall_engine::state::PlanRun;
use rolecall_engine::{Actor, PlanId, Position, State, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::ApiError;
use crate::limits::{ORGANIZATION_PLANS_BYTES_MAX, PLAN_BYTES_MAX, PLAN_DURATION, PLANS_MAX, SERVER_PLANS_BYTES_MAX};

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
    /// The bytes of memory that it takes, at most about.
    pub(crate) bytes: u64,
    /// When it was made.
    pub(crate) created: Timestamp,
}

/// How many bytes of memory may be taken.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// By one plan.
    plan: u64,
    /// By the plans of one organization.
    organization: u64,
    /// By those of all.
    server: u64,
}

/// The kept plans of a server.
#[derive(Debug)]
pub(crate) struct PlanShelf {
    room: Room,
    kept: Mutex<KeptPlans>,
}

/// All that is kept.
#[derive(Debug, Default)]
struct KeptPlans {
    /// By whose it is, and in the order of making.
    plans: BTreeMap<Key, Kept>,
    /// Whose it is, in the order of making.
    order: BTreeMap<u64, u64>,
    /// What the plans of each owner take, and who that is.
    weights: BTreeSet<(u64, u64)>,
    /// What all of them take.
    bytes: u64,
    owners: u64,
    made: u64,
}

/// Whose plan it is, and how many were made before it.
type Key = (u64, u64);

#[derive(Debug)]
struct Kept {
    made: Instant,
    plan: Arc<Plan>,
    head: watch::Receiver<Arc<State>>,
    /// How it ended, noted when a later one began.
    ended: Option<PlanRun>,
}

/// The plans of one organization, as long as it runs.
#[derive(Debug)]
pub(crate) struct Plans {
    shelf: Arc<PlanShelf>,
    owner: u64,
    head: watch::Receiver<Arc<State>>,
}

impl Plans {
    /// No plans yet, of the organization with this head, among those of the others of the server.
    pub(crate) fn new(shelf: Arc<PlanShelf>, head: watch::Receiver<Arc<State>>) -> Self {
        let owner = shelf.lock().next_owner();
        Self { shelf, owner, head }
    }

    /// The plan with this id, as long as it is kept.
    pub(crate) fn get(&self, id: PlanId) -> Option<Arc<Plan>> {
        self.shelf
            .lock()
            .find(self.owner, id)
            .map(|kept| Arc::clone(&kept.plan))
    }

    /// How a plan ended after which another one began, as long as it is kept.
    pub(crate) fn ended(&self, id: PlanId) -> Option<PlanRun> {
        self.shelf.lock().find(self.owner, id)?.ended
    }

    /// Notes how a plan ended before another one begins, if it is kept.
    pub(crate) fn note_end(&self, run: PlanRun) {
        let mut kept = self.shelf.lock();
        let mut plans = kept.plans.range_mut(range_of(self.owner));
        if let Some((_, ended)) = plans.find(|(_, kept)| kept.plan.id == run.plan) {
            ended.ended = Some(run);
        }
    }

    /// Keeps a plan; older ones give way, those that are being applied last. What gives way may be large, so this is no work for
    /// a thread that answers requests.
    ///
    /// # Errors
    /// When the plan alone is too large.
    pub(crate) fn keep(&self, plan: Plan) -> Result<Arc<Plan>, ApiError> {
        let room = self.shelf.room;
        if plan.bytes > room.plan {
            let (bytes, limit) = (plan.bytes, room.plan);
            return Err(ApiError::PlanTooLarge { bytes, limit });
        }
        let plan = Arc::new(plan);
        let new = Kept {
            made: Instant::now(),
            plan: Arc::clone(&plan),
            head: self.head.clone(),
            ended: None,
        };
        let gone = self.shelf.lock().put(self.owner, new, room);
        // Not before the others may go on.
        drop(gone);
        Ok(plan)
    }
}

impl Drop for Plans {
    fn drop(&mut self) {
        let gone = self.shelf.lock().take_all_of(self.owner);
        drop(gone);
    }
}

impl Default for PlanShelf {
    fn default() -> Self {
        Self::of(Room {
            plan: PLAN_BYTES_MAX,
            organization: ORGANIZATION_PLANS_BYTES_MAX,
            server: SERVER_PLANS_BYTES_MAX,
        })
    }
}

impl PlanShelf {
    fn of(room: Room) -> Self {
        let kept = Mutex::default();
        Self { room, kept }
    }

    fn lock(&self) -> MutexGuard<'_, KeptPlans> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptPlans {
    fn next_owner(&mut self) -> u64 {
        self.owners += 1;
        self.owners
    }

    fn of_owner(&self, owner: u64) -> impl Iterator<Item = (&Key, &Kept)> {
        self.plans.range(range_of(owner))
    }

    /// A plan of the owner that is not over its time.
    fn find(&self, owner: u64, id: PlanId) -> Option<&Kept> {
        let mut plans = self.of_owner(owner).map(|(_, kept)| kept);
        plans.find(|kept| kept.plan.id == id).filter(|kept| kept.is_fresh())
    }

    /// One that is over its time; all have the same, so it is the oldest.
    fn expired(&self) -> Option<Key> {
        let (made, owner) = self.order.first_key_value()?;
        let key = (*owner, *made);
        self.plans.get(&key).filter(|kept| !kept.is_fresh()).map(|_| key)
    }

    /// The plan that gives way to a new one where the server has no more room: the oldest of whoever takes most, so that nobody
    /// pushes out the plans of others by making many. Those that are being applied go last.
    fn first_of_heaviest(&self, new: Key) -> Option<Key> {
        let owners = || self.weights.iter().rev().map(|(_, owner)| *owner);
        let older = |owner| self.of_owner(owner).filter(|(key, _)| **key != new);
        let idle = owners().find_map(|owner| older(owner).find(|(_, kept)| !kept.is_running()));
        let first = idle.or_else(|| owners().find_map(|owner| older(owner).next()));
        first.map(|(key, _)| *key)
    }

    /// Puts a plan among the others, and answers with those that gave way. Takes time in those and in the plans of the
    /// organization, not in all that are kept: others wait meanwhile.
    fn put(&mut self, owner: u64, new: Kept, room: Room) -> Vec<Kept> {
        let bytes = new.plan.bytes;
        let mut gone = Vec::new();
        while let Some(expired) = self.expired() {
            gone.extend(self.take(expired));
        }
        while self.of_owner(owner).count() >= PLANS_MAX || bytes_of(self.of_owner(owner)) + bytes > room.organization {
            let Some(oldest) = first_to_go(self.of_owner(owner)) else {
                break;
            };
            gone.extend(self.take(oldest));
        }
        let key = self.insert(owner, new);
        while self.bytes > room.server {
            let Some(first) = self.first_of_heaviest(key) else {
                break;
            };
            gone.extend(self.take(first));
        }
        gone
    }

    fn insert(&mut self, owner: u64, new: Kept) -> Key {
        self.made += 1;
        let (key, before, bytes) = ((owner, self.made), bytes_of(self.of_owner(owner)), new.plan.bytes);
        self.plans.insert(key, new);
        self.order.insert(self.made, owner);
        self.bytes += bytes;
        self.weigh(owner, before);
        key
    }

    fn take(&mut self, key: Key) -> Option<Kept> {
        let (owner, made) = key;
        let before = bytes_of(self.of_owner(owner));
        let kept = self.plans.remove(&key)?;
        self.order.remove(&made);
        self.bytes -= kept.plan.bytes;
        self.weigh(owner, before);
        Some(kept)
    }

    /// Puts an owner, whose plans took so much before, where it belongs by what they take now.
    fn weigh(&mut self, owner: u64, before: u64) {
        self.weights.remove(&(before, owner));
        if self.of_owner(owner).next().is_some() {
            self.weights.insert((bytes_of(self.of_owner(owner)), owner));
        }
    }

    fn take_all_of(&mut self, owner: u64) -> Vec<Kept> {
        let keys: Vec<Key> = self.of_owner(owner).map(|(key, _)| *key).collect();
        keys.into_iter().filter_map(|key| self.take(key)).collect()
    }
}

fn range_of(owner: u64) -> RangeInclusive<Key> {
    (owner, 0)..=(owner, u64::MAX)
}

fn bytes_of<'a>(kept: impl Iterator<Item = (&'a Key, &'a Kept)>) -> u64 {
    kept.map(|(_, kept)| kept.plan.bytes).sum()
}

/// The oldest one that is not being applied; when all are, the oldest. They come by age.
fn first_to_go<'a>(by_age: impl Iterator<Item = (&'a Key, &'a Kept)>) -> Option<Key> {
    let mut by_age = by_age.peekable();
    let oldest = by_age.peek().map(|(key, _)| **key);
    let idle = by_age.find(|(_, kept)| !kept.is_running()).map(|(key, _)| *key);
    idle.or(oldest)
}

impl Kept {
    fn is_fresh(&self) -> bool {
        self.made.elapsed() < PLAN_DURATION
    }

    fn is_running(&self) -> bool {
        let head = self.head.borrow();
        let run = head.plan_run();
        run.is_some_and(|run| run.plan == self.plan.id && run.is_running())
    }
}

#[cfg(test)]
mod tests {
    use rolecall_engine::{Command, Context, IdSeed, handle};
    use uuid::Uuid;

    use super::*;

    fn plan(number: usize, bytes: u64) -> Plan {
        Plan {
            id: id(number),
            author: Actor::Root,
            draft: Draft::default(),
            effect: PlanEffect::default(),
            drift: None,
            position: Position::START,
            hash: String::new(),
            bytes,
            created: Timestamp::default(),
        }
    }

    fn id(number: usize) -> PlanId {
        PlanId::new(Uuid::from_u128(number as u128))
    }

    /// Organizations on a server of their own, at whose heads no plan runs.
    fn organizations<const COUNT: usize>() -> [Plans; COUNT] {
        let room = Room {
            plan: 50,
            organization: 100,
            server: 150,
        };
        let shelf = Arc::new(PlanShelf::of(room));
        [(); COUNT].map(|()| Plans::new(Arc::clone(&shelf), watch::channel(Arc::default()).1))
    }

    fn keep(plans: &Plans, number: usize, bytes: u64) {
        plans.keep(plan(number, bytes)).unwrap();
    }

    fn kept(plans: &Plans) -> Vec<usize> {
        let all = plans.shelf.lock();
        assert_eq!(
            (all.order.len(), all.bytes),
            (all.plans.len(), bytes_of(all.plans.iter()))
        );
        assert_eq!(all.weights.iter().map(|(bytes, _)| bytes).sum::<u64>(), all.bytes);
        drop(all);
        (0..100).filter(|number| plans.get(id(*number)).is_some()).collect()
    }

    /// A head at which this plan runs.
    fn running(plan: PlanId) -> Arc<State> {
        let draft = Draft {
            rerun: true,
            ..Draft::default()
        };
        let (at, actor) = (Timestamp::from_milliseconds(1), Actor::Root);
        let command = Command::ApplyPlan {
            plan,
            draft,
            author: Actor::Root,
            expected: Position::START,
        };
        let seed = IdSeed::new([1; 16]);
        let applied = handle(&State::default(), &command, Context { at, actor, seed });
        Arc::new(applied.unwrap().unwrap().0)
    }

    #[tokio::test(start_paused = true)]
    async fn plans_are_kept_for_an_hour_and_as_many_as_there_is_room_for() {
        let [plans] = organizations();
        (0..=PLANS_MAX).for_each(|number| keep(&plans, number, 1));
        assert!(plans.get(id(0)).is_none() && plans.get(id(1)).is_some());
        tokio::time::advance(PLAN_DURATION).await;
        assert!(plans.get(id(PLANS_MAX)).is_none());
    }

    #[tokio::test]
    async fn the_oldest_plans_give_way_to_one_that_needs_their_room() {
        let [plans] = organizations();
        [(1, 40), (2, 10), (3, 50)]
            .into_iter()
            .for_each(|(number, bytes)| keep(&plans, number, bytes));
        assert_eq!(kept(&plans), [1, 2, 3]);
        keep(&plans, 4, 40);
        assert_eq!(kept(&plans), [2, 3, 4]);
        keep(&plans, 5, 50);
        assert_eq!(kept(&plans), [4, 5]);
    }

    #[tokio::test]
    async fn a_plan_that_is_too_large_alone_is_refused_and_nothing_gives_way_to_it() {
        let [plans] = organizations();
        (1..=2).for_each(|number| keep(&plans, number, 50));
        let refused = plans.keep(plan(3, 51)).unwrap_err();
        assert!(
            matches!(refused, ApiError::PlanTooLarge { bytes: 51, limit: 50 }),
            "{refused}"
        );
        assert_eq!(kept(&plans), [1, 2]);
    }

    #[tokio::test]
    async fn all_organizations_share_the_room_of_the_server_and_nobody_sees_the_plans_of_others() {
        let [one, other] = organizations();
        keep(&one, 1, 50);
        keep(&other, 2, 50);
        keep(&one, 3, 50);
        assert_eq!((kept(&one), kept(&other)), (vec![1, 3], vec![2]));
        keep(&other, 4, 30);
        assert_eq!((kept(&one), kept(&other)), (vec![3], vec![2, 4]));
        drop(one);
        keep(&other, 5, 20);
        keep(&other, 6, 1);
        assert_eq!(kept(&other), [4, 5, 6]);
    }

    #[tokio::test]
    async fn an_organization_that_makes_many_plans_pushes_out_its_own() {
        let [small, other, greedy] = organizations();
        keep(&small, 1, 10);
        keep(&other, 2, 50);
        [(3, 50), (4, 40), (5, 10), (6, 50)]
            .into_iter()
            .for_each(|(number, bytes)| keep(&greedy, number, bytes));
        assert_eq!(
            (kept(&small), kept(&other), kept(&greedy)),
            (vec![1], vec![2], vec![5, 6])
        );
        // The new one stays, also of whoever takes most.
        keep(&other, 7, 50);
        assert_eq!(
            (kept(&small), kept(&other), kept(&greedy)),
            (vec![1], vec![7], vec![5, 6])
        );
    }

    #[tokio::test]
    async fn a_plan_that_is_being_applied_gives_way_last() {
        let (sender, head) = watch::channel(Arc::default());
        let [other] = organizations();
        let plans = Plans::new(Arc::clone(&other.shelf), head);
        (1..=2).for_each(|number| keep(&plans, number, 50));
        sender.send(running(id(1))).unwrap();
        keep(&plans, 3, 50);
        assert_eq!(kept(&plans), [1, 3]);
        keep(&other, 4, 50);
        keep(&other, 5, 50);
        assert_eq!((kept(&plans), kept(&other)), (vec![1], vec![4, 5]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_its_time_takes_nobodys_room() {
        let [one, other] = organizations();
        keep(&one, 1, 50);
        keep(&one, 2, 50);
        tokio::time::advance(PLAN_DURATION).await;
        keep(&other, 3, 50);
        assert_eq!(other.shelf.lock().plans.len(), 1);
        keep(&other, 4, 50);
        assert_eq!(kept(&other), [3, 4]);
    }
}
