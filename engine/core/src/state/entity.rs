//! What is known of an entity.

use rolecall_rules::{EntityType, NameKey};

use super::Stamp;
use crate::id::{EntityId, EntityIndex, MappingIndex};
use crate::mapping::Slot;
use crate::side::Side;
use crate::user_set::UserSet;

/// A team, concurrency group or sub-organization, also a deleted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its id.
    pub id: EntityId,
    /// Its dense index.
    pub index: EntityIndex,
    /// What it is.
    pub entity_type: EntityType,
    /// Its name.
    pub name: String,
    /// What names are compared by.
    pub key: NameKey,
    /// The product's own id of it.
    pub external_id: Option<String>,
    /// Who is in it.
    pub members: UserSet,
    /// The mappings that are for it and have not ended.
    pub mappings: Vec<MappingIndex>,
    /// Whether an administrator made it known, and not a mapping.
    pub registered: bool,
    /// The last rename of its group that it did not follow, and why.
    pub rename_skipped: Option<&'static str>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When and where it was created.
    pub created: Stamp,
}

impl Entity {
    /// The slot that it competes for; a team competes for none.
    pub fn slot(&self) -> Option<Slot> {
        Slot::of(self.entity_type)
    }

    /// The side of users that it is on.
    pub fn side(&self) -> Side {
        Side::of(self.entity_type)
    }
}
