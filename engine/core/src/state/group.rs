//! What is known of a group.

use imbl::{OrdSet, Vector};
use rolecall_rules::NameKey;

use super::Stamp;
use crate::fact::GroupAttributes;
use crate::id::{GroupId, GroupIndex, MappingIndex};
use crate::mapping::RuleVersion;
use crate::user_set::UserSet;

/// A group, also a deleted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its dense index.
    pub index: GroupIndex,
    /// Its name, as it came.
    pub display_name: String,
    /// What names are compared by.
    pub key: NameKey,
    /// What else the provider says of it.
    pub attributes: GroupAttributes,
    /// Its members.
    pub members: UserSet,
    /// Member ids that name no user of the organization: as they came, or the hash of what is no id at all.
    pub ignored: OrdSet<String>,
    /// The rule that decided it when rules last ran.
    pub decided_by: Option<RuleVersion>,
    /// When and where rules last ran over it.
    pub decided: Stamp,
    /// When and where its provider last changed the roles of its members.
    pub roles_given: Stamp,
    /// Its mappings that have not ended, in order of their creation.
    pub mappings: Vec<MappingIndex>,
    /// Its mappings that have ended, in the order of their ends.
    pub ended_mappings: Vector<MappingIndex>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When and where it was created.
    pub created: Stamp,
    /// When and where its name, its attributes or its members last changed: all that a client of SCIM sees of it. Ids that
    /// name nobody and mappings are not among that.
    pub modified: Stamp,
    /// When and where it got its name: its members show that, too.
    pub(crate) named: Stamp,
}
