use rolecall_engine::registry::{
    AttributeDefinition, AttributeType, ConnectionSettings, ExtendedResource, ExtensionDefinition,
};
use serde_json::json;

use super::super::bulk::BulkRequest;
use super::super::extension;
use super::super::filter::Filter;
use super::super::group::{self, GroupPatch};
use super::super::profile::Profile;
use super::super::select::Selection;
use super::super::sort::SortBy;
use super::super::user::{Active, UserDocument};
use super::*;

const USER: &str = schema_urns::USER;
const ENTERPRISE: &str = schema_urns::ENTERPRISE_USER;

/// Checks that both modes take it when `expected` is `None`, and otherwise that the strict one alone refuses it.
#[track_caller]
fn check<T>(read: impl Fn(&Profile) -> Result<T, ScimError>, expected: Option<&str>) {
    let keyword = |profile: &Profile| read(profile).err().map(|error| error.scim_type().unwrap().to_owned());
    assert_eq!(keyword(&Profile::lenient()), None, "lenient");
    assert_eq!(keyword(&Profile::strict()).as_deref(), expected, "strict");
}

#[track_caller]
fn check_user(body: Value, expected: Option<&str>) {
    check(
        |profile| UserDocument::read(profile, body.to_string().as_bytes()),
        expected,
    );
}

#[track_caller]
fn check_patch(operation: Value, expected: Option<&str>) {
    let body = json!({"schemas": [schema_urns::PATCH_OP], "Operations": [operation]}).to_string();
    let stored = r#"{"userName":"ana","title":"Dr","emails":[{"type":"work","value":"a@x"}]}"#;
    let patched = |profile: &Profile| UserDocument::stored(stored, true).patched(profile, body.as_bytes());
    check(patched, expected);
}

#[test]
fn a_body_names_its_schemas() {
    check_user(json!({"schemas": [USER], "userName": "ana"}), None);
    check_user(json!({"userName": "ana"}), Some("invalidSyntax"));
    check_user(json!({"schemas": USER, "userName": "ana"}), Some("invalidSyntax"));
    check_user(
        json!({"schemas": ["urn:scim:schemas:core:1.0"], "userName": "ana"}),
        Some("invalidSyntax"),
    );
    check_user(
        json!({"schemas": [USER, "urn:scim:schemas:core:1.0"], "userName": "ana"}),
        Some("invalidValue"),
    );
    let sales = json!({"department": "Sales"});
    check_user(
        json!({"schemas": [USER, ENTERPRISE], "userName": "ana", ENTERPRISE: sales}),
        None,
    );
    check_user(
        json!({"schemas": [USER], "userName": "ana", ENTERPRISE: sales}),
        Some("invalidSyntax"),
    );
}

#[test]
fn a_body_has_known_attributes_with_values_of_their_type() {
    let check = |mut attributes: Value, expected| {
        attributes["schemas"] = json!([USER, ENTERPRISE]);
        check_user(attributes, expected);
    };
    check(
        json!({"USERNAME": "ana", "title": null, "emails": [], "id": 7, "groups": "echoed"}),
        None,
    );
    check(json!({"shoeSize": 43}), Some("invalidSyntax"));
    check(json!({"name": {"nick": "a"}}), Some("invalidSyntax"));
    check(json!({ENTERPRISE: {"shoeSize": 43}}), Some("invalidSyntax"));
    check(json!({"active": "True"}), Some("invalidValue"));
    check(json!({"title": 7}), Some("invalidValue"));
    check(json!({"emails": {"value": "a@x"}}), Some("invalidValue"));
    check(json!({"emails": ["a@x"]}), Some("invalidValue"));
    check(json!({ENTERPRISE: {"manager": "m1"}}), Some("invalidValue"));
    check(json!({ENTERPRISE: {"manager": {"value": "m1"}}}), None);
    let two = json!([{"value": "a@x", "primary": true}, {"value": "b@x", "primary": true}]);
    check(json!({"emails": two}), Some("invalidValue"));
}

#[test]
fn a_patch_keeps_to_the_message() {
    check_patch(json!({"op": "replace", "path": "title", "value": "Prof"}), None);
    check_patch(
        json!({"op": "Replace", "path": "title", "value": "Prof"}),
        Some("invalidSyntax"),
    );
    check_patch(
        json!({"op": "replace", "value": {"title": "Prof", "id": "other"}}),
        None,
    );
    check_patch(
        json!({"op": "replace", "value": {"name.givenName": "Ana"}}),
        Some("invalidSyntax"),
    );
    check_patch(json!({"op": "remove", "value": {"title": null}}), Some("invalidSyntax"));
    check_patch(
        json!({"op": "remove", "path": "emails", "value": []}),
        Some("invalidSyntax"),
    );
    check_patch(json!({"op": "remove", "path": "title"}), None);
    let operations = json!([{"op": "remove", "path": "title"}]);
    for body in [
        json!({ "Operations": operations }),
        json!({"schemas": [schema_urns::PATCH_OP], "Operations": operations[0]}),
    ] {
        let stored = || UserDocument::stored(r#"{"userName":"ana"}"#, true);
        check(
            |profile| stored().patched(profile, body.to_string().as_bytes()),
            Some("invalidSyntax"),
        );
    }
}

#[test]
fn a_patch_names_known_attributes_and_gives_values_of_their_type() {
    check_patch(
        json!({"op": "add", "path": "shoeSize", "value": 43}),
        Some("invalidPath"),
    );
    check_patch(
        json!({"op": "add", "path": "department", "value": "Sales"}),
        Some("invalidPath"),
    );
    check_patch(
        json!({"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Sales"}),
        None,
    );
    check_patch(
        json!({"op": "replace", "path": "active", "value": "False"}),
        Some("invalidValue"),
    );
    check_patch(
        json!({"op": "add", "path": "emails", "value": "b@x"}),
        Some("invalidValue"),
    );
    check_patch(json!({"op": "add", "path": "emails", "value": {"value": "b@x"}}), None);
    check_patch(
        json!({"op": "replace", "path": "emails[type eq work].value", "value": "b@x"}),
        Some("invalidPath"),
    );
    check_patch(
        json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@x"}),
        None,
    );
    check_patch(
        json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "b@x"}),
        Some("noTarget"),
    );
    check_patch(json!({"op": "remove", "path": "emails[type eq \"home\"]"}), None);
}

#[test]
fn members_are_selected_to_be_removed_and_never_listed() {
    let check = |operation: Value, expected| {
        let body = json!({"schemas": [schema_urns::PATCH_OP], "Operations": [operation]}).to_string();
        check(|profile| GroupPatch::read(profile, body.as_bytes()), expected);
    };
    check(
        json!({"op": "add", "path": "members", "value": [{"value": "u1"}]}),
        None,
    );
    check(json!({"op": "remove", "path": "members[value eq \"u1\"]"}), None);
    check(json!({"op": "remove", "path": "members"}), None);
    check(
        json!({"op": "remove", "path": "members", "value": [{"value": "u1"}]}),
        Some("invalidSyntax"),
    );
    check(
        json!({"op": "remove", "path": "members", "value": null}),
        Some("invalidSyntax"),
    );
    check(
        json!({"op": "add", "path": "members", "value": "u1"}),
        Some("invalidValue"),
    );
}

#[test]
fn a_group_is_held_to_the_same() {
    let check = |body: Value, expected| {
        check(|profile| group::replace(profile, body.to_string().as_bytes()), expected);
    };
    check(
        json!({"schemas": [schema_urns::GROUP], "displayName": "Staff", "members": [{"value": "u1"}]}),
        None,
    );
    check(json!({"displayName": "Staff"}), Some("invalidSyntax"));
    check(
        json!({"schemas": [schema_urns::GROUP], "displayName": "Staff", "members": ["u1"]}),
        Some("invalidValue"),
    );
}

#[test]
fn filters_keep_to_the_grammar_and_name_extensions() {
    let check = |filter: &str, expected| check(|profile| Filter::read(&[&profile.user], filter), expected);
    check("userName eq \"ana\"", None);
    check("userName eq ana", Some("invalidFilter"));
    check("emails[type eq \"work\"].value eq \"x\"", Some("invalidFilter"));
    check("department eq \"Sales\"", Some("invalidFilter"));
    check(&format!("{ENTERPRISE}:department eq \"Sales\""), None);
}

#[test]
fn a_filter_has_values_of_the_type_and_names_as_they_are() {
    let check = |filter: &str, expected| check(|profile| Filter::read(&[&profile.user], filter), expected);
    check("active eq true", None);
    check("active eq \"true\"", Some("invalidFilter"));
    check("emails[primary eq \"True\"]", Some("invalidFilter"));
    check("userName eq 7", Some("invalidFilter"));
    check("title eq null", None);
    check("email co \"ana\"", Some("invalidFilter"));
    check("emails co \"ana\"", None);
}

#[test]
fn a_selection_has_values_of_the_type() {
    check_patch(
        json!({"op": "replace", "path": "emails[primary eq \"True\"].value", "value": "b@x"}),
        Some("invalidFilter"),
    );
}

#[test]
fn names_of_attributes_keep_to_the_grammar() {
    let check_sort = |name: &str, expected| check(|profile| SortBy::read(&[&profile.user], name), expected);
    for name in [
        "userName",
        "NAME.familyname",
        &format!("{USER}:name.familyName"),
        &format!("{ENTERPRISE}:department"),
    ] {
        check(|profile| Selection::read(&profile.user, name, ""), None);
        check(|profile| Selection::read(&profile.user, "", name), None);
        check_sort(name, None);
    }
    check_sort("department", Some("invalidPath"));
}

#[test]
fn a_bulk_says_that_it_is_one() {
    let bulk = |schemas: Value| {
        let body = json!({"schemas": schemas, "Operations": [{"method": "DELETE", "path": "/Users/1"}]}).to_string();
        move |profile: &Profile| BulkRequest::read(profile.user.mode, body.as_bytes(), "https://x")
    };
    check(bulk(json!([schema_urns::BULK_REQUEST])), None);
    check(bulk(json!([schema_urns::PATCH_OP])), Some("invalidSyntax"));
    check(bulk(json!(null)), Some("invalidSyntax"));
}

#[test]
fn parts_that_only_the_server_writes_or_that_never_change_are_no_paths() {
    check_patch(
        json!({"op": "add", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "Max"}),
        Some("mutability"),
    );
    check_patch(
        json!({"op": "remove", "path": format!("{ENTERPRISE}:manager.displayName")}),
        Some("mutability"),
    );
    check_patch(
        json!({"op": "add", "path": format!("{ENTERPRISE}:manager.$ref"), "value": "../Users/m1"}),
        None,
    );
    let check_group = |operation: Value, expected| {
        let body = json!({"schemas": [schema_urns::PATCH_OP], "Operations": [operation]}).to_string();
        check(|profile| GroupPatch::read(profile, body.as_bytes()), expected);
    };
    for sub in ["value", "type", "$ref", "display"] {
        let path = format!("members[value eq \"u1\"].{sub}");
        check_group(
            json!({"op": "replace", "path": path, "value": "u2"}),
            Some("mutability"),
        );
    }
    for op in ["add", "replace"] {
        let path = "members[value eq \"u1\"]";
        check_group(
            json!({"op": op, "path": path, "value": {"value": "u2"}}),
            Some("mutability"),
        );
    }
    check_group(
        json!({"op": "add", "path": "members.value", "value": "u2"}),
        Some("mutability"),
    );
    let shown = json!([{"value": "u1", "display": "Ana", "type": "User", "$ref": "https://example.com/Users/u1"}]);
    check_group(json!({"op": "add", "path": "members", "value": shown}), None);
}

#[test]
fn the_name_of_a_manager_is_ignored_where_only_the_server_writes_it() {
    let stored = |profile: &Profile, document: Result<UserDocument, ScimError>| {
        let input = document.unwrap().into_input(profile, Active(true)).unwrap();
        let stored: Value = serde_json::from_str(&input.person.attributes).unwrap();
        stored[ENTERPRISE]["manager"].clone()
    };
    let manager = json!({"value": "m1", "displayName": "Max"});
    let body = json!({"schemas": [USER, ENTERPRISE], "userName": "ana", ENTERPRISE: {"manager": manager}}).to_string();
    let patch = json!({"schemas": [schema_urns::PATCH_OP], "Operations":
        [{"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": manager}]})
    .to_string();
    for (profile, expected) in [
        (Profile::lenient(), manager.clone()),
        (Profile::strict(), json!({"value": "m1"})),
    ] {
        let posted = stored(&profile, UserDocument::read(&profile, body.as_bytes()));
        assert_eq!(posted, expected);
        let before = UserDocument::stored(r#"{"userName":"ana"}"#, true);
        let patched = stored(&profile, before.patched(&profile, patch.as_bytes()));
        assert_eq!(patched, expected);
    }
}

#[test]
fn an_alias_need_not_be_named_in_schemas() {
    let alias = extension::USER_ALIAS;
    let body = |schemas: Value| json!({"schemas": schemas, "userName": "ana", alias: {"OrganizationRole": "admin"}});
    check_user(body(json!([USER])), None);
    check_user(body(json!([USER, alias])), None);
}

#[test]
fn an_integer_has_no_fraction() {
    let settings = ConnectionSettings {
        strict: true,
        extensions: vec![ExtensionDefinition {
            urn: "urn:example:badge:1.0:User".to_owned(),
            resource_type: ExtendedResource::User,
            attributes: [("level", AttributeType::Integer), ("share", AttributeType::Decimal)]
                .map(|(name, attribute_type)| AttributeDefinition {
                    name: name.to_owned(),
                    attribute_type,
                    multi_valued: false,
                    meaning: None,
                })
                .to_vec(),
        }],
        ..ConnectionSettings::default()
    };
    let profile = Profile::new(&settings);
    for (name, value, expected) in [
        ("level", json!(7), None),
        ("level", json!(1.5), Some("`level` takes an integer")),
        ("level", json!(7.0), Some("`level` takes an integer")),
        ("share", json!(1.5), None),
    ] {
        let urn = "urn:example:badge:1.0:User";
        let body = json!({"schemas": [USER, urn], "userName": "ana", urn: {name: value}}).to_string();
        let read = UserDocument::read(&profile, body.as_bytes());
        let refused = read.err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), expected, "{name}");
    }
}

#[test]
fn filters_name_what_is_known_with_values_of_its_type() {
    let check_filter = |text: &str, expected: Option<&str>| {
        check(|profile| Filter::read(&[&profile.user], text), expected);
    };
    check_filter("groups.$ref pr and groups[$ref pr]", None);
    check_filter("not(active eq true)", None);
    check_filter("userName eq 5", Some("invalidFilter"));
    check_filter("userName eq true", Some("invalidFilter"));
    check_filter("active eq \"true\"", Some("invalidFilter"));
    check_filter("emails[primary eq \"true\"]", Some("invalidFilter"));
    check_filter("email pr", Some("invalidFilter"));
    check_filter("urn:x:Ext:badge eq \"1\"", Some("invalidFilter"));
    check_filter("urn:x:2.0:User pr", Some("invalidFilter"));
    check(
        |profile| SortBy::read(&[&profile.user], "urn:x:Ext:badge"),
        Some("invalidPath"),
    );
    for profile in [Profile::lenient(), Profile::strict()] {
        let read = |text: String| Filter::read(&[&profile.user, &profile.group], &text);
        assert!(read(format!("{ENTERPRISE} pr and {ENTERPRISE}:department pr")).is_ok());
        let refused = read(format!("{ENTERPRISE}:shoeSize pr")).unwrap_err();
        assert_eq!(refused.scim_type(), Some("invalidFilter"));
        let refused = SortBy::read(&[&profile.user], &format!("{ENTERPRISE}:shoeSize")).unwrap_err();
        assert_eq!(refused.scim_type(), Some("invalidPath"));
    }
}
