//! The sentences of explanations, through the router.

use serde_json::{Value, json};

use crate::test_server::{ROOT, TestServer};

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

    /// Applies a plan: its id, and the entry that began it.
    async fn apply(&self, plan: &Value) -> (String, u64) {
        let id = text(plan, "id");
        let hash = json!({"hash": plan["hash"]});
        let applied = self.ask("POST", &format!("/plans/{id}/apply"), hash, 200).await;
        (id, applied["progress"]["first_position"].as_u64().unwrap())
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

/// The step of a kind in the first reason of the first entity of a user.
fn step<'a>(explained: &'a Value, kind: &str) -> &'a Value {
    let chain = &explained["entities"]["items"][0]["reasons"]["items"][0]["chain"];
    let mut steps = chain.as_array().unwrap().iter();
    steps
        .find(|step| step["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {chain:#}"))
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

#[tokio::test]
async fn what_a_snapshot_changed_leads_to_who_applied_its_plan() {
    let story = Story::begin().await;
    story.add_rule("t-", json!({"type": "team", "name": "${rest}"})).await;
    let user = story.user("ana").await;
    story.group("t-one", &[]).await;
    let snapshot = json!({"groups": [{"display_name": "t-one", "members": [{"user_name": "ana"}]}]});
    let plan = story.ask("POST", "/reconcile", snapshot, 201).await;
    let (plan, began) = story.apply(&plan).await;

    let explained = story.explained("users", &user).await;
    let joined = step(&explained, "member");
    let entry = &joined["entry"];
    assert_eq!(entry["actor"]["kind"], "system");
    assert_eq!(
        (&entry["plan"]["id"], &entry["plan"]["position"]),
        (&json!(plan), &json!(began))
    );
    let who = text(&entry["plan"]["actor"], "token_id");
    let position = &entry["position"];
    let sentence = format!(
        "the holder of token `tests` ({who}) applied plan {plan} (entry {began}), which made the user a member of group `t-one` (entry \
         {position})"
    );
    assert_eq!(joined["text"], sentence);
    assert_eq!(step(&explained, "approval")["entry"].get("plan"), None);
    assert_eq!(explained["role"]["since"].get("plan"), None);

    let history = format!("/users/{user}/history?of=entities");
    let history = story.ask("GET", &history, Value::Null, 200).await;
    let placed = history["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&placed["kind"], &placed["plan"]), (&json!("placed"), &entry["plan"]));
    let history = format!("/users/{user}/history?of=role");
    let history = story.ask("GET", &history, Value::Null, 200).await;
    assert_eq!(history["items"][0]["plan"], Value::Null, "its role came with the user");
}

#[tokio::test]
async fn what_a_plan_made_of_new_rules_leads_to_who_applied_it() {
    let story = Story::begin().await;
    let rule = story.add_rule("t-", json!({"type": "team", "name": "${rest}"})).await;
    let ana = story.user("ana").await;
    story.group("t-one", &[&ana]).await;
    let ben = story.user("ben").await;
    story.group("u-two", &[&ben]).await;
    let newer = json!({"name": "t-", "match": {"kind": "prefix", "pattern": "t-"}, "priority": 7, "auto_approve": true,
        "targets": [{"type": "team", "name": "${rest}"}]});
    story
        .ask("PUT", &format!("/rules/{}", text(&rule, "id")), newer, 200)
        .await;
    story.add_rule("u-", json!({"type": "team", "name": "${rest}"})).await;
    let plan = story.ask("POST", "/plans", json!({}), 201).await;
    let (plan, began) = story.apply(&plan).await;

    let of_plan = format!(" applied plan {plan} (entry {began}), ");
    let explained = story.explained("users", &ana).await;
    let refreshed = step(&explained, "refreshed");
    says(
        refreshed,
        &format!("{of_plan}which let it follow from this version (entry "),
    );
    let explained = story.explained("users", &ben).await;
    says(
        step(&explained, "mapping"),
        &format!("{of_plan}and the rule mapped group `u-two` to team `two` (entry "),
    );
}

#[tokio::test]
async fn a_sub_organization_that_was_created_since_is_not_said_to_be_missing() {
    let story = Story::begin().await;
    story
        .add_rule("s-", json!({"type": "sub_organization", "name": "${rest}"}))
        .await;
    let ana = story.user("ana").await;
    let group = story.group("s-X", &[&ana]).await;
    let why_not = async || story.explained("users", &ana).await["why_not"]["items"][0].clone();
    let missing = "because the mapping waits: there is no such sub-organization, and rules never create one: ";
    says(&why_not().await, missing);
    let sub_organization = json!({"type": "sub_organization", "name": "X"});
    story.ask("POST", "/entities", sub_organization, 201).await;

    let waits = why_not().await;
    assert_eq!(
        (&waits["why"], &waits["reason"]),
        (&json!("pending"), &json!("target_missing"))
    );
    let id = text(&waits, "mapping_id");
    let now = format!(
        "because the mapping waits: there was no such sub-organization when the rules ran; now there is one that is free: \
         approve mapping {id}, or apply a plan: "
    );
    says(&waits, &now);
    let explained = story.explained("groups", &group).await;
    says(&explained["mappings"]["items"][0], &now);
    let plan = story.ask("POST", "/plans", json!({}), 201).await;
    story.apply(&plan).await;
    let explained = story.explained("users", &ana).await;
    assert_eq!(explained["entities"]["items"][0]["entity"]["name"], "X");
}

#[tokio::test]
async fn a_mapping_that_waits_for_an_entity_of_another_group_names_what_is_in_its_way() {
    let story = Story::begin().await;
    story.add_rule("t-", json!({"type": "team", "name": "shared"})).await;
    let ana = story.user("ana").await;
    let owner = story.group("t-one", &[]).await;
    let group = story.group("t-two", &[&ana]).await;
    let owning = story.explained("groups", &owner).await["mappings"]["items"][0]["mapping"].clone();
    let owning_id = text(&owning, "id");
    let waits = format!(
        "because the mapping waits: the entity belongs to group `t-one` by mapping {owning_id}: reject that one first, or switch \
         `one_group_per_entity` off: "
    );
    let explained = story.explained("users", &ana).await;
    says(&explained["why_not"]["items"][0], &waits);
    let explained = story.explained("groups", &group).await;
    let mapping = &explained["mappings"]["items"][0];
    says(mapping, &waits);

    let entity = story.explained("entities", &text(&owning["entity"], "id")).await;
    assert_eq!(
        (&entity["waiting"]["items"][0], &entity["waiting"]["total"]),
        (mapping, &json!(1))
    );
    assert_eq!(entity["text"], "0 users in team `shared`; 1 mapping for it, 1 waiting.");
    let approve = format!("/mappings/{}/approve", text(&mapping["mapping"], "id"));
    let refused = story.ask("POST", &approve, json!({}), 409).await;
    assert_eq!(refused["type"], "urn:rolecall:problem:entity_owned");
    let detail = format!("the entity belongs to group {owner} by mapping {owning_id}; reject that mapping first");
    assert!(text(&refused, "detail").starts_with(&detail), "{refused}");
}

#[tokio::test]
async fn a_group_is_still_decided_by_the_rule_that_decided_it_until_that_changes() {
    let story = Story::begin().await;
    let rule = story.add_rule("t-", json!({"type": "team", "name": "${rest}"})).await;
    let group = story.group("t-one", &[]).await;
    let decision = story.explained("groups", &group).await["decision"].clone();
    let position = &decision["since_position"];
    let decided = format!("It was decided by rule `t-` in version 1 (entry {position})");
    assert_eq!(decision["text"], format!("{decided}, and still is."));
    let path = format!("/rules/{}", text(&rule, "id"));
    story.ask("DELETE", &path, Value::Null, 204).await;
    let explained = story.explained("groups", &group).await;
    says(&explained["decision"], "; now it would be by no rule.");
}

#[tokio::test]
async fn whoever_may_list_the_tokens_reads_their_names_until_they_are_revoked() {
    let story = Story::begin().await;
    story.add_rule("t-", json!({"type": "team", "name": "${rest}"})).await;
    let user = story.user("ana").await;
    story.group("t-one", &[&user]).await;
    let explain = format!("{}/users/{user}/explain", story.ours);
    let saved_rule = async |token: &str| {
        let explained = story.server.json("GET", &explain, token, Value::Null).await.expect(200);
        let saved = step(&explained, "rule");
        (text(saved, "text"), text(&saved["entry"]["actor"], "token_id"))
    };
    let (by_admin, id) = saved_rule(&story.admin).await;
    assert!(
        by_admin.starts_with(&format!("the holder of token `tests` ({id}) saved rule")),
        "{by_admin}"
    );
    let nameless = format!("the holder of token {id} saved rule");
    let viewer = story.server.token(&story.ours, "viewer").await;
    let (by_viewer, _) = saved_rule(&viewer).await;
    assert!(by_viewer.starts_with(&nameless), "{by_viewer}");
    let (by_root, _) = saved_rule(ROOT).await;
    assert_eq!(by_root, by_admin);
    story.ask("DELETE", &format!("/tokens/{id}"), Value::Null, 204).await;
    let (revoked, _) = saved_rule(ROOT).await;
    assert!(revoked.starts_with(&nameless), "{revoked}");
}
