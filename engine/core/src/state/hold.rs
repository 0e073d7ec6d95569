//! Holds: removals that wait for a person.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use rolecall_rules::RoleName;

use super::counts::{decrease_by, increase_by};
use super::{Stamp, State};
use crate::brake::BrakeScope;
use crate::id::{EntityId, EntityIndex, HoldId, UserIndex};
use crate::invariant::known;
use crate::position::Position;
use crate::user_set::UserSet;

/// Removals of one scope that wait for a person: the users keep what they would lose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The scope.
    pub scope: BrakeScope,
    /// The role that the users keep, for a scope of a role.
    pub role: Option<RoleName>,
    /// When and where it opened.
    pub opened: Stamp,
    /// How many removals had passed inside the window when it opened.
    pub passed: u64,
    /// How many may pass.
    pub limit: u64,
    /// How many removals it holds: users of each entity, or of the role.
    pub changes: u64,
    /// Who is held in which entity; `None`: in the role.
    held: OrdMap<Option<EntityIndex>, UserSet>,
    /// Who has been held since when, by the floor alone: there are few.
    since: OrdSet<(Position, UserIndex)>,
}

impl Hold {
    /// Whether it holds the user in the entity; `None`: in the role.
    pub fn holds(&self, entity: Option<EntityIndex>, user: UserIndex) -> bool {
        self.held.get(&entity).is_some_and(|users| users.contains(user))
    }

    /// Who is held in which entity, in order; `None`: in the role.
    pub fn held(&self) -> impl Iterator<Item = (Option<EntityIndex>, &UserSet)> {
        self.held.iter().map(|(entity, users)| (*entity, users))
    }

    /// Those held after this place, in order: each with the entity, `None` for the role.
    pub fn held_after(
        &self,
        after: Option<(Option<EntityIndex>, UserIndex)>,
    ) -> impl Iterator<Item = (Option<EntityIndex>, UserIndex)> {
        let first = after.and_then(|(entity, _)| entity);
        self.held.range(first..).flat_map(move |(entity, users)| {
            let after = after.filter(|(of, _)| of == entity).map(|(_, user)| user);
            users.iter_after(after).map(|user| (*entity, user))
        })
    }

    /// All users that it holds anywhere.
    pub fn users(&self) -> UserSet {
        let mut all = UserSet::default();
        for users in self.held.values() {
            all.extend(users);
        }
        all
    }

    /// Those held in the role for the longest time.
    pub(crate) fn longest_held(&self, count: u64) -> UserSet {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.since.iter().take(count).map(|(_, user)| *user).collect()
    }

    fn grow(&mut self, entity: Option<EntityIndex>, users: &UserSet, position: Position) -> u64 {
        let before = self.held.get(&entity).map_or(0, UserSet::len);
        let held = self.held.entry(entity).or_default();
        held.extend(users);
        let new = held.len() - before;
        self.changes += new;
        if self.scope == BrakeScope::MinAdmins {
            self.since.extend(users.iter().map(|user| (position, user)));
        }
        new
    }

    fn shrink(&mut self, entity: Option<EntityIndex>, users: &UserSet) -> u64 {
        let Some(held) = self.held.get_mut(&entity) else {
            return 0;
        };
        let before = held.len();
        held.subtract(users);
        let gone = before - held.len();
        if held.is_empty() {
            self.held.remove(&entity);
        }
        self.changes -= gone;
        if self.scope == BrakeScope::MinAdmins {
            self.since = self
                .since
                .iter()
                .filter(|(_, user)| !users.contains(*user))
                .copied()
                .collect();
        }
        gone
    }
}

impl State {
    /// The open holds, by scope.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values().map(Arc::as_ref)
    }

    /// The open holds after this one, in the order of their opening.
    pub fn holds_after(&self, after: Option<HoldId>) -> impl Iterator<Item = &Hold> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let scopes = self.hold_scopes.range((first, Bound::Unbounded));
        scopes.filter_map(|(_, scope)| self.hold_of(*scope))
    }

    /// The open hold with this id.
    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        self.hold_of(*self.hold_scopes.get(&id)?)
    }

    /// The open hold of a scope.
    pub fn hold_of(&self, scope: BrakeScope) -> Option<&Hold> {
        self.holds.get(&scope).map(Arc::as_ref)
    }

    /// The open holds that keep a user in an entity.
    pub fn holds_in(&self, entity: EntityIndex, user: UserIndex) -> impl Iterator<Item = &Hold> {
        let id = self.entity_at(entity).id;
        let of_entity = [BrakeScope::Organization, BrakeScope::Entity(id)];
        let of_entity = of_entity.into_iter().filter_map(|scope| self.hold_of(scope));
        let of_groups = self.group_holds(id).map(|(_, hold)| hold.as_ref());
        of_entity
            .chain(of_groups)
            .filter(move |hold| hold.holds(Some(entity), user))
    }

    /// The open holds that keep a user in a role.
    pub fn holds_of_role(&self, user: UserIndex) -> impl Iterator<Item = &Hold> {
        let scopes = [BrakeScope::HighestRole, BrakeScope::MinAdmins];
        let holds = scopes.into_iter().filter_map(|scope| self.hold_of(scope));
        holds.filter(move |hold| hold.holds(None, user))
    }

    fn group_holds(&self, entity: EntityId) -> impl Iterator<Item = (&BrakeScope, &Arc<Hold>)> {
        use crate::id::GroupId;
        let at = |group| BrakeScope::GroupEntity {
            entity,
            group: GroupId::new(group),
        };
        self.holds.range(at(uuid::Uuid::nil())..=at(uuid::Uuid::max()))
    }

    pub(super) fn open_hold(&mut self, id: HoldId, scope: BrakeScope, role: Option<RoleName>, counted: (u64, u64)) {
        let (passed, limit) = counted;
        let hold = Hold {
            id,
            scope,
            role,
            opened: self.stamp,
            passed,
            limit,
            changes: 0,
            held: OrdMap::new(),
            since: OrdSet::new(),
        };
        self.hold_scopes.insert(id, scope);
        self.holds.insert(scope, Arc::new(hold));
    }

    pub(super) fn grow_hold(&mut self, id: HoldId, entity: Option<EntityId>, users: &UserSet) {
        let entity = entity.map(|entity| self.entity_index(entity));
        let position = self.stamp.position;
        self.touch_held(users);
        let hold = self.hold_mut(id);
        let (kind, new) = (hold.scope.kind(), hold.grow(entity, users, position));
        increase_by(&mut self.counts.held, kind, new);
    }

    pub(super) fn shrink_hold(&mut self, id: HoldId, entity: Option<EntityId>, users: &UserSet) {
        let entity = entity.map(|entity| self.entity_index(entity));
        self.touch_held(users);
        self.let_go(id, entity, users);
    }

    /// Lets users go; all, when none are named. The hold stays until it is closed.
    pub(super) fn release_hold(&mut self, id: HoldId, users: Option<&UserSet>) {
        let hold = known(self.hold(id), "hold");
        let held: Vec<(Option<EntityIndex>, UserSet)> = hold
            .held()
            .map(|(entity, held)| (entity, users.unwrap_or(held).clone()))
            .collect();
        for (entity, users) in held {
            self.let_go(id, entity, &users);
        }
    }

    pub(super) fn close_hold(&mut self, id: HoldId) {
        let scope = known(self.hold_scopes.remove(&id), "hold");
        self.holds.remove(&scope);
    }

    fn let_go(&mut self, id: HoldId, entity: Option<EntityIndex>, users: &UserSet) {
        let hold = self.hold_mut(id);
        let (kind, gone) = (hold.scope.kind(), hold.shrink(entity, users));
        decrease_by(&mut self.counts.held, &kind, gone);
    }

    fn hold_mut(&mut self, id: HoldId) -> &mut Hold {
        let scope = *known(self.hold_scopes.get(&id), "hold");
        Arc::make_mut(known(self.holds.get_mut(&scope), "hold"))
    }

    /// What is held is a part of the history of the users.
    fn touch_held(&mut self, users: &UserSet) {
        let position = self.stamp.position;
        for user in users.iter() {
            self.users.at_mut(user.into()).touch(position);
        }
    }
}
