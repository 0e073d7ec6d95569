//! The one entity of each exclusive type that a user is in (SEMANTICS 6.2 and 6.4).

use std::collections::BTreeSet;

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::User;
use rolecall_engine::{EntityId, EntityIndex, ExceptionKind, Slot, State};

use super::decisions::decision;
use super::holds::held_in;
use super::{Known, of_type, placed, sides};

/// SEMANTICS, invariant 4.
pub(crate) fn check(known: &Known<'_>) {
    for user in &known.users {
        let in_force = sides::in_force(known, user);
        for slot in [Slot::ConcurrencyGroup, Slot::SubOrganization] {
            check_slot(known, user, slot, &in_force);
        }
    }
}

fn check_slot(known: &Known<'_>, user: &User, slot: Slot, in_force: &BTreeSet<EntityIndex>) {
    let Known { state, overrides, .. } = known;
    let entity_type = entity_type(slot);
    let excluded = overrides.entities(state, user, entity_type, ExceptionKind::Exclusion);
    let pinned = overrides.entities(state, user, entity_type, ExceptionKind::Pin);
    let claimed = of_type(state, in_force, entity_type);
    let is_contested = claimed.len() > 1 && pinned.is_empty();
    let current = contested(known, user, slot, &claimed, is_contested);
    let placed = placed(state, user, entity_type);
    let mut fallback: Vec<EntityId> = Vec::new();
    let kept: Vec<EntityIndex> = held_in(known, user, entity_type).into_iter().collect();
    let kept = kept.first().map(|entity| state.entity_at(*entity).id);
    if user.active {
        fallback.extend(named_without_claim(known, user, slot));
        fallback.extend(kept);
        if slot == Slot::ConcurrencyGroup {
            fallback.extend(state.settings().default_concurrency_group);
        }
        fallback.retain(|entity| !excluded.contains(&state.entity(*entity).unwrap().index));
        fallback.truncate(1);
    }
    if user.active && !pinned.is_empty() {
        assert_eq!(placed, pinned, "where the user is pinned to");
    } else if claimed.is_empty() || !user.active {
        let placed: Vec<EntityId> = placed.iter().map(|entity| state.entity_at(*entity).id).collect();
        assert_eq!(
            placed, fallback,
            "what the attribute names, or a default, without a claim"
        );
    } else {
        assert_eq!(kept, None, "nobody is held where another is claimed");
        assert_eq!(placed.len(), 1, "a slot holds exactly one");
        assert!(placed.is_subset(&claimed), "a slot holds what is claimed");
        assert!(
            current.is_none_or(|current| placed.contains(&current)),
            "a slot holds what was decided, or else what the conflict says"
        );
    }
}

/// The entities of a slot that a user is to be in where nothing is claimed, but for the default of the organization; the first
/// counts most.
pub(super) fn named_without_claim(known: &Known<'_>, user: &User, slot: Slot) -> Vec<EntityId> {
    let Known { state, overrides, .. } = known;
    let entity_type = entity_type(slot);
    let by_hand = overrides.manual(state, user, entity_type);
    assert!(by_hand.len() <= 1, "one entity of an exclusive type by hand");
    let by_hand = by_hand.iter().map(|entity| state.entity_at(*entity).id);
    let attribute = (slot == Slot::ConcurrencyGroup).then(|| named(state, user)).flatten();
    let default = known.defaults.get(&user.id).copied();
    let default = default.filter(|entity| entity.entity_type == entity_type);
    let default = default.map(|entity| entity.id);
    by_hand.chain(attribute).chain(default).collect()
}

/// What one of several claims comes to: as decided, else as the conflict says that has to be open then.
pub(super) fn contested(
    known: &Known<'_>,
    user: &User,
    slot: Slot,
    set: &BTreeSet<EntityIndex>,
    is_contested: bool,
) -> Option<EntityIndex> {
    let decision = decision(&known.decided, user, slot, set).filter(|_| is_contested);
    let conflict = known.state.conflict(slot, user.index);
    let open: Option<BTreeSet<EntityIndex>> = conflict.map(|conflict| conflict.claimed.iter().copied().collect());
    assert_eq!(
        open,
        (is_contested && decision.is_none()).then(|| set.clone()),
        "a {slot:?} conflict exactly while it is contested and nobody has decided"
    );
    let current = decision.or_else(|| conflict.map(|conflict| conflict.current));
    assert!(current.is_none_or(|current| set.contains(&current)));
    current
}

/// The one concurrency group that the attribute of a user names.
fn named(state: &State, user: &User) -> Option<EntityId> {
    let name = user.person.as_ref()?.concurrency_group.as_ref()?.to_lowercase();
    let all = state.entities_from(EntityIndex::from(0));
    let alike = all.filter(|entity| entity.entity_type == EntityType::ConcurrencyGroup);
    let found: Vec<_> = alike.filter(|entity| entity.name.to_lowercase() == name).collect();
    match found.as_slice() {
        [one] => Some(one.id),
        _ => None,
    }
}

pub(super) fn entity_type(slot: Slot) -> EntityType {
    match slot {
        Slot::ConcurrencyGroup => EntityType::ConcurrencyGroup,
        Slot::SubOrganization => EntityType::SubOrganization,
        Slot::CrossType => panic!("a side is of several types"),
    }
}

/// The slot that entities of a type compete for.
pub(super) fn slot_of(entity_type: EntityType) -> Option<Slot> {
    let slots = [Slot::ConcurrencyGroup, Slot::SubOrganization].into_iter();
    slots.into_iter().find(|slot| self::entity_type(*slot) == entity_type)
}
