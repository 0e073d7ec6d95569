//! Pins and exclusions that an administrator sets and removes, and that end with their time.

use rolecall_rules::RoleName;

use super::check_limit;
use crate::command::ExceptionInput;
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::fact::Fact;
use crate::id::{ExceptionId, NewIds};
use crate::limits::{EXCEPTION_REASON_CHARACTERS_MAX, EXCEPTIONS_MAX, TICK_EXPIRIES_MAX};
use crate::mapping::Slot;
use crate::rejection::Rejection;
use crate::state::{State, User};
use crate::time::Timestamp;
use crate::user_set::UserSet;

pub(super) fn set(
    state: &State,
    input: &ExceptionInput,
    at: Timestamp,
    ids: &mut NewIds,
) -> Result<Vec<Fact>, Rejection> {
    let user = state.user(input.user).ok_or(Rejection::UnknownUser)?;
    check_subject(state, &input.subject)?;
    check_default_role(state, input)?;
    let reason = reason(&input.reason)?;
    if input.expires.is_some_and(|expires| expires <= at) {
        return Err(Rejection::ExpiresInThePast);
    }
    check_free(state, user, &input.subject)?;
    if input.kind == ExceptionKind::Pin {
        check_room_for_pin(state, user, &input.subject)?;
    }
    check_limit("exceptions", state.exceptions().len(), EXCEPTIONS_MAX)?;
    Ok(vec![Fact::ExceptionSet {
        exception: ExceptionId::new(ids.draw()),
        kind: input.kind,
        user: user.id,
        subject: input.subject.clone(),
        reason,
        expires: input.expires,
    }])
}

fn check_subject(state: &State, subject: &ExceptionSubject) -> Result<(), Rejection> {
    match subject {
        ExceptionSubject::Entity(entity) => state.entity(*entity).map(|_| ()).ok_or(Rejection::UnknownEntity),
        ExceptionSubject::Role(role) if state.settings().rank(role).is_none() => {
            Err(Rejection::UnknownRole { role: role.clone() })
        }
        ExceptionSubject::Role(_) => Ok(()),
    }
}

/// An exclusion takes claims away, and the default role is none.
fn check_default_role(state: &State, input: &ExceptionInput) -> Result<(), Rejection> {
    let role = input.subject.role();
    let default = role.filter(|role| **role == state.settings().default_role);
    match default.filter(|_| input.kind == ExceptionKind::Exclusion) {
        Some(role) => Err(Rejection::DefaultRoleExcluded { role: role.clone() }),
        None => Ok(()),
    }
}

fn reason(given: &str) -> Result<String, Rejection> {
    let reason = given.trim();
    let attribute = "reason";
    if reason.is_empty() {
        return Err(Rejection::Required { attribute });
    }
    if reason.chars().nth(EXCEPTION_REASON_CHARACTERS_MAX).is_some() {
        return Err(Rejection::TooLong {
            attribute,
            limit: EXCEPTION_REASON_CHARACTERS_MAX,
            unit: "characters",
        });
    }
    if reason.chars().any(char::is_control) {
        return Err(Rejection::ControlCharacter { attribute });
    }
    Ok(reason.to_owned())
}

/// A user has one role, and one entity of an exclusive type; so two pins could not both hold.
fn check_room_for_pin(state: &State, user: &User, subject: &ExceptionSubject) -> Result<(), Rejection> {
    let Some(what) = exclusive(state, subject) else {
        return Ok(());
    };
    let mut pins = state.exceptions().pins(user.index);
    match pins.find(|pin| exclusive(state, &pin.subject) == Some(what)) {
        Some(pin) => Err(Rejection::PinnedElsewhere { by: pin.id, what }),
        None => Ok(()),
    }
}

/// Whether a user can be pinned to a role.
pub(super) fn check_pin_of_role(state: &State, role: &RoleName, user: &User) -> Result<(), Rejection> {
    let subject = ExceptionSubject::Role(role.clone());
    check_free(state, user, &subject)?;
    check_room_for_pin(state, user, &subject)
}

/// Pins that leave a role to each of these users, who have it and can be pinned to it.
pub(super) fn pin_role(
    state: &State,
    role: &RoleName,
    users: &UserSet,
    reason: &str,
    ids: &mut NewIds,
) -> Result<Vec<Fact>, Rejection> {
    let subject = ExceptionSubject::Role(role.clone());
    let mut facts = Vec::new();
    for user in users.iter().map(|user| state.user_at(user)) {
        check_limit("exceptions", state.exceptions().len() + facts.len(), EXCEPTIONS_MAX)?;
        facts.push(Fact::ExceptionSet {
            exception: ExceptionId::new(ids.draw()),
            kind: ExceptionKind::Pin,
            user: user.id,
            subject: subject.clone(),
            reason: reason.to_owned(),
            expires: None,
        });
    }
    Ok(facts)
}

/// There is at most one exception about one thing.
fn check_free(state: &State, user: &User, subject: &ExceptionSubject) -> Result<(), Rejection> {
    match state.exceptions().about(user.index, subject) {
        Some(other) => Err(Rejection::ExceptionExists {
            by: other.id,
            kind: other.kind,
        }),
        None => Ok(()),
    }
}

/// The word for what there is room for one of.
fn exclusive(state: &State, subject: &ExceptionSubject) -> Option<&'static str> {
    match subject {
        ExceptionSubject::Role(_) => Some("role"),
        ExceptionSubject::Entity(entity) => {
            let entity_type = state.entity(*entity)?.entity_type;
            Slot::of(entity_type).map(|_| entity_type.as_str())
        }
    }
}

pub(super) fn remove(state: &State, exception: ExceptionId) -> Result<Vec<Fact>, Rejection> {
    let row = state.exceptions().get(exception).ok_or(Rejection::UnknownException)?;
    Ok(vec![Fact::ExceptionRemoved {
        exception,
        user: state.user_at(row.user).id,
    }])
}

/// The exceptions whose time is over, as many as one entry takes.
pub(super) fn expire(state: &State, at: Timestamp) -> Vec<Fact> {
    let due = state.exceptions().due(at).take(TICK_EXPIRIES_MAX);
    due.map(|row| Fact::ExceptionExpired {
        exception: row.id,
        user: state.user_at(row.user).id,
    })
    .collect()
}
