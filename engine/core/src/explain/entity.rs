//! An entity, explained: who is in it, through what, and who is not although something claims it.

use rolecall_rules::NameKey;

use super::first::First;
use super::group::{MappingExplained, mapping};
use crate::exception::ExceptionKind;
use crate::id::{ConflictId, ExceptionId, GroupIndex, MappingIndex, UserIndex};
use crate::limits::EXPLAINED_ITEMS_MAX;
use crate::state::{Conflict, Entity, Mapping, State};

/// An entity, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityExplained {
    /// The group that it belongs to, with one group per entity.
    pub owner: Option<GroupIndex>,
    /// The mappings that are for it and have not ended, in the order in which they came to be for it.
    pub mappings: First<MappingExplained>,
    /// The mappings that wait, and are for an entity of its type and name, in the order of their creation.
    pub waiting: First<MappingExplained>,
    /// How many of its members no mapping holds.
    pub unmapped_members: u64,
    /// Whether users go here without a claim.
    pub is_default: bool,
    /// The users who are excluded from it.
    pub exclusions: First<Excluded>,
    /// The open conflicts that it takes part in.
    pub conflicts: First<Contested>,
}

/// A user who is kept out of the entity, whatever claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The exception.
    pub exception: ExceptionId,
    /// The user.
    pub user: UserIndex,
}

/// A conflict over the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contested {
    /// The conflict.
    pub conflict: ConflictId,
    /// The user.
    pub user: UserIndex,
    /// Whether the user is in the entity meanwhile, or would be if it were active.
    pub is_current: bool,
}

/// Explains an entity.
pub fn entity(state: &State, entity: &Entity) -> EntityExplained {
    let mappings = || entity.mappings.iter().map(|mapping| state.mapping_at(*mapping));
    let owner = mappings().find(|mapping| mapping.status.is_approved());
    let mut unmapped = entity.members.clone();
    for mapping in mappings().filter(|mapping| mapping.in_force()) {
        unmapped.subtract(state.members_of_mapping(mapping));
    }
    let contested = |conflict: &Conflict| Contested {
        conflict: conflict.id,
        user: conflict.user,
        is_current: conflict.prevailing(state).contains(&entity.index),
    };
    let exceptions = state.exceptions().of_entity(entity.id);
    let exclusions = exceptions.filter(|exception| exception.kind == ExceptionKind::Exclusion);
    let exclusions = exclusions.map(|exception| Excluded {
        exception: exception.id,
        user: exception.user,
    });
    EntityExplained {
        owner: owner.map(|mapping| mapping.group),
        mappings: First::of(mappings(), EXPLAINED_ITEMS_MAX).map(|one| mapping(state, one)),
        waiting: First::of(waiting(state, entity), EXPLAINED_ITEMS_MAX).map(|one| mapping(state, one)),
        unmapped_members: unmapped.len(),
        is_default: state.settings().default_concurrency_group == Some(entity.id),
        exclusions: First::of(exclusions, EXPLAINED_ITEMS_MAX),
        conflicts: First::of(state.conflicts_about(entity.index), EXPLAINED_ITEMS_MAX).map(contested),
    }
}

/// The mappings that wait for an entity like this one: they have none until they are approved.
fn waiting<'a>(state: &'a State, entity: &'a Entity) -> impl Iterator<Item = &'a Mapping> {
    let all = state.mappings_from(MappingIndex::from(0));
    let waiting = all.filter(|mapping| mapping.status.is_pending() && mapping.entity.is_none());
    waiting
        .filter(|mapping| mapping.entity_type == entity.entity_type)
        .filter(|mapping| mapping.name.as_deref().map(NameKey::of).as_ref() == Some(&entity.key))
}
