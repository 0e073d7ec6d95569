//! Releasing holds.

use crate::fact::Fact;
use crate::id::{HoldId, UserId};
use crate::limits::REQUEST_MEMBERS_MAX;
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
