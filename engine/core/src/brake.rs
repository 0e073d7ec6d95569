//! The scopes of brakes: which users a brake watches, and what leaving them means.

use serde::{Deserialize, Serialize};

use crate::id::{EntityId, GroupId};

/// A set of users that a provider may not empty too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BrakeScope {
    /// Users who are in any entity but the default concurrency group.
    Organization,
    /// Active users of the highest role.
    HighestRole,
    /// Users of an entity.
    Entity(EntityId),
    /// Users of an entity who are there by a group.
    GroupEntity {
        /// The entity.
        entity: EntityId,
        /// The group.
        group: GroupId,
    },
    /// The last active users of the highest role: the floor that `min_admins` sets.
    MinAdmins,
}

impl BrakeScope {
    /// Every kind of scope.
    pub const KINDS: [&str; 5] = ["organization", "highest_role", "entity", "group_entity", "min_admins"];

    /// The word for the kind of scope.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::HighestRole => "highest_role",
            Self::Entity(_) => "entity",
            Self::GroupEntity { .. } => "group_entity",
            Self::MinAdmins => "min_admins",
        }
    }

    /// Whether it is about a role; else it is about entities.
    pub fn is_of_role(self) -> bool {
        matches!(self, Self::HighestRole | Self::MinAdmins)
    }
}
