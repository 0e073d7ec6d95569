//! Who was taken out of a team by hand although a claim holds the user there, and what brings the user back (SEMANTICS 5).

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Entity, User};
use rolecall_engine::{EntityIndex, Entry, Fact, GroupId};

use super::mapped::holding;
use super::{Known, teams};

/// Whoever is remembered as taken out was taken out by the entry that it says, is not there, and would be back if a write had
/// touched the user or the group since. As this is asked after every entry, the last one tells.
pub(crate) fn check(known: &Known<'_>, record: &[Entry]) {
    let state = known.state;
    for user in &known.users {
        for entity in state.entities_from(EntityIndex::from(0)) {
            let Some(since) = state.removed_by_hand(user.index, entity.index) else {
                continue;
            };
            assert_eq!(entity.entity_type, EntityType::Team);
            assert!(!entity.members.contains(user.index));
            let taking = record.iter().find(|entry| entry.position == since.position);
            let takes = |fact: &Fact| matches!(fact, Fact::MembershipsTaken { entity: from, users } if *from == entity.id && users.contains(user.index));
            assert!(taking.unwrap().facts.iter().any(takes));
            let last = record.last().filter(|last| last.position != since.position);
            let mut facts = last.into_iter().flat_map(|last| &last.facts);
            let back = facts.find(|fact| brings_back(known, fact, user, entity));
            let is_claimed = teams::claimed(known, user).contains(&entity.index);
            assert!(back.is_none() || !is_claimed, "{back:?} brings the user back");
        }
    }
}

/// Whether a fact is a write to the user, or to a group that puts the user into the entity.
fn brings_back(known: &Known<'_>, fact: &Fact, user: &User, entity: &Entity) -> bool {
    match fact {
        Fact::UserAttributesChanged { user: other, .. }
        | Fact::UserRoleAttributeChanged { user: other, .. }
        | Fact::UserActivated { user: other }
        | Fact::ExceptionSet { user: other, .. }
        | Fact::ExceptionRemoved { user: other, .. }
        | Fact::ExceptionExpired { user: other, .. } => *other == user.id,
        Fact::MembersAdded { group, users } | Fact::MembersRemoved { group, users } => {
            users.contains(user.index) || feeds(known, *group, user, entity)
        }
        Fact::MembershipsGiven { users, .. } | Fact::MembershipsTaken { users, .. } => users.contains(user.index),
        Fact::GroupRenamed { group, .. }
        | Fact::GroupAttributesChanged { group, .. }
        | Fact::IgnoredMembersChanged { group, .. } => feeds(known, *group, user, entity),
        Fact::MappingPaused { mapping } | Fact::MappingResumed { mapping } => {
            let group = known.state.mapping(*mapping).map(|mapping| mapping.group);
            known.groups_of(user).any(|of_user| Some(of_user.index) == group)
        }
        _ => false,
    }
}

fn feeds(known: &Known<'_>, group: GroupId, user: &User, entity: &Entity) -> bool {
    let mut groups = known.groups_of(user).filter(|of_user| of_user.id == group);
    groups.any(|group| holding(known.state, group, user).any(|mapping| mapping.entity == Some(entity.index)))
}
