//! Lists: those that no schema describes, values that are there already, and the primary one.

use super::*;

fn pets() -> Value {
    json!({"op": "add", "value": {
        "pets": [{"value": "tom", "kind": "cat"}, {"value": "rex", "kind": "dog"}], "tags": ["a", "b"], "car": {"color": "red"},
    }})
}

/// What becomes of the unknown lists `pets` and `tags`, after these operations.
#[track_caller]
fn check_unknown(operations: Value, changed: Value) {
    let mut expected = json!({
        "pets": [{"value": "tom", "kind": "cat"}, {"value": "rex", "kind": "dog"}], "tags": ["a", "b"], "car": {"color": "red"},
    });
    for (name, value) in changed.as_object().unwrap() {
        expected[name] = value.clone();
    }
    let mut all = vec![pets()];
    all.extend(operations.as_array().unwrap().iter().cloned());
    check(Value::Array(all), expected);
}

#[test]
fn values_of_unknown_lists_are_selected() {
    check_unknown(
        json!([{"op": "replace", "path": "PETS[value eq \"tom\"].Kind", "value": "tiger"}]),
        json!({"pets": [{"value": "tom", "kind": "tiger"}, {"value": "rex", "kind": "dog"}]}),
    );
    check_unknown(
        json!([{"op": "add", "path": "pets[kind eq \"dog\"]", "value": {"age": 3}}]),
        json!({"pets": [{"value": "tom", "kind": "cat"}, {"value": "rex", "kind": "dog", "age": 3}]}),
    );
    check_unknown(
        json!([{"op": "replace", "path": "pets[kind eq \"dog\"]", "value": {"value": "ben"}}]),
        json!({"pets": [{"value": "tom", "kind": "cat"}, {"kind": "dog", "value": "ben"}]}),
    );
    check_unknown(
        json!([{"op": "remove", "path": "pets[kind eq \"dog\"]"}]),
        json!({"pets": [{"value": "tom", "kind": "cat"}]}),
    );
    check_unknown(
        json!([{"op": "remove", "path": "pets[kind eq \"dog\"].kind"}]),
        json!({"pets": [{"value": "tom", "kind": "cat"}, {"value": "rex"}]}),
    );
    check_unknown(
        json!([{"op": "remove", "path": "pets[value pr]"}]),
        json!({"pets": null}),
    );
}

#[test]
fn a_selection_creates_a_value_of_an_unknown_list() {
    check_unknown(
        json!([{"op": "add", "path": "pets[value eq \"kit\"].kind", "value": "fox"}]),
        json!({"pets": [{"value": "tom", "kind": "cat"}, {"value": "rex", "kind": "dog"}, {"value": "kit", "kind": "fox"}]}),
    );
    check_unknown(
        json!([{"op": "add", "path": "badges[level eq 3].name", "value": "x"}]),
        json!({"badges": [{"level": 3, "name": "x"}]}),
    );
    check_unknown(
        json!([{"op": "add", "path": "urn:y:Ext:foo[value eq \"x\"].bar", "value": "y"}]),
        json!({"urn:y:Ext": {"foo": [{"value": "x", "bar": "y"}]}}),
    );
    check_unknown(
        json!([{"op": "add", "path": "urn:x:Ext:foo[value eq \"x\"].bar", "value": "y"}]),
        json!({"urn:x:Ext": {"Color": "red", "foo": [{"value": "x", "bar": "y"}]}}),
    );
    check_unknown(
        json!([{"op": "remove", "path": "urn:y:Ext:foo[value eq \"x\"]"}, {"op": "remove", "path": "nothing[a pr].b"}]),
        json!({}),
    );
}

#[test]
fn a_plain_value_of_an_unknown_list_is_its_own_value() {
    check_unknown(
        json!([{"op": "replace", "path": "tags[value eq \"a\"]", "value": "c"}]),
        json!({"tags": ["c", "b"]}),
    );
    check_unknown(
        json!([{"op": "replace", "path": "tags[value eq \"a\"].value", "value": "c"}]),
        json!({"tags": ["c", "b"]}),
    );
    check_unknown(
        json!([{"op": "add", "path": "tags[value eq \"a\"].note", "value": "x"}]),
        json!({"tags": [{"value": "a", "note": "x"}, "b"]}),
    );
    for path in ["tags[value eq \"a\"]", "tags[value eq \"a\"].value"] {
        check_unknown(json!([{"op": "remove", "path": path}]), json!({"tags": ["b"]}));
    }
    check_unknown(
        json!([{"op": "remove", "path": "tags[value eq \"a\"].note"}]),
        json!({}),
    );
}

#[test]
fn unknown_attributes_are_added_to_and_removed_from_by_their_shape() {
    check_unknown(
        json!([{"op": "add", "path": "tags", "value": "c"}, {"op": "add", "path": "tags", "value": ["a"]}]),
        json!({"tags": ["a", "b", "c"]}),
    );
    check_unknown(
        json!([{"op": "add", "path": "car", "value": {"doors": 4}}]),
        json!({"car": {"color": "red", "doors": 4}}),
    );
    check_unknown(
        json!([{"op": "replace", "path": "car", "value": {"doors": 4}}]),
        json!({"car": {"doors": 4}}),
    );
    check_unknown(
        json!([{"op": "replace", "path": "pets.kind", "value": "fox"}]),
        json!({"pets": [{"value": "tom", "kind": "fox"}, {"value": "rex", "kind": "fox"}]}),
    );
    for listed in [json!(["a"]), json!("A"), json!([{"value": "a"}])] {
        check_unknown(
            json!([{"op": "Remove", "path": "tags", "value": listed}]),
            json!({"tags": ["b"]}),
        );
    }
    check_unknown(
        json!([{"op": "Remove", "path": "pets", "value": [{"value": "tom"}]}]),
        json!({"pets": [{"value": "rex", "kind": "dog"}]}),
    );
    check_unknown(json!([{"op": "remove", "path": "pets"}]), json!({"pets": null}));
}

#[test]
fn what_is_no_list_has_nothing_to_select() {
    for path in ["car[color eq \"red\"].doors", "car.wheels[value eq 1]"] {
        let refused = patched(json!([pets(), {"op": "replace", "path": path, "value": "x"}])).unwrap_err();
        assert_eq!(refused.scim_type(), Some("invalidPath"), "{path}");
    }
    let many: Vec<_> = (0..1_000).collect();
    check_refused(
        json!([{"op": "add", "path": "tags", "value": many}, {"op": "add", "path": "tags[value eq \"x\"].note", "value": "y"}]),
        "tooMany",
        "`tags` takes at most 1000 values",
    );
}

#[test]
fn adding_and_removing_go_by_the_case_rule_of_the_attribute() {
    const CERTIFICATES: &str = "urn:ietf:params:scim:schemas:core:2.0:User:x509Certificates";
    check(
        json!([{"op": "add", "path": "emails", "value": [{"type": "WORK", "value": "ANA@work"}, {"type": "home", "value": "Ana@HOME", "display": "Ana"}]}]),
        json!({"emails": [{"type": "work", "value": "ana@work", "primary": true}, {"type": "home", "value": "ana@home", "display": "Ana"}]}),
    );
    check(
        json!([{"op": "add", "path": "nickNames", "value": ["É"]}, {"op": "remove", "path": "nickNames", "value": ["é"]}]),
        json!({"nickNames": null}),
    );
    // RFC 7643 2.3.6: binary values are case exact.
    check(
        json!([{"op": "add", "path": CERTIFICATES, "value": [{"value": "QUJD"}]}, {"op": "add", "path": CERTIFICATES, "value": [{"value": "qujd"}]},
            {"op": "remove", "path": CERTIFICATES, "value": [{"value": "QujD"}, {"value": "QUJD"}]}]),
        json!({"x509Certificates": [{"value": "qujd"}]}),
    );
}

#[test]
fn a_new_primary_value_takes_it_from_the_old_one() {
    let home = json!([{"type": "work", "value": "ana@work", "primary": false}, {"type": "home", "value": "ana@home", "primary": true}]);
    for operation in [
        json!({"op": "add", "path": "emails", "value": [{"type": "home", "value": "ana@home", "primary": true}]}),
        json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}),
        json!({"op": "add", "path": "emails[type eq \"home\"]", "value": {"primary": "True"}}),
    ] {
        check(json!([operation]), json!({"emails": home}));
    }
}
