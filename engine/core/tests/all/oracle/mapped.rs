//! What approved mappings claim for a user.

use std::collections::BTreeSet;

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Group, Mapping, User};
use rolecall_engine::{EntityIndex, ExceptionKind, MappingIndex, State};

use super::Known;

/// The mappings of a group of the user that hold this user.
pub(super) fn holding<'a>(state: &'a State, group: &'a Group, user: &'a User) -> impl Iterator<Item = &'a Mapping> {
    in_force(state, group).filter(|mapping| {
        let limited = mapping
            .limited_to
            .as_ref()
            .map(|limited| limited.iter().collect::<Vec<_>>());
        limited.is_none_or(|limited| limited.contains(&user.index))
    })
}

fn in_force<'a>(state: &'a State, group: &'a Group) -> impl Iterator<Item = &'a Mapping> {
    let mappings = state
        .mappings_from(MappingIndex::from(0))
        .filter(|mapping| mapping.group == group.index);
    mappings.filter(|mapping| matches!(mapping.status.as_str(), "approved" | "auto_approved") && !mapping.paused)
}

/// The entities that approved mappings claim the user for, active or not.
pub(super) fn claimed(known: &Known<'_>, user: &User) -> BTreeSet<EntityIndex> {
    let mappings = known
        .groups_of(user)
        .flat_map(|group| holding(known.state, group, user));
    let mut claimed: BTreeSet<EntityIndex> = mappings.filter_map(|mapping| mapping.entity).collect();
    for entity_type in EntityType::ALL {
        for entity in known
            .overrides
            .entities(known.state, user, entity_type, ExceptionKind::Exclusion)
        {
            claimed.remove(&entity);
        }
    }
    claimed
}
