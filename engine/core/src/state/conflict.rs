//! The open conflicts: by slot and user, by id, and by what is claimed.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use uuid::Uuid;

use super::{Stamp, State};
use crate::id::{ConflictId, EntityIndex, UserIndex};
use crate::mapping::Slot;
use crate::prevailing::Prevailing;
use crate::user_set::UserSet;

/// More entities that claim a user than a slot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its id.
    pub id: ConflictId,
    /// The slot.
    pub slot: Slot,
    /// The user.
    pub user: UserIndex,
    /// All entities with a claim, in order of their index.
    pub claimed: Vec<EntityIndex>,
    /// The one that the user is in, or would be in if it were active; across types, one of the side that holds.
    pub current: EntityIndex,
    /// When and where it opened.
    pub opened: Stamp,
}

impl Conflict {
    /// The entities that would come in: the other ones or, across types, those of the other side.
    pub fn incoming<'a>(&'a self, state: &'a State) -> impl Iterator<Item = EntityIndex> + 'a {
        let side = |entity| state.entity_at(entity).side();
        let waits = move |entity: &EntityIndex| match self.slot {
            Slot::CrossType => side(*entity) != side(self.current),
            Slot::ConcurrencyGroup | Slot::SubOrganization => *entity != self.current,
        };
        self.claimed.iter().copied().filter(waits)
    }

    /// What holds of it meanwhile, in order of the index: what the user is in, or would be in if it were active.
    pub fn prevailing(&self, state: &State) -> Vec<EntityIndex> {
        let prevailing = Prevailing::of(state.user_at(self.user), state).entities;
        let claimed = self.claimed.iter().copied();
        claimed.filter(|entity| prevailing.contains_key(entity)).collect()
    }
}

/// The lowest id there can be.
const FIRST: ConflictId = ConflictId::new(Uuid::nil());

/// All open conflicts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conflicts {
    open: OrdMap<(Slot, UserIndex), Arc<Conflict>>,
    by_id: OrdMap<ConflictId, (Slot, UserIndex)>,
    by_slot: OrdSet<(Slot, ConflictId)>,
    by_entity: OrdSet<(EntityIndex, ConflictId)>,
    /// The users with a conflict over the same slot and the same set, so that a decision for all of them finds them.
    users: OrdMap<(Slot, Vec<EntityIndex>), UserSet>,
}

impl Conflicts {
    pub(super) fn of(&self, slot: Slot, user: UserIndex) -> Option<&Conflict> {
        self.open.get(&(slot, user)).map(Arc::as_ref)
    }

    pub(super) fn by_id(&self, id: ConflictId) -> Option<&Conflict> {
        let (slot, user) = self.by_id.get(&id)?;
        self.of(*slot, *user)
    }

    /// Those that opened after this one, oldest first: ids begin with the time.
    pub(super) fn after(&self, id: Option<ConflictId>) -> impl Iterator<Item = &Conflict> {
        let first = id.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.by_id.range((first, Bound::Unbounded));
        ids.filter_map(|(_, (slot, user))| self.of(*slot, *user))
    }

    /// Those over a slot that opened after this one, oldest first.
    pub(super) fn of_slot_after(&self, slot: Slot, id: Option<ConflictId>) -> impl Iterator<Item = &Conflict> {
        let first = id.map_or(Bound::Included((slot, FIRST)), |id| Bound::Excluded((slot, id)));
        let of_slot = self.by_slot.range((first, Bound::Unbounded));
        let of_slot = of_slot.take_while(move |(other, _)| *other == slot);
        of_slot.filter_map(|(_, id)| self.by_id(*id))
    }

    /// Those in which an entity is claimed, oldest first.
    pub(super) fn of_entity(&self, entity: EntityIndex) -> impl Iterator<Item = &Conflict> {
        let of_entity = self.by_entity.range((entity, FIRST)..);
        let of_entity = of_entity.take_while(move |(other, _)| *other == entity);
        of_entity.filter_map(|(_, id)| self.by_id(*id))
    }

    /// The users with a conflict over this slot and exactly this set.
    pub(super) fn users(&self, slot: Slot, claimed: &[EntityIndex]) -> UserSet {
        self.users.get(&(slot, claimed.to_vec())).cloned().unwrap_or_default()
    }

    pub(super) fn open(&mut self, conflict: Conflict) {
        let (id, slot, user) = (conflict.id, conflict.slot, conflict.user);
        self.by_id.insert(id, (slot, user));
        self.by_slot.insert((slot, id));
        self.by_entity
            .extend(conflict.claimed.iter().map(|entity| (*entity, id)));
        let alike = self.users.entry((slot, conflict.claimed.clone())).or_default();
        alike.insert(user);
        self.open.insert((slot, user), Arc::new(conflict));
    }

    pub(super) fn close(&mut self, slot: Slot, user: UserIndex) {
        let Some(closed) = self.open.remove(&(slot, user)) else {
            return;
        };
        self.by_id.remove(&closed.id);
        self.by_slot.remove(&(slot, closed.id));
        for entity in &closed.claimed {
            self.by_entity.remove(&(*entity, closed.id));
        }
        let key = (slot, closed.claimed.clone());
        if let Some(alike) = self.users.get_mut(&key) {
            alike.remove(user);
            if alike.is_empty() {
                self.users.remove(&key);
            }
        }
    }
}
