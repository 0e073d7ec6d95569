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
use super::extension;
use super::lenient;
use super::members::{self, MembersDelta};
use super::object::take;
use super::operations;
use super::patch;
use super::schema::{self, Place, Target};

/// Reads the body of a POST.
///
/// # Errors
/// `invalidSyntax` or `invalidValue`; a group needs a `displayName`.
pub fn create(body: &[u8]) -> Result<GroupInput, ScimError> {
    let whole = Whole::read(body)?;
    Ok(GroupInput {
        display_name: whole.display_name,
        external_id: whole.external_id,
        roles: extension::roles(&whole.others),
        extensions: Value::Object(whole.others).to_string(),
        members: whole.members.finish().add,
    })
}

/// Reads the body of a PUT: without `members` they stay as they are, with an empty list the group is emptied.
///
/// # Errors
/// As for a POST.
pub fn replace(body: &[u8]) -> Result<GroupChange, ScimError> {
    let whole = Whole::read(body)?;
    Ok(GroupChange {
        expected: None,
        display_name: Some(whole.display_name),
        external_id: Some(whole.external_id),
        roles: Some(extension::roles(&whole.others)),
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
    fn read(body: &[u8]) -> Result<Self, ScimError> {
        let mut body = operations::object(body)?;
        let mut members = MembersDelta::default();
        // `null` is how some clients leave `members` out; only a list replaces them.
        if let Some(listed) = take(&mut body, "members").filter(|listed| !listed.is_null()) {
            members.clear();
            members.add(members::ids(listed)?);
        }
        let mut others = canonical::resource(schema::group(), body)?;
        others.retain(|name, _| !is_read_only(name));
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
    pub fn read(body: &[u8]) -> Result<Self, ScimError> {
        let mut reading = Reading::default();
        for operation in operations::operations(operations::object(body)?)? {
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
    pub fn into_change(mut self, extensions: &str, version: Position) -> Result<GroupChange, ScimError> {
        if !self.others.is_empty() {
            let document = serde_json::from_str(extensions).unwrap_or_default();
            let document = patch::apply(schema::group(), document, self.others)?;
            self.change.expected = Some(version);
            self.change.roles = Some(extension::roles(&document));
            self.change.extensions = Some(Value::Object(document).to_string());
        }
        Ok(self.change)
    }
}

/// A PATCH while its operations are sorted: by what they touch, in their order.
#[derive(Default)]
struct Reading {
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
    fn find(path: &AttrPath) -> Option<Self> {
        let Target::Attribute(Place {
            extension: None,
            name,
            sub,
            ..
        }) = schema::group().resolve(path)
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

impl Reading {
    fn operation(&mut self, operation: PatchOperation) -> Result<(), ScimError> {
        match operation {
            PatchOperation::Add(OperationTarget::WithoutPath { value }) => self.attributes(value, PatchOperation::Add),
            PatchOperation::Replace(OperationTarget::WithoutPath { value }) => {
                self.attributes(value, PatchOperation::Replace)
            }
            operation => self.operation_with_path(operation),
        }
    }

    /// An operation without a path is one operation for each attribute in its value (RFC 7644 3.5.2.1 and 3.5.2.3).
    fn attributes(
        &mut self,
        attributes: Map<String, Value>,
        operation: fn(OperationTarget) -> PatchOperation,
    ) -> Result<(), ScimError> {
        let mut others = Map::new();
        for (name, value) in attributes {
            match (lenient::path(&name), value) {
                (_, Value::Object(attributes)) if name.eq_ignore_ascii_case(schema_urns::GROUP) => {
                    self.attributes(attributes, operation)?;
                }
                (Ok(path), value) if own(&path).is_some() => {
                    self.operation_with_path(operation(OperationTarget::WithPath {
                        path,
                        value: Some(value),
                    }))?;
                }
                (_, value) if !is_read_only(&name) => {
                    others.insert(name, value);
                }
                _ => {}
            }
        }
        if !others.is_empty() {
            self.others
                .push(operation(OperationTarget::WithoutPath { value: others }));
        }
        Ok(())
    }

    fn operation_with_path(&mut self, operation: PatchOperation) -> Result<(), ScimError> {
        let attribute = match &operation {
            PatchOperation::Add(OperationTarget::WithPath { path, .. })
            | PatchOperation::Replace(OperationTarget::WithPath { path, .. })
            | PatchOperation::Remove { path, .. } => own(path),
            _ => None,
        };
        match (attribute, operation) {
            (Some(Own::Members), operation) => self.members(operation),
            (Some(Own::DisplayName), PatchOperation::Remove { .. }) => Err(ScimError::mutability(
                "`displayName` is required; replace it instead of removing it",
            )),
            (Some(Own::DisplayName), operation) => {
                self.change.display_name = Some(display_name(value(operation))?);
                Ok(())
            }
            (Some(Own::ExternalId), PatchOperation::Remove { .. }) => {
                self.change.external_id = Some(None);
                Ok(())
            }
            (Some(Own::ExternalId), operation) => {
                self.change.external_id = Some(external_id(value(operation))?);
                Ok(())
            }
            (None, operation) => {
                self.others.push(operation);
                Ok(())
            }
        }
    }

    fn members(&mut self, operation: PatchOperation) -> Result<(), ScimError> {
        match operation {
            PatchOperation::Add(OperationTarget::WithPath {
                path: PatchPath::Attr(path),
                value,
            }) => {
                whole_members(&path)?;
                self.members.add(members::ids(value.unwrap_or_default())?);
            }
            PatchOperation::Replace(OperationTarget::WithPath {
                path: PatchPath::Attr(path),
                value,
            }) => {
                whole_members(&path)?;
                self.members.clear();
                self.members.add(members::ids(value.unwrap_or_default())?);
            }
            // RFC 7644 3.5.2.2 knows no listed values here and would empty the group; Entra, JumpCloud and authentik list
            // those they want to remove. An empty list removes nobody.
            PatchOperation::Remove {
                path: PatchPath::Attr(path),
                value,
            } => {
                whole_members(&path)?;
                match value.filter(|value| !value.is_null() && *value != "") {
                    Some(listed) => self.members.remove(members::ids(listed)?),
                    None => self.members.clear(),
                }
            }
            PatchOperation::Remove {
                path: PatchPath::Value(path),
                ..
            } => match path.sub_attr {
                // `display` and its like are not stored, so there is nothing to remove.
                Some(_) => drop(members::selected(&path)?),
                None => self.members.remove(members::selected(&path)?),
            },
            PatchOperation::Add(OperationTarget::WithPath {
                path: PatchPath::Value(path),
                ..
            }) => {
                self.members.add(members::selected(&path)?);
            }
            PatchOperation::Replace(OperationTarget::WithPath {
                path: PatchPath::Value(path),
                value,
            }) => {
                self.replace_selected(&path, value.unwrap_or_default())?;
            }
            PatchOperation::Add(OperationTarget::WithoutPath { .. })
            | PatchOperation::Replace(OperationTarget::WithoutPath { .. }) => {}
        }
        Ok(())
    }

    fn replace_selected(&mut self, path: &PatchValuePath, value: Value) -> Result<(), ScimError> {
        let selected = members::selected(path)?;
        let names_members = path
            .sub_attr
            .as_deref()
            .is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
        if names_members {
            let replacing = members::ids(value)?;
            self.members.remove(selected);
            self.members.add(replacing);
        }
        Ok(())
    }
}

fn own(path: &PatchPath) -> Option<Own> {
    match path {
        PatchPath::Attr(path) => Own::find(path),
        PatchPath::Value(path) => Own::find(&path.attr).filter(|own| *own == Own::Members),
    }
}

fn is_read_only(name: &str) -> bool {
    schema::group()
        .attribute(name)
        .is_some_and(|attribute| attribute.read_only)
}

fn value(operation: PatchOperation) -> Value {
    match operation {
        PatchOperation::Add(OperationTarget::WithPath { value, .. })
        | PatchOperation::Replace(OperationTarget::WithPath { value, .. })
        | PatchOperation::Remove { value, .. } => value.unwrap_or_default(),
        PatchOperation::Add(OperationTarget::WithoutPath { value })
        | PatchOperation::Replace(OperationTarget::WithoutPath { value }) => Value::Object(value),
    }
}

fn whole_members(path: &AttrPath) -> Result<(), ScimError> {
    match &path.sub_attr {
        None => Ok(()),
        Some(_) => Err(ScimError::invalid_path(format!(
            "`{path}` cannot be changed by itself; change `members`"
        ))),
    }
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
