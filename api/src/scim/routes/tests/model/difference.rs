//! The PATCH that makes one resource out of another, in the ways in which providers write such a PATCH.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// What only the server writes.
const READ_ONLY: [&str; 4] = ["id", "meta", "schemas", "groups"];

#[derive(Clone, Copy, Debug)]
pub(super) enum Style {
    /// Each part that differs by its path, values of lists one by one.
    Parts,
    /// Each attribute that differs is replaced whole; what is to have fewer parts is removed before.
    Attributes,
    /// What goes is removed, and all the rest is in one operation without a path.
    Together,
}

/// The operations that lead from one to the other, none when they are the same.
pub(super) fn difference(style: Style, from: &Value, to: &Value) -> Vec<Value> {
    let (from, to) = (written(from), written(to));
    let mut operations = Vec::new();
    match style {
        Style::Parts => parts(&mut operations, "", &from, &to),
        Style::Attributes | Style::Together => {
            let removed = differing(&from, &to)
                .into_iter()
                .filter(|name| from.contains_key(*name));
            // What is required is never removed, and what is no object needs not to be.
            let removed = removed.filter(|name| !to.contains_key(*name) || from[*name].is_object());
            operations.extend(removed.map(|name| json!({"op": "remove", "path": name})));
            let replaced = differing(&from, &to).into_iter().filter(|name| to.contains_key(*name));
            let replaced: Map<String, Value> = replaced.map(|name| (name.clone(), to[name].clone())).collect();
            match style {
                Style::Together if !replaced.is_empty() => {
                    operations.push(json!({"op": "replace", "value": replaced}));
                }
                _ => {
                    let each = replaced
                        .iter()
                        .map(|(name, value)| json!({"op": "replace", "path": name, "value": value}));
                    operations.extend(each);
                }
            }
        }
    }
    operations
}

fn written(resource: &Value) -> Map<String, Value> {
    let mut resource = resource.as_object().unwrap().clone();
    resource.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    resource
}

fn differing<'a>(from: &'a Map<String, Value>, to: &'a Map<String, Value>) -> BTreeSet<&'a String> {
    from.keys()
        .chain(to.keys())
        .filter(|name| from.get(*name) != to.get(*name))
        .collect()
}

fn parts(operations: &mut Vec<Value>, before: &str, from: &Map<String, Value>, to: &Map<String, Value>) {
    for name in differing(from, to) {
        let path = format!("{before}{name}");
        match (from.get(name), to.get(name)) {
            (Some(Value::Object(from)), Some(Value::Object(to))) => {
                let separator = if name.starts_with("urn:") { ":" } else { "." };
                parts(operations, &format!("{path}{separator}"), from, to);
            }
            (Some(Value::Array(from)), Some(Value::Array(to))) if name == "members" => {
                members(operations, from, to);
            }
            (from, Some(Value::Array(to))) => {
                operations.extend(from.map(|_| json!({"op": "remove", "path": path})));
                operations.extend(
                    to.iter()
                        .map(|value| json!({"op": "add", "path": path, "value": [value]})),
                );
            }
            (_, Some(to)) => operations.push(json!({"op": "add", "path": path, "value": to})),
            (_, None) => operations.push(json!({"op": "remove", "path": path})),
        }
    }
}

fn members(operations: &mut Vec<Value>, from: &[Value], to: &[Value]) {
    let removed = from.iter().filter(|member| !to.contains(member));
    let path = |member: &Value| format!("members[value eq {}]", member["value"]);
    operations.extend(removed.map(|member| json!({"op": "remove", "path": path(member)})));
    let added: Vec<_> = to.iter().filter(|member| !from.contains(member)).collect();
    if !added.is_empty() {
        operations.push(json!({"op": "add", "path": "members", "value": added}));
    }
}
