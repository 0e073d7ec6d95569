//! What an answer says of a user, a group or an entity that it is not about: who or what it is, and where to ask on.

use rolecall_engine::plan::{EntityName, GroupName};
use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Entity, Group, Mapping, PlanStart, State, User};
use rolecall_engine::{EntityId, EntityIndex, GroupId, GroupIndex, UserId, UserIndex};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rule_body::TypeWord;
use crate::entry_view;
use crate::time::Time;

/// A user, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserRef {
    id: Uuid,
    /// `null`: the user is deleted.
    user_name: Option<String>,
}

/// A group, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupRef {
    /// `null`: it is not there yet.
    id: Option<Uuid>,
    display_name: String,
}

/// An entity, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntityRef {
    /// `null`: it is not there yet.
    id: Option<Uuid>,
    r#type: TypeWord,
    name: Option<String>,
}

/// A plan that was applied, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanRef {
    id: Uuid,
    /// The entry that began it.
    position: u64,
    at: Time,
    /// Who applied it.
    actor: Value,
}

impl PlanRef {
    /// The plan that began there.
    pub(crate) fn of(start: &PlanStart) -> Self {
        Self {
            id: start.plan.uuid(),
            position: start.started.position.get(),
            at: Time(start.started.at),
            actor: entry_view::actor(start.by),
        }
    }
}

impl UserRef {
    /// The user at this index.
    pub(crate) fn at(index: UserIndex, state: &State) -> Self {
        Self::of(state.user_at(index))
    }

    /// The user of this id, named as far as it is there.
    pub(crate) fn of_id(id: UserId, state: &State) -> Self {
        state.user(id).map_or_else(
            || Self {
                id: id.uuid(),
                user_name: None,
            },
            Self::of,
        )
    }

    /// The user.
    pub(crate) fn of(user: &User) -> Self {
        Self {
            id: user.id.uuid(),
            user_name: user.person.as_ref().map(|person| person.user_name.clone()),
        }
    }
}

impl GroupRef {
    /// The group at this index.
    pub(crate) fn at(index: GroupIndex, state: &State) -> Self {
        Self::of(state.group_at(index))
    }

    /// The group.
    pub(crate) fn of(group: &Group) -> Self {
        Self {
            id: Some(group.id.uuid()),
            display_name: group.display_name.clone(),
        }
    }

    /// A group of a plan, which may be one that the plan creates.
    pub(crate) fn planned(group: &GroupName) -> Self {
        Self {
            id: group.group.map(GroupId::uuid),
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

    /// An entity of a plan, which may be one that the plan creates.
    pub(crate) fn planned(entity: &EntityName) -> Self {
        Self {
            id: entity.entity.map(EntityId::uuid),
            ..Self::unsettled(entity.entity_type, entity.name.clone())
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
