//! What is known of an entity, and which ones have a name.

use std::ops::Bound;

use rolecall_rules::{EntityType, NameKey};

use super::{Stamp, State};
use crate::id::{EntityId, EntityIndex, MappingIndex};
use crate::mapping::Slot;
use crate::side::Side;
use crate::user_set::UserSet;

/// A team, concurrency group or sub-organization, also a deleted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its id.
    pub id: EntityId,
    /// Its dense index.
    pub index: EntityIndex,
    /// What it is.
    pub entity_type: EntityType,
    /// Its name.
    pub name: String,
    /// What names are compared by.
    pub key: NameKey,
    /// The product's own id of it.
    pub external_id: Option<String>,
    /// Who is in it.
    pub members: UserSet,
    /// The mappings that are for it and have not ended.
    pub mappings: Vec<MappingIndex>,
    /// Whether an administrator made it known, and not a mapping.
    pub registered: bool,
    /// The last rename of its group that it did not follow, and why.
    pub rename_skipped: Option<&'static str>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When and where it was created.
    pub created: Stamp,
}

impl Entity {
    /// The slot that it competes for; a team competes for none.
    pub fn slot(&self) -> Option<Slot> {
        Slot::of(self.entity_type)
    }

    /// The side of users that it is on.
    pub fn side(&self) -> Side {
        Side::of(self.entity_type)
    }
}

impl State {
    /// The live entities of a type and name, compared by its key, in the order of their creation.
    pub fn entities_named(&self, entity_type: EntityType, name: &str) -> impl Iterator<Item = &Entity> {
        self.entities_of_key(entity_type, NameKey::of(name), EntityIndex::from(0))
    }

    /// The live entities of a name, of these types, from an index on, in the order of their creation.
    pub fn entities_named_from(
        &self,
        types: &[EntityType],
        name: &str,
        first: EntityIndex,
    ) -> impl Iterator<Item = &Entity> {
        let key = NameKey::of(name);
        let of_type = |entity_type: &EntityType| self.entities_of_key(*entity_type, key.clone(), first).peekable();
        let mut of_types: Vec<_> = types.iter().map(of_type).collect();
        std::iter::from_fn(move || {
            let waiting = of_types.iter_mut().filter_map(|entities| {
                let next = entities.peek()?.index;
                Some((next, entities))
            });
            let (_, entities) = waiting.min_by_key(|(next, _)| *next)?;
            entities.next()
        })
    }

    fn entities_of_key(
        &self,
        entity_type: EntityType,
        key: NameKey,
        first: EntityIndex,
    ) -> impl Iterator<Item = &Entity> + use<'_> {
        let last = (entity_type, key.clone(), EntityIndex::from(u32::MAX));
        let first = (entity_type, key, first);
        let found = self.entity_names.range((Bound::Included(first), Bound::Included(last)));
        found.map(|(_, _, index)| self.entity_at(*index))
    }
}
