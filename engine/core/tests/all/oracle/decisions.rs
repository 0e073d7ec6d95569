//! What administrators decided about conflicts, from the record alone.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::state::User;
use rolecall_engine::{EntityId, EntityIndex, Entry, Fact, Slot, State, UserId};

/// What administrators decided and what can still happen, by who it is for (`None`: everybody), the slot and the set.
pub(super) type Decided = BTreeMap<(Option<UserId>, Slot, BTreeSet<EntityIndex>), EntityIndex>;

pub(super) fn decisions(state: &State, record: &[Entry]) -> Decided {
    let mut made = BTreeMap::new();
    for fact in record.iter().flat_map(|entry| &entry.facts) {
        match fact {
            Fact::ConflictResolved { conflict, .. } => {
                made.insert(*conflict, fact);
            }
            Fact::DecisionForgotten { decision } => {
                made.remove(decision);
            }
            _ => {}
        }
    }
    let mut decided = Decided::new();
    for fact in made.values() {
        let Fact::ConflictResolved {
            user,
            slot,
            claimed,
            chosen,
            everyone,
            ..
        } = fact
        else {
            continue;
        };
        let index = |entity: &EntityId| state.entity(*entity).map(|entity| entity.index);
        let set: Option<BTreeSet<EntityIndex>> = claimed.iter().map(index).collect();
        if let Some(set) = set.filter(|_| *everyone || state.user(*user).is_some()) {
            let subject = ((!everyone).then_some(*user), *slot, set);
            decided.insert(subject, index(chosen).expect("chosen among what is there"));
        }
    }
    decided
}

/// What was decided for a user with this set: for itself, else for everybody.
pub(super) fn decision(decided: &Decided, user: &User, slot: Slot, set: &BTreeSet<EntityIndex>) -> Option<EntityIndex> {
    let of = |user| decided.get(&(user, slot, set.clone())).copied();
    of(Some(user.id)).or_else(|| of(None))
}
