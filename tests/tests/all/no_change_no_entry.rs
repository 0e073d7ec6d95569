//! The same name, the same member, the same value again: a success that leaves no trace.

use rolecall_tests::rule;
use rolecall_tests::scim::{self, GROUP, Scim};
use rolecall_tests::tenant::Tenant;
use serde_json::json;

struct Story {
    tenant: Tenant,
    ana: String,
    group: String,
}

impl Story {
    /// Ana is in Engineering.
    async fn begin() -> Story {
        let tenant = Tenant::start("okta").await;
        let ana = tenant.scim().create_user("ana@example.com").await;
        let group = tenant.scim().create_group("Engineering", &[&ana]).await;
        Story { tenant, ana, group }
    }

    fn scim(&self) -> &Scim {
        self.tenant.scim()
    }

    /// The version of the group, the version of the user and the position of the log.
    async fn trace(&self) -> (String, String, u64) {
        let group = self
            .scim()
            .http
            .get(&format!("/Groups/{}", self.group))
            .await
            .expect(200)
            .json();
        let user = self
            .scim()
            .http
            .get(&format!("/Users/{}", self.ana))
            .await
            .expect(200)
            .json();
        (
            group["meta"].to_string(),
            user["meta"].to_string(),
            self.tenant.organization.head_after(0).await,
        )
    }
}

#[tokio::test]
async fn repeated_changes_of_a_group_succeed_and_leave_no_trace() {
    let story = Story::begin().await;
    let before = story.trace().await;
    let path = format!("/Groups/{}", story.group);

    story.scim().rename_group(&story.group, "Engineering").await;
    story.scim().add_member(&story.group, &story.ana).await;
    story
        .scim()
        .remove_member(&story.group, "01890a5d-0000-7000-8000-000000000000")
        .await;
    let same = json!([{ "op": "replace", "path": "members", "value": [{ "value": story.ana }] }]);
    story.scim().patch_group(&story.group, same).await.expect_success();
    let pathless = json!([{ "op": "replace", "value": { "id": story.group, "displayName": "Engineering" } }]);
    story.scim().patch_group(&story.group, pathless).await.expect_success();
    story
        .scim()
        .http
        .put(&path, &scim::group("Engineering", &[&story.ana]))
        .await
        .expect(200);
    let echo = story.scim().http.get(&path).await.expect(200).json();
    story.scim().http.put(&path, &echo).await.expect(200);
    // RFC 7644 3.5.1 lets a server keep what a PUT leaves out; a missing `members` is not an empty one.
    let without_members = json!({ "schemas": [GROUP], "displayName": "Engineering" });
    story.scim().http.put(&path, &without_members).await.expect(200);

    assert_eq!(story.trace().await, before);
}

#[tokio::test]
async fn adding_and_removing_a_member_in_one_request_that_ends_where_it_began_leaves_no_trace() {
    let story = Story::begin().await;
    let before = story.trace().await;
    let there_and_back = json!([
        { "op": "remove", "path": format!("members[value eq \"{}\"]", story.ana) },
        { "op": "add", "path": "members", "value": [{ "value": story.ana }] },
    ]);
    story
        .scim()
        .patch_group(&story.group, there_and_back)
        .await
        .expect_success();
    assert_eq!(story.trace().await, before);
}

#[tokio::test]
async fn repeated_changes_of_a_user_succeed_and_leave_no_trace() {
    let story = Story::begin().await;
    let before = story.trace().await;
    let path = format!("/Users/{}", story.ana);

    story.scim().set_active(&story.ana, true).await;
    let textual = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
    story.scim().patch_user(&story.ana, textual).await.expect(200);
    let echo = story.scim().http.get(&path).await.expect(200).json();
    story.scim().http.put(&path, &echo).await.expect(200);
    let same = json!([{ "op": "replace", "path": "userName", "value": "ana@example.com" }]);
    story.scim().patch_user(&story.ana, same).await.expect(200);

    assert_eq!(story.trace().await, before);
}

#[tokio::test]
async fn repeated_changes_by_an_administrator_succeed_and_leave_no_trace() {
    let story = Story::begin().await;
    let http = &story.tenant.organization.http;
    let rule = rule::admins_administrate();
    let saved = story.tenant.organization.add_rule(rule.clone()).await;
    let settings = http.get("/settings").await.expect(200).json();
    let before = story.trace().await;

    http.put(&format!("/rules/{}", saved["id"].as_str().unwrap()), &rule)
        .await
        .expect(200);
    http.patch("/settings", &settings).await.expect(200);

    assert_eq!(story.trace().await, before);
}

#[tokio::test]
async fn a_refused_request_leaves_no_trace() {
    let story = Story::begin().await;
    let before = story.trace().await;
    // RFC 7644 3.5.2: a PATCH is atomic, so its first operation must not outlive its second.
    let half_good = json!([
        { "op": "replace", "path": "displayName", "value": "Halfway" },
        { "op": "replace", "path": "displayName", "value": { "not": "a text" } },
    ]);
    story.scim().patch_group(&story.group, half_good).await.expect(400);
    story
        .scim()
        .http
        .post("/Users", &scim::user("ANA@example.com"))
        .await
        .expect(409);
    assert_eq!(story.trace().await, before);
}
