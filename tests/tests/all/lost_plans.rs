//! Plans whose answer was lost, and plans that the server keeps no longer.

use rolecall_tests::rule::teams;
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

fn path(plan: &Value, rest: &str) -> String {
    format!("/plans/{}{rest}", plan["id"].as_str().unwrap())
}

#[tokio::test]
async fn applying_an_applied_plan_again_answers_as_before_and_writes_nothing() {
    let mut tenant = Tenant::start("okta").await;
    let ana = tenant.scim().create_user("ana@example.com").await;
    tenant.scim().create_group("eng", &[&ana]).await;
    let http = &tenant.organization.http;
    let draft = json!({"rules": teams("${display_name}")});
    let plan = http.post("/plans", &draft).await.expect(201).json();
    let (apply, hash) = (path(&plan, "/apply"), json!({"hash": plan["hash"]}));
    let first = http.post(&apply, &hash).await.expect(200).json();
    assert_eq!(first["status"], "applied");
    tenant.scim().create_user("ben@example.com").await;
    let head = tenant.organization.head_after(0).await;
    for body in [&hash, &json!({}), &json!({"recheck": true})] {
        let again = http.post(&apply, body).await.expect(200).json();
        assert_eq!(again, first);
    }
    let other = http.post(&apply, &json!({"hash": "another"})).await.expect(412).json();
    assert_eq!(other["type"], "urn:rolecall:problem:plan_differs");

    tenant.server.kill();
    tenant.server.start_again().await;
    let http = &tenant.organization.http;
    let again = http.post(&apply, &hash).await.expect(200).json();
    assert_eq!(
        (&again["status"], &again["progress"]),
        (&json!("applied"), &first["progress"])
    );
    assert_eq!(tenant.organization.head_after(0).await, head);

    let changes = http.get(&path(&plan, "/changes")).await.expect(404).json();
    assert_eq!(changes["type"], "urn:rolecall:problem:plan_changes_gone");
    let (detail, progress) = (changes["detail"].as_str().unwrap(), &first["progress"]);
    let entries = format!(
        "from position {} to {}",
        progress["first_position"], progress["last_position"]
    );
    assert!(
        detail.contains("not over a restart") && detail.contains(&entries),
        "{detail}"
    );
}

#[tokio::test]
async fn whoever_asks_for_a_plan_that_is_not_kept_is_told_how_long_plans_are() {
    let mut tenant = Tenant::start("okta").await;
    let draft = json!({"rules": teams("${display_name}")});
    let plan = tenant.organization.http.post("/plans", &draft).await.expect(201).json();
    tenant.server.kill();
    tenant.server.start_again().await;
    let http = &tenant.organization.http;
    for answer in [
        http.get(&path(&plan, "")).await,
        http.get(&path(&plan, "/changes")).await,
        http.post(&path(&plan, "/apply"), &json!({})).await,
        http.post(&path(&plan, "/stop"), &json!({})).await,
    ] {
        let problem = answer.expect(404).json();
        assert_eq!(problem["type"], "urn:rolecall:problem:unknown_plan");
        let detail = problem["detail"].as_str().unwrap();
        for part in ["60 minutes", "the last 16", "not over a restart", "make the plan again"] {
            assert!(detail.contains(part), "{detail}");
        }
    }
}
