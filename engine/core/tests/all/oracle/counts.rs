//! What is kept twice or counted on the way, against what there is.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::{EntityIndex, ExceptionKind, GroupIndex, MappingIndex, Slot, UserIndex};

use super::Known;

/// What is kept on both sides of a relation is the same on both.
pub(super) fn check_both_sides(known: &Known<'_>) {
    let Known {
        state, users, groups, ..
    } = known;
    let mut in_entity: BTreeMap<EntityIndex, BTreeSet<UserIndex>> = BTreeMap::new();
    let mut in_group: BTreeMap<GroupIndex, BTreeSet<UserIndex>> = BTreeMap::new();
    for user in users {
        for membership in &user.memberships {
            in_entity.entry(membership.entity).or_default().insert(user.index);
        }
        for group in user.groups() {
            in_group.entry(group).or_default().insert(user.index);
        }
    }
    for entity in state.entities_from(EntityIndex::from(0)) {
        assert_eq!(
            entity.members.iter().collect::<BTreeSet<_>>(),
            in_entity.remove(&entity.index).unwrap_or_default()
        );
    }
    for group in groups {
        assert_eq!(
            group.members.iter().collect::<BTreeSet<_>>(),
            in_group.remove(&group.index).unwrap_or_default()
        );
    }
    assert!(
        in_entity.is_empty() && in_group.is_empty(),
        "nobody is in what was deleted"
    );
}

/// What is counted on the way is what there is.
pub(super) fn check(known: &Known<'_>) {
    let Known { state, users, .. } = known;
    let counts = state.counts();
    let count = |n: usize| u64::try_from(n).unwrap();
    assert_eq!(
        counts.inactive_users,
        count(users.iter().filter(|user| !user.active).count())
    );
    for role in &state.settings().roles {
        let active = users.iter().filter(|user| user.role.as_ref() == Some(role)).count();
        assert_eq!(counts.active_users.get(role).copied().unwrap_or(0), count(active));
    }
    let default = state.settings().default_concurrency_group;
    let placed = users.iter().filter(|user| {
        let mut entities = user
            .memberships
            .iter()
            .map(|membership| state.entity_at(membership.entity).id);
        entities.any(|entity| Some(entity) != default)
    });
    assert_eq!(counts.placed_users, count(placed.count()));
    assert_eq!(counts.groups, count(state.groups_from(GroupIndex::from(0)).count()));
    assert_eq!(
        counts.entities.values().sum::<u64>(),
        count(state.entities_from(EntityIndex::from(0)).count())
    );
    assert_eq!(counts.conflicts.values().sum::<u64>(), count(state.conflicts().count()));
    for slot in Slot::ALL {
        let over = state.conflicts().filter(|conflict| conflict.slot == slot);
        assert!(over.eq(state.conflicts_over(slot, None)));
    }
    for entity in state.entities_from(EntityIndex::from(0)) {
        let about = state
            .conflicts()
            .filter(|conflict| conflict.claimed.contains(&entity.index));
        assert!(about.eq(state.conflicts_about(entity.index)));
    }
    for kind in ExceptionKind::ALL {
        let alike = state.exceptions().after(None).filter(|row| row.kind == kind).count();
        assert_eq!(counts.exceptions.get(&kind).copied().unwrap_or(0), count(alike));
    }
    for mapping in state.mappings_from(MappingIndex::from(0)) {
        let alike = state
            .mappings_from(MappingIndex::from(0))
            .filter(|other| other.status == mapping.status);
        assert_eq!(counts.mappings.get(&mapping.status), Some(&count(alike.count())));
    }
}
