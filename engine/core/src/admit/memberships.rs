//! Memberships that an administrator gives and takes by hand.

use std::collections::BTreeMap;

use super::check_limit;
use crate::claims::{UnmappedSource, unmapped};
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::fact::Fact;
use crate::id::{EntityId, EntityIndex, UserId};
use crate::limits::{MANUAL_MEMBERSHIPS_MAX, REQUEST_MEMBERS_MAX, TAKEN_MEMBERSHIPS_MAX};
use crate::prevailing::Prevailing;
use crate::rejection::Rejection;
use crate::state::{Entity, State, User};
use crate::user_set::UserSet;

/// Users who have been given another entity of an exclusive type before are taken out of that one: there is room for one.
pub(super) fn give(state: &State, entity: EntityId, users: &[UserId]) -> Result<Vec<Fact>, Rejection> {
    let entity = state.entity(entity).ok_or(Rejection::UnknownEntity)?;
    if users.len() > REQUEST_MEMBERS_MAX {
        return Err(Rejection::TooManyMembers {
            limit: REQUEST_MEMBERS_MAX,
        });
    }
    let index = |id: &UserId| state.user(*id).map(|user| user.index);
    let known = |id: &UserId| index(id).ok_or(Rejection::UnknownMember { user: *id });
    let users = users.iter().map(known).collect::<Result<_, _>>()?;
    let facts = given(state, entity, &users)?;
    check_room(state, &facts)?;
    Ok(facts)
}

/// What puts these users into an entity by hand, as far as they are not in it by hand already.
pub(super) fn given(state: &State, entity: &Entity, users: &UserSet) -> Result<Vec<Fact>, Rejection> {
    let mut given = UserSet::default();
    let mut replaced: BTreeMap<EntityIndex, UserSet> = BTreeMap::new();
    for user in users.iter().map(|user| state.user_at(user)) {
        check_not_excluded(state, user, entity)?;
        if state.is_manual(user.index, entity.index) {
            continue;
        }
        given.insert(user.index);
        if let Some(other) = other_of_slot(state, user, entity) {
            replaced.entry(other.index).or_default().insert(user.index);
        }
    }
    let taken = replaced.into_iter().map(|(other, users)| Fact::MembershipsTaken {
        entity: state.entity_at(other).id,
        users,
    });
    let given = (!given.is_empty()).then_some(Fact::MembershipsGiven {
        entity: entity.id,
        users: given,
    });
    Ok(taken.chain(given).collect())
}

/// Checks that there is room for what these facts give.
pub(super) fn check_room(state: &State, facts: &[Fact]) -> Result<(), Rejection> {
    let given = facts.iter().map(|fact| match fact {
        Fact::MembershipsGiven { users, .. } => users.len(),
        _ => 0,
    });
    let given = usize::try_from(given.sum::<u64>()).unwrap_or(usize::MAX);
    if given == 0 {
        return Ok(());
    }
    let others = state.manual_count().saturating_add(given - 1);
    check_limit("memberships given by hand", others, MANUAL_MEMBERSHIPS_MAX)
}

fn check_not_excluded(state: &State, user: &User, entity: &Entity) -> Result<(), Rejection> {
    let subject = ExceptionSubject::Entity(entity.id);
    match state.exceptions().about(user.index, &subject) {
        Some(exception) if exception.kind == ExceptionKind::Exclusion => Err(Rejection::MemberExcluded {
            user: user.id,
            by: exception.id,
        }),
        _ => Ok(()),
    }
}

/// The entity of the same exclusive type that the user was given by hand.
fn other_of_slot<'s>(state: &'s State, user: &User, entity: &Entity) -> Option<&'s Entity> {
    let slot = entity.slot()?;
    state
        .manual_entities(user.index)
        .find(|other| other.slot() == Some(slot))
}

/// What was given by hand is taken in any case. A member of a team whom something else holds leaves now, and comes back with
/// the next write that touches the user or the group (SEMANTICS 5).
pub(super) fn take(state: &State, entity: EntityId, user: UserId) -> Result<Vec<Fact>, Rejection> {
    let entity = state.entity(entity).ok_or(Rejection::UnknownEntity)?;
    let user = state.user(user).ok_or(Rejection::UnknownUser)?;
    let is_manual = state.is_manual(user.index, entity.index);
    if !is_manual && !entity.members.contains(user.index) {
        return Ok(Vec::new());
    }
    let subject = ExceptionSubject::Entity(entity.id);
    let exception = state.exceptions().about(user.index, &subject);
    let pin = exception.filter(|exception| exception.kind == ExceptionKind::Pin);
    if let Some(pin) = pin.filter(|_| !is_manual) {
        return Err(Rejection::MemberPinned { by: pin.id });
    }
    if !is_manual && entity.slot().is_some() {
        return Err(Rejection::MemberNotByHand {
            entity_type: entity.entity_type.in_words(),
        });
    }
    if pin.is_none() && comes_back(state, user, entity) {
        check_limit(
            "memberships taken by hand although something else holds them; exclude the user from the entity instead",
            state.removed_by_hand_count(),
            TAKEN_MEMBERSHIPS_MAX,
        )?;
    }
    Ok(vec![Fact::MembershipsTaken {
        entity: entity.id,
        users: UserSet::of(user.index),
    }])
}

/// Whether a member of a team whom nobody pinned to it is remembered as taken out: something else than a hand holds it there, and
/// brings it back.
fn comes_back(state: &State, user: &User, team: &Entity) -> bool {
    let by_mapping = || Prevailing::of(user, state).entities.contains_key(&team.index);
    let by_default = || {
        let mut reasons = unmapped(state, user, None);
        reasons.any(|(other, source)| other == team.index && source != UnmappedSource::Manual)
    };
    team.slot().is_none() && team.members.contains(user.index) && (by_mapping() || by_default())
}
