//! Users, one by one.

use axum::http::header;
use serde_json::json;

use super::world::{PUBLIC_URL, World};
use crate::scim::extension::USER;

#[tokio::test]
async fn a_new_user_is_answered_whole_with_its_location_and_version() {
    let world = World::new().await;
    let reply = world
        .post(
            "/Users",
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ana@example.com",
                "name": {"givenName": "Ana"}, "emails": [{"value": "ana@example.com", "primary": true}],
                "externalId": "00u1", "password": "secret", "groups": []}),
        )
        .await;
    let body = reply.expect(201);
    let id = body["id"].as_str().unwrap();
    let location = format!("{PUBLIC_URL}{}/Users/{id}", world.base_path);
    assert_eq!(reply.header(header::CONTENT_TYPE), "application/scim+json");
    assert_eq!(reply.header(header::LOCATION), location);
    assert_eq!(reply.header(header::ETAG), "W/\"1\"");
    let meta = json!({"resourceType": "User", "created": body["meta"]["created"], "lastModified": body["meta"]["created"],
        "location": location, "version": "W/\"1\""});
    let expected = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "meta": meta,
        "userName": "ana@example.com", "name": {"givenName": "Ana"}, "externalId": "00u1", "active": true,
        "emails": [{"value": "ana@example.com", "primary": true}]});
    assert_eq!(*body, expected);
    assert_eq!(world.get(&format!("/Users/{id}")).await.expect(200), body);
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_in_any_case() {
    let world = World::new().await;
    let ben = format!("/Users/{}", world.user("ben").await);
    world.user("Ana").await;
    let taken = world.post("/Users", json!({"userName": "aNA"})).await;
    taken.expect_error(409, Some("uniqueness"));
    let taken = world.put(&ben, json!({"userName": "ana"})).await;
    taken.expect_error(409, Some("uniqueness"));
    assert_eq!(world.entries(), 2);
}

#[tokio::test]
async fn a_removed_active_is_nowhere_until_it_is_set_again() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    let removed = world.patch(&path, json!([{"op": "remove", "path": "active"}])).await;
    assert_eq!(removed.expect(200).get("active"), None);
    let entries = world.entries();
    let echoed = world.put(&path, removed.body.clone()).await;
    assert_eq!(echoed.expect(200), &removed.body);
    assert_eq!(world.entries(), entries);
    for (filter, found) in [
        ("active%20eq%20true", 0),
        ("active%20eq%20false", 0),
        ("active%20pr", 0),
        ("not%20(active%20pr)", 1),
    ] {
        let list = world.get(&format!("/Users?filter={filter}")).await;
        assert_eq!(list.expect(200)["totalResults"], json!(found), "{filter}");
    }
    let set = world.put(&path, json!({"userName": "ana", "active": true})).await;
    assert_eq!(set.expect(200)["active"], json!(true));
}

#[tokio::test]
async fn a_put_of_what_was_read_changes_nothing() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    world
        .patch(&path, json!([{"op": "replace", "path": "active", "value": false}]))
        .await
        .expect(200);
    let read = world.get(&path).await;
    let entries = world.entries();
    assert_eq!(world.put(&path, read.body.clone()).await.expect(200), &read.body);
    assert_eq!(world.entries(), entries);
}

#[tokio::test]
async fn a_put_replaces_all_but_what_it_does_not_say_of_activity() {
    let world = World::new().await;
    let created = world
        .post("/Users", json!({"userName": "ana", "title": "CTO", "active": false}))
        .await;
    let path = format!("/Users/{}", created.expect(201)["id"].as_str().unwrap());
    let reply = world.put(&path, json!({"userName": "ana", "nickName": "An"})).await;
    let body = reply.expect(200);
    assert_eq!(body.get("title"), None);
    assert_eq!((&body["nickName"], &body["active"]), (&json!("An"), &json!(false)));
    assert_eq!(reply.header(header::ETAG), body["meta"]["version"].as_str().unwrap());
}

#[tokio::test]
async fn entra_disables_with_a_string_and_the_user_stays_readable() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    let disabled = world
        .patch(&path, json!([{"op": "Replace", "path": "active", "value": "False"}]))
        .await;
    assert_eq!(disabled.expect(200)["active"], json!(false));
    assert_eq!(world.get(&path).await.expect(200)["active"], json!(false));
    let found = world.get("/Users?filter=userName%20eq%20%22ana%22").await;
    assert_eq!(found.expect(200)["totalResults"], json!(1));
}

#[tokio::test]
async fn a_patch_is_done_whole_or_not_at_all() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    let operations = json!([{"op": "replace", "path": "title", "value": "CTO"}, {"op": "replace", "path": "active", "value": "perhaps"}]);
    world
        .patch(&path, operations)
        .await
        .expect_error(400, Some("invalidValue"));
    assert_eq!(world.get(&path).await.expect(200).get("title"), None);
}

#[tokio::test]
async fn a_patch_that_changes_nothing_writes_nothing() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    let operations = json!([{"op": "replace", "value": {"active": true, "userName": "ana"}}]);
    assert_eq!(
        world.patch(&path, operations).await.expect(200)["meta"]["version"],
        json!("W/\"1\"")
    );
    assert_eq!(world.entries(), 1);
}

#[tokio::test]
async fn the_role_in_force_is_shown_to_who_asks_and_found_and_goes_with_activity() {
    let world = World::new().await;
    let body = json!({"userName": "ana", (USER): {"organizationRole": "admin", "roles": ["owner"]}});
    let created = world.post("/Users", body).await;
    assert_eq!(created.expect(201)[USER], json!({"organizationRole": "admin"}));
    let path = format!("/Users/{}", created.body["id"].as_str().unwrap());
    let role = async || world.get(&format!("{path}?attributes={USER}:roles")).await.expect(200)[USER].clone();
    let extension = async || world.get(&format!("{path}?attributes={USER}")).await.expect(200)[USER].clone();
    assert_eq!(role().await, json!({"roles": ["admin"]}));
    assert_eq!(
        extension().await,
        json!({"organizationRole": "admin", "roles": ["admin"]})
    );
    let found = format!("/Users?filter={USER}:roles+eq+%22ADMIN%22");
    assert_eq!(world.get(&found).await.expect(200)["totalResults"], json!(1));
    let refused = json!([{"op": "replace", "path": format!("{USER}:roles"), "value": ["owner"]}]);
    world.patch(&path, refused).await.expect_error(400, Some("mutability"));
    let disabled = json!([{"op": "replace", "path": "active", "value": false}]);
    world.patch(&path, disabled).await.expect(200);
    assert_eq!(role().await, json!(null));
    assert_eq!(world.get(&found).await.expect(200)["totalResults"], json!(0));
}

#[tokio::test]
async fn writes_answer_with_the_attributes_that_were_asked_for() {
    let world = World::new().await;
    let id = world.user("ana").await;
    let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
    let operations = json!([{"op": "add", "path": "title", "value": "CTO"}]);
    let patched = world.patch(&format!("/Users/{id}?attributes=title"), operations).await;
    assert_eq!(
        *patched.expect(200),
        json!({"schemas": schemas, "id": id, "title": "CTO"})
    );
    assert_eq!(patched.header(header::ETAG), "W/\"2\"");
    let replaced = world
        .put(
            &format!("/Users/{id}?excludedAttributes=meta,active"),
            json!({"userName": "ana"}),
        )
        .await;
    assert_eq!(
        *replaced.expect(200),
        json!({"schemas": schemas, "id": id, "userName": "ana"})
    );
}

#[tokio::test]
async fn a_deleted_user_is_gone_and_its_name_is_free() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    assert_eq!(*world.delete(&path).await.expect(204), json!(null));
    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    world.get(&path).await.expect_error(404, None);
    world
        .put(&path, json!({"userName": "ana"}))
        .await
        .expect_error(404, None);
    world.patch(&path, operations).await.expect_error(404, None);
    world.delete(&path).await.expect_error(404, None);
    assert_eq!(world.get("/Users").await.expect(200)["totalResults"], json!(0));
    world.user("ana").await;
}

#[tokio::test]
async fn a_user_shows_its_groups() {
    let world = World::new().await;
    let id = world.user("ana").await;
    let group = world.group("eng", std::slice::from_ref(&id)).await;
    let user = world.get(&format!("/Users/{id}")).await;
    let groups = json!([{"value": group.strip_prefix("/Groups/"), "display": "eng", "type": "direct",
        "$ref": format!("{PUBLIC_URL}{}{group}", world.base_path)}]);
    assert_eq!(user.expect(200)["groups"], groups);
}

/// RFC 7644 3.14: a version stands for all that is shown, so it moves with the groups of a user, too.
#[tokio::test]
async fn versions_move_with_what_is_shown_and_with_nothing_else() {
    let world = World::new().await;
    let (ana, ben) = (world.user("ana").await, world.user("ben").await);
    let user = format!("/Users/{ana}");
    let versions = async |path: &str| {
        let reply = world.get(path).await;
        let meta = &reply.expect(200)["meta"];
        assert_eq!(meta["version"], reply.header(header::ETAG));
        reply.header(header::ETAG).to_owned()
    };
    let group = world.group("Staff", &[ana.clone(), ben.clone()]).await;
    assert_eq!((versions(&user).await, versions(&group).await), at(3, 3));
    let rename = json!([{"op": "replace", "path": "displayName", "value": "All staff"}]);
    world.patch(&group, rename.clone()).await.expect(200);
    assert_eq!((versions(&user).await, versions(&group).await), at(4, 4));
    world.patch(&group, rename).await.expect(200);
    world
        .patch(&user, json!([{"op": "add", "path": "title", "value": "CTO"}]))
        .await
        .expect(200);
    assert_eq!((versions(&user).await, versions(&group).await), at(5, 4));
    world.delete(&format!("/Users/{ben}")).await.expect(204);
    assert_eq!((versions(&user).await, versions(&group).await), at(5, 6));
    world.delete(&group).await.expect(204);
    assert_eq!(versions(&user).await, at(7, 0).0);
}

fn at(user: u64, group: u64) -> (String, String) {
    (format!("W/\"{user}\""), format!("W/\"{group}\""))
}
