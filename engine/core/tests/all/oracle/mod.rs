//! What should be so, worked out the slow and obvious way from what the provider pushed, what administrators asked for and
//! which mappings are approved. It shares no code with the engine: no claims, no bitmaps, no increments. Each file holds what
//! it takes to judge one thing.

mod ceilings;
mod counts;
mod decisions;
pub(crate) mod holds;
pub(crate) mod incumbents;
mod mapped;
mod overrides;
pub(crate) mod owners;
pub(crate) mod roles;
mod rules;
pub(crate) mod scopes;
mod sides;
pub(crate) mod slots;
pub(crate) mod taken;
pub(crate) mod teams;

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Entity, Group, User};
use rolecall_engine::{EntityIndex, Entry, Fact, GroupIndex, State, UserId, UserIndex};

use decisions::{Decided, decisions};
use holds::Held;
use overrides::Overrides;

/// An organization as its state shows it, with what its record says.
pub(crate) struct Known<'a> {
    state: &'a State,
    users: Vec<&'a User>,
    groups: Vec<&'a Group>,
    overrides: Overrides,
    defaults: BTreeMap<UserId, &'a Entity>,
    decided: Decided,
    held: Held,
}

impl<'a> Known<'a> {
    pub(crate) fn of(state: &'a State, record: &[Entry]) -> Self {
        Self {
            state,
            users: state.users_from(UserIndex::from(0)).collect(),
            groups: state.groups_from(GroupIndex::from(0)).collect(),
            overrides: Overrides::of(record),
            defaults: default_entities(state, record),
            decided: decisions(state, record),
            held: holds::held(record),
        }
    }

    fn groups_of(&self, user: &User) -> impl Iterator<Item = &'a Group> {
        let groups = self.groups.iter().copied();
        groups.filter(|group| group.members.iter().any(|member| member == user.index))
    }
}

/// Panics unless everything that can be worked out from scratch is as the state has it.
pub(crate) fn check(state: &State, record: &[Entry]) {
    let known = Known::of(state, record);
    roles::check(&known);
    teams::check(&known);
    slots::check(&known);
    owners::check(state);
    check_what_is_kept(&known, record);
}

/// Panics unless what the state keeps beside roles and places is what the record and the rest of the state come to.
pub(crate) fn check_what_is_kept(known: &Known<'_>, record: &[Entry]) {
    let state = known.state;
    assert_eq!(state.decisions().len(), known.decided.len(), "what is remembered");
    known.overrides.check(state);
    taken::check(known, record);
    holds::check(known);
    counts::check_both_sides(known);
    counts::check(known);
    ceilings::check(state, record);
    rules::check_stale(state);
    rules::check_examples(state);
}

/// The default entity that each user got when it was created, as long as the entity is there.
fn default_entities<'a>(state: &'a State, record: &[Entry]) -> BTreeMap<UserId, &'a Entity> {
    let facts = record.iter().flat_map(|entry| &entry.facts);
    let assigned = facts.filter_map(|fact| match fact {
        Fact::UserDefaultEntityAssigned { user, entity } => Some((*user, state.entity(*entity)?)),
        _ => None,
    });
    assigned.collect()
}

fn of_type(state: &State, entities: &BTreeSet<EntityIndex>, entity_type: EntityType) -> BTreeSet<EntityIndex> {
    let alike = entities.iter().copied();
    alike
        .filter(|entity| state.entity_at(*entity).entity_type == entity_type)
        .collect()
}

fn placed(state: &State, user: &User, entity_type: EntityType) -> BTreeSet<EntityIndex> {
    let entities = user.memberships.iter().map(|membership| membership.entity);
    entities
        .filter(|entity| state.entity_at(*entity).entity_type == entity_type)
        .collect()
}
