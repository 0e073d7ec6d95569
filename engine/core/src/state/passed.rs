//! How many removals each scope let through lately, and who is placed anywhere.

use imbl::OrdMap;

use super::counts::{decrease_by, increase_by};
use super::{Entity, State, User};
use crate::brake::BrakeScope;
use crate::id::EntityIndex;
use crate::time::Timestamp;
use crate::user_set::UserSet;

/// A window is counted in so many parts: what is of one part is forgotten together, so memory has a bound.
const PARTS: u64 = 900;

/// Removals that passed, by scope, as long as the window looks back to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// By the end of the part of the window that they are of.
    times: OrdMap<(Timestamp, BrakeScope), u64>,
    totals: OrdMap<BrakeScope, u64>,
}

impl Passed {
    /// How many there are.
    pub(crate) fn of(&self, scope: BrakeScope) -> u64 {
        self.totals.get(&scope).copied().unwrap_or(0)
    }

    /// Counts removals. They are taken for as young as the youngest of their part: never too few are counted.
    pub(crate) fn add(&mut self, at: Timestamp, window: u64, scope: BrakeScope, count: u64) {
        let part = (window / PARTS).max(1);
        let end = Timestamp::from_milliseconds(at.milliseconds().div_ceil(part) * part);
        increase_by(&mut self.times, (end, scope), count);
        increase_by(&mut self.totals, scope, count);
    }

    /// Forgets what is older than the window. Takes time in what it forgets.
    pub(crate) fn forget_before(&mut self, now: Timestamp, window: u64) {
        while let Some((key, count)) = self.times.get_min() {
            let (key, count) = (*key, *count);
            let (end, scope) = key;
            if end.milliseconds() + window > now.milliseconds() {
                break;
            }
            self.times.remove(&key);
            decrease_by(&mut self.totals, &scope, count);
        }
    }

    /// Starts a scope anew.
    pub(crate) fn reset(&mut self, scope: BrakeScope) {
        if self.totals.remove(&scope).is_some() {
            self.times = self
                .times
                .iter()
                .filter(|((_, of), _)| *of != scope)
                .map(|(key, count)| (*key, *count))
                .collect();
        }
    }
}

impl State {
    /// How many removals of a scope passed inside the window.
    pub(crate) fn passed(&self, scope: BrakeScope) -> u64 {
        self.passed.of(scope)
    }

    /// The default concurrency group of the organization.
    pub(crate) fn default_group(&self) -> Option<&Entity> {
        self.settings
            .default_concurrency_group
            .and_then(|entity| self.entity(entity))
    }

    /// Whether the user counts as placed.
    pub(super) fn is_placed(&self, user: &User) -> bool {
        self.counts_as_placed(user.memberships.iter().map(|membership| membership.entity))
    }

    /// Whether who is in these entities counts as placed: one of them is not the default concurrency group.
    pub(crate) fn counts_as_placed(&self, entities: impl IntoIterator<Item = EntityIndex>) -> bool {
        let default = self.default_group().map(|entity| entity.index);
        entities.into_iter().any(|entity| Some(entity) != default)
    }

    pub(super) fn count_placed(&self, users: &UserSet) -> u64 {
        users
            .iter()
            .map(|user| u64::from(self.is_placed(self.user_at(user))))
            .sum()
    }

    pub(super) fn window_milliseconds(&self) -> u64 {
        u64::from(self.safeguards.brake.window_seconds) * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let (window, scope) = (900_000, BrakeScope::Organization);
        let mut passed = Passed::default();
        passed.add(at(100), window, scope, 3);
        passed.add(at(500), window, scope, 4);
        passed.add(at(500), window, BrakeScope::HighestRole, 1);
        passed.forget_before(at(999), window);
        assert_eq!(passed.of(scope), 7);
        passed.forget_before(at(1_000), window);
        assert_eq!(passed.of(scope), 4);
        passed.reset(scope);
        assert_eq!((passed.of(scope), passed.of(BrakeScope::HighestRole)), (0, 1));
        passed.forget_before(at(1_400), window);
        assert_eq!(passed, Passed::default());
    }

    #[test]
    fn many_removals_take_little_room() {
        let (window, scope) = (900_000, BrakeScope::Organization);
        let mut passed = Passed::default();
        for millisecond in 0..2_000_000 / 7 {
            let now = Timestamp::from_milliseconds(millisecond * 7);
            passed.forget_before(now, window);
            passed.add(now, window, scope, 1);
        }
        assert!(passed.times.len() <= 902, "{}", passed.times.len());
        assert_eq!(passed.of(scope), passed.times.values().sum());
        assert!(passed.of(scope) >= 900_000 / 7);
    }
}
