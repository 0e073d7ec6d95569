//! JSON objects whose member names are the same in any case (RFC 7643 2.1).

use serde_json::{Map, Value};

/// The member of this name, in any case.
pub(crate) fn member<'m>(object: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    let exact = object.get(name);
    exact.or_else(|| {
        object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// Takes the member of this name in any case.
pub(crate) fn take(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    object.remove(name).or_else(|| object.remove(&spelling(object, name)))
}

/// The key under which the object has this name already, or the name itself.
pub(crate) fn spelling(object: &Map<String, Value>, name: &str) -> String {
    let existing = object.keys().find(|key| key.eq_ignore_ascii_case(name));
    existing.cloned().unwrap_or_else(|| name.to_owned())
}

/// Sets the member of this name, or removes it.
pub(crate) fn set(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    let key = spelling(object, name);
    match value {
        Some(value) => object.insert(key, value),
        None => object.remove(&key),
    };
}
