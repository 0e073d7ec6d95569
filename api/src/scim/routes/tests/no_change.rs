//! What is so already is a success that changes nothing: no entry, no new version (RFC 7644 3.5.2.1).

use serde_json::{Value, json};

use super::world::World;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ana() -> Value {
    json!({
        "userName": "ana@example.com", "externalId": "e1", "title": "Dr", "active": true, "name": {"givenName": "Ana", "familyName": "Hara"},
        "emails": [{"type": "work", "value": "ana@example.com", "primary": true}, {"type": "home", "value": "ana@home.example"}],
        "roles": [{"value": "admin"}], "badges": ["red", "blue"], "car": {"color": "red"},
        ENTERPRISE: {"department": "R&D", "manager": {"value": "m1", "displayName": "Max"}},
    })
}

#[tokio::test]
async fn a_patch_of_what_is_so_already_leaves_the_version_of_a_user() {
    let world = World::new().await;
    let created = world.post("/Users", ana()).await;
    let path = format!("/Users/{}", created.expect(201)["id"].as_str().unwrap());
    let before = world.get(&path).await;
    let entries = world.entries();
    for operation in [
        json!({"op": "add", "path": "title", "value": "Dr"}),
        json!({"op": "replace", "path": "title", "value": "Dr"}),
        json!({"op": "add", "path": "active", "value": "True"}),
        json!({"op": "replace", "path": "userName", "value": "ana@example.com"}),
        json!({"op": "add", "path": "emails", "value": [{"type": "work", "value": "ana@example.com"}]}),
        json!({"op": "add", "path": "emails", "value": [{"type": "Work", "value": "ANA@example.com", "primary": true}]}),
        json!({"op": "add", "value": {"emails": [{"type": "home", "value": "ana@home.example"}]}}),
        json!({"op": "replace", "path": "emails", "value": ana()["emails"]}),
        json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ana@example.com"}),
        json!({"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "ana@example.com", "primary": true}}),
        json!({"op": "add", "path": "roles[value eq \"admin\"].value", "value": "admin"}),
        json!({"op": "add", "path": "name", "value": {"givenName": "Ana"}}),
        json!({"op": "replace", "path": "name.familyName", "value": "Hara"}),
        json!({"op": "add", "path": "badges", "value": ["blue"]}),
        json!({"op": "add", "path": "car", "value": {"color": "red"}}),
        json!({"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": {"value": "m1"}}),
        json!({"op": "replace", "value": {ENTERPRISE: {"department": "R&D"}}}),
        json!({"op": "replace", "value": {"id": "other", "meta": {"version": "7"}, "groups": [], "externalId": "e1"}}),
        json!({"op": "remove", "path": "nickName"}),
        json!({"op": "remove", "path": "emails[type eq \"other\"]"}),
        json!({"op": "Remove", "path": "emails", "value": [{"value": "nobody@example.com"}]}),
    ] {
        let after = world.patch(&path, json!([operation])).await;
        assert_eq!(after.expect(200), &before.body, "{operation}");
        assert_eq!(world.entries(), entries, "{operation}");
    }
}

#[tokio::test]
async fn a_put_of_what_was_sent_before_leaves_the_version_of_a_user() {
    let world = World::new().await;
    let created = world.post("/Users", ana()).await;
    let path = format!("/Users/{}", created.expect(201)["id"].as_str().unwrap());
    let entries = world.entries();
    let mut shouted = ana();
    shouted["active"] = json!("True");
    shouted["nickName"] = json!(null);
    for body in [ana(), created.body.clone(), shouted] {
        let after = world.put(&path, body).await;
        assert_eq!(after.expect(200)["meta"], created.body["meta"]);
    }
    assert_eq!(world.entries(), entries);
}

#[tokio::test]
async fn a_group_keeps_its_version_when_it_gets_what_it_has() {
    let world = World::new().await;
    let users = world.users("u", 3).await;
    let path = world.group("Staff", &users[..2]).await;
    let before = world.get(&path).await;
    let entries = world.entries();
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": users[0]}]}),
        json!({"op": "add", "path": "members", "value": users[1]}),
        json!({"op": "replace", "path": "members", "value": [{"value": users[1]}, {"value": users[0]}]}),
        json!({"op": "remove", "path": format!("members[value eq \"{}\"]", users[2])}),
        json!({"op": "Remove", "path": "members", "value": [{"value": users[2]}]}),
        json!({"op": "replace", "path": "displayName", "value": "Staff"}),
        json!({"op": "replace", "value": {"id": "other", "displayName": "Staff"}}),
        json!({"op": "add", "path": "externalId", "value": ""}),
    ] {
        let after = world.patch(&path, json!([operation])).await;
        assert_eq!(after.expect(200)["meta"], before.body["meta"], "{operation}");
        assert_eq!(world.entries(), entries, "{operation}");
    }
    let echoed = world.put(&path, before.body.clone()).await;
    assert_eq!(echoed.expect(200), &before.body);
    assert_eq!(world.entries(), entries);
}

#[tokio::test]
async fn a_new_primary_value_takes_it_from_the_old_one_and_a_complex_value_is_added_to() {
    let world = World::new().await;
    let created = world.post("/Users", ana()).await;
    let path = format!("/Users/{}", created.expect(201)["id"].as_str().unwrap());
    let operations = json!([
        {"op": "add", "path": "emails", "value": [{"type": "other", "value": "third@example.com", "primary": true}]},
        {"op": "add", "path": "name", "value": {"middleName": "M", "givenName": "Anna"}},
        {"op": "add", "path": "car", "value": {"doors": 4}},
    ]);
    let after = world.patch(&path, operations).await;
    let after = after.expect(200);
    assert_eq!(
        after["emails"],
        json!([
            {"type": "work", "value": "ana@example.com", "primary": false}, {"type": "home", "value": "ana@home.example"},
            {"type": "other", "value": "third@example.com", "primary": true},
        ])
    );
    assert_eq!(
        after["name"],
        json!({"givenName": "Anna", "middleName": "M", "familyName": "Hara"})
    );
    assert_eq!(after["car"], json!({"color": "red", "doors": 4}));
    assert_ne!(after["meta"]["version"], created.body["meta"]["version"]);
}
