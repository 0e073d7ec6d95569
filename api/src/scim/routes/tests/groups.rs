//! Groups, one by one.

use axum::http::header;
use serde_json::json;

use super::world::{PUBLIC_URL, World};

#[tokio::test]
async fn a_new_group_is_answered_whole_with_its_location() {
    let world = World::new().await;
    let ana = world.user("ana").await;
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Eng", "externalId": "g1",
        "members": [{"value": ana, "display": "Ana"}, {"value": "nobody"}]});
    let reply = world.post("/Groups", body).await;
    let body = reply.expect(201);
    let id = body["id"].as_str().unwrap();
    let base = format!("{PUBLIC_URL}{}", world.base_path);
    assert_eq!(reply.header(header::LOCATION), format!("{base}/Groups/{id}"));
    let meta = json!({"resourceType": "Group", "created": body["meta"]["created"], "lastModified": body["meta"]["created"],
        "location": format!("{base}/Groups/{id}"), "version": "W/\"2\""});
    let expected = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": id, "displayName": "Eng",
        "externalId": "g1", "meta": meta,
        "members": [{"value": ana, "type": "User", "$ref": format!("{base}/Users/{ana}")}]});
    assert_eq!(*body, expected);
    assert_eq!(world.get(&format!("/Groups/{id}")).await.expect(200), body);
}

#[tokio::test]
async fn a_taken_name_is_a_conflict() {
    let world = World::new().await;
    world.group("Eng", &[]).await;
    let taken = world.post("/Groups", json!({"displayName": " eng "})).await;
    taken.expect_error(409, Some("uniqueness"));
}

#[tokio::test]
async fn okta_sends_the_name_with_each_change_and_nothing_happens() {
    let world = World::new().await;
    let group = world.group("Eng", &world.users("u", 1).await).await;
    let entries = world.entries();
    let id = group.strip_prefix("/Groups/").unwrap();
    let operations = json!([{"op": "replace", "value": {"id": id, "displayName": "Eng"}}]);
    world.patch(&group, operations).await.expect(200);
    let read = world.get(&group).await;
    assert_eq!(world.put(&group, read.body.clone()).await.expect(200), &read.body);
    assert_eq!(world.entries(), entries);
}

#[tokio::test]
async fn a_put_without_members_leaves_them_and_an_empty_list_empties_the_group() {
    let world = World::new().await;
    let members = world.users("u", 2).await;
    let group = world.group("Eng", &members).await;
    let renamed = world.put(&group, json!({"displayName": "Engineering"})).await;
    assert_eq!(renamed.expect(200)["displayName"], json!("Engineering"));
    assert_eq!(world.members(&group).await, members);
    world
        .put(&group, json!({"displayName": "Engineering", "members": []}))
        .await
        .expect(200);
    assert_eq!(world.members(&group).await, Vec::<String>::new());
}

#[tokio::test]
async fn extensions_are_patched_beside_members() {
    let world = World::new().await;
    let (ana, group) = (world.user("ana").await, world.group("Eng", &[]).await);
    let urn = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:Group";
    let operations = json!([{"op": "add", "path": format!("{urn}:roles"), "value": ["Admin"]},
        {"op": "add", "path": "members", "value": [{"value": ana}]}]);
    let reply = world.patch(&group, operations).await;
    assert_eq!(reply.expect(200)[urn], json!({"roles": ["Admin"]}));
    assert_eq!(world.members(&group).await, [ana]);
}

#[tokio::test]
async fn members_are_left_out_where_they_are_excluded() {
    let world = World::new().await;
    let group = world.group("Eng", &world.users("u", 2).await).await;
    let operations = json!([{"op": "Replace", "path": "displayName", "value": "Ops"}]);
    let path = format!("{group}?excludedAttributes=members");
    for reply in [world.patch(&path, operations).await, world.get(&path).await] {
        let body = reply.expect(200);
        assert_eq!((body.get("members"), &body["displayName"]), (None, &json!("Ops")));
    }
}

#[tokio::test]
async fn a_large_group_is_answered_without_a_body_unless_that_is_small_or_asked_for() {
    let world = World::new().await;
    let members = world.users("u", 1_001).await;
    let group = world.group("All", members.get(1..).unwrap()).await;
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", members[0])}]);
    assert_eq!(
        world.patch(&group, remove.clone()).await.expect(200)["members"]
            .as_array()
            .unwrap()
            .len(),
        1_000
    );
    let add = json!([{"op": "add", "path": "members", "value": [{"value": members[0]}]}]);
    assert_eq!(*world.patch(&group, add.clone()).await.expect(204), json!(null));
    assert_eq!(
        *world.put(&group, json!({"displayName": "Everybody"})).await.expect(204),
        json!(null)
    );
    let without = world
        .patch(&format!("{group}?excludedAttributes=members"), add.clone())
        .await;
    assert_eq!(without.expect(200)["displayName"], json!("Everybody"));
    let with = world.patch(&format!("{group}?attributes=members"), add).await;
    assert_eq!(with.expect(200)["members"].as_array().unwrap().len(), 1_001);
    assert_eq!(world.members(&group).await, members);
    world.patch(&group, remove).await.expect(200);
}

#[tokio::test]
async fn a_deleted_group_is_gone_and_comes_back_under_its_id_with_the_new_members() {
    let world = World::new().await;
    let members = world.users("u", 2).await;
    let group = world.group("Eng", members.get(..1).unwrap()).await;
    world.delete(&group).await.expect(204);
    world.get(&group).await.expect_error(404, None);
    world
        .put(&group, json!({"displayName": "Eng"}))
        .await
        .expect_error(404, None);
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Ops"}]);
    world.patch(&group, rename).await.expect_error(404, None);
    let extend = json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:rolecall:2.0:Group:roles", "value": ["a"]}]);
    world.patch(&group, extend).await.expect_error(404, None);
    world.delete(&group).await.expect_error(404, None);
    assert_eq!(world.group("eng", members.get(1..).unwrap()).await, group);
    assert_eq!(world.members(&group).await, members.get(1..).unwrap());
}

#[tokio::test]
async fn without_group_provisioning_groups_can_only_be_read() {
    let world = World::new().await;
    let members = world.users("u", 1).await;
    let group = world.group("Eng", &members).await;
    world.provision_groups(false).await;
    let entries = world.entries();
    let empty = json!([{"op": "remove", "path": "members"}]);
    world.patch(&group, empty).await.expect_error(403, None);
    world
        .put(&group, json!({"displayName": "x"}))
        .await
        .expect_error(403, None);
    world
        .post("/Groups", json!({"displayName": "x"}))
        .await
        .expect_error(403, None);
    world.delete(&group).await.expect_error(403, None);
    assert_eq!(world.entries(), entries);
    assert_eq!(world.members(&group).await, members);
    assert_eq!(world.get("/Groups").await.expect(200)["totalResults"], json!(1));
    world.user("ana").await;
    world.provision_groups(true).await;
    world.delete(&group).await.expect(204);
}
