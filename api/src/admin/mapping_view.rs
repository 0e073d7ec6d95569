//! A mapping in JSON: in its own list, and in its group.

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Entity, Mapping, State};
use rolecall_engine::{EntityIndex, GroupIndex, RuleId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rule_body::TypeWord;
use crate::time::Time;

/// A mapping.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingView {
    id: Uuid,
    /// `pending`, `approved`, `auto_approved`, `rejected` or `ended`.
    #[schema(example = "pending")]
    status: &'static str,
    /// Why it waits or ended.
    #[schema(example = "approval_required")]
    reason: Option<&'static str>,
    /// Whether an administrator paused it.
    paused: bool,
    /// How many members of the group wait, because the group grew beyond what a rule may approve; `null` when none has to. They
    /// come in when somebody approves the mapping, or the group shrinks.
    waiting_members: Option<u64>,
    /// Whether it follows from a rule that is no longer what it was, or no longer decides the group.
    stale: bool,
    /// The rule that made it; `null` for an administrator.
    rule_id: Option<Uuid>,
    /// The version of that rule.
    rule_version: Option<u32>,
    /// The role that it grants to members of the group while it is in force.
    role: Option<String>,
    group: GroupRef,
    /// The entity; its `id` is `null` until there is one.
    entity: EntityRef,
    created_at: Time,
    modified_at: Time,
}

/// A group, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupRef {
    id: Uuid,
    display_name: String,
}

/// An entity, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntityRef {
    id: Option<Uuid>,
    r#type: TypeWord,
    name: Option<String>,
}

impl GroupRef {
    /// The group at this index.
    pub(crate) fn at(index: GroupIndex, state: &State) -> Self {
        let group = state.group_at(index);
        Self {
            id: group.id.uuid(),
            display_name: group.display_name.clone(),
        }
    }
}

impl EntityRef {
    /// The entity of a mapping.
    pub(crate) fn of_mapping(mapping: &Mapping, state: &State) -> Self {
        match mapping.entity {
            Some(entity) => Self::at(entity, state),
            None => Self::unsettled(mapping.entity_type, mapping.name.clone()),
        }
    }

    /// An entity of this type and name that is not there, or not settled.
    pub(crate) fn unsettled(entity_type: EntityType, name: Option<String>) -> Self {
        Self {
            id: None,
            r#type: entity_type.into(),
            name,
        }
    }

    /// The entity at this index.
    pub(crate) fn at(index: EntityIndex, state: &State) -> Self {
        Self::of(state.entity_at(index))
    }

    /// The entity.
    pub(crate) fn of(entity: &Entity) -> Self {
        Self {
            id: Some(entity.id.uuid()),
            r#type: entity.entity_type.into(),
            name: Some(entity.name.clone()),
        }
    }
}

impl MappingView {
    /// The mapping in this state.
    pub(crate) fn of(mapping: &Mapping, state: &State) -> Self {
        let rule = mapping.origin.rule();
        Self {
            id: mapping.id.uuid(),
            status: mapping.status.as_str(),
            reason: mapping.status.reason(),
            paused: mapping.paused,
            waiting_members: mapping.limited_to.as_ref().map(|_| state.waiting_members(mapping)),
            stale: state.is_stale(mapping),
            rule_id: rule.map(|rule| RuleId::uuid(rule.rule)),
            rule_version: rule.map(|rule| rule.version),
            role: mapping.role.as_ref().map(ToString::to_string),
            group: GroupRef::at(mapping.group, state),
            entity: EntityRef::of_mapping(mapping, state),
            created_at: Time(mapping.created.at),
            modified_at: Time(mapping.modified.at),
        }
    }
}
