//! Fact -> the next state. Facts are never refused here.

use std::sync::Arc;

use imbl::Vector;
use roaring::RoaringBitmap;
use rolecall_rules::NameKey;

use super::{Decision, Group, Mapping, PlanEnd, State, User};
use crate::entry::Actor;
use crate::fact::{Fact, GroupAttributes};
use crate::id::{GroupId, GroupIndex, MappingId, MappingIndex, UserId, UserIndex};
use crate::invariant::known;
use crate::person::{Person, SealedPerson};
use crate::settings::Settings;
use crate::user_set::UserSet;

impl State {
    pub(super) fn apply_fact(&mut self, by: Actor, fact: &Fact) {
        match fact {
            Fact::UserCreated { .. } => self.create_user(fact),
            Fact::UserAttributesChanged { user, person } => self.change_person(*user, person),
            Fact::UserRoleAttributeChanged {
                user,
                organization_role,
            } => {
                let index = self.touched_user(*user);
                self.users
                    .at_mut(index.into())
                    .organization_role
                    .clone_from(organization_role);
            }
            Fact::UserActivated { user } => self.set_active(*user, true),
            Fact::UserDeactivated { user } => self.set_active(*user, false),
            Fact::UserDeleted { user } => self.delete_user(*user),
            Fact::GroupCreated {
                group,
                display_name,
                attributes,
            } => self.create_group(*group, display_name, attributes),
            Fact::GroupRestored {
                group,
                display_name,
                attributes,
            } => self.restore_group(*group, display_name, attributes),
            Fact::GroupRenamed { group, to, .. } => self.rename_group(*group, to),
            Fact::GroupAttributesChanged { group, attributes } => self.change_group_attributes(*group, attributes),
            Fact::MembersAdded { group, users } => self.add_members(*group, users),
            Fact::MembersRemoved { group, users } => self.remove_members(*group, users),
            Fact::IgnoredMembersChanged { group, ignored } => {
                let index = self.group_index(*group);
                self.groups.at_mut(index.into()).ignored = ignored.iter().cloned().collect();
            }
            Fact::GroupDeleted { group } => self.delete_group(*group),
            Fact::RuleCreated { rule, definition } => self.rules.save(*rule, 1, definition, (by, self.stamp)),
            Fact::RuleChanged {
                rule,
                version,
                definition,
            } => {
                let saved = (by, self.stamp);
                self.replace_rule(*rule, |rules| rules.save(*rule, *version, definition, saved));
            }
            Fact::RuleDeleted { rule } => self.replace_rule(*rule, |rules| rules.delete(*rule)),
            Fact::ExamplesSaved { examples } => self.rules.save_examples(examples),
            Fact::EntityRegistered {
                entity,
                entity_type,
                name,
                external_id,
            } => {
                self.create_entity(*entity, *entity_type, name, external_id.as_deref());
                let index = self.entity_index(*entity);
                self.entities.at_mut(index.into()).registered = true;
            }
            Fact::MappingRequested { mapping, .. } => {
                self.mapping_makers.insert(*mapping, by);
            }
            Fact::EntityDeleted { entity } => self.delete_entity(*entity),
            Fact::MappingPaused { mapping } => self.set_paused(*mapping, true),
            Fact::MappingResumed { mapping } => self.set_paused(*mapping, false),
            Fact::SafeguardsChanged { safeguards } => self.safeguards = Arc::new(safeguards.clone()),
            Fact::SettingsChanged { settings } => self.change_settings(settings),
            Fact::HoldReleased { hold, users } => {
                let scope = known(self.hold(*hold), "hold").scope;
                self.release_hold(*hold, users.as_ref());
                if users.is_none() {
                    self.passed.reset(scope);
                }
            }
            Fact::HoldDiscarded { hold, users } => self.release_hold(*hold, users.as_ref()),
            Fact::Registry(fact) => self.registry.apply(fact, self.stamp.at),
            Fact::UserDefaultEntityAssigned { user, entity } => {
                let user = UserIndex::from(known(self.users.find(user), "user"));
                let entity = self.entity_index(*entity);
                self.user_default_entities.insert(user, entity);
            }
            Fact::DriftPlanned { groups } => self.drift = Arc::new(groups.clone()),
            Fact::DriftReconciled { to, .. } => self.with_plan_run(|run, now| run.reconcile(*to, now)),
            Fact::PlanStarted { plan, groups } => self.start_plan(*plan, by, *groups),
            Fact::PlanStepped { from, to, .. } => self.with_plan_run(|run, now| run.step(*from, *to, now)),
            Fact::PlanFinished { .. } => self.end_plan(PlanEnd::Finished),
            Fact::PlanStopped { .. } => self.end_plan(PlanEnd::Stopped),
            Fact::ConflictResolved { .. } => self.remember_decision(by, fact),
            Fact::DecisionForgotten { decision } => self.decisions.forget(*decision),
            Fact::MembershipsGiven { entity, users } => self.give_memberships(*entity, users),
            Fact::MembershipsTaken { entity, users } => self.take_memberships(*entity, users),
            Fact::ExceptionSet { .. } => self.set_exception(by, fact),
            Fact::ExceptionRemoved { exception, .. } | Fact::ExceptionExpired { exception, .. } => {
                self.end_exception(*exception);
            }
            // What they ask for is done by their consequences, which know the entity.
            Fact::MappingApproved { .. } | Fact::MappingRejected { .. } => {}
        }
    }

    fn create_user(&mut self, fact: &Fact) {
        let Fact::UserCreated {
            user: id,
            index,
            connection,
            person,
            active,
            organization_role,
        } = fact
        else {
            return;
        };
        let person = person.open().map(Arc::new);
        self.index_person(*index, person.as_deref());
        let user = User {
            id: *id,
            index: *index,
            connection: *connection,
            person,
            active: *active,
            organization_role: organization_role.clone(),
            deleted: false,
            created: self.stamp,
            modified: self.stamp,
            role: None,
            memberships: Vec::new(),
            history: Vector::unit(self.stamp.position),
            groups: RoaringBitmap::new(),
        };
        if !active {
            self.counts.inactive_users += 1;
        }
        let given = self.users.insert(*id, user);
        known((given == u32::from(*index)).then_some(()), "user index in order");
    }

    fn change_person(&mut self, user: UserId, person: &SealedPerson) {
        let index = self.touched_user(user);
        let before = self.user_at(index).person.clone();
        let after = person.open().map(Arc::new);
        self.unindex_person(index, before.as_deref());
        self.index_person(index, after.as_deref());
        self.users.at_mut(index.into()).person = after;
    }

    fn set_active(&mut self, user: UserId, active: bool) {
        let index = self.touched_user(user);
        self.users.at_mut(index.into()).active = active;
        if active {
            self.counts.inactive_users -= 1;
        } else {
            self.counts.inactive_users += 1;
        }
    }

    fn delete_user(&mut self, user: UserId) {
        let index = self.touched_user(user);
        let row = self.user_at(index);
        let (person, groups) = (row.person.clone(), row.groups.clone());
        if !row.active {
            self.counts.inactive_users -= 1;
        }
        self.unindex_person(index, person.as_deref());
        self.user_default_entities.remove(&index);
        self.decisions.forget_user(index);
        self.forget_manual_of_user(index);
        self.end_exceptions_of_user(index);
        for group in groups {
            self.release(group.into(), &UserSet::of(index));
            let group = self.groups.at_mut(group);
            group.members.remove(index);
            group.modified = self.stamp;
        }
        let row = self.users.at_mut(index.into());
        row.groups.clear();
        row.deleted = true;
    }

    /// The index of a user whose resource this entry changes.
    fn touched_user(&mut self, user: UserId) -> UserIndex {
        let index = known(self.users.find(&user), "user");
        let stamp = self.stamp;
        self.users.at_mut(index).modify(stamp);
        index.into()
    }

    fn index_person(&mut self, index: UserIndex, person: Option<&Person>) {
        let Some(person) = person else { return };
        self.user_names.insert(NameKey::of(&person.user_name), index);
        if let Some(external_id) = &person.external_id {
            self.user_external_ids.insert((external_id.clone(), index));
        }
        if let Some(display_name) = &person.display_name {
            self.user_display_names.insert((NameKey::of(display_name), index));
        }
        for address in &person.emails {
            self.user_emails.insert((NameKey::of(address), index));
        }
        if let Some(name) = &person.concurrency_group {
            self.user_concurrency_groups.insert((NameKey::of(name), index));
        }
    }

    fn unindex_person(&mut self, index: UserIndex, person: Option<&Person>) {
        let Some(person) = person else { return };
        self.user_names.remove(&NameKey::of(&person.user_name));
        if let Some(external_id) = &person.external_id {
            self.user_external_ids.remove(&(external_id.clone(), index));
        }
        if let Some(display_name) = &person.display_name {
            self.user_display_names.remove(&(NameKey::of(display_name), index));
        }
        for address in &person.emails {
            self.user_emails.remove(&(NameKey::of(address), index));
        }
        if let Some(name) = &person.concurrency_group {
            self.user_concurrency_groups.remove(&(NameKey::of(name), index));
        }
    }

    fn create_group(&mut self, id: GroupId, display_name: &str, attributes: &GroupAttributes) {
        let index = GroupIndex::from(self.groups.len());
        let key = NameKey::of(display_name);
        self.group_names.insert(key.clone(), index);
        self.index_group_external_id(index, attributes);
        self.counts.groups += 1;
        let group = Group {
            id,
            index,
            display_name: display_name.to_owned(),
            key,
            attributes: attributes.clone(),
            members: UserSet::default(),
            ignored: imbl::OrdSet::new(),
            decided_by: None,
            decided: self.stamp,
            roles_given: self.stamp,
            mappings: Vec::new(),
            ended_mappings: Vector::new(),
            deleted: false,
            created: self.stamp,
            modified: self.stamp,
            named: self.stamp,
        };
        self.groups.insert(id, group);
    }

    fn restore_group(&mut self, id: GroupId, display_name: &str, attributes: &GroupAttributes) {
        let index = self.group_index(id);
        let key = NameKey::of(display_name);
        self.deleted_group_names.remove(&key);
        self.group_names.insert(key, index);
        self.index_group_external_id(index, attributes);
        self.counts.groups += 1;
        let stamp = self.stamp;
        let group = self.groups.at_mut(index.into());
        group.display_name = display_name.to_owned();
        group.attributes = attributes.clone();
        group.roles_given = stamp;
        group.deleted = false;
        group.modified = stamp;
        group.named = stamp;
    }

    fn rename_group(&mut self, id: GroupId, to: &str) {
        let index = self.group_index(id);
        let key = NameKey::of(to);
        let before = self.group_at(index).key.clone();
        self.group_names.remove(&before);
        self.group_names.insert(key.clone(), index);
        let stamp = self.stamp;
        let group = self.groups.at_mut(index.into());
        group.display_name = to.to_owned();
        group.key = key;
        group.modified = stamp;
        group.named = stamp;
        self.forget_skipped_renames(index);
    }

    fn change_group_attributes(&mut self, id: GroupId, attributes: &GroupAttributes) {
        let index = self.group_index(id);
        self.unindex_group_external_id(index);
        self.index_group_external_id(index, attributes);
        let stamp = self.stamp;
        let group = self.groups.at_mut(index.into());
        if group.attributes.roles != attributes.roles {
            group.roles_given = stamp;
        }
        group.attributes = attributes.clone();
        group.modified = stamp;
    }

    fn add_members(&mut self, id: GroupId, users: &UserSet) {
        let index = self.group_index(id);
        let stamp = self.stamp;
        for user in users.iter() {
            let user = self.users.at_mut(user.into());
            user.groups.insert(index.into());
            user.modify(stamp);
        }
        let group = self.groups.at_mut(index.into());
        group.members.extend(users);
        group.modified = stamp;
    }

    fn remove_members(&mut self, id: GroupId, users: &UserSet) {
        let index = self.group_index(id);
        let stamp = self.stamp;
        for user in users.iter() {
            let user = self.users.at_mut(user.into());
            user.groups.remove(index.into());
            user.modify(stamp);
        }
        self.release(index, users);
        self.forget_taken_of(users);
        let group = self.groups.at_mut(index.into());
        group.members.subtract(users);
        group.modified = stamp;
    }

    /// Lets mappings that hold some members of a group alone forget those that leave it.
    fn release(&mut self, group: GroupIndex, users: &UserSet) {
        let limited = self
            .mappings_of(self.group_at(group))
            .filter(|mapping| mapping.limited_to.is_some());
        let limited: Vec<MappingIndex> = limited.map(|mapping| mapping.index).collect();
        for mapping in limited {
            if let Some(held) = &mut self.mappings.at_mut(mapping.into()).limited_to {
                held.subtract(users);
            }
        }
    }

    fn delete_group(&mut self, id: GroupId) {
        let index = self.group_index(id);
        let members = self.group_at(index).members.clone();
        self.remove_members(id, &members);
        self.unindex_group_external_id(index);
        self.set_decided(index, None);
        let group = self.groups.at_mut(index.into());
        group.deleted = true;
        group.ignored = imbl::OrdSet::new();
        let key = group.key.clone();
        self.group_names.remove(&key);
        self.deleted_group_names.insert(key, index);
        self.counts.groups -= 1;
    }

    pub(super) fn group_index(&self, group: GroupId) -> GroupIndex {
        known(self.groups.find(&group), "group").into()
    }

    fn index_group_external_id(&mut self, index: GroupIndex, attributes: &GroupAttributes) {
        if let Some(external_id) = &attributes.external_id {
            self.group_external_ids.insert((external_id.clone(), index));
        }
    }

    fn unindex_group_external_id(&mut self, index: GroupIndex) {
        if let Some(external_id) = self.group_at(index).attributes.external_id.clone() {
            self.group_external_ids.remove(&(external_id, index));
        }
    }

    fn change_settings(&mut self, settings: &Settings) {
        if self.settings.default_role != settings.default_role {
            self.defaults_set.role = self.stamp;
        }
        if self.settings.default_concurrency_group == settings.default_concurrency_group {
            self.settings = Arc::new(settings.clone());
            return;
        }
        self.defaults_set.concurrency_group = self.stamp;
        // Another default concurrency group makes its users, and those of the one before, placed or not.
        let before = self.default_group().map(|entity| entity.members.clone());
        let after = settings
            .default_concurrency_group
            .and_then(|entity| self.entity(entity));
        let mut members = after.map(|entity| entity.members.clone()).unwrap_or_default();
        members.extend(&before.unwrap_or_default());
        self.counts.placed_users -= self.count_placed(&members);
        self.settings = Arc::new(settings.clone());
        self.counts.placed_users += self.count_placed(&members);
    }

    fn remember_decision(&mut self, by: Actor, fact: &Fact) {
        let Fact::ConflictResolved {
            conflict,
            slot,
            user,
            claimed,
            chosen,
            everyone,
        } = fact
        else {
            return;
        };
        self.decisions.remember(Decision {
            id: *conflict,
            slot: *slot,
            user: known(self.users.find(user), "user").into(),
            everyone: *everyone,
            claimed: claimed.iter().map(|entity| self.entity_index(*entity)).collect(),
            chosen: self.entity_index(*chosen),
            by,
            made: self.stamp,
        });
    }

    fn set_paused(&mut self, mapping: MappingId, paused: bool) {
        let stamp = self.stamp;
        let mapping = self.mapping_mut(mapping);
        mapping.paused = paused;
        mapping.modified = stamp;
        mapping.settled = stamp;
    }

    pub(super) fn mapping_mut(&mut self, mapping: MappingId) -> &mut Mapping {
        let index = known(self.mappings.find(&mapping), "mapping");
        self.mappings.at_mut(index)
    }
}
