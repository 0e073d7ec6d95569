//! How conflicts were resolved: remembered for as long as the same set may come again.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::Stamp;
use crate::entry::Actor;
use crate::id::{ConflictId, EntityIndex, UserIndex};
use crate::mapping::Slot;

/// How a conflict was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The id of the conflict, which is its own, too.
    pub id: ConflictId,
    /// The slot.
    pub slot: Slot,
    /// The user of the conflict.
    pub user: UserIndex,
    /// Whether it is for every user with this set who has no decision of its own.
    pub everyone: bool,
    /// All entities that claimed the user, in order of their index.
    pub claimed: Vec<EntityIndex>,
    /// The one that was chosen; across types, one of the side that was chosen.
    pub chosen: EntityIndex,
    /// Who decided.
    pub by: Actor,
    /// When and where.
    pub made: Stamp,
}

/// What a decision is for: a slot, a set, and a user or (`None`) everybody.
type Subject = (Option<UserIndex>, Slot, Vec<EntityIndex>);

/// All decisions that are remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    by_id: OrdMap<ConflictId, Arc<Decision>>,
    by_subject: OrdMap<Subject, ConflictId>,
    by_entity: OrdSet<(EntityIndex, ConflictId)>,
}

impl Decisions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The decision with this id.
    pub fn get(&self, id: ConflictId) -> Option<&Decision> {
        self.by_id.get(&id).map(Arc::as_ref)
    }

    /// Those after this one, in the order in which their conflicts opened: ids begin with the time.
    pub fn after(&self, id: Option<ConflictId>) -> impl Iterator<Item = &Decision> {
        let first = id.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id
            .range((first, Bound::Unbounded))
            .map(|(_, decision)| decision.as_ref())
    }

    /// The decision for a user with this set over a slot: its own, else the one for everybody.
    pub fn on(&self, slot: Slot, user: UserIndex, claimed: &[EntityIndex]) -> Option<&Decision> {
        let of = |user| self.by_subject.get(&(user, slot, claimed.to_vec()));
        self.get(*of(Some(user)).or_else(|| of(None))?)
    }

    pub(super) fn remember(&mut self, decision: Decision) {
        self.by_subject.insert(subject(&decision), decision.id);
        for entity in &decision.claimed {
            self.by_entity.insert((*entity, decision.id));
        }
        self.by_id.insert(decision.id, Arc::new(decision));
    }

    pub(super) fn forget(&mut self, id: ConflictId) {
        let Some(decision) = self.by_id.remove(&id) else {
            return;
        };
        self.by_subject.remove(&subject(&decision));
        for entity in &decision.claimed {
            self.by_entity.remove(&(*entity, id));
        }
    }

    /// Forgets the decisions that were made for this user alone.
    pub(super) fn forget_user(&mut self, user: UserIndex) {
        let first = (Some(user), Slot::ConcurrencyGroup, Vec::new());
        let from = self.by_subject.range((Bound::Included(first), Bound::Unbounded));
        let own = from.take_while(|((of, _, _), _)| *of == Some(user));
        let own: Vec<ConflictId> = own.map(|(_, id)| *id).collect();
        for id in own {
            self.forget(id);
        }
    }

    /// Forgets the decisions on sets with this entity, which cannot come again.
    pub(super) fn forget_entity(&mut self, entity: EntityIndex) {
        let first = (entity, ConflictId::new(uuid::Uuid::nil()));
        let from = self.by_entity.range((Bound::Included(first), Bound::Unbounded));
        let with = from.take_while(|(of, _)| *of == entity);
        let with: Vec<ConflictId> = with.map(|(_, id)| *id).collect();
        for id in with {
            self.forget(id);
        }
    }
}

fn subject(decision: &Decision) -> Subject {
    let user = (!decision.everyone).then_some(decision.user);
    (user, decision.slot, decision.claimed.clone())
}
