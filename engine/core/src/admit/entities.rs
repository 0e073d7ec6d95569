//! Entities that an administrator makes known or deletes.

use rolecall_rules::EntityType;

use super::{check_limit, name};
use crate::fact::Fact;
use crate::id::{EntityId, NewIds};
use crate::limits::ENTITIES_MAX;
use crate::rejection::Rejection;
use crate::state::State;

/// Two entities of a type may share a name, but only when each has an external id: else nobody could tell them apart.
pub(super) fn create(
    state: &State,
    entity_type: EntityType,
    given: &str,
    external_id: Option<&str>,
    ids: &mut NewIds,
) -> Result<Vec<Fact>, Rejection> {
    check_limit("entities", state.table_lengths().2 as usize, ENTITIES_MAX)?;
    let given = name("name", given)?;
    let external_id = external_id
        .map(|external_id| name("external_id", external_id))
        .transpose()?;
    if let Some(external_id) = &external_id
        && state.entity_by_external_id(entity_type, external_id).is_some()
    {
        return Err(Rejection::EntityExternalIdTaken);
    }
    let taken = state
        .entities_named(entity_type, &given)
        .any(|other| external_id.is_none() || other.external_id.is_none());
    if taken {
        return Err(Rejection::EntityNameTaken {
            entity_type: entity_type.as_str(),
            name: given,
        });
    }
    Ok(vec![Fact::EntityRegistered {
        entity: EntityId::new(ids.draw()),
        entity_type,
        name: given,
        external_id,
    }])
}

pub(super) fn delete(state: &State, entity: EntityId) -> Result<Vec<Fact>, Rejection> {
    state.entity(entity).ok_or(Rejection::UnknownEntity)?;
    if state.settings().default_concurrency_group == Some(entity) {
        return Err(Rejection::EntityIsDefault);
    }
    Ok(vec![Fact::EntityDeleted { entity }])
}
