//! What is known of a mapping.

use rolecall_rules::{EntityType, NameTemplate, RoleName};

use super::Stamp;
use crate::id::{EntityIndex, GroupIndex, MappingId, MappingIndex, UserIndex};
use crate::mapping::{MappingStatus, Origin};
use crate::position::Position;
use crate::user_set::UserSet;

/// One group bound to one entity, also when that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its id.
    pub id: MappingId,
    /// Its dense index.
    pub index: MappingIndex,
    /// Its group.
    pub group: GroupIndex,
    /// What kind of entity it is for.
    pub entity_type: EntityType,
    /// The entity, once there is one.
    pub entity: Option<EntityIndex>,
    /// The name of the entity when the mapping was made; `None` when the group name could not fill the template.
    pub name: Option<String>,
    /// How the name follows from the name of the group.
    pub template: NameTemplate,
    /// Who made it.
    pub origin: Origin,
    /// The role that it grants to members of the group while it is in force.
    pub role: Option<RoleName>,
    /// Its status.
    pub status: MappingStatus,
    /// Whether an administrator paused it.
    pub paused: bool,
    /// The members of its group that it holds, where it holds those alone: the group grew beyond what a rule may approve.
    pub limited_to: Option<UserSet>,
    /// When it was approved last: of several claims the older approval is the incumbent.
    pub approved: Option<Position>,
    /// When and where it came to be.
    pub created: Stamp,
    /// When and where its status, or what it says, last changed.
    pub modified: Stamp,
    /// When and where it got its status, or was paused or resumed.
    pub settled: Stamp,
    /// When and where it last got the members that it holds alone.
    pub limited: Stamp,
    /// When and where it began to follow from this version of its rule.
    pub follows_since: Stamp,
}

impl Mapping {
    /// Whether this member of the group is put into the entity now.
    pub fn holds(&self, member: UserIndex) -> bool {
        self.in_force() && self.limited_to.as_ref().is_none_or(|limited| limited.contains(member))
    }

    /// Whether members of the group are put into the entity now.
    pub fn in_force(&self) -> bool {
        self.status.is_approved() && !self.paused
    }
}
