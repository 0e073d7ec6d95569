//! Where an attribute stands in the JSON of a resource, as filters and `sortBy` name it.

use scim_v2::filter::AttrPath;
use serde_json::{Map, Value};

use super::object::member;
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
        let found = place(self.schema, path);
        if found.is_some() || self.all.iter().any(|schema| place(schema, path).is_some()) {
            return Ok(found);
        }
        let names: Vec<_> = self.all.iter().map(|schema| schema.of.name()).collect();
        let names = names.join(" or ");
        Err(format!(
            "a {names} has no attribute `{path}`; see /Schemas for those it has"
        ))
    }
}

fn place<'s>(schema: &'s ResourceSchema, path: &AttrPath) -> Option<Place<'s>> {
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
    let unknown = place.attribute.is_none() && place.extension.is_none();
    let unknown_sub = place.sub.is_some() && place.attribute.is_some() && place.sub_attribute.is_none();
    (!unknown && !unknown_sub).then_some(place)
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
        elements
            .iter()
            .filter_map(|element| member(element.as_object()?, sub))
            .collect()
    }

    /// The values of the attribute, whole; one alone is a list of one.
    pub(crate) fn elements<'r>(&self, resource: &'r Map<String, Value>) -> &'r [Value] {
        let container = match &self.extension {
            Some(urn) => member(resource, urn).and_then(Value::as_object),
            None => Some(resource),
        };
        match container.and_then(|container| member(container, &self.name)) {
            None => &[],
            Some(Value::Array(elements)) => elements.as_slice(),
            Some(value) => std::slice::from_ref(value),
        }
    }
}

/// RFC 7644 3.4.2.2: a complex value is compared by its `value`.
pub(crate) fn comparable(value: &Value) -> &Value {
    match value {
        Value::Object(members) => members.get("value").unwrap_or(&Value::Null),
        value => value,
    }
}
