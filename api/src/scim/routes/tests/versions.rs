//! Conditions on the version of a resource (RFC 7644 3.14, RFC 9110 13). Races for one are run end to end: over a log in
//! memory there are none to speak of.

use axum::body::Body;
use axum::http::{HeaderName, Method, header};
use serde_json::{Value, json};

use super::world::{Reply, World};

const WRITES: [Method; 3] = [Method::PUT, Method::PATCH, Method::DELETE];

/// Sends a request with a condition, whose body fits users and groups.
async fn send(world: &World, method: Method, path: &str, (name, value): (HeaderName, &str)) -> Reply {
    let body = match method {
        Method::PUT => json!({"userName": "ana", "displayName": "Eng", "externalId": "put"}),
        Method::PATCH => json!({"Operations": [{"op": "replace", "path": "externalId", "value": "patched"}]}),
        _ => Value::Null,
    };
    let request = world.request(method, path).header(name, value);
    world.answer(request.body(Body::from(body.to_string())).unwrap()).await
}

/// A user and a group, and their paths.
async fn user_and_group(world: &World) -> [String; 2] {
    let user = format!("/Users/{}", world.user("ana").await);
    [user, world.group("Eng", &[]).await]
}

async fn version(world: &World, path: &str) -> String {
    world.get(path).await.header(header::ETAG).to_owned()
}

#[tokio::test]
async fn writes_on_another_version_are_refused_and_change_nothing() {
    let world = World::new().await;
    for path in user_and_group(&world).await {
        let entries = world.entries();
        for method in WRITES {
            for tag in ["W/\"999\"", "999", "", "nonsense", "W/\"0\", \"x\""] {
                let reply = send(&world, method.clone(), &path, (header::IF_MATCH, tag)).await;
                reply.expect_error(412, None);
            }
            for tag in ["*", &version(&world, &path).await] {
                let reply = send(&world, method.clone(), &path, (header::IF_NONE_MATCH, tag)).await;
                reply.expect_error(412, None);
            }
        }
        assert_eq!(world.entries(), entries, "{path}");
    }
}

#[tokio::test]
async fn writes_on_the_version_that_was_read_are_done() {
    let world = World::new().await;
    for path in user_and_group(&world).await {
        for method in [Method::PUT, Method::PATCH] {
            let read = version(&world, &path).await;
            let reply = send(&world, method, &path, (header::IF_MATCH, &read)).await;
            reply.expect(200);
            assert_ne!(reply.header(header::ETAG), read);
        }
        let patch = send(&world, Method::PATCH, &path, (header::IF_NONE_MATCH, "W/\"0\"")).await;
        patch.expect(200);
        let read = version(&world, &path).await;
        let bare = read.trim_start_matches("W/").trim_matches('"').to_owned();
        send(&world, Method::PUT, &path, (header::IF_MATCH, "*"))
            .await
            .expect(200);
        send(&world, Method::DELETE, &path, (header::IF_MATCH, &bare))
            .await
            .expect_error(412, None);
        let read = format!("\"1\", {}", version(&world, &path).await);
        send(&world, Method::DELETE, &path, (header::IF_MATCH, &read))
            .await
            .expect(204);
    }
}

/// RFC 9110 13.2.1: a condition counts only where the request would be done without it.
#[tokio::test]
async fn what_is_not_there_is_not_found_whatever_the_condition() {
    let world = World::new().await;
    for path in user_and_group(&world).await {
        world.delete(&path).await.expect(204);
        for method in WRITES.into_iter().chain([Method::GET]) {
            for tag in ["*", "W/\"1\""] {
                send(&world, method.clone(), &path, (header::IF_MATCH, tag))
                    .await
                    .expect_error(404, None);
            }
        }
    }
}

#[tokio::test]
async fn who_has_the_version_is_not_sent_it_again() {
    let world = World::new().await;
    for path in user_and_group(&world).await {
        let read = version(&world, &path).await;
        for method in [Method::GET, Method::HEAD] {
            for tag in [&read, "*", &format!("W/\"0\", {read}")] {
                let reply = send(&world, method.clone(), &path, (header::IF_NONE_MATCH, tag)).await;
                assert_eq!((reply.status, &reply.body), (304, &Value::Null));
                assert_eq!(reply.header(header::ETAG), read);
            }
        }
        send(&world, Method::GET, &path, (header::IF_NONE_MATCH, "W/\"0\""))
            .await
            .expect(200);
        send(&world, Method::GET, &path, (header::IF_MATCH, &read))
            .await
            .expect(200);
        send(&world, Method::GET, &path, (header::IF_MATCH, "W/\"0\""))
            .await
            .expect_error(412, None);
    }
}

#[tokio::test]
async fn a_change_of_a_large_group_tells_the_version_without_a_body() {
    let world = World::new().await;
    let group = world.group("Eng", &world.users("u", 1_001).await).await;
    let reply = send(&world, Method::PATCH, &group, (header::IF_MATCH, "*")).await;
    assert_eq!((reply.status, &reply.body), (204, &Value::Null));
    assert_eq!(reply.header(header::ETAG), version(&world, &group).await);
}
