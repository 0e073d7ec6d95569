//! PATCH over the document of a resource (RFC 7644 3.5.2): the current document and the operations give a new document.
//!
//! Pure, and all or nothing: the first fault refuses the whole PATCH. A group's members are no part of its document;
//! changes to them are the business of `members`. Whether the result is a valid user or group is asked afterwards.

use std::borrow::Cow;

use scim_v2::filter::{PatchPath, PatchValuePath};
use scim_v2::models::others::{OperationTarget, PatchOperation};
use serde_json::{Map, Value};

use super::canonical::{self, keep_one_primary, too_many_values};
use super::elements;
use super::error::ScimError;
use super::filter;
use super::lenient;
use super::limits::ATTRIBUTE_VALUES_MAX;
use super::object::{member, set, spelling};
use super::profile::Mode;
use super::schema::{Attribute, Kind, Place, ResourceSchema, Target};
use super::weight::{self, Work};

/// The document after all operations.
///
/// # Errors
/// `invalidPath`, `invalidFilter`, `invalidValue`, `noTarget`, `mutability` or `tooMany`, for the first operation that
/// cannot be done.
pub(crate) fn apply(
    schema: &ResourceSchema,
    document: Map<String, Value>,
    operations: Vec<PatchOperation>,
) -> Result<Map<String, Value>, ScimError> {
    let work = Work::default();
    let mut patch = Patch { schema, document, work };
    for operation in operations {
        patch.work.operation(&patch.document, &operation)?;
        patch.operation(operation)?;
    }
    Ok(patch.document)
}

/// The two operations that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Replace,
}

struct Patch<'s> {
    schema: &'s ResourceSchema,
    document: Map<String, Value>,
    work: Work,
}

impl<'s> Patch<'s> {
    fn operation(&mut self, operation: PatchOperation) -> Result<(), ScimError> {
        match operation {
            PatchOperation::Add(target) => self.write_target(Verb::Add, target),
            PatchOperation::Replace(target) => self.write_target(Verb::Replace, target),
            PatchOperation::Remove {
                path: PatchPath::Attr(path),
                value,
            } => match self.schema.resolve(&path) {
                Target::Extension(urn) => self.remove_extension(&urn, value),
                Target::Attribute(place) => self.remove(&place, value),
            },
            PatchOperation::Remove {
                path: PatchPath::Value(path),
                ..
            } => self.remove_selected(&path),
        }
    }

    fn write_target(&mut self, verb: Verb, target: OperationTarget) -> Result<(), ScimError> {
        match target {
            OperationTarget::WithoutPath { value } => self.write_attributes(verb, value),
            OperationTarget::WithPath { path, value } => self.write_path(verb, path, value.unwrap_or_default()),
        }
    }

    fn write_path(&mut self, verb: Verb, path: PatchPath, value: Value) -> Result<(), ScimError> {
        match path {
            PatchPath::Value(path) => self.write_selected(verb, &path, value),
            PatchPath::Attr(path) => match self.schema.resolve(&path) {
                Target::Extension(urn) => self.write_extension(verb, &urn, value),
                Target::Attribute(place) => {
                    refuse_read_only(&place)?;
                    self.write(verb, &place, value)
                }
            },
        }
    }

    /// An operation without a path: its value names attributes, with dots and URNs as Entra writes them.
    fn write_attributes(&mut self, verb: Verb, attributes: Map<String, Value>) -> Result<(), ScimError> {
        weight::check_count(&attributes)?;
        for (name, value) in attributes {
            if self.is_ignored(&name) {
                continue;
            }
            match value {
                Value::Object(attributes) if name.eq_ignore_ascii_case(self.schema.of.urn()) => {
                    self.write_attributes(verb, attributes)?;
                }
                value if self.is_extension(&name, &value) => self.write_extension(verb, &name, value)?,
                value => match lenient::path(Mode::Lenient, &name) {
                    Ok(path) if self.is_read_only(&path) => {}
                    Ok(path) => self.write_path(verb, path, value)?,
                    Err(_) => set(&mut self.document, &name, canonical::unknown(value)),
                },
            }
        }
        Ok(())
    }

    /// RFC 7644 3.5.1 and 3.5.2: read-only attributes among others are ignored; Okta sends `id` with each rename.
    fn is_ignored(&self, name: &str) -> bool {
        self.schema.attribute(name).is_some_and(|attribute| attribute.read_only)
    }

    /// The same for a name with a URN.
    fn is_read_only(&self, path: &PatchPath) -> bool {
        let PatchPath::Attr(path) = path else { return false };
        matches!(self.schema.resolve(path), Target::Attribute(place) if refuse_read_only(&place).is_err())
    }

    /// A URN with an object is an extension that nobody knows, unless it goes on with the name of an attribute.
    fn is_extension(&self, name: &str, value: &Value) -> bool {
        let is_urn = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        self.schema.extension(name).is_some() || is_urn && value.is_object() && !self.is_attribute(name)
    }

    fn is_attribute(&self, name: &str) -> bool {
        let Ok(PatchPath::Attr(path)) = lenient::path(Mode::Lenient, name) else {
            return false;
        };
        matches!(self.schema.resolve(&path), Target::Attribute(place) if place.attribute.is_some())
    }

    fn write_extension(&mut self, verb: Verb, urn: &str, value: Value) -> Result<(), ScimError> {
        let attributes = match value {
            Value::Object(attributes) => attributes,
            value if canonical::unknown(value.clone()).is_none() => return self.remove_extension(urn, None),
            _ => return Err(ScimError::invalid_value(format!("`{urn}` takes an object"))),
        };
        weight::check_count(&attributes)?;
        for (name, value) in attributes {
            let place = self.extension_place(urn, &name);
            if refuse_read_only(&place).is_ok() {
                self.write(verb, &place, value)?;
            }
        }
        Ok(())
    }

    fn extension_place(&self, urn: &str, name: &str) -> Place<'s> {
        let known = self.schema.extension(urn);
        let attribute = known.and_then(|extension| extension.attribute(name));
        Place {
            extension: Some(known.map_or_else(|| urn.to_owned(), |extension| extension.urn.clone())),
            name: attribute.map_or_else(|| name.to_owned(), |attribute| attribute.name.clone()),
            sub: None,
            attribute,
            sub_attribute: None,
        }
    }

    fn write(&mut self, verb: Verb, place: &Place<'_>, value: Value) -> Result<(), ScimError> {
        // What a schema describes is found by a table, all else by comparing it with each value.
        let compared = if place.attribute.is_some() { 0 } else { count(&value) };
        self.count_list(place, compared)?;
        let container = self.container(place)?;
        match (place.attribute, &place.sub) {
            (Some(attribute), Some(sub)) => write_sub(container, attribute, sub, value)?,
            (Some(attribute), None) if attribute.multi_valued => elements::write(container, verb, attribute, value)?,
            (Some(attribute), None) if attribute.kind == Kind::Complex => merge(container, attribute, value)?,
            (Some(attribute), None) => set(container, &attribute.name, canonical::assigned(attribute, value)?),
            (None, Some(sub)) => write_unknown_sub(container, &place.name, sub, value)?,
            (None, None) => write_unknown(container, verb, &place.name, value)?,
        }
        self.drop_empty(place);
        Ok(())
    }

    fn remove(&mut self, place: &Place<'_>, value: Option<Value>) -> Result<(), ScimError> {
        refuse_read_only(place)?;
        refuse_required(place)?;
        self.count_list(place, value.as_ref().map_or(0, count))?;
        let container = self.container(place)?;
        // A value of `null` or `""` lists nothing, and means the attribute itself; `[]` lists no value, and removes none.
        let listed = value.filter(|value| !value.is_null() && *value != "");
        match (&place.sub, listed) {
            (Some(sub), _) => remove_sub(container, &place.name, sub),
            (None, Some(listed)) => match list(container, place) {
                Some(attribute) => elements::remove_listed(container, &attribute, listed)?,
                None => set(container, &place.name, None),
            },
            (None, None) => set(container, &place.name, None),
        }
        self.drop_empty(place);
        Ok(())
    }

    fn remove_extension(&mut self, urn: &str, value: Option<Value>) -> Result<(), ScimError> {
        match value {
            Some(Value::Object(attributes)) if !attributes.is_empty() => {
                for (name, value) in attributes {
                    let place = self.extension_place(urn, &name);
                    if refuse_read_only(&place).is_ok() {
                        self.remove(&place, Some(value))?;
                    }
                }
            }
            _ => set(&mut self.document, urn, None),
        }
        Ok(())
    }

    fn write_selected(&mut self, verb: Verb, path: &PatchValuePath, value: Value) -> Result<(), ScimError> {
        let (place, attribute) = self.selected_place(path)?;
        let attribute = attribute.as_ref();
        let mode = self.schema.mode;
        let selector = filter::selector(mode, place.attribute, &path.filter)?;
        self.count_list(&place, weight::comparisons(&path.filter))?;
        let container = self.container(&place)?;
        let mut elements = elements::take(container, attribute);
        let mut selected = elements::positions(&elements, |element| filter::selects(&selector, element));
        let demanded = filter::demanded(&selector);
        if selected.is_empty() {
            // RFC 7644 3.5.2.3 answers `noTarget`; Entra relies on the value being created.
            let created = demanded.clone().filter(|_| mode == Mode::Lenient);
            let Some(demanded) = created else {
                return Err(ScimError::no_target(format!(
                    "`{path}` selects no value, and does not say which to create"
                )));
            };
            // What has no value is not created.
            if !value.is_null() && value != "" {
                selected.push(elements.len());
                elements.push(Value::Object(demanded));
            }
        }
        weight::check_copies(&value, selected.len())?;
        for (_, element) in elements
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| selected.binary_search(index).is_ok())
        {
            elements::write_one(verb, path, attribute, demanded.as_ref(), element, value.clone())?;
        }
        keep_one_primary(&mut elements, &selected);
        elements::put(container, attribute, elements)?;
        self.drop_empty(&place);
        Ok(())
    }

    /// A selected value that is not there is already removed: identity providers repeat themselves.
    fn remove_selected(&mut self, path: &PatchValuePath) -> Result<(), ScimError> {
        let (place, attribute) = self.selected_place(path)?;
        let attribute = attribute.as_ref();
        let selector = filter::selector(self.schema.mode, place.attribute, &path.filter)?;
        self.count_list(&place, weight::comparisons(&path.filter))?;
        let container = self.container(&place)?;
        let mut elements = elements::take(container, attribute);
        match &path.sub_attr {
            None => elements.retain(|element| !filter::selects(&selector, element)),
            Some(sub) => elements
                .retain_mut(|element| !filter::selects(&selector, element) || elements::remove_part(element, sub)),
        }
        elements::put(container, attribute, elements)?;
        self.drop_empty(&place);
        Ok(())
    }

    fn selected_place(&mut self, path: &PatchValuePath) -> Result<(Place<'s>, Cow<'s, Attribute>), ScimError> {
        let Target::Attribute(place) = self.schema.resolve(&path.attr) else {
            return Err(ScimError::invalid_path(format!(
                "`{}` is a schema, not an attribute",
                path.attr
            )));
        };
        refuse_read_only(&place)?;
        let whole = place.sub.is_none();
        // An unknown attribute without a value may become a list.
        let list = match (self.container(&place)?, place.attribute) {
            (container, None) if whole && member(container, &place.name).is_none() => {
                Some(Cow::Owned(Attribute::unknown_list(place.name.clone())))
            }
            (container, _) => list(container, &place).filter(|_| whole),
        };
        match list {
            Some(attribute) => Ok((place, attribute)),
            None => Err(ScimError::invalid_path(format!(
                "`{}` is not a multi-valued attribute of a {}, so nothing in it can be selected",
                path.attr,
                self.schema.of.name()
            ))),
        }
    }

    /// The object that holds the attribute: the document, or an extension in it, created when it is missing.
    fn container(&mut self, place: &Place<'_>) -> Result<&mut Map<String, Value>, ScimError> {
        let Some(urn) = &place.extension else {
            return Ok(&mut self.document);
        };
        let key = spelling(&self.document, urn);
        let extension = self.document.entry(key).or_insert_with(|| Value::Object(Map::new()));
        extension
            .as_object_mut()
            .ok_or_else(|| ScimError::invalid_path(format!("`{urn}` is not an extension")))
    }

    /// Counts the work on the list at this place, if one is there.
    fn count_list(&mut self, place: &Place<'_>, comparisons: usize) -> Result<(), ScimError> {
        let container = match &place.extension {
            Some(urn) => member(&self.document, urn).and_then(Value::as_object),
            None => Some(&self.document),
        };
        match container.and_then(|container| member(container, &place.name)) {
            Some(Value::Array(elements)) => self.work.list(elements, comparisons),
            _ => Ok(()),
        }
    }

    fn drop_empty(&mut self, place: &Place<'_>) {
        let Some(urn) = &place.extension else { return };
        if member(&self.document, urn)
            .and_then(Value::as_object)
            .is_some_and(Map::is_empty)
        {
            set(&mut self.document, urn, None);
        }
    }
}

/// How many values are written or listed.
fn count(value: &Value) -> usize {
    value.as_array().map_or(1, Vec::len)
}

fn refuse_read_only(place: &Place<'_>) -> Result<(), ScimError> {
    let parts = [place.attribute, place.sub_attribute];
    match parts.into_iter().flatten().find(|attribute| attribute.read_only) {
        Some(attribute) => Err(ScimError::mutability(format!("`{}` is read-only", attribute.name))),
        None => Ok(()),
    }
}

/// The attribute at the place, if it is multi-valued. One that no schema describes is when it has a list.
fn list<'s>(container: &Map<String, Value>, place: &Place<'s>) -> Option<Cow<'s, Attribute>> {
    match place.attribute {
        Some(attribute) => Some(Cow::Borrowed(attribute)).filter(|_| attribute.multi_valued),
        None => {
            let name = spelling(container, &place.name);
            let is_list = container.get(&name).is_some_and(Value::is_array);
            is_list.then(|| Cow::Owned(Attribute::unknown_list(name)))
        }
    }
}

/// RFC 7644 3.5.2.2: removing a required attribute is an error with `mutability`.
fn refuse_required(place: &Place<'_>) -> Result<(), ScimError> {
    match place.attribute {
        Some(attribute) if attribute.required && place.sub.is_none() => Err(ScimError::mutability(format!(
            "`{}` is required; replace it instead of removing it",
            attribute.name
        ))),
        _ => Ok(()),
    }
}

/// RFC 7644 3.5.2.1 and 3.5.2.3: of a complex attribute, the sub-attributes that are not named stay as they are.
fn merge(container: &mut Map<String, Value>, attribute: &Attribute, value: Value) -> Result<(), ScimError> {
    let Value::Object(members) = value else {
        set(container, &attribute.name, canonical::assigned(attribute, value)?);
        return Ok(());
    };
    let mut object = match container.remove(&attribute.name) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    elements::merge_members(&mut object, attribute, members)?;
    set(
        container,
        &attribute.name,
        (!object.is_empty()).then_some(Value::Object(object)),
    );
    Ok(())
}

fn write_sub(
    container: &mut Map<String, Value>,
    attribute: &Attribute,
    sub: &str,
    value: Value,
) -> Result<(), ScimError> {
    if attribute.kind != Kind::Complex {
        return Err(ScimError::invalid_path(format!(
            "`{}` has no sub-attributes",
            attribute.name
        )));
    }
    if !attribute.multi_valued {
        return merge(
            container,
            attribute,
            Value::Object(Map::from_iter([(sub.to_owned(), value)])),
        );
    }
    let mut elements = elements::take(container, attribute);
    if elements.is_empty() {
        elements.push(Value::Object(Map::new()));
    }
    weight::check_copies(&value, elements.len())?;
    let (name, value) = canonical::sub_value(attribute, sub, value)?;
    elements
        .iter_mut()
        .filter_map(Value::as_object_mut)
        .for_each(|element| set(element, &name, value.clone()));
    keep_one_primary(&mut elements, &[]);
    elements::put(container, attribute, elements)
}

/// As an attribute of the same shape that a schema describes would be written, as far as the shape can be seen.
fn write_unknown(container: &mut Map<String, Value>, verb: Verb, name: &str, value: Value) -> Result<(), ScimError> {
    let key = spelling(container, name);
    match (container.get_mut(&key), value) {
        (Some(Value::Array(elements)), added) if verb == Verb::Add => {
            let added = match added {
                Value::Array(added) => added,
                added => canonical::unknown(added).into_iter().collect(),
            };
            if elements.len().saturating_add(added.len()) > ATTRIBUTE_VALUES_MAX {
                return Err(too_many_values(name));
            }
            for value in added {
                if !elements.contains(&value) {
                    elements.push(value);
                }
            }
        }
        (Some(Value::Object(object)), Value::Object(added)) if verb == Verb::Add => {
            for (name, value) in added {
                set(object, &name, canonical::unknown(value));
            }
        }
        (_, value) => set(container, name, canonical::unknown(value)),
    }
    drop_unassigned(container, &key);
    Ok(())
}

fn write_unknown_sub(container: &mut Map<String, Value>, name: &str, sub: &str, value: Value) -> Result<(), ScimError> {
    let key = spelling(container, name);
    let mut object = match container.remove(&key) {
        Some(Value::Array(elements)) => {
            container.insert(key.clone(), Value::Array(elements));
            return write_sub(container, &Attribute::unknown_list(key), sub, value);
        }
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    set(&mut object, sub, canonical::unknown(value));
    set(container, &key, (!object.is_empty()).then_some(Value::Object(object)));
    Ok(())
}

fn drop_unassigned(container: &mut Map<String, Value>, key: &str) {
    let emptied = match container.get(key) {
        Some(Value::Array(elements)) => elements.is_empty(),
        Some(Value::Object(object)) => object.is_empty(),
        _ => false,
    };
    if emptied {
        container.remove(key);
    }
}

fn remove_sub(container: &mut Map<String, Value>, name: &str, sub: &str) {
    let key = spelling(container, name);
    match container.get_mut(&key) {
        Some(Value::Array(elements)) => {
            elements
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|element| set(element, sub, None));
            elements.retain(|element| element.as_object().is_none_or(|members| !members.is_empty()));
        }
        Some(Value::Object(object)) => set(object, sub, None),
        _ => {}
    }
    drop_unassigned(container, &key);
}

#[cfg(test)]
mod tests;
