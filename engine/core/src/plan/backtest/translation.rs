//! Ids of the recorded world as the world of the draft knows them.

use super::Start;
use crate::brake::BrakeScope;
use crate::id::{ConflictId, EntityId, HoldId, MappingId, UserId};
use crate::mapping::{Origin, Slot};
use crate::state::{Conflict, Entity, Hold, Mapping, State};

/// From the recorded world into the one of the draft. What is older than the start has one id in both; ids drawn later by
/// the one world may mean something else in the other, so what they name is looked for by what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Translation<'a> {
    pub(super) recorded: &'a State,
    pub(super) now: &'a State,
    pub(super) start: Start,
}

impl<'a> Translation<'a> {
    /// The live entity: the same one, or the one of its type and name.
    pub(super) fn entity(&self, id: EntityId) -> Option<&'a Entity> {
        let Some(recorded) = self.recorded.entity_ever(id) else {
            return self.now.entity(id);
        };
        let same = self.now.entity_ever(id).filter(|same| {
            u32::from(recorded.index) < self.start.entities
                || (recorded.registered && same.registered)
                || (same.entity_type == recorded.entity_type && same.key == recorded.key)
        });
        match same {
            Some(same) => (!same.deleted).then_some(same),
            None => self.now.entities_named(recorded.entity_type, &recorded.name).next(),
        }
    }

    /// The mapping: the same one, or the one of the same group for the same entity.
    pub(super) fn mapping(&self, id: MappingId) -> Option<&'a Mapping> {
        let recorded = self.recorded.mapping(id)?;
        let same = self.now.mapping(id);
        let by_hand = |mapping: &Mapping| mapping.origin == Origin::Manual;
        if u32::from(recorded.index) < self.start.mappings || (by_hand(recorded) && same.is_some_and(by_hand)) {
            return same;
        }
        let wanted = target(self.recorded, recorded);
        let alike = |mapping: &&Mapping| {
            mapping.group == recorded.group
                && mapping.entity_type == recorded.entity_type
                && target(self.now, mapping) == wanted
        };
        let group = self.now.group_at(recorded.group);
        same.filter(alike).or_else(|| self.now.mappings_of(group).find(alike))
    }

    /// The open conflict of the same user over the same slot, with the same claims.
    pub(super) fn conflict(&self, slot: Slot, user: UserId, claimed: &[EntityId]) -> Option<&'a Conflict> {
        let conflict = self.now.conflict(slot, self.now.user(user)?.index)?;
        let wanted = claimed.iter().map(|entity| Some(self.entity(*entity)?.index));
        let mut wanted: Vec<_> = wanted.collect::<Option<_>>()?;
        wanted.sort_unstable();
        (conflict.claimed == wanted).then_some(conflict)
    }

    /// The open hold of the same scope.
    pub(super) fn hold(&self, id: HoldId) -> Option<&'a Hold> {
        let scope = match self.recorded.hold(id)?.scope {
            BrakeScope::Entity(entity) => BrakeScope::Entity(self.entity(entity)?.id),
            BrakeScope::GroupEntity { entity, group } => BrakeScope::GroupEntity {
                entity: self.entity(entity)?.id,
                group,
            },
            scope @ (BrakeScope::Organization | BrakeScope::HighestRole | BrakeScope::MinAdmins) => scope,
        };
        self.now.hold_of(scope)
    }

    /// Whether a decision is older than the start, and so has the same id.
    pub(super) fn is_old_decision(&self, decision: ConflictId) -> bool {
        let recorded = self.recorded.decisions().get(decision);
        recorded.is_some_and(|recorded| recorded.made.position <= self.start.stamp.position)
    }
}

/// The name of what a mapping is for, to be compared.
fn target(state: &State, mapping: &Mapping) -> Option<rolecall_rules::NameKey> {
    let entity = mapping.entity.map(|entity| state.entity_at(entity).key.clone());
    entity.or_else(|| mapping.name.as_deref().map(rolecall_rules::NameKey::of))
}
