//! Consequence -> the next state, exactly as recorded.

use super::counts::{decrease, increase};
use super::{Conflict, Mapping, Membership, State};
use crate::consequence::{Effect, Unplaced};
use crate::id::{ConflictId, EntityId, EntityIndex, MappingId, MappingIndex, UserIndex};
use crate::invariant::known;
use crate::mapping::{EndReason, MappingStatus, Slot};
use crate::user_set::UserSet;

impl State {
    pub(crate) fn apply_effect(&mut self, effect: &Effect) {
        match effect {
            Effect::GroupDecided { group, rule } => {
                let index = self.group_index(*group);
                let stamp = self.stamp;
                self.set_decided(index, *rule);
                self.groups.at_mut(index.into()).decided = stamp;
            }
            Effect::MappingProposed { .. } => self.propose_mapping(effect),
            Effect::MappingMoved {
                mapping, to, entity, ..
            } => self.move_mapping(*mapping, *to, *entity),
            Effect::EntityCreated {
                entity,
                entity_type,
                name,
            } => self.create_entity(*entity, *entity_type, name, None),
            Effect::EntityRenamed { entity, to, .. } => self.rename_entity(*entity, to),
            Effect::EntityRenameSkipped { entity, reason } => {
                let index = self.entity_index(*entity);
                self.entities.at_mut(index.into()).rename_skipped = Some(reason.as_str());
            }
            Effect::MembersPlaced { entity, users } => self.place(*entity, users),
            Effect::MembersUnplaced { entity, users, reason } => self.unplace(*entity, users, *reason),
            Effect::RoleChanged { users, from, to, .. } => {
                for index in users.iter() {
                    let stamp = self.stamp;
                    let user = self.users.at_mut(index.into());
                    user.modify(stamp);
                    user.role.clone_from(to);
                    if let Some(from) = from {
                        decrease(&mut self.counts.active_users, from);
                    }
                    if let Some(to) = to {
                        increase(&mut self.counts.active_users, to.clone());
                    }
                }
            }
            Effect::ConflictOpened {
                conflict,
                slot,
                user,
                claimed,
                current,
            } => {
                let user = UserIndex::from(known(self.users.find(user), "user"));
                let claimed = claimed.iter().map(|entity| self.entity_index(*entity)).collect();
                self.open_conflict(*conflict, *slot, user, claimed, self.entity_index(*current));
            }
            Effect::ConflictClosed { slot, user, .. } => {
                let user = UserIndex::from(known(self.users.find(user), "user"));
                self.close_conflict(*slot, user);
            }
            Effect::ConflictsOpened {
                conflicts,
                slot,
                claimed,
                current,
                users,
            } => {
                let claimed: Vec<EntityIndex> = claimed.iter().map(|entity| self.entity_index(*entity)).collect();
                let current = self.entity_index(*current);
                for user in users.iter() {
                    self.open_conflict(conflicts.of_user(user), *slot, user, claimed.clone(), current);
                }
            }
            Effect::ConflictsClosed { slot, users } => {
                for user in users.iter() {
                    self.close_conflict(*slot, user);
                }
            }
            Effect::NoAdminLeft { .. } => {}
            Effect::MappingRefreshed { .. } => self.refresh_mapping(effect),
            Effect::MappingLimited { mapping, to } => self.limit_mapping(*mapping, Some(to.clone())),
            Effect::MappingLimitLifted { mapping } => self.limit_mapping(*mapping, None),
            Effect::HoldOpened {
                hold,
                scope,
                role,
                passed,
                limit,
            } => self.open_hold(*hold, *scope, role.clone(), (*passed, *limit)),
            Effect::HoldGrew { hold, entity, users } => self.grow_hold(*hold, *entity, users),
            Effect::HoldShrank { hold, entity, users } => self.shrink_hold(*hold, *entity, users),
            Effect::HoldClosed { hold, .. } => self.close_hold(*hold),
            Effect::RemovalsPassed { scope, count } => {
                let window = self.window_milliseconds();
                self.passed.add(self.stamp.at, window, *scope, *count);
            }
        }
    }

    fn propose_mapping(&mut self, effect: &Effect) {
        let Effect::MappingProposed {
            mapping,
            group,
            entity_type,
            entity,
            name,
            template,
            origin,
            role,
            status,
        } = effect
        else {
            return;
        };
        let index = MappingIndex::from(self.mappings.len());
        let group = self.group_index(*group);
        let entity = entity.map(|entity| self.entity_index(entity));
        let row = Mapping {
            id: *mapping,
            index,
            group,
            entity_type: *entity_type,
            entity,
            name: name.clone(),
            template: template.clone(),
            origin: *origin,
            role: role.clone(),
            status: *status,
            paused: false,
            limited_to: None,
            approved: status.is_approved().then_some(self.stamp.position),
            created: self.stamp,
            modified: self.stamp,
            settled: self.stamp,
            limited: self.stamp,
            follows_since: self.stamp,
        };
        self.mappings.insert(*mapping, row);
        self.groups.at_mut(group.into()).mappings.push(index);
        self.feed(entity, index);
        self.count(index);
        increase(&mut self.counts.mappings, *status);
    }

    fn move_mapping(&mut self, id: MappingId, to: MappingStatus, entity: Option<EntityId>) {
        let stamp = self.stamp;
        let entity = entity.map(|entity| self.entity_index(entity));
        let mapping = self.mapping_mut(id);
        let (index, group, from, was_for) = (mapping.index, mapping.group, mapping.status, mapping.entity);
        let made_by = mapping.origin;
        mapping.status = to;
        mapping.limited_to = None;
        mapping.entity = entity;
        mapping.modified = stamp;
        mapping.settled = stamp;
        if to.is_approved() {
            mapping.approved = Some(stamp.position);
        } else {
            mapping.paused = false;
        }
        self.starve(was_for, index);
        if from.is_approved()
            && let Some(left) = was_for.filter(|left| !to.is_approved() || entity != Some(*left))
        {
            self.forget_taken_through(left, group);
            self.forget_skipped_rename_of_free(left);
        }
        if to == MappingStatus::Ended(EndReason::RulesChanged)
            && let Some(run) = &mut self.plan_run
        {
            run.frees = true;
        }
        if to.has_ended() {
            let group = self.groups.at_mut(group.into());
            group.mappings.retain(|live| *live != index);
            group.ended_mappings.push_back(index);
            self.uncount(index);
            if let Some(version) = made_by.rule() {
                self.forget_version(version);
            }
        } else {
            self.feed(entity, index);
        }
        decrease(&mut self.counts.mappings, &from);
        increase(&mut self.counts.mappings, to);
    }

    fn refresh_mapping(&mut self, effect: &Effect) {
        let Effect::MappingRefreshed {
            mapping,
            origin,
            name,
            template,
            role,
        } = effect
        else {
            return;
        };
        let stamp = self.stamp;
        let index = self.mapping_mut(*mapping).index;
        self.uncount(index);
        let mapping = self.mapping_mut(*mapping);
        let made_by = std::mem::replace(&mut mapping.origin, *origin);
        mapping.name.clone_from(name);
        mapping.template = template.clone();
        mapping.role.clone_from(role);
        mapping.modified = stamp;
        mapping.follows_since = stamp;
        self.count(index);
        if let Some(version) = made_by.rule() {
            self.forget_version(version);
        }
    }

    fn limit_mapping(&mut self, mapping: MappingId, to: Option<UserSet>) {
        let stamp = self.stamp;
        let mapping = self.mapping_mut(mapping);
        mapping.limited_to = to;
        mapping.modified = stamp;
        mapping.limited = stamp;
    }

    /// Lets the entity know a mapping that is for it.
    fn feed(&mut self, entity: Option<EntityIndex>, mapping: MappingIndex) {
        let Some(entity) = entity else { return };
        self.entities.at_mut(entity.into()).mappings.push(mapping);
    }

    /// Lets the entity forget a mapping that was for it.
    fn starve(&mut self, entity: Option<EntityIndex>, mapping: MappingIndex) {
        let Some(entity) = entity else { return };
        let entity = self.entities.at_mut(entity.into());
        entity.mappings.retain(|live| *live != mapping);
    }

    fn place(&mut self, id: EntityId, users: &UserSet) {
        let entity = self.entity_index(id);
        for index in users.iter() {
            let stamp = self.stamp;
            let was_placed = self.is_placed(self.user_at(index));
            let user = self.users.at_mut(index.into());
            user.touch(stamp.position);
            if let Err(at) = user
                .memberships
                .binary_search_by_key(&entity, |membership| membership.entity)
            {
                user.memberships.insert(at, Membership { entity, since: stamp });
            }
            if !was_placed && self.is_placed(self.user_at(index)) {
                self.counts.placed_users += 1;
            }
        }
        self.forget_taken(entity, users);
        self.entities.at_mut(entity.into()).members.extend(users);
    }

    fn unplace(&mut self, id: EntityId, users: &UserSet, reason: Unplaced) {
        let entity = self.entity_index(id);
        for index in users.iter() {
            let position = self.stamp.position;
            let was_placed = self.is_placed(self.user_at(index));
            let user = self.users.at_mut(index.into());
            user.touch(position);
            user.memberships.retain(|membership| membership.entity != entity);
            if was_placed && !self.is_placed(self.user_at(index)) {
                self.counts.placed_users -= 1;
            }
        }
        if reason == Unplaced::RemovedByHand {
            self.remember_taken(entity, users);
        }
        self.entities.at_mut(entity.into()).members.subtract(users);
    }

    fn open_conflict(
        &mut self,
        id: ConflictId,
        slot: Slot,
        user: UserIndex,
        claimed: Vec<EntityIndex>,
        current: EntityIndex,
    ) {
        self.users.at_mut(user.into()).touch(self.stamp.position);
        self.conflicts.open(Conflict {
            id,
            slot,
            user,
            claimed,
            current,
            opened: self.stamp,
        });
        increase(&mut self.counts.conflicts, slot);
    }

    fn close_conflict(&mut self, slot: Slot, user: UserIndex) {
        self.users.at_mut(user.into()).touch(self.stamp.position);
        self.conflicts.close(slot, user);
        decrease(&mut self.counts.conflicts, &slot);
    }
}
