//! The floor of administrators: demotions that would leave fewer active users of the highest role than `min_admins` are held,
//! whoever asks for them, until others are there or somebody releases them (SEMANTICS 6.6).

use super::Derivation;
use super::brake::Removals;
use super::placement::Differences;
use crate::brake::BrakeScope;
use crate::consequence::{Because, Effect};
use crate::fact::Fact;
use crate::user_set::UserSet;

impl Derivation<'_> {
    /// Holds the demotions that would leave fewer active users of the highest role than `min_admins`, those of the users who
    /// have been there for the longest time.
    pub(super) fn hold_admins(&mut self, facts: &[Fact], differences: &mut Differences) {
        let (floor, Some(role)) = (
            u64::from(self.state.safeguards().min_admins),
            self.state.settings().highest_role().cloned(),
        ) else {
            return;
        };
        let (mut lost, mut gained, mut because) = (0, 0, None);
        let mut demoted = UserSet::default();
        for ((reason, difference), users) in &differences.roles {
            if difference.from.as_ref() == Some(&role) {
                lost += users.len();
                if difference.to.is_some() {
                    demoted.extend(users);
                    because.get_or_insert(*reason);
                }
            } else if difference.to.as_ref() == Some(&role) {
                gained += users.len();
            }
        }
        let left = (self.population(BrakeScope::MinAdmins) + gained).saturating_sub(lost);
        demoted.subtract(&self.released_admins(facts));
        let missing = usize::try_from(floor.saturating_sub(left)).unwrap_or(usize::MAX);
        let held: UserSet = demoted.iter().take(missing).collect();
        let Some(because) = because.filter(|_| !held.is_empty()) else {
            return;
        };
        let hold = self.open_hold(because, BrakeScope::MinAdmins, (0, floor));
        let grew = Effect::HoldGrew {
            hold,
            entity: None,
            users: held.clone(),
        };
        self.conclude(because, grew);
        differences.keep(&self.state, &Removals::from([(None, held)]));
    }

    /// The users whom somebody demotes although the floor is against it.
    fn released_admins(&self, facts: &[Fact]) -> UserSet {
        let mut released = UserSet::default();
        for fact in facts {
            let Fact::HoldReleased { hold, users } = fact else {
                continue;
            };
            let hold = self
                .before
                .hold(*hold)
                .filter(|hold| hold.scope == BrakeScope::MinAdmins);
            if let Some(hold) = hold {
                released.extend(users.as_ref().unwrap_or(&hold.users()));
            }
        }
        released
    }

    /// Lets go of administrators whom the floor does not need any more, the one held for the longest time first.
    /// Answers whether it let anybody go: they are to be placed.
    pub(super) fn free_admins(&mut self, facts: &[Fact]) -> bool {
        let Some(hold) = self.state.hold_of(BrakeScope::MinAdmins) else {
            return false;
        };
        let floor = u64::from(self.state.safeguards().min_admins);
        let surplus = self.population(BrakeScope::MinAdmins).saturating_sub(floor);
        let (hold, users) = (hold.id, hold.longest_held(surplus));
        if users.is_empty() {
            return false;
        }
        let fact = self.last_fact(facts);
        let because = Because::fact(fact);
        self.touch(fact, &users);
        let shrank = Effect::HoldShrank {
            hold,
            entity: None,
            users,
        };
        self.conclude(because, shrank);
        true
    }

    fn last_fact(&self, facts: &[Fact]) -> u32 {
        let last = (0u32..).zip(facts).last();
        last.map_or(0, |(place, _)| place)
    }
}
