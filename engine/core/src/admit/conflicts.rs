//! What an administrator decides about conflicts.

use super::check_limit;
use crate::command::Keep;
use crate::fact::Fact;
use crate::id::{ConflictId, EntityId, EntityIndex};
use crate::limits::DECISIONS_MAX;
use crate::mapping::Slot;
use crate::rejection::Rejection;
use crate::side::Side;
use crate::state::{Conflict, Entity, State};

pub(super) fn resolve(state: &State, conflict: ConflictId, keep: Keep, everyone: bool) -> Result<Vec<Fact>, Rejection> {
    let row = state.conflict_by_id(conflict).ok_or(Rejection::UnknownConflict)?;
    check_limit("decisions on conflicts", state.decisions().len(), DECISIONS_MAX)?;
    let id = |entity: EntityIndex| state.entity_at(entity).id;
    let chosen = match keep {
        Keep::Current => id(row.current),
        Keep::Incoming(named) => incoming(state, row, named)?,
    };
    Ok(vec![Fact::ConflictResolved {
        conflict,
        slot: row.slot,
        user: state.user_at(row.user).id,
        claimed: row.claimed.iter().map(|entity| id(*entity)).collect(),
        chosen,
        everyone,
    }])
}

pub(super) fn forget(state: &State, decision: ConflictId) -> Result<Vec<Fact>, Rejection> {
    state.decisions().get(decision).ok_or(Rejection::UnknownDecision)?;
    Ok(vec![Fact::DecisionForgotten { decision }])
}

/// The incoming entity that was named, or the only one. The teams and concurrency groups of a user come together, so across
/// types any of them stands for all.
fn incoming(state: &State, conflict: &Conflict, named: Option<EntityId>) -> Result<EntityId, Rejection> {
    let rows = conflict.incoming(state).map(|entity| state.entity_at(entity));
    let together = |row: &Entity| conflict.slot == Slot::CrossType && row.side() == Side::Teams;
    let incoming: Vec<(EntityId, bool)> = rows.map(|row| (row.id, together(row))).collect();
    let listed = || incoming.iter().map(|(entity, _)| *entity).collect();
    match (named, incoming.as_slice()) {
        (Some(named), all) if all.iter().any(|(entity, _)| *entity == named) => Ok(named),
        (Some(_), _) => Err(Rejection::NotIncoming { incoming: listed() }),
        (None, [(one, _)] | [(one, true), ..]) => Ok(*one),
        (None, _) => Err(Rejection::IncomingUnnamed { incoming: listed() }),
    }
}
