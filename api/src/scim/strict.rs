//! The letter of RFC 7643 and RFC 7644, for connections that are strict: bodies and PATCH requests are checked here before
//! they are read as any other. What passes means the same in both modes.
//!
//! `docs/scim.md` lists what differs.

use scim_v2::ScimDateTime;
use scim_v2::filter::{PatchPath, PatchValuePath};
use scim_v2::schema_urns;
use serde_json::{Map, Value};

use super::error::ScimError;
use super::extension::Announced;
use super::lenient;
use super::object::member;
use super::profile::Mode;
use super::schema::{Attribute, Extension, Kind, ResourceSchema, Target};

/// Checks the body of a POST or PUT, when the connection is strict.
///
/// # Errors
/// `invalidSyntax` when the body names what the schemas do not have, `invalidValue` when a value does not fit.
pub(crate) fn resource(schema: &ResourceSchema, body: &Map<String, Value>) -> Result<(), ScimError> {
    if schema.mode == Mode::Lenient {
        return Ok(());
    }
    let named = schemas(body)?;
    let is_named = |urn: &str| named.iter().any(|named| named.eq_ignore_ascii_case(urn));
    // RFC 7643 3: `schemas` has the URN of the resource, and those of all extensions that are there.
    if !is_named(schema.of.urn()) {
        return Err(missing(schema.of.urn()));
    }
    if let Some(unknown) = named
        .iter()
        .find(|urn| !urn.eq_ignore_ascii_case(schema.of.urn()) && schema.extension(urn).is_none())
    {
        return Err(ScimError::invalid_value(format!(
            "`schemas` names `{unknown}`, which is unknown"
        )));
    }
    // An alias stands in no discovery document, so that nobody can be asked to name it.
    let is_announced = |extension: &Extension| extension.announced != Announced::Nowhere;
    if let Some(urn) = body
        .keys()
        .find(|name| schema.extension(name).is_some_and(is_announced) && !is_named(name))
    {
        return Err(missing(urn));
    }
    attributes(schema, body)
}

/// Checks the body of a PATCH, when the connection is strict.
///
/// # Errors
/// `invalidSyntax`, `invalidPath`, `invalidValue`, `mutability` or `noTarget`, for the first fault.
pub(crate) fn patch(schema: &ResourceSchema, body: &Map<String, Value>) -> Result<(), ScimError> {
    if schema.mode == Mode::Lenient {
        return Ok(());
    }
    // RFC 7644 3.5.2: the body MUST contain `schemas` with the URN of the message.
    message(schema.mode, body, schema_urns::PATCH_OP)?;
    let Some(operations) = member(body, "Operations").and_then(Value::as_array) else {
        return Err(ScimError::invalid_syntax("`Operations` takes an array"));
    };
    operations
        .iter()
        .filter_map(Value::as_object)
        .try_for_each(|one| operation(schema, one))
}

/// Checks that a body says which message it is, when the connection is strict (RFC 7643 3).
///
/// # Errors
/// `invalidSyntax` when it does not.
pub(crate) fn message(mode: Mode, body: &Map<String, Value>, urn: &str) -> Result<(), ScimError> {
    let is_named = |named: &str| named.eq_ignore_ascii_case(urn);
    if mode == Mode::Strict && !schemas(body)?.into_iter().any(is_named) {
        return Err(missing(urn));
    }
    Ok(())
}

fn missing(urn: &str) -> ScimError {
    ScimError::invalid_syntax(format!("`schemas` has to name `{urn}`"))
}

fn schemas(body: &Map<String, Value>) -> Result<Vec<&str>, ScimError> {
    let named = member(body, "schemas").and_then(Value::as_array);
    let named = named.and_then(|named| named.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    named.ok_or_else(|| ScimError::invalid_syntax("`schemas` is required, an array of URNs"))
}

fn operation(schema: &ResourceSchema, operation: &Map<String, Value>) -> Result<(), ScimError> {
    let op = member(operation, "op").and_then(Value::as_str).unwrap_or_default();
    let (path, value) = (member(operation, "path"), member(operation, "value"));
    match (op, path.and_then(Value::as_str), value) {
        ("remove", _, Some(_)) => Err(ScimError::invalid_syntax(
            "a remove takes no `value`; select with the path, as in members[value eq \"...\"]",
        )),
        // RFC 7644 3.5.2.2.
        ("remove", None, None) => Err(ScimError::no_target("a remove needs a `path`")),
        ("remove", Some(path), None) => self::path(schema, path, None),
        ("add" | "replace", Some(path), Some(value)) => self::path(schema, path, Some(value)),
        ("add" | "replace", None, Some(Value::Object(named))) => attributes(schema, named),
        ("add" | "replace", ..) => Err(ScimError::invalid_value(
            "an add or a replace needs a `value`; without a `path` it is an object of attributes",
        )),
        _ => Err(ScimError::invalid_syntax(
            "`op` must be add, replace or remove, in lower case",
        )),
    }
}

/// Checks a path, and the value that is written there.
fn path(schema: &ResourceSchema, text: &str, value: Option<&Value>) -> Result<(), ScimError> {
    match lenient::path(schema.mode, text)? {
        PatchPath::Value(path) => selection(schema, &path, value),
        PatchPath::Attr(path) => match schema.resolve(&path) {
            Target::Extension(urn) => value.map_or(Ok(()), |value| extension(schema, &urn, value)),
            Target::Attribute(place) => {
                let attribute = place.attribute.ok_or_else(|| unknown_path(text))?;
                if place.sub.is_some() && place.sub_attribute.is_none() {
                    return Err(unknown_path(text));
                }
                refuse_fixed(attribute, place.sub_attribute)?;
                let Some(value) = value else { return Ok(()) };
                match place.sub_attribute {
                    Some(sub) => self::value(sub, value),
                    None if attribute.multi_valued => several(attribute, value),
                    None => self::value(attribute, value),
                }
            }
        },
    }
}

fn selection(schema: &ResourceSchema, path: &PatchValuePath, value: Option<&Value>) -> Result<(), ScimError> {
    let unknown = || unknown_path(&path.to_string());
    let Target::Attribute(place) = schema.resolve(&path.attr) else {
        return Err(unknown());
    };
    let attribute = place.attribute.ok_or_else(unknown)?;
    let sub = match path.sub_attr.as_deref() {
        Some(sub) => Some(attribute.sub_attribute(sub).ok_or_else(unknown)?),
        None => None,
    };
    refuse_fixed(attribute, sub)?;
    let Some(value) = value else { return Ok(()) };
    // RFC 7643 4.2: who a member is stays; whether the selected ones are there is not asked, as none could be written.
    if attribute.sub_attributes.iter().any(|sub| sub.immutable) {
        return Err(ScimError::mutability(format!(
            "values of `{0}` are immutable; remove selected ones, and add others to `{0}`",
            attribute.name
        )));
    }
    self::value(sub.unwrap_or(attribute), value)
}

/// RFC 7644 3.5.2: what only the server writes cannot be named, and an immutable part of a value that is there, such as the id of
/// a member, changes with the whole value alone.
fn refuse_fixed(attribute: &Attribute, sub: Option<&Attribute>) -> Result<(), ScimError> {
    let name = |sub: &Attribute| format!("{}.{}", attribute.name, sub.name);
    match sub {
        _ if attribute.read_only => Err(ScimError::mutability(format!("`{}` is read-only", attribute.name))),
        Some(sub) if sub.read_only => Err(ScimError::mutability(format!("`{}` is read-only", name(sub)))),
        Some(sub) if sub.immutable => Err(ScimError::mutability(format!(
            "`{}` is immutable; add and remove whole values of `{}`",
            name(sub),
            attribute.name
        ))),
        _ => Ok(()),
    }
}

fn unknown_path(path: &str) -> ScimError {
    ScimError::invalid_path(format!(
        "`{path}` is not an attribute; see /Schemas for those there are"
    ))
}

fn attributes(schema: &ResourceSchema, named: &Map<String, Value>) -> Result<(), ScimError> {
    for (name, value) in named {
        match schema.attribute(name) {
            // RFC 7644 3.5.1: what only the server writes is ignored.
            Some(attribute) if attribute.read_only => {}
            Some(attribute) => assigned(attribute, value)?,
            None => extension(schema, name, value)?,
        }
    }
    Ok(())
}

fn extension(schema: &ResourceSchema, urn: &str, value: &Value) -> Result<(), ScimError> {
    let Some(known) = schema.extension(urn) else {
        return Err(unknown_attribute(urn));
    };
    let named = match value {
        Value::Null => return Ok(()),
        Value::Object(named) => named,
        _ => return Err(ScimError::invalid_value(format!("`{urn}` takes an object"))),
    };
    for (name, value) in named {
        let attribute = known.attribute(name).ok_or_else(|| unknown_attribute(name))?;
        if !attribute.read_only {
            assigned(attribute, value)?;
        }
    }
    Ok(())
}

fn unknown_attribute(name: &str) -> ScimError {
    ScimError::invalid_syntax(format!(
        "`{name}` is not an attribute; see /Schemas for those there are"
    ))
}

/// The value of an attribute in a body: a list where the schema has a list.
fn assigned(attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    match value {
        _ if !attribute.multi_valued => self::value(attribute, value),
        Value::Null => Ok(()),
        Value::Array(_) => several(attribute, value),
        _ => Err(ScimError::invalid_value(format!("`{}` takes an array", attribute.name))),
    }
}

/// A list of values, or one of them: RFC 7644 3.5.2.1 adds a value to those that are there.
fn several(attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    let Value::Array(values) = value else {
        return self::value(attribute, value);
    };
    values.iter().try_for_each(|one| self::value(attribute, one))?;
    let primary = |one: &&Value| one.as_object().and_then(|one| member(one, "primary")) == Some(&Value::Bool(true));
    // RFC 7643 2.4: `true` MUST appear no more than once.
    if values.iter().filter(primary).count() > 1 {
        return Err(ScimError::invalid_value(format!(
            "`{}` has more than one primary value",
            attribute.name
        )));
    }
    Ok(())
}

/// One value, by its type (RFC 7643 2.3). RFC 7643 2.5: `null` is no value, of any type.
fn value(attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    let expected = match (attribute.kind, value) {
        (_, Value::Null) | (Kind::Boolean, Value::Bool(_)) | (Kind::Text, Value::String(_)) => return Ok(()),
        // RFC 7643 2.3.4: an integer has no fraction and no exponent.
        (Kind::Number, Value::Number(number)) if !attribute.integer || !number.is_f64() => return Ok(()),
        (Kind::DateTime, Value::String(text)) if text.parse::<ScimDateTime>().is_ok() => return Ok(()),
        (Kind::Complex, Value::Object(members)) => return sub_attributes(attribute, members),
        (Kind::Boolean, _) => "true or false, and not as a string",
        (Kind::Number, _) if attribute.integer => "an integer",
        (Kind::Number, _) => "a number",
        (Kind::Text, _) => "a string",
        (Kind::DateTime, _) => "a date and time, such as 2026-05-13T04:42:34Z",
        (Kind::Complex, _) => "an object",
    };
    Err(ScimError::invalid_value(format!(
        "`{}` takes {expected}",
        attribute.name
    )))
}

fn sub_attributes(attribute: &Attribute, members: &Map<String, Value>) -> Result<(), ScimError> {
    for (name, value) in members {
        let sub = attribute.sub_attribute(name);
        let sub = sub.ok_or_else(|| unknown_attribute(&format!("{}.{name}", attribute.name)))?;
        if !sub.read_only {
            assigned(sub, value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
