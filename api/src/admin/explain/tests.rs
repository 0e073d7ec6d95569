//! The sentences of explanations, through the router.

use serde_json::{Value, json};

use crate::test_server::TestServer;

/// An organization with a connection.
struct Story {
    server: TestServer,
    ours: String,
    admin: String,
    scim: String,
    scim_token: String,
}

impl Story {
    async fn begin() -> Self {
        let server = TestServer::start().await;
        let (ours, admin) = server.organization("ours").await;
        let post = async |path: &str, body: Value| {
            let path = format!("{ours}{path}");
            server.json("POST", &path, &admin, body).await.expect(201)
        };
        let connection = post("/connections", json!({"name": "Okta", "provider": "okta"})).await;
        let connection = text(&connection, "id");
        let scim_token = post(&format!("/connections/{connection}/tokens"), json!({})).await;
        let scim_token = text(&scim_token, "token");
        Self {
            server,
            ours,
            admin,
            scim: format!("/scim/v2/{connection}"),
            scim_token,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Value, status: u16) -> Value {
        let path = format!("{}{path}", self.ours);
        self.server.json(method, &path, &self.admin, body).await.expect(status)
    }

    /// A rule for the groups that begin with its name.
    async fn add_rule(&self, prefix: &str, target: Value) -> Value {
        let rule = json!({"name": prefix, "match": {"kind": "prefix", "pattern": prefix}, "targets": [target],
            "auto_approve": true});
        self.ask("POST", "/rules", rule, 201).await
    }

    async fn push(&self, method: &str, resource: &str, body: Value) -> Value {
        let path = format!("{}/{resource}", self.scim);
        let answer = self.server.json(method, &path, &self.scim_token, body).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.body
    }

    async fn user(&self, name: &str) -> String {
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name});
        text(&self.push("POST", "Users", user).await, "id")
    }

    async fn group(&self, name: &str, members: &[&String]) -> String {
        let members: Vec<Value> = members.iter().map(|member| json!({"value": member})).collect();
        let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name,
            "members": members});
        text(&self.push("POST", "Groups", group).await, "id")
    }

    async fn add_members(&self, group: &str, members: &[&String]) {
        let members: Vec<Value> = members.iter().map(|member| json!({"value": member})).collect();
        let add = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": members}]});
        self.push("PATCH", &format!("Groups/{group}"), add).await;
    }

    async fn explained(&self, what: &str, id: &str) -> Value {
        self.ask("GET", &format!("/{what}/{id}/explain"), Value::Null, 200)
            .await
    }

    /// A group that its rule mapped while it was empty, and that grew beyond the ceiling of two members then; and the last of its
    /// four members.
    async fn outgrown(&self) -> (String, String) {
        let ceiling = json!({"auto_approve_ceiling": {"max_members": 2}});
        self.ask("PATCH", "/settings", ceiling, 200).await;
        self.add_rule("t-", json!({"type": "team", "name": "${rest}"})).await;
        let mut users = Vec::new();
        for name in ["ana", "ben", "cleo", "dora"] {
            users.push(self.user(name).await);
        }
        let group = self.group("t-grow", &[]).await;
        self.add_members(&group, &users.iter().collect::<Vec<_>>()).await;
        (group, users.remove(3))
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("no {member} in {value}"))
        .to_owned()
}

#[track_caller]
fn says(value: &Value, words: &str) {
    assert!(text(value, "text").contains(words), "`{words}` is not in {value:#}");
}

#[tokio::test]
async fn a_user_of_a_group_that_grew_waits_for_an_approval_and_for_nobody_who_would_have_paused() {
    let story = Story::begin().await;
    let (_, dora) = story.outgrown().await;
    let explained = story.explained("users", &dora).await;
    let waits = &explained["why_not"]["items"][0];
    assert_eq!(waits["why"], "limited");
    says(
        waits,
        "because the group has more than 2 members, and a rule may approve no more",
    );
    says(
        waits,
        &format!("until somebody approves mapping {}: ", text(waits, "mapping_id")),
    );
    let blocked = waits["chain"].as_array().unwrap().last().unwrap();
    assert_eq!(blocked["kind"], "blocked");
    let position = &blocked["entry"]["position"];
    let grew = format!("the group had more members than a rule may approve (entry {position})");
    assert_eq!(blocked["text"], grew);

    let raised = json!({"auto_approve_ceiling": {"max_members": 20}});
    story.ask("PATCH", "/settings", raised, 200).await;
    let explained = story.explained("users", &dora).await;
    says(
        &explained["why_not"]["items"][0],
        "because the group had more members than a rule may approve when they last changed, until they change again",
    );
}

#[tokio::test]
async fn a_group_that_grew_and_its_entity_tell_who_waits_and_which_mapping_to_approve() {
    let story = Story::begin().await;
    let (group, _) = story.outgrown().await;
    let explained = story.explained("groups", &group).await;
    let mapping = &explained["mappings"]["items"][0];
    assert_eq!(
        (&mapping["why_not"], &mapping["held_members"]),
        (&json!("limited"), &json!(0))
    );
    let id = text(&mapping["mapping"], "id");
    says(
        mapping,
        "are put into team `grow`, but 4 members wait because the group has more than 2 members",
    );
    says(mapping, &format!("until somebody approves mapping {id}: "));
    let entity = text(&mapping["mapping"]["entity"], "id");
    let explained = story.explained("entities", &entity).await;
    assert_eq!(&explained["mappings"]["items"][0], mapping);
}
