//! What a mapping that waits for an entity finds now: the rules looked for it when they ran.

use crate::id::MappingIndex;
use crate::mapping::{MappingStatus, PendingReason};
use crate::state::{Mapping, State};

/// What there is now of the type and name that a mapping waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetNow {
    /// Nothing.
    Missing,
    /// Several entities.
    Ambiguous,
    /// One entity, which belongs to another group.
    Owned {
        /// The mapping that gives it to that group.
        by: MappingIndex,
    },
    /// One entity, which the group may have.
    Free,
}

impl TargetNow {
    /// What a mapping finds that waits for its entity; `None`: it waits for something else.
    pub(super) fn of(state: &State, mapping: &Mapping) -> Option<Self> {
        let MappingStatus::Pending(
            PendingReason::TargetMissing | PendingReason::AmbiguousName | PendingReason::EntityOwned,
        ) = mapping.status
        else {
            return None;
        };
        let mut found = state.entities_named(mapping.entity_type, mapping.name.as_deref()?);
        Some(match (found.next(), found.next()) {
            (None, _) => Self::Missing,
            (Some(_), Some(_)) => Self::Ambiguous,
            (Some(entity), None) => {
                let owner = state.owning_mapping(entity, mapping.group);
                owner.map_or(Self::Free, |owner| Self::Owned { by: owner.index })
            }
        })
    }
}
