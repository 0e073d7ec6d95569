//! Brakes: removals that a provider asks for are held where a scope loses too many users in a short time.
//!
//! They look at the outcome of placing the touched users. First the open holds keep whom they hold (`keep_held`), or let him
//! go when a claim is back or he is gone. Then whoever still leaves a scope is noted (`note_leaving`), and when all touched
//! users are placed, each scope judges the removals of the entry together (`brake`): they pass and are counted, or all of
//! them are held.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_rules::RoleName;

use super::Derivation;
use super::placement::{Differences, Placement};
use crate::brake::BrakeScope;
use crate::claims::{UnmappedSource, add_holds, is_excluded, pinned, unmapped};
use crate::consequence::{Because, Effect, Unplaced};
use crate::exception::ExceptionSubject;
use crate::fact::Fact;
use crate::id::{EntityIndex, HoldId};
use crate::mapping::Slot;
use crate::prevailing::Prevailing;
use crate::safeguards::BrakeLimit;
use crate::state::{Entity, Group, Hold, State, User};
use crate::user_set::UserSet;

/// Users by what they leave or keep; `None`: the role.
pub(super) type Removals = BTreeMap<Option<EntityIndex>, UserSet>;

/// What brakes have to do with an entry.
#[derive(Default)]
pub(super) struct Braking {
    /// Users whom open holds let go.
    let_go: BTreeMap<(Because, HoldId, Option<EntityIndex>), UserSet>,
    /// Users who leave a scope because a provider wishes it.
    leaving: BTreeMap<BrakeScope, Removals>,
    /// The first fact with such a wish.
    because: Option<Because>,
}

/// A scope and those who leave it, judged.
struct Judged {
    scope: BrakeScope,
    removals: Removals,
    /// How many passed inside the window.
    passed: u64,
    /// How many may pass.
    limit: u64,
    /// Whether it has enough users for a brake.
    watched: bool,
    held: bool,
}

impl Derivation<'_> {
    /// Keeps a user where open holds keep him, and notes whom they let go.
    pub(super) fn keep_held(&self, braking: &mut Braking, because: Because, user: &User, placement: &mut Placement) {
        if self.state.holds().next().is_none() {
            return;
        }
        let is_placed = self.state.counts_as_placed(placement.entities.keys().copied());
        let mut kept = BTreeSet::new();
        for entity in user.memberships.iter().map(|membership| membership.entity) {
            for hold in self.state.holds_in(entity, user.index) {
                let comes_to_nothing = is_placed && hold.scope == BrakeScope::Organization;
                if leaves(&self.state, user, entity, placement) && !comes_to_nothing {
                    kept.insert(entity);
                } else {
                    let key = (because, hold.id, Some(entity));
                    braking.let_go.entry(key).or_default().insert(user.index);
                }
            }
        }
        for entity in kept {
            self.keep_in(user, entity, placement);
        }
        self.keep_role(braking, because, user, placement);
    }

    /// Leaves a user in an entity; where that is a slot, instead of the default.
    fn keep_in(&self, user: &User, entity: EntityIndex, placement: &mut Placement) {
        if let Some(slot) = self.state.entity_at(entity).slot() {
            let default = mere_default(&self.state, user, slot);
            placement.entities.retain(|other, _| Some(*other) != default);
        }
        placement.entities.insert(entity, None);
    }

    fn keep_role(&self, braking: &mut Braking, because: Because, user: &User, placement: &mut Placement) {
        let highest = self.state.settings().highest_role();
        // What an administrator decided for the user passes the brake, but not the floor of administrators.
        let is_decided = is_role_decided(&self.state, user);
        let passes = |hold: &&Hold| is_decided && hold.scope != BrakeScope::MinAdmins;
        let (mut passing, holds): (Vec<&Hold>, Vec<&Hold>) = self.state.holds_of_role(user.index).partition(passes);
        match holds.first() {
            Some(held)
                if placement.role.is_some() && placement.role.as_ref() != highest && held.role.as_ref() == highest =>
            {
                placement.role.clone_from(&held.role);
                add_holds(&mut placement.claims, user, &self.state);
            }
            _ => passing.extend(holds),
        }
        for hold in passing {
            let key = (because, hold.id, None);
            braking.let_go.entry(key).or_default().insert(user.index);
        }
    }

    /// Notes which scopes a user leaves because a provider wishes it.
    pub(super) fn note_leaving(
        &self,
        braking: &mut Braking,
        (because, facts): (Because, &[Fact]),
        user: &User,
        placement: &Placement,
    ) {
        // What a person has read in a plan and applied is no surprise.
        if matches!(facts.last(), Some(Fact::DriftReconciled { .. })) {
            return;
        }
        let fact = facts.get(because.fact as usize);
        if !user.is_effective() || !fact.is_some_and(is_wish_of_provider) || !self.state.safeguards().brake.enabled {
            return;
        }
        let mut scopes: Vec<(BrakeScope, Option<EntityIndex>)> = Vec::new();
        let highest = self.state.settings().highest_role();
        if user.role.as_ref() == highest && placement.role.as_ref() != highest {
            scopes.push((BrakeScope::HighestRole, None));
        }
        let default = self.state.default_group().map(|entity| entity.index);
        let entities = user.memberships.iter().map(|membership| membership.entity);
        let is_placed = self.state.counts_as_placed(placement.entities.keys().copied());
        for entity in
            entities.filter(|entity| Some(*entity) != default && leaves(&self.state, user, *entity, placement))
        {
            if !is_placed {
                scopes.push((BrakeScope::Organization, Some(entity)));
            }
            scopes.extend(self.scopes_of(user, entity).map(|scope| (scope, Some(entity))));
        }
        for (scope, what) in scopes
            .into_iter()
            .filter(|(scope, _)| limit(&self.state, *scope).enabled)
        {
            let removals = braking.leaving.entry(scope).or_default();
            removals.entry(what).or_default().insert(user.index);
            braking.because.get_or_insert(because);
        }
    }

    /// The scopes of an entity that a user leaves.
    fn scopes_of(&self, user: &User, entity: EntityIndex) -> impl Iterator<Item = BrakeScope> {
        let id = self.state.entity_at(entity).id;
        let before = self
            .before
            .user_ever(user.id)
            .filter(|_| limit_of_groups(&self.state).enabled);
        let groups = before.map(|before| {
            let prevailing = Prevailing::of(before, self.before);
            prevailing
                .sources(entity, before, self.before)
                .map(|mapping| mapping.group)
        });
        let groups: BTreeSet<_> = groups.into_iter().flatten().collect();
        let of_groups = groups.into_iter().map(move |group| BrakeScope::GroupEntity {
            entity: id,
            group: self.state.group_at(group).id,
        });
        [BrakeScope::Entity(id)].into_iter().chain(of_groups)
    }

    /// Judges the removals of this entry. What is held is no difference any more.
    pub(super) fn brake(&mut self, braking: Braking, differences: &mut Differences) {
        for ((because, hold, entity), users) in braking.let_go {
            let entity = entity.map(|entity| self.state.entity_at(entity).id);
            self.conclude(because, Effect::HoldShrank { hold, entity, users });
        }
        let Some(because) = braking.because else { return };
        let leaving = braking.leaving.into_iter();
        let judged: Vec<Judged> = leaving.map(|(scope, removals)| self.judge(scope, removals)).collect();
        let mut kept = Removals::new();
        for scope in judged.iter().filter(|scope| scope.held) {
            self.hold(because, scope);
            for (what, users) in &scope.removals {
                kept.entry(*what).or_default().extend(users);
            }
        }
        for Judged { scope, removals, .. } in judged.into_iter().filter(|scope| scope.watched && !scope.held) {
            let count = leavers(&removals, &kept).len();
            if count > 0 {
                self.conclude(because, Effect::RemovalsPassed { scope, count });
            }
        }
        differences.keep(&self.state, &kept);
    }

    fn judge(&self, scope: BrakeScope, removals: Removals) -> Judged {
        let limit = limit(&self.state, scope);
        let count = leavers(&removals, &Removals::new()).len();
        let passed = self.state.passed(scope);
        let population = self.population(scope) + passed;
        let share = population * u64::from(limit.max_percent) / 100;
        let most = share.max(u64::from(limit.min_count));
        // Where there are no more users than may leave, there is nothing to watch.
        let watched = population >= u64::from(limit.min_size) && population > u64::from(limit.min_count);
        Judged {
            scope,
            removals,
            passed,
            limit: most,
            watched,
            held: (watched && passed + count > most) || self.state.hold_of(scope).is_some(),
        }
    }

    /// How many users a scope has, before this entry.
    pub(super) fn population(&self, scope: BrakeScope) -> u64 {
        let of_role = |role: &RoleName| self.state.counts().active_users.get(role).copied();
        match scope {
            BrakeScope::Organization => self.state.counts().placed_users,
            BrakeScope::HighestRole | BrakeScope::MinAdmins => {
                self.state.settings().highest_role().and_then(of_role).unwrap_or(0)
            }
            BrakeScope::Entity(entity) => self.before.entity_ever(entity).map_or(0, |entity| entity.members.len()),
            BrakeScope::GroupEntity { entity, group } => {
                let both = self.before.entity_ever(entity).zip(self.before.group_ever(group));
                both.map_or(0, |(entity, group)| self.placed_by(group, entity))
            }
        }
    }

    /// How many users of an entity a group put there, before this entry: a mapping may hold some members of its group alone.
    fn placed_by(&self, group: &Group, entity: &Entity) -> u64 {
        let mut mappings = self.before.mappings_of(group);
        let mapping = mappings.find(|mapping| mapping.in_force() && mapping.entity == Some(entity.index));
        let held = mapping.map(|mapping| self.before.members_of_mapping(mapping));
        held.map_or(0, |held| held.intersection(&entity.members).len())
    }

    fn hold(&mut self, because: Because, judged: &Judged) {
        let hold = self.open_hold(because, judged.scope, (judged.passed, judged.limit));
        for (entity, users) in &judged.removals {
            let entity = entity.map(|entity| self.state.entity_at(entity).id);
            let users = users.clone();
            self.conclude(because, Effect::HoldGrew { hold, entity, users });
        }
    }

    /// The open hold of a scope, opened now if there is none.
    pub(super) fn open_hold(&mut self, because: Because, scope: BrakeScope, (passed, limit): (u64, u64)) -> HoldId {
        if let Some(hold) = self.state.hold_of(scope) {
            return hold.id;
        }
        let hold = HoldId::new(self.ids.draw());
        let highest = self.state.settings().highest_role().cloned();
        let role = highest.filter(|_| scope.is_of_role());
        let opened = Effect::HoldOpened {
            hold,
            scope,
            role,
            passed,
            limit,
        };
        self.conclude(because, opened);
        hold
    }

    /// Closes the holds that this entry has emptied.
    pub(super) fn close_holds(&mut self, facts: &[Fact]) {
        let shrank = self
            .consequences
            .iter()
            .filter_map(|consequence| match &consequence.effect {
                Effect::HoldShrank { hold, .. } => Some((*hold, consequence.because)),
                _ => None,
            });
        let decided = (0u32..).zip(facts).filter_map(|(place, fact)| match fact {
            Fact::HoldReleased { hold, .. } | Fact::HoldDiscarded { hold, .. } => Some((*hold, Because::fact(place))),
            _ => None,
        });
        let holds: BTreeMap<HoldId, Because> = shrank.chain(decided).collect();
        for (hold, because) in holds {
            let scope = self
                .state
                .hold(hold)
                .filter(|hold| hold.changes == 0)
                .map(|hold| hold.scope);
            if let Some(scope) = scope {
                self.conclude(because, Effect::HoldClosed { hold, scope });
            }
        }
    }
}

impl Differences {
    /// Takes out what does not happen because it is held.
    pub(super) fn keep(&mut self, state: &State, kept: &Removals) {
        for ((_, entity, reason), users) in &mut self.unplaced {
            let kept = kept.get(&Some(*entity));
            if let Some(kept) = kept.filter(|_| matches!(reason, Unplaced::NoClaim | Unplaced::Replaced)) {
                users.subtract(kept);
            }
        }
        // Whoever stays in a slot does not come into the default instead.
        let default = state.default_group().map(|entity| entity.index);
        for ((_, entity), users) in &mut self.placed {
            for (what, kept) in kept.iter().filter(|_| Some(*entity) == default) {
                let in_slot = what.and_then(|what| state.entity_at(what).slot()) == Some(Slot::ConcurrencyGroup);
                if in_slot {
                    users.subtract(kept);
                }
            }
        }
        let role = kept.get(&None).zip(state.settings().highest_role());
        for ((_, difference), users) in &mut self.roles {
            if let Some((kept, role)) = role
                && difference.from.as_ref() == Some(role)
                && difference.to.is_some()
            {
                users.subtract(kept);
            }
        }
        self.unplaced.retain(|_, users| !users.is_empty());
        self.placed.retain(|_, users| !users.is_empty());
        self.roles.retain(|_, users| !users.is_empty());
    }
}

/// Those who leave, but for whoever is kept in anything that he would leave.
fn leavers(removals: &Removals, kept: &Removals) -> UserSet {
    let mut leavers = UserSet::default();
    for users in removals.values() {
        leavers.extend(users);
    }
    for kept in removals.keys().filter_map(|what| kept.get(what)) {
        leavers.subtract(kept);
    }
    leavers
}

/// Whether a fact is a wish of a provider that can take something away; so can an addition, where a decision for everyone lets
/// the new members go over to the other side. What a person decides passes, and so do the deactivation and the deletion of
/// users.
fn is_wish_of_provider(fact: &Fact) -> bool {
    match fact {
        Fact::UserAttributesChanged { .. }
        | Fact::UserRoleAttributeChanged { .. }
        | Fact::GroupCreated { .. }
        | Fact::GroupRestored { .. }
        | Fact::GroupRenamed { .. }
        | Fact::GroupAttributesChanged { .. }
        | Fact::GroupDeleted { .. }
        | Fact::MembersAdded { .. }
        | Fact::MembersRemoved { .. } => true,
        Fact::UserCreated { .. }
        | Fact::UserActivated { .. }
        | Fact::UserDeactivated { .. }
        | Fact::UserDeleted { .. }
        | Fact::UserDefaultEntityAssigned { .. }
        | Fact::IgnoredMembersChanged { .. }
        | Fact::RuleCreated { .. }
        | Fact::RuleChanged { .. }
        | Fact::RuleDeleted { .. }
        | Fact::ExamplesSaved { .. }
        | Fact::EntityRegistered { .. }
        | Fact::EntityDeleted { .. }
        | Fact::MappingRequested { .. }
        | Fact::MappingApproved { .. }
        | Fact::MappingRejected { .. }
        | Fact::MappingPaused { .. }
        | Fact::MappingResumed { .. }
        | Fact::SettingsChanged { .. }
        | Fact::SafeguardsChanged { .. }
        | Fact::Registry(_)
        | Fact::PlanStarted { .. }
        | Fact::DriftPlanned { .. }
        | Fact::DriftReconciled { .. }
        | Fact::PlanStepped { .. }
        | Fact::PlanFinished { .. }
        | Fact::PlanStopped { .. }
        | Fact::ConflictResolved { .. }
        | Fact::DecisionForgotten { .. }
        | Fact::HoldReleased { .. }
        | Fact::HoldDiscarded { .. }
        | Fact::MembershipsGiven { .. }
        | Fact::MembershipsTaken { .. }
        | Fact::ExceptionSet { .. }
        | Fact::ExceptionRemoved { .. }
        | Fact::ExceptionExpired { .. } => false,
    }
}

/// Whether a user leaves an entity that is still there, and neither a claim puts him into another one of its slot nor an
/// administrator keeps him out.
fn leaves(state: &State, user: &User, entity: EntityIndex, placement: &Placement) -> bool {
    if !user.is_effective() || state.entity_at(entity).deleted || placement.entities.contains_key(&entity) {
        return false;
    }
    if is_excluded(state, user.index, entity) || placement.taken_out.contains_key(&entity) {
        return false;
    }
    let Some(slot) = state.entity_at(entity).slot() else {
        return true;
    };
    let default = mere_default(state, user, slot);
    let mut others = placement
        .entities
        .iter()
        .filter(|(other, _)| state.entity_at(**other).slot() == Some(slot));
    others.all(|(other, mapping)| mapping.is_none() && Some(*other) == default)
}

/// Whether an administrator pinned the user to a role, or excluded it from the highest.
fn is_role_decided(state: &State, user: &User) -> bool {
    let exceptions = state.exceptions();
    let mut pins = exceptions.pins(user.index);
    let highest = state.settings().highest_role();
    let excluded = highest.is_some_and(|role| exceptions.excludes(user.index, &ExceptionSubject::Role(role.clone())));
    excluded || pins.any(|pin| pin.subject.role().is_some())
}

/// The entity that a user is in only because no claim of any kind is to another one.
fn mere_default(state: &State, user: &User, slot: Slot) -> Option<EntityIndex> {
    if pinned(state, user, Some(slot)).next().is_some() {
        return None;
    }
    let (entity, source) = unmapped(state, user, Some(slot)).next()?;
    (source == UnmappedSource::OrganizationDefault).then_some(entity)
}

fn limit(state: &State, scope: BrakeScope) -> BrakeLimit {
    let scopes = &state.safeguards().brake.scopes;
    match scope {
        BrakeScope::Organization => scopes.organization,
        BrakeScope::HighestRole | BrakeScope::MinAdmins => scopes.highest_role,
        BrakeScope::Entity(_) => scopes.entity,
        BrakeScope::GroupEntity { .. } => scopes.group_entity,
    }
}

fn limit_of_groups(state: &State) -> BrakeLimit {
    state.safeguards().brake.scopes.group_entity
}
