//! Creating, changing and deleting groups.

use super::members::Members;
use super::{check_attributes, check_limit, check_name, check_version};
use crate::command::{GroupChange, GroupInput, MembersChange};
use crate::fact::{Fact, GroupAttributes};
use crate::id::{GroupId, NewIds};
use crate::limits::{GROUP_ROLES_MAX, GROUPS_MAX};
use crate::position::Position;
use crate::rejection::Rejection;
use crate::state::{Group, State};

pub(super) fn create(state: &State, input: &GroupInput, ids: &mut NewIds) -> Result<Vec<Fact>, Rejection> {
    check_provisioning(state)?;
    check_name("displayName", &input.display_name)?;
    if let Some(taken) = state.group_by_name(&input.display_name) {
        return Err(Rejection::GroupNameTaken { by: taken.id });
    }
    let attributes = GroupAttributes {
        external_id: input.external_id.clone(),
        roles: input.roles.clone(),
        extensions: input.extensions.clone(),
    };
    check_group_attributes(&attributes)?;
    let display_name = input.display_name.clone();
    let (group, first) = match state.deleted_group_by_name(&input.display_name) {
        Some(deleted) => (
            deleted.id,
            Fact::GroupRestored {
                group: deleted.id,
                display_name,
                attributes,
            },
        ),
        None => {
            check_limit("groups", state.table_lengths().1 as usize, GROUPS_MAX)?;
            let group = GroupId::new(ids.draw());
            (
                group,
                Fact::GroupCreated {
                    group,
                    display_name,
                    attributes,
                },
            )
        }
    };
    let change = MembersChange {
        replace: true,
        add: input.members.clone(),
        remove: Vec::new(),
    };
    let members = Members::default().changed(state, &change)?;
    let mut facts = vec![first];
    facts.extend(members.facts(group));
    Ok(facts)
}

pub(super) fn change(state: &State, id: GroupId, change: &GroupChange) -> Result<Vec<Fact>, Rejection> {
    check_provisioning(state)?;
    let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
    check_version(change.expected, group.modified)?;
    let mut facts = Vec::new();
    facts.extend(renamed(state, group, change)?);
    facts.extend(attributes_changed(group, change)?);
    facts.extend(Members::of(group).changed(state, &change.members)?.facts(id));
    Ok(facts)
}

pub(super) fn delete(state: &State, id: GroupId, expected: Option<Position>) -> Result<Vec<Fact>, Rejection> {
    check_provisioning(state)?;
    let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
    check_version(expected, group.modified)?;
    Ok(vec![Fact::GroupDeleted { group: id }])
}

fn check_provisioning(state: &State) -> Result<(), Rejection> {
    if state.settings().group_provisioning {
        Ok(())
    } else {
        Err(Rejection::GroupProvisioningOff)
    }
}

/// A rename, where the name is another one. A name that differs in spelling alone is a rename too: the spelling is shown.
fn renamed(state: &State, group: &Group, change: &GroupChange) -> Result<Option<Fact>, Rejection> {
    let Some(to) = change.display_name.as_ref().filter(|name| **name != group.display_name) else {
        return Ok(None);
    };
    check_name("displayName", to)?;
    if let Some(taken) = state.group_by_name(to).filter(|other| other.id != group.id) {
        return Err(Rejection::GroupNameTaken { by: taken.id });
    }
    Ok(Some(Fact::GroupRenamed {
        group: group.id,
        from: group.display_name.clone(),
        to: to.clone(),
    }))
}

fn attributes_changed(group: &Group, change: &GroupChange) -> Result<Option<Fact>, Rejection> {
    let before = &group.attributes;
    let attributes = GroupAttributes {
        external_id: change.external_id.clone().unwrap_or_else(|| before.external_id.clone()),
        roles: change.roles.clone().unwrap_or_else(|| before.roles.clone()),
        extensions: change.extensions.clone().unwrap_or_else(|| before.extensions.clone()),
    };
    if attributes == *before {
        return Ok(None);
    }
    check_group_attributes(&attributes)?;
    Ok(Some(Fact::GroupAttributesChanged {
        group: group.id,
        attributes,
    }))
}

fn check_group_attributes(attributes: &GroupAttributes) -> Result<(), Rejection> {
    if let Some(external_id) = &attributes.external_id {
        check_name("externalId", external_id)?;
    }
    if attributes.roles.len() > GROUP_ROLES_MAX {
        return Err(Rejection::TooLong {
            attribute: "roles",
            limit: GROUP_ROLES_MAX,
            unit: "values",
        });
    }
    check_attributes("attributes", &attributes.extensions)
}
