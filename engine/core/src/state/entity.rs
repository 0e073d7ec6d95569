//! What is known of an entity, which ones have a name, and how they come, are renamed and go.

use std::ops::Bound;

use rolecall_rules::{EntityType, NameKey};

use super::counts::{decrease, increase};
use super::{Stamp, State};
use crate::id::{EntityId, EntityIndex, GroupIndex, MappingIndex};
use crate::invariant::known;
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
    /// Why it did not follow the last rename of its group, if it did not.
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

    pub(super) fn create_entity(
        &mut self,
        id: EntityId,
        entity_type: EntityType,
        name: &str,
        external_id: Option<&str>,
    ) {
        let index = EntityIndex::from(self.entities.len());
        let key = NameKey::of(name);
        self.entity_names.insert((entity_type, key.clone(), index));
        if let Some(external_id) = external_id {
            self.entity_external_ids
                .insert((entity_type, external_id.to_owned()), index);
        }
        increase(&mut self.counts.entities, entity_type);
        let entity = Entity {
            id,
            index,
            entity_type,
            name: name.to_owned(),
            key,
            external_id: external_id.map(str::to_owned),
            members: UserSet::default(),
            mappings: Vec::new(),
            registered: false,
            rename_skipped: None,
            deleted: false,
            created: self.stamp,
        };
        self.entities.insert(id, entity);
    }

    pub(super) fn rename_entity(&mut self, id: EntityId, to: &str) {
        let index = self.entity_index(id);
        let key = NameKey::of(to);
        let entity = self.entities.at_mut(index.into());
        let entity_type = entity.entity_type;
        let before = std::mem::replace(&mut entity.key, key.clone());
        entity.name = to.to_owned();
        entity.rename_skipped = None;
        self.entity_names.remove(&(entity_type, before, index));
        self.entity_names.insert((entity_type, key, index));
    }

    /// Forgets which entities did not follow a rename of their group: it is renamed again, and what follows says it anew.
    pub(super) fn forget_skipped_renames(&mut self, group: GroupIndex) {
        let approved = self
            .mappings_of(self.group_at(group))
            .filter(|mapping| mapping.status.is_approved());
        let bound: Vec<EntityIndex> = approved.filter_map(|mapping| mapping.entity).collect();
        for entity in bound {
            self.entities.at_mut(entity.into()).rename_skipped = None;
        }
    }

    /// Forgets that an entity did not follow a rename, once no approved mapping is for it: there is no group left to follow.
    pub(super) fn forget_skipped_rename_of_free(&mut self, entity: EntityIndex) {
        let mut mappings = self.entity_at(entity).mappings.iter();
        if !mappings.any(|mapping| self.mapping_at(*mapping).status.is_approved()) {
            self.entities.at_mut(entity.into()).rename_skipped = None;
        }
    }

    pub(super) fn delete_entity(&mut self, id: EntityId) {
        let index = self.entity_index(id);
        let entity = self.entities.at_mut(index.into());
        entity.deleted = true;
        let (entity_type, key, external_id) = (entity.entity_type, entity.key.clone(), entity.external_id.clone());
        self.entity_names.remove(&(entity_type, key, index));
        if let Some(external_id) = external_id {
            self.entity_external_ids.remove(&(entity_type, external_id));
        }
        decrease(&mut self.counts.entities, &entity_type);
        self.decisions.forget_entity(index);
        self.forget_manual_of_entity(index);
        self.end_exceptions_of_entity(id);
    }

    pub(super) fn entity_index(&self, entity: EntityId) -> EntityIndex {
        known(self.entities.find(&entity), "entity").into()
    }
}
