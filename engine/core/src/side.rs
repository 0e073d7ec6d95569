//! The two sides of which a user can be on one: a sub-organization, or the teams and concurrency groups of the organization.

use rolecall_rules::EntityType;

/// A side that claims put a user on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// A sub-organization.
    SubOrganization,
    /// Teams and concurrency groups.
    Teams,
}

impl Side {
    /// The side of entities of this type.
    pub fn of(entity_type: EntityType) -> Self {
        match entity_type {
            EntityType::SubOrganization => Self::SubOrganization,
            EntityType::Team | EntityType::ConcurrencyGroup => Self::Teams,
        }
    }
}
