//! One change of a plan in JSON.

use rolecall_engine::MappingId;
use rolecall_engine::plan::{HoldEffect, PlanEffect};
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::plan_changes::Place;
use super::reference::{EntityRef, GroupRef, UserRef};

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeKind {
    /// A group is created.
    GroupCreated,
    /// A group is deleted.
    GroupDeleted,
    /// A user becomes a member of a group.
    GroupMemberAdded,
    /// A user is no longer a member of a group.
    GroupMemberRemoved,
    /// A mapping comes or changes.
    Mapping,
    /// An entity is created or renamed.
    Entity,
    /// A user joins an entity.
    MemberAdded,
    /// A user leaves an entity.
    MemberRemoved,
    /// The role of a user changes.
    Role,
    /// A conflict opens.
    ConflictOpened,
    /// A conflict closes.
    ConflictClosed,
    /// In a scope more or fewer removals are held.
    Held,
}

/// One change of a plan. Which fields it has depends on its kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlannedChangeView {
    kind: ChangeKind,
    /// The user who joins, leaves, has another role or a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserRef>,
    /// The entity that a mapping is for, that is created or renamed, or that the user joins or leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<EntityRef>,
    /// The entities that claim the user, of a conflict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claimed: Vec<EntityRef>,
    /// The mapping; a new one has no id yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_id: Option<Uuid>,
    /// The group, or the group of the mapping; a new one has no id yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<GroupRef>,
    /// What becomes of the mapping: its new status, `paused` or `refreshed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Why the mapping waits or ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The name of the rule that the mapping follows from then.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// The role, the status of the mapping, or the name of the entity before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The role then.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// How many removals are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<PlannedHold>,
}

/// How many removals of a scope are held before and afterwards; `entity` and `group` beside it name the scope of an entity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlannedHold {
    /// `organization`, `highest_role`, `entity`, `group_entity` or `min_admins`.
    #[schema(example = "organization")]
    scope: &'static str,
    /// How many before.
    from: u64,
    /// How many then.
    to: u64,
}

impl PlannedChangeView {
    /// The change that stands at a place, by a state that knows its user; `None`: there is no such place.
    pub(super) fn of(effect: &PlanEffect, place: Place, state: &State) -> Option<Self> {
        let Place { kind, row, user } = place;
        let blank = Self::blank(kind, user.map(|user| UserRef::at(user, state)));
        Some(match kind {
            ChangeKind::GroupCreated
            | ChangeKind::GroupDeleted
            | ChangeKind::GroupMemberAdded
            | ChangeKind::GroupMemberRemoved => {
                let effect = effect.groups.get(row)?;
                Self {
                    group: Some(GroupRef::planned(&effect.group)),
                    ..blank
                }
            }
            ChangeKind::Mapping => {
                let mapping = effect.mappings.get(row)?;
                Self {
                    entity: Some(EntityRef::planned(&mapping.entity)),
                    mapping_id: mapping.mapping.map(MappingId::uuid),
                    group: Some(GroupRef::planned(&mapping.group)),
                    outcome: Some(mapping.word()),
                    reason: mapping.to.reason(),
                    rule: mapping.rule.clone(),
                    from: mapping.from.map(|from| from.as_str().to_owned()),
                    ..blank
                }
            }
            ChangeKind::Entity => {
                let entity = effect.entities.get(row)?;
                Self {
                    entity: Some(EntityRef::planned(&entity.entity)),
                    from: entity.from.clone(),
                    ..blank
                }
            }
            ChangeKind::MemberAdded | ChangeKind::MemberRemoved => Self {
                entity: Some(EntityRef::planned(&effect.members.get(row)?.entity)),
                ..blank
            },
            ChangeKind::Role => {
                let role = effect.roles.get(row)?;
                Self {
                    from: role.from.as_ref().map(RoleName::to_string),
                    to: role.to.as_ref().map(RoleName::to_string),
                    ..blank
                }
            }
            ChangeKind::ConflictOpened | ChangeKind::ConflictClosed => {
                let claimed = &effect.conflicts.get(row)?.claimed;
                Self {
                    claimed: claimed.iter().map(EntityRef::planned).collect(),
                    ..blank
                }
            }
            ChangeKind::Held => {
                let hold = effect.holds.get(row)?;
                Self {
                    entity: hold.entity.as_ref().map(EntityRef::planned),
                    group: hold.group.as_ref().map(GroupRef::planned),
                    held: Some(PlannedHold::of(hold)),
                    ..blank
                }
            }
        })
    }

    fn blank(kind: ChangeKind, user: Option<UserRef>) -> Self {
        Self {
            kind,
            user,
            entity: None,
            claimed: Vec::new(),
            mapping_id: None,
            group: None,
            outcome: None,
            reason: None,
            rule: None,
            from: None,
            to: None,
            held: None,
        }
    }
}

impl PlannedHold {
    fn of(hold: &HoldEffect) -> Self {
        Self {
            scope: hold.kind,
            from: hold.before,
            to: hold.after,
        }
    }
}
