//! Who waits because a group is beyond the ceiling of what rules approve.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::{Effect, Entry, Fact, GroupId, MappingId, MappingIndex, State, UserId, UserIndex};

/// Who waits is worked out again from the members that the record gave each group: a mapping that a rule approved is limited when
/// the members of its group change and are more than the ceiling, to those who were there before and never left.
pub(super) fn check(state: &State, record: &[Entry]) {
    let mut members: BTreeMap<GroupId, BTreeSet<UserIndex>> = BTreeMap::new();
    let mut indexes: BTreeMap<UserId, UserIndex> = BTreeMap::new();
    let mut limits: BTreeMap<MappingId, (GroupId, Option<BTreeSet<UserIndex>>)> = BTreeMap::new();
    let mut of: BTreeMap<MappingId, GroupId> = BTreeMap::new();
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
                } => {
                    of.insert(*mapping, *group);
                    if status.as_str() == "auto_approved" {
                        limits.insert(*mapping, (*group, None));
                    }
                }
                Effect::MappingMoved { mapping, to, .. } => {
                    limits.remove(mapping);
                    if to.as_str() == "auto_approved" {
                        limits.insert(*mapping, (of[mapping], None));
                    }
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
