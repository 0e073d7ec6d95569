//! Why a user is not where a claim would have it.

use rolecall_rules::{EntityType, RoleName};

use super::reason::{Blocked, Link, Source, Step};
use super::target::TargetNow;
use crate::claims::pinned;
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::id::{ConflictId, EntityIndex, ExceptionId, MappingIndex};
use crate::mapping::{MappingStatus, PendingReason};
use crate::state::{Entity, Mapping, State, User};

/// A claim that has no effect, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// What it would give.
    pub wanted: Wanted,
    /// Where it comes from.
    pub source: Source,
    /// What keeps it from it.
    pub why: WhyNot,
    /// What leads to it, and what keeps it from taking effect, in order.
    pub chain: Vec<Step>,
}

/// What a claim would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// To be in an entity.
    Entity(EntityIndex),
    /// To be in an entity that is not there, or not settled; without a name, none could be filled in.
    Unsettled(EntityType, Option<String>),
    /// A role, by its name as it came.
    Role(String),
}

impl Wanted {
    pub(super) fn role(role: &RoleName) -> Self {
        Self::Role(role.to_string())
    }
}

/// Why a claim has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// The user is inactive.
    Inactive,
    /// The mapping waits.
    Pending {
        /// The mapping.
        mapping: MappingIndex,
        /// What for, as it was when it began to.
        reason: PendingReason,
        /// Where that is an entity: what there is now.
        now: Option<TargetNow>,
    },
    /// The mapping was rejected.
    Rejected,
    /// The mapping is paused.
    Paused,
    /// The group has more members than a rule may approve alone, and the mapping holds others of them.
    Limited {
        /// The mapping.
        mapping: MappingIndex,
    },
    /// Another entity has the slot, and a conflict is open.
    Conflict {
        /// The conflict.
        conflict: ConflictId,
        /// The entity that the user is in.
        current: EntityIndex,
    },
    /// Another entity has the slot, as an administrator decided.
    Decided {
        /// The decision.
        decision: ConflictId,
        /// The entity that was chosen; across types, one of the side that was chosen.
        chosen: EntityIndex,
    },
    /// Another entity has the slot, by a claim that counts more.
    Outranked {
        /// The entity that the user is in.
        by: EntityIndex,
    },
    /// No entity has the name.
    UnknownName,
    /// Several entities have the name.
    AmbiguousName,
    /// The organization has no role of that name.
    UnknownRole,
    /// An administrator excluded the user from it.
    Excluded {
        /// The exception.
        exception: ExceptionId,
    },
    /// An administrator took the user out of it by hand; the next write to the user or the group brings it back.
    TakenOut,
}

/// What keeps an active user from something by hand: an exclusion.
pub(super) fn excluded(state: &State, user: &User, subject: &ExceptionSubject) -> Option<(WhyNot, Step)> {
    let exception = state.exceptions().about(user.index, subject)?;
    let exception = (exception.kind == ExceptionKind::Exclusion).then_some(exception.id)?;
    let why = WhyNot::Excluded { exception };
    Some((why, Step::exception(state, exception)?))
}

/// What keeps an active user from an entity by hand: an exclusion, a pin to another one of the slot, or that it was taken out.
pub(super) fn kept_out(state: &State, user: &User, index: EntityIndex) -> Option<(WhyNot, Step)> {
    let entity = state.entity_at(index);
    let excluded = excluded(state, user, &ExceptionSubject::Entity(entity.id));
    excluded.or_else(|| pinned_elsewhere(state, user, entity)).or_else(|| {
        let taken = state.removed_by_hand(user.index, index)?;
        let link = Link::TakenOut { entity: index };
        Some((WhyNot::TakenOut, Step::at(link, taken.position)))
    })
}

fn pinned_elsewhere(state: &State, user: &User, entity: &Entity) -> Option<(WhyNot, Step)> {
    let slot = entity.slot()?;
    let (by, exception) = pinned(state, user, Some(slot)).next()?;
    let why = WhyNot::Outranked { by };
    (by != entity.index).then_some((why, Step::exception(state, exception)?))
}

/// What keeps a mapping in force from holding some members of its group.
pub(super) fn limited(mapping: &Mapping) -> (WhyNot, Step) {
    let link = Link::Blocked {
        mapping: mapping.index,
        by: Blocked::Limited,
    };
    let why = WhyNot::Limited { mapping: mapping.index };
    (why, Step::at(link, mapping.limited.position))
}

/// What keeps a mapping from being in force.
pub(super) fn blocked(state: &State, mapping: &Mapping) -> Option<(WhyNot, Step)> {
    let (why, by) = match mapping.status {
        MappingStatus::Pending(reason) => {
            let now = TargetNow::of(state, mapping);
            let mapping = mapping.index;
            (WhyNot::Pending { mapping, reason, now }, Blocked::Pending)
        }
        MappingStatus::Rejected => (WhyNot::Rejected, Blocked::Rejected),
        MappingStatus::Approved | MappingStatus::AutoApproved if mapping.paused => (WhyNot::Paused, Blocked::Paused),
        MappingStatus::Approved | MappingStatus::AutoApproved | MappingStatus::Ended(_) => return None,
    };
    let link = Link::Blocked {
        mapping: mapping.index,
        by,
    };
    Some((why, Step::at(link, mapping.settled.position)))
}
