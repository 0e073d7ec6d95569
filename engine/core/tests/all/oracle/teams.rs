//! The teams that a user is in (SEMANTICS 6.1).

use std::collections::BTreeSet;

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::User;
use rolecall_engine::{EntityIndex, ExceptionKind};

use super::holds::held_in;
use super::{Known, of_type, placed, sides};

/// SEMANTICS, invariant 3.
pub(crate) fn check(known: &Known<'_>) {
    for user in &known.users {
        check_user(known, user);
    }
}

fn check_user(known: &Known<'_>, user: &User) {
    let state = known.state;
    let mut expected = claimed(known, user);
    // `taken` judges whether they may still be away.
    expected.retain(|entity| state.removed_by_hand(user.index, *entity).is_none());
    for entity in held_in(known, user, EntityType::Team) {
        assert!(expected.insert(entity), "nobody is held in what is claimed");
    }
    assert_eq!(
        placed(state, user, EntityType::Team),
        expected,
        "teams of {:?}",
        user.person
    );
}

/// The teams that something says the user is in.
pub(super) fn claimed(known: &Known<'_>, user: &User) -> BTreeSet<EntityIndex> {
    let Known { state, overrides, .. } = known;
    if !user.active {
        return BTreeSet::new();
    }
    let team = EntityType::Team;
    let mut claimed = of_type(state, &sides::in_force(known, user), team);
    let default = known.defaults.get(&user.id).copied();
    let default = default.filter(|entity| entity.entity_type == team);
    claimed.extend(default.map(|entity| entity.index));
    claimed.extend(overrides.manual(state, user, team));
    for entity in overrides.entities(state, user, team, ExceptionKind::Exclusion) {
        claimed.remove(&entity);
    }
    claimed.extend(overrides.entities(state, user, team, ExceptionKind::Pin));
    claimed
}
