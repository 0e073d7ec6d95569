//! The words of a mapping: its status, why it waits or ended, and where it came from.

use rolecall_rules::EntityType;
use serde::{Deserialize, Serialize};

use crate::id::RuleId;

/// A rule as it was at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleVersion {
    /// The rule.
    pub rule: RuleId,
    /// Its version: 1 when created, one more with each change.
    pub version: u32,
}

/// Who made a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// This version of a rule.
    Rule(RuleVersion),
    /// An administrator.
    Manual,
}

impl Origin {
    /// The rule that made it, where one did.
    pub fn rule(self) -> Option<RuleVersion> {
        match self {
            Self::Rule(rule) => Some(rule),
            Self::Manual => None,
        }
    }
}

/// The status of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MappingStatus {
    /// It waits for an administrator.
    Pending(PendingReason),
    /// An administrator approved it.
    Approved,
    /// Its rule approved it.
    AutoApproved,
    /// An administrator rejected it.
    Rejected,
    /// It is over.
    Ended(EndReason),
}

impl MappingStatus {
    /// The words for all statuses, without their reasons.
    pub const WORDS: [&str; 5] = ["pending", "approved", "auto_approved", "rejected", "ended"];

    /// Whether members of the group are put into the entity (unless the mapping is paused).
    pub fn is_approved(self) -> bool {
        matches!(self, Self::Approved | Self::AutoApproved)
    }

    /// Whether it waits for an administrator.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Pending(_))
    }

    /// Whether it is over.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// The word for the status, without its reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending(_) => "pending",
            Self::Approved => "approved",
            Self::AutoApproved => "auto_approved",
            Self::Rejected => "rejected",
            Self::Ended(_) => "ended",
        }
    }

    /// The word for the reason, where there is one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Pending(reason) => Some(reason.as_str()),
            Self::Ended(reason) => Some(reason.as_str()),
            Self::Approved | Self::AutoApproved | Self::Rejected => None,
        }
    }
}

/// Why a mapping waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PendingReason {
    /// Its rule does not approve by itself.
    ApprovalRequired,
    /// There is no such sub-organization, and rules never create one.
    TargetMissing,
    /// Several entities have that name.
    AmbiguousName,
    /// The entity belongs to another group.
    EntityOwned,
    /// The entity was deleted by an administrator.
    TargetDeleted,
    /// A rename let another rule decide the group.
    RuleChanged,
    /// The group name cannot fill the name template of the rule.
    Template,
    /// A ceiling: the group gives its members the highest role.
    CeilingHighestRole,
    /// A ceiling: the group has more members than a rule may approve.
    CeilingMembers,
    /// A ceiling: the entity was made known by an administrator.
    CeilingAdoption,
}

impl PendingReason {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApprovalRequired => "approval_required",
            Self::TargetMissing => "target_missing",
            Self::AmbiguousName => "ambiguous_name",
            Self::EntityOwned => "entity_owned",
            Self::TargetDeleted => "target_deleted",
            Self::RuleChanged => "rule_changed",
            Self::Template => "template",
            Self::CeilingHighestRole => "ceiling_highest_role",
            Self::CeilingMembers => "ceiling_members",
            Self::CeilingAdoption => "ceiling_adoption",
        }
    }
}

/// Why a mapping is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EndReason {
    /// Its group was deleted.
    GroupDeleted,
    /// Another mapping took over.
    Replaced,
    /// It was still waiting when a rename, or a plan, made its proposal void.
    Superseded,
    /// A plan was applied, and the rules no longer make it.
    RulesChanged,
}

impl EndReason {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GroupDeleted => "group_deleted",
            Self::Replaced => "replaced",
            Self::Superseded => "superseded",
            Self::RulesChanged => "rules_changed",
        }
    }
}

/// A place that holds one entity for each user, or one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Slot {
    /// The one concurrency group of a user.
    ConcurrencyGroup,
    /// The one sub-organization of a user.
    SubOrganization,
    /// The one side of a user: a sub-organization, or teams and concurrency groups.
    CrossType,
}

impl Slot {
    /// Every slot.
    pub const ALL: [Self; 3] = [Self::ConcurrencyGroup, Self::SubOrganization, Self::CrossType];

    /// The slots that hold one entity.
    pub const OF_ENTITIES: [Self; 2] = [Self::ConcurrencyGroup, Self::SubOrganization];

    /// The slot that entities of this type compete for; teams compete for none.
    pub fn of(entity_type: EntityType) -> Option<Self> {
        match entity_type {
            EntityType::Team => None,
            EntityType::ConcurrencyGroup => Some(Self::ConcurrencyGroup),
            EntityType::SubOrganization => Some(Self::SubOrganization),
        }
    }

    /// The kind of conflict over this slot.
    pub fn conflict_kind(self) -> &'static str {
        match self {
            Self::ConcurrencyGroup => "exclusive_group",
            Self::SubOrganization => "exclusive_sub_organization",
            Self::CrossType => "cross_type",
        }
    }
}
