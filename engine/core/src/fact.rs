//! What was asked for and accepted.
//!
//! Facts are stored: a variant or field is never removed, renumbered or given another meaning (append new variants at
//! the end; CONTRIBUTING.md has the steps).

use rolecall_rules::{EntityType, Example, RoleName, RuleDefinition};
use serde::{Deserialize, Serialize};

use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::id::{
    ConflictId, ConnectionId, EntityId, ExceptionId, GroupId, GroupIndex, HoldId, MappingId, PlanId, RuleId, UserId,
    UserIndex,
};
use crate::mapping::Slot;
use crate::person::SealedPerson;
use crate::plan::GroupDrift;
use crate::registry::RegistryFact;
use crate::safeguards::Safeguards;
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::user_set::UserSet;

/// Something that was asked for and accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A user was created.
    UserCreated {
        /// Its id.
        user: UserId,
        /// Its dense index: one more than the last one given.
        index: UserIndex,
        /// The connection that created it; `None` for an administrator.
        connection: Option<ConnectionId>,
        /// Who it is.
        person: SealedPerson,
        /// Whether it is active.
        active: bool,
        /// The role that its own attribute asks for; `None` also when the attribute is no name of a role.
        organization_role: Option<RoleName>,
    },
    /// The attributes of a user changed.
    UserAttributesChanged {
        /// The user.
        user: UserId,
        /// Who it is now.
        person: SealedPerson,
    },
    /// The role that a user's own attribute asks for changed.
    UserRoleAttributeChanged {
        /// The user.
        user: UserId,
        /// The attribute now.
        organization_role: Option<RoleName>,
    },
    /// A user became active again.
    UserActivated {
        /// The user.
        user: UserId,
    },
    /// A user became inactive.
    UserDeactivated {
        /// The user.
        user: UserId,
    },
    /// A user was deleted, and left all its groups.
    UserDeleted {
        /// The user.
        user: UserId,
    },
    /// A group was created.
    GroupCreated {
        /// Its id.
        group: GroupId,
        /// Its name, as it came.
        display_name: String,
        /// What else the provider said of it.
        attributes: GroupAttributes,
    },
    /// A deleted group was pushed again, and lives on under its old id.
    GroupRestored {
        /// Its id.
        group: GroupId,
        /// Its name, as it came.
        display_name: String,
        /// What else the provider said of it.
        attributes: GroupAttributes,
    },
    /// A group got another name.
    GroupRenamed {
        /// The group.
        group: GroupId,
        /// The name before.
        from: String,
        /// The name now.
        to: String,
    },
    /// What the provider says of a group, beside name and members, changed.
    GroupAttributesChanged {
        /// The group.
        group: GroupId,
        /// All of it, as it is now.
        attributes: GroupAttributes,
    },
    /// Users became members of a group.
    MembersAdded {
        /// The group.
        group: GroupId,
        /// The users who were no members before.
        users: UserSet,
    },
    /// Users are no longer members of a group.
    MembersRemoved {
        /// The group.
        group: GroupId,
        /// The users who were members before.
        users: UserSet,
    },
    /// The member ids of a group that name no user of the organization changed.
    IgnoredMembersChanged {
        /// The group.
        group: GroupId,
        /// All of them as they are now, in order: as they came, or the hash of what is no id at all.
        ignored: Vec<String>,
    },
    /// A group was deleted, and has no members any more.
    GroupDeleted {
        /// The group.
        group: GroupId,
    },
    /// A rule was created, with version 1.
    RuleCreated {
        /// The rule.
        rule: RuleId,
        /// What it says.
        definition: RuleDefinition,
    },
    /// A rule was changed.
    RuleChanged {
        /// The rule.
        rule: RuleId,
        /// Its version now.
        version: u32,
        /// What it says now.
        definition: RuleDefinition,
    },
    /// A rule was deleted.
    RuleDeleted {
        /// The rule.
        rule: RuleId,
    },
    /// An administrator made an entity known.
    EntityRegistered {
        /// The entity.
        entity: EntityId,
        /// What it is.
        entity_type: EntityType,
        /// Its name.
        name: String,
        /// The product's own id of it.
        external_id: Option<String>,
    },
    /// An administrator deleted an entity.
    EntityDeleted {
        /// The entity.
        entity: EntityId,
    },
    /// An administrator bound a group to an entity.
    MappingRequested {
        /// The mapping.
        mapping: MappingId,
        /// The group.
        group: GroupId,
        /// The type of the entity.
        entity_type: EntityType,
        /// The entity; `None`: one of that name is to be created.
        entity: Option<EntityId>,
        /// The name of the entity.
        name: String,
    },
    /// An administrator approved a mapping.
    MappingApproved {
        /// The mapping.
        mapping: MappingId,
        /// The entity it is for; `None`: one of the mapping's name is to be created.
        entity: Option<EntityId>,
    },
    /// An administrator rejected a mapping.
    MappingRejected {
        /// The mapping.
        mapping: MappingId,
    },
    /// An administrator paused a mapping.
    MappingPaused {
        /// The mapping.
        mapping: MappingId,
    },
    /// An administrator ended the pause of a mapping.
    MappingResumed {
        /// The mapping.
        mapping: MappingId,
    },
    /// The settings changed.
    SettingsChanged {
        /// All of them, as they are now.
        settings: Settings,
    },
    /// A fact of the reserved organization: organizations, connections, tokens.
    Registry(RegistryFact),
    /// A new user is to be in the default entity of its connection, as far as nothing else says where it is.
    UserDefaultEntityAssigned {
        /// The user.
        user: UserId,
        /// The entity.
        entity: EntityId,
    },
    /// The safeguards changed.
    SafeguardsChanged {
        /// All of them, as they are now.
        safeguards: Safeguards,
    },
    /// The examples that rules are checked against changed.
    ExamplesSaved {
        /// All of them, as they are now.
        examples: Vec<Example>,
    },
    /// A plan began to be applied; what it changes itself are the facts before this one.
    PlanStarted {
        /// The plan.
        plan: PlanId,
        /// How many groups, from the first, are to be brought up to date.
        groups: u32,
    },
    /// A plan brought groups up to date.
    PlanStepped {
        /// The plan.
        plan: PlanId,
        /// The first of the groups.
        from: GroupIndex,
        /// The group after the last of them.
        to: GroupIndex,
    },
    /// A plan has been applied whole.
    PlanFinished {
        /// The plan.
        plan: PlanId,
    },
    /// A plan was stopped before its end.
    PlanStopped {
        /// The plan.
        plan: PlanId,
    },
    /// An administrator resolved a conflict; remembered for the same set.
    ConflictResolved {
        /// The conflict, and from now on the decision.
        conflict: ConflictId,
        /// The slot.
        slot: Slot,
        /// The user.
        user: UserId,
        /// All entities with a claim, in order.
        claimed: Vec<EntityId>,
        /// The one that is to hold; across types, one of the side that is to hold.
        chosen: EntityId,
        /// Whether it is for every user with this set who has no decision of its own.
        everyone: bool,
    },
    /// An administrator had a decision forgotten.
    DecisionForgotten {
        /// The decision.
        decision: ConflictId,
    },
    /// What a hold keeps from happening happens now.
    HoldReleased {
        /// The hold.
        hold: HoldId,
        /// For these users alone; `None`: for all, and the scope counts anew.
        users: Option<UserSet>,
    },
    /// An administrator put users into an entity by hand. They stay until they are taken out by hand.
    MembershipsGiven {
        /// The entity.
        entity: EntityId,
        /// The users who were not in it by hand before.
        users: UserSet,
    },
    /// An administrator took users out of an entity by hand.
    MembershipsTaken {
        /// The entity.
        entity: EntityId,
        /// The users.
        users: UserSet,
    },
    /// An administrator pinned a user to something, or excluded it from it.
    ExceptionSet {
        /// The exception.
        exception: ExceptionId,
        /// Which of the two.
        kind: ExceptionKind,
        /// The user.
        user: UserId,
        /// What it is about.
        subject: ExceptionSubject,
        /// Why.
        reason: String,
        /// When it ends by itself.
        expires: Option<Timestamp>,
    },
    /// An administrator ended an exception.
    ExceptionRemoved {
        /// The exception.
        exception: ExceptionId,
        /// Its user.
        user: UserId,
    },
    /// The time of an exception was over.
    ExceptionExpired {
        /// The exception.
        exception: ExceptionId,
        /// Its user.
        user: UserId,
    },
    /// The provider's wish that a hold keeps from happening is dropped; the facts beside this one say what the users keep.
    HoldDiscarded {
        /// The hold.
        hold: HoldId,
        /// For these users alone; `None`: for all.
        users: Option<UserSet>,
    },
    /// What a plan that begins is to bring into line with the provider.
    DriftPlanned {
        /// The groups, in the order in which they are brought into line.
        groups: Vec<GroupDrift>,
    },
    /// A plan brought groups into line with the provider; the facts before this one are what it did.
    DriftReconciled {
        /// The plan.
        plan: PlanId,
        /// How many of its groups are in line now.
        to: u32,
    },
}

/// What the provider says of a group beside its name and members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupAttributes {
    /// SCIM `externalId`.
    pub external_id: Option<String>,
    /// The roles that members of the group are to have, as they came.
    pub roles: Vec<String>,
    /// Extension attributes as one canonical JSON object; opaque to this crate.
    pub extensions: String,
}

impl Fact {
    /// Every kind of fact.
    pub const KINDS: [&str; 50] = [
        "user_created",
        "user_attributes_changed",
        "user_role_attribute_changed",
        "user_activated",
        "user_deactivated",
        "user_deleted",
        "group_created",
        "group_restored",
        "group_renamed",
        "group_attributes_changed",
        "members_added",
        "members_removed",
        "ignored_members_changed",
        "group_deleted",
        "rule_created",
        "rule_changed",
        "rule_deleted",
        "entity_registered",
        "entity_deleted",
        "mapping_requested",
        "mapping_approved",
        "mapping_rejected",
        "mapping_paused",
        "mapping_resumed",
        "settings_changed",
        "organization_created",
        "connection_created",
        "connection_changed",
        "connection_deleted",
        "token_created",
        "token_revoked",
        "connection_settings_changed",
        "user_default_entity_assigned",
        "safeguards_changed",
        "examples_saved",
        "plan_started",
        "plan_stepped",
        "plan_finished",
        "plan_stopped",
        "conflict_resolved",
        "decision_forgotten",
        "hold_released",
        "memberships_given",
        "memberships_taken",
        "exception_set",
        "exception_removed",
        "exception_expired",
        "hold_discarded",
        "drift_planned",
        "drift_reconciled",
    ];

    /// The name of the kind of fact, the same in metrics, streams and documentation.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UserCreated { .. } => "user_created",
            Self::UserAttributesChanged { .. } => "user_attributes_changed",
            Self::UserRoleAttributeChanged { .. } => "user_role_attribute_changed",
            Self::UserActivated { .. } => "user_activated",
            Self::UserDeactivated { .. } => "user_deactivated",
            Self::UserDeleted { .. } => "user_deleted",
            Self::GroupCreated { .. } => "group_created",
            Self::GroupRestored { .. } => "group_restored",
            Self::GroupRenamed { .. } => "group_renamed",
            Self::GroupAttributesChanged { .. } => "group_attributes_changed",
            Self::MembersAdded { .. } => "members_added",
            Self::MembersRemoved { .. } => "members_removed",
            Self::IgnoredMembersChanged { .. } => "ignored_members_changed",
            Self::GroupDeleted { .. } => "group_deleted",
            Self::RuleCreated { .. } => "rule_created",
            Self::RuleChanged { .. } => "rule_changed",
            Self::RuleDeleted { .. } => "rule_deleted",
            Self::EntityRegistered { .. } => "entity_registered",
            Self::EntityDeleted { .. } => "entity_deleted",
            Self::MappingRequested { .. } => "mapping_requested",
            Self::MappingApproved { .. } => "mapping_approved",
            Self::MappingRejected { .. } => "mapping_rejected",
            Self::MappingPaused { .. } => "mapping_paused",
            Self::MappingResumed { .. } => "mapping_resumed",
            Self::SettingsChanged { .. } => "settings_changed",
            Self::Registry(fact) => fact.kind(),
            Self::UserDefaultEntityAssigned { .. } => "user_default_entity_assigned",
            Self::PlanStarted { .. } => "plan_started",
            Self::PlanStepped { .. } => "plan_stepped",
            Self::PlanFinished { .. } => "plan_finished",
            Self::PlanStopped { .. } => "plan_stopped",
            Self::DriftPlanned { .. } => "drift_planned",
            Self::DriftReconciled { .. } => "drift_reconciled",
            Self::SafeguardsChanged { .. } => "safeguards_changed",
            Self::ExamplesSaved { .. } => "examples_saved",
            Self::ConflictResolved { .. } => "conflict_resolved",
            Self::DecisionForgotten { .. } => "decision_forgotten",
            Self::HoldReleased { .. } => "hold_released",
            Self::MembershipsGiven { .. } => "memberships_given",
            Self::MembershipsTaken { .. } => "memberships_taken",
            Self::ExceptionSet { .. } => "exception_set",
            Self::ExceptionRemoved { .. } => "exception_removed",
            Self::ExceptionExpired { .. } => "exception_expired",
            Self::HoldDiscarded { .. } => "hold_discarded",
        }
    }
}
