//! The body of a PATCH (RFC 7644 3.5.2), read into `scim_v2`'s operations however the client wrote it.
//!
//! Read with tolerance: names and `op` in any case, no `schemas`, members nobody asked for, an empty path, and a `remove`
//! without a path whose value names what to remove. What the operations do is the business of `patch` and `members`.
//! Of a strict connection `strict::patch` has refused by then whatever only tolerance could read, so that one reading is enough.

use scim_v2::models::others::{OperationTarget, PatchOperation};
use serde_json::{Map, Value};

use super::error::ScimError;
use super::lenient;
use super::limits::{PATCH_OPERATIONS_MAX, PATCH_PATHS_BYTES_MAX};
use super::object::{member, take};
use super::profile::Mode;
use super::schema::ResourceSchema;
use super::strict;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a request body as a JSON object.
///
/// # Errors
/// `invalidSyntax` with the place of the fault.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, ScimError> {
    // RFC 8259 8.1: a byte order mark may be ignored. Tools on Windows write one.
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ScimError::invalid_syntax("the body must be a JSON object")),
        Err(fault) => Err(ScimError::invalid_syntax(format!(
            "the body is not valid JSON: {fault}"
        ))),
    }
}

/// Reads the body of a PATCH into its operations, in order, and keeps strict connections to the letter.
///
/// # Errors
/// The first fault of the body, or of an operation by itself; `tooMany` beyond a limit.
pub(crate) fn read(schema: &ResourceSchema, body: &[u8]) -> Result<Vec<PatchOperation>, ScimError> {
    let body = object(body)?;
    check_size(&body)?;
    strict::patch(schema, &body)?;
    operations(body)
}

/// Refuses what is too much to read, before any of it is: each path and each name without one is read by a grammar.
fn check_size(body: &Map<String, Value>) -> Result<(), ScimError> {
    let operations = match member(body, "Operations") {
        Some(Value::Array(operations)) => operations.as_slice(),
        _ => &[],
    };
    let mut names = Names::default();
    for operation in operations.iter().filter_map(Value::as_object) {
        match (member(operation, "path"), member(operation, "value")) {
            (Some(Value::String(path)), _) if !path.is_empty() => names.count(path),
            (_, Some(Value::Object(attributes))) => names.count_all(attributes),
            _ => names.count(""),
        }
    }
    check_count(names.count)?;
    if names.bytes > PATCH_PATHS_BYTES_MAX {
        return Err(ScimError::too_many(format!(
            "the paths of a PATCH take at most {PATCH_PATHS_BYTES_MAX} bytes together; send several"
        )));
    }
    Ok(())
}

/// The paths of a PATCH, and the names in values without one: those are paths, too.
#[derive(Default)]
struct Names {
    count: usize,
    bytes: usize,
}

impl Names {
    fn count(&mut self, name: &str) {
        self.count += 1;
        self.bytes += name.len();
    }

    /// Names below names are those of a schema, or of parts.
    fn count_all(&mut self, attributes: &Map<String, Value>) {
        for (name, value) in attributes {
            self.count(name);
            if let Value::Object(below) = value {
                self.count_all(below);
            }
        }
    }
}

/// Reads the operations of a PATCH, in order.
///
/// # Errors
/// `invalidSyntax`, `invalidValue`, `invalidPath` or `noTarget`, naming the operation at fault; `tooMany` beyond the limit.
pub(crate) fn operations(mut body: Map<String, Value>) -> Result<Vec<PatchOperation>, ScimError> {
    let operations = match take(&mut body, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        // RFC 7644 3.5.2 wants an array; one operation alone is clear enough.
        Some(Value::Object(operation)) => vec![Value::Object(operation)],
        _ => {
            return Err(ScimError::invalid_syntax(
                "a PATCH needs `Operations`, an array of at least one operation",
            ));
        }
    };
    check_count(operations.len())?;
    let mut read = Vec::with_capacity(operations.len());
    for (index, operation) in operations.into_iter().enumerate() {
        let Value::Object(operation) = operation else {
            return Err(ScimError::invalid_syntax(format!(
                "operation {} is not an object",
                index + 1
            )));
        };
        read.extend(self::operation(index + 1, operation)?);
        // A remove without a path is as many operations as it names attributes.
        check_count(read.len())?;
    }
    Ok(read)
}

fn check_count(operations: usize) -> Result<(), ScimError> {
    if operations > PATCH_OPERATIONS_MAX {
        return Err(ScimError::too_many(format!(
            "a PATCH takes at most {PATCH_OPERATIONS_MAX} operations; send several"
        )));
    }
    Ok(())
}

fn operation(number: usize, mut members: Map<String, Value>) -> Result<Vec<PatchOperation>, ScimError> {
    let op = take(&mut members, "op");
    let path = path(number, take(&mut members, "path"))?;
    let value = take(&mut members, "value");
    let op = op.as_ref().and_then(Value::as_str).unwrap_or_default();
    match (op.to_ascii_lowercase().as_str(), path) {
        ("add", path) => Ok(vec![PatchOperation::Add(target(number, path, value)?)]),
        ("replace", path) => Ok(vec![PatchOperation::Replace(target(number, path, value)?)]),
        ("remove", Some(path)) => Ok(vec![PatchOperation::Remove {
            path: lenient::path(Mode::Lenient, &path)?,
            value,
        }]),
        ("remove", None) => remove_without_path(number, value),
        _ => Err(ScimError::invalid_syntax(format!(
            "operation {number}: `op` must be add, replace or remove"
        ))),
    }
}

fn path(number: usize, path: Option<Value>) -> Result<Option<String>, ScimError> {
    match path {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(path)) => Ok(Some(path).filter(|path| !path.trim().is_empty())),
        Some(_) => Err(ScimError::invalid_path(format!(
            "operation {number}: `path` must be a string"
        ))),
    }
}

fn target(number: usize, path: Option<String>, value: Option<Value>) -> Result<OperationTarget, ScimError> {
    match (path, value) {
        (Some(path), Some(value)) => Ok(OperationTarget::WithPath {
            path: lenient::path(Mode::Lenient, &path)?,
            value: Some(value),
        }),
        (None, Some(Value::Object(value))) => Ok(OperationTarget::WithoutPath { value }),
        (Some(_), None) => Err(ScimError::invalid_value(format!("operation {number} needs a `value`"))),
        (None, _) => Err(ScimError::invalid_value(format!(
            "operation {number} has no `path`, so its `value` must be an object of attributes"
        ))),
    }
}

/// RFC 7644 3.5.2.2 answers a `remove` without a path with `noTarget`; a value that names attributes is a target, too.
fn remove_without_path(number: usize, value: Option<Value>) -> Result<Vec<PatchOperation>, ScimError> {
    let Some(Value::Object(attributes)) =
        value.filter(|value| value.as_object().is_some_and(|named| !named.is_empty()))
    else {
        return Err(ScimError::no_target(format!(
            "operation {number}: a remove needs a `path`"
        )));
    };
    let removes = attributes.into_iter().map(|(name, value)| {
        Ok(PatchOperation::Remove {
            path: lenient::path(Mode::Lenient, &name)?,
            value: Some(value),
        })
    });
    removes.collect()
}

#[cfg(test)]
mod tests {
    use super::super::profile::Profile;
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(body: Value, expected: Result<Value, &str>) {
        let Value::Object(body) = body else {
            panic!("a body is an object")
        };
        let found = operations(body)
            .map(|operations| json!(operations))
            .map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_conformant_patch_is_read_as_it_is() {
        let operations = json!([{"op": "add", "path": "members", "value": [{"value": "u1"}]}]);
        check(
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}),
            Ok(operations),
        );
    }

    #[test]
    fn names_and_verbs_come_in_any_case_with_extra_members_and_without_schemas() {
        check(
            json!({"operations": [{"OP": "Replace", "Path": "active", "VALUE": "False", "name": "x"}], "id": "u1"}),
            Ok(json!([{"op": "replace", "path": "active", "value": "False"}])),
        );
    }

    #[test]
    fn an_empty_path_is_no_path() {
        check(
            json!({"Operations": [{"op": "add", "path": "", "value": {"title": "x"}}, {"op": "add", "path": null, "value": {}}]}),
            Ok(json!([{"op": "add", "value": {"title": "x"}}, {"op": "add", "value": {}}])),
        );
    }

    #[test]
    fn a_remove_without_a_path_removes_what_its_value_names() {
        check(
            json!({"Operations": [{"op": "remove", "value": {"members": [{"value": "u1"}]}}]}),
            Ok(json!([{"op": "remove", "path": "members", "value": [{"value": "u1"}]}])),
        );
        check(
            json!({"Operations": [{"op": "remove"}]}),
            Err("operation 1: a remove needs a `path`"),
        );
    }

    #[test]
    fn what_is_no_operation_is_refused_by_its_number() {
        check(
            json!({}),
            Err("a PATCH needs `Operations`, an array of at least one operation"),
        );
        check(
            json!({"Operations": []}),
            Err("a PATCH needs `Operations`, an array of at least one operation"),
        );
        check(json!({"Operations": [1]}), Err("operation 1 is not an object"));
        check(
            json!({"Operations": [{"op": "move"}]}),
            Err("operation 1: `op` must be add, replace or remove"),
        );
        check(
            json!({"Operations": [{"op": "add", "path": "title"}]}),
            Err("operation 1 needs a `value`"),
        );
        check(
            json!({"Operations": [{"op": "add", "path": 1, "value": 1}]}),
            Err("operation 1: `path` must be a string"),
        );
        check(
            json!({"Operations": [{"op": "replace", "value": "x"}]}),
            Err("operation 1 has no `path`, so its `value` must be an object of attributes"),
        );
        let many = vec![json!({"op": "remove", "path": "title"}); PATCH_OPERATIONS_MAX + 1];
        check(
            json!({"Operations": many}),
            Err("a PATCH takes at most 10000 operations; send several"),
        );
    }

    #[test]
    fn names_and_paths_are_counted_before_any_is_read() {
        let profile = Profile::strict();
        let check = |operations: Value, expected: &str| {
            let body = json!({"Operations": operations}).to_string();
            let refused = read(&profile.user, body.as_bytes()).unwrap_err();
            assert_eq!(refused.to_string(), expected);
        };
        let many = "a PATCH takes at most 10000 operations; send several";
        let names =
            |count: usize| -> Map<String, Value> { (0..count).map(|index| (format!("a{index}"), json!(1))).collect() };
        check(json!([{"op": "add", "value": names(10_001)}]), many);
        check(
            json!([{"op": "add", "value": {"urn:x:Ext": names(5_000)}}, {"op": "add", "value": names(5_000)}]),
            many,
        );
        check(json!(vec![json!({"op": "move", "path": "a"}); 10_001]), many);
        let path = format!("emails[value eq \"{}\"", "x".repeat(4_000));
        check(
            json!(vec![json!({"op": "remove", "path": path}); 300]),
            "the paths of a PATCH take at most 1048576 bytes together; send several",
        );
    }

    #[test]
    fn a_remove_without_a_path_counts_as_many_operations_as_it_names_attributes() {
        let named: Map<String, Value> = (0..=PATCH_OPERATIONS_MAX)
            .map(|index| (format!("a{index}"), Value::Null))
            .collect();
        check(
            json!({"Operations": [{"op": "remove", "value": named}]}),
            Err("a PATCH takes at most 10000 operations; send several"),
        );
    }

    #[test]
    fn a_body_that_is_not_json_says_where() {
        assert_eq!(
            object(b"{\"a\": }").unwrap_err().to_string(),
            "the body is not valid JSON: expected value at line 1 column 7"
        );
        assert_eq!(object(b"[]").unwrap_err().to_string(), "the body must be a JSON object");
    }
}
