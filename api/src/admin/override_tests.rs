//! Memberships by hand, pins and exclusions through the router: what is answered, and what is refused.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_server::TestServer;

/// An organization with a user in the team of its group.
struct Story {
    server: TestServer,
    ours: String,
    admin: String,
    scim: String,
    scim_token: String,
    user: String,
    group: String,
    team: String,
}

impl Story {
    async fn begin() -> Self {
        let server = TestServer::start().await;
        let (ours, admin) = server.organization("ours").await;
        let post = async |path: &str, body: Value| {
            let path = format!("{ours}{path}");
            server.json("POST", &path, &admin, body).await.expect(201)
        };
        post(
            "/rules",
            json!({"name": "teams", "match": {"kind": "all"}, "targets": [{"type": "team"}], "auto_approve": true}),
        )
        .await;
        let connection = post("/connections", json!({"name": "O", "provider": "okta"})).await;
        let connection = text(&connection, "id");
        let scim_token = post(&format!("/connections/{connection}/tokens"), json!({})).await;
        let scim_token = text(&scim_token, "token");
        let scim = format!("/scim/v2/{connection}");
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ana@example.com"});
        let user = server
            .json("POST", &format!("{scim}/Users"), &scim_token, user)
            .await
            .expect(201);
        let user = text(&user, "id");
        let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineering",
            "members": [{"value": user}]});
        let group = server
            .json("POST", &format!("{scim}/Groups"), &scim_token, group)
            .await
            .expect(201);
        let group = text(&group, "id");
        let entities = server
            .json("GET", &format!("{ours}/entities"), &admin, Value::Null)
            .await
            .expect(200);
        let team = text(&entities["items"][0], "id");
        Self {
            server,
            ours,
            admin,
            scim,
            scim_token,
            user,
            group,
            team,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Value, status: u16) -> Value {
        let path = format!("{}{path}", self.ours);
        self.server.json(method, &path, &self.admin, body).await.expect(status)
    }

    async fn entity(&self, entity_type: &str, name: &str) -> String {
        let body = json!({"type": entity_type, "name": name});
        text(&self.ask("POST", "/entities", body, 201).await, "id")
    }

    fn member(&self, entity: &str) -> String {
        format!("/entities/{entity}/members/{}", self.user)
    }

    async fn set_active(&self, active: bool) {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": active}]});
        let path = format!("{}/Users/{}", self.scim, self.user);
        self.server
            .json("PATCH", &path, &self.scim_token, body)
            .await
            .expect(200);
    }

    async fn rename_user(&self) {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "displayName", "value": "Ana"}]});
        let path = format!("{}/Users/{}", self.scim, self.user);
        self.server
            .json("PATCH", &path, &self.scim_token, body)
            .await
            .expect(200);
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
    assert!(
        value["text"].as_str().unwrap().contains(words),
        "`{words}` is not in {value}"
    );
}

#[tokio::test]
async fn a_membership_by_hand_is_given_shown_and_taken() {
    let story = Story::begin().await;
    let team = story.entity("team", "Guild").await;
    let given = story.ask("PUT", &story.member(&team), Value::Null, 200).await;
    assert_eq!((&given["is_member"], &given["by_hand"]), (&json!(true), &json!(true)));
    assert_eq!(given["sources"], json!([{"kind": "manual"}]));
    let members = story
        .ask("GET", &format!("/entities/{team}/members"), Value::Null, 200)
        .await;
    assert_eq!(members["items"][0]["sources"], json!([{"kind": "manual"}]));
    // What is so already is answered the same way.
    assert_eq!(story.ask("PUT", &story.member(&team), Value::Null, 200).await, given);
    let taken = story.ask("DELETE", &story.member(&team), Value::Null, 200).await;
    assert_eq!(
        (&taken["is_member"], &taken["by_hand"], &taken["sources"]),
        (&json!(false), &json!(false), &json!([]))
    );
    says(&taken, "the user is not in the entity");
    assert_eq!(story.ask("DELETE", &story.member(&team), Value::Null, 200).await, taken);
}

#[tokio::test]
async fn whom_a_mapping_holds_leaves_and_the_answer_says_what_brings_it_back_and_what_keeps_it_out() {
    let story = Story::begin().await;
    let taken = story.ask("DELETE", &story.member(&story.team), Value::Null, 200).await;
    assert_eq!(taken["is_member"], false);
    assert_eq!(
        (&taken["sources"][0]["kind"], &taken["sources"][0]["group_id"]),
        (&json!("mapping"), &json!(story.group))
    );
    says(&taken, "comes back with the next write");
    says(&taken, "exclude it from the entity");
    story.rename_user().await;
    let held = story.ask("PUT", &story.member(&story.team), Value::Null, 200).await;
    assert_eq!(
        (&held["is_member"], held["sources"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
    let stays = story.ask("DELETE", &story.member(&story.team), Value::Null, 200).await;
    assert_eq!((&stays["is_member"], &stays["by_hand"]), (&json!(false), &json!(false)));
    says(&stays, "comes back with the next write");
}

#[tokio::test]
async fn a_membership_waits_for_its_user_and_for_what_counts_more() {
    let story = Story::begin().await;
    let (first, second) = (
        story.entity("concurrency_group", "a").await,
        story.entity("concurrency_group", "b").await,
    );
    let pin = json!({"kind": "pin", "user_id": story.user, "entity_id": first, "reason": "a trial"});
    let pin = story.ask("POST", "/exceptions", pin, 201).await;
    let given = story.ask("PUT", &story.member(&second), Value::Null, 200).await;
    assert_eq!((&given["is_member"], &given["by_hand"]), (&json!(false), &json!(true)));
    says(&given, "another concurrency_group, and counts more");
    let many = story
        .ask(
            "POST",
            &format!("/entities/{second}/members"),
            json!({"user_ids": [story.user, story.user]}),
            200,
        )
        .await;
    assert_eq!(
        (&many["members"], &many["waiting"], &many["waiting_user_ids"]),
        (&json!(0), &json!(1), &json!([story.user]))
    );
    story.set_active(false).await;
    says(
        &story.ask("PUT", &story.member(&second), Value::Null, 200).await,
        "not active",
    );
    story.set_active(true).await;
    story
        .ask("DELETE", &format!("/exceptions/{}", text(&pin, "id")), Value::Null, 204)
        .await;
    let many = story
        .ask(
            "POST",
            &format!("/entities/{second}/members"),
            json!({"user_ids": [story.user]}),
            200,
        )
        .await;
    assert_eq!(
        (&many["members"], &many["waiting"], &many["waiting_user_ids"]),
        (&json!(1), &json!(0), &json!([]))
    );
}

#[tokio::test]
async fn what_is_pinned_stays_when_it_is_taken_by_hand() {
    let story = Story::begin().await;
    let guild = story.entity("team", "Guild").await;
    story.ask("PUT", &story.member(&guild), Value::Null, 200).await;
    let pin = json!({"kind": "pin", "user_id": story.user, "entity_id": guild, "reason": "leads it"});
    story.ask("POST", "/exceptions", pin, 201).await;
    let taken = story.ask("DELETE", &story.member(&guild), Value::Null, 200).await;
    assert_eq!((&taken["is_member"], &taken["by_hand"]), (&json!(true), &json!(false)));
    says(&taken, "end the exception");
    let refused = story.ask("DELETE", &story.member(&guild), Value::Null, 409).await;
    assert_eq!(refused["type"], "urn:rolecall:problem:member_pinned");
}

#[tokio::test]
async fn exceptions_are_set_listed_by_what_they_are_about_and_ended() {
    let story = Story::begin().await;
    let exclusion = json!({"kind": "exclusion", "user_id": story.user, "entity_id": story.team, "reason": " left the project ",
        "expires_at": "2100-01-01T00:00:00Z"});
    let exclusion = story.ask("POST", "/exceptions", exclusion, 201).await;
    assert_eq!(
        (&exclusion["reason"], &exclusion["expires_at"]),
        (&json!("left the project"), &json!("2100-01-01T00:00:00.000Z"))
    );
    assert_eq!(
        (&exclusion["now"]["is_member"], &exclusion["author"]["kind"]),
        (&json!(false), &json!("token"))
    );
    assert!(exclusion["created_position"].as_u64().unwrap() > 1 && exclusion["created_at"].is_string());
    let pin = json!({"kind": "pin", "user_id": story.user, "role": "admin", "reason": "on call"});
    let pin = story.ask("POST", "/exceptions", pin, 201).await;
    assert_eq!(
        (&pin["role"], &pin["now"]),
        (&json!("admin"), &json!({"is_member": null, "role": "admin"}))
    );

    let nobody = Uuid::from_u128(7);
    let (user, team) = (&story.user, &story.team);
    // Within a millisecond ids are in any order.
    let mut both = [&exclusion["id"], &pin["id"]];
    both.sort_by_key(|id| id.as_str());
    let first = both[0].as_str().unwrap();
    for (query, expected) in [
        (String::new(), both.to_vec()),
        (format!("?user_id={user}"), both.to_vec()),
        (format!("?user_id={nobody}"), vec![]),
        (format!("?entity_id={team}"), vec![&exclusion["id"]]),
        (format!("?user_id={user}&entity_id={nobody}"), vec![]),
        (
            format!("?user_id={user}&entity_id={team}&kind=exclusion"),
            vec![&exclusion["id"]],
        ),
        ("?kind=pin".to_owned(), vec![&pin["id"]]),
        (format!("?after={first}"), vec![both[1]]),
        (format!("?user_id={user}&after={first}"), vec![both[1]]),
        (format!("?entity_id={team}&after={}", text(&exclusion, "id")), vec![]),
    ] {
        let page = story.ask("GET", &format!("/exceptions{query}"), Value::Null, 200).await;
        let ids: Vec<&Value> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["id"])
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    let first = story
        .ask("GET", &format!("/exceptions?user_id={user}&limit=1"), Value::Null, 200)
        .await;
    assert_eq!(&first["next"], both[0]);

    let one = format!("/exceptions/{}", text(&exclusion, "id"));
    assert_eq!(story.ask("GET", &one, Value::Null, 200).await["id"], exclusion["id"]);
    story.ask("DELETE", &one, Value::Null, 204).await;
    story.ask("GET", &one, Value::Null, 404).await;
    story.ask("DELETE", &one, Value::Null, 404).await;
    let members = story
        .ask("GET", &format!("/entities/{team}/members"), Value::Null, 200)
        .await;
    assert_eq!(members["items"][0]["user"]["id"], json!(user));
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let story = Story::begin().await;
    let (user, team, nobody) = (&story.user, &story.team, Uuid::from_u128(7));
    let taken = json!({"kind": "exclusion", "user_id": user, "entity_id": team, "reason": "r"});
    story.ask("POST", "/exceptions", taken.clone(), 201).await;
    for (body, status, word) in [
        (json!({"kind": "pin", "user_id": user, "reason": "r"}), 400, "value"),
        (
            json!({"kind": "pin", "user_id": user, "entity_id": team, "role": "admin", "reason": "r"}),
            400,
            "value",
        ),
        (
            json!({"kind": "pin", "user_id": user, "role": "No Role", "reason": "r"}),
            400,
            "value",
        ),
        (
            json!({"kind": "pin", "user_id": user, "role": "captain", "reason": "r"}),
            400,
            "unknown_role",
        ),
        (
            json!({"kind": "pin", "user_id": user, "role": "admin", "reason": " "}),
            400,
            "required",
        ),
        (
            json!({"kind": "pin", "user_id": user, "role": "admin", "reason": "x".repeat(501)}),
            400,
            "too_long",
        ),
        (json!({"kind": "pin", "user_id": user, "role": "admin"}), 400, "json"),
        (
            json!({"kind": "pin", "user_id": user, "role": "admin", "reason": "r", "until": "x"}),
            400,
            "json",
        ),
        (
            json!({"kind": "ban", "user_id": user, "role": "admin", "reason": "r"}),
            400,
            "json",
        ),
        (
            json!({"kind": "pin", "user_id": user, "role": "admin", "reason": "r", "expires_at": "2001-01-01T00:00:00Z"}),
            400,
            "expires_in_the_past",
        ),
        (
            json!({"kind": "pin", "user_id": nobody, "role": "admin", "reason": "r"}),
            404,
            "unknown_user",
        ),
        (
            json!({"kind": "pin", "user_id": user, "entity_id": nobody, "reason": "r"}),
            404,
            "unknown_entity",
        ),
        (
            json!({"kind": "exclusion", "user_id": user, "role": "user", "reason": "r"}),
            409,
            "default_role_excluded",
        ),
        (taken, 409, "exception_exists"),
    ] {
        let refused = story.ask("POST", "/exceptions", body, status).await;
        assert_eq!(refused["type"], format!("urn:rolecall:problem:{word}"), "{refused}");
    }
    let members = format!("/entities/{team}/members");
    for (method, path, body, status, word) in [
        ("PUT", story.member(team), Value::Null, 409, "member_excluded"),
        (
            "PUT",
            story.member(&nobody.to_string()),
            Value::Null,
            404,
            "unknown_entity",
        ),
        ("PUT", format!("{members}/{nobody}"), Value::Null, 404, "unknown_user"),
        (
            "DELETE",
            format!("{members}/{nobody}"),
            Value::Null,
            404,
            "unknown_user",
        ),
        ("DELETE", format!("{members}/ana"), Value::Null, 404, "not_found"),
        (
            "DELETE",
            format!("/entities/x/members/{user}"),
            Value::Null,
            404,
            "not_found",
        ),
        (
            "POST",
            members.clone(),
            json!({"user_ids": [nobody]}),
            404,
            "unknown_member",
        ),
        ("POST", members.clone(), json!({}), 400, "json"),
        (
            "POST",
            members.clone(),
            json!({"user_ids": [user]}),
            409,
            "member_excluded",
        ),
        ("GET", "/exceptions?kind=ban".to_owned(), Value::Null, 400, "query"),
        ("GET", "/exceptions/x".to_owned(), Value::Null, 404, "not_found"),
    ] {
        let refused = story.ask(method, &path, body, status).await;
        assert_eq!(
            refused["type"],
            format!("urn:rolecall:problem:{word}"),
            "{method} {path}: {refused}"
        );
    }
}
