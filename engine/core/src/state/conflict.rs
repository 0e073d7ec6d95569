//! What is known of a conflict.

use super::Stamp;
use crate::id::{ConflictId, EntityIndex, UserIndex};
use crate::mapping::Slot;

/// Two or more entities that claim a user for a slot that holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its id.
    pub id: ConflictId,
    /// The slot.
    pub slot: Slot,
    /// The user.
    pub user: UserIndex,
    /// All entities with a claim, in order of their index.
    pub claimed: Vec<EntityIndex>,
    /// The one that the user is in.
    pub current: EntityIndex,
    /// When and where it opened.
    pub opened: Stamp,
}
