//! The state of an organization, as a value.
//!
//! Copying a state costs next to nothing (persistent maps and bitmaps), and a change of a copy leaves the others alone.
//! So readers hold a consistent snapshot without locks, and a failed append just drops the candidate. A state changes by
//! facts (`apply_fact`) and by what the engine concluded from them (`apply_effect`), and in no other way.

mod apply_effect;
mod apply_fact;
mod conflict;
mod counts;
mod decision;
mod entity;
mod exceptions;
mod group;
mod hold;
mod manual;
mod mapping;
mod passed;
mod plan_run;
mod rules;
mod stale;
mod table;
mod user;

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use rolecall_rules::{EntityType, NameKey};

pub use self::conflict::Conflict;
use self::conflict::Conflicts;
pub use self::counts::Counts;
pub use self::decision::{Decision, Decisions};
pub use self::entity::Entity;
pub use self::exceptions::{Exception, Exceptions};
pub use self::group::Group;
pub use self::hold::Hold;
use self::manual::Manual;
pub use self::mapping::Mapping;
use self::passed::Passed;
pub use self::plan_run::{PlanEnd, PlanRun, PlanStart};
pub use self::rules::{Rules, Saved, StoredRule};
use self::stale::MadeByRules;
use self::table::Table;
pub use self::user::{Membership, Stamp, User};
use crate::asked::Asked;
use crate::brake::BrakeScope;
use crate::consequence::Consequence;
use crate::entry::Actor;
use crate::fact::Fact;
use crate::id::{
    ConflictId, EntityId, EntityIndex, GroupId, GroupIndex, HoldId, MappingId, MappingIndex, PlanId, UserId, UserIndex,
};
use crate::mapping::{Origin, Slot};
use crate::plan::GroupDrift;
use crate::position::Position;
use crate::registry::Registry;
use crate::safeguards::Safeguards;
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::user_set::UserSet;

/// Everything that is known of an organization after the entry at [`position`](Self::position).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    stamp: Stamp,
    settings: Arc<Settings>,
    safeguards: Arc<Safeguards>,
    registry: Registry,
    rules: Rules,
    users: Table<UserId, User>,
    user_names: OrdMap<NameKey, UserIndex>,
    user_external_ids: OrdSet<(String, UserIndex)>,
    user_display_names: OrdSet<(NameKey, UserIndex)>,
    user_emails: OrdSet<(NameKey, UserIndex)>,
    user_concurrency_groups: OrdSet<(NameKey, UserIndex)>,
    /// Apart from the users, because few have one; a deleted entity stays here, and is no claim.
    user_default_entities: OrdMap<UserIndex, EntityIndex>,
    groups: Table<GroupId, Group>,
    group_names: OrdMap<NameKey, GroupIndex>,
    deleted_group_names: OrdMap<NameKey, GroupIndex>,
    group_external_ids: OrdSet<(String, GroupIndex)>,
    entities: Table<EntityId, Entity>,
    entity_names: OrdSet<(EntityType, NameKey, EntityIndex)>,
    entity_external_ids: OrdMap<(EntityType, String), EntityIndex>,
    mappings: Table<MappingId, Mapping>,
    /// Who asked for each mapping made by hand.
    mapping_makers: OrdMap<MappingId, Actor>,
    conflicts: Conflicts,
    decisions: Decisions,
    holds: OrdMap<BrakeScope, Arc<Hold>>,
    hold_scopes: OrdMap<HoldId, BrakeScope>,
    passed: Passed,
    manual: Manual,
    exceptions: Exceptions,
    counts: Counts,
    made_by_rules: MadeByRules,
    defaults_set: DefaultsSet,
    plan_run: Option<PlanRun>,
    /// The plans that were ever begun: their steps are on the record as done by the server.
    plans_started: OrdMap<PlanId, PlanStart>,
    /// What the plan that is being applied brings into line.
    drift: Arc<Vec<GroupDrift>>,
}

/// Where in the record the defaults of the organization were chosen; at its beginning: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DefaultsSet {
    /// The default role.
    pub role: Stamp,
    /// The default concurrency group.
    pub concurrency_group: Stamp,
}

impl State {
    /// The position of the last entry in it.
    pub fn position(&self) -> Position {
        self.stamp.position
    }

    /// The time of the last entry in it.
    pub fn at(&self) -> Timestamp {
        self.stamp.at
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The safeguards: settings that are kept apart from the others.
    pub fn safeguards(&self) -> &Safeguards {
        &self.safeguards
    }

    /// Where the defaults among the settings were chosen.
    pub fn defaults_set(&self) -> DefaultsSet {
        self.defaults_set
    }

    /// Organizations, connections and tokens; empty but in the reserved organization.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How many of everything there are.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The user with this id, unless deleted.
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.by_id(&id).filter(|user| !user.deleted)
    }

    /// The user with this id, also a deleted one: for the record.
    pub fn user_ever(&self, id: UserId) -> Option<&User> {
        self.users.by_id(&id)
    }

    /// The user at an index of this organization, also a deleted one.
    ///
    /// # Panics
    /// When the organization never gave that index.
    pub fn user_at(&self, index: UserIndex) -> &User {
        self.users.at(index.into())
    }

    /// The version of a user as a client of SCIM sees it: when and where its attributes, its groups (with their names) or
    /// its role last changed. It never goes back: who leaves a renamed group is changed by that itself.
    pub fn user_version(&self, user: &User) -> Stamp {
        let named = user.groups().map(|group| self.group_at(group).named);
        named.fold(user.modified, Stamp::max)
    }

    /// The live users from an index on, in the order of their creation.
    pub fn users_from(&self, first: UserIndex) -> impl Iterator<Item = &User> {
        self.users.iter_from(first.into()).filter(|user| !user.deleted)
    }

    /// The user of this name, compared by its key.
    pub fn user_by_name(&self, user_name: &str) -> Option<&User> {
        self.user_names
            .get(&NameKey::of(user_name))
            .map(|index| self.user_at(*index))
    }

    /// The users with this external id (compared exactly), in the order of their creation.
    pub fn users_by_external_id(&self, external_id: &str) -> impl Iterator<Item = &User> {
        let first = (external_id.to_owned(), UserIndex::from(0));
        let last = (external_id.to_owned(), UserIndex::from(u32::MAX));
        self.user_external_ids
            .range((Bound::Included(first), Bound::Included(last)))
            .map(|(_, index)| self.user_at(*index))
    }

    /// The users with this display name, compared by its key.
    pub fn users_by_display_name(&self, display_name: &str) -> impl Iterator<Item = &User> {
        range(&self.user_display_names, NameKey::of(display_name)).map(|index| self.user_at(index))
    }

    /// The users who have this e-mail address, compared by its key.
    pub fn users_by_email(&self, address: &str) -> impl Iterator<Item = &User> {
        range(&self.user_emails, NameKey::of(address)).map(|index| self.user_at(index))
    }

    /// The users whose own attribute names this concurrency group, compared by its key.
    pub(crate) fn users_naming_concurrency_group(&self, name: &str) -> impl Iterator<Item = UserIndex> {
        range(&self.user_concurrency_groups, NameKey::of(name))
    }

    /// The default entity that a user got from its connection, unless the entity was deleted since.
    pub fn default_entity_of(&self, user: &User) -> Option<&Entity> {
        let entity = self.entity_at(*self.user_default_entities.get(&user.index)?);
        (!entity.deleted).then_some(entity)
    }

    /// The group with this id, unless deleted.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.by_id(&id).filter(|group| !group.deleted)
    }

    /// The group with this id, also a deleted one: for the record.
    pub fn group_ever(&self, id: GroupId) -> Option<&Group> {
        self.groups.by_id(&id)
    }

    /// The group at an index of this organization, also a deleted one.
    ///
    /// # Panics
    /// When the organization never gave that index.
    pub fn group_at(&self, index: GroupIndex) -> &Group {
        self.groups.at(index.into())
    }

    /// The live groups from an index on, in the order of their creation.
    pub fn groups_from(&self, first: GroupIndex) -> impl Iterator<Item = &Group> {
        self.groups.iter_from(first.into()).filter(|group| !group.deleted)
    }

    /// The live group of this name, compared by its key.
    pub fn group_by_name(&self, display_name: &str) -> Option<&Group> {
        self.group_names
            .get(&NameKey::of(display_name))
            .map(|index| self.group_at(*index))
    }

    /// The live groups with this external id (compared exactly), in the order of their creation.
    pub fn groups_by_external_id(&self, external_id: &str) -> impl Iterator<Item = &Group> {
        let first = (external_id.to_owned(), GroupIndex::from(0));
        let last = (external_id.to_owned(), GroupIndex::from(u32::MAX));
        let found = self
            .group_external_ids
            .range((Bound::Included(first), Bound::Included(last)));
        found.map(|(_, index)| self.group_at(*index))
    }

    /// The entity with this id, unless deleted.
    pub fn entity(&self, id: EntityId) -> Option<&Entity> {
        self.entities.by_id(&id).filter(|entity| !entity.deleted)
    }

    /// The entity with this id, also a deleted one: for the record.
    pub fn entity_ever(&self, id: EntityId) -> Option<&Entity> {
        self.entities.by_id(&id)
    }

    /// The entity at an index of this organization, also a deleted one.
    ///
    /// # Panics
    /// When the organization never gave that index.
    pub fn entity_at(&self, index: EntityIndex) -> &Entity {
        self.entities.at(index.into())
    }

    /// The live entities from an index on, in the order of their creation.
    pub fn entities_from(&self, first: EntityIndex) -> impl Iterator<Item = &Entity> {
        self.entities.iter_from(first.into()).filter(|entity| !entity.deleted)
    }

    /// The live entity of a type with this external id.
    pub fn entity_by_external_id(&self, entity_type: EntityType, external_id: &str) -> Option<&Entity> {
        let index = self.entity_external_ids.get(&(entity_type, external_id.to_owned()))?;
        Some(self.entity_at(*index))
    }

    /// The mapping with this id, also one that has ended.
    pub fn mapping(&self, id: MappingId) -> Option<&Mapping> {
        self.mappings.by_id(&id)
    }

    /// The mapping at an index of this organization.
    ///
    /// # Panics
    /// When the organization never gave that index.
    pub fn mapping_at(&self, index: MappingIndex) -> &Mapping {
        self.mappings.at(index.into())
    }

    /// The mappings from an index on, in the order of their creation, ended ones included.
    pub fn mappings_from(&self, first: MappingIndex) -> impl Iterator<Item = &Mapping> {
        self.mappings.iter_from(first.into())
    }

    /// The mappings of a group that have not ended, in the order of their creation.
    pub fn mappings_of<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a Mapping> {
        group.mappings.iter().map(|index| self.mapping_at(*index))
    }

    /// The mappings of a group that have ended, in the order of their ends.
    pub fn ended_mappings_of<'a>(&'a self, group: &'a Group) -> impl DoubleEndedIterator<Item = &'a Mapping> {
        group.ended_mappings.iter().map(|index| self.mapping_at(*index))
    }

    /// The members of its group that a mapping holds while it is in force.
    pub fn members_of_mapping<'a>(&'a self, mapping: &'a Mapping) -> &'a UserSet {
        let all = &self.group_at(mapping.group).members;
        mapping.limited_to.as_ref().unwrap_or(all)
    }

    /// How many members of its group wait, because a mapping holds the others alone.
    pub fn waiting_members(&self, mapping: &Mapping) -> u64 {
        let all = self.group_at(mapping.group).members.len();
        all.saturating_sub(self.members_of_mapping(mapping).len())
    }

    /// Who wrote what a mapping follows from: its maker, or the author of the version of the rule that made it.
    pub fn author_of(&self, mapping: &Mapping) -> Option<Actor> {
        match mapping.origin {
            Origin::Rule(rule) => self.rules.saved(rule).map(|saved| saved.author),
            Origin::Manual => self.mapping_makers.get(&mapping.id).copied(),
        }
    }

    /// The open conflicts, oldest first.
    pub fn conflicts(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.after(None)
    }

    /// The open conflicts after this one, or all, oldest first.
    pub fn conflicts_after(&self, id: Option<ConflictId>) -> impl Iterator<Item = &Conflict> {
        self.conflicts.after(id)
    }

    /// The open conflicts over a slot after this one, or all, oldest first.
    pub fn conflicts_over(&self, slot: Slot, after: Option<ConflictId>) -> impl Iterator<Item = &Conflict> {
        self.conflicts.of_slot_after(slot, after)
    }

    /// The open conflicts in which an entity is claimed, oldest first.
    pub fn conflicts_about(&self, entity: EntityIndex) -> impl Iterator<Item = &Conflict> {
        self.conflicts.of_entity(entity)
    }

    /// The open conflicts of a user, oldest first.
    pub fn conflicts_of(&self, user: UserId) -> Vec<&Conflict> {
        let user = self.user(user);
        let of = |slot| user.and_then(|user| self.conflict(slot, user.index));
        let mut found: Vec<&Conflict> = Slot::ALL.into_iter().filter_map(of).collect();
        found.sort_by_key(|conflict| conflict.id);
        found
    }

    /// The open conflict of a user over a slot.
    pub fn conflict(&self, slot: Slot, user: UserIndex) -> Option<&Conflict> {
        self.conflicts.of(slot, user)
    }

    /// The open conflict with this id.
    pub fn conflict_by_id(&self, id: ConflictId) -> Option<&Conflict> {
        self.conflicts.by_id(id)
    }

    /// The users with an open conflict over a slot and exactly this set.
    pub(crate) fn users_contesting(&self, slot: Slot, claimed: &[EntityIndex]) -> UserSet {
        self.conflicts.users(slot, claimed)
    }

    /// How conflicts were resolved, as far as it is remembered.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// The plan that is being applied, or the last one that was.
    pub fn plan_run(&self) -> Option<&PlanRun> {
        self.plan_run.as_ref()
    }

    /// Who began to apply a plan, and where, also of one that is long over.
    pub fn plan_started(&self, plan: PlanId) -> Option<&PlanStart> {
        self.plans_started.get(&plan)
    }

    /// The groups that the plan that is being applied brings into line with the provider.
    pub(crate) fn drift(&self) -> &[GroupDrift] {
        &self.drift
    }

    /// The approved mapping by which the entity belongs to another group, so that this one cannot have it; `None` also where
    /// several groups may.
    pub fn owning_mapping(&self, entity: &Entity, group: GroupIndex) -> Option<&Mapping> {
        let mappings = entity.mappings.iter().map(|index| self.mapping_at(*index));
        mappings
            .filter(|_| self.settings.one_group_per_entity)
            .filter(|mapping| mapping.entity == Some(entity.index) && mapping.status.is_approved())
            .find(|mapping| mapping.group != group)
    }

    /// The word for what has become of a group: the most that any of its mappings has reached. A group without a mapping
    /// is unmapped, and shows as pending (SEMANTICS 4).
    pub fn group_status(&self, group: &Group) -> &'static str {
        let reached = |status: &&'static str| {
            self.mappings_of(group)
                .any(|mapping| mapping.status.as_str() == *status)
        };
        let furthest_first = ["auto_approved", "approved", "pending", "rejected"];
        furthest_first.into_iter().find(reached).unwrap_or("pending")
    }

    pub(crate) fn next_user(&self) -> UserIndex {
        UserIndex::from(self.users.len())
    }

    pub(crate) fn table_lengths(&self) -> (u32, u32, u32) {
        (self.users.len(), self.groups.len(), self.entities.len())
    }

    /// The deleted group of this name that a new push restores.
    pub(crate) fn deleted_group_by_name(&self, display_name: &str) -> Option<&Group> {
        self.deleted_group_names
            .get(&NameKey::of(display_name))
            .map(|index| self.group_at(*index))
    }

    /// The state after facts, before anything is concluded from them.
    pub(crate) fn with_facts(&self, asked: Asked, facts: &[Fact]) -> Self {
        let mut next = self.clone();
        next.stamp = asked.stamp;
        next.passed.forget_before(asked.stamp.at, self.window_milliseconds());
        for fact in facts {
            next.apply_fact(asked.by, fact);
        }
        next
    }

    /// The state after an entry, as recorded: nothing is derived.
    ///
    /// # Panics
    /// When the entry cannot follow this state, as one of another organization.
    pub(crate) fn with_entry(&self, asked: Asked, facts: &[Fact], consequences: &[Consequence]) -> Self {
        let mut next = self.with_facts(asked, facts);
        for consequence in consequences {
            next.apply_effect(&consequence.effect);
        }
        next
    }
}

/// The users that stand under a key in an index.
fn range(index: &OrdSet<(NameKey, UserIndex)>, key: NameKey) -> impl Iterator<Item = UserIndex> + '_ {
    let first = (key.clone(), UserIndex::from(0));
    let last = (key, UserIndex::from(u32::MAX));
    index
        .range((Bound::Included(first), Bound::Included(last)))
        .map(|(_, user)| *user)
}
