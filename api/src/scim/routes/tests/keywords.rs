//! The keywords of RFC 7644 3.12 and RFC 9865 2.1, each with the request that leads to it.
//!
//! Two are never given. `sensitive` would refuse personal values in a URL, where every identity provider sends them.
//! `invalidVers` would refuse another version of the protocol, but none is served: such a path is 404.

use axum::body::Body;
use axum::http::Method;
use rolecall_engine::Timestamp;
use serde_json::{Value, json};

use super::world::World;
use crate::auth::ConnectionName;
use crate::scim::cursor::{CursorSeal, ListPlace, PageEnd};
use crate::scim::list::ListRequest;
use crate::scim::{Profile, ResourceType};

/// The requests go to a user and a group that are there.
async fn world() -> (World, String, String) {
    let world = World::new().await;
    let ana = world.user("ana").await;
    world.user("ben").await;
    let staff = world.group("Staff", std::slice::from_ref(&ana)).await;
    (world, format!("/Users/{ana}"), staff)
}

async fn check(world: &World, (method, path, body): (Method, &str, Value), expected: (u16, Option<&str>)) {
    let entries = world.entries();
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    let reply = world
        .answer(world.request(method.clone(), path).body(body).unwrap())
        .await;
    assert_eq!(
        (reply.status, reply.body["scimType"].as_str()),
        expected,
        "{method} {path}: {}",
        reply.body
    );
    reply.expect_error(expected.0, expected.1);
    assert_eq!(world.entries(), entries, "{method} {path}");
}

fn get(path: &str) -> (Method, &str, Value) {
    (Method::GET, path, Value::Null)
}

fn patch(path: &str, operation: Value) -> (Method, &str, Value) {
    (Method::PATCH, path, json!({"Operations": [operation]}))
}

#[tokio::test]
async fn filters_lists_and_names_are_refused_with_their_keyword() {
    let (world, ana, staff) = world().await;
    let many = format!("/Users?attributes={}", "a,".repeat(1_000));
    for (path, keyword) in [
        ("/Users?filter=userName", "invalidFilter"),
        ("/Users?filter=shoeSize+eq+43", "invalidFilter"),
        ("/Users?filter=active+gt+true", "invalidFilter"),
        (&many, "tooMany"),
        ("/Users?sortBy=name", "invalidPath"),
        ("/Users?sortOrder=sideways", "invalidValue"),
        ("/Users?attributes=id&excludedAttributes=name", "invalidValue"),
        ("/Users?count=many", "invalidValue"),
        ("/Users?cursor=5", "invalidCursor"),
        ("/Users?cursor=&count=0", "invalidCount"),
    ] {
        check(&world, get(path), (400, Some(keyword))).await;
    }
    for (path, name) in [
        ("/Users", "userName"),
        (ana.as_str(), "userName"),
        ("/Groups", "displayName"),
        (&staff, "displayName"),
    ] {
        let method = if path.ends_with('s') { Method::POST } else { Method::PUT };
        check(&world, (method.clone(), path, json!([])), (400, Some("invalidSyntax"))).await;
        check(&world, (method, path, json!({ name: "" })), (400, Some("invalidValue"))).await;
    }
    world.group("Crew", &[]).await;
    for (method, path, body) in [
        (Method::POST, "/Users", json!({"userName": "BEN"})),
        (Method::PUT, &ana, json!({"userName": "ben"})),
        (Method::POST, "/Groups", json!({"displayName": "staff"})),
        (Method::PUT, &staff, json!({"displayName": "crew"})),
    ] {
        check(&world, (method, path, body), (409, Some("uniqueness"))).await;
    }
    check(&world, get("/Users/nobody"), (404, None)).await;
    check(&world, get("/Me"), (501, None)).await;
}

#[tokio::test]
async fn operations_are_refused_with_their_keyword() {
    let (world, ana, staff) = world().await;
    let emails: Vec<_> = (0..1_001).map(|number| format!("{number}@x")).collect();
    for (operation, keyword) in [
        (json!({"op": "move", "path": "title"}), "invalidSyntax"),
        (json!({"op": "add", "path": "emails[", "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": "title.x", "value": "x"}), "invalidPath"),
        (
            json!({"op": "add", "path": "emails[kind eq \"a\"].value", "value": "x"}),
            "invalidFilter",
        ),
        (
            json!({"op": "replace", "path": "emails[value co \"a\"].type", "value": "x"}),
            "noTarget",
        ),
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "replace", "path": "active", "value": 3}), "invalidValue"),
        (json!({"op": "replace", "path": "id", "value": "x"}), "mutability"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "add", "path": "emails", "value": emails}), "tooMany"),
    ] {
        check(&world, patch(&ana, operation), (400, Some(keyword))).await;
    }
    let taken = json!({"op": "replace", "path": "userName", "value": "ben"});
    check(&world, patch(&ana, taken), (409, Some("uniqueness"))).await;
    for (operation, keyword) in [
        (json!({"op": "remove", "path": "displayName"}), "mutability"),
        (
            json!({"op": "add", "path": "members.type", "value": "User"}),
            "invalidPath",
        ),
        (
            json!({"op": "remove", "path": "members[display eq \"a\"]"}),
            "invalidPath",
        ),
        (json!({"op": "add", "path": "members", "value": [{}]}), "invalidValue"),
        (
            json!({"op": "replace", "path": "meta.version", "value": "7"}),
            "mutability",
        ),
        (json!({"op": "remove"}), "noTarget"),
    ] {
        check(&world, patch(&staff, operation), (400, Some(keyword))).await;
    }
}

#[tokio::test]
async fn an_old_cursor_has_expired() {
    let (world, ..) = world().await;
    let parameters = [("cursor".to_owned(), String::new())];
    let request = ListRequest::read(&[&Profile::lenient().user], &parameters).unwrap();
    let ConnectionName(connection) = world.base_path.rsplit('/').next().unwrap().parse().unwrap();
    let end = PageEnd {
        key: None,
        place: ListPlace {
            of: ResourceType::User,
            index: 0,
        },
    };
    let seal = CursorSeal::of(&world.app().keys);
    let cursor = seal.seal(request.scope(connection), &end, Timestamp::from_milliseconds(0));
    check(
        &world,
        get(&format!("/Users?cursor={cursor}")),
        (400, Some("expiredCursor")),
    )
    .await;
}

#[tokio::test]
async fn what_is_sensitive_is_found_and_no_other_version_is_served() {
    let (world, ..) = world().await;
    let found = world.get("/Users?filter=phoneNumbers.value+eq+%22+34600%22").await;
    found.expect(200);
    let other = world
        .request(Method::GET, "/Users")
        .uri(world.base_path.replace("/v2/", "/v1/"));
    let reply = world.answer(other.body(Body::empty()).unwrap()).await;
    assert!([401, 404].contains(&reply.status), "{}", reply.body);
    assert_eq!(reply.body.get("scimType"), None);
}
