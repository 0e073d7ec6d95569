use serde_json::json;

use super::super::profile::Profile;
use super::*;

fn ana() -> Map<String, Value> {
    let user = json!({
        "id": "0197-A", "externalId": "Ext1", "userName": "Ana@Example.com", "active": true, "title": "Dr",
        "name": {"givenName": "Ana", "familyName": "O'Hara"}, "nickName": "",
        "emails": [
            {"type": "work", "value": "ana@work.example", "primary": true},
            {"type": "home", "value": "ana@home.example"},
        ],
        "roles": [{"value": "admin", "primary": false}],
        "groups": [{"value": "g1", "display": "Staff", "type": "direct"}],
        "meta": {"lastModified": "2026-05-13T04:42:34Z", "resourceType": "User"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
            {"department": "R&D", "employeeNumber": "701", "manager": {"value": "m1"}},
        "urn:x:Ext": {"badge": 7, "Color": "Red"},
        "shoeSize": 43,
    });
    user.as_object().unwrap().clone()
}

fn only(mut filters: Vec<Filter>) -> Filter {
    filters.remove(0)
}

fn users(text: &str) -> Result<Filter, ScimError> {
    Filter::read(&[&Profile::lenient().user], text).map(only)
}

fn groups(text: &str) -> Result<Filter, ScimError> {
    Filter::read(&[&Profile::lenient().group], text).map(only)
}

/// What ana says of the one group that she is in.
fn in_g1(id: &str) -> Option<Value> {
    (id == "g1").then(|| json!({"value": "g1", "display": "Staff", "type": "direct"}))
}

#[track_caller]
fn check(text: &str, expected: bool) {
    let found = users(text).unwrap().matches(&ana(), &in_g1);
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    let refused = users(text).unwrap_err();
    assert_eq!(
        (refused.scim_type(), refused.to_string().as_str()),
        (Some("invalidFilter"), expected)
    );
}

#[track_caller]
fn check_hint(filter: Result<Filter, ScimError>, expected: Option<Hint<'_>>) {
    assert_eq!(filter.unwrap().hint(), expected);
}

#[test]
fn every_operator_compares() {
    check(r#"title eq "Dr""#, true);
    check(r#"title ne "Dr""#, false);
    check(r#"name.familyName co "'H""#, true);
    check(r#"userName sw "ana@""#, true);
    check(r#"userName ew ".org""#, false);
    check("title pr", true);
    check("nickName pr", false);
    check("locale pr", false);
    check(r#"title gt "Da""#, true);
    check(r#"title ge "Dr""#, true);
    check(r#"title lt "Dr""#, false);
    check(r#"title le "Dr""#, true);
}

#[test]
fn terms_combine_with_and_or_and_not() {
    check(r#"title eq "Dr" and active eq true"#, true);
    check(r#"title eq "Prof" or active eq true"#, true);
    check(r#"title eq "Prof" or title eq "Dr" and active eq false"#, false);
    check(r#"not (title eq "Prof")"#, true);
    check(r#"not (title pr) and (active eq true)"#, false);
}

#[test]
fn names_and_operators_come_in_any_case() {
    check(r#"username Eq "ana@example.com""#, true);
    check(r#"EMAILS[TYPE EQ "work"] AND ACTIVE eq true"#, true);
}

#[test]
fn case_matters_only_where_the_schema_says_so() {
    check(r#"userName eq "ANA@EXAMPLE.COM""#, true);
    check(r#"emails.value eq "ANA@work.example""#, true);
    check("userName eq \" ANA@example.com\"", true);
    check("name.familyName co \" H\"", false);
    check(r#"id eq "0197-A""#, true);
    check(r#"id eq "0197-a""#, false);
    check(r#"externalId eq "ext1""#, false);
}

#[test]
fn a_complex_attribute_is_compared_by_its_value() {
    check(r#"emails eq "ana@home.example""#, true);
    check(r#"emails co "home.example""#, true);
    check(r#"email co "home.example""#, true);
    check(r#"manager eq "m1""#, true);
    check(r#"groups eq "g1""#, true);
    check_refused(
        r#"name co "Ana""#,
        "`name` cannot be compared as a whole; name one of its sub-attributes",
    );
}

#[test]
fn a_value_path_looks_at_one_value_at_a_time() {
    check(r#"emails[type eq "work" and value co "work"]"#, true);
    check(r#"emails[type eq "work" and value co "home"]"#, false);
    check(r#"emails.type eq "work" and emails.value co "home""#, true);
    check(r#"emails[type eq "work"].value eq "ana@work.example""#, true);
    check(r#"emails[not (primary eq true)]"#, true);
    check(r#"addresses[type eq "work"]"#, false);
}

#[test]
fn booleans_may_be_quoted() {
    check(r#"active eq "True""#, true);
    check(r#"roles[primary eq "False"]"#, true);
    check("active eq True", true);
    check_refused(r#"active eq "soon""#, "`active` cannot be compared with \"soon\"");
    check_refused(
        "active gt true",
        "`active` cannot be compared by gt here; see the type of the attribute in /Schemas",
    );
}

#[test]
fn times_are_compared_as_times() {
    check(r#"meta.lastModified gt "2026-05-13T06:42:00+02:00""#, true);
    check(r#"meta.lastModified eq "2026-05-13T06:42:34+02:00""#, true);
    check(r#"meta.lastModified lt "2026-01-01T00:00:00Z""#, false);
    check_refused(
        r#"meta.lastModified gt "yesterday""#,
        "`lastModified` cannot be compared with \"yesterday\"",
    );
}

#[test]
fn a_missing_value_equals_null_and_differs_from_the_rest() {
    check("locale eq null", true);
    check("locale ne null", false);
    check("title ne null", true);
    check(r#"locale ne "en""#, true);
    check(r#"locale eq """#, false);
}

#[test]
fn extension_attributes_are_found_by_their_urn_or_by_their_own_name() {
    check(
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&d""#,
        true,
    );
    check(
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "m1""#,
        true,
    );
    check(r#"department eq "R&D""#, true);
    check("employeeNumber eq 701", true);
    check("urn:x:Ext:badge gt 6", true);
    check(r#"urn:x:Ext:COLOR eq "Red""#, true);
    check("urn:x:Ext:size pr", false);
}

#[test]
fn attributes_that_do_not_exist_are_refused() {
    check_refused(
        r#"shoeSize eq "43""#,
        "a User has no attribute `shoeSize`; see /Schemas for those it has",
    );
    check_refused(
        "name.nick pr",
        "a User has no attribute `name.nick`; see /Schemas for those it has",
    );
    check_refused(r#"emails[kind eq "work"]"#, "`emails` has no sub-attribute `kind`");
    let group = groups(r#"userName eq "ana""#).unwrap_err();
    assert_eq!(
        group.to_string(),
        "a Group has no attribute `userName`; see /Schemas for those it has"
    );
}

#[test]
fn a_group_is_asked_for_its_members_without_listing_them() {
    let group = json!({"id": "g1", "displayName": "Staff"});
    let group = group.as_object().unwrap();
    let has_u1 = |id: &str| (id == "u1").then(|| json!({"value": "u1", "type": "User", "$ref": "https://x/Users/u1"}));
    for (text, expected) in [
        (r#"members eq "u1""#, true),
        (r#"members.value eq "u2""#, false),
        (r#"members[value eq "u2" or value eq "u1"]"#, true),
        (r#"members[value eq "u1" and type eq "User"]"#, true),
        (r#"members[type eq "Group" and value eq "u1"]"#, false),
        (r#"members[value eq "u1" and $ref ew "/u1"]"#, true),
        (r#"members[value eq "u1" and value eq "u2"]"#, false),
        (r#"id eq "g1" and members eq "u1""#, true),
        (r#"not (members eq "u1")"#, false),
    ] {
        let filter = groups(text).unwrap();
        assert_eq!(filter.reads("members"), Depth::Nothing, "{text}");
        assert_eq!(filter.matches(group, &has_u1), expected, "{text}");
    }
}

#[test]
fn only_as_much_of_members_and_groups_is_read_as_is_needed() {
    for (text, expected) in [
        ("displayName pr", Depth::Nothing),
        ("members pr", Depth::First),
        ("displayName pr or members.$ref pr", Depth::First),
        (r#"members ne "u1""#, Depth::All),
        (r#"members[type eq "Group"]"#, Depth::All),
        (r#"members[not (value eq "u1")]"#, Depth::All),
        (r#"members pr and not (members co "1")"#, Depth::All),
    ] {
        assert_eq!(groups(text).unwrap().reads("members"), expected, "{text}");
    }
    assert_eq!(
        users(r#"groups.display eq "Staff""#).unwrap().reads("groups"),
        Depth::All
    );
    assert_eq!(users(r#"groups eq "g1""#).unwrap().reads("groups"), Depth::Nothing);
}

#[test]
fn groups_of_users_are_compared_by_each_of_their_parts() {
    check(r#"groups eq "g1""#, true);
    check(r#"groups.value eq "g2""#, false);
    check(r#"groups[value eq "g1" and type eq "direct"]"#, true);
    check(r#"groups[value eq "g1" and display eq "Sales"]"#, false);
    check(r#"groups.display sw "sta""#, true);
    check(r#"groups ne "g1""#, false);
}

#[test]
fn look_ups_hint_at_their_index() {
    check_hint(users(r#"userName eq "Ana""#), Some(Hint::UserName("Ana")));
    check_hint(
        users(r#"externalId eq "x" and active eq true"#),
        Some(Hint::ExternalId("x")),
    );
    check_hint(users(r#"emails eq "a""#), Some(Hint::Email("a")));
    check_hint(users(r#"emails.value eq "a""#), Some(Hint::Email("a")));
    check_hint(users(r#"emails[type eq "work"].value eq "a""#), Some(Hint::Email("a")));
    check_hint(users(r#"id eq "u" and manager eq "m""#), Some(Hint::Id("u")));
    check_hint(groups(r#"displayName eq "Staff""#), Some(Hint::DisplayName("Staff")));
    check_hint(groups(r#"members eq "u" and id eq "g""#), Some(Hint::Id("g")));
    check_hint(groups(r#"members[value eq "u"]"#), Some(Hint::Belongs("u")));
    check_hint(
        groups(r#"members[value eq "u" and type eq "User"]"#),
        Some(Hint::Belongs("u")),
    );
    check_hint(users(r#"groups eq "g" and active eq true"#), Some(Hint::Belongs("g")));
    check_hint(users(r#"groups.value eq "g""#), Some(Hint::Belongs("g")));
    check_hint(
        users(r#"meta.resourceType eq "Group" and title pr"#),
        Some(Hint::Nothing),
    );
}

#[test]
fn what_no_index_answers_has_no_hint() {
    check_hint(users(r#"userName sw "ana""#), None);
    check_hint(users(r#"userName eq "a" or userName eq "b""#), None);
    check_hint(users(r#"not (userName eq "a")"#), None);
    check_hint(users(r#"emails[type eq "work"]"#), None);
    check_hint(users(r#"urn:x:Ext:userName eq "a""#), None);
    check_hint(users(r#"not (groups eq "g")"#), None);
    check_hint(users(r#"meta.resourceType eq "User""#), None);
}

#[test]
fn a_filter_has_a_bounded_number_of_comparisons() {
    check(&vec!["title pr"; 100].join(" or "), true);
    check_refused(
        &vec!["title pr"; 101].join(" or "),
        "a filter takes at most 100 comparisons; ask in smaller parts",
    );
}

#[test]
fn only_comparisons_that_the_type_has_are_taken() {
    for text in [
        "active gt true",
        r#"active co "true""#,
        "active lt null",
        r#"emails.primary ge "true""#,
        r#"meta.created sw "2026-05-13T04:42:34Z""#,
        r#"x509Certificates gt "QQ==""#,
        r#"x509Certificates[value le "QQ=="]"#,
        "urn:x:Ext:badge co 7",
    ] {
        let refused = users(text).unwrap_err();
        assert_eq!(refused.scim_type(), Some("invalidFilter"), "{text}");
        assert!(refused.to_string().contains("cannot be compared by"), "{refused}");
    }
    check(r#"x509Certificates eq "QQ==""#, false);
}

#[test]
fn parts_of_names_are_compared_without_case_in_every_script() {
    let user = json!({"displayName": " ΟΔΥΣΣΕΥΣ Straße", "nickName": "Rene\u{301}"});
    let user = user.as_object().unwrap();
    for (text, expected) in [
        (r#"displayName co "οδυσσευσ""#, true),
        (r#"displayName co "Οδυσσεύς""#, false),
        (r#"displayName ew "STRAßE""#, true),
        (r#"displayName sw " ο""#, true),
        (r#"nickName eq "REN\u00c9""#, true),
        (r#"nickName ew "É""#, true),
        (r#"nickName co "\"""#, false),
    ] {
        assert_eq!(users(text).unwrap().matches(user, &in_g1), expected, "{text}");
    }
}

#[test]
fn values_are_json() {
    let user = json!({"displayName": "a\"b\\c/d\n\u{1f600}"});
    let user = user.as_object().unwrap();
    for text in [
        r#"displayName eq "a\"b\\c\/d\n\ud83d\ude00""#,
        r#"displayName ew "\u000a😀""#,
        r#"displayName co "\"b\\""#,
    ] {
        assert!(users(text).unwrap().matches(user, &in_g1), "{text}");
    }
}

#[test]
fn what_every_resource_has_can_be_asked_for() {
    const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    check(r#"meta.resourceType eq "User""#, true);
    check(r#"meta.resourceType eq "user""#, false);
    check(r#"meta.resourceType ne "Group""#, true);
    check("meta.lastModified pr", true);
    check("meta pr", true);
    check(&format!(r#"{CORE}:userName sw "ana""#), true);
    check(&format!(r#"{CORE}:name.familyName co "hara""#), true);
    check(&format!("{ENTERPRISE} pr"), true);
    check("urn:ietf:params:scim:schemas:extension:rolecall:2.0:User pr", false);
    check(&format!(r#"{ENTERPRISE}:manager.$ref pr"#), false);
    check(r#"schemas eq "urn:x""#, false);
}

/// One value of each type, against each operator: what matches when the value is less, equal and greater.
#[test]
fn operators_order_each_type_by_its_own_rules() {
    let user = json!({
        "title": "m", "urn:x:Ext": {"badge": 7.5}, "meta": {"created": "2026-05-13T04:42:34.250Z"}, "active": true,
    });
    let user = user.as_object().unwrap();
    for (name, less, equal, greater) in [
        ("title", r#""L""#, r#""M""#, r#""n""#),
        ("urn:x:Ext:badge", "-10", "7.50", "1e1"),
        (
            "meta.created",
            r#""2026-05-13T06:42:34.249+02:00""#,
            r#""2026-05-12T23:42:34.25-05:00""#,
            r#""2026-05-13T04:42:34.2501""#,
        ),
    ] {
        for (operator, expected) in [
            ("eq", [false, true, false]),
            ("ne", [true, false, true]),
            ("gt", [true, false, false]),
            ("ge", [true, true, false]),
            ("lt", [false, false, true]),
            ("le", [false, true, true]),
        ] {
            let found = [less, equal, greater].map(|value| {
                let filter = users(&format!("{name} {operator} {value}")).unwrap();
                filter.matches(user, &in_g1)
            });
            assert_eq!(found, expected, "{name} {operator}");
        }
    }
}

#[test]
fn an_attribute_of_another_type_has_no_value() {
    let profile = Profile::lenient();
    let both = |text: &str| Filter::read(&[&profile.user, &profile.group], text);
    let group = json!({"id": "g1", "displayName": "Staff", "userName": "stored, but no attribute of a group"});
    for (text, user, is_group) in [
        ("userName pr", true, false),
        (r#"userName eq "ana@example.com""#, true, false),
        (r#"not (userName eq "x")"#, true, true),
        (r#"userName ne "x""#, true, true),
        ("userName eq null", false, true),
        (r#"emails[type eq "work"]"#, true, false),
        (r#"displayName eq "staff""#, false, true),
        (r#"meta.resourceType eq "User""#, true, false),
        (r#"meta.resourceType eq "Group" or userName sw "ana""#, true, true),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName pr", true, false),
    ] {
        let filters = both(text).unwrap();
        let found = [ana(), group.as_object().unwrap().clone()];
        let found: Vec<_> = filters
            .iter()
            .zip(&found)
            .map(|(filter, of)| filter.matches(of, &|_| None))
            .collect();
        assert_eq!(found, [user, is_group], "{text}");
    }
    assert_eq!(both(r#"userName eq "x""#).unwrap()[1].hint(), Some(Hint::Nothing));
    let unknown = both("shoeSize pr").unwrap_err().to_string();
    assert_eq!(
        unknown,
        "a User or Group has no attribute `shoeSize`; see /Schemas for those it has"
    );
}

#[test]
fn an_extension_that_nobody_knows_is_found_as_a_whole_and_in_its_lists() {
    let resource = json!({"urn:x:2.0:User": {"badge": 1}, "urn:x:ext.v2": {"deep": {"a": [{"b": "c"}, {"b": "d"}]}}});
    let resource = resource.as_object().unwrap();
    for (text, expected) in [
        ("urn:x:2.0:User pr", true),
        ("URN:X:2.0:user pr", true),
        ("urn:x:2.0:User:badge pr", true),
        ("urn:x:ext.v2 pr", true),
        ("urn:x:2.0:Group pr", false),
        ("not(urn:x:2.0:User pr)", false),
        (r#"urn:x:ext.v2:deep.a[b eq "c"]"#, true),
        (r#"urn:x:ext.v2:deep.a[b eq "e"]"#, false),
    ] {
        let found = users(text).unwrap().matches(resource, &|_| None);
        assert_eq!(found, expected, "{text}");
    }
}
