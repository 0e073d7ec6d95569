//! Memberships by hand, pins and exclusions over HTTP: what an administrator decides for one user holds beside and above what
//! the provider says, until it is taken back or its time is over.

use std::time::Duration;

use rolecall_tests::rule;
use rolecall_tests::tenant::Tenant;
use rolecall_tests::wait;
use serde_json::{Value, json};

const EXPIRY_LIMIT: Duration = Duration::from_secs(30);

/// A tenant with a user in the team of its group; with the ids of the user, the group and the team.
async fn tenant() -> (Tenant, String, String, String) {
    let tenant = Tenant::start("okta").await;
    tenant.organization.add_rule(rule::every_group_is_a_team()).await;
    let user = tenant.scim().create_user("ana@example.com").await;
    let group = tenant.scim().create_group("Engineering", &[&user]).await;
    let team = tenant.organization.list("/entities").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    (tenant, user, group, team)
}

async fn is_member(tenant: &Tenant, entity: &str, user: &str) -> bool {
    let members = tenant.organization.list(&format!("/entities/{entity}/members")).await;
    members.iter().any(|member| member["user"]["id"] == user)
}

async fn set(tenant: &Tenant, exception: &Value) -> String {
    tenant
        .organization
        .http
        .post("/exceptions", exception)
        .await
        .expect(201)
        .text("id")
}

/// A time so many seconds from now, by the clock of the test.
fn in_seconds(seconds: i64) -> String {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    format!("{time:.3}")
}

async fn wait_until_it_ends(tenant: &Tenant, exception: &str) {
    wait::until("the end of the exception", EXPIRY_LIMIT, async || {
        let answer = tenant.organization.http.get(&format!("/exceptions/{exception}")).await;
        (answer.status == 404).then_some(())
    })
    .await;
}

async fn metric(tenant: &Tenant, series: &str) -> f64 {
    let text = tenant.server.ops().get("/metrics").await.expect(200).body;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{series} ")));
    line.unwrap_or_else(|| panic!("no {series}")).parse().unwrap()
}

#[tokio::test]
async fn a_user_taken_out_by_hand_comes_back_and_an_excluded_one_does_not() {
    let (tenant, user, group, team) = tenant().await;
    let http = &tenant.organization.http;
    let member = format!("/entities/{team}/members/{user}");
    let taken = http.delete(&member).await.expect(200).json();
    assert_eq!(
        (&taken["is_member"], &taken["sources"][0]["kind"]),
        (&json!(false), &json!("mapping"))
    );
    assert!(!is_member(&tenant, &team, &user).await);
    let bob = tenant.scim().create_user("bob@example.com").await;
    tenant.scim().add_member(&group, &bob).await;
    assert!(
        is_member(&tenant, &team, &user).await,
        "the next write to the group brings it back"
    );

    let exclusion = json!({ "kind": "exclusion", "user_id": user, "entity_id": team, "reason": "left the project" });
    let exclusion = set(&tenant, &exclusion).await;
    tenant.scim().remove_member(&group, &user).await;
    tenant.scim().add_member(&group, &user).await;
    assert!(!is_member(&tenant, &team, &user).await, "an exclusion lasts");
    assert!(
        tenant.scim().members(&group).await.contains(&user),
        "SCIM is what the provider said"
    );
    assert_eq!(
        metric(&tenant, "rolecall_overrides_active{kind=\"exclusion\"}").await,
        1.0
    );
    let explained = http.get(&format!("/entities/{team}/explain")).await.expect(200).json();
    assert_eq!(explained["exclusions"]["items"][0]["user"]["id"], user, "{explained}");

    http.delete(&format!("/exceptions/{exclusion}")).await.expect(204);
    assert!(is_member(&tenant, &team, &user).await);
    assert_eq!(
        metric(&tenant, "rolecall_overrides_active{kind=\"exclusion\"}").await,
        0.0
    );
    let report = tenant.organization.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

#[tokio::test]
async fn what_was_given_by_hand_survives_the_provider() {
    let (tenant, user, group, team) = tenant().await;
    let given = json!({ "user_ids": [user] });
    let given = tenant
        .organization
        .http
        .post(&format!("/entities/{team}/members"), &given)
        .await
        .expect(200)
        .json();
    assert_eq!(given["members"], 1);
    tenant.scim().remove_member(&group, &user).await;
    assert!(is_member(&tenant, &team, &user).await);
    let taken = tenant
        .organization
        .http
        .delete(&format!("/entities/{team}/members/{user}"))
        .await
        .expect(200)
        .json();
    assert_eq!((&taken["is_member"], &taken["sources"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn a_pin_ends_by_itself_when_its_time_is_over() {
    let (tenant, user, _, _) = tenant().await;
    let role = async || {
        let shown = tenant
            .organization
            .http
            .get(&format!("/users/{user}"))
            .await
            .expect(200)
            .json();
        shown["role"].clone()
    };
    let pin =
        json!({ "kind": "pin", "user_id": user, "role": "admin", "reason": "on call", "expires_at": in_seconds(2) });
    let pin = set(&tenant, &pin).await;
    assert_eq!(role().await, "admin");
    wait_until_it_ends(&tenant, &pin).await;
    assert_eq!(role().await, "user");
    assert_eq!(metric(&tenant, "rolecall_override_expiries_total").await, 1.0);
}

#[tokio::test]
async fn what_falls_due_while_the_server_is_down_ends_when_it_is_back() {
    let (mut tenant, user, _, team) = tenant().await;
    let exclusion = json!({ "kind": "exclusion", "user_id": user, "entity_id": team, "reason": "a break",
        "expires_at": in_seconds(1) });
    let exclusion = set(&tenant, &exclusion).await;
    assert!(!is_member(&tenant, &team, &user).await);
    tenant.server.kill();
    tenant.server.start_again().await;
    wait_until_it_ends(&tenant, &exclusion).await;
    assert!(is_member(&tenant, &team, &user).await);
    let report = tenant.organization.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}
