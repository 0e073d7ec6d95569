//! What an identity provider may ask for, as values, and the requests that they are.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::naive::Model;

pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Which resource: one of those there are when its turn comes, in the order of their creation, or one that is not there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pick {
    Live(usize),
    Nobody,
}

impl Pick {
    pub(super) fn of(self, ids: &[String]) -> String {
        match self {
            Self::Live(number) if !ids.is_empty() => ids[number % ids.len()].clone(),
            _ => NOBODY.to_owned(),
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    CreateUser(Map<String, Value>),
    ReplaceUser(Pick, Map<String, Value>),
    PatchUser(Pick, Vec<Change>),
    DeleteUser(Pick),
    CreateGroup(GroupBody),
    ReplaceGroup(Pick, GroupBody),
    PatchGroup(Pick, Vec<GroupChange>),
    DeleteGroup(Pick),
}

/// A group as POST and PUT describe it.
#[derive(Clone, Debug)]
pub(super) struct GroupBody {
    pub(super) attributes: Map<String, Value>,
    pub(super) members: Option<Vec<Pick>>,
}

/// One operation of a PATCH of a user.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Whether names and `op` come in capitals (RFC 7643 2.1; Entra).
    pub(super) loud: bool,
    pub(super) edit: Edit,
}

/// What it does.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Write(Verb, Target, Value),
    /// Without a path: the paths are the names in the value. Okta sends the `id` with it.
    WriteAll(Verb, Vec<(Target, Value)>),
    Remove(Target),
    /// A `remove` that lists what is to go (Entra).
    RemoveListed(&'static str, Value),
    /// One of `USER_FAULTS`.
    Faulty(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verb {
    Add,
    Replace,
}

/// What a path names.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Attribute(&'static str),
    Part(&'static str, &'static str),
    /// Of this attribute the values whose part equals this, and a part of them or they themselves.
    Selected(&'static str, (&'static str, Value), Option<&'static str>),
    Enterprise(&'static str),
    EnterprisePart(&'static str, &'static str),
    EnterpriseWhole,
}

/// One operation of a PATCH of a group.
#[derive(Clone, Debug)]
pub(super) enum GroupChange {
    Members(Shape, Vec<Pick>),
    /// At once, as Okta and authentik do it.
    Whole(&'static str, Vec<Pick>),
    Write(Verb, &'static str, Value),
    WriteWithoutPath(Verb, &'static str, Value),
    Remove(&'static str),
    /// One of `GROUP_FAULTS`.
    Faulty(usize),
}

/// The ways in which providers change members.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    AddList,
    AddWithoutPath,
    /// One object where a list belongs.
    AddObject,
    /// One id where a list belongs (Microsoft's Postman collection).
    AddText,
    RemoveSelected,
    RemoveListed,
    RemoveListedWithoutPath,
    RemoveAll,
    RemoveAllByNull,
    ReplaceList,
    ReplaceWithoutPath,
}

/// Operations on a user that cannot be done, and why.
pub(super) const USER_FAULTS: [(&str, &str); 11] = [
    (r#"{"op": "remove", "path": "userName"}"#, "mutability"),
    (r#"{"op": "replace", "path": "id", "value": "x"}"#, "mutability"),
    (
        r#"{"op": "add", "path": "groups", "value": [{"value": "x"}]}"#,
        "mutability",
    ),
    (r#"{"op": "remove", "path": "meta.version"}"#, "mutability"),
    (r#"{"op": "remove"}"#, "noTarget"),
    (r#"{"op": "move", "path": "title", "value": "x"}"#, "invalidSyntax"),
    (
        r#"{"op": "replace", "path": "active", "value": "maybe"}"#,
        "invalidValue",
    ),
    (r#"{"op": "replace", "path": "name", "value": "x"}"#, "invalidValue"),
    (r#"{"op": "replace", "value": "x"}"#, "invalidValue"),
    (
        r#"{"op": "add", "path": "title[type eq \"work\"]", "value": "x"}"#,
        "invalidPath",
    ),
    (
        r#"{"op": "add", "path": "emails[type eq", "value": "x"}"#,
        "invalidPath",
    ),
];

/// Operations on a group that cannot be done, and why.
pub(super) const GROUP_FAULTS: [(&str, &str); 8] = [
    (r#"{"op": "remove", "path": "displayName"}"#, "mutability"),
    (
        r#"{"op": "replace", "path": "displayName", "value": ""}"#,
        "invalidValue",
    ),
    (r#"{"op": "replace", "path": "id", "value": "x"}"#, "mutability"),
    (r#"{"op": "remove"}"#, "noTarget"),
    (r#"{"op": "move", "path": "members"}"#, "invalidSyntax"),
    (r#"{"op": "remove", "path": "members[value sw \"a\"]"}"#, "invalidPath"),
    (
        r#"{"op": "add", "path": "members", "value": [{"display": "x"}]}"#,
        "invalidValue",
    ),
    (r#"{"op": "replace", "path": "members"}"#, "invalidValue"),
];

impl Operation {
    /// The request: for a PATCH the body is its operations.
    pub(super) fn request(&self, model: &Model) -> (Method, String, Value) {
        let user = |pick: &Pick| format!("/Users/{}", pick.of(&model.user_ids()));
        let group = |pick: &Pick| format!("/Groups/{}", pick.of(&model.group_ids()));
        let users = model.user_ids();
        match self {
            Self::CreateUser(body) => (Method::POST, "/Users".to_owned(), Value::Object(body.clone())),
            Self::ReplaceUser(pick, body) => (Method::PUT, user(pick), Value::Object(body.clone())),
            Self::PatchUser(pick, changes) => (
                Method::PATCH,
                user(pick),
                changes.iter().map(Change::operation).collect(),
            ),
            Self::DeleteUser(pick) => (Method::DELETE, user(pick), Value::Null),
            Self::CreateGroup(body) => (Method::POST, "/Groups".to_owned(), body.json(&users)),
            Self::ReplaceGroup(pick, body) => (Method::PUT, group(pick), body.json(&users)),
            Self::PatchGroup(pick, changes) => {
                let operations = changes.iter().map(|change| change.operation(&users));
                (Method::PATCH, group(pick), operations.collect())
            }
            Self::DeleteGroup(pick) => (Method::DELETE, group(pick), Value::Null),
        }
    }
}

/// The ids that these are.
pub(super) fn ids(picks: &[Pick], users: &[String]) -> Vec<String> {
    picks.iter().map(|pick| pick.of(users)).collect()
}

fn members(picks: &[Pick], users: &[String]) -> Value {
    let members = ids(picks, users).into_iter().map(|id| json!({"value": id}));
    members.collect()
}

impl GroupBody {
    pub(super) fn json(&self, users: &[String]) -> Value {
        let mut body = self.attributes.clone();
        if let Some(picks) = &self.members {
            body.insert("members".to_owned(), members(picks, users));
        }
        Value::Object(body)
    }
}

impl Change {
    pub(super) fn operation(&self) -> Value {
        match &self.edit {
            Edit::Write(verb, target, value) => {
                json!({"op": self.spelled(verb.name()), "path": self.path(target), "value": value})
            }
            Edit::WriteAll(verb, writes) => {
                let writes = writes.iter().map(|(target, value)| (self.path(target), value.clone()));
                let mut value: Map<String, Value> = writes.collect();
                value.insert("id".to_owned(), json!("ignored"));
                json!({"op": self.spelled(verb.name()), "value": value})
            }
            Edit::Remove(target) => json!({"op": self.spelled("remove"), "path": self.path(target)}),
            Edit::RemoveListed(name, values) => {
                json!({"op": self.spelled("remove"), "path": self.spelled(name), "value": values})
            }
            Edit::Faulty(number) => serde_json::from_str(USER_FAULTS[*number].0).unwrap(),
        }
    }

    /// What no schema has is kept as it is spelled.
    fn spelled(&self, word: &str) -> String {
        if self.loud && word != "badge" {
            word.to_uppercase()
        } else {
            word.to_owned()
        }
    }

    fn path(&self, target: &Target) -> String {
        match target {
            Target::Attribute(name) => self.spelled(name),
            Target::Part(name, part) => self.spelled(&format!("{name}.{part}")),
            Target::Selected(name, (by, value), part) => {
                let part = part.map(|part| format!(".{part}")).unwrap_or_default();
                let (name, by) = (self.spelled(name), self.spelled(by));
                format!("{name}[{by} eq {value}]{}", self.spelled(&part))
            }
            Target::Enterprise(name) => format!("{ENTERPRISE}:{}", self.spelled(name)),
            Target::EnterprisePart(name, part) => format!("{ENTERPRISE}:{}", self.spelled(&format!("{name}.{part}"))),
            Target::EnterpriseWhole => ENTERPRISE.to_owned(),
        }
    }
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
        }
    }
}

impl GroupChange {
    fn operation(&self, users: &[String]) -> Value {
        match self {
            Self::Members(shape, picks) => shape.operation(picks, users),
            Self::Whole(name, picks) => {
                let value = json!({"id": "ignored", "displayName": name, "members": members(picks, users)});
                json!({"op": "replace", "value": value})
            }
            Self::Write(verb, name, value) => json!({"op": verb.name(), "path": name, "value": value}),
            Self::WriteWithoutPath(verb, name, value) => {
                json!({"op": verb.name(), "value": {"id": "ignored", *name: value}})
            }
            Self::Remove(name) => json!({"op": "remove", "path": name}),
            Self::Faulty(number) => serde_json::from_str(GROUP_FAULTS[*number].0).unwrap(),
        }
    }
}

impl Shape {
    fn operation(self, picks: &[Pick], users: &[String]) -> Value {
        let (list, ids) = (members(picks, users), ids(picks, users));
        match self {
            Self::AddList => json!({"op": "add", "path": "members", "value": list}),
            Self::AddWithoutPath => json!({"op": "Add", "value": {"members": list}}),
            Self::AddObject => json!({"op": "add", "path": "members", "value": list[0]}),
            Self::AddText => json!({"op": "Add", "path": "members", "value": ids[0]}),
            Self::RemoveSelected => {
                let selected: Vec<_> = ids.iter().map(|id| format!("value eq \"{id}\"")).collect();
                json!({"op": "remove", "path": format!("members[{}]", selected.join(" or "))})
            }
            Self::RemoveListed => json!({"op": "Remove", "path": "members", "value": list}),
            Self::RemoveListedWithoutPath => json!({"op": "remove", "value": {"members": list}}),
            Self::RemoveAll => json!({"op": "remove", "path": "members"}),
            Self::RemoveAllByNull => json!({"op": "remove", "path": "members", "value": null}),
            Self::ReplaceList => json!({"op": "replace", "path": "members", "value": list}),
            Self::ReplaceWithoutPath => json!({"op": "Replace", "value": {"members": list}}),
        }
    }
}
