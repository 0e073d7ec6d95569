//! PingOne, as its provisioning guides describe it: users by e-mail address, groups with their users, renames.
//! Every group becomes a team by itself.

use serde_json::{Value, json};

use super::customer::{Customer, members};
use crate::cli::client::ClientError;

/// Plays the onboarding.
pub(super) async fn play(customer: &Customer) -> Result<(), ClientError> {
    let rule = json!({"name": "every group is a team", "match": {"kind": "all"}, "targets": [{"type": "team"}],
        "auto_approve": true});
    customer.add_rule(&rule).await?;
    let ana = customer.push_user(&user("ana@example.com", "Ana")).await?;
    let ben = customer.push_user(&user("ben@example.com", "Ben")).await?;
    let group = customer.push_group("Quality").await?;
    let add = json!([{"op": "add", "path": "members", "value": members(&[&ana, &ben])}]);
    customer
        .patch_group(&group, "adds ana and ben to `Quality`", add)
        .await?;
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Quality Assurance"}]);
    customer
        .patch_group(&group, "renames `Quality` to `Quality Assurance`", rename)
        .await?;
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{ben}\"]")}]);
    customer
        .patch_group(&group, "removes ben from `Quality Assurance`", remove)
        .await
}

fn user(email: &str, given_name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "name": {"givenName": given_name, "familyName": "Example"},
        "emails": [{"type": "work", "value": email, "primary": true}],
        "active": true,
    })
}
