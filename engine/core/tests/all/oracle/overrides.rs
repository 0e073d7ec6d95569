//! What administrators did by hand, read from the record the obvious way: memberships, pins, exclusions.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::User;
use rolecall_engine::{
    EntityId, EntityIndex, Entry, ExceptionId, ExceptionKind, ExceptionSubject, Fact, State, Timestamp, UserId,
    UserIndex,
};

/// What is in force by hand at the end of a record.
#[derive(Default)]
pub(crate) struct Overrides {
    manual: BTreeSet<(UserIndex, EntityId)>,
    exceptions: BTreeMap<ExceptionId, Exception>,
    indexes: BTreeMap<UserId, UserIndex>,
}

struct Exception {
    kind: ExceptionKind,
    user: UserId,
    subject: ExceptionSubject,
    expires: Option<Timestamp>,
}

impl Overrides {
    pub(crate) fn of(record: &[Entry]) -> Self {
        let mut overrides = Self::default();
        for entry in record {
            for fact in &entry.facts {
                overrides.follow(entry.at, fact);
            }
        }
        overrides
    }

    fn follow(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::UserCreated { user, index, .. } => {
                self.indexes.insert(*user, *index);
            }
            Fact::UserDeleted { user } => {
                let index = self.indexes[user];
                self.manual.retain(|(other, _)| *other != index);
                self.exceptions.retain(|_, exception| exception.user != *user);
            }
            Fact::EntityDeleted { entity } => {
                let subject = ExceptionSubject::Entity(*entity);
                self.manual.retain(|(_, other)| other != entity);
                self.exceptions.retain(|_, exception| exception.subject != subject);
            }
            Fact::MembershipsGiven { entity, users } => self.manual.extend(users.iter().map(|user| (user, *entity))),
            Fact::MembershipsTaken { entity, users } => {
                self.manual
                    .retain(|(user, other)| other != entity || !users.contains(*user));
            }
            Fact::ExceptionSet {
                exception,
                kind,
                user,
                subject,
                expires,
                ..
            } => {
                assert!(expires.is_none_or(|expires| expires > at), "it ends later");
                let (subject, kind, user, expires) = (subject.clone(), *kind, *user, *expires);
                let row = Exception {
                    kind,
                    user,
                    subject,
                    expires,
                };
                self.exceptions.insert(*exception, row);
            }
            Fact::ExceptionRemoved { exception, .. } => {
                self.exceptions.remove(exception).expect("one that is there");
            }
            Fact::ExceptionExpired { exception, .. } => {
                let expired = self.exceptions.remove(exception).expect("one that is there");
                assert!(expired.expires.is_some_and(|expires| expires <= at), "never early");
            }
            _ => {}
        }
    }

    /// Panics unless the state has the same.
    pub(crate) fn check(&self, state: &State) {
        let kept: Vec<ExceptionId> = state.exceptions().after(None).map(|row| row.id).collect();
        assert_eq!(kept, self.exceptions.keys().copied().collect::<Vec<_>>());
        let due = self.exceptions.values().filter_map(|exception| exception.expires);
        assert_eq!(state.next_due(), due.min());
        assert_eq!(state.manual_count(), self.manual.len());
        for (user, entity) in &self.manual {
            assert!(state.is_manual(*user, state.entity(*entity).unwrap().index));
        }
        let mut subjects: Vec<_> = self.exceptions.values().map(|row| (row.user, &row.subject)).collect();
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), kept.len(), "one exception for a user and a subject");
    }

    /// The entities of a type that the user was put into by hand.
    pub(crate) fn manual(&self, state: &State, user: &User, entity_type: EntityType) -> BTreeSet<EntityIndex> {
        let mine = self.manual.iter().filter(|(other, _)| *other == user.index);
        let entities = mine.map(|(_, entity)| state.entity(*entity).expect("gone with its entity"));
        entities
            .filter(|entity| entity.entity_type == entity_type)
            .map(|entity| entity.index)
            .collect()
    }

    /// The entities of a type that the user is pinned to, or excluded from.
    pub(crate) fn entities(
        &self,
        state: &State,
        user: &User,
        entity_type: EntityType,
        kind: ExceptionKind,
    ) -> BTreeSet<EntityIndex> {
        let entities = self.subjects(user, kind).filter_map(|subject| match subject {
            ExceptionSubject::Entity(entity) => Some(state.entity(*entity).expect("gone with its entity")),
            ExceptionSubject::Role(_) => None,
        });
        entities
            .filter(|entity| entity.entity_type == entity_type)
            .map(|entity| entity.index)
            .collect()
    }

    /// The roles that the user is pinned to, or excluded from.
    pub(crate) fn roles(&self, user: &User, kind: ExceptionKind) -> BTreeSet<String> {
        let roles = self.subjects(user, kind).filter_map(|subject| match subject {
            ExceptionSubject::Role(role) => Some(role.to_string()),
            ExceptionSubject::Entity(_) => None,
        });
        roles.collect()
    }

    fn subjects(&self, user: &User, kind: ExceptionKind) -> impl Iterator<Item = &ExceptionSubject> {
        let mine = self.exceptions.values();
        mine.filter(move |exception| exception.user == user.id && exception.kind == kind)
            .map(|exception| &exception.subject)
    }
}
