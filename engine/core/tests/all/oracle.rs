//! What should be so, worked out the slow and obvious way from what the provider pushed and which mappings are approved.
//! It shares no code with the engine: no claims, no bitmaps, no increments.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Entity, Group, Mapping, User};
use rolecall_engine::{
    Effect, EntityId, EntityIndex, Entry, ExceptionKind, Fact, GroupId, GroupIndex, HoldId, MappingId, MappingIndex,
    RuleId, Slot, State, UserId, UserIndex,
};

use crate::overrides::Overrides;

/// Panics unless everything that can be worked out from scratch is as the state has it.
pub(crate) fn check(state: &State, record: &[Entry]) {
    let overrides = Overrides::of(record);
    overrides.check(state, record);
    let defaults = default_entities(state, record);
    let held = held(record);
    let users: Vec<&User> = state.users_from(UserIndex::from(0)).collect();
    let groups: Vec<&Group> = state.groups_from(GroupIndex::from(0)).collect();
    let decided = decisions(state, record);
    assert_eq!(state.decisions().len(), decided.len(), "what is remembered");
    for user in &users {
        check_role(state, user, &groups, &held, &overrides);
        let default = defaults.get(&user.id).copied();
        let in_force = check_sides(state, user, &groups, &decided, &overrides);
        check_teams(state, user, &in_force, default, &held, &overrides);
        for slot in [Slot::ConcurrencyGroup, Slot::SubOrganization] {
            check_slot(state, user, &in_force, &decided, (slot, default), &held, &overrides);
        }
    }
    check_both_sides(state, &users, &groups);
    check_counts(state, &users);
    check_limits(state, record);
    check_holds(state, &held);
    check_stale(state);
    check_examples(state);
}

fn groups_of<'a>(user: &'a User, groups: &'a [&Group]) -> impl Iterator<Item = &'a Group> {
    groups
        .iter()
        .copied()
        .filter(|group| group.members.iter().any(|member| member == user.index))
}

/// The mappings of a group of the user that hold this user.
fn holding<'a>(state: &'a State, group: &'a Group, user: &'a User) -> impl Iterator<Item = &'a Mapping> {
    in_force(state, group).filter(|mapping| {
        let limited = mapping
            .limited_to
            .as_ref()
            .map(|limited| limited.iter().collect::<Vec<_>>());
        limited.is_none_or(|limited| limited.contains(&user.index))
    })
}

fn in_force<'a>(state: &'a State, group: &'a Group) -> impl Iterator<Item = &'a Mapping> {
    let mappings = state
        .mappings_from(MappingIndex::from(0))
        .filter(|mapping| mapping.group == group.index);
    mappings.filter(|mapping| matches!(mapping.status.as_str(), "approved" | "auto_approved") && !mapping.paused)
}

fn check_role(state: &State, user: &User, groups: &[&Group], held: &Held, overrides: &Overrides) {
    let known: Vec<&str> = state.settings().roles.iter().map(|role| role.as_str()).collect();
    let mut claimed: Vec<String> = user.organization_role.iter().map(ToString::to_string).collect();
    for group in groups_of(user, groups) {
        claimed.extend(group.attributes.roles.iter().cloned());
        claimed.extend(
            holding(state, group, user)
                .filter_map(|mapping| mapping.role.as_ref())
                .map(ToString::to_string),
        );
    }
    let excluded = overrides.roles(user, ExceptionKind::Exclusion);
    claimed.retain(|claim| !excluded.contains(&claim.to_lowercase()));
    let pinned = overrides.roles(user, ExceptionKind::Pin);
    let highest = known
        .iter()
        .rev()
        .find(|role| claimed.iter().any(|claim| claim.eq_ignore_ascii_case(role)));
    let pin = known.iter().find(|role| pinned.contains(**role));
    let expected = pin
        .or(highest)
        .map_or_else(|| state.settings().default_role.to_string(), |role| (*role).to_owned());
    let in_role = held.values().find(|hold| hold.users.contains(&(None, user.index)));
    let kept = in_role.map(|hold| hold.role.clone().unwrap());
    if let Some(kept) = &kept {
        assert_eq!(Some(&kept.as_str()), known.last(), "only the highest role is held");
        assert_ne!(kept, &expected, "nobody is held in what is claimed");
    }
    let expected = user.active.then_some(kept.unwrap_or(expected));
    assert_eq!(
        user.role.as_ref().map(ToString::to_string),
        expected,
        "role of {:?}",
        user.person
    );
}

/// The entities that approved mappings claim the user for, active or not.
fn claimed(state: &State, user: &User, groups: &[&Group], overrides: &Overrides) -> BTreeSet<EntityIndex> {
    let mappings = groups_of(user, groups).flat_map(|group| holding(state, group, user));
    let mut claimed: BTreeSet<EntityIndex> = mappings.filter_map(|mapping| mapping.entity).collect();
    for entity_type in EntityType::ALL {
        for entity in overrides.entities(state, user, entity_type, ExceptionKind::Exclusion) {
            claimed.remove(&entity);
        }
    }
    claimed
}

fn of_type(state: &State, entities: &BTreeSet<EntityIndex>, entity_type: EntityType) -> BTreeSet<EntityIndex> {
    let alike = entities.iter().copied();
    alike
        .filter(|entity| state.entity_at(*entity).entity_type == entity_type)
        .collect()
}

fn is_sub_organization(state: &State, entity: EntityIndex) -> bool {
    state.entity_at(entity).entity_type == EntityType::SubOrganization
}

/// What administrators decided and what can still happen, by who it is for (`None`: everybody), the slot and the set.
type Decided = BTreeMap<(Option<UserId>, Slot, BTreeSet<EntityIndex>), EntityIndex>;

fn decisions(state: &State, record: &[Entry]) -> Decided {
    let mut made = BTreeMap::new();
    for fact in record.iter().flat_map(|entry| &entry.facts) {
        match fact {
            Fact::ConflictResolved { conflict, .. } => {
                made.insert(*conflict, fact);
            }
            Fact::DecisionForgotten { decision } => {
                made.remove(decision);
            }
            _ => {}
        }
    }
    let mut decided = Decided::new();
    for fact in made.values() {
        let Fact::ConflictResolved {
            user,
            slot,
            claimed,
            chosen,
            everyone,
            ..
        } = fact
        else {
            continue;
        };
        let index = |entity: &EntityId| state.entity(*entity).map(|entity| entity.index);
        let set: Option<BTreeSet<EntityIndex>> = claimed.iter().map(index).collect();
        if let Some(set) = set.filter(|_| *everyone || state.user(*user).is_some()) {
            let subject = ((!everyone).then_some(*user), *slot, set);
            decided.insert(subject, index(chosen).expect("chosen among what is there"));
        }
    }
    decided
}

/// What was decided for a user with this set: for itself, else for everybody.
fn decision(decided: &Decided, user: &User, slot: Slot, set: &BTreeSet<EntityIndex>) -> Option<EntityIndex> {
    let of = |user| decided.get(&(user, slot, set.clone())).copied();
    of(Some(user.id)).or_else(|| of(None))
}

/// What one of several claims comes to: as decided, else as the conflict says that has to be open then.
fn contested(
    state: &State,
    user: &User,
    decided: &Decided,
    slot: Slot,
    set: &BTreeSet<EntityIndex>,
    is_contested: bool,
) -> Option<EntityIndex> {
    let decision = decision(decided, user, slot, set).filter(|_| is_contested);
    let conflict = state.conflict(slot, user.index);
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

/// The claims of the side that is in force.
fn check_sides(
    state: &State,
    user: &User,
    groups: &[&Group],
    decided: &Decided,
    overrides: &Overrides,
) -> BTreeSet<EntityIndex> {
    let all = claimed(state, user, groups, overrides);
    let in_sub_organizations = all.iter().filter(|entity| is_sub_organization(state, **entity)).count();
    let both = in_sub_organizations > 0 && in_sub_organizations < all.len();
    let Some(current) = contested(state, user, decided, Slot::CrossType, &all, both) else {
        return all;
    };
    let side = is_sub_organization(state, current);
    all.into_iter()
        .filter(|entity| is_sub_organization(state, *entity) == side)
        .collect()
}

/// What was in force stays in force where it is still claimed and nobody decided otherwise.
pub(crate) fn check_incumbents(before: &State, record: &[Entry], after: &State) {
    let (_, record_before) = record.split_last().expect("an entry");
    let decided_before = decisions(before, record_before);
    let overrides_before = Overrides::of(record_before);
    let groups_before: Vec<&Group> = before.groups_from(GroupIndex::from(0)).collect();
    for conflict in after.conflicts() {
        let Some(user) = before.user(after.user_at(conflict.user).id) else {
            continue;
        };
        let was = check_sides(before, user, &groups_before, &decided_before, &overrides_before);
        let claimed = |entity: &EntityIndex| conflict.claimed.contains(entity);
        if conflict.slot == Slot::CrossType {
            let side = was.first().map(|entity| is_sub_organization(before, *entity));
            let now = is_sub_organization(after, conflict.current);
            let claimed = conflict
                .claimed
                .iter()
                .map(|entity| is_sub_organization(after, *entity));
            let stays = side.filter(|side| claimed.into_iter().any(|claimed| claimed == *side));
            assert!(stays.is_none_or(|side| side == now), "the side in force stays");
        } else {
            let of_slot = of_type(before, &was, entity_type(conflict.slot));
            let pins = overrides_before.entities(before, user, entity_type(conflict.slot), ExceptionKind::Pin);
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
            let held = held_before(before, user, &decided_before, conflict.slot, &of_slot, contested);
            let stays = held.filter(claimed);
            assert!(stays.is_none_or(|held| held == conflict.current), "the incumbent stays");
        }
    }
}

/// The one entity that a slot held by a claim.
fn held_before(
    state: &State,
    user: &User,
    decided: &Decided,
    slot: Slot,
    set: &BTreeSet<EntityIndex>,
    is_contested: bool,
) -> Option<EntityIndex> {
    contested(state, user, decided, slot, set, is_contested).or_else(|| set.first().copied())
}

fn entity_type(slot: Slot) -> EntityType {
    match slot {
        Slot::ConcurrencyGroup => EntityType::ConcurrencyGroup,
        Slot::SubOrganization => EntityType::SubOrganization,
        Slot::CrossType => panic!("a side is of several types"),
    }
}

fn placed(state: &State, user: &User, entity_type: EntityType) -> BTreeSet<EntityIndex> {
    let entities = user.memberships.iter().map(|membership| membership.entity);
    entities
        .filter(|entity| state.entity_at(*entity).entity_type == entity_type)
        .collect()
}

/// What a hold keeps, as the record has it.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    role: Option<String>,
    users: BTreeSet<(Option<EntityId>, UserIndex)>,
}

/// What each open hold keeps.
pub(crate) type Held = BTreeMap<HoldId, Kept>;

/// What is held, from the record alone.
pub(crate) fn held(record: &[Entry]) -> Held {
    let mut held = Held::new();
    for entry in record {
        for fact in &entry.facts {
            if let Fact::HoldReleased { hold, users } = fact {
                let kept = &mut held.get_mut(hold).unwrap().users;
                kept.retain(|(_, user)| users.as_ref().is_some_and(|users| !users.contains(*user)));
            }
        }
        for consequence in &entry.consequences {
            match &consequence.effect {
                Effect::HoldOpened { hold, role, .. } => {
                    let role = role.as_ref().map(ToString::to_string);
                    let kept = Kept {
                        role,
                        users: BTreeSet::new(),
                    };
                    assert!(held.insert(*hold, kept).is_none(), "opened once");
                }
                Effect::HoldGrew { hold, entity, users } => {
                    let kept = &mut held.get_mut(hold).unwrap().users;
                    let new = users.iter().all(|user| kept.insert((*entity, user)));
                    assert!(new && !users.is_empty(), "held once");
                }
                Effect::HoldShrank { hold, entity, users } => {
                    let kept = &mut held.get_mut(hold).unwrap().users;
                    let was = users.iter().all(|user| kept.remove(&(*entity, user)));
                    assert!(was && !users.is_empty(), "let go once");
                }
                Effect::HoldClosed { hold, .. } => {
                    assert!(held.remove(hold).unwrap().users.is_empty(), "closed when empty");
                }
                _ => {}
            }
        }
    }
    held
}

/// The entities of a type that holds keep a user in.
fn held_in(state: &State, user: &User, entity_type: EntityType, held: &Held) -> BTreeSet<EntityIndex> {
    let all = held
        .values()
        .flat_map(|hold| &hold.users)
        .filter(|(_, held)| *held == user.index);
    let entities = all.filter_map(|(entity, _)| state.entity((*entity)?));
    let of_type = entities.filter(|entity| entity.entity_type == entity_type);
    of_type.map(|entity| entity.index).collect()
}

/// The holds of the state are those of the record, and hold nobody who is gone.
fn check_holds(state: &State, held: &Held) {
    let open: BTreeSet<HoldId> = state.holds().map(|hold| hold.id).collect();
    assert_eq!(open, held.keys().copied().collect());
    let mut changes = BTreeMap::new();
    for hold in state.holds() {
        let id = |entity: Option<EntityIndex>| entity.map(|entity| state.entity_at(entity).id);
        let all = hold.held_after(None).map(|(entity, user)| (id(entity), user));
        let all: BTreeSet<_> = all.collect();
        assert_eq!(all, held[&hold.id].users);
        assert!(!all.is_empty(), "an open hold holds somebody");
        assert_eq!(hold.changes, u64::try_from(all.len()).unwrap());
        *changes.entry(hold.scope.kind()).or_insert(0) += hold.changes;
        for (entity, user) in all {
            assert!(state.user_at(user).active && !state.user_at(user).deleted);
            assert!(entity.is_none_or(|entity| state.entity(entity).is_some()));
        }
    }
    let counted: BTreeMap<&str, u64> = state
        .counts()
        .held
        .iter()
        .map(|(kind, count)| (*kind, *count))
        .collect();
    assert_eq!(counted, changes);
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

fn check_teams(
    state: &State,
    user: &User,
    in_force: &BTreeSet<EntityIndex>,
    default: Option<&Entity>,
    held: &Held,
    overrides: &Overrides,
) {
    let team = EntityType::Team;
    let mut expected = BTreeSet::new();
    if user.active {
        expected = of_type(state, in_force, team);
        let default = default.filter(|entity| entity.entity_type == team);
        expected.extend(default.map(|entity| entity.index));
        expected.extend(overrides.manual(state, user, team));
        for entity in overrides.entities(state, user, team, ExceptionKind::Exclusion) {
            expected.remove(&entity);
        }
        expected.extend(overrides.entities(state, user, team, ExceptionKind::Pin));
    }
    expected.retain(|entity| state.removed_by_hand(user.index, *entity).is_none());
    for entity in held_in(state, user, EntityType::Team, held) {
        assert!(expected.insert(entity), "nobody is held in what is claimed");
    }
    assert_eq!(
        placed(state, user, EntityType::Team),
        expected,
        "teams of {:?}",
        user.person
    );
}

fn check_slot(
    state: &State,
    user: &User,
    in_force: &BTreeSet<EntityIndex>,
    decided: &Decided,
    (slot, default): (Slot, Option<&Entity>),
    held: &Held,
    overrides: &Overrides,
) {
    let entity_type = entity_type(slot);
    let excluded = overrides.entities(state, user, entity_type, ExceptionKind::Exclusion);
    let pinned = overrides.entities(state, user, entity_type, ExceptionKind::Pin);
    let default = default.filter(|entity| entity.entity_type == entity_type);
    let claimed = of_type(state, in_force, entity_type);
    let is_contested = claimed.len() > 1 && pinned.is_empty();
    let current = contested(state, user, decided, slot, &claimed, is_contested);
    let placed = placed(state, user, entity_type);
    let mut fallback: Vec<EntityId> = Vec::new();
    let kept: Vec<EntityIndex> = held_in(state, user, entity_type, held).into_iter().collect();
    let kept = kept.first().map(|entity| state.entity_at(*entity).id);
    if user.active {
        let by_hand = overrides.manual(state, user, entity_type);
        assert!(by_hand.len() <= 1, "one entity of an exclusive type by hand");
        fallback.extend(by_hand.iter().map(|entity| state.entity_at(*entity).id));
        if slot == Slot::ConcurrencyGroup {
            fallback.extend(named(state, user));
        }
        fallback.extend(default.map(|entity| entity.id));
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

/// What is kept on both sides of a relation is the same on both.
fn check_both_sides(state: &State, users: &[&User], groups: &[&Group]) {
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

fn check_counts(state: &State, users: &[&User]) {
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

/// Who waits is worked out again from the members that the record gave each group: a mapping that a rule approved is limited when
/// the members of its group change and are more than the ceiling, to those who were there before and never left.
fn check_limits(state: &State, record: &[Entry]) {
    let mut members: BTreeMap<GroupId, BTreeSet<UserIndex>> = BTreeMap::new();
    let mut indexes: BTreeMap<UserId, UserIndex> = BTreeMap::new();
    let mut limits: BTreeMap<MappingId, (GroupId, Option<BTreeSet<UserIndex>>)> = BTreeMap::new();
    let mut most: Option<u32> = None;
    for entry in record {
        let before = members.clone();
        let mut changed: BTreeSet<GroupId> = BTreeSet::new();
        for fact in &entry.facts {
            match fact {
                Fact::UserCreated { user, index, .. } => {
                    indexes.insert(*user, *index);
                }
                Fact::MembersAdded { group, users } => {
                    members.entry(*group).or_default().extend(users.iter());
                    changed.insert(*group);
                }
                Fact::MembersRemoved { group, users } => {
                    let of_group = members.entry(*group).or_default();
                    users.iter().for_each(|user| {
                        of_group.remove(&user);
                    });
                    changed.insert(*group);
                }
                Fact::UserDeleted { user } => {
                    for (group, of_group) in &mut members {
                        if of_group.remove(&indexes[user]) {
                            changed.insert(*group);
                        }
                    }
                }
                Fact::GroupDeleted { group } => {
                    members.remove(group);
                }
                Fact::SafeguardsChanged { safeguards } => most = safeguards.auto_approve_ceiling.max_members,
                _ => {}
            }
        }
        for consequence in &entry.consequences {
            match &consequence.effect {
                Effect::MappingProposed {
                    mapping, group, status, ..
                } if status.as_str() == "auto_approved" => {
                    limits.insert(*mapping, (*group, None));
                }
                Effect::MappingMoved { mapping, .. } => {
                    limits.remove(mapping);
                }
                _ => {}
            }
        }
        for (group, limit) in limits.values_mut() {
            let empty = BTreeSet::new();
            let now = members.get(group).unwrap_or(&empty);
            if let Some(limit) = limit {
                limit.retain(|user| now.contains(user));
            }
            let too_many = most.is_some_and(|most| now.len() > most as usize);
            match limit {
                None if changed.contains(group) && too_many => {
                    let stayed = before.get(group).unwrap_or(&empty).intersection(now);
                    *limit = Some(stayed.copied().collect());
                }
                Some(_) if changed.contains(group) && !too_many => *limit = None,
                _ => {}
            }
        }
    }
    for mapping in state.mappings_from(MappingIndex::from(0)) {
        let expected = limits.get(&mapping.id).and_then(|(_, limit)| limit.clone());
        let found = mapping.limited_to.as_ref().map(|limited| limited.iter().collect());
        assert_eq!(found, expected, "{mapping:?}");
    }
}

/// A mapping is stale when its rule is another one now, is not asked, or does not decide the group.
fn check_stale(state: &State) {
    let mut by_rule: BTreeMap<RuleId, u64> = state.rules().iter().map(|stored| (stored.id, 0)).collect();
    for mapping in state.mappings_from(MappingIndex::from(0)) {
        let Some(made_by) = mapping.origin.rule().filter(|_| mapping.status.as_str() != "ended") else {
            assert!(!state.is_stale(mapping));
            continue;
        };
        let now = state.rules().iter().find(|stored| stored.id == made_by.rule);
        let same = now.is_some_and(|now| now.version == made_by.version && now.rule.definition().enabled);
        let decides = state.group_at(mapping.group).decided_by.map(|rule| rule.rule) == Some(made_by.rule);
        assert_eq!(state.is_stale(mapping), !(same && decides));
        *by_rule.entry(made_by.rule).or_default() += u64::from(!(same && decides));
    }
    assert_eq!(state.stale_mappings(), by_rule.values().sum::<u64>());
    for (rule, stale) in by_rule {
        assert_eq!(state.stale_mappings_of(rule), stale);
    }
}

/// Whatever is saved, the examples hold.
fn check_examples(state: &State) {
    for example in state.rules().examples() {
        let decides = state.rules().decide(&example.group);
        let name = decides.map(|(stored, _)| stored.rule.definition().name.clone());
        assert_eq!(name, example.rule, "for {}", example.group);
    }
}

/// With one group per entity, no entity is fed by two groups.
pub(crate) fn check_one_owner(state: &State) {
    for entity in state.entities_from(EntityIndex::from(0)) {
        let mappings = state.mappings_from(MappingIndex::from(0));
        let feeding = mappings.filter(|mapping| mapping.entity == Some(entity.index));
        let approved = feeding.filter(|mapping| matches!(mapping.status.as_str(), "approved" | "auto_approved"));
        let owners: BTreeSet<GroupIndex> = approved.map(|mapping| mapping.group).collect();
        assert!(
            owners.len() <= 1,
            "{} {} belongs to {owners:?}",
            entity.entity_type,
            entity.name
        );
    }
}
