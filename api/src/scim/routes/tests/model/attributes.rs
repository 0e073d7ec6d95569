//! Attributes of a resource as plainly as RFC 7643 and RFC 7644 3.5.2 write them: no schema, no parser, no limits.
//!
//! A fault is the `scimType` of its refusal.

use serde_json::{Map, Value, json};

use super::operation::{Change, ENTERPRISE, Edit, Target, USER_FAULTS, Verb};

const MULTI_VALUED: [&str; 2] = ["emails", "phoneNumbers"];
const COMPLEX: [&str; 2] = ["name", "manager"];

/// The attributes of a body: each replaces what was not there.
pub(super) fn described(body: &Map<String, Value>) -> Result<Map<String, Value>, &'static str> {
    let mut attributes = Map::new();
    for (name, value) in body {
        match name.as_str() {
            ENTERPRISE => write_enterprise(&mut attributes, Verb::Replace, value)?,
            name => write_attribute(&mut attributes, Verb::Replace, name, value)?,
        }
    }
    Ok(attributes)
}

/// Does one operation of a PATCH.
pub(super) fn change(attributes: &mut Map<String, Value>, change: &Change) -> Result<(), &'static str> {
    match &change.edit {
        Edit::Write(verb, target, value) => write(attributes, *verb, target, value),
        Edit::WriteAll(verb, writes) => writes
            .iter()
            .try_for_each(|(target, value)| write(attributes, *verb, target, value)),
        Edit::Remove(target) => {
            remove(attributes, target);
            Ok(())
        }
        Edit::RemoveListed(name, listed) => {
            remove_listed(attributes, name, listed);
            Ok(())
        }
        Edit::Faulty(number) => Err(USER_FAULTS[*number].1),
    }
}

/// RFC 7643 2.5: `null` and an empty list are no value. Providers write `""` for it, too.
fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null) || *value == json!("") || *value == json!([]) || *value == json!({})
}

/// An object without the members that have no value.
fn assigned(value: &Value) -> Value {
    let members = value.as_object().unwrap().clone();
    members.into_iter().filter(|(_, value)| !is_nothing(value)).collect()
}

fn set(object: &mut Map<String, Value>, name: &str, value: Value) {
    if is_nothing(&value) {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
}

/// The object of this name, to be changed; it goes when nothing is left in it.
fn within<T>(object: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Map<String, Value>) -> T) -> T {
    let mut inner = object.get(name).cloned().unwrap_or_else(|| json!({}));
    let result = change(inner.as_object_mut().unwrap());
    set(object, name, inner);
    result
}

fn write(attributes: &mut Map<String, Value>, verb: Verb, target: &Target, value: &Value) -> Result<(), &'static str> {
    match target {
        Target::Attribute(name) => write_attribute(attributes, verb, name, value),
        Target::Part(name, part) => write_attribute(attributes, verb, name, &json!({*part: value})),
        Target::Selected(name, by, part) => {
            write_selected(attributes, verb, name, by, *part, value);
            Ok(())
        }
        Target::Enterprise(name) => write_enterprise(attributes, verb, &json!({*name: value})),
        Target::EnterprisePart(name, part) => write_enterprise(attributes, verb, &json!({*name: {*part: value}})),
        Target::EnterpriseWhole => write_enterprise(attributes, verb, value),
    }
}

/// An extension is a container of attributes (RFC 7643 3.3), of which those that are named are written.
fn write_enterprise(attributes: &mut Map<String, Value>, verb: Verb, value: &Value) -> Result<(), &'static str> {
    let Value::Object(named) = value else {
        attributes.remove(ENTERPRISE);
        return Ok(());
    };
    within(attributes, ENTERPRISE, |extension| {
        named
            .iter()
            .try_for_each(|(name, value)| write_attribute(extension, verb, name, value))
    })
}

fn write_attribute(
    attributes: &mut Map<String, Value>,
    verb: Verb,
    name: &str,
    value: &Value,
) -> Result<(), &'static str> {
    if MULTI_VALUED.contains(&name) {
        write_values(attributes, verb, name, value);
    } else if COMPLEX.contains(&name) && !value.is_null() && *value != "" {
        write_complex(attributes, name, value)?;
    } else if name == "active" {
        set(attributes, name, boolean(value)?);
    } else {
        set(attributes, name, value.clone());
    }
    Ok(())
}

/// Entra writes booleans as texts.
fn boolean(value: &Value) -> Result<Value, &'static str> {
    match value.as_str() {
        Some("True") => Ok(json!(true)),
        Some("False") => Ok(json!(false)),
        Some(_) => Err("invalidValue"),
        None => Ok(value.clone()),
    }
}

/// The parts that are named are written, the others stay. Entra writes a manager as the text of its id.
fn write_complex(attributes: &mut Map<String, Value>, name: &str, value: &Value) -> Result<(), &'static str> {
    let parts = match value {
        Value::Object(parts) => parts.clone(),
        text if name == "manager" => Map::from_iter([("value".to_owned(), text.clone())]),
        _ => return Err("invalidValue"),
    };
    within(attributes, name, |object| {
        parts.into_iter().for_each(|(part, value)| set(object, &part, value));
    });
    Ok(())
}

fn values_of(attributes: &Map<String, Value>, name: &str) -> Vec<Value> {
    attributes
        .get(name)
        .map(|values| values.as_array().unwrap().clone())
        .unwrap_or_default()
}

fn set_values(attributes: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    set(attributes, name, Value::Array(distinct(values)));
}

/// RFC 7643 2.4: a combination of type and value is there once.
fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut distinct: Vec<Value> = Vec::new();
    for value in values.into_iter().filter(|value| !is_nothing(value)) {
        match distinct.iter().position(|there| is_same(there, &value)) {
            Some(place) if is_primary(&value) => distinct[place]["primary"] = json!(true),
            Some(_) => {}
            None => distinct.push(value),
        }
    }
    distinct
}

fn is_primary(value: &Value) -> bool {
    value["primary"] == json!(true)
}

/// RFC 7643 2.4: only one value is primary, and here it is this one.
fn only_primary(values: &mut [Value], primary: usize) {
    for (number, value) in values.iter_mut().enumerate() {
        if number != primary && is_primary(value) {
            value["primary"] = json!(false);
        }
    }
}

/// Of several that claim it, the first that says something.
fn keep_first_primary(values: &mut [Value]) {
    let says_something = |value: &Value| is_primary(value) && !is_label(value);
    let first = values.iter().position(says_something);
    if let Some(first) = first.or_else(|| values.iter().position(is_primary)) {
        only_primary(values, first);
    }
}

fn is_label(value: &Value) -> bool {
    value
        .as_object()
        .unwrap()
        .keys()
        .all(|part| part == "type" || part == "primary")
}

/// A value that has nothing but a label is none, once a request is done (PingFederate, Entra).
pub(super) fn drop_labels(attributes: &mut Map<String, Value>) {
    for name in MULTI_VALUED {
        let mut values = values_of(attributes, name);
        values.retain(|value| !is_label(value));
        set_values(attributes, name, values);
    }
}

fn write_values(attributes: &mut Map<String, Value>, verb: Verb, name: &str, value: &Value) {
    let listed = match value {
        Value::Array(values) => values.clone(),
        Value::Null => Vec::new(),
        value => vec![value.clone()],
    };
    let mut added = distinct(listed.iter().map(assigned).collect());
    keep_first_primary(&mut added);
    if verb == Verb::Replace {
        return set_values(attributes, name, added);
    }
    let mut values = values_of(attributes, name);
    for value in added {
        let place = values.iter().position(|there| is_same(there, &value));
        let place = place.unwrap_or_else(|| {
            values.push(json!({}));
            values.len() - 1
        });
        // What is there already stays as it is spelled.
        let there = values[place].as_object_mut().unwrap();
        let mut parts = value.as_object().unwrap().clone();
        parts.retain(|part, _| there.is_empty() || part != "type" && part != "value");
        there.extend(parts);
        if is_primary(&value) {
            only_primary(&mut values, place);
        }
    }
    set_values(attributes, name, values);
}

fn is_same(there: &Value, added: &Value) -> bool {
    let same = |part| equals(&there[part], &added[part]);
    there == added || !added["value"].is_null() && same("type") && same("value")
}

/// RFC 7643 7: these texts are compared without case.
fn equals(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.to_lowercase() == right.to_lowercase(),
        _ => left == right,
    }
}

fn write_selected(
    attributes: &mut Map<String, Value>,
    verb: Verb,
    name: &str,
    (by, wanted): &(&'static str, Value),
    part: Option<&str>,
    value: &Value,
) {
    let mut values = values_of(attributes, name);
    let mut selected: Vec<usize> = (0..values.len())
        .filter(|place| equals(&values[*place][*by], wanted))
        .collect();
    // Nothing is selected: the value is created as the selection describes it (Entra), unless there is nothing to write.
    let is_written = !value.is_null() && *value != "";
    if selected.is_empty() && is_written {
        selected.push(values.len());
        values.push(json!({*by: wanted}));
    }
    for place in &selected {
        match part {
            Some(part) => set(values[*place].as_object_mut().unwrap(), part, value.clone()),
            None => write_selected_whole(&mut values[*place], verb, &json!({*by: wanted}), value),
        }
    }
    match selected.iter().find(|place| is_primary(&values[**place])) {
        Some(primary) => only_primary(&mut values, *primary),
        None => keep_first_primary(&mut values),
    }
    set_values(attributes, name, values);
}

/// A value that is replaced stays one that is selected: what selects it is not lost with it.
fn write_selected_whole(there: &mut Value, verb: Verb, selecting: &Value, value: &Value) {
    if verb == Verb::Replace {
        *there = selecting.clone();
    }
    let parts = value.as_object().cloned().unwrap_or_default();
    let object = there.as_object_mut().unwrap();
    parts.into_iter().for_each(|(part, value)| set(object, &part, value));
}

fn remove(attributes: &mut Map<String, Value>, target: &Target) {
    match target {
        Target::Attribute(name) => set(attributes, name, Value::Null),
        Target::Part(name, part) => within(attributes, name, |object| set(object, part, Value::Null)),
        Target::Selected(name, by, part) => remove_selected(attributes, name, by, *part),
        Target::Enterprise(name) => within(attributes, ENTERPRISE, |extension| set(extension, name, Value::Null)),
        Target::EnterprisePart(name, part) => within(attributes, ENTERPRISE, |extension| {
            within(extension, name, |object| set(object, part, Value::Null));
        }),
        Target::EnterpriseWhole => set(attributes, ENTERPRISE, Value::Null),
    }
}

fn remove_selected(
    attributes: &mut Map<String, Value>,
    name: &str,
    (by, wanted): &(&'static str, Value),
    part: Option<&str>,
) {
    let mut values = values_of(attributes, name);
    for value in values.iter_mut().filter(|value| equals(&value[*by], wanted)) {
        match part {
            Some(part) => set(value.as_object_mut().unwrap(), part, Value::Null),
            None => *value = Value::Null,
        }
    }
    set_values(attributes, name, values);
}

/// What is listed goes, found by all that is said about it but `primary` and `display`.
fn remove_listed(attributes: &mut Map<String, Value>, name: &str, listed: &Value) {
    let mut values = values_of(attributes, name);
    for listed in listed.as_array().unwrap() {
        let mut said = assigned(listed).as_object().unwrap().clone();
        said.retain(|part, _| part == "type" || part == "value");
        values.retain(|value| said.is_empty() || !said.iter().all(|(part, said)| equals(&value[part], said)));
    }
    set_values(attributes, name, values);
}
