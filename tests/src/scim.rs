//! SCIM requests as a plain identity provider sends them; the recorded ones are played by [`crate::player`].

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http::{Answer, Http};

/// The schema of a PATCH body.
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// The schema of a Bulk.
pub const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The schema of a user.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// One connection's SCIM service, with one token.
#[derive(Clone, Debug)]
pub struct Scim {
    /// The service, for requests that have no method here.
    pub http: Http,
}

impl Scim {
    /// Creates a user whose name is an e-mail address, and returns the id.
    pub async fn create_user(&self, user_name: &str) -> String {
        self.http.post("/Users", &user(user_name)).await.expect(201).text("id")
    }

    /// Creates a group with these user ids as members, and returns the id.
    pub async fn create_group(&self, display_name: &str, members: &[&str]) -> String {
        self.http
            .post("/Groups", &group(display_name, members))
            .await
            .expect(201)
            .text("id")
    }

    /// Does many operations with one request (RFC 7644 3.7).
    pub async fn bulk(&self, operations: Value) -> Answer {
        let body = json!({ "schemas": [BULK_REQUEST], "Operations": operations });
        self.http.post("/Bulk", &body).await
    }

    /// Creates users called `<prefix>-<number>@example.com`, many with each request and a few requests at once, and returns
    /// their ids.
    pub async fn create_users(&self, prefix: &str, count: usize) -> Vec<String> {
        let creates: Vec<Value> = (0..count)
            .map(|number| format!("{prefix}-{number}@example.com"))
            .map(|name| json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": user(&name) }))
            .collect();
        let mut ids = Vec::with_capacity(count);
        // All of them at once would each take as long as all together, and a Bulk has only so much time.
        for at_once in creates.chunks(4 * 250) {
            let requests = at_once.chunks(250).map(|creates| {
                let (scim, creates) = (self.clone(), json!(creates));
                tokio::spawn(async move { scim.bulk(creates).await.expect(200) })
            });
            for request in requests.collect::<Vec<_>>() {
                let answer = request.await.expect("all users are created");
                ids.extend(results(&answer).iter().map(id_of));
            }
        }
        ids
    }

    /// The ids of the members of a group.
    pub async fn members(&self, group: &str) -> BTreeSet<String> {
        let group = self.http.get(&format!("/Groups/{group}")).await.expect(200).json();
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let ids = members
            .iter()
            .map(|member| member["value"].as_str().expect("a member has a value").to_owned());
        ids.collect()
    }

    /// Sends PATCH operations to a group.
    pub async fn patch_group(&self, id: &str, operations: Value) -> Answer {
        self.http.patch(&format!("/Groups/{id}"), &patch(operations)).await
    }

    /// Sends PATCH operations to a user.
    pub async fn patch_user(&self, id: &str, operations: Value) -> Answer {
        self.http.patch(&format!("/Users/{id}"), &patch(operations)).await
    }

    /// Adds one member.
    pub async fn add_member(&self, group: &str, user: &str) {
        self.patch_group(group, add_member(user)).await.expect_success();
    }

    /// Removes one member.
    pub async fn remove_member(&self, group: &str, user: &str) {
        self.patch_group(group, remove_member(user)).await.expect_success();
    }

    /// Gives a group another name.
    pub async fn rename_group(&self, group: &str, display_name: &str) {
        self.patch_group(group, rename(display_name)).await.expect_success();
    }

    /// Deletes a group.
    pub async fn delete_group(&self, group: &str) {
        self.http.delete(&format!("/Groups/{group}")).await.expect(204);
    }

    /// Sets `active` of a user.
    pub async fn set_active(&self, user: &str, active: bool) {
        let operations = json!([{ "op": "replace", "path": "active", "value": active }]);
        self.patch_user(user, operations).await.expect(200);
    }
}

/// The body that creates a user.
pub fn user(user_name: &str) -> Value {
    let emails = json!([{ "value": user_name, "type": "work", "primary": true }]);
    json!({ "schemas": [USER], "userName": user_name, "active": true, "emails": emails })
}

/// The body that creates a group.
pub fn group(display_name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": [GROUP], "displayName": display_name, "members": members })
}

/// What became of the operations of a Bulk.
pub fn results(answer: &Answer) -> Vec<Value> {
    let results = answer.json()["Operations"].as_array().cloned();
    results.unwrap_or_else(|| panic!("answer to {} has no `Operations`: {}", answer.request, answer.body))
}

/// The statuses of the operations of a Bulk.
pub fn statuses(answer: &Answer) -> Vec<String> {
    let statuses = results(answer).into_iter().map(|result| match &result["status"] {
        Value::String(status) => status.clone(),
        _ => panic!("a status is a text: {result}"),
    });
    statuses.collect()
}

/// The id of the resource of one operation of a Bulk.
pub fn id_of(result: &Value) -> String {
    let location = result["location"]
        .as_str()
        .and_then(|location| location.rsplit('/').next());
    location.unwrap_or_else(|| panic!("no location in {result}")).to_owned()
}

/// A PATCH body.
pub fn patch(operations: Value) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

/// The operations that add one member.
pub fn add_member(user: &str) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }])
}

/// The operations that remove one member.
pub fn remove_member(user: &str) -> Value {
    json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }])
}

/// The operations that rename a group.
pub fn rename(display_name: &str) -> Value {
    json!([{ "op": "replace", "path": "displayName", "value": display_name }])
}
