//! What is known of a user.

use std::sync::Arc;

use imbl::Vector;
use roaring::RoaringBitmap;
use rolecall_rules::RoleName;

use crate::id::{ConnectionId, EntityIndex, GroupIndex, UserId, UserIndex};
use crate::person::Person;
use crate::position::Position;
use crate::time::Timestamp;

/// A user, also a deleted one.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its dense index.
    pub index: UserIndex,
    /// The connection that created it.
    pub connection: Option<ConnectionId>,
    /// Who it is; `None` when that can no longer be read.
    pub person: Option<Arc<Person>>,
    /// What the provider says of it.
    pub active: bool,
    /// The role that its own attribute asks for.
    pub organization_role: Option<RoleName>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When and where it was created.
    pub created: Stamp,
    /// When and where its attributes, its groups or its role last changed. A rename of one of its groups is not in it:
    /// [`State::user_version`](super::State::user_version) knows those too.
    pub modified: Stamp,
    /// The role in force; `None` while inactive.
    pub role: Option<RoleName>,
    /// The entities it is in, in order of their index.
    pub memberships: Vec<Membership>,
    /// The entries that changed its attributes, groups, entities or role, in order.
    pub history: Vector<Position>,
    pub(crate) groups: RoaringBitmap,
}

/// A user in an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The entity.
    pub entity: EntityIndex,
    /// Since when.
    pub since: Stamp,
}

/// A point in the record: the entry, and its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// The position of the entry.
    pub position: Position,
    /// The time of the entry.
    pub at: Timestamp,
}

impl User {
    /// Whether the user counts: there, and active.
    pub fn is_effective(&self) -> bool {
        self.active && !self.deleted
    }

    /// The groups of the user, in order of their index.
    pub fn groups(&self) -> impl Iterator<Item = GroupIndex> + '_ {
        self.groups.iter().map(GroupIndex::from)
    }

    /// How many groups the user is in.
    pub fn group_count(&self) -> u64 {
        self.groups.len()
    }

    /// Notes that an entry changed the user, but nothing that a client of SCIM sees.
    pub(crate) fn touch(&mut self, position: Position) {
        if self.history.last() != Some(&position) {
            self.history.push_back(position);
        }
    }

    /// Notes that an entry changed the user as a client of SCIM sees it.
    pub(crate) fn modify(&mut self, stamp: Stamp) {
        self.modified = stamp;
        self.touch(stamp.position);
    }
}
