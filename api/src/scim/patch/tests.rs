use proptest::prelude::*;
use serde_json::json;

use super::super::operations::operations;
use super::super::profile::Profile;
use super::*;

mod lists;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ana() -> Value {
    json!({
        "userName": "ana", "title": "Dr", "active": true, "name": {"givenName": "Ana", "familyName": "Hara"},
        "emails": [{"type": "work", "value": "ana@work", "primary": true}, {"type": "home", "value": "ana@home"}],
        ENTERPRISE: {"department": "R&D", "manager": {"value": "m1"}},
        "urn:x:Ext": {"Color": "red"},
    })
}

fn patched(operations_of: Value) -> Result<Value, ScimError> {
    let (Value::Object(document), Value::Object(body)) = (ana(), json!({"Operations": operations_of})) else {
        panic!("both are objects")
    };
    apply(&Profile::lenient().user, document, operations(body)?).map(Value::Object)
}

/// Checks the members of the document that the operations change; `null` stands for one that is gone.
#[track_caller]
fn check(operations: Value, changed: Value) {
    let mut expected = ana();
    for (name, value) in changed.as_object().unwrap() {
        set(
            expected.as_object_mut().unwrap(),
            name,
            canonical::unknown(value.clone()),
        );
    }
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

#[test]
fn okta_deactivates_without_a_path() {
    check(
        json!([{"op": "replace", "value": {"active": false}}]),
        json!({"active": false}),
    );
}

#[test]
fn entra_capitalises_and_writes_booleans_as_strings() {
    check(
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!({"active": false}),
    );
    check(
        json!([{"op": "Replace", "path": "active", "value": false}]),
        json!({"active": false}),
    );
    check_refused(
        json!([{"op": "Replace", "path": "active", "value": "no"}]),
        "invalidValue",
        "`active` takes true or false",
    );
}

#[test]
fn entra_sends_one_operation_for_each_attribute() {
    check(
        json!([
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "new@work"},
            {"op": "Replace", "path": "name.familyName", "value": "Ohara"},
            {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Sales"},
        ]),
        json!({
            "emails": [{"type": "work", "value": "new@work", "primary": true}, {"type": "home", "value": "ana@home"}],
            "name": {"givenName": "Ana", "familyName": "Ohara"},
            ENTERPRISE: {"department": "Sales", "manager": {"value": "m1"}},
        }),
    );
}

#[test]
fn entra_with_its_flag_sends_dotted_and_urn_names_without_a_path() {
    check(
        json!([{"op": "replace", "value": {"displayName": "A", "name.givenName": "An", "NAME.familyname": "Oh",
            (format!("{ENTERPRISE}:employeeNumber")): "7"}}]),
        json!({"displayName": "A", "name": {"givenName": "An", "familyName": "Oh"},
            ENTERPRISE: {"department": "R&D", "employeeNumber": "7", "manager": {"value": "m1"}}}),
    );
    check(
        json!([{"op": "replace", "value": {(format!("{ENTERPRISE}:Manager")): {"value": "m2"}}}]),
        json!({ENTERPRISE: {"department": "R&D", "manager": {"value": "m2"}}}),
    );
    check(
        json!([{"op": "add", "value": {"urn:ietf:params:scim:schemas:core:2.0:User:name": {"givenName": "An"}}}]),
        json!({"name": {"givenName": "An", "familyName": ana()["name"]["familyName"]}}),
    );
}

#[test]
fn extensions_are_written_whole_by_parts_and_under_unknown_urns() {
    let merged = json!({ENTERPRISE: {"department": "X", "division": "D", "manager": {"value": "m1"}}});
    check(
        json!([{"op": "add", "value": {ENTERPRISE: {"department": "X", "DIVISION": "D"}}}]),
        merged.clone(),
    );
    check(
        json!([{"op": "replace", "path": ENTERPRISE, "value": {"department": "X", "division": "D"}}]),
        merged,
    );
    check(
        json!([{"op": "add", "path": "urn:x:Ext:color", "value": "blue"}]),
        json!({"urn:x:Ext": {"Color": "blue"}}),
    );
    check(
        json!([{"op": "add", "value": {"urn:y:Z:2.0:User": {"Size": 1}}}]),
        json!({"urn:y:Z:2.0:User": {"Size": 1}}),
    );
    check(
        json!([{"op": "remove", "path": "urn:x:Ext:Color"}]),
        json!({"urn:x:Ext": null}),
    );
    check(json!([{"op": "remove", "path": ENTERPRISE}]), json!({ENTERPRISE: null}));
    check(
        json!([{"op": "remove", "value": {ENTERPRISE: {"department": null}}}]),
        json!({ENTERPRISE: {"manager": {"value": "m1"}}}),
    );
}

#[test]
fn the_manager_comes_in_every_form_and_goes_with_an_empty_value() {
    let path = format!("{ENTERPRISE}:manager");
    for value in [json!("271"), json!([{"value": "271"}]), json!({"value": "271"})] {
        check(
            json!([{"op": "Add", "path": path, "value": value}]),
            json!({ENTERPRISE: {"department": "R&D", "manager": {"value": "271"}}}),
        );
    }
    for value in [json!(""), json!(null), json!([])] {
        check(
            json!([{"op": "Replace", "path": path, "value": value}]),
            json!({ENTERPRISE: {"department": "R&D"}}),
        );
    }
}

#[test]
fn the_name_of_a_manager_is_kept_as_it_comes() {
    let manager = json!({"value": "m1", "displayName": "Max", "$ref": "../Users/m1"});
    let expected = json!({ENTERPRISE: {"department": "R&D", "manager": manager}});
    check(
        json!([{"op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": manager}]),
        expected.clone(),
    );
    check(
        json!([{"op": "add", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "Max"},
            {"op": "add", "path": "manager.$ref", "value": "../Users/m1"}]),
        expected,
    );
}

#[test]
fn null_and_the_empty_string_clear_optional_attributes() {
    check(
        json!([{"op": "replace", "path": "title", "value": ""}]),
        json!({"title": null}),
    );
    check(
        json!([{"op": "replace", "value": {"title": null, "name": {"givenName": null}}}]),
        json!({"title": null, "name": {"familyName": "Hara"}}),
    );
    check(
        json!([{"op": "replace", "path": "emails", "value": []}]),
        json!({"emails": null}),
    );
}

#[test]
fn a_selection_that_matches_nothing_creates_its_value() {
    check(
        json!([{"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1"}]),
        json!({"phoneNumbers": [{"type": "mobile", "value": "+1"}]}),
    );
    check(
        json!([{"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "Admin"}]),
        json!({"roles": [{"primary": true, "value": "Admin"}]}),
    );
    check(
        json!([{"op": "Add", "path": "addresses[type eq \"work\" and primary eq true].country", "value": "ES"}]),
        json!({"addresses": [{"type": "work", "primary": true, "country": "ES"}]}),
    );
    // What has no value is not created.
    for value in [json!(null), json!("")] {
        check(
            json!([{"op": "replace", "path": "emails[value eq \"nobody\"].display", "value": value}]),
            json!({}),
        );
    }
    check_refused(
        json!([{"op": "replace", "path": "emails[value co \"nobody\"].display", "value": "x"}]),
        "noTarget",
        "`emails[value co \"nobody\"].display` selects no value, and does not say which to create",
    );
}

#[test]
fn values_that_become_the_same_are_one() {
    check(
        json!([{"op": "replace", "path": "emails[type eq \"home\"]", "value": {"type": "work", "value": "ana@work"}}]),
        json!({"emails": [{"type": "work", "value": "ana@work", "primary": true}]}),
    );
}

#[test]
fn adding_values_appends_those_that_are_new() {
    check(
        json!([{"op": "add", "path": "emails", "value": [{"type": "work", "value": "ana@work"}, {"value": "third", "primary": true}]}]),
        json!({"emails": [
            {"type": "work", "value": "ana@work", "primary": false}, {"type": "home", "value": "ana@home"},
            {"value": "third", "primary": true},
        ]}),
    );
    check(
        json!([{"op": "add", "path": "roles", "value": [{"value": "{\"id\":\"06b0\",\"value\":\"25\"}"}]}]),
        json!({"roles": [{"value": "{\"id\":\"06b0\",\"value\":\"25\"}"}]}),
    );
    check(
        json!([{"op": "add", "path": "emails", "value": "x@y"}, {"op": "replace", "path": "emails", "value": {"value": "z"}}]),
        json!({"emails": [{"value": "z"}]}),
    );
}

#[test]
fn a_replaced_selection_keeps_what_selected_it_and_merges_when_added_to() {
    check(
        json!([{"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "new"}}]),
        json!({"emails": [{"type": "work", "value": "ana@work", "primary": true}, {"type": "home", "value": "new"}]}),
    );
    check(
        json!([{"op": "add", "path": "emails[type eq \"home\"]", "value": {"primary": true}}]),
        json!({"emails": [{"type": "work", "value": "ana@work", "primary": false}, {"type": "home", "value": "ana@home", "primary": true}]}),
    );
}

#[test]
fn removing_takes_an_attribute_a_part_a_selection_or_the_listed_values() {
    let home = json!({"emails": [{"type": "home", "value": "ana@home"}]});
    check(json!([{"op": "remove", "path": "title"}]), json!({"title": null}));
    check(
        json!([{"op": "remove", "path": "title", "value": "Dr"}]),
        json!({"title": null}),
    );
    check(
        json!([{"op": "remove", "path": "name.givenName"}]),
        json!({"name": {"familyName": "Hara"}}),
    );
    check(
        json!([{"op": "remove", "path": "emails[type eq \"work\"]"}]),
        home.clone(),
    );
    check(
        json!([{"op": "Remove", "path": "emails", "value": [{"value": "ANA@work"}]}]),
        home.clone(),
    );
    check(json!([{"op": "remove", "path": "emails", "value": []}]), json!({}));
    check(
        json!([{"op": "remove", "path": "emails", "value": null}]),
        json!({"emails": null}),
    );
    check(
        json!([{"op": "remove", "path": "emails[type eq \"other\"]"}]),
        json!({}),
    );
    check(
        json!([{"op": "remove", "path": "emails[type eq \"home\"].value"}]),
        json!({"emails": [{"type": "work", "value": "ana@work", "primary": true}, {"type": "home"}]}),
    );
}

#[test]
fn read_only_attributes_are_ignored_in_values_and_refused_as_paths() {
    check(
        json!([{"op": "replace", "value": {"id": "other", "meta": {}, "groups": [], "schemas": [], "title": "X"}}]),
        json!({"title": "X"}),
    );
    check_refused(
        json!([{"op": "replace", "path": "id", "value": "x"}]),
        "mutability",
        "`id` is read-only",
    );
    check_refused(
        json!([{"op": "add", "path": "groups", "value": []}]),
        "mutability",
        "`groups` is read-only",
    );
    check_refused(
        json!([{"op": "remove", "path": "userName"}]),
        "mutability",
        "`userName` is required; replace it instead of removing it",
    );
}

#[test]
fn the_role_in_force_is_ignored_among_others_and_refused_as_a_path() {
    const OWN: &str = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:User";
    for among_others in [
        json!({"op": "add", "value": {OWN: {"roles": ["owner"], "organizationRole": "user"}}}),
        json!({"op": "add", "path": OWN, "value": {"roles": ["owner"], "organizationRole": "user"}}),
        json!({"op": "add", "value": {format!("{OWN}:roles"): ["owner"], format!("{OWN}:organizationRole"): "user"}}),
    ] {
        check(json!([among_others]), json!({OWN: {"organizationRole": "user"}}));
    }
    for op in ["add", "replace", "remove"] {
        check_refused(
            json!([{"op": op, "path": format!("{OWN}:roles"), "value": ["owner"]}]),
            "mutability",
            "`roles` is read-only",
        );
    }
    check(
        json!([{"op": "add", "path": "roles", "value": "owner"}]),
        json!({"roles": [{"value": "owner"}]}),
    );
}

#[test]
fn the_core_urn_may_stand_before_a_name_and_around_attributes() {
    const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    check(
        json!([{"op": "replace", "path": format!("{CORE}:title"), "value": "X"}]),
        json!({"title": "X"}),
    );
    check(
        json!([{"op": "replace", "value": {CORE: {"title": "X", "id": "other"}}}]),
        json!({"title": "X"}),
    );
}

#[test]
fn unknown_attributes_are_kept_as_they_come() {
    check(
        json!([{"op": "add", "path": "shoeSize", "value": 43}, {"op": "add", "value": {"http://odd/name": {"a": 1}, "pets": ["cat"]}},
            {"op": "add", "path": "PETS", "value": ["cat", "dog"]}, {"op": "add", "path": "car.color", "value": "red"}]),
        json!({"shoeSize": 43, "http://odd/name": {"a": 1}, "pets": ["cat", "dog"], "car": {"color": "red"}}),
    );
}

#[test]
fn paths_into_attributes_without_parts_are_refused() {
    check_refused(
        json!([{"op": "add", "path": "title.x", "value": "y"}]),
        "invalidPath",
        "`title` has no sub-attributes",
    );
    check_refused(
        json!([{"op": "add", "path": "name[givenName eq \"Ana\"].familyName", "value": "y"}]),
        "invalidPath",
        "`name` is not a multi-valued attribute of a User, so nothing in it can be selected",
    );
    check_refused(
        json!([{"op": "add", "path": "emails[kind eq \"work\"].value", "value": "y"}]),
        "invalidFilter",
        "`emails` has no sub-attribute `kind`",
    );
}

#[test]
fn one_bad_operation_refuses_all() {
    check_refused(
        json!([{"op": "replace", "path": "title", "value": "X"}, {"op": "replace", "path": "active", "value": 3}]),
        "invalidValue",
        "`active` takes true or false",
    );
}

/// Operations on a few attributes of each kind, many of them refused.
fn operation() -> impl Strategy<Value = Value> {
    let paths = [
        "title",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"]",
        "roles[primary eq true].value",
        "emails[type eq \"home\"].value",
        "emails[value co \"a\"]",
        ENTERPRISE,
        "manager",
        "urn:x:Ext:Color",
        "shoe",
        "shoe.size",
        "userName",
        "id",
        "",
    ];
    let texts = ["", "True", "ana", "work"].map(Value::from);
    let elements = [
        json!({"type": "work", "primary": "true"}),
        json!({"value": "a", "primary": true}),
        json!({"VALUE": "b", "type": ""}),
    ];
    let objects = [
        json!({"givenName": null}),
        json!({"name.familyName": "x"}),
        json!({"emails": "c"}),
        json!({"urn:x:Ext": {"Color": ""}}),
    ];
    let others = [
        json!(null),
        json!([]),
        json!({}),
        json!(7),
        json!([null, "a"]),
        json!(["a", {"value": "a"}]),
    ];
    let values = [texts.to_vec(), elements.to_vec(), objects.to_vec(), others.to_vec()].concat();
    let op = prop::sample::select(vec!["add", "replace", "remove"]);
    (op, prop::sample::select(paths.to_vec()), prop::sample::select(values))
        .prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}))
}

proptest! {
    #[test]
    fn a_patched_document_is_canonical_with_one_primary_at_most(operations in prop::collection::vec(operation(), 1..6)) {
        let Ok(Value::Object(document)) = patched(Value::Array(operations)) else { return Ok(()) };
        prop_assert_eq!(canonical::resource(&Profile::lenient().user, document.clone()), Ok(document.clone()));
        for elements in document.values().filter_map(Value::as_array) {
            prop_assert!(elements.iter().filter(|element| element["primary"] == json!(true)).count() <= 1);
        }
    }
}

/// Bodies of 4 MiB, each of which would keep a thread for minutes were its values compared one with another.
mod work_is_bounded_before_it_is_done {
    use super::*;

    const TOO_MANY: &str = "the operations touch too many values; send them in several PATCH requests";
    const TOO_LARGE: &str = "the attributes are longer than 65536 bytes";

    #[test]
    fn hundreds_of_thousands_of_values_for_an_unknown_attribute() {
        let numbers = |range: std::ops::Range<u32>| range.collect::<Vec<_>>();
        check_refused(
            json!([{"op": "add", "path": "badges", "value": [0]}, {"op": "add", "path": "badges", "value": numbers(1..600_000)}]),
            "invalidValue",
            TOO_LARGE,
        );
        check_refused(
            json!([{"op": "add", "path": "badges", "value": [0]}, {"op": "add", "path": "badges", "value": numbers(1..1_001)}]),
            "tooMany",
            "`badges` takes at most 1000 values",
        );
    }

    #[test]
    fn hundreds_of_thousands_of_attributes_without_a_path() {
        let attributes = |count: u32| Map::from_iter((0..count).map(|index| (format!("a{index:06}"), json!(1))));
        let extension = json!({ENTERPRISE: attributes(1_001)});
        let many = "an object takes at most 1000 attributes";
        check_refused(
            json!([{"op": "add", "value": attributes(300_000)}]),
            "invalidValue",
            TOO_LARGE,
        );
        check_refused(json!([{"op": "add", "value": attributes(1_001)}]), "tooMany", many);
        check_refused(json!([{"op": "add", "value": extension}]), "tooMany", many);
    }

    #[test]
    fn thousands_of_operations_that_each_add_or_remove_many_values() {
        let emails: Vec<_> = (0..900).map(|index| format!("{index}@x")).collect();
        for op in ["add", "remove"] {
            let mut operations = vec![json!({"op": "add", "path": "emails", "value": emails})];
            operations.extend(vec![
                json!({"op": op, "path": "emails", "value": vec!["y"; 1_000]});
                1_000
            ]);
            check_refused(Value::Array(operations), "tooMany", TOO_MANY);
        }
    }

    #[test]
    fn thousands_of_selections_among_many_values() {
        let emails: Vec<_> = (0..800).map(|index| format!("{index:060}")).collect();
        let selecting = |comparisons: usize, operations: usize| {
            let selection = vec!["type pr"; comparisons].join(" or ");
            let mut all = vec![json!({"op": "add", "value": {"emails": emails}})];
            all.extend(vec![
                json!({"op": "remove", "path": format!("emails[{selection}]")});
                operations
            ]);
            Value::Array(all)
        };
        assert!(patched(selecting(1, 20)).is_ok());
        assert!(patched(selecting(99, 1)).is_ok());
        check_refused(selecting(99, 3), "tooMany", TOO_MANY);
        check_refused(selecting(1, 60), "tooMany", TOO_MANY);
    }

    #[test]
    fn selections_among_as_many_values_as_people_have_are_done() {
        let remove = |selection: &str| json!({"op": "remove", "path": format!("emails[{selection}]")});
        let long = vec![r#"value co "y""#; 99].join(" or ");
        assert!(patched(json!(vec![remove(&long); 60])).is_ok());
        assert!(patched(json!(vec![remove(r#"value eq "y""#); 5_000])).is_ok());
    }

    #[test]
    fn thousands_of_small_operations_on_a_large_document() {
        let values = |name: &str| json!({"op": "add", "path": name, "value": (0..999).collect::<Vec<_>>()});
        let mut operations = vec![json!({"op": "add", "path": "title", "value": "Prof"}); 9_000];
        assert!(patched(Value::Array(operations.clone())).is_ok());
        operations.splice(0..0, ["a", "b", "c", "d", "e"].map(values));
        check_refused(Value::Array(operations), "tooMany", TOO_MANY);
    }

    #[test]
    fn one_value_written_to_every_element() {
        let emails: Vec<_> = (0..900).map(|index| format!("{index}@x")).collect();
        for path in ["emails.display", r#"emails[value co "x"].display"#] {
            check_refused(
                json!([{"op": "add", "path": "emails", "value": emails}, {"op": "add", "path": path, "value": "x".repeat(60_000)}]),
                "invalidValue",
                TOO_LARGE,
            );
        }
    }
}
