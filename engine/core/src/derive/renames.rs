//! Entities that are renamed with their group.

use std::collections::BTreeMap;

use rolecall_rules::MatchName;

use super::Derivation;
use crate::consequence::{Because, Effect, RenameSkipped};
use crate::id::{EntityIndex, GroupIndex, MappingIndex};
use crate::mapping::Slot;
use crate::state::{Entity, Mapping};

impl Derivation<'_> {
    /// Renames the teams and concurrency groups that approved mappings bind to a renamed group. A sub-organization is
    /// never renamed.
    pub(super) fn rename_entities(&mut self, fact: u32, group: GroupIndex) {
        for (entity, mapping) in self.bound_entities(group) {
            let entity = self.state.entity_at(entity);
            let mapping = self.state.mapping_at(mapping);
            let because = Because::mapping(fact, mapping);
            match self.new_name(entity) {
                Ok(to) if to == entity.name => {}
                Ok(to) => {
                    let effect = Effect::EntityRenamed {
                        entity: entity.id,
                        from: entity.name.clone(),
                        to,
                    };
                    let index = entity.index;
                    self.touch_naming(fact, index);
                    self.conclude(because, effect);
                    self.touch_naming(fact, index);
                }
                Err(reason) => {
                    let effect = Effect::EntityRenameSkipped {
                        entity: entity.id,
                        reason,
                    };
                    self.conclude(because, effect);
                }
            }
        }
    }

    /// The entities to rename, each with the first mapping that binds it to the group.
    fn bound_entities(&self, group: GroupIndex) -> BTreeMap<EntityIndex, MappingIndex> {
        let mut bound = BTreeMap::new();
        for mapping in self.state.mappings_of(self.state.group_at(group)) {
            let renamed = Slot::of(mapping.entity_type) != Some(Slot::SubOrganization);
            if let Some(entity) = mapping.entity.filter(|_| renamed && mapping.status.is_approved()) {
                bound.entry(entity).or_insert(mapping.index);
            }
        }
        bound
    }

    /// The name that all approved mappings of an entity agree on, unless another entity has it.
    fn new_name(&self, entity: &Entity) -> Result<String, RenameSkipped> {
        let mappings = entity.mappings.iter().map(|mapping| self.state.mapping_at(*mapping));
        let mut agreed: Option<String> = None;
        for mapping in mappings.filter(|mapping| mapping.entity == Some(entity.index) && mapping.status.is_approved()) {
            let name = self.fill(mapping)?;
            if agreed.as_ref().is_some_and(|agreed| *agreed != name) {
                return Err(RenameSkipped::Shared);
            }
            agreed = Some(name);
        }
        let name = agreed.unwrap_or_else(|| entity.name.clone());
        let taken = self
            .state
            .entities_named(entity.entity_type, &name)
            .any(|other| other.index != entity.index);
        if taken { Err(RenameSkipped::NameTaken) } else { Ok(name) }
    }

    fn fill(&self, mapping: &Mapping) -> Result<String, RenameSkipped> {
        let group = self.state.group_at(mapping.group);
        mapping
            .template
            .fill(&MatchName::of(&group.display_name))
            .map_err(|_| RenameSkipped::Template)
    }
}
