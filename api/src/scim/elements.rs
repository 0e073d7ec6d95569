//! The values of one multi-valued attribute under PATCH: added, replaced, selected, removed.
//!
//! `patch` finds the attribute and the selection; here the list is changed, with one primary at most (RFC 7643 2.4).

use scim_v2::filter::PatchValuePath;
use serde_json::{Map, Value};

use super::canonical::{self, keep_one_primary, too_many_values};
use super::error::ScimError;
use super::limits::ATTRIBUTE_VALUES_MAX;
use super::object::set;
use super::patch::Verb;
use super::schema::{Attribute, Kind, Place};

/// Adds to the values of a multi-valued attribute, or replaces them all.
///
/// # Errors
/// `invalidValue` when a value does not fit, `tooMany` beyond the limit.
pub(crate) fn write(
    container: &mut Map<String, Value>,
    verb: Verb,
    attribute: &Attribute,
    value: Value,
) -> Result<(), ScimError> {
    let added = canonical::elements(attribute, value)?;
    if verb == Verb::Replace {
        return put(container, attribute, added);
    }
    let mut elements = take(container, attribute);
    let mut primary = Vec::new();
    for value in added {
        let same = elements.iter().position(|element| is_same(element, &value));
        if value.get("primary") == Some(&Value::Bool(true)) {
            primary.push(same.unwrap_or(elements.len()));
        }
        match (same.and_then(|index| elements.get_mut(index)), value) {
            (Some(Value::Object(element)), Value::Object(members)) => element.extend(members),
            (Some(_), _) => {}
            (None, value) => elements.push(value),
        }
    }
    keep_one_primary(&mut elements, &primary);
    put(container, attribute, elements)
}

/// RFC 7643 2.4: one combination of type and value stands in a list once.
fn is_same(element: &Value, added: &Value) -> bool {
    let has_value = element.get("value").is_some();
    element == added
        || has_value && element.get("value") == added.get("value") && element.get("type") == added.get("type")
}

/// Takes the values out of the object.
pub(crate) fn take(container: &mut Map<String, Value>, attribute: &Attribute) -> Vec<Value> {
    match container.remove(&attribute.name) {
        Some(Value::Array(elements)) => elements,
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// Puts the values that are not empty back; an attribute without values is unassigned.
///
/// # Errors
/// `tooMany` beyond the limit.
pub(crate) fn put(
    container: &mut Map<String, Value>,
    attribute: &Attribute,
    mut elements: Vec<Value>,
) -> Result<(), ScimError> {
    elements.retain(|element| element.as_object().is_none_or(|members| !members.is_empty()));
    if elements.len() > ATTRIBUTE_VALUES_MAX {
        return Err(too_many_values(&attribute.name));
    }
    set(
        container,
        &attribute.name,
        (!elements.is_empty()).then_some(Value::Array(elements)),
    );
    Ok(())
}

/// Writes one selected value, or one sub-attribute of it. `demanded` is what the selection says about the value.
///
/// # Errors
/// `invalidValue` when the value does not fit.
pub(crate) fn write_one(
    verb: Verb,
    path: &PatchValuePath,
    attribute: &Attribute,
    demanded: Option<&Map<String, Value>>,
    element: &mut Value,
    value: Value,
) -> Result<(), ScimError> {
    let changes = match (path.sub_attr.as_deref(), value) {
        (None, Value::Object(changes)) => changes,
        // A bare string stands for the `value`.
        (sub, value) => Map::from_iter([(sub.unwrap_or("value").to_owned(), value)]),
    };
    match element {
        Value::Object(members) if attribute.kind == Kind::Complex => {
            // RFC 7644 3.5.2.3: a selected value is replaced whole; what selected it stays true of it.
            if verb == Verb::Replace && path.sub_attr.is_none() {
                *members = demanded.cloned().unwrap_or_default();
            }
            merge_members(members, attribute, changes)
        }
        element => {
            *element = canonical::element(attribute, Value::Object(changes))?.unwrap_or_default();
            Ok(())
        }
    }
}

/// Writes the named sub-attributes of a complex value and leaves the others as they are.
///
/// # Errors
/// `invalidValue` when a value does not fit.
pub(crate) fn merge_members(
    object: &mut Map<String, Value>,
    attribute: &Attribute,
    members: Map<String, Value>,
) -> Result<(), ScimError> {
    for (name, value) in members {
        let (name, value) = canonical::sub_value(attribute, &name, value)?;
        set(object, &name, value);
    }
    Ok(())
}

/// A `remove` that lists values removes those and no others; Entra, JumpCloud and authentik mean it so.
///
/// # Errors
/// `invalidValue` when a listed value does not fit the attribute.
pub(crate) fn remove_listed(
    container: &mut Map<String, Value>,
    place: &Place<'_>,
    listed: Value,
) -> Result<(), ScimError> {
    let Some(attribute) = place.attribute.filter(|attribute| attribute.multi_valued) else {
        set(container, &place.name, None);
        return Ok(());
    };
    let listed = canonical::elements(attribute, listed)?;
    let mut elements = take(container, attribute);
    elements.retain(|element| !listed.iter().any(|listed| is_meant(element, listed)));
    put(container, attribute, elements)
}

fn is_meant(element: &Value, listed: &Value) -> bool {
    let Value::Object(members) = listed else {
        return is_same_text(element, listed);
    };
    let identifying = members
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "display" | "$ref" | "primary"));
    let mut identifying = identifying.peekable();
    identifying.peek().is_some()
        && identifying.all(|(name, value)| element.get(name).is_some_and(|found| is_same_text(found, value)))
}

fn is_same_text(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.to_lowercase() == right.to_lowercase(),
        (left, right) => left == right,
    }
}

/// Where the selected values stand.
pub(crate) fn positions(elements: &[Value], is_selected: impl Fn(&Value) -> bool) -> Vec<usize> {
    elements
        .iter()
        .enumerate()
        .filter(|(_, element)| is_selected(element))
        .map(|(index, _)| index)
        .collect()
}
