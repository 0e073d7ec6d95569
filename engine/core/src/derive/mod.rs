//! Facts -> consequences.
//!
//! First each fact, in order, moves mappings and entities (`mappings`, `renames`). Then the users that are touched by it
//! are placed: what they should have is worked out from their claims, and the difference to what they have is concluded
//! (`placement`). So the work grows with the users touched, and the outcome cannot depend on the way there.

mod because;
mod brake;
mod ceilings;
mod conflicts;
mod entry_so_far;
mod floor;
mod mappings;
mod placement;
mod renames;
mod replacements;
mod resync;
mod role_changes;

use std::collections::BTreeMap;

pub(crate) use self::entry_so_far::EntrySoFar;
pub(crate) use self::resync::reach;

use rolecall_rules::EntityType;

use crate::asked::Asked;
use crate::consequence::{Because, Consequence, Effect};
use crate::fact::{Fact, GroupAttributes};
use crate::id::{
    EntityId, EntityIndex, GroupId, GroupIndex, HoldId, IdSeed, IdsFor, MappingId, NewIds, UserId, UserIndex,
};
use crate::invariant::known;
use crate::mapping::{EndReason, MappingStatus, PendingReason};
use crate::settings::Settings;
use crate::state::{State, User};
use crate::user_set::UserSet;

/// The state after the facts and all that follows from them, and what that is.
pub(crate) fn derive(before: &State, asked: Asked, seed: IdSeed, facts: &[Fact]) -> (State, Vec<Consequence>) {
    let ids = NewIds::new(asked.stamp.at, seed, IdsFor::Consequences);
    let mut derivation = Derivation::new(before, before.with_facts(asked, facts), ids);
    for (place, fact) in (0u32..).zip(facts) {
        derivation.touch_named(place, fact);
    }
    for (place, fact) in (0u32..).zip(facts) {
        derivation.follow(place, fact);
        derivation.bring_back(place, fact);
    }
    derivation.place_touched(facts);
    (derivation.state, derivation.consequences)
}

/// What bringing a group up to date with the rules would conclude of its mappings.
pub(crate) fn resynced(state: &State, group: GroupIndex) -> Vec<Effect> {
    let ids = NewIds::new(state.at(), IdSeed::new([0; 16]), IdsFor::Consequences);
    let mut derivation = Derivation::new(state, state.clone(), ids);
    derivation.resync(0, group);
    let consequences = derivation.consequences.into_iter();
    consequences.map(|consequence| consequence.effect).collect()
}

/// A derivation on its way.
struct Derivation<'a> {
    before: &'a State,
    state: State,
    ids: NewIds,
    consequences: Vec<Consequence>,
    /// The users to place, each with the fact that touched it first.
    touched: BTreeMap<UserIndex, u32>,
}

impl<'a> Derivation<'a> {
    fn new(before: &'a State, state: State, ids: NewIds) -> Self {
        Self {
            before,
            state,
            ids,
            consequences: Vec::new(),
            touched: BTreeMap::new(),
        }
    }
}

impl Derivation<'_> {
    /// Concludes something: it holds for all that is derived after it.
    fn conclude(&mut self, because: Because, effect: Effect) {
        self.state.apply_effect(&effect);
        self.consequences.push(Consequence { because, effect });
    }

    fn touch(&mut self, fact: u32, users: &UserSet) {
        for user in users.iter() {
            self.touched.entry(user).or_insert(fact);
        }
    }

    fn touch_members(&mut self, fact: u32, group: GroupIndex) {
        let members = self.state.group_at(group).members.clone();
        self.touch(fact, &members);
    }

    /// Touches the users whose own attribute names this entity: it came, went, or is about to lose or has got its name.
    fn touch_naming(&mut self, fact: u32, entity: EntityIndex) {
        let entity = self.state.entity_at(entity);
        if entity.entity_type == EntityType::ConcurrencyGroup {
            let users: UserSet = self.state.users_naming_concurrency_group(&entity.name).collect();
            self.touch(fact, &users);
        }
    }

    /// Touches the users that a fact names itself. This comes before everything else, so that a change of role has the
    /// nearest fact as its reason.
    fn touch_named(&mut self, place: u32, fact: &Fact) {
        match fact {
            Fact::UserCreated { index, .. } => self.touch(place, &UserSet::of(*index)),
            Fact::UserAttributesChanged { user, .. }
            | Fact::UserRoleAttributeChanged { user, .. }
            | Fact::UserActivated { user }
            | Fact::UserDeactivated { user }
            | Fact::UserDeleted { user }
            | Fact::UserDefaultEntityAssigned { user, .. }
            | Fact::ExceptionSet { user, .. }
            | Fact::ExceptionRemoved { user, .. }
            | Fact::ExceptionExpired { user, .. } => {
                let user = self.user_index(*user);
                self.touch(place, &UserSet::of(user));
            }
            Fact::ConflictResolved { conflict, everyone, .. } => self.touch_contesting(place, *conflict, *everyone),
            Fact::DecisionForgotten { decision } => self.touch_decided(place, *decision),
            Fact::MembersAdded { users, .. }
            | Fact::MembersRemoved { users, .. }
            | Fact::MembershipsGiven { users, .. }
            | Fact::MembershipsTaken { users, .. } => self.touch(place, users),
            _ => {}
        }
    }

    /// What a fact means for mappings and entities, and which users that touches. A name touches nobody by itself: the
    /// mappings that come, move or end because of it touch the members of their group.
    fn follow(&mut self, place: u32, fact: &Fact) {
        match fact {
            Fact::GroupCreated { group, .. } | Fact::GroupRestored { group, .. } => {
                let group = self.group_index(*group);
                self.run_rules(place, group);
            }
            Fact::GroupRenamed { group, .. } => {
                let group = self.group_index(*group);
                self.rename_entities(place, group);
                self.rerun_rules(place, group);
            }
            Fact::GroupAttributesChanged { group, attributes } => {
                self.touch_where_roles_changed(place, *group, attributes)
            }
            Fact::GroupDeleted { group } => self.end_group(place, *group),
            Fact::EntityDeleted { entity } => self.end_entity(place, *entity),
            Fact::EntityRegistered { entity, .. } => self.touch_naming(place, self.entity_index(*entity)),
            Fact::MappingRequested { .. } => self.bind(place, fact),
            Fact::MappingApproved { mapping, entity } => self.approve(place, *mapping, *entity),
            Fact::MappingRejected { mapping } => self.reject(place, *mapping),
            Fact::MappingPaused { mapping } | Fact::MappingResumed { mapping } => {
                self.touch_members(place, self.mapping(*mapping).group);
            }
            Fact::MembersAdded { group, .. } | Fact::MembersRemoved { group, .. } => {
                self.limit_mappings(place, self.group_index(*group));
            }
            Fact::UserDeleted { user } => self.limit_mappings_without(place, *user),
            Fact::SettingsChanged { settings } => self.touch_where_settings_move(place, settings),
            Fact::PlanStepped { from, to, .. } => {
                for group in u32::from(*from)..u32::from(*to) {
                    self.resync(place, GroupIndex::from(group));
                }
            }
            Fact::HoldReleased { hold, users } | Fact::HoldDiscarded { hold, users } => {
                self.touch_held(place, *hold, users.as_ref());
            }
            Fact::UserCreated { .. }
            | Fact::UserAttributesChanged { .. }
            | Fact::UserRoleAttributeChanged { .. }
            | Fact::UserActivated { .. }
            | Fact::UserDeactivated { .. }
            | Fact::IgnoredMembersChanged { .. }
            | Fact::RuleCreated { .. }
            | Fact::RuleChanged { .. }
            | Fact::RuleDeleted { .. }
            | Fact::ExamplesSaved { .. }
            | Fact::Registry(_)
            | Fact::PlanStarted { .. }
            | Fact::DriftPlanned { .. }
            | Fact::DriftReconciled { .. }
            | Fact::PlanFinished { .. }
            | Fact::PlanStopped { .. }
            | Fact::UserDefaultEntityAssigned { .. }
            | Fact::SafeguardsChanged { .. }
            | Fact::ConflictResolved { .. }
            | Fact::DecisionForgotten { .. }
            | Fact::MembershipsGiven { .. }
            | Fact::MembershipsTaken { .. }
            | Fact::ExceptionSet { .. }
            | Fact::ExceptionRemoved { .. }
            | Fact::ExceptionExpired { .. } => {}
        }
    }

    fn touch_where_roles_changed(&mut self, fact: u32, group: GroupId, attributes: &GroupAttributes) {
        let before = self.before.group(group);
        if before.map(|group| &group.attributes.roles) != Some(&attributes.roles) {
            self.touch_members(fact, self.group_index(group));
        }
    }

    fn end_group(&mut self, fact: u32, group: GroupId) {
        let group = self.group_index(group);
        self.touch(fact, &self.before.group_at(group).members.clone());
        for mapping in self.state.group_at(group).mappings.clone() {
            let mapping = self.state.mapping_at(mapping).id;
            self.end_mapping(fact, mapping, EndReason::GroupDeleted);
        }
    }

    fn end_entity(&mut self, fact: u32, entity: EntityId) {
        let entity = self.entity_index(entity);
        let members = self.state.entity_at(entity).members.clone();
        self.touch(fact, &members);
        self.touch_naming(fact, entity);
        self.let_go_of_entity(fact, entity);
    }

    fn reject(&mut self, fact: u32, mapping: MappingId) {
        let row = self.mapping(mapping);
        let group = row.group;
        let entity = row.entity.map(|entity| self.state.entity_at(entity).id);
        self.move_mapping(fact, mapping, MappingStatus::Rejected, entity);
        self.touch_members(fact, group);
    }

    /// Fits the mappings of the groups that a deleted user has left to their size.
    fn limit_mappings_without(&mut self, fact: u32, user: UserId) {
        let left = self.before.user_ever(user).into_iter().flat_map(User::groups);
        for group in left.collect::<Vec<GroupIndex>>() {
            self.limit_mappings(fact, group);
        }
    }

    fn touch_where_settings_move(&mut self, fact: u32, settings: &Settings) {
        if moves_users(self.before.settings(), settings) {
            let users = self.state.users_from(UserIndex::from(0));
            let users: UserSet = users.map(|user| user.index).collect();
            self.touch(fact, &users);
        }
    }

    /// Touches those of these users whom a hold kept; all whom it kept, when none are named.
    fn touch_held(&mut self, fact: u32, hold: HoldId, users: Option<&UserSet>) {
        let held = known(self.before.hold(hold), "hold").users();
        let users = users.map_or_else(|| held.clone(), |users| users.intersection(&held));
        self.touch(fact, &users);
    }

    /// Whoever was taken by hand out of a team that a group feeds comes back with the next write to the group (SEMANTICS 5).
    fn bring_back(&mut self, place: u32, fact: &Fact) {
        let (Fact::GroupRenamed { group, .. }
        | Fact::GroupAttributesChanged { group, .. }
        | Fact::IgnoredMembersChanged { group, .. }
        | Fact::MembersAdded { group, .. }
        | Fact::MembersRemoved { group, .. }) = fact
        else {
            return;
        };
        let group = self.state.group_at(self.group_index(*group));
        let entities = self.state.mappings_of(group).filter_map(|mapping| mapping.entity);
        let away = entities.flat_map(|entity| self.state.all_removed_by_hand(entity));
        let back: UserSet = away.filter(|user| group.members.contains(*user)).collect();
        self.touch(place, &back);
    }

    /// What binds a group to a deleted entity, or waits to, waits for another target.
    fn let_go_of_entity(&mut self, fact: u32, entity: EntityIndex) {
        for index in self.state.entity_at(entity).mappings.clone() {
            let mapping = self.state.mapping_at(index);
            let (id, group, status) = (mapping.id, mapping.group, mapping.status);
            if !status.is_approved() && !status.is_pending() {
                continue;
            }
            self.move_mapping(fact, id, MappingStatus::Pending(PendingReason::TargetDeleted), None);
            if status.is_approved() {
                self.touch_members(fact, group);
            }
        }
    }

    fn group_index(&self, group: GroupId) -> GroupIndex {
        known(self.state.group_ever(group), "group").index
    }

    fn entity_index(&self, entity: EntityId) -> EntityIndex {
        known(self.state.entity_ever(entity), "entity").index
    }

    fn user_index(&self, user: UserId) -> UserIndex {
        known(self.state.user_ever(user), "user").index
    }
}

/// Whether a change of settings can give anybody another role or entity.
fn moves_users(before: &Settings, after: &Settings) -> bool {
    before.roles != after.roles
        || before.default_role != after.default_role
        || before.default_concurrency_group != after.default_concurrency_group
}
