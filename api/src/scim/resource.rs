//! Users and groups as SCIM resources: what the provider pushed, with `id`, `meta` and what only the server knows.
//!
//! Members are the only part that grows with a group, so they are made only when they are wanted.

use std::fmt;

use rolecall_engine::state::{Group, Stamp, User};
use rolecall_engine::{State, UserId};
use rolecall_rules::RoleName;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::extension;
use super::schema::ResourceType;
use super::select::Selection;
use crate::time::Time;

/// What of a user is computed, and made only as far as it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Computed {
    /// How many groups at most.
    pub groups_max: usize,
    /// Whether with the role in force.
    pub role: bool,
}

impl Computed {
    /// What a client gets to see: the role only when it asks for it (RFC 7643 7, `returned`), the groups unless it does not
    /// want them.
    pub fn shown(selection: &Selection) -> Self {
        Self {
            groups_max: if selection.wants("groups") { usize::MAX } else { 0 },
            role: selection.asks_for(extension::USER, extension::ROLES),
        }
    }
}

/// A user as a SCIM resource, under the SCIM base URL of a connection.
pub fn user(base: &str, state: &State, user: &User, computed: Computed) -> Map<String, Value> {
    let attributes = user.person.as_deref().map(|person| person.attributes.as_str());
    let mut resource = document(attributes.unwrap_or_default());
    // There it is only when it was removed.
    if resource.remove("active").is_none() {
        resource.insert("active".to_owned(), Value::Bool(user.active));
    }
    // RFC 7643 4.1.2: `groups` is read-only, and holds what the groups say.
    let groups: Vec<Value> = user
        .groups()
        .take(computed.groups_max)
        .map(|index| group_of_user(base, state.group_at(index)))
        .collect();
    if !groups.is_empty() {
        resource.insert("groups".to_owned(), Value::Array(groups));
    }
    show_role(&mut resource, user.role.as_ref().filter(|_| computed.role));
    complete(
        resource,
        ResourceType::User,
        base,
        &user.id.to_string(),
        user.created,
        state.user_version(user),
    )
}

/// The role in force stands beside what the provider pushed into our extension; the core `roles` are the provider's own.
fn show_role(resource: &mut Map<String, Value>, role: Option<&RoleName>) {
    let mut extension = match resource.remove(extension::USER) {
        Some(Value::Object(extension)) => extension,
        _ => Map::new(),
    };
    extension.remove(extension::ROLES);
    extension.extend(role.map(|role| (extension::ROLES.to_owned(), json!([role.to_string()]))));
    if !extension.is_empty() {
        resource.insert(extension::USER.to_owned(), Value::Object(extension));
    }
}

/// A group as a user shows it (RFC 7643 4.1.2).
pub fn group_of_user(base: &str, group: &Group) -> Value {
    json!({"value": group.id, "display": group.display_name, "type": "direct", "$ref": format!("{base}/Groups/{}", group.id)})
}

/// A group as a SCIM resource without its members.
pub fn group(base: &str, group: &Group) -> Map<String, Value> {
    let mut resource = document(&group.attributes.extensions);
    resource.insert("displayName".to_owned(), Value::from(group.display_name.as_str()));
    if let Some(external_id) = &group.attributes.external_id {
        resource.insert("externalId".to_owned(), Value::from(external_id.as_str()));
    }
    complete(
        resource,
        ResourceType::Group,
        base,
        &group.id.to_string(),
        group.created,
        group.modified,
    )
}

/// A group as a SCIM resource with this many of its members at most. RFC 7643 2.5 has no members and an empty list mean the
/// same; it is the list here, because authentik takes a group without `members` for one that does not tell them, and repairs nothing.
pub fn group_with_members(base: &str, state: &State, group: &Group, most: usize) -> Map<String, Value> {
    let mut resource = self::group(base, group);
    let members = members(base, state, group).take(most);
    let members = members.filter_map(|member| serde_json::to_value(member).ok());
    resource.insert("members".to_owned(), Value::Array(members.collect()));
    resource
}

/// The text of a group with all its members. They are written out one by one: a change of one member is often answered
/// with the whole group, and a tree of values for each would cost more than the change.
pub fn group_text(base: &str, state: &State, group: &Group, without_members: &Map<String, Value>) -> String {
    let text = GroupText {
        without_members,
        members: MembersText { base, state, group },
    };
    serde_json::to_string(&text).unwrap_or_default()
}

#[derive(Serialize)]
struct GroupText<'a> {
    #[serde(flatten)]
    without_members: &'a Map<String, Value>,
    members: MembersText<'a>,
}

struct MembersText<'a> {
    base: &'a str,
    state: &'a State,
    group: &'a Group,
}

impl Serialize for MembersText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(members(self.base, self.state, self.group))
    }
}

/// A member as it is shown (RFC 7643 4.2).
#[derive(Serialize)]
struct Member<'a> {
    #[serde(rename = "$ref")]
    reference: Reference<'a>,
    r#type: &'static str,
    value: UserId,
}

/// The URL of a user, written out without a copy.
struct Reference<'a> {
    base: &'a str,
    user: UserId,
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base)?;
        f.write_str("/Users/")?;
        f.write_str(self.user.uuid().hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl Serialize for Reference<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn members<'a>(base: &'a str, state: &'a State, group: &'a Group) -> impl Iterator<Item = Member<'a>> {
    let member = move |index| self::member(base, state.user_at(index).id);
    group.members.iter().map(member)
}

fn member(base: &str, user: UserId) -> Member<'_> {
    Member {
        reference: Reference { base, user },
        r#type: "User",
        value: user,
    }
}

/// A user as a group shows it, as a value.
pub fn user_of_group(base: &str, user: &User) -> Value {
    serde_json::to_value(member(base, user.id)).unwrap_or_default()
}

/// The URL of a resource, for `meta.location` and the `Location` header.
pub fn location(base: &str, of: ResourceType, id: &str) -> String {
    format!("{base}/{}s/{id}", of.name())
}

/// The version of a resource as an entity tag: the position of the entry that last changed it (RFC 7644 3.14). That of a
/// user moves with its `groups` too, also when one of them gets another name.
pub fn version(modified: Stamp) -> String {
    format!("W/\"{}\"", modified.position)
}

fn document(attributes: &str) -> Map<String, Value> {
    serde_json::from_str(attributes).unwrap_or_default()
}

fn complete(
    mut resource: Map<String, Value>,
    of: ResourceType,
    base: &str,
    id: &str,
    created: Stamp,
    modified: Stamp,
) -> Map<String, Value> {
    let extensions = resource
        .iter()
        .filter(|(name, value)| value.is_object() && is_urn(name))
        .map(|(name, _)| name.as_str());
    let schemas: Vec<&str> = std::iter::once(of.urn()).chain(extensions).collect();
    let schemas = json!(schemas);
    let meta = json!({
        "resourceType": of.name(),
        "created": Time(created.at).to_string(),
        "lastModified": Time(modified.at).to_string(),
        "location": location(base, of, id),
        "version": version(modified),
    });
    resource.extend(
        [("schemas", schemas), ("id", Value::from(id)), ("meta", meta)].map(|(name, value)| (name.to_owned(), value)),
    );
    resource
}

fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

#[cfg(test)]
mod tests {
    use rolecall_engine::{Actor, Command, Context, IdSeed, Timestamp, handle};

    use super::super::profile::Profile;
    use super::super::user::{Active, UserDocument};
    use super::*;

    const BASE: &str = "https://rolecall.example/scim/v2/con_1";

    /// The state after a command; `None` when it changes nothing.
    fn after(state: &State, command: Command) -> Option<State> {
        let at = Timestamp::from_milliseconds(1_778_647_354_250);
        let seed = [u8::try_from(state.position().get()).unwrap(); 16];
        let context = Context {
            at,
            actor: Actor::System,
            seed: IdSeed::new(seed),
        };
        handle(state, &command, context).unwrap().map(|(next, _)| next)
    }

    fn create_user(body: &Value) -> Command {
        let user = UserDocument::read(&Profile::lenient(), body.to_string().as_bytes())
            .unwrap()
            .into_input(&Profile::lenient(), Active(true))
            .unwrap();
        Command::CreateUser {
            connection: None,
            default_entity: None,
            user,
        }
    }

    fn create_group(body: &Value) -> Command {
        Command::CreateGroup {
            group: super::super::group::create(&Profile::lenient(), body.to_string().as_bytes()).unwrap(),
        }
    }

    fn ana_in_staff() -> State {
        let ana = json!({"userName": "ana", "emails": [{"value": "a@x"}], "urn:x:Ext": {"Color": "red"}, "password": "secret"});
        let state = after(&State::default(), create_user(&ana)).unwrap();
        let member = state.user_by_name("ana").unwrap().id;
        let staff = json!({"displayName": "Staff", "externalId": "s1", "badge": 7, "members": [{"value": member}]});
        after(&state, create_group(&staff)).unwrap()
    }

    #[test]
    fn a_user_is_shown_with_its_groups_and_without_its_password() {
        let state = ana_in_staff();
        let (ana, staff) = (
            state.user_by_name("ana").unwrap(),
            state.group_by_name("staff").unwrap(),
        );
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:x:Ext"], "id": ana.id, "userName": "ana", "active": true, "emails": [{"value": "a@x"}], "urn:x:Ext": {"Color": "red"},
            "groups": [{"value": staff.id, "display": "Staff", "type": "direct", "$ref": format!("{BASE}/Groups/{}", staff.id)}],
            "meta": {
                "resourceType": "User", "created": "2026-05-13T04:42:34.250Z", "lastModified": "2026-05-13T04:42:34.250Z",
                "location": format!("{BASE}/Users/{}", ana.id), "version": version(state.user_version(ana)),
            },
        });
        let shown = Computed::shown(&Selection::default());
        assert_eq!(Value::Object(user(BASE, &state, ana, shown)), expected);
    }

    #[test]
    fn an_inactive_user_is_shown_without_a_role() {
        let bo = json!({"userName": "bo", "active": false, (extension::USER): {"organizationRole": "admin", "roles": ["admin"]}});
        let state = after(&State::default(), create_user(&bo)).unwrap();
        let computed = Computed {
            groups_max: 0,
            role: true,
        };
        let shown = user(BASE, &state, state.user_by_name("bo").unwrap(), computed);
        assert_eq!(shown[extension::USER], json!({"organizationRole": "admin"}));
    }

    #[test]
    fn a_group_is_shown_with_its_members_only_when_they_are_wanted() {
        let state = ana_in_staff();
        let (ana, staff) = (
            state.user_by_name("ana").unwrap(),
            state.group_by_name("staff").unwrap(),
        );
        let mut expected = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "id": staff.id, "displayName": "Staff", "externalId": "s1", "badge": 7,
            "meta": {
                "resourceType": "Group", "created": "2026-05-13T04:42:34.250Z", "lastModified": "2026-05-13T04:42:34.250Z",
                "location": format!("{BASE}/Groups/{}", staff.id), "version": "W/\"2\"",
            },
        });
        let without_members = group(BASE, staff);
        assert_eq!(Value::Object(without_members.clone()), expected);
        expected["members"] = json!([{"value": ana.id, "type": "User", "$ref": format!("{BASE}/Users/{}", ana.id)}]);
        assert_eq!(
            Value::Object(group_with_members(BASE, &state, staff, usize::MAX)),
            expected
        );
        let text = group_text(BASE, &state, staff, &without_members);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }

    #[test]
    fn a_group_without_members_is_shown_with_an_empty_list() {
        let state = after(&State::default(), create_group(&json!({"displayName": "Staff"}))).unwrap();
        let staff = state.group_by_name("staff").unwrap();
        assert_eq!(
            group_with_members(BASE, &state, staff, usize::MAX)["members"],
            json!([])
        );
        let text = group_text(BASE, &state, staff, &group(BASE, staff));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["members"], json!([]));
    }

    /// Okta answers each GET with a PUT of the same: that must run no rule and write no entry.
    #[test]
    fn a_put_of_what_was_read_changes_nothing() {
        let state = ana_in_staff();
        let (ana, staff) = (
            state.user_by_name("ana").unwrap(),
            state.group_by_name("staff").unwrap(),
        );
        let echo = Value::Object(user(BASE, &state, ana, Computed::shown(&Selection::default()))).to_string();
        let to = UserDocument::read(&Profile::lenient(), echo.as_bytes())
            .unwrap()
            .into_input(&Profile::lenient(), Active(true))
            .unwrap();
        assert_eq!(
            after(
                &state,
                Command::ChangeUser {
                    user: ana.id,
                    expected: None,
                    to
                }
            ),
            None
        );
        let echo = Value::Object(group_with_members(BASE, &state, staff, usize::MAX)).to_string();
        let change = super::super::group::replace(&Profile::lenient(), echo.as_bytes()).unwrap();
        assert_eq!(
            after(
                &state,
                Command::ChangeGroup {
                    group: staff.id,
                    change
                }
            ),
            None
        );
    }
}
