//! Releasing and discarding holds.

use super::{exceptions, memberships};
use crate::fact::Fact;
use crate::id::{HoldId, NewIds, UserId, UserIndex};
use crate::limits::{DISCARDED_ROLES_MAX, REQUEST_MEMBERS_MAX};
use crate::rejection::Rejection;
use crate::state::{Hold, State};
use crate::user_set::UserSet;

pub(super) fn release(state: &State, hold: HoldId, users: Option<&[UserId]>) -> Result<Vec<Fact>, Rejection> {
    let hold = state.hold(hold).ok_or(Rejection::UnknownHold)?;
    let users = users.map(|users| held(state, hold, users)).transpose()?;
    if users.as_ref().is_some_and(UserSet::is_empty) {
        return Ok(Vec::new());
    }
    Ok(vec![Fact::HoldReleased { hold: hold.id, users }])
}

/// What the users are held in becomes theirs: memberships by hand, and a pin of the role. Who is pinned to another role, or
/// excluded from this one, stays in the hold.
pub(super) fn discard(
    state: &State,
    hold: HoldId,
    users: Option<&[UserId]>,
    ids: &mut NewIds,
) -> Result<Vec<Fact>, Rejection> {
    let hold = state.hold(hold).ok_or(Rejection::UnknownHold)?;
    let named = users.map(|users| held(state, hold, users)).transpose()?;
    if named.as_ref().is_some_and(UserSet::is_empty) {
        return Ok(Vec::new());
    }
    let named = without_unpinnable(state, hold, named);
    if named.as_ref().is_some_and(UserSet::is_empty) {
        return Ok(Vec::new());
    }
    let mut facts = Vec::new();
    for (entity, held) in hold.held() {
        let users = named
            .as_ref()
            .map_or_else(|| held.clone(), |named| named.intersection(held));
        match entity {
            Some(entity) => facts.extend(memberships::given(state, state.entity_at(entity), &users)?),
            None => facts.extend(pins(state, hold, &users, ids)?),
        }
    }
    memberships::check_room(state, &facts)?;
    let (hold, users) = (hold.id, named);
    facts.insert(0, Fact::HoldDiscarded { hold, users });
    Ok(facts)
}

/// The named users, or all, without those who cannot be pinned to the role of the hold; nobody may be left.
fn without_unpinnable(state: &State, hold: &Hold, named: Option<UserSet>) -> Option<UserSet> {
    let Some(role) = &hold.role else { return named };
    let mut users = named.clone().unwrap_or_else(|| hold.users());
    let is_refused = |user: &UserIndex| exceptions::check_pin_of_role(state, role, state.user_at(*user)).is_err();
    let refused: Vec<UserIndex> = users.iter().filter(is_refused).collect();
    if refused.is_empty() {
        return named;
    }
    for user in refused {
        users.remove(user);
    }
    Some(users)
}

fn pins(state: &State, hold: &Hold, users: &UserSet, ids: &mut NewIds) -> Result<Vec<Fact>, Rejection> {
    if users.len() > DISCARDED_ROLES_MAX {
        return Err(Rejection::TooManyDiscarded {
            limit: DISCARDED_ROLES_MAX,
        });
    }
    let Some(role) = &hold.role else {
        return Ok(Vec::new());
    };
    let reason = format!("hold {} was discarded", hold.id);
    exceptions::pin_role(state, role, users, &reason, ids)
}

/// Those of the users whom the hold holds: whoever is not held any more has what was asked for already.
fn held(state: &State, hold: &Hold, users: &[UserId]) -> Result<UserSet, Rejection> {
    if users.len() > REQUEST_MEMBERS_MAX {
        return Err(Rejection::TooManyMembers {
            limit: REQUEST_MEMBERS_MAX,
        });
    }
    let known = |user: &UserId| state.user(*user).map(|user| user.index).ok_or(Rejection::UnknownUser);
    let named: UserSet = users.iter().map(known).collect::<Result<_, _>>()?;
    Ok(named.intersection(&hold.users()))
}
