//! Ceilings: what a rule may not approve by itself. A group that is beyond one when it is mapped waits for a person; one that grows
//! beyond one later keeps the members it has in their places, and the others wait.

use rolecall_rules::RoleName;

use super::Derivation;
use crate::consequence::{Because, Effect};
use crate::id::{GroupIndex, MappingIndex};
use crate::mapping::{MappingStatus, PendingReason};
use crate::state::{Group, Mapping};
use crate::user_set::UserSet;

impl Derivation<'_> {
    /// The ceiling that a group is beyond, whatever entity it is for; `role` is what the rule grants.
    pub(super) fn ceiling(&self, group: GroupIndex, role: Option<&RoleName>) -> Option<PendingReason> {
        let ceiling = &self.state.safeguards().auto_approve_ceiling;
        let group = self.state.group_at(group);
        if ceiling.highest_role && self.gives_highest_role(group, role) {
            Some(PendingReason::CeilingHighestRole)
        } else if self.is_too_large(group) {
            Some(PendingReason::CeilingMembers)
        } else {
            None
        }
    }

    fn gives_highest_role(&self, group: &Group, role: Option<&RoleName>) -> bool {
        let highest = self.state.settings().highest_role();
        let of_group = group
            .attributes
            .roles
            .iter()
            .filter_map(|role| role.parse::<RoleName>().ok());
        let mut given = role.cloned().into_iter().chain(of_group);
        given.any(|role| Some(&role) == highest)
    }

    fn is_too_large(&self, group: &Group) -> bool {
        let most = self.state.safeguards().auto_approve_ceiling.max_members;
        most.is_some_and(|most| group.members.len() > u64::from(most))
    }

    /// Limits what rules approved for a group that has grown beyond the ceiling to the members that were there before, and lifts
    /// the limit of one that has not, or no more.
    pub(super) fn limit_mappings(&mut self, fact: u32, group: GroupIndex) {
        let row = self.state.group_at(group);
        let too_large = self.is_too_large(row);
        let by_rule = |mapping: &&Mapping| mapping.status == MappingStatus::AutoApproved;
        let differ = |mapping: &&Mapping| mapping.limited_to.is_some() != too_large;
        let differing = self.state.mappings_of(row).filter(by_rule).filter(differ);
        let differing: Vec<MappingIndex> = differing.map(|mapping| mapping.index).collect();
        for mapping in differing {
            let mapping = self.state.mapping_at(mapping);
            let because = Because::mapping(fact, mapping);
            let id = mapping.id;
            let waiting = self.waiting(mapping);
            if too_large {
                let to = self.members_before(group);
                self.conclude(because, Effect::MappingLimited { mapping: id, to });
            } else {
                self.conclude(because, Effect::MappingLimitLifted { mapping: id });
                self.touch(fact, &waiting);
            }
        }
    }

    /// The members of the group that were in it before, too.
    fn members_before(&self, group: GroupIndex) -> UserSet {
        let now = &self.state.group_at(group).members;
        let id = self.state.group_at(group).id;
        let mut stayed = self
            .before
            .group(id)
            .map(|before| before.members.clone())
            .unwrap_or_default();
        let mut gone = stayed.clone();
        gone.subtract(now);
        stayed.subtract(&gone);
        stayed
    }

    /// The members of its group that a mapping does not hold, though it holds others.
    pub(super) fn waiting(&self, mapping: &Mapping) -> UserSet {
        let mut waiting = self.state.group_at(mapping.group).members.clone();
        waiting.subtract(self.state.members_of_mapping(mapping));
        waiting
    }
}
