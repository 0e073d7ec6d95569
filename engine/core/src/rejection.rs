//! Why a command was refused.
//!
//! The texts are for the person who sent the command: what is wrong, and what to do. They name no HTTP status; the api
//! crate has the one table of those.

use std::fmt;

use rolecall_rules::{EntityType, FailedExample, Problems, RoleName};

use crate::exception::ExceptionKind;
use crate::id::{EntityId, ExceptionId, GroupId, MappingId, RuleId, UserId};
use crate::limits;
use crate::plan::SnapshotProblems;
use crate::position::Position;
use crate::registry::ExtensionProblems;
use crate::rule_set::RuleSetProblems;

/// Why a command was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each text says it")]
pub enum Rejection {
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("there is no such connection")]
    UnknownConnection,
    #[error("there is no such token")]
    UnknownToken,
    #[error("there is no such user")]
    UnknownUser,
    #[error("there is no such group")]
    UnknownGroup,
    #[error("there is no such rule")]
    UnknownRule,
    #[error("there is no such entity")]
    UnknownEntity,
    #[error("there is no such mapping")]
    UnknownMapping,
    #[error(
        "there is no such conflict; it may have closed by itself because a claim went or came, or was resolved already: list the \
         open ones"
    )]
    UnknownConflict,
    #[error("there is no such decision; it may have been forgotten with its user or with an entity of its set")]
    UnknownDecision,
    #[error("there is no such hold; one that is empty, released or discarded is over")]
    UnknownHold,
    #[error("there is no such exception")]
    UnknownException,
    #[error("there is no user {user}; leave it out")]
    UnknownMember { user: UserId },

    #[error("`{attribute}` is required and may not be empty")]
    Required { attribute: &'static str },
    #[error("`{attribute}` may have at most {limit} {unit}")]
    TooLong {
        attribute: &'static str,
        limit: usize,
        unit: &'static str,
    },
    #[error("`{attribute}` holds a control character")]
    ControlCharacter { attribute: &'static str },
    #[error("the organization has reached its limit of {limit} {what}")]
    LimitReached { what: &'static str, limit: usize },
    #[error(
        "{examples} examples are too many for {rules} rules: each is tried with all of them, {} times at most; remove examples",
        limits::EXAMPLE_TRIES_MAX
    )]
    TooManyExamples { examples: usize, rules: usize },
    #[error("one request may change at most {limit} members; send the others in further requests")]
    TooManyMembers { limit: usize },

    #[error(
        "one request may leave a role to at most {limit} users; name so many of them in `user_ids`, and send the others after"
    )]
    TooManyDiscarded { limit: u64 },

    #[error("a user with this `userName` exists: {by}")]
    UserNameTaken { by: UserId },
    #[error("the `userName` has to be an e-mail address in this organization")]
    UserNameNotEmail,
    #[error("the `userName` of a user cannot be changed in this organization")]
    UserNameImmutable,
    #[error("the domain of an e-mail address is not among the allowed ones of this organization")]
    EmailDomain,
    #[error("a group with this `displayName` exists: {by}")]
    GroupNameTaken { by: GroupId },
    #[error("group provisioning is switched off; an administrator of the organization can switch it on")]
    GroupProvisioningOff,
    #[error("the resource has changed since version {expected}; read it again")]
    VersionMismatch { expected: Position, actual: Position },

    #[error("a rule of this `name` exists: {by}; rules are told apart by their names")]
    RuleNameTaken { by: RuleId },
    #[error("the rule cannot be used: {0}")]
    Rule(Problems),
    #[error("the rules cannot be used: {0}")]
    RuleSet(RuleSetProblems),
    #[error("the rules do not fulfil their examples; change the rules, or the examples with them: {0}")]
    Examples(FailedExamples),

    #[error("{entity_type} `{name}` exists; give an `external_id` of its own to create another one of that name")]
    EntityNameTaken { entity_type: &'static str, name: String },
    #[error("an entity of that type with this `external_id` exists")]
    EntityExternalIdTaken,
    #[error("the entity is the default concurrency group; choose another in the settings first")]
    EntityIsDefault,
    #[error(
        "the entity belongs to group {by} by mapping {mapping}; reject that mapping first, or switch `one_group_per_entity` off"
    )]
    EntityOwned { by: GroupId, mapping: MappingId },
    #[error("there is no {} `{name}`; create it first, or name another", .entity_type.in_words())]
    TargetMissing { entity_type: EntityType, name: String },
    #[error("the mapping is for a {}, and the target is a {}", .mapping.in_words(), .target.in_words())]
    TargetType { mapping: EntityType, target: EntityType },
    #[error("several entities are called `{name}`; name one by its id")]
    TargetAmbiguous { name: String },
    #[error("whoever wrote the rule, or asked for the mapping, cannot approve it, too: another person has to")]
    SecondPerson,
    #[error("one person alone cannot choose another target; reject this mapping, and ask for one to that target")]
    SecondPersonTarget,
    #[error("the mapping has no target name yet; name an entity")]
    TargetUnnamed,
    #[error("the entity of the mapping was deleted; name a target: another entity, or the same name for a new one")]
    TargetDeleted,
    #[error("the group is mapped to this entity already")]
    AlreadyMapped,
    #[error("a mapping that is {status} cannot be {action}")]
    MappingStatus { status: &'static str, action: &'static str },
    #[error("several entities are incoming; name one of them: {}", listed(.incoming))]
    IncomingUnnamed { incoming: Vec<EntityId> },
    #[error("the entity is not incoming in this conflict; these are: {}", listed(.incoming))]
    NotIncoming { incoming: Vec<EntityId> },
    #[error("the group has {limit} mappings, which is the limit")]
    TooManyMappings { limit: usize },

    #[error("a plan is being applied; wait until it has ended, or stop it")]
    PlanRuns,
    #[error("the organization has moved on since the plan was made; make the plan again")]
    PlanOutdated { expected: Position, actual: Position },
    #[error("two persons are needed: somebody else than who made the plan has to apply it")]
    PlanSecondPerson,
    #[error("the plan names the mapping twice; say once what is to become of it")]
    MappingTwice,
    #[error("the plan is not being applied: that has not begun, or is over")]
    PlanNotRunning,
    #[error("the snapshot cannot be compared: {0}")]
    Snapshot(SnapshotProblems),
    #[error("a backtest takes no differences of a snapshot: the groups are what the provider said at each time")]
    DriftInBacktest,
    #[error("`{place}`: {reason}")]
    Planned { place: String, reason: Box<Rejection> },
    #[error("user {user} is excluded from the entity by exception {by}; end that one first")]
    MemberExcluded { user: UserId, by: ExceptionId },
    #[error("the user is pinned to the entity by exception {by}; end that one first")]
    MemberPinned { by: ExceptionId },
    #[error(
        "a group, an attribute or a default puts the user there, and a {entity_type} is left only for another one; exclude the \
         user from it, or pin the user to another"
    )]
    MemberNotByHand { entity_type: &'static str },
    #[error("exception {by} ({kind}) of the user is about the same; end that one first")]
    ExceptionExists { by: ExceptionId, kind: ExceptionKind },
    #[error("exception {by} pins the user to another {what}, and there is room for one; end that one first")]
    PinnedElsewhere { by: ExceptionId, what: &'static str },
    #[error("the organization has no role `{role}`; its roles are in the settings")]
    UnknownRole { role: RoleName },
    #[error(
        "the default role `{role}` cannot be excluded: whoever is left without a claim has it; pin the user to another role, or \
         choose another default role first"
    )]
    DefaultRoleExcluded { role: RoleName },
    #[error("`expires_at` is not in the future")]
    ExpiresInThePast,

    #[error("the extensions cannot be saved: {0}")]
    Extensions(ExtensionProblems),
    #[error("`{setting}`: {problem}")]
    Setting { setting: &'static str, problem: String },

    #[error("the change is too large for one entry ({bytes} bytes; at most {limit}); send it in parts")]
    EntryTooLarge { bytes: usize, limit: usize },
}

/// The examples that rules would break, in their order. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedExamples(pub(crate) Vec<FailedExample>);

impl FailedExamples {
    /// The examples, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &FailedExample> {
        self.0.iter()
    }
}

impl fmt::Display for FailedExamples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, failed) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{failed}")?;
        }
        Ok(())
    }
}

fn listed(entities: &[EntityId]) -> String {
    let ids: Vec<String> = entities.iter().map(|entity| format!("`{entity}`")).collect();
    ids.join(", ")
}
