//! Sub-organizations on one side, teams and concurrency groups on the other (SEMANTICS 6.3).

use std::collections::BTreeSet;

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::User;
use rolecall_engine::{EntityIndex, Slot, State};

use super::Known;
use super::mapped::claimed;
use super::slots::contested;

pub(super) fn is_sub_organization(state: &State, entity: EntityIndex) -> bool {
    state.entity_at(entity).entity_type == EntityType::SubOrganization
}

/// The claims of the side that is in force; panics unless the conflict of the two sides is as it has to be.
pub(super) fn in_force(known: &Known<'_>, user: &User) -> BTreeSet<EntityIndex> {
    let state = known.state;
    let all = claimed(known, user);
    let in_sub_organizations = all.iter().filter(|entity| is_sub_organization(state, **entity)).count();
    let both = in_sub_organizations > 0 && in_sub_organizations < all.len();
    let Some(current) = contested(known, user, Slot::CrossType, &all, both) else {
        return all;
    };
    let side = is_sub_organization(state, current);
    all.into_iter()
        .filter(|entity| is_sub_organization(state, *entity) == side)
        .collect()
}
