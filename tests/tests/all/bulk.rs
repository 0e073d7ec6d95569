//! Many operations with one request (RFC 7644 3.7), from the request to what outlives a crash. The answers to them are tested
//! beside the routes.

use rolecall_tests::rule;
use rolecall_tests::scim::{self, statuses};
use rolecall_tests::standing::Standing;
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

fn user(name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": scim::user(&format!("{name}@example.com")) })
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<String> = members.iter().map(|name| format!("bulkId:{name}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": scim::group(name, &members) })
}

#[tokio::test]
async fn a_directory_in_any_order_becomes_teams_and_roles_and_outlives_a_crash() {
    let mut tenant = Tenant::start("okta").await;
    tenant.organization.add_rule(rule::every_group_is_a_team()).await;
    tenant.organization.add_rule(rule::admins_administrate()).await;
    let answer = tenant
        .scim()
        .bulk(json!([
            group("Admins Search", &["ana"]),
            { "method": "PATCH", "path": "/Groups/bulkId:Quality",
                "data": scim::patch(json!([{ "op": "add", "path": "members", "value": [{ "value": "bulkId:ben" }] }])) },
            group("Quality", &["ana"]),
            user("ana"),
            user("ben"),
        ]))
        .await
        .expect(200);
    assert_eq!(answer.media_type(), "application/scim+json");
    assert_eq!(statuses(&answer), ["201", "200", "201", "201", "201"]);
    for _ in 0..2 {
        let standing = Standing::read(&tenant.organization).await;
        assert_eq!(
            standing.team("Quality"),
            Some(vec!["ana@example.com", "ben@example.com"])
        );
        assert_eq!(standing.team("Admins Search"), Some(vec!["ana@example.com"]));
        assert_eq!(
            (&*standing.roles["ana@example.com"], &*standing.roles["ben@example.com"]),
            ("admin", "user")
        );
        tenant.server.kill();
        tenant.server.start_again().await;
    }
    assert_eq!(tenant.organization.verify().await["outcome"], "equal");
}
