//! A connection that pushes users only: there are no groups, and new users are in its default entity.

use rolecall_tests::http::Answer;
use rolecall_tests::rule;
use rolecall_tests::scim::{self, Scim};
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

struct Example {
    tenant: Tenant,
    team: String,
}

impl Example {
    /// An organization with a users-only connection whose new users join the team `Newcomers`.
    async fn new() -> Example {
        let tenant = Tenant::start("flosum").await;
        let team = tenant.organization.add_team("Newcomers").await;
        let example = Example { tenant, team };
        let settings = json!({ "users_only": true, "default_entity": example.team });
        example.set(&settings).await;
        example
    }

    async fn set(&self, settings: &Value) {
        let Tenant {
            organization,
            connection,
            ..
        } = &self.tenant;
        organization.set_up(&connection.id, settings).await;
    }

    fn scim(&self) -> &Scim {
        self.tenant.scim()
    }

    /// A connection beside it that pushes groups, too.
    async fn another(&self) -> Scim {
        let Tenant {
            server, organization, ..
        } = &self.tenant;
        organization.connect(&server.public(), "okta").await.scim
    }

    /// Name and reason of each entity that a user is in.
    async fn placed(&self, user_name: &str) -> Vec<(String, String)> {
        let user = self.tenant.organization.user(user_name).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entities = user["entities"].as_array().cloned().unwrap_or_default();
        let show = |entity: &Value| (text(&entity["name"]), text(&entity["sources"][0]["kind"]));
        entities.iter().map(show).collect()
    }
}

fn newcomer() -> Vec<(String, String)> {
    vec![("Newcomers".to_owned(), "connection_default".to_owned())]
}

#[track_caller]
fn says_users_only(answer: Answer) {
    let answer = answer.expect(404);
    assert_eq!(answer.media_type(), "application/scim+json", "{}", answer.request);
    let body = answer.json();
    assert!(body["detail"].as_str().unwrap().contains("takes users only"), "{body}");
}

#[tokio::test]
async fn new_users_are_in_the_default_entity_and_the_record_says_why() {
    let example = Example::new().await;
    let ana = example.scim().create_user("ana@example.com").await;
    assert_eq!(example.placed("ana@example.com").await, newcomer());
    let members = example
        .tenant
        .organization
        .list(&format!("/entities/{}/members", example.team))
        .await;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0]["user"]["id"], json!(ana));
    assert_eq!(members[0]["sources"][0]["kind"], "connection_default");
    let events = example.tenant.organization.events_after(0).await;
    let entry = events.last().unwrap();
    let assigned = json!({ "kind": "user_default_entity_assigned", "user_id": ana, "entity_id": example.team });
    assert_eq!(entry["facts"][1], assigned);
    let consequences = entry["consequences"].as_array().unwrap();
    let placed = consequences
        .iter()
        .find(|consequence| consequence["kind"] == "members_placed");
    assert_eq!(placed.unwrap()["because"]["fact"], 1);

    example.scim().set_active(&ana, false).await;
    assert_eq!(example.placed("ana@example.com").await, []);
    example.scim().set_active(&ana, true).await;
    assert_eq!(example.placed("ana@example.com").await, newcomer());
}

#[tokio::test]
async fn groups_are_not_offered_to_read_or_to_write() {
    let example = Example::new().await;
    let scim = example.scim();
    let ana = scim.create_user("ana@example.com").await;
    // Another connection of the organization has groups all the same.
    let okta = example.another().await;
    let group = okta.create_group("Engineering", &[&ana]).await;
    let path = format!("/Groups/{group}");
    let http = &scim.http;
    says_users_only(http.get("/Groups").await);
    says_users_only(http.get(&path).await);
    says_users_only(http.get("/Groups/no-id").await);
    says_users_only(http.post("/Groups", &scim::group("Sales", &[])).await);
    says_users_only(http.post("/Groups/.search", &json!({})).await);
    says_users_only(http.put(&path, &scim::group("Sales", &[])).await);
    says_users_only(scim.patch_group(&group, scim::rename("Sales")).await);
    says_users_only(http.delete(&path).await);
    for (list, unwanted) in [("/ResourceTypes", "Group"), ("/Schemas", ":Group")] {
        let listed = http.get(list).await.expect(200).json();
        let ids = listed["Resources"].as_array().unwrap().iter();
        let ids: Vec<&str> = ids.filter_map(|resource| resource["id"].as_str()).collect();
        assert!(
            !ids.is_empty() && !ids.iter().any(|id| id.ends_with(unwanted)),
            "{ids:?}"
        );
    }
    let operation = json!({ "method": "DELETE", "path": path });
    let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [operation] });
    let bulk = http.post("/Bulk", &bulk).await.expect(200).json();
    assert_eq!(bulk["Operations"][0]["status"], "404", "{bulk}");
    let everything = http.get("/").await.expect(200).json();
    assert_eq!(everything["totalResults"], 1, "the user alone: {everything}");
    http.get("/ResourceTypes/Group").await.expect(404);
    http.get(&format!("/Schemas/{}", scim::GROUP)).await.expect(404);
    okta.http.get(&path).await.expect(200);
    example.set(&json!({ "users_only": false })).await;
    http.get(&path).await.expect(200);
}

#[tokio::test]
async fn another_default_is_for_new_users_and_an_entity_is_deleted_only_when_it_is_none() {
    let example = Example::new().await;
    let scim = example.scim();
    scim.create_user("ana@example.com").await;
    example.set(&json!({ "default_entity": null })).await;
    scim.create_user("ben@example.com").await;
    assert_eq!(example.placed("ana@example.com").await, newcomer());
    assert_eq!(example.placed("ben@example.com").await, []);

    example.set(&json!({ "default_entity": example.team })).await;
    let path = format!("/entities/{}", example.team);
    let refused = example.tenant.organization.http.delete(&path).await.expect(409);
    assert_eq!(
        refused.text("type"),
        "urn:rolecall:problem:entity_is_connection_default"
    );
    assert!(
        refused.text("detail").contains(&example.tenant.connection.id),
        "{refused:?}"
    );
    assert_eq!(example.placed("ana@example.com").await, newcomer());
    example.set(&json!({ "default_entity": null })).await;
    example.tenant.organization.http.delete(&path).await.expect(204);
    assert_eq!(example.placed("ana@example.com").await, []);
    assert_eq!(example.tenant.organization.verify().await["outcome"], "equal");
}

#[tokio::test]
async fn a_group_of_another_connection_counts_more_where_a_user_can_be_in_one_only() {
    let example = Example::new().await;
    let pool = json!({ "type": "concurrency_group", "name": "Shared" });
    let entities = &example.tenant.organization.http;
    let pool = entities.post("/entities", &pool).await.expect(201).text("id");
    example.set(&json!({ "default_entity": pool })).await;
    let ana = example.scim().create_user("ana@example.com").await;
    let place = |name: &str, kind: &str| vec![(name.to_owned(), kind.to_owned())];
    assert_eq!(
        example.placed("ana@example.com").await,
        place("Shared", "connection_default")
    );
    let okta = example.another().await;
    let mut rule = rule::every_group_is_a_team();
    rule["targets"] = json!([{ "type": "concurrency_group" }]);
    example.tenant.organization.add_rule(rule).await;
    let group = okta.create_group("Fast", &[&ana]).await;
    assert_eq!(example.placed("ana@example.com").await, place("Fast", "mapping"));
    okta.delete_group(&group).await;
    assert_eq!(
        example.placed("ana@example.com").await,
        place("Shared", "connection_default")
    );
}
