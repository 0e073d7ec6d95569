//! A plan that is stopped while it is applied: what is done stays, and it does not go on, whatever happens to the server.

use rolecall_tests::admin::Organization;
use rolecall_tests::rule;
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

const GROUPS: usize = 60;
const MEMBERS: usize = 400;

fn path(plan: &Value, rest: &str) -> String {
    format!("/plans/{}{rest}", plan["id"].as_str().unwrap())
}

/// A plan that makes a team of each group, which takes several entries.
async fn planned(tenant: &Tenant) -> Value {
    let users = tenant.scim().create_users("user", MEMBERS).await;
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    for number in 0..GROUPS {
        tenant.scim().create_group(&format!("group {number}"), &users).await;
    }
    let draft = json!({"rules": rule::teams("${display_name}")});
    let plan = tenant.organization.http.post("/plans", &draft).await;
    plan.expect(201).json()
}

/// Applies the plan, and stops it once its first groups are done.
async fn stopped(acme: &Organization, plan: &Value) -> Value {
    let applying = {
        let (http, path) = (acme.http.clone(), path(plan, "/apply"));
        tokio::spawn(async move { http.post(&path, &json!({})).await.expect(200).json() })
    };
    loop {
        let now = acme.http.get(&path(plan, "")).await.expect(200).json();
        if now["progress"]["groups_done"].as_u64().is_some_and(|done| done > 0) {
            break;
        }
        tokio::task::yield_now().await;
    }
    let stopped = acme
        .http
        .post(&path(plan, "/stop"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(stopped["status"], "stopped", "{stopped:#}");
    assert_eq!(
        applying.await.unwrap()["status"],
        "stopped",
        "who waits for its end is told"
    );
    stopped
}

#[tokio::test]
async fn a_stopped_plan_stays_stopped_after_a_kill_and_another_one_does_the_rest() {
    let mut tenant = Tenant::start("okta").await;
    let plan = planned(&tenant).await;
    let stop = path(&plan, "/stop");
    let early = tenant.organization.http.post(&stop, &json!({})).await.expect(409);
    assert_eq!(early.json()["type"], "urn:rolecall:problem:plan_not_running");
    let stopped = stopped(&tenant.organization, &plan).await;
    let progress = &stopped["progress"];
    let done = progress["groups_done"].as_u64().unwrap();
    assert!(0 < done && done < GROUPS as u64, "{stopped:#}");
    let head = tenant.organization.head_after(0).await;
    assert_eq!(progress["last_position"], head);

    tenant.server.kill();
    tenant.server.start_again().await;
    let acme = &tenant.organization;
    let now = acme.http.get(&path(&plan, "")).await.expect(200).json();
    assert_eq!((&now["status"], &now["progress"]), (&json!("stopped"), progress));
    // Its writer works, and writes nothing but what it is told to.
    tenant.scim().create_user("another@example.com").await;
    assert_eq!(acme.head_after(0).await, head + 1);
    assert_eq!(acme.list("/mappings").await.len() as u64, done, "what is done stays");
    acme.http.post(&stop, &json!({})).await.expect(409);
    let again = acme
        .http
        .post(&path(&plan, "/apply"), &json!({}))
        .await
        .expect(409)
        .json();
    assert_eq!(again["type"], "urn:rolecall:problem:plan_stopped", "{again}");

    let rest = acme.http.post("/plans", &json!({})).await.expect(201).json();
    assert_eq!(rest["counts"]["mappings_approved"], GROUPS as u64 - done);
    acme.http
        .post(&path(&rest, "/apply"), &json!({}))
        .await
        .expect_success();
    while acme.http.get(&path(&rest, "")).await.expect(200).json()["status"] != "applied" {
        tokio::task::yield_now().await;
    }
    assert_eq!(acme.list("/mappings").await.len(), GROUPS);
    let report = acme.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

#[tokio::test]
async fn only_an_administrator_stops_plans_and_only_known_ones() {
    let tenant = Tenant::start("okta").await;
    let http = &tenant.organization.http;
    let plan = http.post("/plans", &json!({})).await.expect(201).json();
    let unknown = "/plans/01890a5d-0000-7000-8000-000000000000/stop";
    http.post(unknown, &json!({})).await.expect(404);
    http.post("/plans/1/stop", &json!({})).await.expect(404);
    let token = json!({"name": "approver", "role": "approver"});
    let approver = http.post("/tokens", &token).await.expect(201).text("token");
    let approver = http.with_token(&approver);
    approver.post(&path(&plan, "/stop"), &json!({})).await.expect(403);
}
