//! The values of one multi-valued attribute under PATCH: added, replaced, selected, removed.
//!
//! `patch` finds the attribute and the selection; here the list is changed, with one primary at most (RFC 7643 2.4).

use rolecall_rules::fold;
use scim_v2::filter::PatchValuePath;
use serde_json::{Map, Value};

use super::canonical::{self, keep_distinct, keep_one_primary, too_many_values};
use super::error::ScimError;
use super::limits::ATTRIBUTE_VALUES_MAX;
use super::object::set;
use super::patch::Verb;
use super::schema::{Attribute, Kind};

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
    // The added ones are each another one.
    let there = elements.len();
    let firsts = canonical::firsts(attribute, elements.iter().chain(&added)).split_off(there);
    for (value, first) in added.into_iter().zip(firsts) {
        let same = Some(first).filter(|first| *first < there);
        if value.get("primary") == Some(&Value::Bool(true)) {
            primary.push(same.unwrap_or(elements.len()));
        }
        match (same.and_then(|index| elements.get_mut(index)), value) {
            // What makes the two the same stays as it is spelled: adding what is there changes nothing (RFC 7644 3.5.2.1).
            (Some(Value::Object(element)), Value::Object(members)) => {
                let others = members
                    .into_iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "value" | "type"));
                element.extend(others);
            }
            (Some(_), _) => {}
            (None, value) => elements.push(value),
        }
    }
    keep_one_primary(&mut elements, &primary);
    put(container, attribute, elements)
}

/// A sub-attribute of a value; a plain value is its own `value`.
fn part<'v>(element: &'v Value, name: &str) -> Option<&'v Value> {
    match element {
        Value::Object(members) => members.get(name),
        plain => Some(plain).filter(|_| name == "value"),
    }
}

/// Whether both are the same value of this sub-attribute, by the case rule that filters go by, too.
fn is_same_part(attribute: &Attribute, name: &str, left: &Value, right: &Value) -> bool {
    let case_exact = attribute.sub_attribute(name).unwrap_or(attribute).case_exact;
    match (left, right) {
        (Value::String(left), Value::String(right)) if !case_exact => is_same_text(left, right),
        (left, right) => left == right,
    }
}

/// Folding is for texts that need it: many are compared.
fn is_same_text(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right) || !(left.is_ascii() && right.is_ascii()) && fold(left) == fold(right)
}

/// Takes the values out of the object.
pub(crate) fn take(container: &mut Map<String, Value>, attribute: &Attribute) -> Vec<Value> {
    match container.remove(&attribute.name) {
        Some(Value::Array(elements)) => elements,
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// Puts the values that are not empty back, each once; an attribute without values is unassigned.
///
/// # Errors
/// `tooMany` beyond the limit.
pub(crate) fn put(
    container: &mut Map<String, Value>,
    attribute: &Attribute,
    mut elements: Vec<Value>,
) -> Result<(), ScimError> {
    elements.retain(|element| element.as_object().is_none_or(|members| !members.is_empty()));
    keep_distinct(attribute, &mut elements);
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
    if attribute.kind != Kind::Complex {
        *element = canonical::element(attribute, Value::Object(changes))?.unwrap_or_default();
        return Ok(());
    }
    let (mut members, was_plain) = match element.take() {
        Value::Object(members) => (members, false),
        plain => (Map::from_iter([("value".to_owned(), plain)]), true),
    };
    // RFC 7644 3.5.2.3: a selected value is replaced whole; what selected it stays true of it.
    if verb == Verb::Replace && path.sub_attr.is_none() {
        members = demanded.cloned().unwrap_or_default();
    }
    merge_members(&mut members, attribute, changes)?;
    *element = match members.remove("value") {
        // A list that no schema describes may hold plain values, and goes on to.
        Some(value) if was_plain && members.is_empty() => value,
        value => {
            set(&mut members, "value", value);
            Value::Object(members)
        }
    };
    Ok(())
}

/// Removes a sub-attribute of one value. False when nothing is left of it: a plain value is its own `value`.
pub(crate) fn remove_part(element: &mut Value, name: &str) -> bool {
    match element {
        Value::Object(members) => {
            set(members, name, None);
            !members.is_empty()
        }
        _ => !name.eq_ignore_ascii_case("value"),
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
        if attribute.is_read_only_part(&name) {
            continue;
        }
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
    attribute: &Attribute,
    listed: Value,
) -> Result<(), ScimError> {
    let listed = canonical::elements(attribute, listed)?;
    let mut elements = take(container, attribute);
    elements.retain(|element| !listed.iter().any(|listed| is_meant(attribute, element, listed)));
    put(container, attribute, elements)
}

fn is_meant(attribute: &Attribute, element: &Value, listed: &Value) -> bool {
    let Value::Object(members) = listed else {
        return part(element, "value").is_some_and(|found| is_same_part(attribute, "value", found, listed));
    };
    let identifying = members
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "display" | "$ref" | "primary"));
    let mut identifying = identifying.peekable();
    identifying.peek().is_some()
        && identifying
            .all(|(name, value)| part(element, name).is_some_and(|found| is_same_part(attribute, name, found, value)))
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
