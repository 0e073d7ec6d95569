//! Bodies in canonical form: attribute names as the schema spells them, values of the type it gives, nothing unassigned.
//!
//! This is where most habits of real clients are met: names in any case, string booleans, `""` and `null` for
//! "unassigned", one object where an array belongs, a bare string where `{"value": ...}` belongs, two primaries. Unknown
//! attributes and unknown extensions stay as they came.

use std::borrow::Cow;
use std::collections::HashMap;

use rolecall_rules::fold;
use serde_json::{Map, Number, Value, json};

use super::error::ScimError;
use super::limits::ATTRIBUTE_VALUES_MAX;
use super::schema::{Attribute, Extension, Kind, ResourceSchema};
use super::weight;

/// The whole body of a resource in canonical form.
///
/// # Errors
/// `invalidValue` when a value does not fit its attribute or all are too large together, `tooMany` when they are too many,
/// `invalidSyntax` when one attribute is given twice.
pub(crate) fn resource(schema: &ResourceSchema, body: Map<String, Value>) -> Result<Map<String, Value>, ScimError> {
    weight::check_attributes(&body)?;
    let mut document = Map::new();
    for (key, value) in body {
        let (name, value) = match (schema.attribute(&key), schema.extension(&key)) {
            (Some(attribute), _) => (attribute.name.clone(), assigned(attribute, value)?),
            (None, Some(known)) => (known.urn.clone(), extension(known, value)?),
            (None, None) => (key, unknown(value)),
        };
        insert_once(&mut document, name, value)?;
    }
    Ok(document)
}

/// The object of a known extension in canonical form; `None` when nothing in it is assigned.
fn extension(known: &Extension, value: Value) -> Result<Option<Value>, ScimError> {
    let members = match value {
        Value::Object(members) => members,
        value if unknown(value.clone()).is_none() => return Ok(None),
        _ => return Err(ScimError::invalid_value(format!("`{}` takes an object", known.urn))),
    };
    weight::check_count(&members)?;
    let mut object = Map::new();
    for (key, value) in members {
        let (name, value) = match known.attribute(&key) {
            // RFC 7644 3.5.1: read-only attributes in a body are ignored; a client may write back what it read.
            Some(attribute) if attribute.read_only => continue,
            Some(attribute) => (attribute.name.clone(), assigned(attribute, value)?),
            None => (key, unknown(value)),
        };
        insert_once(&mut object, name, value)?;
    }
    Ok((!object.is_empty()).then_some(Value::Object(object)))
}

/// RFC 7643 2.1: names that differ in case only are the same name, and nobody can say which value was meant.
fn insert_once(object: &mut Map<String, Value>, name: String, value: Option<Value>) -> Result<(), ScimError> {
    let Some(value) = value else { return Ok(()) };
    if object.contains_key(&name) {
        return Err(ScimError::invalid_syntax(format!(
            "`{name}` is given twice; send it once"
        )));
    }
    object.insert(name, value);
    Ok(())
}

/// RFC 7643 2.5: `null` and the empty array are the same as leaving the attribute out.
pub(crate) fn unknown(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(values) if values.is_empty() => None,
        Value::Object(members) if members.is_empty() => None,
        value => Some(value),
    }
}

/// The value of an attribute in canonical form; `None` when it is unassigned.
///
/// # Errors
/// `invalidValue` when the value does not fit the attribute.
pub(crate) fn assigned(attribute: &Attribute, value: Value) -> Result<Option<Value>, ScimError> {
    if !attribute.multi_valued {
        return single(attribute, value);
    }
    let elements = elements(attribute, value)?;
    Ok((!elements.is_empty()).then_some(Value::Array(elements)))
}

/// The values of a multi-valued attribute in canonical form, with at most one primary among them.
///
/// # Errors
/// `invalidValue` when a value does not fit, `tooMany` beyond the limit.
pub(crate) fn elements(attribute: &Attribute, value: Value) -> Result<Vec<Value>, ScimError> {
    // OneLogin's template sends `emails` as one object.
    let values = match value {
        Value::Array(values) => values,
        value => vec![value],
    };
    if values.len() > ATTRIBUTE_VALUES_MAX {
        return Err(too_many_values(&attribute.name));
    }
    let mut elements = Vec::with_capacity(values.len());
    for value in values {
        elements.extend(element(attribute, value)?);
    }
    keep_distinct(attribute, &mut elements);
    keep_one_primary(&mut elements, &[]);
    // Values without a `value` may have differed in nothing but that claim.
    keep_distinct(attribute, &mut elements);
    Ok(elements)
}

/// The refusal of more values than `ATTRIBUTE_VALUES_MAX`.
pub(crate) fn too_many_values(name: &str) -> ScimError {
    ScimError::too_many(format!("`{name}` takes at most {ATTRIBUTE_VALUES_MAX} values"))
}

/// RFC 7643 2.4: no combination of type and value is there more than once. The first stays, and is primary if one of them is.
pub(crate) fn keep_distinct(attribute: &Attribute, elements: &mut Vec<Value>) {
    let first_of = firsts(attribute, elements.iter());
    if first_of.iter().enumerate().all(|(index, first)| index == *first) {
        return;
    }
    for (index, first) in first_of.iter().enumerate() {
        let is_primary = elements.get(index).is_some_and(is_primary);
        if let Some(first) = elements.get_mut(*first).filter(|_| is_primary) {
            set_primary(first);
        }
    }
    let mut kept = first_of.iter().enumerate().map(|(index, first)| index == *first);
    elements.retain(|_| kept.next().unwrap_or(true));
}

/// For each value where the first one stands that is the same.
pub(crate) fn firsts<'v>(attribute: &Attribute, elements: impl Iterator<Item = &'v Value>) -> Vec<usize> {
    let mut firsts = HashMap::new();
    let numbered = elements.enumerate();
    numbered
        .map(|(index, element)| *firsts.entry(combination(attribute, element)).or_insert(index))
        .collect()
}

/// What makes a value another one: its type and its `value`, or else all of it.
fn combination<'v>(attribute: &Attribute, element: &'v Value) -> (Option<Cow<'v, Value>>, Cow<'v, Value>) {
    let part = |name| Some(comparable(attribute, name, element.get(name)?));
    match part("value") {
        Some(value) => (part("type"), value),
        None => (None, comparable(attribute, "value", element)),
    }
}

/// Texts in the case that filters compare them in.
fn comparable<'v>(attribute: &Attribute, name: &str, value: &'v Value) -> Cow<'v, Value> {
    let case_exact = attribute.sub_attribute(name).unwrap_or(attribute).case_exact;
    match value {
        Value::String(text) if !case_exact => Cow::Owned(Value::String(fold(text))),
        value => Cow::Borrowed(value),
    }
}

fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

fn set_primary(element: &mut Value) {
    if let Some(members) = element.as_object_mut() {
        members.insert("primary".to_owned(), Value::Bool(true));
    }
}

/// RFC 7643 2.4: `primary` is true at most once. The first of `preferred` that claims it keeps it, else the first of all
/// that says more than a label: PingFederate marks an address as primary that it leaves empty.
pub(crate) fn keep_one_primary(elements: &mut [Value], preferred: &[usize]) {
    let is_primary = |index: &usize| elements.get(*index).is_some_and(is_primary);
    let claims = || (0..elements.len()).filter(is_primary);
    let says_more = |index: &usize| elements.get(*index).is_some_and(|element| !is_label(element));
    let first = || claims().find(says_more).or_else(|| claims().next());
    let Some(kept) = preferred.iter().copied().find(is_primary).or_else(first) else {
        return;
    };
    for (index, element) in elements.iter_mut().enumerate() {
        if index != kept
            && let Some(primary) = element.get_mut("primary")
        {
            *primary = Value::Bool(false);
        }
    }
}

fn single(attribute: &Attribute, value: Value) -> Result<Option<Value>, ScimError> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (_, Value::String(text)) if text.is_empty() => Ok(None),
        // Entra may wrap a single value, such as `manager`, into an array.
        (_, Value::Array(mut values)) if values.len() <= 1 => {
            values.pop().map_or(Ok(None), |value| single(attribute, value))
        }
        (Kind::Complex, value) => element(attribute, value),
        (Kind::Boolean, value) => match boolean(&value) {
            Some(value) => Ok(Some(value)),
            None => Err(misfit(&attribute.name, Kind::Boolean)),
        },
        (Kind::Number, value) => match number(value) {
            Some(number) => Ok(Some(Value::Number(number))),
            None => Err(misfit(&attribute.name, Kind::Number)),
        },
        (Kind::Text | Kind::DateTime, value @ Value::String(_)) => Ok(Some(value)),
        (Kind::Text | Kind::DateTime, value @ (Value::Number(_) | Value::Bool(_))) => {
            Ok(Some(Value::String(value.to_string())))
        }
        (kind, _) => Err(misfit(&attribute.name, kind)),
    }
}

/// A JSON boolean, or one written as a string: Entra sends `"False"`, keycloak-scim `"true"`.
pub(crate) fn boolean(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(flag) => Some(Value::Bool(*flag)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        _ => None,
    }
}

/// A JSON number, or one written as a string: mappings of attributes in Entra and Okta give strings.
fn number(value: Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The value itself stays out of the text: it may be anything, of any size.
fn misfit(name: &str, kind: Kind) -> ScimError {
    let expected = match kind {
        Kind::Text | Kind::DateTime => "a string",
        Kind::Boolean => "true or false",
        Kind::Number => "a number",
        Kind::Complex => "an object",
    };
    ScimError::invalid_value(format!("`{name}` takes {expected}"))
}

/// One value of a complex or multi-valued attribute; `None` when nothing in it is assigned.
///
/// # Errors
/// `invalidValue` when the value does not fit.
pub(crate) fn element(attribute: &Attribute, value: Value) -> Result<Option<Value>, ScimError> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (_, Value::String(text)) if text.is_empty() => Ok(None),
        (Kind::Complex, value) if attribute.unknown => Ok(unknown(value)),
        (Kind::Complex, Value::Object(members)) => object(attribute, members),
        (Kind::Complex, value @ (Value::String(_) | Value::Number(_)))
            if attribute.sub_attribute("value").is_some() =>
        {
            object(attribute, Map::from_iter([("value".to_owned(), value)]))
        }
        // A list of plain strings may come as a list of objects with a `value` each.
        (kind, Value::Object(mut members)) => match members.remove("value") {
            Some(value @ Value::String(_)) => element(attribute, value),
            _ => Err(misfit(&attribute.name, kind)),
        },
        (kind @ Kind::Complex, _) | (kind, Value::Array(_)) => Err(misfit(&attribute.name, kind)),
        (_, value) => single(attribute, value),
    }
}

fn object(attribute: &Attribute, members: Map<String, Value>) -> Result<Option<Value>, ScimError> {
    let mut object = Map::new();
    for (key, value) in members {
        // RFC 7644 3.5.1: what only the server writes is ignored.
        if attribute.is_read_only_part(&key) {
            continue;
        }
        let (name, value) = sub_value(attribute, &key, value)?;
        insert_once(&mut object, name, value)?;
    }
    Ok((!object.is_empty()).then_some(Value::Object(object)))
}

/// A sub-attribute's canonical name and value; the value is `None` when it is unassigned.
///
/// # Errors
/// `invalidValue` when the value does not fit.
pub(crate) fn sub_value(attribute: &Attribute, name: &str, value: Value) -> Result<(String, Option<Value>), ScimError> {
    match attribute.sub_attribute(name) {
        Some(sub) => {
            let value =
                single(sub, value).map_err(|_| misfit(&format!("{}.{}", attribute.name, sub.name), sub.kind))?;
            Ok((sub.name.clone(), value))
        }
        None => Ok((name.to_owned(), unknown(value))),
    }
}

/// Drops values that say nothing any more: a work address whose `value` was cleared leaves only its label behind.
pub(crate) fn prune_labels(schema: &ResourceSchema, document: &mut Map<String, Value>) {
    document.retain(|name, value| {
        let known = schema
            .attribute(name)
            .is_some_and(|attribute| attribute.kind == Kind::Complex);
        match value {
            Value::Array(elements) if known => {
                elements.retain(|element| !is_label(element));
                !elements.is_empty()
            }
            value => *value != json!({}),
        }
    });
}

fn is_label(element: &Value) -> bool {
    let members = element.as_object();
    members.is_some_and(|members| members.keys().all(|key| key == "type" || key == "primary"))
}

#[cfg(test)]
mod tests {
    use super::super::profile::Profile;
    use super::*;

    #[track_caller]
    fn check(body: Value, expected: Result<Value, &str>) {
        let Value::Object(body) = body else {
            panic!("a body is an object")
        };
        let found = resource(&Profile::lenient().user, body)
            .map(Value::Object)
            .map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn names_are_spelled_as_in_the_schema() {
        check(
            json!({"USERNAME": "ana", "Name": {"GivenName": "Ana"}, "Emails": [{"VALUE": "a@x.org", "Primary": true}]}),
            Ok(
                json!({"userName": "ana", "name": {"givenName": "Ana"}, "emails": [{"value": "a@x.org", "primary": true}]}),
            ),
        );
        check(
            json!({"URN:ietf:params:scim:schemas:extension:enterprise:2.0:user": {"DEPARTMENT": "R&D"}}),
            Ok(json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"}})),
        );
        check(
            json!({"userName": "a", "username": "b"}),
            Err("`userName` is given twice; send it once"),
        );
    }

    #[test]
    fn unknown_attributes_and_extensions_stay_as_they_came() {
        let body = json!({"shoeSize": 43, "urn:x:Ext": {"Odd": [1, {"k": null}]}});
        check(body.clone(), Ok(body));
    }

    #[test]
    fn null_and_the_empty_string_and_the_empty_list_are_unassigned() {
        check(
            json!({"title": null, "nickName": "", "emails": [], "name": {"givenName": null}, "addresses": null,
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": ""}, "x": null}),
            Ok(json!({})),
        );
    }

    #[test]
    fn booleans_may_be_strings_but_not_other_text() {
        check(json!({"active": "False"}), Ok(json!({"active": false})));
        check(json!({"active": "TRUE"}), Ok(json!({"active": true})));
        check(json!({"active": "yes"}), Err("`active` takes true or false"));
        check(
            json!({"emails": [{"value": "a", "primary": "maybe"}]}),
            Err("`emails.primary` takes true or false"),
        );
    }

    #[test]
    fn one_object_or_string_becomes_a_list() {
        check(
            json!({"emails": {"value": "a@x.org"}}),
            Ok(json!({"emails": [{"value": "a@x.org"}]})),
        );
        check(
            json!({"emails": "a@x.org"}),
            Ok(json!({"emails": [{"value": "a@x.org"}]})),
        );
        check(
            json!({"emails": ["a@x.org", null]}),
            Ok(json!({"emails": [{"value": "a@x.org"}]})),
        );
        check(json!({"emails": [true]}), Err("`emails` takes an object"));
        check(json!({"title": {"a": 1}}), Err("`title` takes a string"));
    }

    #[test]
    fn the_manager_may_be_an_object_a_list_or_an_identifier() {
        const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        for manager in [
            json!({"value": "271"}),
            json!([{"value": "271"}]),
            json!("271"),
            json!(271),
        ] {
            check(
                json!({ENTERPRISE: {"manager": manager}}),
                Ok(json!({ENTERPRISE: {"manager": {"value": "271"}}})),
            );
        }
    }

    #[test]
    fn the_first_of_two_primaries_keeps_it() {
        check(
            json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": "True"}]}),
            Ok(json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": false}]})),
        );
    }

    #[test]
    fn values_that_become_alike_are_kept_once() {
        let x = |primary: bool| json!({"display": "x", "primary": primary});
        let y = |primary: bool| json!({"type": "work", "display": "y", "primary": primary});
        let home = json!({"type": "home", "display": "y", "primary": false});
        let cases = [
            // The later of two primaries loses it, and is then what the first or the last value is already.
            (json!([y(false), x(true), y(true)]), json!([y(false), x(true)])),
            (json!([x(true), y(true), y(false)]), json!([x(true), y(false)])),
            (
                json!([x(true), y(true), home, y(false)]),
                json!([x(true), y(false), home]),
            ),
            // The one that is primary stays another value than the one that is not.
            (json!([y(false), y(true)]), json!([y(false), y(true)])),
        ];
        for (values, expected) in cases {
            for name in ["emails", "addresses"] {
                check(json!({name: values}), Ok(json!({name: expected})));
                check(json!({name: expected}), Ok(json!({name: expected})));
            }
        }
    }

    #[test]
    fn more_attributes_than_can_be_stored_are_refused() {
        let attributes =
            |count: usize| -> Map<String, Value> { (0..count).map(|index| (format!("a{index}"), json!(1))).collect() };
        check(json!(attributes(1_001)), Err("an object takes at most 1000 attributes"));
        check(
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": attributes(1_001)}),
            Err("an object takes at most 1000 attributes"),
        );
        check(
            json!({"notes": "x".repeat(65_536)}),
            Err("the attributes are longer than 65536 bytes"),
        );
    }

    #[test]
    fn more_values_than_the_limit_are_refused() {
        let emails = vec![json!({"value": "a"}); ATTRIBUTE_VALUES_MAX + 1];
        check(json!({"emails": emails}), Err("`emails` takes at most 1000 values"));
    }
}
