//! The teams that a user is in (SEMANTICS 6.1).

use std::collections::BTreeSet;

use rolecall_engine::ExceptionKind;
use rolecall_engine::rules::EntityType;
use rolecall_engine::state::User;

use super::holds::held_in;
use super::{Known, of_type, placed, sides};

/// SEMANTICS, invariant 3.
pub(crate) fn check(known: &Known<'_>) {
    for user in &known.users {
        check_user(known, user);
    }
}

fn check_user(known: &Known<'_>, user: &User) {
    let Known { state, overrides, .. } = known;
    let in_force = sides::in_force(known, user);
    let default = known.defaults.get(&user.id).copied();
    let team = EntityType::Team;
    let mut expected = BTreeSet::new();
    if user.active {
        expected = of_type(state, &in_force, team);
        let default = default.filter(|entity| entity.entity_type == team);
        expected.extend(default.map(|entity| entity.index));
        expected.extend(overrides.manual(state, user, team));
        for entity in overrides.entities(state, user, team, ExceptionKind::Exclusion) {
            expected.remove(&entity);
        }
        expected.extend(overrides.entities(state, user, team, ExceptionKind::Pin));
    }
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
