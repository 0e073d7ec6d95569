//! Where an attribute stands in the JSON of a resource, as filters and `sortBy` name it.

use scim_v2::filter::AttrPath;
use serde_json::{Map, Value};

use super::object::member;
use super::profile::Mode;
use super::schema::{Place, ResourceSchema, Target};

/// Where values are, in the JSON of a resource or of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    pub(crate) extension: Option<String>,
    pub(crate) name: String,
    pub(crate) sub: Option<String>,
}

/// One type of resource, among those that are searched together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Among<'s> {
    pub(crate) schema: &'s ResourceSchema,
    pub(crate) all: &'s [&'s ResourceSchema],
}

impl<'s> Among<'s> {
    /// What the path names in this type; `None` when only another one of the types has it (RFC 7644 3.4.2.1: then it is an
    /// attribute without a value here).
    ///
    /// # Errors
    /// A text for the client, when no type has it.
    pub(crate) fn place(self, path: &AttrPath) -> Result<Option<Place<'s>>, String> {
        let found = self.place_in(self.schema, path);
        if found.is_some() || self.all.iter().any(|schema| self.place_in(schema, path).is_some()) {
            return Ok(found);
        }
        let names: Vec<_> = self.all.iter().map(|schema| schema.of.name()).collect();
        let names = names.join(" or ");
        Err(format!(
            "a {names} has no attribute `{path}`; see /Schemas for those it has"
        ))
    }

    fn place_in(self, schema: &'s ResourceSchema, path: &AttrPath) -> Option<Place<'s>> {
        let Target::Attribute(mut place) = schema.resolve(path) else {
            return None;
        };
        // The grammar knows no `$` in names, so `lenient` reads `$ref` as `ref`.
        if let (Some(attribute), None, Some("ref")) = (place.attribute, place.sub_attribute, place.sub.as_deref())
            && let Some(reference) = attribute.sub_attribute("$ref")
        {
            place.sub = Some(reference.name.clone());
            place.sub_attribute = Some(reference);
        }
        let is_known = match (place.attribute, &place.extension) {
            (Some(_), _) => place.sub.is_none() || place.sub_attribute.is_some(),
            (None, Some(urn)) => self.takes_any_name(urn),
            (None, None) => false,
        };
        is_known.then_some(place)
    }

    /// Whether nobody knows the extension: then every name is taken. A strict connection could not have stored one.
    fn takes_any_name(self, urn: &str) -> bool {
        self.schema.mode == Mode::Lenient && self.all.iter().all(|schema| schema.extension(urn).is_none())
    }
}

impl From<Place<'_>> for Path {
    fn from(place: Place<'_>) -> Self {
        Self {
            extension: place.extension,
            name: place.name,
            sub: place.sub,
        }
    }
}

impl Path {
    /// The core attribute of this name, or the extension of this URN as a whole.
    pub(crate) fn core(name: String) -> Self {
        let (extension, sub) = (None, None);
        Self { extension, name, sub }
    }

    /// Whether this is the core attribute of this name, or a part of it.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.extension.is_none() && self.name == name
    }

    /// The member of a resource in which it is: the attribute, or the extension.
    pub(crate) fn top(&self) -> &str {
        self.extension.as_deref().unwrap_or(&self.name)
    }

    /// Every value at the path: the elements of a list one by one, or their sub-attribute.
    pub(crate) fn values<'r>(&self, resource: &'r Map<String, Value>) -> Vec<&'r Value> {
        let elements = self.elements(resource);
        let Some(sub) = &self.sub else {
            return elements.iter().collect();
        };
        let named = elements.iter().filter_map(|element| member(element.as_object()?, sub));
        // Of a list that no schema describes each value is one, as it is of those that are described.
        named.flat_map(one_by_one).collect()
    }

    /// The values of the attribute, whole; one alone is a list of one.
    pub(crate) fn elements<'r>(&self, resource: &'r Map<String, Value>) -> &'r [Value] {
        let container = match &self.extension {
            Some(urn) => member(resource, urn).and_then(Value::as_object),
            None => Some(resource),
        };
        match container.and_then(|container| member(container, &self.name)) {
            None => &[],
            Some(value) => one_by_one(value),
        }
    }
}

/// The values of a list; one alone is a list of one.
fn one_by_one(value: &Value) -> &[Value] {
    match value {
        Value::Array(elements) => elements.as_slice(),
        value => std::slice::from_ref(value),
    }
}

/// RFC 7644 3.4.2.2: a complex value is compared by its `value`.
pub(crate) fn comparable(value: &Value) -> &Value {
    match value {
        Value::Object(members) => members.get("value").unwrap_or(&Value::Null),
        value => value,
    }
}
