//! What a plan changes, told without the ids of what it creates: they are drawn when it is applied.

use rolecall_rules::{EntityType, RoleName};
use serde::Serialize;

use crate::id::{EntityId, GroupId, MappingId};
use crate::mapping::{MappingStatus, Slot};
use crate::user_set::UserSet;

/// The difference between the state before a plan and the one after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanEffect {
    /// The rules.
    pub rules: RulesEffect,
    /// Whether the examples of the rules change.
    pub examples: bool,
    /// Whether settings change.
    pub settings: bool,
    /// Pins and exclusions.
    pub exceptions: ExceptionsEffect,
    /// How many groups another rule, or another version of the rule, decides.
    pub groups_decided: u64,
    /// Groups that come, go or have other members, in the order of their creation.
    pub groups: Vec<GroupEffect>,
    /// Mappings that come or change, in the order of their creation.
    pub mappings: Vec<MappingEffect>,
    /// Entities that are created or renamed, in the order of their creation.
    pub entities: Vec<EntityEffect>,
    /// Who joins and who leaves which entity.
    pub members: Vec<MembersEffect>,
    /// Whose role changes.
    pub roles: Vec<RoleEffect>,
    /// Conflicts that open and close.
    pub conflicts: Vec<ConflictEffect>,
    /// Scopes in which more or fewer removals are held, in order.
    pub holds: Vec<HoldEffect>,
}

/// How many rules change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RulesEffect {
    /// New ones.
    pub created: u64,
    /// Those that get another version.
    pub changed: u64,
    /// Those that go.
    pub deleted: u64,
}

/// How many pins and exclusions change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExceptionsEffect {
    /// New ones.
    pub set: u64,
    /// Those that end.
    pub removed: u64,
}

/// An entity, which may be one that the plan creates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityName {
    /// What it is.
    pub entity_type: EntityType,
    /// Its name; `None` as long as the name of its group cannot fill the template.
    pub name: Option<String>,
    /// Its id; `None` where it is not there yet.
    pub entity: Option<EntityId>,
}

/// A group, which may be one that the plan creates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupName {
    /// Its name.
    pub display_name: String,
    /// Its id; `None` where it is not there yet.
    pub group: Option<GroupId>,
}

/// A group that comes, goes or has other members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupEffect {
    /// The group.
    pub group: GroupName,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Who is a member afterwards and was not before.
    pub added: UserSet,
    /// Who was a member before and is not afterwards.
    pub removed: UserSet,
}

/// A mapping that comes or changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappingEffect {
    /// The mapping; `None`: a new one.
    pub mapping: Option<MappingId>,
    /// Its group.
    pub group: GroupName,
    /// What it is for.
    pub entity: EntityName,
    /// The rule that it follows from afterwards.
    pub rule: Option<String>,
    /// Its status before.
    pub from: Option<MappingStatus>,
    /// Its status afterwards.
    pub to: MappingStatus,
    /// Whether it is paused afterwards.
    pub paused: bool,
    /// The role that it grants afterwards.
    pub role: Option<RoleName>,
}

/// An entity that is created or renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityEffect {
    /// The entity, with its name afterwards.
    pub entity: EntityName,
    /// Its name before; `None`: it is new.
    pub from: Option<String>,
}

/// Who joins and who leaves an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MembersEffect {
    /// The entity.
    pub entity: EntityName,
    /// Who is in it afterwards and was not before.
    pub added: UserSet,
    /// Who was in it before and is not afterwards.
    pub removed: UserSet,
}

/// Users whose role changes in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleEffect {
    /// Their role before; `None`: none.
    pub from: Option<RoleName>,
    /// Their role afterwards.
    pub to: Option<RoleName>,
    /// Whether it is the higher one.
    pub raised: bool,
    /// The users.
    pub users: UserSet,
}

/// Conflicts over the same entities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConflictEffect {
    /// The slot.
    pub slot: Slot,
    /// The entities with a claim.
    pub claimed: Vec<EntityName>,
    /// The users for whom one opens.
    pub opened: UserSet,
    /// The users for whom one closes.
    pub closed: UserSet,
}

/// A scope in which more or fewer removals are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldEffect {
    /// The word for the kind of scope.
    pub kind: &'static str,
    /// The entity, of the scope of one.
    pub entity: Option<EntityName>,
    /// The group, of the scope of one in an entity.
    pub group: Option<GroupName>,
    /// How many removals are held before.
    pub before: u64,
    /// How many are held afterwards.
    pub after: u64,
}

impl PlanEffect {
    /// Whether applying the plan changes nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl GroupEffect {
    /// Whether the plan creates it.
    pub fn is_new(&self) -> bool {
        self.group.group.is_none()
    }
}

impl MappingEffect {
    /// The word for what becomes of the mapping: its new status, or what else changes.
    pub fn word(&self) -> &'static str {
        if self.from.is_none_or(|from| from != self.to) {
            self.to.as_str()
        } else if self.paused {
            "paused"
        } else {
            "refreshed"
        }
    }
}
