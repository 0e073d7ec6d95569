//! Changes to the members of a group, as one delta that needs no list of the members it has.
//!
//! A PATCH may hold thousands of member operations. They are applied to the delta one after the other, so that the group
//! sees one set of additions and one of removals, whatever its size.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::MembersChange;
use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, PatchValuePath, ValFilter};
use serde_json::Value;

use super::error::ScimError;
use super::object::member;
use super::schema::ResourceType;

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

/// The members that a selection means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selected {
    /// Those of these ids, as far as they are members.
    These(Vec<String>),
    /// Everybody.
    All,
}

/// Who is selected by `members[...]`, when that can be told without a list of the members there are.
///
/// # Errors
/// `invalidPath` for any other selection, such as all members but one.
pub(crate) fn selected(path: &PatchValuePath) -> Result<Selected, ScimError> {
    match Chosen::by(&path.filter) {
        Some(Chosen::These(ids)) => Ok(Selected::These(ids.into_iter().collect())),
        Some(Chosen::AllBut(ids)) if ids.is_empty() => Ok(Selected::All),
        _ => Err(ScimError::invalid_path(format!(
            "`{path}` is not supported; select members by id, as in members[value eq \"...\"]"
        ))),
    }
}

/// A part of all ids there could be.
enum Chosen {
    These(BTreeSet<String>),
    AllBut(BTreeSet<String>),
}

impl Chosen {
    /// `None` for what is not the same for every member, and does not name ids.
    fn by(filter: &ValFilter) -> Option<Self> {
        match filter {
            ValFilter::And(operands) => operands
                .iter()
                .try_fold(Self::everybody(), |all, one| Some(all.and(Self::by(one)?))),
            ValFilter::Or(operands) => {
                let none = operands
                    .iter()
                    .try_fold(Self::everybody(), |none, one| Some(none.and(Self::by(one)?.not())));
                none.map(Self::not)
            }
            ValFilter::Not(inner) => Self::by(inner).map(Self::not),
            ValFilter::Attr(AttrExp::Present(path)) => is_of_every_member(path).then(Self::everybody),
            ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) => Self::equal(path, value),
            ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Ne, value)) => Self::equal(path, value).map(Self::not),
            ValFilter::Attr(AttrExp::Comparison(..)) => None,
        }
    }

    fn equal(path: &AttrPath, value: &CompValue) -> Option<Self> {
        let is_id = path.name.eq_ignore_ascii_case("value");
        match value {
            CompValue::Str(id) if is_id => Some(Self::one(id.trim())),
            CompValue::Number(id) if is_id => Some(Self::one(&id.to_string())),
            CompValue::Str(kind) if path.name.eq_ignore_ascii_case("type") => {
                let is_user = kind.eq_ignore_ascii_case(ResourceType::User.name());
                Some(if is_user {
                    Self::everybody()
                } else {
                    Self::everybody().not()
                })
            }
            _ => None,
        }
    }

    fn one(id: &str) -> Self {
        Self::These(BTreeSet::from([id.to_owned()]))
    }

    fn everybody() -> Self {
        Self::AllBut(BTreeSet::new())
    }

    fn not(self) -> Self {
        match self {
            Self::These(ids) => Self::AllBut(ids),
            Self::AllBut(ids) => Self::These(ids),
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::AllBut(mut left), Self::AllBut(right)) => {
                left.extend(right);
                Self::AllBut(left)
            }
            (Self::These(mut ids), Self::AllBut(others)) | (Self::AllBut(others), Self::These(mut ids)) => {
                ids.retain(|id| !others.contains(id));
                Self::These(ids)
            }
            (Self::These(mut left), Self::These(right)) => {
                left.retain(|id| right.contains(id));
                Self::These(left)
            }
        }
    }
}

/// Every member is a user, and shown with these.
fn is_of_every_member(path: &AttrPath) -> bool {
    ["value", "type", "ref"]
        .iter()
        .any(|name| path.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scim_v2::filter::PatchPath;
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

    #[track_caller]
    fn check_selected(filter: &str, expected: Option<Selected>) {
        let Ok(PatchPath::Value(path)) = format!("members[{filter}]").parse() else {
            panic!("{filter} is a selection")
        };
        assert_eq!(selected(&path).ok(), expected, "{filter}");
    }

    #[test]
    fn members_are_selected_by_what_is_known_of_each() {
        let these = |ids: &[&str]| Some(Selected::These(ids.iter().map(|id| (*id).to_owned()).collect()));
        for (filter, expected) in [
            (r#"value eq " a ""#, these(&["a"])),
            (r#"value eq 271 or value eq "a""#, these(&["271", "a"])),
            (r#"value eq "a" and value eq "b""#, these(&[])),
            (r#"value eq "a" and type eq "user""#, these(&["a"])),
            (r#"type eq "Group" and value eq "a""#, these(&[])),
            (r#"(value eq "a" or value eq "b") and value ne "b""#, these(&["a"])),
            (r#"type eq "Group" or value eq "a""#, these(&["a"])),
            (r#"not (value ne "a")"#, these(&["a"])),
            (r#"not (type eq "User")"#, these(&[])),
            (r#"type eq "User""#, Some(Selected::All)),
            (r#"type ne "Group" or value eq "a""#, Some(Selected::All)),
            ("value pr and type pr", Some(Selected::All)),
        ] {
            check_selected(filter, expected);
        }
    }

    #[test]
    fn what_only_a_list_of_the_members_tells_selects_none() {
        for filter in [
            r#"value ne "a""#,
            r#"not (value eq "a")"#,
            r#"type eq "User" and value ne "a""#,
            r#"value co "a""#,
            r#"display eq "Ana""#,
            r#"value eq "a" or display pr"#,
            "value eq true",
        ] {
            check_selected(filter, None);
        }
    }
}
