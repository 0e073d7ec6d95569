//! One customer: an organization, its connection, and the requests that an identity provider sends.

use serde_json::{Value, json};

use super::say;
use crate::cli::client::{Client, ClientError};

/// An organization with one connected identity provider.
pub(super) struct Customer {
    pub(super) name: &'static str,
    /// The admin API of the organization.
    admin: Client,
    path: String,
    /// The SCIM endpoint of the connection.
    scim: Client,
    scim_path: String,
}

impl Customer {
    /// Onboards a customer: an organization, an administrator's token, a connection, and a token for the provider.
    pub(super) async fn create(root: &Client, name: &'static str, provider: &str) -> Result<Self, ClientError> {
        let organization = root.post("/v1/organizations", &json!({"name": name})).await?;
        let path = format!("/v1/organizations/{}", text(&organization, "id"));
        let token = root
            .post(&format!("{path}/tokens"), &json!({"name": "demo", "role": "admin"}))
            .await?;
        let admin = root.with_token(&text(&token, "token"));
        let body = json!({"name": provider, "provider": provider});
        let connection = admin.post(&format!("{path}/connections"), &body).await?;
        let id = text(&connection, "id");
        let token = admin
            .post(&format!("{path}/connections/{id}/tokens"), &json!({}))
            .await?;
        say(&format!(
            "\n== {name} ==\nSCIM base URL {}",
            text(&connection, "scim_base_url")
        ));
        let scim = root.with_token(&text(&token, "token"));
        Ok(Self {
            name,
            admin,
            path,
            scim,
            scim_path: format!("/scim/v2/{id}"),
        })
    }

    /// All items of a list of the admin API; the demo stays within one page.
    pub(super) async fn list(&self, list: &str) -> Result<Vec<Value>, ClientError> {
        let page = self.admin.get(&format!("{}/{list}", self.path)).await?;
        Ok(array(&page, "items").to_vec())
    }

    /// Adds a rule, as an administrator does.
    pub(super) async fn add_rule(&self, rule: &Value) -> Result<(), ClientError> {
        self.admin.post(&format!("{}/rules", self.path), rule).await?;
        say(&format!("  administrator  adds the rule `{}`", text(rule, "name")));
        Ok(())
    }

    /// Approves all mappings that wait.
    pub(super) async fn approve_all(&self) -> Result<(), ClientError> {
        for mapping in self.list("mappings?status=pending").await? {
            let path = format!("{}/mappings/{}/approve", self.path, text(&mapping, "id"));
            let approved = self.admin.post(&path, &json!({})).await?;
            say(&format!(
                "  administrator  approves: group `{}` -> {} `{}`",
                text(&approved, "group/display_name"),
                text(&approved, "entity/type"),
                text(&approved, "entity/name")
            ));
        }
        Ok(())
    }

    /// Pushes a user, and answers its id.
    pub(super) async fn push_user(&self, user: &Value) -> Result<String, ClientError> {
        let created = self.scim.post(&format!("{}/Users", self.scim_path), user).await?;
        say(&format!("  provider       creates the user {}", text(user, "userName")));
        Ok(text(&created, "id"))
    }

    /// Pushes a group without members, and answers its id.
    pub(super) async fn push_group(&self, name: &str) -> Result<String, ClientError> {
        let body =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": []});
        let created = self.scim.post(&format!("{}/Groups", self.scim_path), &body).await?;
        say(&format!("  provider       creates the group `{name}`"));
        Ok(text(&created, "id"))
    }

    /// Sends one PATCH of a group.
    pub(super) async fn patch_group(&self, group: &str, what: &str, operations: Value) -> Result<(), ClientError> {
        self.patch("Groups", group, what, operations).await
    }

    /// Sends one PATCH of a user.
    pub(super) async fn patch_user(&self, user: &str, what: &str, operations: Value) -> Result<(), ClientError> {
        self.patch("Users", user, what, operations).await
    }

    async fn patch(&self, resource: &str, id: &str, what: &str, operations: Value) -> Result<(), ClientError> {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        self.scim
            .patch(&format!("{}/{resource}/{id}", self.scim_path), &body)
            .await?;
        say(&format!("  provider       {what}"));
        Ok(())
    }
}

/// The text of a field, or of a field of a field as in `entity/name`; empty when there is none.
pub(super) fn text(object: &Value, field: &str) -> String {
    object
        .pointer(&format!("/{field}"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The items of a field; none when it is no list.
pub(super) fn array<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object
        .get(field)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The value of `members` that names these users.
pub(super) fn members(users: &[&String]) -> Value {
    users.iter().map(|user| json!({"value": user})).collect()
}
