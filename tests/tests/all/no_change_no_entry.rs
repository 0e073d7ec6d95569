//! The same name, the same member, the same value again: a success that leaves no trace.

use rolecall_tests::admin::Organization;
use rolecall_tests::rule;
use rolecall_tests::scim::{self, GROUP, Scim};
use rolecall_tests::server::Server;
use serde_json::json;

struct Acme {
    _server: Server,
    organization: Organization,
    scim: Scim,
    ana: String,
    group: String,
}

impl Acme {
    async fn new() -> Acme {
        let server = Server::start().await;
        let organization = server.organization("Acme").await;
        let scim = organization.connect(&server.public(), "okta").await.scim;
        let ana = scim.create_user("ana@example.com").await;
        let group = scim.create_group("Engineering", &[&ana]).await;
        Acme {
            _server: server,
            organization,
            scim,
            ana,
            group,
        }
    }

    /// The version of the group, the version of the user and the position of the log.
    async fn trace(&self) -> (String, String, u64) {
        let group = self
            .scim
            .http
            .get(&format!("/Groups/{}", self.group))
            .await
            .expect(200)
            .json();
        let user = self
            .scim
            .http
            .get(&format!("/Users/{}", self.ana))
            .await
            .expect(200)
            .json();
        (
            group["meta"].to_string(),
            user["meta"].to_string(),
            self.organization.head_after(0).await,
        )
    }
}

#[tokio::test]
async fn repeated_changes_of_a_group_succeed_and_leave_no_trace() {
    let acme = Acme::new().await;
    let before = acme.trace().await;
    let path = format!("/Groups/{}", acme.group);

    acme.scim.rename_group(&acme.group, "Engineering").await;
    acme.scim.add_member(&acme.group, &acme.ana).await;
    acme.scim
        .remove_member(&acme.group, "01890a5d-0000-7000-8000-000000000000")
        .await;
    let same = json!([{ "op": "replace", "path": "members", "value": [{ "value": acme.ana }] }]);
    acme.scim.patch_group(&acme.group, same).await.expect_success();
    let pathless = json!([{ "op": "replace", "value": { "id": acme.group, "displayName": "Engineering" } }]);
    acme.scim.patch_group(&acme.group, pathless).await.expect_success();
    acme.scim
        .http
        .put(&path, &scim::group("Engineering", &[&acme.ana]))
        .await
        .expect(200);
    let echo = acme.scim.http.get(&path).await.expect(200).json();
    acme.scim.http.put(&path, &echo).await.expect(200);
    // RFC 7644 3.5.1 lets a server keep what a PUT leaves out; a missing `members` is not an empty one.
    let without_members = json!({ "schemas": [GROUP], "displayName": "Engineering" });
    acme.scim.http.put(&path, &without_members).await.expect(200);

    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn adding_and_removing_a_member_in_one_request_that_ends_where_it_began_leaves_no_trace() {
    let acme = Acme::new().await;
    let before = acme.trace().await;
    let there_and_back = json!([
        { "op": "remove", "path": format!("members[value eq \"{}\"]", acme.ana) },
        { "op": "add", "path": "members", "value": [{ "value": acme.ana }] },
    ]);
    acme.scim
        .patch_group(&acme.group, there_and_back)
        .await
        .expect_success();
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn repeated_changes_of_a_user_succeed_and_leave_no_trace() {
    let acme = Acme::new().await;
    let before = acme.trace().await;
    let path = format!("/Users/{}", acme.ana);

    acme.scim.set_active(&acme.ana, true).await;
    let textual = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
    acme.scim.patch_user(&acme.ana, textual).await.expect(200);
    let echo = acme.scim.http.get(&path).await.expect(200).json();
    acme.scim.http.put(&path, &echo).await.expect(200);
    let same = json!([{ "op": "replace", "path": "userName", "value": "ana@example.com" }]);
    acme.scim.patch_user(&acme.ana, same).await.expect(200);

    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn repeated_changes_by_an_administrator_succeed_and_leave_no_trace() {
    let acme = Acme::new().await;
    let http = &acme.organization.http;
    let rule = rule::admins_administrate();
    let saved = acme.organization.add_rule(rule.clone()).await;
    let settings = http.get("/settings").await.expect(200).json();
    let before = acme.trace().await;

    http.put(&format!("/rules/{}", saved["id"].as_str().unwrap()), &rule)
        .await
        .expect(200);
    http.patch("/settings", &settings).await.expect(200);

    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_refused_request_leaves_no_trace() {
    let acme = Acme::new().await;
    let before = acme.trace().await;
    // RFC 7644 3.5.2: a PATCH is atomic, so its first operation must not outlive its second.
    let half_good = json!([
        { "op": "replace", "path": "displayName", "value": "Halfway" },
        { "op": "replace", "path": "displayName", "value": { "not": "a text" } },
    ]);
    acme.scim.patch_group(&acme.group, half_good).await.expect(400);
    acme.scim
        .http
        .post("/Users", &scim::user("ANA@example.com"))
        .await
        .expect(409);
    assert_eq!(acme.trace().await, before);
}
