//! What the engine concludes from a fact.
//!
//! Consequences are stored, so the rule of `fact` holds here too: never remove, renumber or give another meaning.

use rolecall_rules::{EntityType, NameTemplate, RoleName};
use serde::{Deserialize, Serialize};

use crate::brake::BrakeScope;
use crate::id::{ConflictId, EntityId, ExceptionId, GroupId, HoldId, MappingId, UserId};
use crate::mapping::{MappingStatus, Origin, RuleVersion, Slot};
use crate::user_set::UserSet;

/// Something that follows from a fact of the same entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consequence {
    /// What it follows from.
    pub because: Because,
    /// What is so from now on.
    pub effect: Effect,
}

/// What a consequence follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Because {
    /// The fact: its place in the entry, from 0.
    pub fact: u32,
    /// The mapping, where one is the reason.
    pub mapping: Option<MappingId>,
    /// The rule, where one is the reason.
    pub rule: Option<RuleVersion>,
}

/// What a consequence makes so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// The rules ran over the name of a group.
    GroupDecided {
        /// The group.
        group: GroupId,
        /// The rule that decides it; `None`: no rule matches.
        rule: Option<RuleVersion>,
    },
    /// A mapping came to be.
    MappingProposed {
        /// The mapping.
        mapping: MappingId,
        /// Its group.
        group: GroupId,
        /// What kind of entity it is for.
        entity_type: EntityType,
        /// The entity, once there is one.
        entity: Option<EntityId>,
        /// The name of the entity; `None` when the group name cannot fill the template.
        name: Option<String>,
        /// How the name follows from the name of the group.
        template: NameTemplate,
        /// Who made it.
        origin: Origin,
        /// The role that it grants to members of the group.
        role: Option<RoleName>,
        /// Its status.
        status: MappingStatus,
    },
    /// A mapping has another status.
    MappingMoved {
        /// The mapping.
        mapping: MappingId,
        /// The status before.
        from: MappingStatus,
        /// The status now.
        to: MappingStatus,
        /// Its entity now.
        entity: Option<EntityId>,
    },
    /// An entity was created for a mapping.
    EntityCreated {
        /// The entity.
        entity: EntityId,
        /// What it is.
        entity_type: EntityType,
        /// Its name.
        name: String,
    },
    /// An entity was renamed with its group.
    EntityRenamed {
        /// The entity.
        entity: EntityId,
        /// The name before.
        from: String,
        /// The name now.
        to: String,
    },
    /// An entity kept its name although its group was renamed.
    EntityRenameSkipped {
        /// The entity.
        entity: EntityId,
        /// Why.
        reason: RenameSkipped,
    },
    /// Users are in an entity from now on.
    MembersPlaced {
        /// The entity.
        entity: EntityId,
        /// The users.
        users: UserSet,
    },
    /// Users are no longer in an entity.
    MembersUnplaced {
        /// The entity.
        entity: EntityId,
        /// The users.
        users: UserSet,
        /// Why.
        reason: Unplaced,
    },
    /// Users have another role.
    RoleChanged {
        /// The users; all the rest is the same for each.
        users: UserSet,
        /// The role before; `None`: none, as for an inactive user.
        from: Option<RoleName>,
        /// The role now.
        to: Option<RoleName>,
        /// Why.
        cause: RoleCause,
        /// The claims before.
        before: Vec<RoleClaim>,
        /// The claims now.
        after: Vec<RoleClaim>,
    },
    /// Two or more entities claim a user for a slot that holds one. Read, but written no more: see `ConflictsOpened`.
    ConflictOpened {
        /// The conflict.
        conflict: ConflictId,
        /// The slot.
        slot: Slot,
        /// The user.
        user: UserId,
        /// All entities with a claim, in order.
        claimed: Vec<EntityId>,
        /// The one that the user is in.
        current: EntityId,
    },
    /// A conflict is over: fewer than two claims, or others than before. Read, but written no more: see `ConflictsClosed`.
    ConflictClosed {
        /// The conflict.
        conflict: ConflictId,
        /// The slot.
        slot: Slot,
        /// The user.
        user: UserId,
    },
    /// The last active user of the highest role lost it.
    NoAdminLeft {
        /// The highest role.
        role: RoleName,
    },
    /// A mapping follows from a rule as it is now. Its status and its entity stay.
    MappingRefreshed {
        /// The mapping.
        mapping: MappingId,
        /// The rule.
        origin: Origin,
        /// The name of the entity.
        name: Option<String>,
        /// How the name follows from the name of the group.
        template: NameTemplate,
        /// The role that it grants to members of the group.
        role: Option<RoleName>,
    },
    /// A group grew beyond what a rule may approve: of its members these stay in the entity, the others wait.
    MappingLimited {
        /// The mapping.
        mapping: MappingId,
        /// The members that it holds.
        to: UserSet,
    },
    /// A group is no longer larger than a rule may approve: its mapping holds all members again.
    MappingLimitLifted {
        /// The mapping.
        mapping: MappingId,
    },
    /// A scope has lost too many users: from now on it holds what it would lose.
    HoldOpened {
        /// The hold.
        hold: HoldId,
        /// The scope.
        scope: BrakeScope,
        /// The role that the users keep, for a scope of a role.
        role: Option<RoleName>,
        /// How many removals have passed inside the window.
        passed: u64,
        /// How many may pass.
        limit: u64,
    },
    /// Users stay where they are although no claim holds them there.
    HoldGrew {
        /// The hold.
        hold: HoldId,
        /// The entity; `None`: the role.
        entity: Option<EntityId>,
        /// The users.
        users: UserSet,
    },
    /// Users are no longer held: a claim is back, they are gone, or they are needed no more.
    HoldShrank {
        /// The hold.
        hold: HoldId,
        /// The entity; `None`: the role.
        entity: Option<EntityId>,
        /// The users.
        users: UserSet,
    },
    /// A hold is empty, and over.
    HoldClosed {
        /// The hold.
        hold: HoldId,
        /// The scope.
        scope: BrakeScope,
    },
    /// Users left a scope, and the brake counts them.
    RemovalsPassed {
        /// The scope.
        scope: BrakeScope,
        /// How many.
        count: u64,
    },
    /// Two or more entities claim users for a slot that holds one.
    ConflictsOpened {
        /// What the ids of the conflicts follow from, with the user of each.
        conflicts: ConflictId,
        /// The slot.
        slot: Slot,
        /// All entities with a claim, in order.
        claimed: Vec<EntityId>,
        /// The one that the users are in.
        current: EntityId,
        /// The users; each has a conflict of its own.
        users: UserSet,
    },
    /// The conflicts of users over a slot are over: fewer than two claims, or others than before.
    ConflictsClosed {
        /// The slot.
        slot: Slot,
        /// The users.
        users: UserSet,
    },
}

/// Why an entity kept its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RenameSkipped {
    /// Another entity has the new name.
    NameTaken,
    /// The new name cannot fill the name template.
    Template,
    /// Other groups feed the entity too, and their names say otherwise.
    Shared,
}

impl RenameSkipped {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NameTaken => "name_taken",
            Self::Template => "template",
            Self::Shared => "shared",
        }
    }
}

/// Why users left an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unplaced {
    /// No claim holds them there any more.
    NoClaim,
    /// Another entity took the slot.
    Replaced,
    /// They are inactive; the place comes back with them.
    Suspended,
    /// The users were deleted.
    UserDeleted,
    /// The entity was deleted.
    EntityDeleted,
    /// An administrator took them out of a team that a claim brings them back to.
    RemovedByHand,
}

impl Unplaced {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoClaim => "no_claim",
            Self::Replaced => "replaced",
            Self::Suspended => "suspended",
            Self::UserDeleted => "user_deleted",
            Self::EntityDeleted => "entity_deleted",
            Self::RemovedByHand => "removed_by_hand",
        }
    }
}

/// One reason for a user to hold a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoleClaim {
    /// The role.
    pub role: RoleName,
    /// Where the claim comes from.
    pub source: RoleSource,
}

/// Where a claim to a role comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RoleSource {
    /// The roles that the provider gave to a group of the user.
    Group {
        /// The group.
        group: GroupId,
    },
    /// A rule, through an approved mapping of a group of the user.
    Rule {
        /// The rule.
        rule: RuleVersion,
        /// The mapping.
        mapping: MappingId,
        /// The group.
        group: GroupId,
    },
    /// The user's own attribute.
    Attribute,
    /// A hold: no other claim does.
    Hold {
        /// The hold.
        hold: HoldId,
    },
    /// An administrator pinned the user to it: it counts whatever the others say.
    Pin {
        /// The exception.
        exception: ExceptionId,
    },
}

/// Why a role changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RoleCause {
    /// The user was created.
    UserCreated,
    /// The user's own attribute changed.
    UserAttribute,
    /// The user became active again.
    UserActivated,
    /// The user became inactive.
    UserDeactivated,
    /// The user was deleted.
    UserDeleted,
    /// The user joined a group.
    MemberAdded,
    /// The user left a group.
    MemberRemoved,
    /// The roles of a group changed.
    GroupRoles,
    /// A group was created or restored.
    GroupCreated,
    /// A group was renamed.
    GroupRenamed,
    /// A group was deleted.
    GroupDeleted,
    /// A mapping was approved, rejected, paused, resumed, or lost its entity.
    Mapping,
    /// The settings changed.
    Settings,
    /// The last claim went away, and the default role applies.
    DefaultFallback,
    /// A plan was applied.
    Plan,
    /// A hold let the user go.
    HoldEnded,
    /// A pin or an exclusion was set, was removed, or expired.
    Exception,
}

impl RoleCause {
    /// Every cause.
    pub const ALL: [Self; 17] = [
        Self::UserCreated,
        Self::UserAttribute,
        Self::UserActivated,
        Self::UserDeactivated,
        Self::UserDeleted,
        Self::MemberAdded,
        Self::MemberRemoved,
        Self::GroupRoles,
        Self::GroupCreated,
        Self::GroupRenamed,
        Self::GroupDeleted,
        Self::Mapping,
        Self::Settings,
        Self::DefaultFallback,
        Self::Plan,
        Self::HoldEnded,
        Self::Exception,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user_created",
            Self::UserAttribute => "user_attribute",
            Self::UserActivated => "user_activated",
            Self::UserDeactivated => "user_deactivated",
            Self::UserDeleted => "user_deleted",
            Self::MemberAdded => "member_added",
            Self::MemberRemoved => "member_removed",
            Self::GroupRoles => "group_roles",
            Self::GroupCreated => "group_created",
            Self::GroupRenamed => "group_renamed",
            Self::GroupDeleted => "group_deleted",
            Self::Mapping => "mapping",
            Self::Settings => "settings",
            Self::DefaultFallback => "default_fallback",
            Self::Plan => "plan",
            Self::HoldEnded => "hold_ended",
            Self::Exception => "exception",
        }
    }
}

impl Effect {
    /// Every kind of consequence.
    pub const KINDS: [&str; 22] = [
        "group_decided",
        "mapping_proposed",
        "mapping_moved",
        "entity_created",
        "entity_renamed",
        "entity_rename_skipped",
        "members_placed",
        "members_unplaced",
        "role_changed",
        "conflict_opened",
        "conflict_closed",
        "no_admin_left",
        "mapping_refreshed",
        "mapping_limited",
        "mapping_limit_lifted",
        "hold_opened",
        "hold_grew",
        "hold_shrank",
        "hold_closed",
        "removals_passed",
        "conflicts_opened",
        "conflicts_closed",
    ];

    /// The name of the kind of consequence, the same in metrics, streams and documentation.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::GroupDecided { .. } => "group_decided",
            Self::MappingProposed { .. } => "mapping_proposed",
            Self::MappingMoved { .. } => "mapping_moved",
            Self::EntityCreated { .. } => "entity_created",
            Self::EntityRenamed { .. } => "entity_renamed",
            Self::EntityRenameSkipped { .. } => "entity_rename_skipped",
            Self::MembersPlaced { .. } => "members_placed",
            Self::MembersUnplaced { .. } => "members_unplaced",
            Self::RoleChanged { .. } => "role_changed",
            Self::ConflictOpened { .. } => "conflict_opened",
            Self::ConflictClosed { .. } => "conflict_closed",
            Self::NoAdminLeft { .. } => "no_admin_left",
            Self::MappingRefreshed { .. } => "mapping_refreshed",
            Self::MappingLimited { .. } => "mapping_limited",
            Self::MappingLimitLifted { .. } => "mapping_limit_lifted",
            Self::HoldOpened { .. } => "hold_opened",
            Self::HoldGrew { .. } => "hold_grew",
            Self::HoldShrank { .. } => "hold_shrank",
            Self::HoldClosed { .. } => "hold_closed",
            Self::RemovalsPassed { .. } => "removals_passed",
            Self::ConflictsOpened { .. } => "conflicts_opened",
            Self::ConflictsClosed { .. } => "conflicts_closed",
        }
    }
}
