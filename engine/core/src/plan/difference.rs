//! The difference between two states, looked for only where the entries between them say that something moved.

use std::collections::{BTreeMap, BTreeSet};

use super::effect::{
    ConflictEffect, EntityEffect, EntityName, ExceptionsEffect, GroupEffect, GroupName, HoldEffect, MappingEffect,
    MembersEffect, PlanEffect, RoleEffect, RulesEffect,
};
use crate::brake::BrakeScope;
use crate::consequence::Effect;
use crate::entry::Entry;
use crate::fact::Fact;
use crate::id::{EntityId, EntityIndex, GroupId, GroupIndex, HoldId, MappingId, MappingIndex, UserId, UserIndex};
use crate::mapping::Slot;
use crate::state::{Mapping, State};
use crate::user_set::UserSet;

/// What entries moved.
#[derive(Default)]
pub(super) struct Touched {
    rules: RulesEffect,
    examples: bool,
    settings: bool,
    exceptions: ExceptionsEffect,
    groups: BTreeSet<GroupId>,
    pushed: BTreeSet<GroupIndex>,
    mappings: BTreeSet<MappingIndex>,
    entities: BTreeSet<EntityIndex>,
    members: BTreeMap<EntityIndex, UserSet>,
    roles: UserSet,
    conflicts: BTreeSet<(Slot, UserIndex)>,
    holds: BTreeSet<HoldId>,
}

impl Touched {
    /// Notes what an entry moved; the state is the one after it.
    pub(super) fn by_entry(&mut self, after: &State, entry: &Entry) {
        entry.facts.iter().for_each(|fact| self.by_fact(after, fact));
        let effects = entry.consequences.iter().map(|consequence| &consequence.effect);
        effects.for_each(|effect| self.by_effect(after, effect));
    }

    fn by_fact(&mut self, after: &State, fact: &Fact) {
        match fact {
            Fact::RuleCreated { .. } => self.rules.created += 1,
            Fact::RuleChanged { .. } => self.rules.changed += 1,
            Fact::RuleDeleted { .. } => self.rules.deleted += 1,
            Fact::ExamplesSaved { .. } => self.examples = true,
            Fact::ExceptionSet { .. } => self.exceptions.set += 1,
            Fact::ExceptionRemoved { .. } => self.exceptions.removed += 1,
            Fact::SettingsChanged { .. } | Fact::SafeguardsChanged { .. } => self.settings = true,
            Fact::MappingPaused { mapping } | Fact::MappingResumed { mapping } => self.mapping(after, *mapping),
            Fact::GroupCreated { group, .. }
            | Fact::GroupRestored { group, .. }
            | Fact::GroupDeleted { group }
            | Fact::MembersAdded { group, .. }
            | Fact::MembersRemoved { group, .. } => {
                self.pushed.extend(after.group_ever(*group).map(|group| group.index));
            }
            _ => {}
        }
    }

    fn by_effect(&mut self, after: &State, effect: &Effect) {
        match effect {
            Effect::GroupDecided { group, .. } => {
                self.groups.insert(*group);
            }
            Effect::MappingProposed { mapping, .. }
            | Effect::MappingMoved { mapping, .. }
            | Effect::MappingRefreshed { mapping, .. }
            | Effect::MappingLimited { mapping, .. }
            | Effect::MappingLimitLifted { mapping } => self.mapping(after, *mapping),
            Effect::EntityCreated { entity, .. } | Effect::EntityRenamed { entity, .. } => {
                self.entities.extend(index(after, *entity));
            }
            Effect::MembersPlaced { entity, users } | Effect::MembersUnplaced { entity, users, .. } => {
                if let Some(entity) = index(after, *entity) {
                    self.members.entry(entity).or_default().extend(users);
                }
            }
            Effect::RoleChanged { users, .. } => self.roles.extend(users),
            Effect::ConflictOpened { slot, user, .. } | Effect::ConflictClosed { slot, user, .. } => {
                self.conflict(after, *slot, *user);
            }
            Effect::ConflictsOpened { slot, users, .. } | Effect::ConflictsClosed { slot, users } => {
                self.conflicts.extend(users.iter().map(|user| (*slot, user)));
            }
            Effect::HoldGrew { hold, .. } | Effect::HoldShrank { hold, .. } => {
                self.holds.insert(*hold);
            }
            _ => {}
        }
    }

    fn mapping(&mut self, after: &State, mapping: MappingId) {
        self.mappings
            .extend(after.mapping(mapping).map(|mapping| mapping.index));
    }

    fn conflict(&mut self, after: &State, slot: Slot, user: UserId) {
        self.conflicts.extend(after.user(user).map(|user| (slot, user.index)));
    }

    /// The difference that is left, with what came and went again taken out.
    pub(super) fn difference(self, before: &State, after: &State) -> PlanEffect {
        let between = Between { before, after };
        let decided = |state: &State, group: GroupId| state.group(group).and_then(|group| group.decided_by);
        let other = |group: &&GroupId| decided(before, **group) != decided(after, **group);
        PlanEffect {
            rules: self.rules,
            examples: self.examples,
            settings: self.settings,
            exceptions: self.exceptions,
            groups_decided: self.groups.iter().filter(other).count() as u64,
            groups: self
                .pushed
                .into_iter()
                .filter_map(|group| between.group(group))
                .collect(),
            mappings: self
                .mappings
                .into_iter()
                .filter_map(|mapping| between.mapping(mapping))
                .collect(),
            entities: self
                .entities
                .into_iter()
                .filter_map(|entity| between.entity(entity))
                .collect(),
            members: self
                .members
                .into_iter()
                .filter_map(|(entity, users)| between.members(entity, &users))
                .collect(),
            roles: between.roles(&self.roles),
            conflicts: between.conflicts(&self.conflicts),
            holds: between.holds(&self.holds),
        }
    }
}

/// The states before and after a plan. Indexes are never given twice, so one means the same in both.
struct Between<'a> {
    before: &'a State,
    after: &'a State,
}

impl Between<'_> {
    fn group_name(&self, index: GroupIndex) -> GroupName {
        let group = self.after.group_at(index);
        GroupName {
            display_name: group.display_name.clone(),
            group: self.before.group(group.id).map(|before| before.id),
        }
    }

    fn group(&self, index: GroupIndex) -> Option<GroupEffect> {
        let now = self.after.group_at(index);
        let before = self.before.group(now.id);
        let was = before.map(|before| before.members.clone()).unwrap_or_default();
        let (mut added, mut removed) = (now.members.clone(), was.clone());
        added.subtract(&was);
        removed.subtract(&now.members);
        let (is_new, is_gone) = (before.is_none() && !now.deleted, before.is_some() && now.deleted);
        let effect = GroupEffect {
            group: self.group_name(index),
            deleted: is_gone,
            added,
            removed,
        };
        let anything = is_new || is_gone || !effect.added.is_empty() || !effect.removed.is_empty();
        anything.then_some(effect)
    }

    fn mapping(&self, index: MappingIndex) -> Option<MappingEffect> {
        let now = self.after.mapping_at(index);
        let before = self.before.mapping(now.id);
        let parts = |mapping: &Mapping| {
            let follows = (mapping.origin, mapping.role.clone(), mapping.template.clone());
            let limited_to = mapping.limited_to.clone();
            (mapping.status, mapping.paused, mapping.entity, limited_to, follows)
        };
        if before.is_some_and(|before| parts(before) == parts(now)) {
            return None;
        }
        let entity = match now.entity {
            Some(entity) => self.entity_name(entity),
            None => EntityName {
                entity_type: now.entity_type,
                name: now.name.clone(),
                entity: None,
            },
        };
        let rule = now.origin.rule().and_then(|rule| self.after.rules().get(rule.rule));
        Some(MappingEffect {
            mapping: before.map(|mapping| mapping.id),
            group: self.group_name(now.group),
            entity,
            rule: rule.map(|stored| stored.rule.definition().name.clone()),
            from: before.map(|before| before.status),
            to: now.status,
            paused: now.paused,
            role: now.role.clone(),
        })
    }

    fn entity(&self, index: EntityIndex) -> Option<EntityEffect> {
        let now = self.after.entity_at(index);
        let from = self.before.entity(now.id).map(|before| before.name.clone());
        let entity = self.entity_name(index);
        (from.as_ref() != Some(&now.name)).then_some(EntityEffect { entity, from })
    }

    fn members(&self, index: EntityIndex, touched: &UserSet) -> Option<MembersEffect> {
        let now = self.after.entity_at(index);
        let before = self.before.entity(now.id);
        let was = |user: UserIndex| before.is_some_and(|before| before.members.contains(user));
        let is = |user: UserIndex| now.members.contains(user);
        let added: UserSet = touched.iter().filter(|user| is(*user) && !was(*user)).collect();
        let removed: UserSet = touched.iter().filter(|user| was(*user) && !is(*user)).collect();
        let entity = self.entity_name(index);
        let anybody = !added.is_empty() || !removed.is_empty();
        anybody.then_some(MembersEffect { entity, added, removed })
    }

    fn roles(&self, touched: &UserSet) -> Vec<RoleEffect> {
        let mut changes: BTreeMap<_, UserSet> = BTreeMap::new();
        for user in touched.iter() {
            let role = |state: &State| state.user_at(user).role.clone();
            let (from, to) = (role(self.before), role(self.after));
            if from != to {
                changes.entry((from, to)).or_default().insert(user);
            }
        }
        let rank = |role: &Option<_>| role.as_ref().and_then(|role| self.after.settings().rank(role));
        let effect = |((from, to), users)| RoleEffect {
            raised: rank(&to) > rank(&from),
            from,
            to,
            users,
        };
        changes.into_iter().map(effect).collect()
    }

    fn conflicts(&self, touched: &BTreeSet<(Slot, UserIndex)>) -> Vec<ConflictEffect> {
        let mut changes: BTreeMap<(Slot, Vec<EntityIndex>), (UserSet, UserSet)> = BTreeMap::new();
        for (slot, user) in touched {
            let claimed = |state: &State| state.conflict(*slot, *user).map(|conflict| conflict.claimed.clone());
            let (was, is) = (claimed(self.before), claimed(self.after));
            if was == is {
                continue;
            }
            if let Some(is) = is {
                changes.entry((*slot, is)).or_default().0.insert(*user);
            }
            if let Some(was) = was {
                changes.entry((*slot, was)).or_default().1.insert(*user);
            }
        }
        let effect = |((slot, claimed), (opened, closed)): ((Slot, Vec<EntityIndex>), _)| ConflictEffect {
            slot,
            claimed: claimed.into_iter().map(|entity| self.entity_name(entity)).collect(),
            opened,
            closed,
        };
        changes.into_iter().map(effect).collect()
    }

    fn holds(&self, touched: &BTreeSet<HoldId>) -> Vec<HoldEffect> {
        // One that came and went again in between is in neither.
        let holds = touched
            .iter()
            .filter_map(|id| self.before.hold(*id).or(self.after.hold(*id)));
        let scopes: BTreeSet<BrakeScope> = holds.map(|hold| hold.scope).collect();
        scopes.into_iter().filter_map(|scope| self.hold(scope)).collect()
    }

    fn hold(&self, scope: BrakeScope) -> Option<HoldEffect> {
        let held = |state: &State| state.hold_of(scope).map_or(0, |hold| hold.changes);
        let (before, after) = (held(self.before), held(self.after));
        let (entity, group) = match scope {
            BrakeScope::Entity(entity) => (Some(entity), None),
            BrakeScope::GroupEntity { entity, group } => (Some(entity), Some(group)),
            BrakeScope::Organization | BrakeScope::HighestRole | BrakeScope::MinAdmins => (None, None),
        };
        (before != after).then(|| HoldEffect {
            kind: scope.kind(),
            entity: entity
                .and_then(|entity| index(self.after, entity))
                .map(|entity| self.entity_name(entity)),
            group: group
                .and_then(|group| self.after.group_ever(group))
                .map(|group| self.group_name(group.index)),
            before,
            after,
        })
    }

    fn entity_name(&self, index: EntityIndex) -> EntityName {
        let now = self.after.entity_at(index);
        EntityName {
            entity_type: now.entity_type,
            name: Some(now.name.clone()),
            entity: self.before.entity(now.id).map(|before| before.id),
        }
    }
}

fn index(after: &State, entity: EntityId) -> Option<EntityIndex> {
    after.entity_ever(entity).map(|entity| entity.index)
}
