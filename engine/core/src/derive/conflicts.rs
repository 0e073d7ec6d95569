//! Who is touched by a decision on conflicts, and what becomes of the conflicts of a user.

use std::collections::BTreeMap;

use super::Derivation;
use crate::claims::claimed_entities;
use crate::consequence::{Because, Effect};
use crate::id::{ConflictId, EntityIndex};
use crate::invariant::known;
use crate::mapping::Slot;
use crate::prevailing::{Contested, Prevailing};
use crate::state::{Conflict, Decision, State, User};
use crate::user_set::UserSet;

/// Conflicts to close and to open, together for the users for whom they are the same.
#[derive(Default)]
pub(super) struct ConflictChanges {
    closed: BTreeMap<(Because, Slot), UserSet>,
    opened: BTreeMap<(Because, Slot, Vec<EntityIndex>, EntityIndex), UserSet>,
}

impl Derivation<'_> {
    /// Touches the users for whom a conflict is resolved: with the same set, the same conflict is open.
    pub(super) fn touch_contesting(&mut self, fact: u32, conflict: ConflictId, everyone: bool) {
        let conflict = known(self.before.conflict_by_id(conflict), "conflict");
        let users = if everyone {
            self.before.users_contesting(conflict.slot, &conflict.claimed)
        } else {
            UserSet::of(conflict.user)
        };
        self.touch(fact, &users);
    }

    /// Touches the users for whom a decision that is forgotten was in force.
    pub(super) fn touch_decided(&mut self, fact: u32, decision: ConflictId) {
        let decision = known(self.before.decisions().get(decision), "decision");
        let users = decided(self.before, decision);
        self.touch(fact, &users);
    }

    /// What prevails of the claims on a user now, given what did before the entry.
    pub(super) fn prevailing(&self, user: &User) -> Prevailing {
        let incumbents = || {
            let was = self
                .before
                .user_ever(user.id)
                .map(|was| Prevailing::of(was, self.before));
            was.map(|was| was.entities.into_keys().collect()).unwrap_or_default()
        };
        Prevailing::among(&claimed_entities(user, &self.state), incumbents, user, &self.state)
    }

    /// Notes the slots of a user whose conflict has to close, to open, or both.
    pub(super) fn compare_conflicts(
        &self,
        changes: &mut ConflictChanges,
        because: Because,
        user: &User,
        prevailing: &Prevailing,
    ) {
        for slot in Slot::ALL {
            let open = self.state.conflict(slot, user.index);
            let contested = prevailing.contested.get(&slot);
            let wanted = contested.filter(|contested| contested.decided.is_none());
            let stays = open
                .zip(wanted)
                .is_some_and(|(open, wanted)| is_same(open, wanted, &self.state));
            if stays {
                continue;
            }
            if open.is_some() {
                changes.closed.entry((because, slot)).or_default().insert(user.index);
            }
            if let Some(wanted) = wanted {
                let key = (because, slot, wanted.claimed.clone(), wanted.current);
                changes.opened.entry(key).or_default().insert(user.index);
            }
        }
    }

    pub(super) fn conclude_conflicts(&mut self, changes: ConflictChanges) {
        for ((because, slot), users) in changes.closed {
            self.conclude(because, Effect::ConflictsClosed { slot, users });
        }
        for ((because, slot, claimed, current), users) in changes.opened {
            let entity = |entity: EntityIndex| self.state.entity_at(entity).id;
            let effect = Effect::ConflictsOpened {
                slot,
                claimed: claimed.into_iter().map(entity).collect(),
                current: entity(current),
                conflicts: ConflictId::new(self.ids.draw()),
                users,
            };
            self.conclude(because, effect);
        }
    }
}

/// Whether an open conflict is the one that there has to be. Which entity stands for a side makes no difference.
fn is_same(open: &Conflict, wanted: &Contested, state: &State) -> bool {
    let side = |entity| state.entity_at(entity).side();
    let same_current = match open.slot {
        Slot::CrossType => side(open.current) == side(wanted.current),
        Slot::ConcurrencyGroup | Slot::SubOrganization => open.current == wanted.current,
    };
    open.claimed == wanted.claimed && same_current
}

/// The users for whom a decision is in force: among the members of the groups that feed what was chosen, whether they are
/// active or not.
fn decided(state: &State, decision: &Decision) -> UserSet {
    if !decision.everyone {
        return UserSet::of(decision.user);
    }
    let feeding = state.entity_at(decision.chosen).mappings.iter();
    let groups = feeding.map(|mapping| state.group_at(state.mapping_at(*mapping).group));
    let users = groups
        .flat_map(|group| group.members.iter())
        .map(|user| state.user_at(user));
    let by_it = |user: &&User| {
        let prevailing = Prevailing::of(user, state);
        let contested = prevailing.contested.get(&decision.slot);
        contested.is_some_and(|contested| contested.decided == Some(decision.id))
    };
    users.filter(by_it).map(|user| user.index).collect()
}
