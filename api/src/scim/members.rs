//! Changes to the members of a group, as one delta that needs no list of the members it has.
//!
//! A PATCH may hold thousands of member operations. They are applied to the delta one after the other, so that the group
//! sees one set of additions and one of removals, whatever its size.

use std::collections::BTreeMap;

use rolecall_engine::MembersChange;
use scim_v2::filter::{AttrExp, CompValue, CompareOp, PatchValuePath, ValFilter};
use serde_json::Value;

use super::error::ScimError;
use super::object::member;

/// The delta while the operations of a PATCH are applied to it: for each id that was named, whether it is a member.
#[derive(Debug, Default)]
pub(crate) struct MembersDelta {
    replace: bool,
    named: BTreeMap<String, bool>,
}

impl MembersDelta {
    /// These are members from here on.
    pub(crate) fn add(&mut self, ids: Vec<String>) {
        self.named.extend(ids.into_iter().map(|id| (id, true)));
    }

    /// These are no members from here on.
    pub(crate) fn remove(&mut self, ids: Vec<String>) {
        self.named.extend(ids.into_iter().map(|id| (id, false)));
    }

    /// Nobody is a member from here on.
    pub(crate) fn clear(&mut self) {
        self.replace = true;
        self.named.clear();
    }

    /// The change that all of it comes to: ids in order, each once.
    pub(crate) fn finish(self) -> MembersChange {
        let mut change = MembersChange {
            replace: self.replace,
            ..MembersChange::default()
        };
        for (id, is_member) in self.named {
            match is_member {
                true => change.add.push(id),
                false if self.replace => {}
                false => change.remove.push(id),
            }
        }
        change
    }
}

/// The ids in the value of `members`: a list or a single one of objects, or bare ids. `display`, `type` and `$ref` are ignored.
///
/// # Errors
/// `invalidValue` when a member has no `value`: leaving it out could empty a group by mistake.
pub(crate) fn ids(value: Value) -> Result<Vec<String>, ScimError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => values.into_iter().filter(|value| !value.is_null()).map(id).collect(),
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        value => Ok(vec![id(value)?]),
    }
}

fn id(value: Value) -> Result<String, ScimError> {
    let id = match &value {
        Value::Object(member_of_group) => member(member_of_group, "value"),
        value => Some(value),
    };
    let id = match id {
        Some(Value::String(id)) => id.trim().to_owned(),
        Some(Value::Number(id)) => id.to_string(),
        _ => String::new(),
    };
    if id.is_empty() {
        return Err(ScimError::invalid_value(
            "each member needs a `value`, the id of a user",
        ));
    }
    Ok(id)
}

/// The ids that `members[value eq "..."]` selects, also several of them combined with `or`.
///
/// # Errors
/// `invalidPath` for any other selection: members can be selected by their id alone.
pub(crate) fn selected(path: &PatchValuePath) -> Result<Vec<String>, ScimError> {
    let mut ids = Vec::new();
    match select(&path.filter, &mut ids) {
        Some(()) => Ok(ids),
        None => Err(ScimError::invalid_path(format!(
            "`{path}` is not supported; select members by id, as in members[value eq \"...\"]"
        ))),
    }
}

fn select(filter: &ValFilter, ids: &mut Vec<String>) -> Option<()> {
    match filter {
        ValFilter::Or(operands) => operands.iter().try_for_each(|operand| select(operand, ids)),
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) if path.name.eq_ignore_ascii_case("value") => {
            ids.push(match value {
                CompValue::Str(id) => id.trim().to_owned(),
                CompValue::Number(id) => id.to_string(),
                _ => return None,
            });
            Some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Clone)]
    enum Operation {
        Add(Vec<String>),
        Remove(Vec<String>),
        Replace(Vec<String>),
        Clear,
    }

    fn operations() -> impl Strategy<Value = Vec<Operation>> {
        let ids = || prop::collection::vec("[a-f]", 0..4);
        let operation = prop_oneof![
            4 => ids().prop_map(Operation::Add),
            4 => ids().prop_map(Operation::Remove),
            1 => ids().prop_map(Operation::Replace),
            1 => Just(Operation::Clear),
        ];
        prop::collection::vec(operation, 0..8)
    }

    fn one_by_one(mut members: BTreeSet<String>, operations: &[Operation]) -> BTreeSet<String> {
        for operation in operations {
            match operation {
                Operation::Add(ids) => members.extend(ids.iter().cloned()),
                Operation::Remove(ids) => members.retain(|id| !ids.contains(id)),
                Operation::Replace(ids) => members = ids.iter().cloned().collect(),
                Operation::Clear => members.clear(),
            }
        }
        members
    }

    fn as_one_change(operations: &[Operation]) -> MembersChange {
        let mut delta = MembersDelta::default();
        for operation in operations.iter().cloned() {
            match operation {
                Operation::Add(ids) => delta.add(ids),
                Operation::Remove(ids) => delta.remove(ids),
                Operation::Clear => delta.clear(),
                Operation::Replace(ids) => {
                    delta.clear();
                    delta.add(ids);
                }
            }
        }
        delta.finish()
    }

    proptest! {
        #[test]
        fn one_change_equals_the_operations_one_by_one(
            members in prop::collection::btree_set("[a-f]", 0..6),
            operations in operations(),
        ) {
            let change = as_one_change(&operations);
            let mut changed = if change.replace { BTreeSet::new() } else { members.clone() };
            changed.retain(|id| !change.remove.contains(id));
            changed.extend(change.add.iter().cloned());
            prop_assert_eq!(changed, one_by_one(members, &operations));
            prop_assert!(change.add.iter().all(|id| !change.remove.contains(id)));
        }
    }

    #[track_caller]
    fn check_ids(value: Value, expected: &[&str]) {
        assert_eq!(ids(value).unwrap(), expected);
    }

    #[test]
    fn members_come_as_lists_as_single_objects_and_as_bare_ids() {
        check_ids(
            json!([{"value": "u1", "$ref": null, "display": "x"}, {"VALUE": "u2"}]),
            &["u1", "u2"],
        );
        check_ids(json!({"value": "u1", "type": "User"}), &["u1"]);
        check_ids(json!({"value": "u1", "displayName": "Ana", "display": null}), &["u1"]);
        check_ids(json!("u1"), &["u1"]);
        check_ids(json!(["u1", 271, null]), &["u1", "271"]);
        check_ids(json!(null), &[]);
        check_ids(json!([]), &[]);
    }

    #[test]
    fn a_member_without_an_id_is_refused() {
        for value in [
            json!([{"display": "x"}]),
            json!({"value": null}),
            json!([""]),
            json!(true),
            json!([[]]),
        ] {
            let error = ids(value).unwrap_err();
            assert_eq!(error.to_string(), "each member needs a `value`, the id of a user");
        }
    }
}
