//! What users have in both worlds, and since when that is not the same.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Apart, Difference, Place, Report};
use crate::consequence::{Consequence, Effect};
use crate::id::UserIndex;
use crate::limits::BACKTEST_DIFFERENCES_MAX;
use crate::state::{Stamp, State, User};
use crate::user_set::UserSet;

const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;

/// The users who differ, and those to look at.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    touched: UserSet,
    open: BTreeMap<UserIndex, Open>,
    /// Most users differ in the same way as others.
    known: BTreeSet<Arc<Apart>>,
    ever: UserSet,
}

/// A difference that goes on.
#[derive(Debug)]
struct Open {
    apart: Arc<Apart>,
    /// Its place in the report, where it is listed.
    listed: Option<usize>,
}

impl Comparison {
    /// How many users differ.
    pub(super) fn differing(&self) -> usize {
        self.open.len()
    }

    /// Notes whose entities or role consequences changed, in one of the worlds; the state is the one after them.
    pub(super) fn touch(&mut self, after: &State, consequences: &[Consequence]) {
        for consequence in consequences {
            match &consequence.effect {
                Effect::MembersPlaced { users, .. }
                | Effect::MembersUnplaced { users, .. }
                | Effect::RoleChanged { users, .. } => self.touched.extend(users),
                Effect::EntityRenamed { entity, .. } => {
                    if let Some(entity) = after.entity_ever(*entity) {
                        self.touched.extend(&entity.members);
                    }
                }
                _ => {}
            }
        }
    }

    /// Compares the users that were touched.
    pub(super) fn compare(&mut self, worlds: (&State, &State), now: Stamp, report: &mut Report) {
        for user in std::mem::take(&mut self.touched).iter() {
            self.compare_user(worlds, user, now, report);
        }
        report.users = self.ever.len();
    }

    fn compare_user(&mut self, (recorded, draft): (&State, &State), user: UserIndex, now: Stamp, report: &mut Report) {
        let found = apart((recorded, recorded.user_at(user)), (draft, draft.user_at(user)));
        if self.open.get(&user).map(|open| open.apart.as_ref()) == found.as_ref() {
            return;
        }
        if let Some(open) = self.open.remove(&user) {
            report.ended += 1;
            report.days.entry(day(now)).or_default().ended += 1;
            if let Some(difference) = open.listed.and_then(|place| report.differences.get_mut(place)) {
                difference.ended = Some(now);
            }
            self.forget(open.apart);
        }
        if let Some(apart) = found {
            report.began += 1;
            report.days.entry(day(now)).or_default().began += 1;
            self.ever.insert(user);
            let place = report.differences.len();
            let listed = (place < BACKTEST_DIFFERENCES_MAX).then_some(place);
            if listed.is_some() {
                report.differences.push(Difference {
                    user: recorded.user_at(user).id,
                    apart: apart.clone(),
                    began: now,
                    ended: None,
                });
            }
            let apart = self.shared(apart);
            self.open.insert(user, Open { apart, listed });
        }
    }

    fn shared(&mut self, apart: Apart) -> Arc<Apart> {
        if let Some(known) = self.known.get(&apart) {
            return Arc::clone(known);
        }
        let new = Arc::new(apart);
        self.known.insert(Arc::clone(&new));
        new
    }

    fn forget(&mut self, apart: Arc<Apart>) {
        // One is here, one among the known ones.
        if Arc::strong_count(&apart) == 2 {
            self.known.remove(&apart);
        }
    }
}

fn day(now: Stamp) -> u64 {
    now.at.milliseconds() / DAY_MILLISECONDS
}

fn apart((recorded, as_recorded): (&State, &User), (draft, as_drafted): (&State, &User)) -> Option<Apart> {
    let (one, other) = differences(places(recorded, as_recorded), places(draft, as_drafted));
    let roles = (as_recorded.role != as_drafted.role).then(|| (as_recorded.role.clone(), as_drafted.role.clone()));
    let any = !one.is_empty() || !other.is_empty() || roles.is_some();
    any.then_some(Apart {
        recorded: one,
        draft: other,
        roles,
    })
}

/// What either has beyond the other, in order. Entities of one type may share a name, so each counts.
fn differences(mut one: Vec<Place>, mut other: Vec<Place>) -> (Vec<Place>, Vec<Place>) {
    one.sort_unstable();
    other.sort_unstable();
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    let (mut of_one, mut of_other) = (Vec::new(), Vec::new());
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        match left.cmp(right) {
            Ordering::Less => of_one.extend(one.next()),
            Ordering::Greater => of_other.extend(other.next()),
            Ordering::Equal => drop((one.next(), other.next())),
        }
    }
    of_one.extend(one);
    of_other.extend(other);
    (of_one, of_other)
}

fn places(state: &State, user: &User) -> Vec<Place> {
    let entities = user.memberships.iter();
    let entities = entities.map(|membership| state.entity_at(membership.entity));
    let place = |entity: &crate::state::Entity| Place {
        entity_type: entity.entity_type,
        name: entity.name.clone(),
    };
    entities.map(place).collect()
}
