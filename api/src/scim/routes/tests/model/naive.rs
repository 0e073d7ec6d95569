//! SCIM as it would be written in an afternoon: users and groups in two lists, each request done with loops over them.
//!
//! It shares nothing with the server, and decides by the text of RFC 7643 and RFC 7644 alone. Where the server departs from
//! it on purpose, a comment says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::attributes;
use super::operation::{GROUP_FAULTS, GroupBody, GroupChange, Operation, Shape, ids};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// All that there is.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// The SCIM base URL.
    pub(super) base: String,
    users: Vec<User>,
    groups: Vec<Group>,
    /// The ids of deleted groups by their names: the next group of that name is the old one again.
    deleted_groups: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
struct User {
    id: String,
    attributes: Map<String, Value>,
    /// What `active` was last: without a value it is not shown, and stays in force.
    active: bool,
}

#[derive(Debug, Clone)]
struct Group {
    id: String,
    attributes: Map<String, Value>,
    members: BTreeSet<String>,
}

/// What has to be answered.
#[derive(Debug, PartialEq)]
pub(super) enum Expected {
    Created,
    /// The resource at this path.
    Shown(String),
    Deleted,
    /// With one of these: when a request has several faults, any of them may be named.
    Refused(Vec<Refusal>),
}

/// A status and a `scimType`.
pub(super) type Refusal = (u16, Option<&'static str>);

const NOT_FOUND: Refusal = (404, None);
const TAKEN: Refusal = (409, Some("uniqueness"));

fn invalid(keyword: &'static str) -> Refusal {
    (400, Some(keyword))
}

/// Names are unique in any case (RFC 7643 4.1.1 for users).
fn key(name: &Value) -> String {
    name.as_str().unwrap_or_default().to_lowercase()
}

impl Model {
    pub(super) fn new(base: String) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }

    pub(super) fn user_ids(&self) -> Vec<String> {
        self.users.iter().map(|user| user.id.clone()).collect()
    }

    pub(super) fn group_ids(&self) -> Vec<String> {
        self.groups.iter().map(|group| group.id.clone()).collect()
    }

    /// All users and groups by their paths, as clients read them, without `meta`.
    pub(super) fn resources(&self) -> BTreeMap<String, Value> {
        let users = self
            .users
            .iter()
            .map(|user| (format!("/Users/{}", user.id), self.shown_user(user)));
        let groups = self
            .groups
            .iter()
            .map(|group| (format!("/Groups/{}", group.id), self.shown_group(group)));
        users.chain(groups).collect()
    }

    fn shown_user(&self, user: &User) -> Value {
        let mut shown = user.attributes.clone();
        let containing = self.groups.iter().filter(|group| group.members.contains(&user.id));
        let groups: BTreeMap<_, _> = containing
            .map(|group| {
                let reference = format!("{}/Groups/{}", self.base, group.id);
                let name = &group.attributes["displayName"];
                let of = json!({"value": group.id, "display": name, "type": "direct", "$ref": reference});
                (group.id.clone(), of)
            })
            .collect();
        if !groups.is_empty() {
            shown.insert("groups".to_owned(), groups.into_values().collect());
        }
        complete(shown, USER, &user.id)
    }

    fn shown_group(&self, group: &Group) -> Value {
        let mut shown = group.attributes.clone();
        let members = group
            .members
            .iter()
            .map(|id| json!({"value": id, "type": "User", "$ref": format!("{}/Users/{id}", self.base)}));
        shown.insert("members".to_owned(), members.collect());
        complete(shown, GROUP, &group.id)
    }

    /// Does what is asked for. What is created gets the id that the server gave it.
    pub(super) fn apply(&mut self, operation: &Operation, new_id: &str) -> Expected {
        let done = match operation {
            Operation::CreateUser(body) => self.create_user(body, new_id),
            Operation::ReplaceUser(pick, body) => {
                let id = pick.of(&self.user_ids());
                self.change_user(&id, |before| {
                    let mut after = attributes::described(body).map_err(|fault| vec![fault])?;
                    // What was removed stays removed until somebody speaks of it.
                    if !before.contains_key("active") {
                        after.entry("active").or_insert(Value::Null);
                    }
                    Ok(after)
                })
            }
            Operation::PatchUser(pick, changes) => {
                let id = pick.of(&self.user_ids());
                self.change_user(&id, |before| {
                    let mut after = before.clone();
                    let faults = changes
                        .iter()
                        .filter_map(|change| attributes::change(&mut after, change).err());
                    let faults: Vec<_> = faults.collect();
                    // RFC 7644 3.5.2.2: what is removed is unassigned; in a PUT, what is not there keeps what it was.
                    after.entry("active").or_insert(Value::Null);
                    if faults.is_empty() { Ok(after) } else { Err(faults) }
                })
            }
            Operation::DeleteUser(pick) => self.delete_user(&pick.of(&self.user_ids())),
            Operation::CreateGroup(body) => self.create_group(body, new_id),
            Operation::ReplaceGroup(pick, body) => self.replace_group(&pick.of(&self.group_ids()), body),
            Operation::PatchGroup(pick, changes) => self.patch_group(&pick.of(&self.group_ids()), changes),
            Operation::DeleteGroup(pick) => self.delete_group(&pick.of(&self.group_ids())),
        };
        done.unwrap_or_else(Expected::Refused)
    }

    fn create_user(&mut self, body: &Map<String, Value>, id: &str) -> Result<Expected, Vec<Refusal>> {
        let user = User {
            id: id.to_owned(),
            attributes: attributes::described(body).map_err(|fault| vec![invalid(fault)])?,
            active: true,
        };
        self.users.push(self.checked_user(user)?);
        Ok(Expected::Created)
    }

    fn change_user(
        &mut self,
        id: &str,
        change: impl FnOnce(&Map<String, Value>) -> Result<Map<String, Value>, Vec<&'static str>>,
    ) -> Result<Expected, Vec<Refusal>> {
        let Some(place) = self.users.iter().position(|user| user.id == id) else {
            let mut refusals = vec![NOT_FOUND];
            let faults = change(&Map::new()).err().unwrap_or_default();
            refusals.extend(faults.into_iter().map(invalid));
            return Err(refusals);
        };
        let mut user = self.users[place].clone();
        let changed = change(&user.attributes);
        user.attributes = changed.map_err(|faults| faults.into_iter().map(invalid).collect::<Vec<_>>())?;
        self.users[place] = self.checked_user(user)?;
        Ok(Expected::Shown(format!("/Users/{id}")))
    }

    fn checked_user(&self, mut user: User) -> Result<User, Vec<Refusal>> {
        let name = user.attributes.get("userName").cloned().unwrap_or_default();
        if name.is_null() {
            return Err(vec![invalid("invalidValue")]);
        }
        let is_taken = |other: &User| other.id != user.id && key(&other.attributes["userName"]) == key(&name);
        if self.users.iter().any(is_taken) {
            return Err(vec![TAKEN]);
        }
        attributes::drop_labels(&mut user.attributes);
        match user.attributes.get("active") {
            Some(Value::Bool(active)) => user.active = *active,
            Some(_) => drop(user.attributes.remove("active")),
            None => drop(user.attributes.insert("active".to_owned(), json!(user.active))),
        }
        Ok(user)
    }

    fn delete_user(&mut self, id: &str) -> Result<Expected, Vec<Refusal>> {
        let before = self.users.len();
        self.users.retain(|user| user.id != id);
        for group in &mut self.groups {
            group.members.remove(id);
        }
        if self.users.len() == before {
            return Err(vec![NOT_FOUND]);
        }
        Ok(Expected::Deleted)
    }

    fn create_group(&mut self, body: &GroupBody, id: &str) -> Result<Expected, Vec<Refusal>> {
        let group = Group {
            id: id.to_owned(),
            attributes: described_group(body)?,
            members: self.known(&ids(body.members.as_deref().unwrap_or_default(), &self.user_ids())),
        };
        self.check_group(&group)?;
        let old = self.deleted_groups.remove(&key(&group.attributes["displayName"]));
        assert!(old.is_none_or(|old| old == id), "the group of this name comes back");
        self.groups.push(group);
        Ok(Expected::Created)
    }

    fn replace_group(&mut self, id: &str, body: &GroupBody) -> Result<Expected, Vec<Refusal>> {
        let users = self.user_ids();
        let (place, attributes) = match (self.group_place(id), described_group(body)) {
            (Ok(place), Ok(attributes)) => (place, attributes),
            (place, attributes) => {
                let refusals = place.err().into_iter().chain(attributes.err());
                return Err(refusals.flatten().collect());
            }
        };
        let mut group = self.groups[place].clone();
        group.attributes = attributes;
        // RFC 7644 3.5.1 lets the server keep what a PUT does not name, and members are kept.
        if let Some(picks) = &body.members {
            group.members = self.known(&ids(picks, &users));
        }
        self.put_group(place, group)
    }

    fn patch_group(&mut self, id: &str, changes: &[GroupChange]) -> Result<Expected, Vec<Refusal>> {
        let faults = changes.iter().filter_map(|change| match change {
            GroupChange::Faulty(number) => Some(invalid(GROUP_FAULTS[*number].1)),
            _ => None,
        });
        let mut refusals: Vec<_> = faults.collect();
        let place = match self.group_place(id) {
            Ok(place) if refusals.is_empty() => place,
            Ok(_) => return Err(refusals),
            Err(missing) => {
                refusals.extend(missing);
                return Err(refusals);
            }
        };
        let mut group = self.groups[place].clone();
        for change in changes {
            self.change_group(&mut group, change);
        }
        self.put_group(place, group)
    }

    fn change_group(&self, group: &mut Group, change: &GroupChange) {
        let users = self.user_ids();
        match change {
            GroupChange::Members(shape, picks) => self.change_members(&mut group.members, *shape, &ids(picks, &users)),
            GroupChange::Whole(name, picks) => {
                group.attributes.insert("displayName".to_owned(), json!(name));
                group.members = self.known(&ids(picks, &users));
            }
            GroupChange::Write(_, name, value) | GroupChange::WriteWithoutPath(_, name, value) => {
                if value.is_null() {
                    group.attributes.remove(*name);
                } else {
                    group.attributes.insert((*name).to_owned(), value.clone());
                }
            }
            GroupChange::Remove(name) => drop(group.attributes.remove(*name)),
            GroupChange::Faulty(_) => {}
        }
    }

    fn change_members(&self, members: &mut BTreeSet<String>, shape: Shape, ids: &[String]) {
        match shape {
            Shape::AddList | Shape::AddWithoutPath => members.extend(self.known(ids)),
            Shape::AddObject | Shape::AddText => members.extend(self.known(&ids[..1])),
            Shape::RemoveSelected | Shape::RemoveListed | Shape::RemoveListedWithoutPath => {
                members.retain(|id| !ids.contains(id));
            }
            Shape::RemoveAll | Shape::RemoveAllByNull => members.clear(),
            Shape::ReplaceList | Shape::ReplaceWithoutPath => *members = self.known(ids),
        }
    }

    fn put_group(&mut self, place: usize, group: Group) -> Result<Expected, Vec<Refusal>> {
        self.check_group(&group)?;
        let path = format!("/Groups/{}", group.id);
        self.groups[place] = group;
        Ok(Expected::Shown(path))
    }

    fn delete_group(&mut self, id: &str) -> Result<Expected, Vec<Refusal>> {
        let group = self.groups.remove(self.group_place(id)?);
        let name = key(&group.attributes["displayName"]);
        self.deleted_groups.insert(name, group.id);
        Ok(Expected::Deleted)
    }

    fn group_place(&self, id: &str) -> Result<usize, Vec<Refusal>> {
        let place = self.groups.iter().position(|group| group.id == id);
        place.ok_or(vec![NOT_FOUND])
    }

    fn check_group(&self, group: &Group) -> Result<(), Vec<Refusal>> {
        let name = &group.attributes["displayName"];
        let is_taken = |other: &Group| other.id != group.id && key(&other.attributes["displayName"]) == key(name);
        if self.groups.iter().any(is_taken) {
            return Err(vec![TAKEN]);
        }
        Ok(())
    }

    /// Ids that name no user are left out, so that the others get in.
    fn known(&self, ids: &[String]) -> BTreeSet<String> {
        let known = self.user_ids();
        ids.iter().filter(|id| known.contains(id)).cloned().collect()
    }
}

fn described_group(body: &GroupBody) -> Result<Map<String, Value>, Vec<Refusal>> {
    let described = attributes::described(&body.attributes).map_err(|fault| vec![invalid(fault)])?;
    if !described.contains_key("displayName") {
        return Err(vec![invalid("invalidValue")]);
    }
    Ok(described)
}

fn complete(mut shown: Map<String, Value>, core: &str, id: &str) -> Value {
    let extensions = shown.keys().filter(|name| name.starts_with("urn:"));
    let schemas: BTreeSet<String> = extensions.cloned().chain([core.to_owned()]).collect();
    shown.insert("schemas".to_owned(), json!(schemas));
    shown.insert("id".to_owned(), json!(id));
    Value::Object(shown)
}
