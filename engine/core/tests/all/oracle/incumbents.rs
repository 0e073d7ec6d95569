//! What was in force stays in force, where nobody decided otherwise (SEMANTICS 6.2).

use std::collections::BTreeSet;

use rolecall_engine::state::User;
use rolecall_engine::{EntityIndex, Entry, ExceptionKind, Slot, State};

use super::slots::{contested, entity_type};
use super::{Known, of_type, sides};

/// What was in force stays in force where it is still claimed and nobody decided otherwise.
pub(crate) fn check(before: &State, record: &[Entry], after: &State) {
    if after.conflicts().next().is_none() {
        return;
    }
    let (_, record_before) = record.split_last().expect("an entry");
    let known = Known::of(before, record_before);
    for conflict in after.conflicts() {
        let Some(user) = before.user(after.user_at(conflict.user).id) else {
            continue;
        };
        let was = sides::in_force(&known, user);
        let claimed = |entity: &EntityIndex| conflict.claimed.contains(entity);
        if conflict.slot == Slot::CrossType {
            let side = was.first().map(|entity| sides::is_sub_organization(before, *entity));
            let now = sides::is_sub_organization(after, conflict.current);
            let claimed = conflict
                .claimed
                .iter()
                .map(|entity| sides::is_sub_organization(after, *entity));
            let stays = side.filter(|side| claimed.into_iter().any(|claimed| claimed == *side));
            assert!(stays.is_none_or(|side| side == now), "the side in force stays");
        } else {
            let of_slot = of_type(before, &was, entity_type(conflict.slot));
            let pins = known
                .overrides
                .entities(before, user, entity_type(conflict.slot), ExceptionKind::Pin);
            if !pins.is_empty() {
                let held = pins.first().copied().filter(|pin| of_slot.contains(pin));
                let stays = held.filter(claimed);
                assert!(
                    stays.is_none_or(|held| held == conflict.current),
                    "where it was pinned to"
                );
                continue;
            }
            let contested = of_slot.len() > 1;
            let held = held_before(&known, user, conflict.slot, &of_slot, contested);
            let stays = held.filter(claimed);
            assert!(stays.is_none_or(|held| held == conflict.current), "the incumbent stays");
        }
    }
}

/// The one entity that a slot held by a claim.
fn held_before(
    known: &Known<'_>,
    user: &User,
    slot: Slot,
    set: &BTreeSet<EntityIndex>,
    is_contested: bool,
) -> Option<EntityIndex> {
    contested(known, user, slot, set, is_contested).or_else(|| set.first().copied())
}
