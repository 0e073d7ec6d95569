//! References to what another operation of a Bulk creates (RFC 7644 3.7.2): a text that is `bulkId:` and a name.
//!
//! In `$ref`, which is a URL, it is the last part of one. Ids and URLs of ours never look like it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Created;

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
            for (key, value) in members {
                match value {
                    Value::String(text) if is_url(key) => names.extend(name(last_part(text).1)),
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
            for (key, value) in members {
                match value {
                    Value::String(url) if is_url(key) => replace_in_url(url, created),
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
    fn what_only_resembles_a_reference_is_none() {
        let value = json!({"bulkId:a": "bulkId:", "x": "my bulkId:a", "y": "bulkId", "z": ["é", 1, null, true]});
        check(value.clone(), &[], value);
    }
}
