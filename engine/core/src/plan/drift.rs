//! Where the groups of the provider and the groups here differ, group by group.

use serde::{Deserialize, Serialize};

use crate::id::GroupId;
use crate::user_set::UserSet;

/// How one group differs, and so what a plan is to do with it. Stored with the plan, so that it goes on after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupDrift {
    /// The provider has it, and there is none here: it is created.
    Missing {
        /// Its name.
        display_name: String,
        /// SCIM `externalId`.
        external_id: Option<String>,
        /// Its members.
        members: UserSet,
    },
    /// Its members are others: they are brought into line.
    Differs {
        /// The group.
        group: GroupId,
        /// Who is a member at the provider, and not here.
        added: UserSet,
        /// Who is a member here, and not at the provider.
        removed: UserSet,
    },
    /// The provider does not have it: it is deleted.
    Surplus {
        /// The group.
        group: GroupId,
    },
}
