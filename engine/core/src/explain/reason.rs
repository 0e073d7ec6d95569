//! A reason to be in an entity or to hold a role: the chain that leads to it, and what would remove it.

use rolecall_rules::RoleName;

use crate::claims::UnmappedSource;
use crate::consequence::{RoleClaim, RoleSource};
use crate::exception::ExceptionSubject;
use crate::id::{EntityId, EntityIndex, ExceptionId, GroupIndex, HoldId, MappingIndex};
use crate::invariant::known;
use crate::mapping::{Origin, RuleVersion};
use crate::position::Position;
use crate::state::{State, User};

/// Where a claim comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A group of the user is mapped to the entity, or its mapping grants the role.
    Mapping(MappingIndex),
    /// The identity provider gave the role to a group of the user.
    GroupRole(GroupIndex),
    /// The user's own attribute asks for the role.
    RoleAttribute,
    /// Nothing claims a role, so the default one applies.
    DefaultRole,
    /// The user's own attribute names the concurrency group.
    ConcurrencyGroupAttribute,
    /// It was the default entity of the connection that created the user.
    ConnectionDefault,
    /// It is the default concurrency group of the organization.
    OrganizationDefault,
    /// A hold keeps it: nothing else does.
    Hold(HoldId),
    /// An administrator pinned the user to it.
    Pin(ExceptionId),
    /// An administrator put the user there by hand.
    Manual(EntityIndex),
}

impl Source {
    /// The source of a claim to a role.
    pub(super) fn of_role(claim: &RoleClaim, state: &State) -> Self {
        match claim.source {
            RoleSource::Attribute => Self::RoleAttribute,
            RoleSource::Hold { hold } => Self::Hold(hold),
            RoleSource::Group { group } => Self::GroupRole(known(state.group_ever(group), "group").index),
            RoleSource::Rule { mapping, .. } => Self::Mapping(known(state.mapping(mapping), "mapping").index),
            RoleSource::Pin { exception } => Self::Pin(exception),
        }
    }

    /// The source of a place without a mapping.
    pub(super) fn of_unmapped(source: UnmappedSource, entity: EntityIndex) -> Self {
        match source {
            UnmappedSource::Pin(exception) => Self::Pin(exception),
            UnmappedSource::Manual => Self::Manual(entity),
            UnmappedSource::Attribute => Self::ConcurrencyGroupAttribute,
            UnmappedSource::ConnectionDefault => Self::ConnectionDefault,
            UnmappedSource::OrganizationDefault => Self::OrganizationDefault,
        }
    }

    /// The group that it comes through.
    pub fn group(self, state: &State) -> Option<GroupIndex> {
        match self {
            Self::Mapping(mapping) => Some(state.mapping_at(mapping).group),
            Self::GroupRole(group) => Some(group),
            _ => None,
        }
    }

    /// What leads to the claim, in the order from the request to the approval.
    pub(super) fn chain(self, state: &State, user: &User) -> Vec<Step> {
        match self {
            Self::Mapping(mapping) => {
                let group = state.mapping_at(mapping).group;
                let member = Step::sought(Link::Member { group });
                [member].into_iter().chain(mapping_chain(state, mapping)).collect()
            }
            Self::GroupRole(group) => vec![
                Step::sought(Link::Member { group }),
                Step::at(Link::GroupRole { group }, state.group_at(group).roles_given.position),
            ],
            Self::RoleAttribute => vec![Step::sought(Link::RoleAttribute)],
            Self::ConcurrencyGroupAttribute => vec![Step::sought(Link::ConcurrencyGroupAttribute)],
            Self::ConnectionDefault => vec![Step::at(Link::UserCreated, user.created.position)],
            Self::Hold(hold) => vec![Step::sought(Link::Held { hold })],
            Self::DefaultRole => vec![Step::at(Link::DefaultRole, state.defaults_set().role.position)],
            Self::OrganizationDefault => vec![Step::at(
                Link::DefaultConcurrencyGroup,
                state.defaults_set().concurrency_group.position,
            )],
            Self::Pin(exception) => Step::exception(state, exception).into_iter().collect(),
            Self::Manual(entity) => {
                let given = state.given_by_hand(user.index, entity);
                given
                    .map(|given| Step::at(Link::Given { entity }, given.position))
                    .into_iter()
                    .collect()
            }
        }
    }

    /// What would remove the claim; one of them is enough.
    pub(super) fn removals(
        self,
        state: &State,
        user: &User,
        place: Option<EntityId>,
        role: Option<&RoleName>,
    ) -> Vec<Removal> {
        match self {
            Self::Mapping(mapping) => vec![
                Removal::LeaveGroup(state.mapping_at(mapping).group),
                Removal::RejectMapping(mapping),
                Removal::PauseMapping(mapping),
            ],
            Self::GroupRole(group) => {
                let role = role.map(|role| Removal::TakeRoleFromGroup(group, role.clone()));
                [Removal::LeaveGroup(group)].into_iter().chain(role).collect()
            }
            Self::RoleAttribute => vec![Removal::ClearRoleAttribute],
            Self::ConcurrencyGroupAttribute => vec![Removal::ClearConcurrencyGroupAttribute],
            Self::ConnectionDefault => {
                // There is room for one exception about the entity, and the default of the organization cannot be deleted.
                let about = |place: &EntityId| {
                    let subject = ExceptionSubject::Entity(*place);
                    state.exceptions().about(user.index, &subject)
                };
                let exclude = place.filter(|place| about(place).is_none()).map(Removal::Exclude);
                let free = place.filter(|place| state.settings().default_concurrency_group != Some(*place));
                exclude.into_iter().chain(free.map(Removal::DeleteEntity)).collect()
            }
            Self::Hold(hold) => vec![Removal::ReleaseHold(hold)],
            Self::DefaultRole => vec![Removal::ChangeDefaultRole],
            Self::OrganizationDefault => vec![Removal::ClearDefaultConcurrencyGroup],
            Self::Pin(exception) => vec![Removal::EndException(exception)],
            Self::Manual(entity) => vec![Removal::TakeOutByHand(state.entity_at(entity).id)],
        }
    }
}

/// What led to a mapping: its rule, itself, its approval.
pub(super) fn mapping_chain(state: &State, index: MappingIndex) -> Vec<Step> {
    let mapping = state.mapping_at(index);
    let mut chain = Vec::new();
    if let Origin::Rule(rule) = mapping.origin {
        let saved = state.rules().saved(rule).map(|saved| saved.stamp.position);
        chain.push(Step {
            link: Link::Rule { rule },
            position: saved,
        });
    }
    chain.push(Step::at(Link::Mapping { mapping: index }, mapping.created.position));
    if mapping.follows_since != mapping.created {
        chain.push(Step::at(
            Link::Refreshed { mapping: index },
            mapping.follows_since.position,
        ));
    }
    if let Some(approved) = mapping.approved.filter(|_| mapping.status.is_approved()) {
        chain.push(Step::at(Link::Approval { mapping: index }, approved));
    }
    chain
}

/// One reason, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Where it comes from.
    pub source: Source,
    /// What leads to it, in order.
    pub chain: Vec<Step>,
    /// What would remove it; one of them is enough.
    pub removals: Vec<Removal>,
}

/// One step of a chain, and the entry it is recorded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happened.
    pub link: Link,
    /// Where; `None`: it stands in the history of the user, and [`Search`](super::Search) finds it.
    pub position: Option<Position>,
}

impl Step {
    pub(super) fn at(link: Link, position: Position) -> Self {
        let position = Some(position);
        Self { link, position }
    }

    /// The exception was set.
    pub(super) fn exception(state: &State, exception: ExceptionId) -> Option<Self> {
        let set = state.exceptions().get(exception)?.created;
        Some(Self::at(Link::Exception { exception }, set.position))
    }

    pub(super) fn sought(link: Link) -> Self {
        Self { link, position: None }
    }
}

/// What happened, as a step of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// The user became a member of the group.
    Member {
        /// The group.
        group: GroupIndex,
    },
    /// The provider gave roles to the group.
    GroupRole {
        /// The group.
        group: GroupIndex,
    },
    /// The provider set the attribute of the user that asks for a role.
    RoleAttribute,
    /// The provider set the attribute of the user that names a concurrency group.
    ConcurrencyGroupAttribute,
    /// The user was created.
    UserCreated,
    /// The user became inactive, or was created so.
    Inactive,
    /// This version of a rule was saved.
    Rule {
        /// The rule.
        rule: RuleVersion,
    },
    /// The mapping came to be.
    Mapping {
        /// The mapping.
        mapping: MappingIndex,
    },
    /// A plan let the mapping follow from this version of its rule.
    Refreshed {
        /// The mapping.
        mapping: MappingIndex,
    },
    /// The mapping was approved.
    Approval {
        /// The mapping.
        mapping: MappingIndex,
    },
    /// Something began to keep the mapping from putting members of its group into the entity.
    Blocked {
        /// The mapping.
        mapping: MappingIndex,
        /// What.
        by: Blocked,
    },
    /// The hold began to keep the user.
    Held {
        /// The hold.
        hold: HoldId,
    },
    /// The conflict opened.
    Conflict,
    /// An administrator resolved the conflict.
    Decision,
    /// The default role was chosen.
    DefaultRole,
    /// The default concurrency group was chosen.
    DefaultConcurrencyGroup,
    /// The role of the user last changed.
    RoleChanged,
    /// The exception was set.
    Exception {
        /// The exception.
        exception: ExceptionId,
    },
    /// The user was put into the entity by hand.
    Given {
        /// The entity.
        entity: EntityIndex,
    },
    /// The user was taken out of the entity by hand.
    TakenOut {
        /// The entity.
        entity: EntityIndex,
    },
}

/// What keeps a mapping from putting members of its group into the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocked {
    /// It waits.
    Pending,
    /// It was rejected.
    Rejected,
    /// It was paused.
    Paused,
    /// The group had more members than a rule may approve alone, so that it holds some alone.
    Limited,
}

/// A way to remove a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The provider takes the user out of the group.
    LeaveGroup(GroupIndex),
    /// An administrator rejects the mapping, for all members of the group.
    RejectMapping(MappingIndex),
    /// An administrator pauses the mapping, for all members of the group.
    PauseMapping(MappingIndex),
    /// The provider takes the role from the group, for all its members.
    TakeRoleFromGroup(GroupIndex, RoleName),
    /// The provider clears the attribute that asks for a role.
    ClearRoleAttribute,
    /// The provider clears the attribute that names a concurrency group.
    ClearConcurrencyGroupAttribute,
    /// An administrator deletes the entity.
    DeleteEntity(EntityId),
    /// An administrator chooses another default role.
    ChangeDefaultRole,
    /// An administrator clears the default concurrency group, or chooses another.
    ClearDefaultConcurrencyGroup,
    /// An administrator releases the hold.
    ReleaseHold(HoldId),
    /// An administrator ends the exception.
    EndException(ExceptionId),
    /// An administrator takes the user out of the entity by hand.
    TakeOutByHand(EntityId),
    /// An administrator excludes the user from the entity.
    Exclude(EntityId),
}
