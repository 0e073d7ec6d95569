//! The words of an exception: what an administrator decided for one user, whatever rules and groups say.

use std::fmt;

use rolecall_rules::RoleName;
use serde::{Deserialize, Serialize};

use crate::id::EntityId;

/// What an exception does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ExceptionKind {
    /// The user is in the entity, or holds the role.
    Pin,
    /// The user is not in the entity, and no claim gives it the role.
    Exclusion,
}

impl ExceptionKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Pin, Self::Exclusion];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Exclusion => "exclusion",
        }
    }
}

impl fmt::Display for ExceptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an exception is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ExceptionSubject {
    /// An entity.
    Entity(EntityId),
    /// A role.
    Role(RoleName),
}

impl ExceptionSubject {
    /// The entity, where it is about one.
    pub fn entity(&self) -> Option<EntityId> {
        match self {
            Self::Entity(entity) => Some(*entity),
            Self::Role(_) => None,
        }
    }

    /// The role, where it is about one.
    pub fn role(&self) -> Option<&RoleName> {
        match self {
            Self::Entity(_) => None,
            Self::Role(role) => Some(role),
        }
    }
}
