//! Who had which role when, and why: read from entries, never from the state.

use rolecall_rules::RoleName;

use crate::consequence::{Because, Effect, RoleCause, RoleClaim};
use crate::entry::{Actor, Entry};
use crate::id::UserIndex;
use crate::position::Position;
use crate::time::Timestamp;

/// One change of the role of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// The entry.
    pub position: Position,
    /// When.
    pub at: Timestamp,
    /// Who asked for what led to it.
    pub actor: Actor,
    /// What it follows from.
    pub because: Because,
    /// Why.
    pub cause: RoleCause,
    /// The role before.
    pub from: Option<RoleName>,
    /// The role from then on.
    pub to: Option<RoleName>,
    /// The claims before.
    pub before: Vec<RoleClaim>,
    /// The claims from then on.
    pub after: Vec<RoleClaim>,
}

/// The changes of the role of a user that an entry records.
pub fn role_changes(entry: &Entry, user: UserIndex) -> impl Iterator<Item = RoleChange> + '_ {
    entry.consequences.iter().filter_map(move |consequence| {
        let Effect::RoleChanged {
            users,
            from,
            to,
            cause,
            before,
            after,
        } = &consequence.effect
        else {
            return None;
        };
        users.contains(user).then(|| RoleChange {
            position: entry.position,
            at: entry.at,
            actor: entry.actor,
            because: consequence.because,
            cause: *cause,
            from: from.clone(),
            to: to.clone(),
            before: before.clone(),
            after: after.clone(),
        })
    })
}
