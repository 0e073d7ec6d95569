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
        "groups": [{"value": "g1"}],
        "meta": {"lastModified": "2026-05-13T04:42:34Z", "resourceType": "User"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
            {"department": "R&D", "employeeNumber": "701", "manager": {"value": "m1"}},
        "urn:x:Ext": {"badge": 7, "Color": "Red"},
        "shoeSize": 43,
    });
    user.as_object().unwrap().clone()
}

fn users(text: &str) -> Result<Filter, ScimError> {
    Filter::read(&Profile::standard().user, text)
}

fn groups(text: &str) -> Result<Filter, ScimError> {
    Filter::read(&Profile::standard().group, text)
}

#[track_caller]
fn check(text: &str, expected: bool) {
    let found = users(text).unwrap().matches(&ana(), &|_| false);
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
        "`active` can only be compared with eq and ne here, not gt",
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
    let texts = [
        (r#"members eq "u1""#, true),
        (r#"members.value eq "u2""#, false),
        (r#"members[value eq "u2" or value eq "u1"]"#, true),
        (r#"id eq "g1" and members eq "u1""#, true),
        (r#"not (members eq "u1")"#, false),
    ];
    for (text, expected) in texts {
        let filter = groups(text).unwrap();
        assert!(!filter.reads("members"), "{text}");
        assert_eq!(filter.matches(group, &|id| id == "u1"), expected, "{text}");
    }
    assert!(groups("members pr").unwrap().reads("members"));
    assert!(groups(r#"members[type eq "Group"]"#).unwrap().reads("members"));
    assert!(users(r#"groups eq "g""#).unwrap().reads("groups"));
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
    check_hint(groups(r#"members[value eq "u"]"#), Some(Hint::Member("u")));
}

#[test]
fn what_no_index_answers_has_no_hint() {
    check_hint(users(r#"userName sw "ana""#), None);
    check_hint(users(r#"userName eq "a" or userName eq "b""#), None);
    check_hint(users(r#"not (userName eq "a")"#), None);
    check_hint(users(r#"emails[type eq "work"]"#), None);
    check_hint(users(r#"urn:x:Ext:userName eq "a""#), None);
}

#[test]
fn a_filter_has_a_bounded_number_of_comparisons() {
    check(&vec!["title pr"; 100].join(" or "), true);
    check_refused(
        &vec!["title pr"; 101].join(" or "),
        "a filter takes at most 100 comparisons; ask in smaller parts",
    );
}
