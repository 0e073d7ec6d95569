//! Users whom more entities claim than can hold: what an administrator sees and decides, over HTTP.

use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

/// A tenant whose groups `cg-*` are concurrency groups, `team-*` teams and `org-*` sub-organizations.
async fn tenant() -> Tenant {
    let tenant = Tenant::start("okta").await;
    for (prefix, entity_type) in [
        ("cg-", "concurrency_group"),
        ("team-", "team"),
        ("org-", "sub_organization"),
    ] {
        let rule = json!({
            "name": prefix, "match": { "kind": "prefix", "pattern": prefix }, "targets": [{ "type": entity_type, "name": "${rest}" }],
            "auto_approve": true,
        });
        tenant.organization.add_rule(rule).await;
    }
    tenant
}

async fn entities(tenant: &Tenant, user: &str) -> Vec<String> {
    let user = tenant
        .organization
        .http
        .get(&format!("/users/{user}"))
        .await
        .expect(200)
        .json();
    let entities = user["entities"].as_array().unwrap().iter();
    let mut names: Vec<String> = entities
        .map(|entity| entity["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

async fn conflicts(tenant: &Tenant, query: &str) -> Vec<Value> {
    tenant.organization.list(&format!("/conflicts{query}")).await
}

async fn resolve(tenant: &Tenant, conflict: &Value, body: Value) -> Value {
    let id = conflict["id"].as_str().unwrap();
    let answer = tenant
        .organization
        .http
        .post(&format!("/conflicts/{id}/resolve"), &body)
        .await;
    answer.expect(200).json()
}

#[tokio::test]
async fn conflicts_are_listed_resolved_for_everyone_and_teams_return_when_a_sub_organization_goes() {
    let tenant = tenant().await;
    let (organization, scim) = (&tenant.organization.http, tenant.scim());
    let ana = scim.create_user("ana@example.com").await;
    let ben = scim.create_user("ben@example.com").await;
    let fast = scim.create_group("cg-fast", &[&ana]).await;
    let slow = scim.create_group("cg-slow", &[&ana]).await;

    let open = conflicts(&tenant, "").await;
    let [conflict] = open.as_slice() else {
        panic!("one conflict: {open:?}")
    };
    assert_eq!(conflict["kind"], "exclusive_group");
    assert_eq!(conflict["user"]["id"], ana);
    assert_eq!(conflict["current"]["entity"]["name"], "fast");
    assert_eq!(
        conflict["current"]["groups"],
        json!([{ "id": fast, "display_name": "cg-fast" }])
    );
    assert_eq!(conflict["incoming"][0]["entity"]["name"], "slow");
    assert_eq!(
        conflict["incoming"][0]["groups"],
        json!([{ "id": slow, "display_name": "cg-slow" }])
    );
    let id = conflict["id"].as_str().unwrap();
    let read = organization.get(&format!("/conflicts/{id}")).await.expect(200).json();
    assert_eq!(&read, conflict);

    let resolved = resolve(&tenant, conflict, json!({ "keep": "incoming", "for": "everyone" })).await;
    assert_eq!(resolved["closed_conflicts"], 1);
    assert_eq!(resolved["decision"]["chosen"]["name"], "slow");
    assert_eq!(entities(&tenant, &ana).await, ["slow"]);
    let gone = organization.get(&format!("/conflicts/{id}")).await.expect(404);
    assert!(gone.json()["detail"].as_str().unwrap().contains("closed by itself"));

    scim.add_member(&fast, &ben).await;
    scim.add_member(&slow, &ben).await;
    assert_eq!(
        entities(&tenant, &ben).await,
        ["slow"],
        "the second user with the same set follows"
    );
    assert!(conflicts(&tenant, "").await.is_empty());

    let berlin = json!({ "type": "sub_organization", "name": "berlin" });
    organization.post("/entities", &berlin).await.expect(201);
    scim.create_group("team-web", &[&ana]).await;
    let in_berlin = scim.create_group("org-berlin", &[&ana]).await;
    assert_eq!(entities(&tenant, &ana).await, ["slow", "web"]);
    let open = conflicts(&tenant, &format!("?user_id={ana}&kind=cross_type")).await;
    assert_eq!(open[0]["incoming"][0]["entity"]["name"], "berlin");
    resolve(&tenant, &open[0], json!({ "keep": "incoming" })).await;
    assert_eq!(entities(&tenant, &ana).await, ["berlin"]);
    scim.remove_member(&in_berlin, &ana).await;
    assert_eq!(entities(&tenant, &ana).await, ["slow", "web"], "its claims return");

    let decisions = tenant.organization.list("/conflicts/decisions").await;
    let words = |decision: &Value| (decision["kind"].clone(), decision["for"].clone());
    let expected = [("exclusive_group", "everyone"), ("cross_type", "user")];
    assert_eq!(
        decisions.iter().map(words).collect::<Vec<_>>(),
        expected.map(|(kind, whom)| (json!(kind), json!(whom)))
    );
    organization
        .delete(&format!("/conflicts/decisions/{id}"))
        .await
        .expect(204);
    let open = conflicts(&tenant, "").await;
    assert_eq!(open.len(), 2, "a conflict opens again for both");
    assert!(
        open.iter()
            .all(|conflict| conflict["current"]["entity"]["name"] == "slow")
    );
    organization
        .delete(&format!("/conflicts/decisions/{id}"))
        .await
        .expect(404);
    assert_eq!(tenant.organization.verify().await["outcome"], "equal");
}

#[tokio::test]
async fn open_conflicts_come_in_pages_and_metrics_count_them_by_slot() {
    let tenant = tenant().await;
    let users = tenant.scim().create_users("user", 5).await;
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    for group in ["cg-fast", "cg-slow", "team-web"] {
        tenant.scim().create_group(group, &members).await;
    }
    let berlin = json!({ "type": "sub_organization", "name": "berlin" });
    tenant.organization.http.post("/entities", &berlin).await.expect(201);
    tenant.scim().create_group("org-berlin", &members[..2]).await;

    let all = conflicts(&tenant, "").await;
    let paged = conflicts(&tenant, "?limit=3").await;
    assert_eq!((all.len(), &paged), (7, &all));
    assert_eq!(conflicts(&tenant, "?limit=1&kind=cross_type").await.len(), 2);
    assert_eq!(
        conflicts(&tenant, &format!("?limit=1&user_id={}", users[0]))
            .await
            .len(),
        2
    );
    assert_eq!(
        conflicts(&tenant, &format!("?user_id={}&kind=cross_type", users[4]))
            .await
            .len(),
        0
    );
    let metrics = tenant.server.ops().get("/metrics").await.expect(200).body;
    for (slot, count) in [
        ("cross_type", 2),
        ("exclusive_group", 5),
        ("exclusive_sub_organization", 0),
    ] {
        let series = format!("rolecall_conflicts_open{{slot=\"{slot}\"}} {count}\n");
        assert!(metrics.contains(&series), "{series} is not in {metrics}");
    }
}

#[tokio::test]
async fn what_cannot_be_resolved_is_refused_with_what_to_do() {
    let tenant = tenant().await;
    let ana = tenant.scim().create_user("ana@example.com").await;
    for group in ["cg-fast", "cg-slow", "cg-calm"] {
        tenant.scim().create_group(group, &[&ana]).await;
    }
    let open = conflicts(&tenant, "").await;
    let path = format!("/conflicts/{}/resolve", open[0]["id"].as_str().unwrap());
    let (current, incoming) = (
        &open[0]["current"]["entity"]["id"],
        &open[0]["incoming"][0]["entity"]["id"],
    );
    let head = tenant.organization.head_after(0).await;
    for (body, status, code) in [
        (json!({}), 400, "json"),
        (json!({ "keep": "both" }), 400, "json"),
        (json!({ "keep": "incoming" }), 409, "incoming_unnamed"),
        (json!({ "keep": "incoming", "entity_id": current }), 409, "not_incoming"),
        (json!({ "keep": "current", "entity_id": incoming }), 400, "value"),
    ] {
        let problem = tenant.organization.http.post(&path, &body).await.expect(status).json();
        assert_eq!(problem["type"], format!("urn:rolecall:problem:{code}"), "{problem}");
    }
    for query in ["?kind=team", "?after=x", "?limit=0", "?user_id=ana"] {
        tenant
            .organization
            .http
            .get(&format!("/conflicts{query}"))
            .await
            .expect(400);
    }
    let viewer = json!({ "name": "viewer", "role": "viewer" });
    let viewer = tenant
        .organization
        .http
        .post("/tokens", &viewer)
        .await
        .expect(201)
        .text("token");
    let viewer = tenant.organization.http.with_token(&viewer);
    viewer.get("/conflicts").await.expect(200);
    viewer.post(&path, &json!({ "keep": "current" })).await.expect(403);
    let entries = tenant.organization.events_after(head).await;
    assert!(entries.is_empty(), "nothing has changed: {entries:?}");
}
