//! Does a JSON document say at least what is expected of it?

use serde_json::Value;

/// The first place where `actual` does not say what `expected` says, as a JSON pointer with both sides.
///
/// An object may have more members than expected; a member expected as `null` must be absent or `null`. An array has
/// as many items as expected, in that order. Everything else is equal.
pub fn difference(expected: &Value, actual: &Value) -> Option<String> {
    at("", expected, actual)
}

fn at(place: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().find_map(|(key, value)| {
            at(
                &format!("{place}/{key}"),
                value,
                actual.get(key).unwrap_or(&Value::Null),
            )
        }),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => expected
            .iter()
            .zip(actual)
            .enumerate()
            .find_map(|(index, (expected, actual))| at(&format!("{place}/{index}"), expected, actual)),
        (expected, actual) if expected == actual => None,
        (expected, actual) => Some(format!("at `{place}`: expected {expected}, found {actual}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::difference;

    #[track_caller]
    fn check(expected: Value, actual: Value, place: Option<&str>) {
        let found = difference(&expected, &actual);
        assert_eq!(
            found.as_deref().map(|text| text.split('`').nth(1).unwrap()),
            place,
            "{found:?}"
        );
    }

    #[test]
    fn members_that_nobody_asked_for_do_not_matter() {
        check(json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), None);
        check(json!({ "a": [{ "b": 1 }] }), json!({ "a": [{ "b": 1, "c": 2 }] }), None);
    }

    #[test]
    fn members_that_are_missing_or_different_are_named() {
        check(json!({ "a": { "b": 1 } }), json!({ "a": {} }), Some("/a/b"));
        check(json!({ "a": { "b": 1 } }), json!({ "a": { "b": "1" } }), Some("/a/b"));
        check(json!({ "a": 1 }), json!([]), Some(""));
    }

    #[test]
    fn null_means_absent_or_null() {
        check(json!({ "a": null }), json!({}), None);
        check(json!({ "a": null }), json!({ "a": null }), None);
        check(json!({ "a": null }), json!({ "a": [] }), Some("/a"));
    }

    #[test]
    fn arrays_are_as_long_as_expected_and_in_order() {
        check(json!([1, 2]), json!([1, 2]), None);
        check(json!([1, 2]), json!([2, 1]), Some("/0"));
        check(json!([1]), json!([1, 2]), Some(""));
    }
}
