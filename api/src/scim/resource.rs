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
use super::wanted::Wanted;
use crate::time::Time;

/// What is wanted of a user as a SCIM resource, under the SCIM base URL of a connection.
pub fn user(base: &str, state: &State, user: &User, wanted: &Wanted) -> Map<String, Value> {
    let attributes = user.person.as_deref().map(|person| person.attributes.as_str());
    let mut resource = wanted.document(attributes.unwrap_or_default());
    // There it is only when it was removed.
    if resource.remove("active").is_none() && wanted.has("active") {
        resource.insert("active".to_owned(), Value::Bool(user.active));
    }
    // RFC 7643 4.1.2: `groups` is read-only, and holds what the groups say.
    let groups: Vec<Value> = user
        .groups()
        .take(usize::try_from(wanted.belongings()).unwrap_or(usize::MAX))
        .map(|index| group_of_user(base, state.group_at(index)))
        .collect();
    if !groups.is_empty() {
        resource.insert("groups".to_owned(), Value::Array(groups));
    }
    if wanted.has(extension::USER) {
        show_role(&mut resource, user.role.as_ref().filter(|_| wanted.has_role()));
    }
    let id = user.id.to_string();
    let meta = || meta(base, ResourceType::User, &id, user.created, state.user_version(user));
    complete(resource, wanted, ResourceType::User, &id, meta)
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
    without_members(base, group, &Wanted::ALL)
}

fn without_members(base: &str, group: &Group, wanted: &Wanted) -> Map<String, Value> {
    let mut resource = wanted.document(&group.attributes.extensions);
    resource.insert("displayName".to_owned(), Value::from(group.display_name.as_str()));
    if let Some(external_id) = &group.attributes.external_id {
        resource.insert("externalId".to_owned(), Value::from(external_id.as_str()));
    }
    let id = group.id.to_string();
    let meta = || meta(base, ResourceType::Group, &id, group.created, group.modified);
    complete(resource, wanted, ResourceType::Group, &id, meta)
}

/// What is wanted of a group as a SCIM resource. RFC 7643 2.5 has no members and an empty list mean the
/// same; it is the list here, because authentik takes a group without `members` for one that does not tell them, and repairs nothing.
pub fn group_with(base: &str, state: &State, group: &Group, wanted: &Wanted) -> Map<String, Value> {
    let mut resource = without_members(base, group, wanted);
    let members = members(base, state, group).take(usize::try_from(wanted.belongings()).unwrap_or(usize::MAX));
    let members = members.filter_map(|member| serde_json::to_value(member).ok());
    resource.insert("members".to_owned(), Value::Array(members.collect()));
    resource
}

/// The text of a group with what is wanted of it. Members are written out one by one: a change of one member is often
/// answered with the whole group, and a tree of values for each would cost more than the change.
pub fn group_text(base: &str, state: &State, group: &Group, selection: &Selection) -> String {
    let values = selection.narrows("members") || !selection.wants("members");
    let mut resource = if selection.narrows("members") {
        group_with(base, state, group, &Wanted::ALL)
    } else {
        self::group(base, group)
    };
    selection.apply(&mut resource);
    if values {
        return Value::Object(resource).to_string();
    }
    let text = GroupText {
        without_members: &resource,
        members: MembersText { base, state, group },
    };
    serde_json::to_string(&text).unwrap_or_default()
}

/// How many members it takes to show a group.
pub fn members_shown(group: &Group, selection: &Selection) -> u64 {
    if selection.wants("members") {
        group.members.len()
    } else {
        0
    }
}

/// How many groups it takes to show a user.
pub fn groups_shown(user: &User, selection: &Selection) -> u64 {
    if selection.wants("groups") {
        user.group_count()
    } else {
        0
    }
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

/// The resource with what the server knows of each.
fn complete(
    mut resource: Map<String, Value>,
    wanted: &Wanted,
    of: ResourceType,
    id: &str,
    meta: impl FnOnce() -> Value,
) -> Map<String, Value> {
    if wanted.has("schemas") {
        let schemas = schemas(of, &resource);
        resource.insert("schemas".to_owned(), schemas);
    }
    if wanted.has("meta") {
        resource.insert("meta".to_owned(), meta());
    }
    resource.insert("id".to_owned(), Value::from(id));
    resource
}

fn schemas(of: ResourceType, resource: &Map<String, Value>) -> Value {
    let extensions = resource
        .iter()
        .filter(|(name, value)| value.is_object() && is_urn(name));
    let extensions = extensions.map(|(name, _)| name.as_str());
    std::iter::once(of.urn()).chain(extensions).collect()
}

fn meta(base: &str, of: ResourceType, id: &str, created: Stamp, modified: Stamp) -> Value {
    json!({
        "resourceType": of.name(),
        "created": Time(created.at).to_string(),
        "lastModified": Time(modified.at).to_string(),
        "location": location(base, of, id),
        "version": version(modified),
    })
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
        let shown = Wanted::shown(&Selection::default());
        assert_eq!(Value::Object(user(BASE, &state, ana, &shown)), expected);
    }

    #[test]
    fn an_inactive_user_is_shown_without_a_role() {
        let bo = json!({"userName": "bo", "active": false, (extension::USER): {"organizationRole": "admin", "roles": ["admin"]}});
        let state = after(&State::default(), create_user(&bo)).unwrap();
        let shown = user(BASE, &state, state.user_by_name("bo").unwrap(), &Wanted::ALL);
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
        assert_eq!(Value::Object(without_members), expected);
        expected["members"] = json!([{"value": ana.id, "type": "User", "$ref": format!("{BASE}/Users/{}", ana.id)}]);
        assert_eq!(Value::Object(group_with(BASE, &state, staff, &Wanted::ALL)), expected);
        let text = group_text(BASE, &state, staff, &Selection::default());
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }

    #[test]
    fn a_group_without_members_is_shown_with_an_empty_list() {
        let state = after(&State::default(), create_group(&json!({"displayName": "Staff"}))).unwrap();
        let staff = state.group_by_name("staff").unwrap();
        assert_eq!(group_with(BASE, &state, staff, &Wanted::ALL)["members"], json!([]));
        let text = group_text(BASE, &state, staff, &Selection::default());
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
        let echo = Value::Object(user(BASE, &state, ana, &Wanted::shown(&Selection::default()))).to_string();
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
        let echo = Value::Object(group_with(BASE, &state, staff, &Wanted::ALL)).to_string();
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
