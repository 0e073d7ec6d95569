//! The pins and exclusions of a user, and what each does now: one without effect would show in no reason.

use rolecall_rules::RoleName;

use super::reason::Step;
use super::user::occupant;
use crate::claims::{Claims, claimants_before_exclusions, is_excluded, pinned, unmapped_before_exclusions};
use crate::consequence::RoleSource;
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::id::{EntityIndex, HoldId};
use crate::mapping::Slot;
use crate::prevailing::Prevailing;
use crate::state::{Entity, Exception, State, User};

/// A pin or an exclusion of a user, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionExplained {
    /// The exception.
    pub exception: Exception,
    /// What it does now.
    pub effect: ExceptionEffect,
    /// Who set it.
    pub chain: Vec<Step>,
}

/// What an exception does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionEffect {
    /// A pin puts the user there; an exclusion is against something that is claimed.
    InForce,
    /// The user is inactive.
    Inactive,
    /// Nothing claims what the user is excluded from.
    Unclaimed,
    /// Something counts more than what the user is excluded from, and puts it into this entity.
    Elsewhere {
        /// The entity that the user is in.
        entity: EntityIndex,
    },
    /// The role in force counts more than the one that the user is excluded from.
    OtherRole,
    /// The role is the default one, which whoever is left without a claim has.
    DefaultRole,
    /// A hold keeps the user in the role that it would lose.
    Held {
        /// The hold.
        hold: HoldId,
    },
}

/// The exceptions of a user: about entities first, then about roles.
pub(super) fn exceptions<'a>(
    state: &'a State,
    user: &'a User,
    prevailing: &'a Prevailing,
) -> impl Iterator<Item = ExceptionExplained> + 'a {
    let all = state.exceptions().of_user(user.index);
    all.map(move |exception| ExceptionExplained {
        exception: exception.clone(),
        effect: effect(state, user, prevailing, exception),
        chain: Step::exception(state, exception.id).into_iter().collect(),
    })
}

fn effect(state: &State, user: &User, prevailing: &Prevailing, exception: &Exception) -> ExceptionEffect {
    if !user.is_effective() {
        return ExceptionEffect::Inactive;
    }
    match (&exception.subject, exception.kind) {
        (ExceptionSubject::Role(role), ExceptionKind::Pin) if user.role.as_ref() == Some(role) => {
            ExceptionEffect::InForce
        }
        (ExceptionSubject::Role(_), ExceptionKind::Pin) => {
            held(state, user).map_or(ExceptionEffect::InForce, |hold| ExceptionEffect::Held { hold })
        }
        (ExceptionSubject::Role(role), ExceptionKind::Exclusion) => of_excluded_role(state, user, role),
        (ExceptionSubject::Entity(_), ExceptionKind::Pin) => ExceptionEffect::InForce,
        (ExceptionSubject::Entity(entity), ExceptionKind::Exclusion) => {
            state.entity(*entity).map_or(ExceptionEffect::Unclaimed, |entity| {
                of_excluded_entity(state, user, prevailing, entity)
            })
        }
    }
}

/// The hold that keeps the user in the role in force.
fn held(state: &State, user: &User) -> Option<HoldId> {
    let mut holds = state.holds_of_role(user.index);
    let hold = holds.find(|hold| hold.role.is_some() && hold.role == user.role)?;
    Some(hold.id)
}

fn of_excluded_role(state: &State, user: &User, role: &RoleName) -> ExceptionEffect {
    let has_it = user.role.as_ref() == Some(role);
    let claims = Claims::before_exclusions(user, state).roles;
    let is_default = *role == state.settings().default_role;
    // The default role counts less than any claim, also to a lower role.
    let counts_more = || {
        let rank = |role| state.settings().rank(role);
        let left = Claims::with_holds(user, state).roles;
        left.first().is_some_and(|claim| {
            let is_pin = matches!(claim.source, RoleSource::Pin { .. });
            is_pin || rank(&claim.role) > rank(role)
        })
    };
    match held(state, user).filter(|_| has_it) {
        Some(hold) => ExceptionEffect::Held { hold },
        None if is_default && has_it => ExceptionEffect::DefaultRole,
        None if !claims.iter().any(|claim| claim.role == *role) => ExceptionEffect::Unclaimed,
        None if counts_more() => ExceptionEffect::OtherRole,
        None => ExceptionEffect::InForce,
    }
}

fn of_excluded_entity(state: &State, user: &User, prevailing: &Prevailing, entity: &Entity) -> ExceptionEffect {
    let (index, slot) = (entity.index, entity.slot());
    let is_mapped = claimants_before_exclusions(state, user, index).next().is_some();
    let unmapped = || unmapped_before_exclusions(state, user, slot).map(|(entity, _)| entity);
    if !is_mapped && !unmapped().any(|entity| entity == index) {
        return ExceptionEffect::Unclaimed;
    }
    let Some(slot) = slot else {
        return ExceptionEffect::InForce;
    };
    if let Some((entity, _)) = pinned(state, user, Some(slot)).next() {
        return ExceptionEffect::Elsewhere { entity };
    }
    let mut first = unmapped().filter(|entity| *entity == index || !is_excluded(state, user.index, *entity));
    let is_first = first.next() == Some(index);
    match instead(state, user, prevailing, slot, is_first).filter(|_| !is_mapped) {
        Some(entity) => ExceptionEffect::Elsewhere { entity },
        None => ExceptionEffect::InForce,
    }
}

/// The entity of a slot that the user is in by what counts more than something that no mapping claims.
fn instead(state: &State, user: &User, prevailing: &Prevailing, slot: Slot, is_first: bool) -> Option<EntityIndex> {
    let entity = occupant(state, user, slot)?;
    let held = || state.holds_in(entity, user.index).next().is_some();
    (!is_first || prevailing.entities.contains_key(&entity) || held()).then_some(entity)
}
