//! What an administrator does to mappings.

use rolecall_rules::{EntityType, NameKey};

use super::name;
use crate::command::MappingTarget;
use crate::entry::Actor;
use crate::fact::Fact;
use crate::id::{EntityId, GroupId, GroupIndex, MappingId, NewIds};
use crate::limits::GROUP_MAPPINGS_MAX;
use crate::mapping::{MappingStatus, PendingReason};
use crate::rejection::Rejection;
use crate::replacing::{gives_way, replacing};
use crate::state::{Entity, Group, Mapping, State};

pub(super) fn create(
    state: &State,
    group: GroupId,
    target: &MappingTarget,
    ids: &mut NewIds,
) -> Result<Vec<Fact>, Rejection> {
    let row = state.group(group).ok_or(Rejection::UnknownGroup)?;
    if row.mappings.len() >= GROUP_MAPPINGS_MAX {
        return Err(Rejection::TooManyMappings {
            limit: GROUP_MAPPINGS_MAX,
        });
    }
    let (entity_type, given) = match target {
        MappingTarget::Entity(entity) => {
            let entity = state.entity(*entity).ok_or(Rejection::UnknownEntity)?;
            (entity.entity_type, entity.name.clone())
        }
        MappingTarget::Named {
            entity_type,
            name: given,
        } => (*entity_type, name("name", given)?),
    };
    let entity = find(state, row.index, target)?;
    if is_bound(state, row, entity, |_| true) {
        return Err(Rejection::AlreadyMapped);
    }
    Ok(vec![Fact::MappingRequested {
        mapping: MappingId::new(ids.draw()),
        group,
        entity_type,
        entity,
        name: given,
    }])
}

pub(super) fn approve(
    state: &State,
    id: MappingId,
    target: Option<&MappingTarget>,
    by: Actor,
) -> Result<Vec<Fact>, Rejection> {
    let mapping = state.mapping(id).ok_or(Rejection::UnknownMapping)?;
    check_second_person(state, mapping, target, by)?;
    if mapping.limited_to.is_some() && target.is_none() {
        let entity = mapping.entity.map(|entity| state.entity_at(entity).id);
        return Ok(vec![Fact::MappingApproved { mapping: id, entity }]);
    }
    if !mapping.status.is_pending() && mapping.status != MappingStatus::Rejected {
        return Err(refused(mapping, "approved"));
    }
    if target.is_none() && is_target_deleted(state, mapping) {
        return Err(Rejection::TargetDeleted);
    }
    let target = match target {
        Some(target) => target.clone(),
        None => own_target(state, mapping)?,
    };
    check_type(state, mapping, &target)?;
    let entity = find(state, mapping.group, &target)?;
    if entity.is_none() {
        check_new_name(mapping, &target)?;
    }
    // What ends with this approval is not in the way.
    let replacing = replacing(state, mapping);
    let stays = |other: &Mapping| replacing.is_none_or(|rule| !gives_way(other, rule));
    if is_bound(state, state.group_at(mapping.group), entity, stays) {
        return Err(Rejection::AlreadyMapped);
    }
    Ok(vec![Fact::MappingApproved { mapping: id, entity }])
}

/// An approval changes which entity a mapping is for, and never of which type.
fn check_type(state: &State, mapping: &Mapping, target: &MappingTarget) -> Result<(), Rejection> {
    let target = match target {
        MappingTarget::Entity(entity) => state.entity(*entity).ok_or(Rejection::UnknownEntity)?.entity_type,
        MappingTarget::Named { entity_type, .. } => *entity_type,
    };
    if target == mapping.entity_type {
        return Ok(());
    }
    Err(Rejection::TargetType {
        mapping: mapping.entity_type,
        target,
    })
}

/// An approval creates an entity under the name that was proposed alone.
fn check_new_name(mapping: &Mapping, target: &MappingTarget) -> Result<(), Rejection> {
    match target {
        MappingTarget::Named { entity_type, name } if mapping.name.as_ref() != Some(name) => {
            Err(Rejection::TargetMissing {
                entity_type: *entity_type,
                name: name.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// Whether what a mapping was for has been deleted by an administrator: it is not made anew without being named.
fn is_target_deleted(state: &State, mapping: &Mapping) -> bool {
    let deleted = mapping.entity.is_some_and(|entity| state.entity_at(entity).deleted);
    deleted || mapping.status == MappingStatus::Pending(PendingReason::TargetDeleted)
}

/// What a mapping is for: the entity that it is bound to or was bound to last, else what it was proposed for.
fn own_target(state: &State, mapping: &Mapping) -> Result<MappingTarget, Rejection> {
    if let Some(entity) = live_entity(state, mapping) {
        return Ok(MappingTarget::Entity(entity.id));
    }
    let name = mapping.name.clone().ok_or(Rejection::TargetUnnamed)?;
    Ok(MappingTarget::Named {
        entity_type: mapping.entity_type,
        name,
    })
}

fn live_entity<'s>(state: &'s State, mapping: &Mapping) -> Option<&'s Entity> {
    let entity = state.entity_at(mapping.entity?);
    (!entity.deleted).then_some(entity)
}

/// With two persons, the one who approves is not the one who wrote what the mapping follows from, and approves that.
fn check_second_person(
    state: &State,
    mapping: &Mapping,
    target: Option<&MappingTarget>,
    by: Actor,
) -> Result<(), Rejection> {
    if !state.safeguards().two_person_approval {
        return Ok(());
    }
    if state.author_of(mapping) == Some(by) {
        return Err(Rejection::SecondPerson);
    }
    if target.is_some_and(|target| !is_proposed(state, mapping, target)) {
        return Err(Rejection::SecondPersonTarget);
    }
    Ok(())
}

/// Whether a target is what a mapping is for: of its type, and of the name that its entity has or is to have.
fn is_proposed(state: &State, mapping: &Mapping, target: &MappingTarget) -> bool {
    let named = match target {
        MappingTarget::Entity(entity) => state
            .entity(*entity)
            .map(|entity| (entity.entity_type, entity.key.clone())),
        MappingTarget::Named { entity_type, name } => Some((*entity_type, NameKey::of(name))),
    };
    let name = live_entity(state, mapping).map(|entity| entity.name.as_str());
    let proposed = name
        .or(mapping.name.as_deref())
        .map(|name| (mapping.entity_type, NameKey::of(name)));
    named.is_some() && named == proposed
}

pub(super) fn reject(state: &State, id: MappingId) -> Result<Vec<Fact>, Rejection> {
    let mapping = state.mapping(id).ok_or(Rejection::UnknownMapping)?;
    match mapping.status {
        MappingStatus::Rejected => Ok(Vec::new()),
        MappingStatus::Ended(_) => Err(refused(mapping, "rejected")),
        _ => Ok(vec![Fact::MappingRejected { mapping: id }]),
    }
}

pub(super) fn pause(state: &State, id: MappingId) -> Result<Vec<Fact>, Rejection> {
    let mapping = state.mapping(id).ok_or(Rejection::UnknownMapping)?;
    match (mapping.status.is_approved(), mapping.paused) {
        (false, _) => Err(refused(mapping, "paused")),
        (true, true) => Ok(Vec::new()),
        (true, false) => Ok(vec![Fact::MappingPaused { mapping: id }]),
    }
}

pub(super) fn resume(state: &State, id: MappingId) -> Result<Vec<Fact>, Rejection> {
    let mapping = state.mapping(id).ok_or(Rejection::UnknownMapping)?;
    match (mapping.status.is_approved(), mapping.paused) {
        (false, _) => Err(refused(mapping, "resumed")),
        (true, false) => Ok(Vec::new()),
        (true, true) => Ok(vec![Fact::MappingResumed { mapping: id }]),
    }
}

fn refused(mapping: &Mapping, action: &'static str) -> Rejection {
    Rejection::MappingStatus {
        status: mapping.status.as_str(),
        action,
    }
}

/// Whether an approved mapping that counts binds the group to the entity.
fn is_bound(state: &State, group: &Group, entity: Option<EntityId>, counts: impl Fn(&Mapping) -> bool) -> bool {
    let approved = state
        .mappings_of(group)
        .filter(|mapping| mapping.status.is_approved() && counts(mapping));
    let mut bound = approved.filter_map(|mapping| mapping.entity);
    bound.any(|bound| Some(state.entity_at(bound).id) == entity)
}

/// The entity of a target, free for this group; `None` when a new one is to be created.
fn find(state: &State, group: GroupIndex, target: &MappingTarget) -> Result<Option<EntityId>, Rejection> {
    let entity = match target {
        MappingTarget::Entity(entity) => state.entity(*entity).ok_or(Rejection::UnknownEntity)?,
        MappingTarget::Named { entity_type, name } => {
            let mut found = state.entities_named(*entity_type, name);
            match (found.next(), found.next()) {
                (None, _) if *entity_type == EntityType::SubOrganization => {
                    return Err(Rejection::TargetMissing {
                        entity_type: *entity_type,
                        name: name.clone(),
                    });
                }
                (None, _) => return Ok(None),
                (Some(entity), None) => entity,
                (Some(_), Some(_)) => return Err(Rejection::TargetAmbiguous { name: name.clone() }),
            }
        }
    };
    if let Some(owner) = state.owning_mapping(entity, group) {
        return Err(Rejection::EntityOwned {
            by: state.group_at(owner.group).id,
            mapping: owner.id,
        });
    }
    Ok(Some(entity.id))
}
