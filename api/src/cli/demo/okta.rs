//! Okta, as its catalogue apps push: full members at first, then small PATCHes that repeat the name of the group.
//! Rules choose, an administrator approves, and one user ends up with two claims on one place.

use serde_json::{Value, json};

use super::customer::{Customer, members};
use crate::cli::client::ClientError;

/// Plays the onboarding.
pub(super) async fn play(customer: &Customer) -> Result<(), ClientError> {
    add_rules(customer).await?;
    let ana = customer.push_user(&user("ana@example.com", "00u1")).await?;
    let ben = customer.push_user(&user("ben@example.com", "00u2")).await?;
    let cleo = customer.push_user(&user("cleo@example.com", "00u3")).await?;
    let fast = push(customer, "ci-fast", &[&ana, &ben]).await?;
    push(customer, "ci-nightly", &[&cleo]).await?;
    push(customer, "Search-admins", &[&ana]).await?;
    push(customer, "Coffee", &[&ben, &cleo]).await?;
    customer.approve_all().await?;
    let both = json!([{"op": "replace", "value": {"id": fast, "displayName": "ci-fast"}},
        {"op": "add", "path": "members", "value": members(&[&cleo])}]);
    customer
        .patch_group(&fast, "adds cleo to `ci-fast`, repeating its name", both)
        .await?;
    let off = json!([{"op": "replace", "value": {"active": false}}]);
    customer.patch_user(&ben, "deactivates ben@example.com", off).await
}

async fn add_rules(customer: &Customer) -> Result<(), ClientError> {
    let admins = json!({"name": "admins of a team", "match": {"kind": "regex", "pattern": "^(?<team>.+)-admins$"},
        "targets": [{"type": "team", "name": "${team}"}], "role": "admin", "auto_approve": true, "priority": 10});
    let ci = json!({"name": "machines for a ci group", "match": {"kind": "prefix", "pattern": "ci-"},
        "targets": [{"type": "concurrency_group", "name": "Machines ${rest}"}]});
    customer.add_rule(&admins).await?;
    customer.add_rule(&ci).await
}

async fn push(customer: &Customer, name: &str, users: &[&String]) -> Result<String, ClientError> {
    let group = customer.push_group(name).await?;
    let all = json!([{"op": "replace", "path": "members", "value": members(users)}]);
    customer
        .patch_group(&group, &format!("sets the {} members of `{name}`", users.len()), all)
        .await?;
    Ok(group)
}

fn user(email: &str, external_id: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "emails": [{"primary": true, "value": email, "type": "work"}],
        "externalId": external_id,
        "groups": [],
        "active": true,
    })
}
