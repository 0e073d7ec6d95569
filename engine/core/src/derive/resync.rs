//! Bringing existing groups up to date with the rules, when a plan is applied.
//!
//! What the rules make of a group today is compared with the mappings that it has. Mappings made by hand are never
//! touched. New mappings are built before old ones end.

use rolecall_rules::{MatchedTarget, NameKey};

use super::Derivation;
use super::mappings::{Decided, is_waiting};
use crate::consequence::{Because, Effect};
use crate::id::{EntityId, GroupIndex, MappingId};
use crate::limits::{PLAN_STEP_GROUPS_MAX, PLAN_STEP_MEMBERS_MAX, PLAN_STEP_TRIES_MAX};
use crate::mapping::{EndReason, MappingStatus, Origin, PendingReason, RuleVersion};
use crate::state::{Group, Mapping, State};

/// What the rules make of a group today, beside what it has.
struct Resync {
    decided: Option<Decided>,
    /// Mappings that the rule would make again, each with its target.
    kept: Vec<(MappingId, MatchedTarget)>,
    /// Targets without a mapping.
    open: Vec<MatchedTarget>,
    /// Mappings that no rule makes any more.
    void: Vec<MappingId>,
}

/// The end of the groups that one entry takes on, counted from the first one: so many that the work stays bounded, and one
/// at least. Groups that are up to date cost next to nothing.
pub(crate) fn reach(state: &State, first: GroupIndex, end: GroupIndex) -> GroupIndex {
    let (mut groups, mut members) = (0, 0);
    let tries = PLAN_STEP_TRIES_MAX / (state.rules().len() + 1);
    let end = u32::from(end);
    for (tried, index) in (u32::from(first)..end).enumerate() {
        let group = state.group_at(GroupIndex::from(index));
        let work = if group.deleted || Resync::of(state, group).is_done(state, group) {
            0
        } else {
            groups += 1;
            group.members.len() + 1
        };
        members += work;
        let full = groups > PLAN_STEP_GROUPS_MAX || members > PLAN_STEP_MEMBERS_MAX || tried > tries;
        if full && tried > 0 {
            return GroupIndex::from(index);
        }
    }
    GroupIndex::from(end)
}

impl Resync {
    fn of(state: &State, group: &Group) -> Self {
        let decided = Decided::of(state, group);
        let mut live: Vec<&Mapping> = state.mappings_of(group).collect();
        // A person's no stands before what merely waits.
        live.sort_by_key(|mapping| match mapping.status {
            _ if mapping.origin == Origin::Manual => 0,
            MappingStatus::Approved | MappingStatus::AutoApproved => 1,
            MappingStatus::Rejected => 2,
            MappingStatus::Pending(_) | MappingStatus::Ended(_) => 3,
        });
        let (mut kept, mut open) = (Vec::new(), Vec::new());
        let raised = |mapping: &Mapping| {
            decided
                .as_ref()
                .is_some_and(|decided| is_raised(state, mapping, decided))
        };
        for target in decided.iter().flat_map(|decided| &decided.targets) {
            let made = |mapping: &&Mapping| makes(state, target, mapping) && !raised(mapping);
            match live.iter().position(made) {
                Some(at) => {
                    let mapping = live.remove(at);
                    if mapping.status == MappingStatus::Rejected {
                        // Whoever rejected the highest role left the place as it is.
                        live.retain(|other| !(raised(other) && makes(state, target, other)));
                    }
                    if mapping.origin != Origin::Manual {
                        kept.push((mapping.id, target.clone()));
                    }
                }
                None => open.push(target.clone()),
            }
        }
        live.retain(|mapping| mapping.origin != Origin::Manual);
        Self {
            decided,
            kept,
            open,
            void: live.iter().map(|mapping| mapping.id).collect(),
        }
    }

    /// Whether there is nothing to do for sure. What waits may have to go on waiting, and counts as something to do.
    fn is_done(&self, state: &State, group: &Group) -> bool {
        let up_to_date = |(mapping, target): &(MappingId, MatchedTarget)| {
            let mapping = state.mapping(*mapping);
            let settled = mapping.filter(|mapping| !is_waiting(mapping));
            settled.is_some_and(|mapping| {
                self.decided
                    .as_ref()
                    .is_some_and(|decided| fits(mapping, decided, target))
            })
        };
        let rule = self.decided.as_ref().map(|decided| decided.rule);
        rule == group.decided_by && self.open.is_empty() && self.void.is_empty() && self.kept.iter().all(up_to_date)
    }

    /// Whether new mappings wait for a person, so that those they replace stay until then.
    fn waits_to_replace(&self, state: &State, beyond_ceiling: bool) -> bool {
        let approved = |mapping: &&MappingId| {
            state
                .mapping(**mapping)
                .is_some_and(|mapping| mapping.status.is_approved())
        };
        let waiting = |(mapping, _): &&(MappingId, MatchedTarget)| state.mapping(*mapping).is_some_and(is_waiting);
        let by_person = self
            .decided
            .as_ref()
            .is_some_and(|decided| !decided.auto_approve || beyond_ceiling);
        let anything = !self.open.is_empty() || self.kept.iter().any(|kept| waiting(&kept));
        by_person && anything && self.void.iter().any(|mapping| approved(&mapping))
    }
}

impl Derivation<'_> {
    /// Brings a group up to date with the rules as they are now.
    pub(super) fn resync(&mut self, fact: u32, group: GroupIndex) {
        let row = self.state.group_at(group);
        if row.deleted {
            return;
        }
        let resync = Resync::of(&self.state, row);
        self.conclude_decided(fact, group, resync.decided.as_ref());
        let role = resync.decided.as_ref().and_then(|decided| decided.role.as_ref());
        let beyond_ceiling = self.ceiling(group, role).is_some();
        let waits = resync.waits_to_replace(&self.state, beyond_ceiling);
        if let Some(decided) = &resync.decided {
            for (mapping, target) in &resync.kept {
                self.refresh(fact, *mapping, decided, target);
                if is_waiting(self.mapping(*mapping)) {
                    let status = self.status_beside(fact, group, decided, target, waits);
                    self.reconsider(fact, *mapping, status);
                }
            }
            for target in &resync.open {
                let status = self.status_beside(fact, group, decided, target, waits);
                self.propose_as(fact, group, decided, target, status);
            }
        }
        for mapping in resync.void {
            match self.mapping(mapping).status {
                MappingStatus::Approved | MappingStatus::AutoApproved if waits => {}
                MappingStatus::Approved | MappingStatus::AutoApproved => {
                    self.end_mapping(fact, mapping, EndReason::RulesChanged);
                }
                _ => self.end_mapping(fact, mapping, EndReason::Superseded),
            }
        }
    }

    fn conclude_decided(&mut self, fact: u32, group: GroupIndex, decided: Option<&Decided>) {
        let row = self.state.group_at(group);
        let (group, rule) = (row.id, decided.map(|decided| decided.rule));
        if row.decided_by != rule {
            let mapping = None;
            self.conclude(Because { fact, mapping, rule }, Effect::GroupDecided { group, rule });
        }
    }

    /// Lets a mapping follow from the rule as it is now, whatever has made it.
    pub(super) fn refresh(&mut self, fact: u32, id: MappingId, decided: &Decided, target: &MatchedTarget) {
        let mapping = self.mapping(id);
        if fits(mapping, decided, target) {
            return;
        }
        let (group, role) = (mapping.group, mapping.role.clone());
        let effect = Effect::MappingRefreshed {
            mapping: id,
            origin: Origin::Rule(decided.rule),
            name: target.name.as_ref().ok().cloned().or_else(|| mapping.name.clone()),
            template: target.template.clone(),
            role: decided.role.clone(),
        };
        let (mapping, rule) = (Some(id), Some(decided.rule));
        self.conclude(Because { fact, mapping, rule }, effect);
        if role != decided.role {
            self.touch_members(fact, group);
        }
    }

    /// The status of a mapping beside others of its group, which it may have to wait to replace.
    fn status_beside(
        &mut self,
        fact: u32,
        group: GroupIndex,
        decided: &Decided,
        target: &MatchedTarget,
        waits: bool,
    ) -> (MappingStatus, Option<EntityId>) {
        match self.status_for(fact, group, decided, target) {
            (MappingStatus::Pending(PendingReason::ApprovalRequired), _) if waits => {
                (MappingStatus::Pending(PendingReason::RuleChanged), None)
            }
            status => status,
        }
    }

    /// The other approved mappings of the group that this rule, if it decides the group, does not make: approving one that
    /// waits to replace them ends them. One that is to be raised waits for the approval of its own.
    pub(super) fn void_beside(&self, id: MappingId, rule: RuleVersion) -> Vec<MappingId> {
        let group = self.state.group_at(self.mapping(id).group);
        let resync = Resync::of(&self.state, group);
        let Some(decided) = resync.decided.filter(|decided| decided.rule == rule) else {
            return Vec::new();
        };
        let raised = |mapping: &Mapping| {
            let made = |target| makes(&self.state, target, mapping);
            is_raised(&self.state, mapping, &decided) && decided.targets.iter().any(made)
        };
        let ends = |other: &MappingId| {
            let mapping = self.mapping(*other);
            *other != id && mapping.status.is_approved() && !raised(mapping)
        };
        resync.void.into_iter().filter(ends).collect()
    }
}

/// Whether a target of the deciding rule comes to what this mapping is for.
fn makes(state: &State, target: &MatchedTarget, mapping: &Mapping) -> bool {
    let entity = mapping.entity.map(|entity| &state.entity_at(entity).name);
    let name = entity.or(mapping.name.as_ref()).map(|name| NameKey::of(name));
    let alike = target.name.as_ref().ok().map(|name| NameKey::of(name)) == name && name.is_some();
    let same_template = mapping.origin != Origin::Manual && mapping.template == target.template;
    mapping.entity_type == target.entity_type && (alike || same_template)
}

/// Whether a mapping in force would get the highest role, which is beyond the ceiling: a person approves the raised one, and this
/// one stays as it is until then.
fn is_raised(state: &State, mapping: &Mapping, decided: &Decided) -> bool {
    let highest = state.settings().highest_role();
    state.safeguards().auto_approve_ceiling.highest_role
        && mapping.origin != Origin::Manual
        && mapping.status.is_approved()
        && decided.role.as_ref() == highest
        && mapping.role.as_ref() != highest
}

/// Whether a mapping is what the rule makes of the target today.
fn fits(mapping: &Mapping, decided: &Decided, target: &MatchedTarget) -> bool {
    mapping.origin == Origin::Rule(decided.rule) && mapping.role == decided.role && mapping.template == target.template
}
