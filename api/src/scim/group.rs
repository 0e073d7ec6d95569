//! Writes to a group: its name, its external id and its members as a delta, its other attributes as a small document.
//!
//! Nothing here reads the members that a group has. The other attributes (extensions such as `roles`) are read only when
//! a PATCH touches them: `GroupPatch::reads_extensions` says so.

use rolecall_engine::{GroupChange, GroupInput, Position};
use scim_v2::filter::{AttrPath, PatchPath, PatchValuePath};
use scim_v2::models::others::{OperationTarget, PatchOperation};
use scim_v2::schema_urns;
use serde_json::{Map, Value};

use super::canonical;
use super::error::ScimError;
use super::lenient;
use super::members::{self, MembersDelta, Selected};
use super::object::take;
use super::operations;
use super::patch;
use super::profile::{Mode, Profile};
use super::schema::{Place, ResourceSchema, Target};
use super::strict;

/// Reads the body of a POST.
///
/// # Errors
/// `invalidSyntax` or `invalidValue`; a group needs a `displayName`.
pub fn create(profile: &Profile, body: &[u8]) -> Result<GroupInput, ScimError> {
    let whole = Whole::read(&profile.group, body)?;
    Ok(GroupInput {
        display_name: whole.display_name,
        external_id: whole.external_id,
        roles: profile.roles(&whole.others),
        extensions: Value::Object(whole.others).to_string(),
        members: whole.members.finish().add,
    })
}

/// Reads the body of a PUT: without `members` they stay as they are, with an empty list the group is emptied.
///
/// # Errors
/// As for a POST.
pub fn replace(profile: &Profile, body: &[u8]) -> Result<GroupChange, ScimError> {
    let whole = Whole::read(&profile.group, body)?;
    Ok(GroupChange {
        expected: None,
        display_name: Some(whole.display_name),
        external_id: Some(whole.external_id),
        roles: Some(profile.roles(&whole.others)),
        extensions: Some(Value::Object(whole.others).to_string()),
        members: whole.members.finish(),
    })
}

/// The body of a POST or PUT.
struct Whole {
    display_name: String,
    external_id: Option<String>,
    members: MembersDelta,
    others: Map<String, Value>,
}

impl Whole {
    fn read(schema: &ResourceSchema, body: &[u8]) -> Result<Self, ScimError> {
        let mut body = operations::object(body)?;
        strict::resource(schema, &body)?;
        let mut members = MembersDelta::default();
        // `null` is how some clients leave `members` out; only a list replaces them.
        if let Some(listed) = take(&mut body, "members").filter(|listed| !listed.is_null()) {
            members.clear();
            members.add(members::ids(listed)?);
        }
        let mut others = canonical::resource(schema, body)?;
        others.retain(|name, _| !is_read_only(schema, name));
        Ok(Self {
            display_name: display_name(others.remove("displayName").unwrap_or_default())?,
            external_id: external_id(others.remove("externalId").unwrap_or_default())?,
            members,
            others,
        })
    }
}

/// A PATCH of a group, read and checked as far as that needs nothing stored.
///
/// It is cloned for each attempt when a write loses a race.
#[derive(Debug, Clone)]
pub struct GroupPatch {
    change: GroupChange,
    others: Vec<PatchOperation>,
}

impl GroupPatch {
    /// Reads the body of a PATCH.
    ///
    /// # Errors
    /// The first fault of the body or of an operation on name, external id or members.
    pub fn read(profile: &Profile, body: &[u8]) -> Result<Self, ScimError> {
        let mut reading = Reading::new(&profile.group);
        for operation in operations::read(&profile.group, body)? {
            reading.operation(operation)?;
        }
        let change = GroupChange {
            members: reading.members.finish(),
            ..reading.change
        };
        Ok(Self {
            change,
            others: reading.others,
        })
    }

    /// Whether `into_change` needs the stored extensions; an ordinary rename or membership change does not.
    pub fn reads_extensions(&self) -> bool {
        !self.others.is_empty()
    }

    /// The change, given the stored extensions and the version they were read at. Both are unused, and the change fits
    /// any version, when `reads_extensions` is false.
    ///
    /// # Errors
    /// The first fault of an operation on the extensions.
    pub fn into_change(
        mut self,
        profile: &Profile,
        extensions: &str,
        version: Position,
    ) -> Result<GroupChange, ScimError> {
        if !self.others.is_empty() {
            let document = serde_json::from_str(extensions).unwrap_or_default();
            let document = patch::apply(&profile.group, document, self.others)?;
            self.change.expected = Some(version);
            self.change.roles = Some(profile.roles(&document));
            self.change.extensions = Some(Value::Object(document).to_string());
        }
        Ok(self.change)
    }
}

/// A PATCH while its operations are sorted: by what they touch, in their order.
struct Reading<'s> {
    schema: &'s ResourceSchema,
    change: GroupChange,
    members: MembersDelta,
    others: Vec<PatchOperation>,
}

/// The attributes of a group that are no part of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    DisplayName,
    ExternalId,
    Members,
}

impl Own {
    fn find(schema: &ResourceSchema, path: &AttrPath) -> Option<Self> {
        let Target::Attribute(Place {
            extension: None,
            name,
            sub,
            ..
        }) = schema.resolve(path)
        else {
            return None;
        };
        match (name.as_str(), sub) {
            ("displayName", None) => Some(Self::DisplayName),
            ("externalId", None) => Some(Self::ExternalId),
            ("members", _) => Some(Self::Members),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

impl Verb {
    /// The operation as `patch` takes it.
    fn operation(self, path: PatchPath, value: Option<Value>) -> PatchOperation {
        match self {
            Self::Add => PatchOperation::Add(OperationTarget::WithPath { path, value }),
            Self::Replace => PatchOperation::Replace(OperationTarget::WithPath { path, value }),
            Self::Remove => PatchOperation::Remove { path, value },
        }
    }
}

impl<'s> Reading<'s> {
    fn new(schema: &'s ResourceSchema) -> Self {
        Self {
            schema,
            change: GroupChange::default(),
            members: MembersDelta::default(),
            others: Vec::new(),
        }
    }

    fn operation(&mut self, operation: PatchOperation) -> Result<(), ScimError> {
        let (verb, target) = match operation {
            PatchOperation::Add(target) => (Verb::Add, target),
            PatchOperation::Replace(target) => (Verb::Replace, target),
            PatchOperation::Remove { path, value } => (Verb::Remove, OperationTarget::WithPath { path, value }),
        };
        match target {
            OperationTarget::WithPath { path, value } => self.at(verb, path, value),
            OperationTarget::WithoutPath { value } => self.attributes(verb, value),
        }
    }

    /// An operation without a path is one operation for each attribute in its value (RFC 7644 3.5.2.1 and 3.5.2.3).
    fn attributes(&mut self, verb: Verb, attributes: Map<String, Value>) -> Result<(), ScimError> {
        let mut others = Map::new();
        for (name, value) in attributes {
            match (lenient::path(Mode::Lenient, &name), value) {
                (_, Value::Object(attributes)) if name.eq_ignore_ascii_case(schema_urns::GROUP) => {
                    self.attributes(verb, attributes)?;
                }
                (Ok(path), value) if own(self.schema, &path).is_some() => self.at(verb, path, Some(value))?,
                (_, value) if !is_read_only(self.schema, &name) => {
                    others.insert(name, value);
                }
                _ => {}
            }
        }
        if !others.is_empty() {
            let target = OperationTarget::WithoutPath { value: others };
            // A remove always has a path: `operations` sees to it.
            self.others.push(match verb {
                Verb::Replace => PatchOperation::Replace(target),
                Verb::Add | Verb::Remove => PatchOperation::Add(target),
            });
        }
        Ok(())
    }

    fn at(&mut self, verb: Verb, path: PatchPath, value: Option<Value>) -> Result<(), ScimError> {
        match (own(self.schema, &path), verb) {
            (None, verb) => self.others.push(verb.operation(path, value)),
            (Some(Own::Members), verb) => self.members_at(verb, path, value)?,
            (Some(Own::DisplayName), Verb::Remove) => {
                return Err(ScimError::mutability(
                    "`displayName` is required; replace it instead of removing it",
                ));
            }
            (Some(Own::DisplayName), _) => self.change.display_name = Some(display_name(value.unwrap_or_default())?),
            (Some(Own::ExternalId), Verb::Remove) => self.change.external_id = Some(None),
            (Some(Own::ExternalId), _) => self.change.external_id = Some(external_id(value.unwrap_or_default())?),
        }
        Ok(())
    }

    fn members_at(&mut self, verb: Verb, path: PatchPath, value: Option<Value>) -> Result<(), ScimError> {
        match path {
            // Clear enough when ids are given; without any, a remove would empty the group by its looks only.
            PatchPath::Attr(AttrPath {
                sub_attr: Some(sub), ..
            }) if sub.eq_ignore_ascii_case("value")
                && self.schema.mode == Mode::Lenient
                && value.as_ref().is_some_and(|value| !value.is_null() && *value != "") =>
            {
                self.all_members(verb, value.unwrap_or_default())
            }
            PatchPath::Attr(AttrPath {
                sub_attr: Some(sub), ..
            }) => Err(ScimError::invalid_path(format!(
                "`members.{sub}` cannot be changed by itself; change `members`"
            ))),
            PatchPath::Attr(_) => self.all_members(verb, value.unwrap_or_default()),
            PatchPath::Value(path) => self.selected_members(verb, &path, value.unwrap_or_default()),
        }
    }

    fn all_members(&mut self, verb: Verb, value: Value) -> Result<(), ScimError> {
        match verb {
            Verb::Add => self.members.add(members::ids(value)?),
            Verb::Replace => {
                self.members.clear();
                self.members.add(members::ids(value)?);
            }
            Verb::Remove if value.is_null() => self.members.clear(),
            // Whoever names no member by mistake is not to lose all of them.
            Verb::Remove if value == "" => {
                return Err(ScimError::invalid_value(
                    "a remove of `members` takes no empty `value`; leave it out to remove all of them",
                ));
            }
            // RFC 7644 3.5.2.2 knows no listed values here and would empty the group; Entra, JumpCloud and authentik list
            // those they want to remove. An empty list removes nobody.
            Verb::Remove => self.members.remove(members::ids(value)?),
        }
        Ok(())
    }

    fn selected_members(&mut self, verb: Verb, path: &PatchValuePath, value: Value) -> Result<(), ScimError> {
        let selected = members::selected(path)?;
        let names_members = path
            .sub_attr
            .as_deref()
            .is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
        match (verb, selected) {
            // `display` and its like are not stored, so there is nothing to write or to remove.
            _ if !names_members => {}
            (Verb::Add, Selected::These(ids)) => self.members.add(ids),
            (Verb::Add, Selected::All) => self.members.add(members::ids(value)?),
            (Verb::Remove, Selected::These(ids)) => self.members.remove(ids),
            (Verb::Remove, Selected::All) => self.members.clear(),
            (Verb::Replace, selected) => {
                match selected {
                    Selected::These(ids) => self.members.remove(ids),
                    Selected::All => self.members.clear(),
                }
                self.members.add(members::ids(value)?);
            }
        }
        Ok(())
    }
}

fn own(schema: &ResourceSchema, path: &PatchPath) -> Option<Own> {
    match path {
        PatchPath::Attr(path) => Own::find(schema, path),
        PatchPath::Value(path) => Own::find(schema, &path.attr).filter(|own| *own == Own::Members),
    }
}

fn is_read_only(schema: &ResourceSchema, name: &str) -> bool {
    schema.attribute(name).is_some_and(|attribute| attribute.read_only)
}

/// The length is the engine's to check.
fn display_name(value: Value) -> Result<String, ScimError> {
    let name = value.as_str().unwrap_or_default().trim();
    if name.is_empty() {
        return Err(ScimError::invalid_value(
            "a group needs a `displayName`, a string that is not empty",
        ));
    }
    Ok(name.to_owned())
}

fn external_id(value: Value) -> Result<Option<String>, ScimError> {
    match value {
        Value::Null => Ok(None),
        Value::String(id) => Ok(Some(id).filter(|id| !id.is_empty())),
        Value::Number(id) => Ok(Some(id.to_string())),
        _ => Err(ScimError::invalid_value("`externalId` takes a string")),
    }
}

#[cfg(test)]
mod tests;
