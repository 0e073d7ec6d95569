//! Whatever is wrong with a request, the answer says so, in the format of the API that was asked, and nothing changes.

use std::time::Duration;

use rolecall_tests::http::Answer;
use rolecall_tests::scim::{self, USER};
use rolecall_tests::tenant::Tenant;
use rolecall_tests::wait;
use serde_json::{Value, json};

async fn send_text(tenant: &Tenant, method: &str, path: &str, body: &str) -> Answer {
    send(tenant, method, path, "application/scim+json", body.to_owned()).await
}

async fn send(tenant: &Tenant, method: &str, path: &str, media_type: &str, body: String) -> Answer {
    let request = tenant.scim().http.request(method, path);
    let request = request.header("Content-Type", media_type).body(body);
    Answer::of(format!("{method} {path}"), request).await.unwrap()
}

/// RFC 7644 3.12: an error of SCIM.
#[track_caller]
fn scim_error(answer: Answer, status: u16, scim_type: Option<&str>, says: &str) {
    let answer = answer.expect(status);
    assert_eq!(answer.media_type(), "application/scim+json", "{}", answer.request);
    let body = answer.json();
    assert_eq!(
        body["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:Error"]),
        "{body}"
    );
    assert_eq!(body["status"], status.to_string(), "{body}");
    assert_eq!(body["scimType"].as_str(), scim_type, "{body}");
    assert!(
        body["detail"].as_str().unwrap().contains(says),
        "`{says}` is not in {body}"
    );
}

/// RFC 9457: a problem of the admin API.
#[track_caller]
fn problem(answer: Answer, status: u16, says: &str) -> Value {
    let answer = answer.expect(status);
    assert_eq!(answer.media_type(), "application/problem+json", "{}", answer.request);
    let body = answer.json();
    assert_eq!(body["status"], status, "{body}");
    assert!(
        body["detail"].as_str().unwrap().contains(says),
        "`{says}` is not in {body}"
    );
    body
}

#[tokio::test]
async fn broken_bodies_are_refused_with_a_scim_error() {
    let tenant = Tenant::start("okta").await;
    let ana = tenant.scim().create_user("ana@example.com").await;
    let group = tenant.scim().create_group("Engineering", &[&ana]).await;
    let head = tenant.organization.head_after(0).await;
    let (user_path, group_path) = (format!("/Users/{ana}"), format!("/Groups/{group}"));

    let send = async |method, path, body| send_text(&tenant, method, path, body).await;
    scim_error(
        send("POST", "/Users", "{\"userName\":").await,
        400,
        Some("invalidSyntax"),
        "",
    );
    scim_error(send("POST", "/Users", "[]").await, 400, Some("invalidSyntax"), "");
    scim_error(send("POST", "/Groups", "").await, 400, Some("invalidSyntax"), "");
    scim_error(
        send("PUT", &user_path, "not json").await,
        400,
        Some("invalidSyntax"),
        "",
    );
    scim_error(send("PATCH", &group_path, "{}").await, 400, Some("invalidSyntax"), "");
    let without_name = json!({ "schemas": [USER] }).to_string();
    scim_error(
        send("POST", "/Users", &without_name).await,
        400,
        Some("invalidValue"),
        "userName",
    );
    let unknown_operation = scim::patch(json!([{ "op": "move", "path": "displayName" }])).to_string();
    scim_error(
        send("PATCH", &group_path, &unknown_operation).await,
        400,
        Some("invalidSyntax"),
        "move",
    );
    let bad_path = scim::patch(json!([{ "op": "remove", "path": "members[value eq" }])).to_string();
    scim_error(
        send("PATCH", &group_path, &bad_path).await,
        400,
        Some("invalidPath"),
        "",
    );
    let no_target = scim::patch(json!([{ "op": "remove" }])).to_string();
    scim_error(send("PATCH", &group_path, &no_target).await, 400, Some("noTarget"), "");
    let no_boolean = scim::patch(json!([{ "op": "replace", "path": "active", "value": "perhaps" }])).to_string();
    scim_error(
        send("PATCH", &user_path, &no_boolean).await,
        400,
        Some("invalidValue"),
        "active",
    );

    assert_eq!(
        tenant.organization.head_after(0).await,
        head,
        "nothing of it is in the log"
    );
}

#[tokio::test]
async fn a_filter_that_cannot_be_answered_is_refused() {
    let tenant = Tenant::start("okta").await;
    let list = async |query: &str| tenant.scim().http.get(&format!("/Users?filter={query}")).await;
    scim_error(
        list("favouriteColour%20eq%20%22red%22").await,
        400,
        Some("invalidFilter"),
        "favouriteColour",
    );
    scim_error(
        list("userName%20resembles%20%22ana%22").await,
        400,
        Some("invalidFilter"),
        "",
    );
    scim_error(list("userName%20eq").await, 400, Some("invalidFilter"), "");
    scim_error(list("(userName%20eq%20%22ana%22").await, 400, Some("invalidFilter"), "");
    let groups = tenant.scim().http.get("/Groups?filter=colour%20eq%20%22red%22").await;
    scim_error(groups, 400, Some("invalidFilter"), "colour");
}

#[tokio::test]
async fn names_that_are_taken_are_conflicts() {
    let tenant = Tenant::start("okta").await;
    tenant.scim().create_user("ana@example.com").await;
    tenant.scim().create_group("Engineering", &[]).await;
    let user = tenant.scim().http.post("/Users", &scim::user("Ana@Example.com")).await;
    scim_error(user, 409, Some("uniqueness"), "");
    let group = tenant
        .scim()
        .http
        .post("/Groups", &scim::group(" engineering ", &[]))
        .await;
    scim_error(group, 409, Some("uniqueness"), "");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_in_the_format_of_its_api() {
    let tenant = Tenant::start("okta").await;
    let scim = &tenant.scim().http;
    scim_error(
        scim.get("/Users/01890a5d-0000-7000-8000-000000000000").await,
        404,
        None,
        "",
    );
    scim_error(scim.get("/Groups/not-an-id").await, 404, None, "");
    scim_error(
        scim.delete("/Users/01890a5d-0000-7000-8000-000000000000").await,
        404,
        None,
        "",
    );
    scim_error(scim.get("/Devices").await, 404, None, "");
    scim_error(scim.delete("/Users").await, 405, None, "");
    problem(tenant.organization.http.get("/no-such-list").await, 404, "");
    problem(
        tenant
            .organization
            .http
            .get("/users/01890a5d-0000-7000-8000-000000000000")
            .await,
        404,
        "",
    );
    problem(tenant.organization.http.delete("/settings").await, 405, "");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_one_within_is_read() {
    let tenant = Tenant::start("okta").await;
    let padded = |bytes: usize| {
        let mut user = scim::user("ana@example.com");
        user["nickName"] = json!("x".repeat(bytes));
        user.to_string()
    };
    scim_error(
        send_text(&tenant, "POST", "/Users", &padded(5 * 1024 * 1024)).await,
        413,
        None,
        "",
    );
    // Whole groups with thousands of members have to pass (some clients know nothing but PUT).
    let members: Vec<Value> = (0..30_000)
        .map(|n| json!({ "value": format!("01890a5d-0000-7000-8000-{n:012}") }))
        .collect();
    let mut group = scim::group("Everybody", &[]);
    group["members"] = json!(members);
    let group = group.to_string();
    assert!(group.len() > 1024 * 1024);
    send_text(&tenant, "POST", "/Groups", &group).await.expect(201);
}

#[tokio::test]
async fn media_types_of_bodies_are_checked() {
    let tenant = Tenant::start("okta").await;
    let user = |n: u8| scim::user(&format!("user-{n}@example.com")).to_string();
    send(
        &tenant,
        "POST",
        "/Users",
        "application/scim+json; charset=utf-8",
        user(1),
    )
    .await
    .expect(201);
    send(&tenant, "POST", "/Users", "application/json", user(2))
        .await
        .expect(201);
    send(&tenant, "POST", "/Users", "Application/SCIM+JSON", user(3))
        .await
        .expect(201);
    scim_error(
        send(&tenant, "POST", "/Users", "text/xml", user(4)).await,
        415,
        None,
        "",
    );
    let request = tenant
        .organization
        .http
        .request("POST", "/rules")
        .header("Content-Type", "text/plain")
        .body("{}");
    problem(Answer::of("POST /rules".to_owned(), request).await.unwrap(), 415, "");
}

#[tokio::test]
async fn rules_that_cannot_work_are_refused_with_the_place_of_every_fault() {
    let tenant = Tenant::start("okta").await;
    let head = tenant.organization.head_after(0).await;
    let save = async |rule: Value| tenant.organization.http.post("/rules", &rule).await;
    let with = |kind: &str, pattern: &str, template: &str| {
        let targets = json!([{ "type": "team", "name": template }]);
        json!({ "name": "A rule", "match": { "kind": kind, "pattern": pattern }, "targets": targets })
    };

    let unclosed = problem(save(with("regex", "eng-(", "x")).await, 400, "");
    assert_eq!(unclosed["problems"][0]["place"], "match.pattern", "{unclosed}");
    assert_eq!(unclosed["problems"][0]["offset"], 4, "{unclosed}");
    problem(save(with("regex", &"a".repeat(1025), "x")).await, 400, "");
    problem(save(with("regex", "(?:a{1000}){1000}", "x")).await, 400, "");
    problem(save(with("prefix", "", "x")).await, 400, "");
    let never_filled = problem(save(with("regex", "^eng-(?P<team>.+)$", "${teem}")).await, 400, "");
    assert_eq!(
        never_filled["problems"][0]["place"], "targets[0].name",
        "{never_filled}"
    );
    problem(save(with("all", "", "${rest}")).await, 400, "");

    let twice = problem(save(with("regex", "eng-(", "${teem")).await, 400, "");
    let faults = twice["problems"].as_array().unwrap();
    let places: Vec<&str> = faults.iter().filter_map(|fault| fault["place"].as_str()).collect();
    assert_eq!(places, ["match.pattern", "targets[0].name"], "{twice}");
    let mut no_role = with("all", "", "x");
    no_role["role"] = json!("No Such Role!\n");
    problem(save(no_role).await, 400, "role");

    let lanes = json!([{ "type": "concurrency_group" }, { "type": "concurrency_group", "name": "b" }]);
    problem(
        save(json!({ "name": "A rule", "match": { "kind": "all" }, "targets": lanes })).await,
        400,
        "",
    );
    let nothing = json!({ "name": "A rule", "match": { "kind": "all" }, "targets": [] });
    problem(save(nothing).await, 400, "");
    problem(
        save(json!({ "name": "A rule", "match": { "kind": "glob", "pattern": "*" }, "targets": [] })).await,
        400,
        "",
    );

    assert_eq!(
        tenant.organization.head_after(0).await,
        head,
        "nothing of it is in the log"
    );
    assert_eq!(tenant.organization.list("/rules").await, Vec::<Value>::new());
}

#[tokio::test]
async fn tokens_that_are_missing_wrong_or_of_another_kind_open_nothing() {
    let tenant = Tenant::start("okta").await;
    let scim = &tenant.scim().http;
    let admin = &tenant.organization.http;
    let scim_token = tenant.organization.connection_token(&tenant.connection.id).await;

    for wrong in ["", "wrong", "rc_scim_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_AAAAAA", "\u{e9}"] {
        let answer = scim.with_token(wrong).get("/Users").await;
        assert!(
            answer.headers.contains_key("www-authenticate"),
            "RFC 7235 3.1: a 401 says how to authenticate"
        );
        scim_error(answer, 401, None, "");
        let answer = admin.with_token(wrong).get("/users").await;
        assert!(
            answer.headers.contains_key("www-authenticate"),
            "RFC 7235 3.1: a 401 says how to authenticate"
        );
        problem(answer, 401, "");
    }
    // One letter of a good token is enough.
    let flipped = match scim_token.strip_suffix('A') {
        Some(rest) => format!("{rest}B"),
        None => format!("{}A", &scim_token[..scim_token.len() - 1]),
    };
    scim_error(scim.with_token(&flipped).get("/Users").await, 401, None, "");
    assert!((400..500).contains(&admin.with_token(&scim_token).get("/users").await.status));
    assert!(
        (400..500).contains(
            &tenant
                .server
                .root()
                .with_token(&scim_token)
                .post("/organizations", &json!({ "name": "x" }))
                .await
                .status
        )
    );
}

#[tokio::test]
async fn a_token_opens_nothing_once_it_is_revoked_or_has_expired() {
    let tenant = Tenant::start("okta").await;
    let tokens = format!("/connections/{}/tokens", tenant.connection.id);
    let scim = |token: &str| tenant.scim().http.with_token(token);

    let soon = jiff::Timestamp::now() + Duration::from_secs(2);
    let body = json!({ "expires_at": soon.to_string() });
    let expiring = tenant
        .organization
        .http
        .post(&tokens, &body)
        .await
        .expect(201)
        .text("token");
    scim(&expiring).get("/Users").await.expect(200);
    let refused = wait::until("the token expires", Duration::from_secs(20), async || {
        let answer = scim(&expiring).get("/Users").await;
        (answer.status != 200).then_some(answer)
    });
    scim_error(refused.await, 401, None, "expired");
    // Times are kept to the millisecond.
    assert!(
        jiff::Timestamp::now().as_millisecond() >= soon.as_millisecond(),
        "not before its time"
    );

    let revoked = tenant.organization.http.post(&tokens, &json!({})).await.expect(201);
    let (id, token) = (revoked.text("id"), revoked.text("token"));
    scim(&token).get("/Users").await.expect(200);
    tenant
        .organization
        .http
        .delete(&format!("/tokens/{id}"))
        .await
        .expect(204);
    scim_error(scim(&token).get("/Users").await, 401, None, "");
    problem(
        tenant
            .organization
            .http
            .post(&tokens, &json!({ "expires_at": "2001-01-01T00:00:00Z" }))
            .await,
        400,
        "",
    );
}

#[tokio::test]
async fn a_viewer_can_read_and_change_nothing() {
    let tenant = Tenant::start("okta").await;
    let viewer = json!({ "name": "reader", "role": "viewer" });
    let token = tenant
        .organization
        .http
        .post("/tokens", &viewer)
        .await
        .expect(201)
        .text("token");
    let http = tenant.organization.http.with_token(&token);
    let head = tenant.organization.head_after(0).await;

    http.get("/users").await.expect(200);
    let rule = json!({ "name": "A rule", "match": { "kind": "all" }, "targets": [{ "type": "team" }] });
    problem(http.post("/rules", &rule).await, 403, "");
    problem(
        http.patch("/settings", &json!({ "default_role": "guest" })).await,
        403,
        "",
    );
    problem(
        http.post("/entities", &json!({ "type": "team", "name": "x" })).await,
        403,
        "",
    );
    problem(
        http.post("/tokens", &json!({ "name": "more", "role": "admin" })).await,
        403,
        "",
    );
    assert_eq!(tenant.organization.head_after(0).await, head);
}
