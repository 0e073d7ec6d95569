//! Pins and exclusions, by id, by user, by entity and by the time that they end.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use rolecall_rules::RoleName;

use super::counts::{decrease, increase};
use super::{Stamp, State};
use crate::entry::Actor;
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::fact::Fact;
use crate::id::{EntityId, ExceptionId, UserIndex};
use crate::invariant::known;
use crate::time::Timestamp;

/// What an administrator decided for one user, whatever rules and groups say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its id.
    pub id: ExceptionId,
    /// A pin or an exclusion.
    pub kind: ExceptionKind,
    /// The user.
    pub user: UserIndex,
    /// What it is about.
    pub subject: ExceptionSubject,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub author: Actor,
    /// When and where it was set.
    pub created: Stamp,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

/// All exceptions of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    by_id: OrdMap<ExceptionId, Arc<Exception>>,
    by_subject: OrdMap<(UserIndex, ExceptionSubject), ExceptionId>,
    by_entity: OrdSet<(EntityId, ExceptionId)>,
    due: OrdSet<(Timestamp, ExceptionId)>,
    roles: OrdMap<RoleName, u64>,
}

impl Exceptions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The exception with this id.
    pub fn get(&self, id: ExceptionId) -> Option<&Exception> {
        self.by_id.get(&id).map(Arc::as_ref)
    }

    /// The exception of a user about something.
    pub fn about(&self, user: UserIndex, subject: &ExceptionSubject) -> Option<&Exception> {
        self.get(*self.by_subject.get(&(user, subject.clone()))?)
    }

    /// The exceptions after an id (all, when `None`), in order of their ids, which is that of their creation.
    pub fn after(&self, after: Option<ExceptionId>) -> impl Iterator<Item = &Exception> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id
            .range((from, Bound::Unbounded))
            .map(|(_, exception)| exception.as_ref())
    }

    /// The exceptions of a user: about entities first, then about roles.
    pub fn of_user(&self, user: UserIndex) -> impl Iterator<Item = &Exception> {
        let first = ExceptionSubject::Entity(EntityId::new(uuid::Uuid::nil()));
        let of_user = self.by_subject.range((user, first)..);
        of_user
            .take_while(move |((other, _), _)| *other == user)
            .filter_map(|(_, id)| self.get(*id))
    }

    /// The exceptions about an entity, in order of their ids.
    pub fn of_entity(&self, entity: EntityId) -> impl Iterator<Item = &Exception> {
        let first = (entity, ExceptionId::new(uuid::Uuid::nil()));
        let of_entity = self.by_entity.range(first..);
        of_entity
            .take_while(move |(other, _)| *other == entity)
            .filter_map(|(_, id)| self.get(*id))
    }

    /// The pins of a user, about entities first.
    pub fn pins(&self, user: UserIndex) -> impl Iterator<Item = &Exception> {
        self.of_user(user)
            .filter(|exception| exception.kind == ExceptionKind::Pin)
    }

    /// Whether a user is excluded from this.
    pub fn excludes(&self, user: UserIndex, subject: &ExceptionSubject) -> bool {
        self.about(user, subject)
            .is_some_and(|exception| exception.kind == ExceptionKind::Exclusion)
    }

    /// The roles that users are pinned to, or excluded from.
    pub fn roles(&self) -> impl Iterator<Item = &RoleName> {
        self.roles.keys()
    }

    /// The exceptions that end at this time or before, the earliest first.
    pub(crate) fn due(&self, at: Timestamp) -> impl Iterator<Item = &Exception> {
        let due = self.due.iter().take_while(move |(expires, _)| *expires <= at);
        due.filter_map(|(_, id)| self.get(*id))
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.due.get_min().map(|(expires, _)| *expires)
    }

    fn set(&mut self, exception: Exception) {
        let Exception { id, user, expires, .. } = exception;
        self.by_subject.insert((user, exception.subject.clone()), id);
        if let Some(entity) = exception.subject.entity() {
            self.by_entity.insert((entity, id));
        }
        if let Some(role) = exception.subject.role() {
            increase(&mut self.roles, role.clone());
        }
        if let Some(expires) = expires {
            self.due.insert((expires, id));
        }
        self.by_id.insert(id, Arc::new(exception));
    }

    fn end(&mut self, id: ExceptionId) -> Arc<Exception> {
        let exception = known(self.by_id.remove(&id), "exception");
        self.by_subject.remove(&(exception.user, exception.subject.clone()));
        if let Some(entity) = exception.subject.entity() {
            self.by_entity.remove(&(entity, id));
        }
        if let Some(role) = exception.subject.role() {
            decrease(&mut self.roles, role);
        }
        if let Some(expires) = exception.expires {
            self.due.remove(&(expires, id));
        }
        exception
    }
}

impl State {
    /// Pins and exclusions.
    pub fn exceptions(&self) -> &Exceptions {
        &self.exceptions
    }

    /// When the next exception ends by itself.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.exceptions.next_due()
    }

    pub(super) fn set_exception(&mut self, by: Actor, fact: &Fact) {
        let Fact::ExceptionSet {
            exception,
            kind,
            user,
            subject,
            reason,
            expires,
        } = fact
        else {
            return;
        };
        let user = UserIndex::from(known(self.users.find(user), "user"));
        increase(&mut self.counts.exceptions, *kind);
        self.users.at_mut(user.into()).touch(self.stamp.position);
        self.exceptions.set(Exception {
            id: *exception,
            kind: *kind,
            user,
            subject: subject.clone(),
            reason: reason.clone(),
            author: by,
            created: self.stamp,
            expires: *expires,
        });
    }

    pub(super) fn end_exception(&mut self, id: ExceptionId) {
        let exception = self.exceptions.end(id);
        decrease(&mut self.counts.exceptions, &exception.kind);
        self.users.at_mut(exception.user.into()).touch(self.stamp.position);
    }

    /// Exceptions go with their user.
    pub(super) fn end_exceptions_of_user(&mut self, user: UserIndex) {
        let all: Vec<ExceptionId> = self.exceptions.of_user(user).map(|exception| exception.id).collect();
        all.into_iter().for_each(|id| self.end_exception(id));
    }

    /// Exceptions go with their entity.
    pub(super) fn end_exceptions_of_entity(&mut self, entity: EntityId) {
        let all: Vec<ExceptionId> = self
            .exceptions
            .of_entity(entity)
            .map(|exception| exception.id)
            .collect();
        all.into_iter().for_each(|id| self.end_exception(id));
    }
}
