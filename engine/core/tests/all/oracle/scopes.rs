//! Who is in the scopes of brakes, and who leaves them (SEMANTICS 7.3).

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Group, User};
use rolecall_engine::{BrakeScope, EntityIndex, State};

use super::mapped::{claimed, holding};
use super::slots::{named_without_claim, slot_of};
use super::{Known, placed, sides};

/// The users of each scope.
pub(crate) fn populations(known: &Known<'_>) -> BTreeMap<BrakeScope, BTreeSet<u32>> {
    let state = known.state;
    let mut populations: BTreeMap<BrakeScope, BTreeSet<u32>> = BTreeMap::new();
    for user in &known.users {
        let places = places(state, user);
        let mut scopes: Vec<BrakeScope> = places.iter().map(|place| of_entity(state, *place)).collect();
        scopes.extend(places.iter().flat_map(|place| of_groups(known, user, *place)));
        scopes.extend((!places.is_empty()).then_some(BrakeScope::Organization));
        scopes.extend(has_highest_role(state, user).then_some(BrakeScope::HighestRole));
        for scope in scopes {
            populations.entry(scope).or_default().insert(user.index.into());
        }
    }
    populations
}

/// The active users of the highest role.
pub(crate) fn highest(state: &State) -> impl Iterator<Item = &User> {
    let users = state.users_from(0.into());
    users.filter(|user| has_highest_role(state, user))
}

/// The scopes that a user has left between two states. Who is put into another entity of a slot has left nothing, but who falls
/// back to the default has. Whom the floor of administrators let go left the highest role when his demotion was asked for.
pub(crate) fn left(before: &Known<'_>, known: &Known<'_>, user: &User) -> BTreeSet<BrakeScope> {
    let state = known.state;
    let (Some(was), true) = (before.state.user(user.id), user.active) else {
        return BTreeSet::new();
    };
    let now = places(state, user);
    let lost = places(before.state, was)
        .into_iter()
        .filter(|place| !now.contains(place));
    let lost: Vec<EntityIndex> = lost.filter(|place| !is_replaced(known, user, *place)).collect();
    let mut scopes: BTreeSet<BrakeScope> = lost.iter().map(|place| of_entity(state, *place)).collect();
    // A claim that waits for the other side has put the user nowhere.
    let in_force = sides::in_force(before, was);
    let by_claim = lost.iter().filter(|place| in_force.contains(place));
    scopes.extend(by_claim.flat_map(|place| of_groups(before, was, *place)));
    scopes.extend((now.is_empty() && !lost.is_empty()).then_some(BrakeScope::Organization));
    let by_floor = before.state.hold_of(BrakeScope::MinAdmins);
    let by_floor = by_floor.is_some_and(|hold| hold.holds(None, user.index));
    let demoted = has_highest_role(before.state, was) && !has_highest_role(state, user) && !by_floor;
    scopes.extend(demoted.then_some(BrakeScope::HighestRole));
    scopes
}

/// The parts of an entity that the user is in by its groups: those with an approved mapping to it that holds this member.
fn of_groups(known: &Known<'_>, user: &User, place: EntityIndex) -> Vec<BrakeScope> {
    let entity = known.state.entity_at(place).id;
    let groups = known.groups_of(user).filter(|group| {
        let mut mappings = holding(known.state, group, user);
        mappings.any(|mapping| mapping.entity == Some(place))
    });
    let part = |group: &Group| BrakeScope::GroupEntity {
        entity,
        group: group.id,
    };
    groups.map(part).collect()
}

/// The entities of a user but for the default concurrency group, where everybody is who is nowhere else.
fn places(state: &State, user: &User) -> BTreeSet<EntityIndex> {
    let entities = user.memberships.iter().map(|membership| membership.entity);
    let default = state.settings().default_concurrency_group;
    entities
        .filter(|entity| Some(state.entity_at(*entity).id) != default)
        .collect()
}

fn is_replaced(known: &Known<'_>, user: &User, lost: EntityIndex) -> bool {
    let state = known.state;
    let entity_type = state.entity_at(lost).entity_type;
    let default = state.settings().default_concurrency_group;
    let is_meant = |entity: EntityIndex| {
        let id = state.entity_at(entity).id;
        let named = slot_of(entity_type).is_some_and(|slot| named_without_claim(known, user, slot).contains(&id));
        Some(id) != default || named || claimed(known, user).contains(&entity)
    };
    entity_type != EntityType::Team && placed(state, user, entity_type).into_iter().any(is_meant)
}

fn has_highest_role(state: &State, user: &User) -> bool {
    user.active && user.role.as_ref() == state.settings().highest_role()
}

fn of_entity(state: &State, entity: EntityIndex) -> BrakeScope {
    BrakeScope::Entity(state.entity_at(entity).id)
}
