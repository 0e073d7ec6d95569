//! References to what another operation of a Bulk creates (RFC 7644 3.7.2): a text that is `bulkId:` and a name.
//!
//! In `$ref`, which is a URL, it is the last part of one, and in the `path` of an operation of a PATCH it is a value of the
//! filter, as in `members[value eq "bulkId:ana"]`. Ids and URLs of ours never look like it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Created;
use crate::scim::lenient;

const PREFIX: &str = "bulkId:";

/// The name that a text refers to.
pub(super) fn name(text: &str) -> Option<&str> {
    let (prefix, name) = text.split_at_checked(PREFIX.len())?;
    (prefix.eq_ignore_ascii_case(PREFIX) && !name.is_empty()).then_some(name)
}

/// All names that a value refers to.
pub(super) fn collect<'v>(value: &'v Value, names: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => names.extend(name(text)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Object(members) => {
            let is_operation = is_operation(members);
            for (key, value) in members {
                match value {
                    Value::String(text) if is_url(key) => names.extend(name(last_part(text).1)),
                    Value::String(text) if is_operation && is_path(key) => {
                        names.extend(
                            lenient::words(text)
                                .into_iter()
                                .filter_map(|word| name(unquoted(word).1)),
                        );
                    }
                    value => collect(value, names),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts the ids of what was created into the places of references to it.
pub(super) fn replace(value: &mut Value, created: &Created) {
    match value {
        Value::String(text) => {
            if let Some(id) = name(text).and_then(|name| created.get(name)) {
                text.clone_from(id);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, created)),
        Value::Object(members) => {
            let is_operation = is_operation(members);
            for (key, value) in members {
                match value {
                    Value::String(url) if is_url(key) => replace_in_url(url, created),
                    Value::String(path) if is_operation && is_path(key) => replace_in_path(path, created),
                    value => replace(value, created),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn replace_in_url(url: &mut String, created: &Created) {
    let (before, last) = last_part(url);
    if let Some(id) = name(last).and_then(|name| created.get(name)) {
        *url = format!("{before}{id}");
    }
}

fn replace_in_path(path: &mut String, created: &Created) {
    let words = lenient::words(path).into_iter();
    *path = words
        .map(|word| {
            let (quote, text) = unquoted(word);
            let id = name(text).and_then(|name| created.get(name));
            id.map_or_else(|| word.to_owned(), |id| format!("{quote}{id}{quote}"))
        })
        .collect();
}

/// A word of a filter without its quotes, and the quote. Lenient connections take single ones, and none.
fn unquoted(word: &str) -> (&str, &str) {
    for quote in ["\"", "'"] {
        if let Some(text) = word.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return (quote, text);
        }
    }
    ("", word)
}

/// Whether this is one of the operations of a PATCH (RFC 7644 3.5.2): anything else may have an attribute called `path`.
fn is_operation(members: &Map<String, Value>) -> bool {
    members.keys().any(|key| key.eq_ignore_ascii_case("op"))
}

fn is_path(key: &str) -> bool {
    key.eq_ignore_ascii_case("path")
}

fn is_url(key: &str) -> bool {
    key.eq_ignore_ascii_case("$ref")
}

/// A URL up to its last slash, and what follows.
fn last_part(url: &str) -> (&str, &str) {
    url.rfind('/')
        .and_then(|slash| url.split_at_checked(slash + 1))
        .unwrap_or(("", url))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: Value, names: &[&str], expected: Value) {
        let mut found = BTreeSet::new();
        collect(&value, &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), names);
        let created = Created::from([("a".to_owned(), "1".to_owned()), ("b/c".to_owned(), "2".to_owned())]);
        let mut replaced = value;
        replace(&mut replaced, &created);
        assert_eq!(replaced, expected);
    }

    #[test]
    fn a_text_that_is_a_reference_is_found_however_deep_it_is() {
        check(
            json!({"members": [{"value": "bulkId:a"}, {"value": "BULKID:b/c", "x": [["bulkid:a"]]}]}),
            &["a", "b/c"],
            json!({"members": [{"value": "1"}, {"value": "2", "x": [["1"]]}]}),
        );
    }

    #[test]
    fn a_reference_may_be_the_end_of_a_url_in_ref_alone() {
        check(
            json!([{"$ref": "https://rolecall.example/scim/v2/con-1/Users/bulkId:a"}, {"$REF": "../Users/bulkId:a"}, {"$ref": "bulkId:a"}]),
            &["a"],
            json!([{"$ref": "https://rolecall.example/scim/v2/con-1/Users/1"}, {"$REF": "../Users/1"}, {"$ref": "1"}]),
        );
        let profile = json!({"profileUrl": "/Users/bulkId:a"});
        check(profile.clone(), &[], profile);
    }

    #[test]
    fn a_reference_may_be_a_value_in_the_path_of_an_operation() {
        for (path, expected) in [
            (r#"members[value eq "bulkId:a"]"#, r#"members[value eq "1"]"#),
            (
                r#"x[(display eq "\"bulkId:q" or y eq "O'Hara") and value eq "BULKID:a"].z"#,
                r#"x[(display eq "\"bulkId:q" or y eq "O'Hara") and value eq "1"].z"#,
            ),
            ("members[value eq 'bulkId:a']", "members[value eq '1']"),
            ("members[value eq bulkId:a]", "members[value eq 1]"),
        ] {
            check(
                json!({"Operations": [{"Op": "remove", "Path": path}]}),
                &["a"],
                json!({"Operations": [{"Op": "remove", "Path": expected}]}),
            );
        }
        let attribute = json!({"path": r#"the "bulkId:a""#});
        check(attribute.clone(), &[], attribute);
    }

    #[test]
    fn what_only_resembles_a_reference_is_none() {
        let value = json!({"bulkId:a": "bulkId:", "x": "my bulkId:a", "y": "bulkId", "z": ["é", 1, null, true]});
        check(value.clone(), &[], value);
    }
}
