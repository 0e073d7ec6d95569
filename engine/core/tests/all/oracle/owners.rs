//! Who feeds an entity (SEMANTICS 4, ownership).

use std::collections::BTreeSet;

use rolecall_engine::{EntityIndex, GroupIndex, MappingIndex, State};

/// With the setting on, no entity is fed by two groups.
///
/// SEMANTICS, invariant 5.
pub(crate) fn check(state: &State) {
    if !state.settings().one_group_per_entity {
        return;
    }
    for entity in state.entities_from(EntityIndex::from(0)) {
        let mappings = state.mappings_from(MappingIndex::from(0));
        let feeding = mappings.filter(|mapping| mapping.entity == Some(entity.index));
        let approved = feeding.filter(|mapping| matches!(mapping.status.as_str(), "approved" | "auto_approved"));
        let owners: BTreeSet<GroupIndex> = approved.map(|mapping| mapping.group).collect();
        assert!(
            owners.len() <= 1,
            "{} {} belongs to {owners:?}",
            entity.entity_type,
            entity.name
        );
    }
}
