//! What of an explanation only the record knows: where the user joined each group, or got an attribute or its role.

use std::collections::{BTreeMap, BTreeSet};

use super::reason::Link;
use crate::consequence::{Effect, RoleCause};
use crate::entry::{Actor, Entry};
use crate::fact::Fact;
use crate::history::role_changes;
use crate::id::{GroupId, GroupIndex, PlanId, UserId, UserIndex};
use crate::person::SealedPerson;
use crate::position::Position;
use crate::state::{State, User};
use crate::time::Timestamp;

/// An entry that a step of a chain is recorded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entry.
    pub position: Position,
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub actor: Actor,
    /// The plan that it is a step of: then the server asked, and who applied the plan is on record where it began.
    pub plan: Option<PlanId>,
}

impl Found {
    /// This entry.
    pub fn in_entry(entry: &Entry) -> Self {
        Self {
            position: entry.position,
            at: entry.at,
            actor: entry.actor,
            plan: entry.step_of_plan(),
        }
    }
}

/// Looks for the entries of some steps in the history of a user, read backwards.
#[derive(Clone, Debug)]
pub struct Search {
    user: UserId,
    index: UserIndex,
    concurrency_group: Option<String>,
    groups: BTreeMap<GroupId, GroupIndex>,
    wanted: BTreeSet<Link>,
    found: BTreeMap<Link, Found>,
    role_cause: Option<RoleCause>,
}

impl Search {
    /// A search for these steps.
    pub fn new(state: &State, user: &User, wanted: impl IntoIterator<Item = Link>) -> Self {
        let wanted: BTreeSet<Link> = wanted.into_iter().collect();
        let groups = wanted.iter().filter_map(|link| match link {
            Link::Member { group } => Some((state.group_at(*group).id, *group)),
            _ => None,
        });
        let person = user.person.as_deref();
        Self {
            user: user.id,
            index: user.index,
            concurrency_group: person.and_then(|person| person.concurrency_group.clone()),
            groups: groups.collect(),
            wanted,
            found: BTreeMap::new(),
            role_cause: None,
        }
    }

    /// Whether everything is found that can be.
    pub fn is_done(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Reads the entry before those that were read, of the history of the user.
    pub fn read(&mut self, entry: &Entry) {
        let wanted = self.wanted.contains(&Link::RoleChanged);
        if let Some(change) = role_changes(entry, self.index).last().filter(|_| wanted) {
            self.role_cause = Some(change.cause);
            self.find(Link::RoleChanged, entry);
        }
        for consequence in &entry.consequences {
            match &consequence.effect {
                Effect::HoldGrew { hold, users, .. } if users.contains(self.index) => {
                    self.find(Link::Held { hold: *hold }, entry);
                }
                _ => {}
            }
        }
        for fact in entry.facts.iter().rev() {
            self.read_fact(fact, entry);
        }
    }

    /// Where a step is recorded.
    pub fn found(&self, link: Link) -> Option<Found> {
        self.found.get(&link).copied()
    }

    /// Why the role of the user last changed.
    pub fn role_cause(&self) -> Option<RoleCause> {
        self.role_cause
    }

    fn read_fact(&mut self, fact: &Fact, entry: &Entry) {
        match fact {
            Fact::MembersAdded { group, users } if users.contains(self.index) => {
                if let Some(group) = self.groups.get(group).copied() {
                    self.find(Link::Member { group }, entry);
                }
            }
            Fact::UserRoleAttributeChanged { user, .. } if *user == self.user => self.find(Link::RoleAttribute, entry),
            Fact::UserDeactivated { user } if *user == self.user => self.find(Link::Inactive, entry),
            Fact::UserAttributesChanged { user, person } if *user == self.user => self.read_person(person, entry),
            Fact::UserCreated { user, person, .. } if *user == self.user => {
                self.read_person(person, entry);
                // There is nothing before it.
                for link in std::mem::take(&mut self.wanted) {
                    let began = matches!(link, Link::RoleAttribute | Link::Inactive | Link::UserCreated);
                    if began {
                        self.found.insert(link, Found::in_entry(entry));
                    }
                }
            }
            _ => {}
        }
    }

    /// The attribute has its value since the earliest of the entries that say so one after the other.
    fn read_person(&mut self, person: &SealedPerson, entry: &Entry) {
        let link = Link::ConcurrencyGroupAttribute;
        if !self.wanted.contains(&link) {
            return;
        }
        let named = person.open().and_then(|person| person.concurrency_group);
        if named == self.concurrency_group {
            self.found.insert(link, Found::in_entry(entry));
        } else {
            self.wanted.remove(&link);
        }
    }

    fn find(&mut self, link: Link, entry: &Entry) {
        if self.wanted.remove(&link) {
            self.found.insert(link, Found::in_entry(entry));
        }
    }
}
