use rolecall_engine::MembersChange;
use serde_json::{Value, json};

use super::super::extension;
use super::*;

fn patched(operations: Value) -> Result<GroupChange, ScimError> {
    let body = json!({"Operations": operations}).to_string();
    GroupPatch::read(&Profile::lenient(), body.as_bytes())?.into_change(
        &Profile::lenient(),
        r#"{"badge":1,"urn:x:Ext":{"Color":"red"}}"#,
        Position::default(),
    )
}

fn members(replace: bool, add: &[&str], remove: &[&str]) -> GroupChange {
    let members = MembersChange {
        replace,
        add: owned(add),
        remove: owned(remove),
    };
    GroupChange {
        members,
        ..GroupChange::default()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[track_caller]
fn check(operations: Value, expected: GroupChange) {
    assert_eq!(patched(operations), Ok(expected));
}

#[track_caller]
fn check_refused(operations: Value, scim_type: &str, detail: &str) {
    let error = patched(operations).unwrap_err();
    assert_eq!(
        (error.scim_type(), error.to_string().as_str()),
        (Some(scim_type), detail)
    );
}

#[track_caller]
fn check_extensions(operations: Value, json: Value, roles: &[&str]) {
    let change = patched(operations).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&change.extensions.unwrap()).unwrap(),
        json
    );
    assert_eq!(
        (change.roles.unwrap(), change.expected),
        (owned(roles), Some(Position::default()))
    );
}

#[test]
fn shape_a_adds_a_list() {
    let add = json!([{"op": "add", "path": "members", "value": [{"value": "u1"}, {"value": "u2", "$ref": null, "display": "x"}]}]);
    check(add, members(false, &["u1", "u2"], &[]));
}

#[test]
fn shape_b_adds_without_a_path() {
    check(
        json!([{"op": "add", "value": {"members": [{"value": "u1"}]}}]),
        members(false, &["u1"], &[]),
    );
}

#[test]
fn shapes_c_and_d_add_one_object_or_one_id() {
    check(
        json!([{"op": "add", "path": "members", "value": {"value": "u1"}}]),
        members(false, &["u1"], &[]),
    );
    check(
        json!([{"op": "add", "path": "members", "value": "u1"}]),
        members(false, &["u1"], &[]),
    );
}

#[test]
fn shapes_e_and_k_remove_the_selected() {
    check(
        json!([{"op": "remove", "path": "members[value eq \"u1\"]"}]),
        members(false, &[], &["u1"]),
    );
    check(
        json!([{"op": "remove", "path": "Members[VALUE Eq \"u1\" or value eq \"u2\"]"}]),
        members(false, &[], &["u1", "u2"]),
    );
}

#[test]
fn all_are_selected_by_what_every_member_is() {
    let of = |op: &str, value: Value| json!([{"op": op, "path": "members[type eq \"User\"]", "value": value}]);
    check(of("remove", Value::Null), members(true, &[], &[]));
    check(of("replace", json!({"value": "u1"})), members(true, &["u1"], &[]));
    check(of("add", json!({"value": "u1"})), members(false, &["u1"], &[]));
    check(
        json!([{"op": "remove", "path": "members[value eq \"u1\" and type eq \"User\"]"}]),
        members(false, &[], &["u1"]),
    );
}

#[test]
fn an_empty_text_empties_no_group() {
    check_refused(
        json!([{"op": "remove", "path": "members", "value": ""}]),
        "invalidValue",
        "a remove of `members` takes no empty `value`; leave it out to remove all of them",
    );
}

#[test]
fn shape_f_removes_the_listed_and_no_others() {
    check(
        json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "u1"}]}]),
        members(false, &[], &["u1"]),
    );
    check(
        json!([{"op": "Remove", "path": "members", "value": "u1"}]),
        members(false, &[], &["u1"]),
    );
    check(
        json!([{"op": "Remove", "path": "members", "value": []}]),
        members(false, &[], &[]),
    );
}

#[test]
fn shape_g_empties_the_group() {
    check(json!([{"op": "remove", "path": "members"}]), members(true, &[], &[]));
    check(
        json!([{"op": "remove", "path": "members", "value": null}]),
        members(true, &[], &[]),
    );
}

#[test]
fn shape_h_replaces_all_members() {
    check(
        json!([{"op": "replace", "path": "members", "value": [{"value": "u1"}]}]),
        members(true, &["u1"], &[]),
    );
    check(
        json!([{"op": "replace", "path": "members", "value": []}]),
        members(true, &[], &[]),
    );
}

#[test]
fn shape_i_replaces_without_a_path_and_with_an_echoed_id() {
    let replace =
        json!([{"op": "replace", "value": {"members": [{"value": "u1"}], "id": "g1", "displayName": "Staff"}}]);
    check(
        replace,
        GroupChange {
            display_name: Some("Staff".to_owned()),
            ..members(true, &["u1"], &[])
        },
    );
    let renamed = json!([{"op": "replace", "value": {"id": "g1", "displayName": "Staff", "schemas": [], "meta": {}}}]);
    check(
        renamed,
        GroupChange {
            display_name: Some("Staff".to_owned()),
            ..GroupChange::default()
        },
    );
}

#[test]
fn shape_j_puts_the_whole_group() {
    let put = |body: Value| replace(&Profile::lenient(), body.to_string().as_bytes());
    let change = put(
        json!({"schemas": ["x"], "id": "g1", "displayName": " Staff ", "Members": [{"value": "u1", "display": "x"}]}),
    )
    .unwrap();
    assert_eq!(change.members, members(true, &["u1"], &[]).members);
    assert_eq!(
        (change.display_name.as_deref(), change.external_id),
        (Some("Staff"), Some(None))
    );
    assert!(
        put(json!({"displayName": "Staff", "members": []}))
            .unwrap()
            .members
            .replace
    );
    for without in [
        json!({"displayName": "Staff"}),
        json!({"displayName": "Staff", "members": null}),
    ] {
        assert_eq!(put(without).unwrap().members, MembersChange::default());
    }
    assert_eq!(
        put(json!({"members": []})).unwrap_err().to_string(),
        "a group needs a `displayName`, a string that is not empty"
    );
}

#[test]
fn shape_l_removes_the_listed_without_a_path() {
    check(
        json!([{"op": "remove", "value": {"members": [{"value": "u1"}]}}]),
        members(false, &[], &["u1"]),
    );
}

#[test]
fn the_value_of_members_means_the_members_when_ids_are_given() {
    check(
        json!([{"op": "add", "path": "members.value", "value": "u1"}]),
        members(false, &["u1"], &[]),
    );
    check(
        json!([{"op": "replace", "path": "members.VALUE", "value": ["u1", "u2"]}]),
        members(true, &["u1", "u2"], &[]),
    );
    check(
        json!([{"op": "remove", "path": "members.value", "value": ["u1"]}]),
        members(false, &[], &["u1"]),
    );
    for value in [json!(null), json!("")] {
        check_refused(
            json!([{"op": "remove", "path": "members.value", "value": value}]),
            "invalidPath",
            "`members.value` cannot be changed by itself; change `members`",
        );
    }
}

#[test]
fn okta_removes_and_adds_in_one_patch() {
    check(
        json!([
            {"op": "remove", "path": "members[value eq \"u2\"]"},
            {"op": "add", "path": "members", "value": [{"value": "u1", "display": "x"}]},
        ]),
        members(false, &["u1"], &["u2"]),
    );
}

#[test]
fn later_operations_win() {
    let add = json!({"op": "add", "path": "members", "value": [{"value": "u1"}]});
    let remove = json!({"op": "remove", "path": "members[value eq \"u1\"]"});
    check(json!([add, remove]), members(false, &[], &["u1"]));
    check(json!([remove, add]), members(false, &["u1"], &[]));
    check(
        json!([add, {"op": "replace", "path": "members", "value": "u2"}, remove]),
        members(true, &["u2"], &[]),
    );
}

#[test]
fn a_new_group_has_the_given_members_and_roles() {
    let body = json!({"displayName": "Staff", "externalId": "x1", "members": [{"value": "u1"}], "badge": 7,
        (extension::GROUP_ALIAS): {"LambdatestRoles": ["Admin", {"value": "User"}]}});
    let group = create(&Profile::lenient(), body.to_string().as_bytes()).unwrap();
    assert_eq!(
        (group.members, group.roles),
        (owned(&["u1"]), owned(&["Admin", "User"]))
    );
    assert_eq!(group.external_id.as_deref(), Some("x1"));
    assert_eq!(
        serde_json::from_str::<Value>(&group.extensions).unwrap(),
        json!({"badge": 7, (extension::GROUP_ALIAS): {"LambdatestRoles": ["Admin", "User"]}})
    );
}

#[test]
fn names_and_external_ids_are_changed_by_path_or_without() {
    let renamed = |name: &str| GroupChange {
        display_name: Some(name.to_owned()),
        ..GroupChange::default()
    };
    check(
        json!([{"op": "Replace", "path": "displayName", "value": "B"}]),
        renamed("B"),
    );
    check(
        json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "value": "B"}]),
        renamed("B"),
    );
    check(
        json!([{"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:Group": {"displayName": "B"}}}]),
        renamed("B"),
    );
    let external = |id: Option<&str>| GroupChange {
        external_id: Some(id.map(str::to_owned)),
        ..GroupChange::default()
    };
    check(
        json!([{"op": "replace", "path": "externalId", "value": "x"}]),
        external(Some("x")),
    );
    check(
        json!([{"op": "replace", "path": "externalid", "value": ""}]),
        external(None),
    );
    check(json!([{"op": "remove", "path": "externalId"}]), external(None));
}

#[test]
fn extensions_are_patched_over_the_stored_ones() {
    check_extensions(
        json!([{"op": "replace", "path": format!("{}:roles", extension::GROUP), "value": ["admin"]}]),
        json!({"badge": 1, "urn:x:Ext": {"Color": "red"}, (extension::GROUP): {"roles": ["admin"]}}),
        &["admin"],
    );
    check_extensions(
        json!([{"op": "add", "value": {"badge": 2, (extension::GROUP_ALIAS): {"LambdatestRoles": "User"}}}]),
        json!({"badge": 2, "urn:x:Ext": {"Color": "red"}, (extension::GROUP_ALIAS): {"LambdatestRoles": ["User"]}}),
        &["User"],
    );
    check_extensions(
        json!([{"op": "add", "path": "roles", "value": ["a", "b"]}, {"op": "remove", "path": "roles[value eq \"a\"]"}]),
        json!({"badge": 1, "urn:x:Ext": {"Color": "red"}, (extension::GROUP): {"roles": ["b"]}}),
        &["b"],
    );
}

#[test]
fn ordinary_writes_read_nothing_stored() {
    let read = |operations: Value| {
        GroupPatch::read(
            &Profile::lenient(),
            json!({"Operations": operations}).to_string().as_bytes(),
        )
        .unwrap()
    };
    assert!(
        !read(json!([{"op": "replace", "value": {"id": "g", "displayName": "x", "members": []}}])).reads_extensions()
    );
    assert!(read(json!([{"op": "add", "path": "roles", "value": "x"}])).reads_extensions());
}

#[test]
fn one_bad_operation_refuses_all() {
    let good = json!({"op": "add", "path": "members", "value": "u1"});
    check_refused(
        json!([good, {"op": "remove", "path": "displayName"}]),
        "mutability",
        "`displayName` is required; replace it instead of removing it",
    );
    check_refused(
        json!([good, {"op": "replace", "path": "displayName", "value": " "}]),
        "invalidValue",
        "a group needs a `displayName`, a string that is not empty",
    );
    check_refused(
        json!([good, {"op": "add", "path": "members", "value": [{"display": "x"}]}]),
        "invalidValue",
        "each member needs a `value`, the id of a user",
    );
    check_refused(
        json!([good, {"op": "remove", "path": "members[display eq \"x\"]"}]),
        "invalidPath",
        "`members[display eq \"x\"]` is not supported; select members by id, as in members[value eq \"...\"]",
    );
    check_refused(
        json!([good, {"op": "replace", "path": "id", "value": "x"}]),
        "mutability",
        "`id` is read-only",
    );
    check_refused(
        json!([good, {"op": "add", "path": "displayName.x", "value": "x"}]),
        "invalidPath",
        "`displayName` has no sub-attributes",
    );
    check_refused(
        json!([good, {"op": "replace", "path": "members.display", "value": "x"}]),
        "invalidPath",
        "`members.display` cannot be changed by itself; change `members`",
    );
}
