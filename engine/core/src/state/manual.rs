//! Memberships given by hand, and who was taken out of a team by hand although a claim holds him there.

use imbl::{OrdMap, OrdSet};

use super::{Entity, Stamp, State};
use crate::id::{EntityId, EntityIndex, GroupIndex, UserIndex};
use crate::user_set::UserSet;

/// What was done to memberships by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manual {
    given: OrdMap<(UserIndex, EntityIndex), Stamp>,
    given_in: OrdMap<EntityIndex, UserSet>,
    /// Until the user is placed there again, or has no claim to it any more.
    taken: OrdMap<(UserIndex, EntityIndex), Stamp>,
    taken_from: OrdSet<(EntityIndex, UserIndex)>,
}

impl Manual {
    fn of_user(&self, user: UserIndex) -> impl Iterator<Item = EntityIndex> + '_ {
        let of_user = self.given.range((user, EntityIndex::from(0))..);
        of_user
            .take_while(move |((other, _), _)| *other == user)
            .map(|((_, entity), _)| *entity)
    }

    fn taken_from(&self, entity: EntityIndex) -> impl Iterator<Item = UserIndex> + '_ {
        let taken = self.taken_from.range((entity, UserIndex::from(0))..);
        taken
            .take_while(move |(other, _)| *other == entity)
            .map(|(_, user)| *user)
    }

    fn forget_taken(&mut self, user: UserIndex, entity: EntityIndex) {
        self.taken.remove(&(user, entity));
        self.taken_from.remove(&(entity, user));
    }

    fn forget_taken_of(&mut self, user: UserIndex) {
        let of_user = self.taken.range((user, EntityIndex::from(0))..);
        let taken: Vec<EntityIndex> = of_user
            .take_while(|((other, _), _)| *other == user)
            .map(|((_, entity), _)| *entity)
            .collect();
        for entity in taken {
            self.forget_taken(user, entity);
        }
    }

    fn give(&mut self, entity: EntityIndex, users: &UserSet, stamp: Stamp) {
        self.given.extend(users.iter().map(|user| ((user, entity), stamp)));
        self.given_in.entry(entity).or_default().extend(users);
    }

    fn take(&mut self, entity: EntityIndex, users: &UserSet) {
        for user in users.iter() {
            self.given.remove(&(user, entity));
        }
        if let Some(given) = self.given_in.get_mut(&entity) {
            given.subtract(users);
            if given.is_empty() {
                self.given_in.remove(&entity);
            }
        }
    }
}

impl State {
    /// Whether the user was put into the entity by hand.
    pub fn is_manual(&self, user: UserIndex, entity: EntityIndex) -> bool {
        self.given_by_hand(user, entity).is_some()
    }

    /// When the user was put into the entity by hand.
    pub fn given_by_hand(&self, user: UserIndex, entity: EntityIndex) -> Option<Stamp> {
        self.manual.given.get(&(user, entity)).copied()
    }

    /// The entities that a user was put into by hand, in order of their index.
    pub fn manual_entities(&self, user: UserIndex) -> impl Iterator<Item = &Entity> {
        self.manual.of_user(user).map(|entity| self.entity_at(entity))
    }

    /// How many memberships there are that were taken by hand, and come back.
    pub(crate) fn removed_by_hand_count(&self) -> usize {
        self.manual.taken.len()
    }

    /// How many memberships there are that were given by hand.
    pub fn manual_count(&self) -> usize {
        self.manual.given.len()
    }

    /// When the user was taken out of a team by hand to which a claim brings him back; `None` once he is back.
    pub fn removed_by_hand(&self, user: UserIndex, entity: EntityIndex) -> Option<Stamp> {
        self.manual.taken.get(&(user, entity)).copied()
    }

    /// Who was taken out of a team by hand and is not back.
    pub(crate) fn all_removed_by_hand(&self, entity: EntityIndex) -> impl Iterator<Item = UserIndex> {
        self.manual.taken_from(entity)
    }

    pub(super) fn give_memberships(&mut self, entity: EntityId, users: &UserSet) {
        let entity = self.entity_index(entity);
        self.touch_all(users);
        self.manual.give(entity, users, self.stamp);
    }

    pub(super) fn take_memberships(&mut self, entity: EntityId, users: &UserSet) {
        let entity = self.entity_index(entity);
        self.touch_all(users);
        self.manual.take(entity, users);
    }

    /// Remembers who left a team by hand.
    pub(super) fn remember_taken(&mut self, entity: EntityIndex, users: &UserSet) {
        for user in users.iter() {
            self.manual.taken.insert((user, entity), self.stamp);
            self.manual.taken_from.insert((entity, user));
        }
    }

    /// Forgets that users left a team by hand.
    pub(super) fn forget_taken(&mut self, entity: EntityIndex, users: &UserSet) {
        if self.manual.taken.is_empty() {
            return;
        }
        for user in users.iter() {
            self.manual.forget_taken(user, entity);
        }
    }

    /// Forgets what users who leave a group left by hand: this write places them again, so where they still have a claim they
    /// are back.
    pub(super) fn forget_taken_of(&mut self, users: &UserSet) {
        if self.manual.taken.is_empty() {
            return;
        }
        for user in users.iter() {
            self.manual.forget_taken_of(user);
        }
    }

    /// Forgets which members of a group left an entity by hand, as a mapping of the group claims them for it no longer: this
    /// places them again, too.
    pub(super) fn forget_taken_through(&mut self, entity: EntityIndex, group: GroupIndex) {
        let members = &self.group_at(group).members;
        let taken = self.manual.taken_from(entity);
        let taken: UserSet = taken.filter(|user| members.contains(*user)).collect();
        self.forget_taken(entity, &taken);
    }

    /// What was done by hand goes with its user.
    pub(super) fn forget_manual_of_user(&mut self, user: UserIndex) {
        let given: Vec<EntityIndex> = self.manual.of_user(user).collect();
        for entity in given {
            self.manual.take(entity, &UserSet::of(user));
        }
        self.manual.forget_taken_of(user);
    }

    /// What was done by hand goes with its entity.
    pub(super) fn forget_manual_of_entity(&mut self, entity: EntityIndex) {
        let given = self.manual.given_in.get(&entity).cloned().unwrap_or_default();
        self.manual.take(entity, &given);
        let taken: UserSet = self.manual.taken_from(entity).collect();
        self.forget_taken(entity, &taken);
    }

    fn touch_all(&mut self, users: &UserSet) {
        let position = self.stamp.position;
        for user in users.iter() {
            self.users.at_mut(user.into()).touch(position);
        }
    }
}
