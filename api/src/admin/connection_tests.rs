//! The settings of connections through the admin API.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_server::TestServer;

/// An organization with a connection; answers its path, the one of its connections and a token.
async fn connected(server: &TestServer) -> (String, String, String) {
    let (ours, admin) = server.organization("ours").await;
    let connections = format!("{ours}/connections");
    let body = json!({"name": "O", "provider": "okta"});
    let new = server.json("POST", &connections, &admin, body).await.expect(201);
    let one = format!("{connections}/{}", new["id"].as_str().unwrap());
    (ours, one, admin)
}

fn extension() -> Value {
    json!({"urn": "urn:ietf:params:scim:schemas:extension:example:2.0:User", "resource_type": "user", "attributes": [
        {"name": "role", "type": "string", "multi_valued": false, "meaning": "organization_role"},
        {"name": "hired", "type": "date_time", "multi_valued": true, "meaning": null}]})
}

#[tokio::test]
async fn settings_are_given_at_the_start_or_later_and_what_is_left_out_stays() {
    let server = TestServer::start().await;
    let (ours, one, admin) = connected(&server).await;
    let shown = |view: &Value| {
        [
            "group_provisioning",
            "strict",
            "users_only",
            "default_entity",
            "extensions",
        ]
        .map(|name| view[name].clone())
    };
    let read = server.json("GET", &one, &admin, Value::Null).await.expect(200);
    assert_eq!(
        shown(&read),
        [json!(true), json!(false), json!(false), Value::Null, json!([])]
    );

    let team = json!({"type": "team", "name": "Newcomers"});
    let team = server
        .json("POST", &format!("{ours}/entities"), &admin, team)
        .await
        .expect(201);
    let body = json!({"name": "F", "provider": "flosum", "users_only": true, "strict": true,
        "default_entity": team["id"], "extensions": [extension()]});
    let expected = [
        json!(true),
        json!(true),
        json!(true),
        team["id"].clone(),
        json!([extension()]),
    ];
    let new = server
        .json("POST", &format!("{ours}/connections"), &admin, body)
        .await
        .expect(201);
    assert_eq!(shown(&new), expected);

    let change = json!({"default_entity": team["id"], "extensions": [extension()], "users_only": true, "strict": true});
    let changed = server.json("PATCH", &one, &admin, change.clone()).await.expect(200);
    assert_eq!(shown(&changed), expected);
    let head = || server.app.supervisor.registry().unwrap().head().position();
    let before = head();
    assert_eq!(
        shown(&server.json("PATCH", &one, &admin, change).await.expect(200)),
        expected
    );
    assert_eq!(head(), before);
    let cleared = json!({"default_entity": null, "strict": false});
    let changed = server.json("PATCH", &one, &admin, cleared).await.expect(200);
    assert_eq!(
        shown(&changed),
        [
            json!(true),
            json!(false),
            json!(true),
            Value::Null,
            json!([extension()])
        ]
    );
}

#[tokio::test]
async fn the_words_of_scim_are_understood_too() {
    let server = TestServer::start().await;
    let (_, one, admin) = connected(&server).await;
    let extension = json!({"urn": "urn:example:group", "resource_type": "Group",
        "attributes": [{"name": "since", "type": "dateTime"}]});
    let changed = server
        .json("PATCH", &one, &admin, json!({"extensions": [extension]}))
        .await
        .expect(200);
    let shown = json!([{"urn": "urn:example:group", "resource_type": "group",
        "attributes": [{"name": "since", "type": "date_time", "multi_valued": false, "meaning": null}]}]);
    assert_eq!(changed["extensions"], shown);
}

/// Sends settings in a change and in a new connection; both are refused with this type, and what they say is answered.
async fn refused(settings: Value, kind: &str) -> Value {
    let server = TestServer::start().await;
    let (ours, one, admin) = connected(&server).await;
    let before = server.json("GET", &one, &admin, Value::Null).await.expect(200);
    let answer = server.json("PATCH", &one, &admin, settings.clone()).await.expect(400);
    assert_eq!(answer["type"], format!("urn:rolecall:problem:{kind}"), "{answer}");
    assert_eq!(server.json("GET", &one, &admin, Value::Null).await.expect(200), before);
    let mut new = settings;
    new["name"] = json!("N");
    new["provider"] = json!("okta");
    let connections = format!("{ours}/connections");
    let again = server.json("POST", &connections, &admin, new).await.expect(400);
    assert_eq!(again["type"], answer["type"], "{again}");
    answer
}

#[tokio::test]
async fn bad_settings_are_refused_with_the_place_of_the_fault() {
    let elsewhere = json!({"default_entity": Uuid::from_u128(7)});
    let answer = refused(elsewhere, "setting").await;
    assert!(
        answer["detail"].as_str().unwrap().contains("`default_entity`"),
        "{answer}"
    );
    for malformed in [
        json!({"strict": "yes"}),
        json!({"default_entity": "team"}),
        json!({"extensions": {}}),
        json!({"extensions": [{"urn": "urn:example:x", "resource_type": "device", "attributes": []}]}),
        json!({"extensions": [{"urn": "urn:example:x", "resource_type": "user", "attributes": [
            {"name": "a", "type": "complex"}]}]}),
        json!({"extensions": [{"urn": "urn:example:x", "resource_type": "user", "attributes": [
            {"name": "a", "type": "string", "meaning": "admin"}]}]}),
        json!({"extensions": [{"urn": "urn:example:x", "resource_type": "user", "attributes": [], "colour": 1}]}),
    ] {
        refused(malformed, "json").await;
    }
    let mut twisted = extension();
    twisted["urn"] = json!("urn:ietf:params:scim:schemas:core:2.0:User");
    twisted["attributes"][0]["type"] = json!("integer");
    twisted["attributes"][1]["name"] = json!("2nd");
    let answer = refused(json!({"extensions": [twisted]}), "extensions").await;
    let problems = answer["problems"].as_array().unwrap();
    let places: Vec<_> = problems
        .iter()
        .filter_map(|problem| problem["place"].as_str())
        .collect();
    let expected = [
        "extensions[0].urn",
        "extensions[0].attributes[0].type",
        "extensions[0].attributes[1].name",
    ];
    assert_eq!(places, expected);
}

#[tokio::test]
async fn an_entity_of_another_organization_is_no_default() {
    let server = TestServer::start().await;
    let (_, one, admin) = connected(&server).await;
    let (theirs, token) = server.organization("theirs").await;
    let team = json!({"type": "team", "name": "Newcomers"});
    let team = server
        .json("POST", &format!("{theirs}/entities"), &token, team)
        .await
        .expect(201);
    let change = json!({"default_entity": team["id"]});
    server.json("PATCH", &one, &admin, change).await.expect(400);
}
