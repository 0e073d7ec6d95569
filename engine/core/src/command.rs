//! What somebody asks for. A command may be refused; what it leads to may not.

use rolecall_rules::{EntityType, Example, RuleDefinition};
use serde::Serialize;

use crate::entry::Actor;
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::id::{ConflictId, ConnectionId, EntityId, ExceptionId, GroupId, HoldId, MappingId, PlanId, RuleId, UserId};
use crate::person::Person;
use crate::plan::Draft;
use crate::position::Position;
use crate::registry::RegistryCommand;
use crate::rule_set::DraftRule;
use crate::settings::SettingsChange;
use crate::time::Timestamp;

/// A wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Create a user.
    CreateUser {
        /// The connection that asks; `None` for an administrator.
        connection: Option<ConnectionId>,
        /// The default entity of the connection. One that is no more is as good as none: the user is created all the same.
        default_entity: Option<EntityId>,
        /// The user.
        user: UserInput,
    },
    /// Make a user be like this.
    ChangeUser {
        /// The user.
        user: UserId,
        /// The version ([`State::user_version`](crate::State::user_version)) that the new state was computed from: refused
        /// when the user has moved on. `None`: whatever it is.
        expected: Option<Position>,
        /// The new state.
        to: UserInput,
    },
    /// Delete a user.
    DeleteUser {
        /// The user.
        user: UserId,
        /// The version that is to be deleted: refused when the user has moved on. `None`: whatever it is.
        expected: Option<Position>,
    },
    /// Create a group, or restore the deleted group of that name.
    CreateGroup {
        /// The group.
        group: GroupInput,
    },
    /// Change a group.
    ChangeGroup {
        /// The group.
        group: GroupId,
        /// What to change.
        change: GroupChange,
    },
    /// Delete a group.
    DeleteGroup {
        /// The group.
        group: GroupId,
        /// The version that is to be deleted: refused when the group has moved on. `None`: whatever it is.
        expected: Option<Position>,
    },
    /// Create a rule.
    CreateRule {
        /// What it says.
        definition: RuleDefinition,
    },
    /// Change a rule.
    ChangeRule {
        /// The rule.
        rule: RuleId,
        /// What it says from now on.
        definition: RuleDefinition,
    },
    /// Delete a rule.
    DeleteRule {
        /// The rule.
        rule: RuleId,
    },
    /// Have exactly these rules: what is not among them is deleted. Like saving a single rule, it moves nobody.
    SaveRuleSet {
        /// All of them. Among rules of one priority that are new, the one that stands first is asked first.
        rules: Vec<DraftRule>,
        /// The examples that the rules are checked against from now on; `None`: those that there are.
        examples: Option<Vec<Example>>,
    },
    /// Make an entity known.
    CreateEntity {
        /// What it is.
        entity_type: EntityType,
        /// Its name.
        name: String,
        /// The product's own id of it.
        external_id: Option<String>,
    },
    /// Delete an entity.
    DeleteEntity {
        /// The entity.
        entity: EntityId,
    },
    /// Bind a group to an entity.
    CreateMapping {
        /// The group.
        group: GroupId,
        /// The entity.
        target: MappingTarget,
    },
    /// Approve a mapping.
    ApproveMapping {
        /// The mapping.
        mapping: MappingId,
        /// Another entity than the proposed one.
        target: Option<MappingTarget>,
    },
    /// Reject a mapping.
    RejectMapping {
        /// The mapping.
        mapping: MappingId,
    },
    /// Pause an approved mapping: its members leave until it is resumed.
    PauseMapping {
        /// The mapping.
        mapping: MappingId,
    },
    /// End the pause of a mapping.
    ResumeMapping {
        /// The mapping.
        mapping: MappingId,
    },
    /// Resolve a conflict, and remember it for the same set.
    ResolveConflict {
        /// The conflict.
        conflict: ConflictId,
        /// What is to hold.
        keep: Keep,
        /// Whether it is for all users with this set, and not for the user of the conflict alone.
        everyone: bool,
    },
    /// Forget how a conflict was resolved: where the set is still claimed, a conflict opens again.
    ForgetDecision {
        /// The decision: it has the id of the conflict.
        decision: ConflictId,
    },
    /// Put users into an entity by hand.
    GiveMembership {
        /// The entity.
        entity: EntityId,
        /// The users.
        users: Vec<UserId>,
    },
    /// Take a user out of an entity by hand.
    TakeMembership {
        /// The entity.
        entity: EntityId,
        /// The user.
        user: UserId,
    },
    /// Pin a user to something, or exclude it from it.
    SetException {
        /// What to set.
        exception: ExceptionInput,
    },
    /// End an exception.
    RemoveException {
        /// The exception.
        exception: ExceptionId,
    },
    /// End every exception whose time is over; sent by the server itself.
    Tick,
    /// Change settings.
    ChangeSettings {
        /// Which, and to what.
        change: SettingsChange,
    },
    /// Apply a plan: what its draft says at once, the groups by the [`ContinuePlan`](Self::ContinuePlan)s that follow.
    ApplyPlan {
        /// The plan.
        plan: PlanId,
        /// What it changes.
        draft: Draft,
        /// Who made it.
        author: Actor,
        /// The position that its effect was worked out at: refused when the organization has moved on.
        expected: Position,
    },
    /// Take the next step of the plan that is being applied; nothing when there is none.
    ContinuePlan,
    /// Stop the plan that is being applied: what it has done stays, and further groups keep what they have.
    StopPlan {
        /// The plan.
        plan: PlanId,
    },
    /// Let happen what a hold keeps from happening.
    ReleaseHold {
        /// The hold.
        hold: HoldId,
        /// For these users alone; `None`: for all.
        users: Option<Vec<UserId>>,
    },
    /// Drop the wish of the provider that a hold keeps from happening: what the users have becomes theirs by hand, or by a pin.
    DiscardHold {
        /// The hold.
        hold: HoldId,
        /// For these users alone; `None`: for all.
        users: Option<Vec<UserId>>,
    },
    /// Change the registry; for the reserved organization alone.
    Registry(RegistryCommand),
}

/// How to resolve a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// What holds now goes on to hold.
    Current,
    /// What is incoming is to hold. It has to be named where there are several entities to choose from.
    Incoming(Option<EntityId>),
}

/// A user as the provider wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInput {
    /// Who it is.
    pub person: Person,
    /// Whether it is active.
    pub active: bool,
    /// The role that its own attribute asks for.
    pub organization_role: Option<String>,
}

/// A pin or an exclusion as an administrator wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExceptionInput {
    /// Which of the two.
    pub kind: ExceptionKind,
    /// The user.
    pub user: UserId,
    /// What it is about.
    pub subject: ExceptionSubject,
    /// Why.
    pub reason: String,
    /// When it is to end by itself.
    pub expires: Option<Timestamp>,
}

/// A group as the provider wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInput {
    /// SCIM `displayName`.
    pub display_name: String,
    /// SCIM `externalId`.
    pub external_id: Option<String>,
    /// Roles for its members, as they came.
    pub roles: Vec<String>,
    /// Extension attributes as one canonical JSON object.
    pub extensions: String,
    /// The ids of its members, as they came.
    pub members: Vec<String>,
}

/// A change of a group; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// The version that the change was computed from: refused when the group has moved on. `None`: whatever it is.
    pub expected: Option<Position>,
    /// Another name.
    pub display_name: Option<String>,
    /// Another external id; `Some(None)` clears it.
    pub external_id: Option<Option<String>>,
    /// Other roles for its members.
    pub roles: Option<Vec<String>>,
    /// Other extension attributes, all of them.
    pub extensions: Option<String>,
    /// Other members.
    pub members: MembersChange,
}

/// A change of the members of a group that needs no reading of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembersChange {
    /// Whether to start from nobody.
    pub replace: bool,
    /// The ids to add, as they came.
    pub add: Vec<String>,
    /// The ids to remove, as they came; none of them is in `add`.
    pub remove: Vec<String>,
}

/// The entity of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum MappingTarget {
    /// An entity that exists.
    Entity(EntityId),
    /// The entity of that type and name; a team or concurrency group is created when there is none.
    Named {
        /// Its type.
        entity_type: EntityType,
        /// Its name.
        name: String,
    },
}
