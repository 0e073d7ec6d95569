//! Entries as security events about SCIM resources (RFC 9967), for receivers that know those and not our own events.
//!
//! An event is the claims set of a Security Event Token (RFC 8417): who is concerned, and the names of the attributes that
//! changed, never their values. What has no event there (rules, mappings, roles) is left to our own format; `docs/events.md`
//! says what is left out, and the decision beside it why.

use std::fmt;

use rolecall_engine::{Entry, Fact, GroupAttributes, GroupId, OrganizationId, SealedPerson, UserId};
use serde_json::{Map, Value, json};

use crate::config::PublicUrl;
use crate::scim::extension;

const CREATED: &str = "urn:ietf:params:scim:event:prov:create:notice";
const PATCHED: &str = "urn:ietf:params:scim:event:prov:patch:notice";
const PUT: &str = "urn:ietf:params:scim:event:prov:put:notice";
const DELETED: &str = "urn:ietf:params:scim:event:prov:delete";
const ACTIVATED: &str = "urn:ietf:params:scim:event:prov:activate";
const DEACTIVATED: &str = "urn:ietf:params:scim:event:prov:deactivate";

/// Who publishes events, and of which organization.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    /// The public URL of the server.
    pub(crate) issuer: PublicUrl,
    /// Whose record it is.
    pub(crate) organization: OrganizationId,
}

impl Publisher {
    /// The claims sets for an entry: one for each user or group that it concerns, in the order in which it does.
    pub(crate) fn tokens(&self, entry: &Entry) -> Vec<Value> {
        let tokens = resource_events(entry).into_iter().enumerate();
        tokens
            .map(|(index, (resource, events))| self.token(entry, index, resource, events))
            .collect()
    }

    /// RFC 9967 2.2: `txn` is the same for all that one change led to, and `jti` is of one token alone. Both are the same
    /// whenever the entry is read, so that a receiver knows what it has seen.
    fn token(&self, entry: &Entry, index: usize, resource: Resource, events: Map<String, Value>) -> Value {
        let transaction = format!("{}-{}", self.organization, entry.position);
        json!({
            "iss": self.issuer.to_string(),
            "iat": entry.at.milliseconds() / 1_000,
            "jti": format!("{transaction}-{index}"),
            "txn": transaction,
            "sub_id": {"format": "scim", "uri": resource.to_string()},
            "events": events,
        })
    }
}

/// The subject of an event (RFC 9967 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource {
    User(UserId),
    Group(GroupId),
}

/// The path below the SCIM base URL of any connection.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "/Users/{user}"),
            Self::Group(group) => write!(f, "/Groups/{group}"),
        }
    }
}

/// RFC 9967 2.1: events of one transaction on one resource are in one token.
fn resource_events(entry: &Entry) -> Vec<(Resource, Map<String, Value>)> {
    let mut found: Vec<(Resource, Map<String, Value>)> = Vec::new();
    for (resource, event) in entry.facts.iter().filter_map(event) {
        let at = found.iter().position(|(known, _)| *known == resource);
        match at.and_then(|at| found.get_mut(at)) {
            Some((_, events)) => add(events, event, entry),
            None => {
                let mut events = Map::new();
                add(&mut events, event, entry);
                found.push((resource, events));
            }
        }
    }
    found
}

/// What a fact says of one resource: an event, and the attributes that it names.
struct Event {
    uri: &'static str,
    attributes: Vec<String>,
}

/// A patch of a resource that the same entry creates is part of its creation.
fn add(events: &mut Map<String, Value>, event: Event, entry: &Entry) {
    let uri = if event.uri == PATCHED && events.contains_key(CREATED) {
        CREATED
    } else {
        event.uri
    };
    let payload = events.entry(uri).or_insert_with(|| json!({}));
    if !matches!(uri, CREATED | PATCHED | PUT) {
        return;
    }
    let mut attributes = match payload.get_mut("attributes").map(Value::take) {
        Some(Value::Array(attributes)) => attributes,
        _ => Vec::new(),
    };
    let names = event.attributes.into_iter().map(Value::String);
    for name in names {
        if !attributes.contains(&name) {
            attributes.push(name);
        }
    }
    // RFC 9967 2.2: the version that the resource has now.
    *payload = json!({"attributes": attributes, "version": format!("W/\"{}\"", entry.position)});
}

fn event(fact: &Fact) -> Option<(Resource, Event)> {
    let found = match fact {
        Fact::UserCreated { user, person, .. } => (Resource::User(*user), CREATED, created_user(person)),
        Fact::UserAttributesChanged { user, person } => (Resource::User(*user), PUT, person_attributes(person)),
        Fact::UserRoleAttributeChanged { user, .. } => {
            let attribute = format!("{}:organizationRole", extension::USER);
            (Resource::User(*user), PATCHED, vec![attribute])
        }
        Fact::UserActivated { user } => (Resource::User(*user), ACTIVATED, Vec::new()),
        Fact::UserDeactivated { user } => (Resource::User(*user), DEACTIVATED, Vec::new()),
        Fact::UserDeleted { user } => (Resource::User(*user), DELETED, Vec::new()),
        Fact::GroupCreated { group, attributes, .. } | Fact::GroupRestored { group, attributes, .. } => {
            (Resource::Group(*group), CREATED, created_group(attributes))
        }
        Fact::GroupRenamed { group, .. } => (Resource::Group(*group), PATCHED, vec!["displayName".to_owned()]),
        Fact::GroupAttributesChanged { group, attributes } => {
            let mut names = vec!["externalId".to_owned()];
            names.extend(keys(&attributes.extensions));
            (Resource::Group(*group), PATCHED, names)
        }
        Fact::MembersAdded { group, .. } | Fact::MembersRemoved { group, .. } => {
            (Resource::Group(*group), PATCHED, vec!["members".to_owned()])
        }
        Fact::GroupDeleted { group } => (Resource::Group(*group), DELETED, Vec::new()),
        _ => return None,
    };
    let (resource, uri, attributes) = found;
    Some((resource, Event { uri, attributes }))
}

fn created_user(person: &SealedPerson) -> Vec<String> {
    let mut names = vec!["id".to_owned(), "active".to_owned()];
    names.extend(person_attributes(person));
    names
}

/// The attributes that a user has now: the record holds them whole, and not what was different before. Of a person who was
/// erased there is only what every user has.
fn person_attributes(person: &SealedPerson) -> Vec<String> {
    let person = person.open();
    person.map_or_else(|| vec!["userName".to_owned()], |person| keys(&person.attributes))
}

fn created_group(attributes: &GroupAttributes) -> Vec<String> {
    let mut names = vec!["id".to_owned(), "displayName".to_owned()];
    names.extend(attributes.external_id.as_ref().map(|_| "externalId".to_owned()));
    names.extend(keys(&attributes.extensions));
    names
}

/// A null is an attribute that was removed.
fn keys(object: &str) -> Vec<String> {
    let object: Map<String, Value> = serde_json::from_str(object).unwrap_or_default();
    let assigned = object.into_iter().filter(|(_, value)| !value.is_null());
    assigned.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use rolecall_engine::{
        Actor, Command, Context, GroupChange, GroupInput, IdSeed, MembersChange, Person, State, Timestamp, UserInput,
        handle,
    };
    use uuid::Uuid;

    use super::*;

    /// A record that grows command by command.
    #[derive(Default)]
    struct Record(State);

    impl Record {
        /// The tokens of the entry that a command leads to.
        fn publish(&mut self, command: &Command) -> Vec<Value> {
            let seed = [u8::try_from(self.0.position().get()).unwrap(); 16];
            let (at, seed) = (Timestamp::from_milliseconds(1_778_647_354_250), IdSeed::new(seed));
            let (actor, publisher) = (Actor::System, publisher());
            let (next, entry) = handle(&self.0, command, Context { at, actor, seed }).unwrap().unwrap();
            self.0 = next;
            publisher.tokens(&entry)
        }

        #[track_caller]
        fn check(&mut self, command: &Command, resource: &str, events: Value) {
            let [token] = self.publish(command).try_into().unwrap();
            let uri = token["sub_id"]["uri"].as_str().unwrap();
            assert!(uri.starts_with(resource), "{uri}");
            assert_eq!(token["events"], events);
        }

        fn user(&self) -> UserId {
            self.0.users_from(0.into()).next().unwrap().id
        }

        fn group(&self) -> GroupId {
            self.0.groups_from(0.into()).next().unwrap().id
        }
    }

    fn publisher() -> Publisher {
        let issuer = "https://scim.example.com".parse().unwrap();
        let organization = OrganizationId::new(Uuid::from_u128(7));
        Publisher { issuer, organization }
    }

    fn notice(uri: &str, attributes: &[&str], position: u64) -> Value {
        json!({uri: {"attributes": attributes, "version": format!("W/\"{position}\"")}})
    }

    fn ana(active: bool, role: Option<&str>) -> UserInput {
        let person = Person {
            user_name: "ana@example.com".to_owned(),
            external_id: None,
            display_name: None,
            emails: Vec::new(),
            concurrency_group: None,
            attributes: json!({"userName": "ana@example.com", "title": role}).to_string(),
        };
        let organization_role = role.map(str::to_owned);
        UserInput {
            person,
            active,
            organization_role,
        }
    }

    fn create_user(user: UserInput) -> Command {
        let (connection, default_entity) = (None, None);
        Command::CreateUser {
            connection,
            default_entity,
            user,
        }
    }

    fn staff(member: UserId) -> GroupInput {
        GroupInput {
            display_name: "Staff".to_owned(),
            external_id: Some("g1".to_owned()),
            roles: Vec::new(),
            extensions: json!({"urn:example:Group": {"cost": 1}}).to_string(),
            members: vec![member.to_string()],
        }
    }

    fn change(record: &Record, active: bool, role: Option<&str>) -> Command {
        let (user, to) = (record.user(), ana(active, role));
        Command::ChangeUser {
            user,
            expected: None,
            to,
        }
    }

    fn member(record: &Record, remove: bool) -> Command {
        let ids = vec![record.user().to_string()];
        let mut members = MembersChange::default();
        *(if remove { &mut members.remove } else { &mut members.add }) = ids;
        let change = GroupChange {
            members,
            ..GroupChange::default()
        };
        Command::ChangeGroup {
            group: record.group(),
            change,
        }
    }

    /// The first member leaves, another joins.
    fn swap(record: &Record) -> Command {
        let ids: Vec<_> = record.0.users_from(0.into()).map(|user| user.id.to_string()).collect();
        let members = MembersChange {
            replace: true,
            add: ids[1..].to_vec(),
            remove: Vec::new(),
        };
        let change = GroupChange {
            members,
            ..GroupChange::default()
        };
        Command::ChangeGroup {
            group: record.group(),
            change,
        }
    }

    #[test]
    fn the_life_of_a_user() {
        let mut record = Record::default();
        let create = create_user(ana(true, None));
        record.check(&create, "/Users/", notice(CREATED, &["id", "active", "userName"], 1));
        record.check(&change(&record, false, None), "/Users/", json!({DEACTIVATED: {}}));
        record.check(&change(&record, true, None), "/Users/", json!({ACTIVATED: {}}));
        let mut events = notice(PUT, &["title", "userName"], 4);
        let role = format!("{}:organizationRole", extension::USER);
        events[PATCHED] = notice(PATCHED, &[&role], 4)[PATCHED].take();
        record.check(&change(&record, true, Some("admin")), "/Users/", events);
        let delete = Command::DeleteUser {
            user: record.user(),
            expected: None,
        };
        record.check(&delete, "/Users/", json!({DELETED: {}}));
    }

    #[test]
    fn the_life_of_a_group() {
        let mut record = Record::default();
        record.publish(&create_user(ana(true, None)));
        let create = Command::CreateGroup {
            group: staff(record.user()),
        };
        let attributes = ["id", "displayName", "externalId", "urn:example:Group", "members"];
        record.check(&create, "/Groups/", notice(CREATED, &attributes, 2));
        record.check(&member(&record, true), "/Groups/", notice(PATCHED, &["members"], 3));
        record.check(&member(&record, false), "/Groups/", notice(PATCHED, &["members"], 4));
        let other = UserInput {
            person: Person {
                user_name: "ben".to_owned(),
                ..ana(true, None).person
            },
            ..ana(true, None)
        };
        record.publish(&create_user(other));
        record.check(&swap(&record), "/Groups/", notice(PATCHED, &["members"], 6));
        let change = GroupChange {
            display_name: Some("Crew".to_owned()),
            external_id: Some(None),
            ..GroupChange::default()
        };
        let change = Command::ChangeGroup {
            group: record.group(),
            change,
        };
        let attributes = ["displayName", "externalId", "urn:example:Group"];
        record.check(&change, "/Groups/", notice(PATCHED, &attributes, 7));
        let delete = Command::DeleteGroup {
            group: record.group(),
            expected: None,
        };
        record.check(&delete, "/Groups/", json!({DELETED: {}}));
    }

    #[test]
    fn a_token_says_who_publishes_it_and_is_the_same_whenever_it_is_read() {
        let mut record = Record::default();
        let [mut token] = record.publish(&create_user(ana(true, None))).try_into().unwrap();
        token["events"].take();
        let transaction = "00000000-0000-0000-0000-000000000007-1";
        let subject = json!({"format": "scim", "uri": format!("/Users/{}", record.user())});
        let expected = json!({"iss": "https://scim.example.com", "iat": 1_778_647_354, "jti": format!("{transaction}-0"),
            "txn": transaction, "sub_id": subject, "events": null});
        assert_eq!(token, expected);
    }

    #[test]
    fn what_is_about_no_resource_is_not_published() {
        let mut record = Record::default();
        let entity = Command::CreateEntity {
            entity_type: rolecall_engine::rules::EntityType::Team,
            name: "Crew".to_owned(),
            external_id: None,
        };
        assert_eq!(record.publish(&entity), Vec::<Value>::new());
    }
}
