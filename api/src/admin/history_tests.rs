//! The history of a user, and what else the admin API says of it, after pushes over SCIM.

use axum::body::Body;
use axum::http::header;
use serde_json::{Value, json};

use crate::test_server::{TestServer, request};

/// An organization with a connection, as the paths and tokens to use.
struct Pushed {
    server: TestServer,
    organization: String,
    admin: String,
    scim: String,
    scim_token: String,
}

impl Pushed {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let (organization, admin) = server.organization("ours").await;
        let body = json!({"name": "Okta", "provider": "okta"});
        let connection = server
            .json("POST", &format!("{organization}/connections"), &admin, body)
            .await
            .expect(201);
        let id = connection["id"].as_str().unwrap().to_owned();
        let tokens = format!("{organization}/connections/{id}/tokens");
        let token = server.json("POST", &tokens, &admin, Value::Null).await.expect(201);
        let scim_token = token["token"].as_str().unwrap().to_owned();
        Self {
            server,
            organization,
            admin,
            scim: format!("/scim/v2/{id}"),
            scim_token,
        }
    }

    async fn push(&self, method: &str, resource: &str, body: Value) -> Value {
        let request = request(method, &format!("{}/{resource}", self.scim), &self.scim_token)
            .header(header::CONTENT_TYPE, "application/scim+json");
        let answer = self
            .server
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.body
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("{}/{path}", self.organization);
        self.server
            .json("GET", &path, &self.admin, Value::Null)
            .await
            .expect(200)
    }

    async fn add_admins_rule(&self) -> Value {
        let rule = json!({"name": "admins", "match": {"kind": "prefix", "pattern": "admins-"}, "auto_approve": true,
            "targets": [{"type": "team", "name": "${rest}"}], "role": "admin"});
        self.server
            .json("POST", &format!("{}/rules", self.organization), &self.admin, rule)
            .await
            .expect(201)
    }

    /// A user, and its group `admins-search`.
    async fn push_admin(&self) -> (String, String) {
        let user = self
            .push("POST", "Users", json!({"userName": "ana@example.com", "active": true}))
            .await;
        let user = user["id"].as_str().unwrap().to_owned();
        let members = json!([{"value": user}]);
        let group = self
            .push(
                "POST",
                "Groups",
                json!({"displayName": "admins-search", "members": members}),
            )
            .await;
        (user, group["id"].as_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn a_history_shows_each_change_with_its_cause_its_rule_and_the_claims() {
    let pushed = Pushed::start().await;
    let rule = pushed.add_admins_rule().await;
    let (user, group) = pushed.push_admin().await;
    let off = json!({"Operations": [{"op": "remove", "path": format!("members[value eq \"{user}\"]")}]});
    pushed.push("PATCH", &format!("Groups/{group}"), off).await;

    let roles = pushed.get(&format!("users/{user}/history?of=role")).await;
    let steps: Vec<_> = roles["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (&c["from"], &c["to"], &c["cause"]))
        .collect();
    assert_eq!(
        steps,
        [
            (&Value::Null, &json!("user"), &json!("user_created")),
            (&json!("user"), &json!("admin"), &json!("member_added")),
            (&json!("admin"), &json!("user"), &json!("default_fallback")),
        ],
        "{roles:#}"
    );
    let raised = &roles["items"][1];
    assert_eq!(raised["before"], json!([]));
    assert_eq!(
        (&raised["after"][0]["rule_id"], &raised["after"][0]["kind"]),
        (&rule["id"], &json!("rule"))
    );
    assert_eq!(raised["actor"]["kind"], "connection");

    let entities = pushed.get(&format!("users/{user}/history?of=entities")).await;
    let kinds: Vec<_> = entities["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["kind"])
        .collect();
    assert_eq!(kinds, ["placed", "unplaced"], "{entities:#}");
    assert_eq!(entities["items"][0]["entity"]["name"], "search");
}

#[tokio::test]
async fn a_history_comes_in_pages_and_outlives_the_user() {
    let pushed = Pushed::start().await;
    pushed.add_admins_rule().await;
    let (user, _) = pushed.push_admin().await;
    let path = format!("{}/Users/{user}", pushed.scim);
    let deletion = request("DELETE", &path, &pushed.scim_token)
        .body(Body::empty())
        .unwrap();
    pushed.server.send(deletion).await.expect(204);

    let mut causes = Vec::new();
    let mut next = Some(String::new());
    while let Some(after) = next {
        let page = pushed
            .get(&format!("users/{user}/history?of=role&limit=1{after}"))
            .await;
        causes.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| change["cause"].clone()),
        );
        next = page["next"].as_str().map(|next| format!("&after={next}"));
    }
    assert_eq!(causes, ["user_created", "member_added", "user_deleted"]);
}

#[tokio::test]
async fn a_history_does_not_go_on_after_an_entry_that_the_record_does_not_have() {
    let pushed = Pushed::start().await;
    let (user, _) = pushed.push_admin().await;
    let head = pushed.get(&format!("users/{user}/explain")).await["position"]
        .as_u64()
        .unwrap();
    let after = async |after: u64| {
        let path = format!("{}/users/{user}/history?after={after}", pushed.organization);
        pushed.server.json("GET", &path, &pushed.admin, Value::Null).await
    };
    assert_eq!(after(head).await.expect(200)["items"], json!([]));
    for ahead in [head + 1, 1 << 63, u64::MAX] {
        let refused = after(ahead).await.expect(400);
        assert_eq!(refused["type"], "urn:rolecall:problem:position_ahead");
    }
}

#[tokio::test]
async fn users_groups_and_members_show_why_they_are_where_they_are() {
    let pushed = Pushed::start().await;
    let rule = pushed.add_admins_rule().await;
    let (user, group) = pushed.push_admin().await;

    let found = pushed.get("users?user_name=ANA@example.com").await;
    let found = &found["items"][0];
    assert_eq!(
        (&found["role"], &found["role_claims"][0]["rule_id"]),
        (&json!("admin"), &rule["id"])
    );
    assert_eq!(found["entities"][0]["sources"][0]["group_id"], group.as_str());
    for (filter, count) in [
        ("users?role=admin", 1),
        ("users?role=user", 0),
        ("users?active=true", 1),
        ("users?active=false", 0),
        ("users?user_name=ana@example.com&role=user", 0),
        ("groups?mapped=true", 1),
        ("groups?mapped=false", 0),
        ("groups?display_name=admins-search&mapped=false", 0),
        ("entities?empty=false", 1),
        ("entities?empty=true", 0),
    ] {
        let found = pushed.get(filter).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{filter}");
    }
    let path = format!("{}/users?role=owner", pushed.organization);
    let refused = pushed.server.json("GET", &path, &pushed.admin, Value::Null).await;
    let refused = refused.expect(400);
    assert!(
        refused["detail"].as_str().unwrap().contains("guest, user, admin"),
        "{refused}"
    );

    let groups = pushed.get("groups?display_name=admins-search").await;
    let mapping = &groups["items"][0]["mappings"][0];
    assert_eq!(
        (&mapping["status"], &mapping["rule_id"]),
        (&json!("auto_approved"), &rule["id"])
    );
    let members = pushed
        .get(&format!(
            "entities/{}/members",
            mapping["entity"]["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(members["items"][0]["user"]["id"], user.as_str());
}

#[tokio::test]
async fn an_entry_moves_the_counters_and_names_no_person() {
    let pushed = Pushed::start().await;
    pushed.add_admins_rule().await;
    pushed.push_admin().await;
    let events = pushed.get("events").await.to_string();
    assert!(
        events.contains("role_changed") && !events.contains("ana@example.com"),
        "{events}"
    );

    let app = &pushed.server.app;
    let text = app
        .metrics
        .text(&app.supervisor.population(), &app.supervisor.log_status());
    for series in [
        "rolecall_role_changes_total{cause=\"member_added\",from=\"user\",to=\"admin\"} 1",
        "rolecall_membership_changes_total{op=\"placed\",target_type=\"team\"} 1",
        "rolecall_rule_evaluations_total{outcome=\"matched\"} 1",
        "rolecall_users{active=\"true\",role=\"admin\"} 1",
        "rolecall_mappings{status=\"auto_approved\"} 1",
        "rolecall_scim_requests_total{code=\"201\",method=\"POST\",resource=\"groups\"} 1",
    ] {
        assert!(text.contains(series), "{series} is missing from\n{text}");
    }
}

#[tokio::test]
async fn a_token_opens_its_own_connection_only() {
    let pushed = Pushed::start().await;
    let other = Pushed::start().await;
    let base = format!("{}/Users", pushed.scim);
    let get = |authorization: String| {
        let request = axum::http::Request::builder()
            .uri(&base)
            .header(header::AUTHORIZATION, authorization);
        request.body(Body::empty()).unwrap()
    };
    let own = &pushed.scim_token;
    for accepted in [format!("Bearer {own}"), own.clone(), format!("Bearer Bearer {own}")] {
        pushed.server.send(get(accepted)).await.expect(200);
    }
    pushed
        .server
        .send(get(format!("Bearer {}", other.scim_token)))
        .await
        .expect(401);
    pushed
        .server
        .send(get(format!("Bearer {}", pushed.admin)))
        .await
        .expect(404);
    let body = json!({"name": "Entra", "provider": "entra"});
    let second = pushed
        .server
        .json(
            "POST",
            &format!("{}/connections", pushed.organization),
            &pushed.admin,
            body,
        )
        .await;
    let elsewhere = format!("/scim/v2/{}/Users", second.expect(201)["id"].as_str().unwrap());
    let crossed = request("GET", &elsewhere, own).body(Body::empty()).unwrap();
    let crossed = pushed.server.send(crossed).await;
    assert_eq!(crossed.headers[header::CONTENT_TYPE], "application/scim+json");
    crossed.expect(404);
}
