//! Brakes over HTTP: a provider takes everything away at once, and people keep what they have until somebody decides.

use rolecall_tests::rule;
use rolecall_tests::scim;
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

const USERS: usize = 12;
const ROLES: &str = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:Group";

/// A tenant whose twelve users are all in the team of the group `Everybody`, of whom four may leave inside the window.
async fn tenant() -> (Tenant, String, Vec<String>) {
    let tenant = Tenant::start("okta").await;
    tenant.organization.add_rule(rule::every_group_is_a_team()).await;
    let users = tenant.scim().create_users("user", USERS).await;
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    let group = tenant.scim().create_group("Everybody", &members).await;
    let limit = json!({ "brake": { "scopes": { "organization": { "min_count": 4, "max_percent": 20 } } } });
    let changed = tenant.organization.http.patch("/settings", &limit).await.expect(200);
    assert_eq!(changed.json()["brake"]["scopes"]["organization"]["min_count"], 4);
    (tenant, group, users)
}

/// How many users are in the team.
async fn placed(tenant: &Tenant) -> usize {
    let entities = tenant.organization.list("/entities").await;
    let id = entities[0]["id"].as_str().unwrap();
    tenant.organization.list(&format!("/entities/{id}/members")).await.len()
}

/// The provider says that nobody is in the group.
async fn empty(tenant: &Tenant, group: &str) {
    let nobody = json!([{ "op": "replace", "path": "members", "value": [] }]);
    tenant.scim().patch_group(group, nobody).await.expect_success();
    assert!(
        tenant.scim().members(group).await.is_empty(),
        "SCIM is what the provider said"
    );
}

async fn hold(tenant: &Tenant) -> Value {
    let holds = tenant.organization.list("/holds").await;
    let [hold] = holds.as_slice() else {
        panic!("one hold: {holds:?}")
    };
    hold.clone()
}

/// The value of a series of the scope of the organization.
async fn metric(tenant: &Tenant, name: &str) -> f64 {
    let text = tenant.server.ops().get("/metrics").await.expect(200).body;
    let series = format!("rolecall_{name}{{scope=\"organization\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&series));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_provider_that_empties_everything_is_answered_held_and_may_put_it_back() {
    let (tenant, group, users) = tenant().await;
    empty(&tenant, &group).await;
    assert_eq!(placed(&tenant).await, USERS);
    let open = hold(&tenant).await;
    assert_eq!(open["scope"]["kind"], "organization");
    assert_eq!(
        (&open["changes"], &open["passed"], &open["limit"]),
        (&json!(USERS), &json!(0), &json!(4))
    );
    assert_eq!(metric(&tenant, "brake_trips_total").await, 1.0);
    assert_eq!(metric(&tenant, "brake_held_changes").await, 12.0);
    assert!(metric(&tenant, "brake_oldest_hold_timestamp_seconds").await > 1e9);

    let id = open["id"].as_str().unwrap();
    let read = tenant
        .organization
        .http
        .get(&format!("/holds/{id}"))
        .await
        .expect(200)
        .json();
    assert_eq!(read, open);
    let first = tenant
        .organization
        .http
        .get(&format!("/holds/{id}/users?limit=5"))
        .await
        .expect(200)
        .json();
    let next = first["next"].as_str().unwrap();
    let rest = tenant
        .organization
        .http
        .get(&format!("/holds/{id}/users?after={next}"))
        .await
        .expect(200)
        .json();
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    assert_eq!(
        (items(&first).len(), items(&rest).len(), &rest["next"]),
        (5, USERS - 5, &Value::Null)
    );
    assert_eq!(items(&first)[0]["user"]["id"], users[0]);
    assert_eq!(items(&first)[0]["entity"]["name"], "Everybody");
    let user = tenant
        .organization
        .http
        .get(&format!("/users/{}", users[0]))
        .await
        .expect(200)
        .json();
    assert!(user.to_string().contains(r#""kind":"hold""#), "{user}");

    for user in &users {
        tenant.scim().add_member(&group, user).await;
    }
    assert_eq!(
        (placed(&tenant).await, tenant.organization.list("/holds").await.len()),
        (USERS, 0)
    );
    assert_eq!(metric(&tenant, "brake_oldest_hold_timestamp_seconds").await, 0.0);
}

#[tokio::test]
async fn a_hold_is_there_after_a_kill_until_it_is_released() {
    let (mut tenant, group, users) = tenant().await;
    empty(&tenant, &group).await;
    let open = hold(&tenant).await;
    tenant.server.kill();
    tenant.server.start_again().await;
    assert_eq!(hold(&tenant).await, open);
    assert_eq!(placed(&tenant).await, USERS);

    let release = format!("/holds/{}/release", open["id"].as_str().unwrap());
    let http = &tenant.organization.http;
    http.post(&release, &json!({ "user_ids": [users[3]] }))
        .await
        .expect(204);
    assert_eq!(
        (placed(&tenant).await, hold(&tenant).await["changes"].clone()),
        (USERS - 1, json!(USERS - 1))
    );
    http.post(&release, &json!({})).await.expect(204);
    assert_eq!(
        (placed(&tenant).await, tenant.organization.list("/holds").await.len()),
        (0, 0)
    );
    http.post(&release, &json!({})).await.expect(404);
    let report = tenant.organization.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

#[tokio::test]
async fn a_discard_leaves_everybody_where_he_is_by_hand() {
    let (tenant, group, users) = tenant().await;
    empty(&tenant, &group).await;
    let discard = format!("/holds/{}/discard", hold(&tenant).await["id"].as_str().unwrap());
    let http = &tenant.organization.http;
    http.post(&discard, &json!({ "user_ids": [users[3]] }))
        .await
        .expect(204);
    assert_eq!(hold(&tenant).await["changes"], json!(USERS - 1));
    let reasons = http.get(&format!("/users/{}/explain", users[0])).await.expect(200);
    let reason = &reasons.json()["entities"]["items"][0]["reasons"]["items"][0];
    assert_eq!(reason["kind"], "hold", "{reason}");
    assert_eq!(reason["hold_id"], hold(&tenant).await["id"], "{reason}");
    assert_eq!(reason["would_remove"][0]["hold_id"], reason["hold_id"], "{reason}");
    http.post(&discard, &json!({})).await.expect(204);
    assert_eq!(
        (placed(&tenant).await, tenant.organization.list("/holds").await.len()),
        (USERS, 0)
    );
    let reasons = http.get(&format!("/users/{}/explain", users[0])).await.expect(200);
    let reason = &reasons.json()["entities"]["items"][0]["reasons"]["items"][0];
    assert_eq!(reason["kind"], "manual", "{reason}");
    http.post(&discard, &json!({})).await.expect(404);
    let report = tenant.organization.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

#[tokio::test]
async fn a_discard_names_those_whom_an_exception_keeps_from_the_role_and_who_stay() {
    let tenant = Tenant::start("okta").await;
    let http = &tenant.organization.http;
    let users = tenant.scim().create_users("user", USERS).await;
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    let group = json!({ "schemas": [scim::GROUP, ROLES], "displayName": "Admins", ROLES: { "roles": ["admin"] },
        "members": members.iter().map(|user| json!({ "value": user })).collect::<Vec<_>>() });
    let group = tenant.scim().http.post("/Groups", &group).await.expect(201).text("id");
    http.patch(
        "/settings",
        &json!({ "min_admins": USERS, "brake": { "enabled": false } }),
    )
    .await
    .expect(200);
    empty(&tenant, &group).await;
    let held = hold(&tenant).await;
    assert_eq!(
        (&held["scope"]["kind"], &held["changes"]),
        (&json!("min_admins"), &json!(USERS))
    );
    for (user, kind, role) in [(&users[0], "pin", "guest"), (&users[1], "exclusion", "admin")] {
        let exception = json!({ "kind": kind, "user_id": user, "role": role, "reason": "a trial" });
        http.post("/exceptions", &exception).await.expect(201);
    }
    let discard = format!("/holds/{}/discard", held["id"].as_str().unwrap());
    let some = json!({ "user_ids": [users[1], users[2]] });
    let stayed = http.post(&discard, &some).await.expect(200).json();
    assert_eq!(
        (&stayed["stayed"], &stayed["user_ids"]),
        (&json!(1), &json!([users[1]]))
    );
    assert_eq!(stayed["hold"], hold(&tenant).await);
    http.post(&discard, &json!({ "user_ids": [users[3]] }))
        .await
        .expect(204);
    let stayed = http.post(&discard, &json!({})).await.expect(200).json();
    assert_eq!(
        (&stayed["stayed"], &stayed["user_ids"]),
        (&json!(2), &json!(users[..2]))
    );
    let head = tenant.organization.head_after(0).await;
    let again = http.post(&discard, &json!({})).await.expect(200).json();
    assert_eq!((again, tenant.organization.head_after(0).await), (stayed, head));
}
