//! Many operations in one request.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, header};
use futures_util::stream;
use serde_json::{Value, json};

use super::world::{PUBLIC_URL, Reply, World};
use crate::limits::SCIM_BODY_BYTES_MAX;
use crate::scim::limits::{BULK_DURATION_MAX, BULK_OPERATIONS_MAX};

async fn bulk(world: &World, operations: Value) -> Reply {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    world.post("/Bulk", body).await
}

/// The results of a Bulk, which is answered with 200 whatever became of its operations.
fn results(reply: &Reply) -> &[Value] {
    let body = reply.expect(200);
    assert_eq!(
        body["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"])
    );
    body["Operations"].as_array().unwrap()
}

fn statuses(reply: &Reply) -> Vec<&str> {
    results(reply)
        .iter()
        .map(|result| result["status"].as_str().unwrap())
        .collect()
}

fn user(name: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": name}})
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members
        .iter()
        .map(|name| json!({"value": format!("bulkId:{name}")}))
        .collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": name, "data": {"displayName": name, "members": members}})
}

#[tokio::test]
async fn a_group_may_come_before_its_members() {
    let world = World::new().await;
    let reply = bulk(&world, json!([group("Eng", &["ana", "ben"]), user("ana"), user("ben")])).await;
    assert_eq!(statuses(&reply), ["201", "201", "201"]);
    let [group, ana, ben] = results(&reply) else {
        panic!("{reply:?}")
    };
    let base = format!("{PUBLIC_URL}{}", world.base_path);
    let path = |result: &Value| {
        result["location"]
            .as_str()
            .unwrap()
            .strip_prefix(&base)
            .unwrap()
            .to_owned()
    };
    let id = |result: &Value| path(result).rsplit('/').next().unwrap().to_owned();
    assert_eq!(world.members(&path(group)).await, [id(ana), id(ben)]);
    assert_eq!(
        *ana,
        json!({"method": "POST", "bulkId": "ana", "location": format!("{base}/Users/{}", id(ana)), "version": "W/\"1\"", "status": "201"})
    );
    assert_eq!(group["version"], world.get(&path(group)).await.header(header::ETAG));
}

#[tokio::test]
async fn every_method_does_what_the_request_alone_would_do() {
    let world = World::new().await;
    let (ana, ben) = (world.user("ana").await, world.user("ben").await);
    let eng = world.group("Eng", std::slice::from_ref(&ana)).await;
    let reply = bulk(
        &world,
        json!([
            {"method": "put", "path": format!("/Users/{ana}"), "data": {"userName": "ana2"}},
            {"method": "PATCH", "path": eng, "data": {"Operations": [{"op": "add", "path": "members", "value": [{"value": ben}]}]}},
            {"method": "DELETE", "path": format!("/Users/{ben}"), "bulkId": "gone"},
            {"method": "PATCH", "path": "/Groups/bulkId:Ops", "data": {"Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:cho"}]}]}},
            group("Ops", &[]),
            user("cho"),
        ]),
    )
    .await;
    assert_eq!(statuses(&reply), ["200", "200", "204", "200", "201", "201"]);
    let [_, _, gone, patched, ops, cho] = results(&reply) else {
        panic!("{reply:?}")
    };
    let base = format!("{PUBLIC_URL}{}", world.base_path);
    let location = format!("{base}/Users/{ben}");
    assert_eq!(
        *gone,
        json!({"method": "DELETE", "bulkId": "gone", "location": location, "status": "204"})
    );
    assert_eq!(patched["location"], ops["location"]);
    assert_eq!(
        world.get(&format!("/Users/{ana}")).await.expect(200)["userName"],
        json!("ana2")
    );
    assert_eq!(world.members(&eng).await, [ana]);
    let ops = world
        .members(ops["location"].as_str().unwrap().strip_prefix(&base).unwrap())
        .await;
    assert_eq!(ops, [cho["location"].as_str().unwrap().rsplit('/').next().unwrap()]);
}

#[tokio::test]
async fn a_selection_may_name_what_the_bulk_creates() {
    let world = World::new().await;
    let ben = world.user("ben").await;
    let remove = json!([{"op": "remove", "path": r#"members[value eq "bulkId:ana"]"#}]);
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ben}, {"value": "bulkId:ana"}]}]);
    let operations = json!([
        {"method": "PATCH", "path": "/Groups/bulkId:Eng", "data": {"Operations": add}},
        {"method": "PATCH", "path": "/Groups/bulkId:Eng", "data": {"Operations": remove}},
        group("Eng", &[]),
        user("ana"),
    ]);
    let reply = bulk(&world, operations).await;
    assert_eq!(statuses(&reply), ["200", "200", "201", "201"]);
    let base = format!("{PUBLIC_URL}{}", world.base_path);
    let eng = results(&reply)[2]["location"].as_str().unwrap();
    assert_eq!(world.members(eng.strip_prefix(&base).unwrap()).await, [ben]);
}

#[tokio::test]
async fn an_operation_fails_alone_with_the_error_of_a_request() {
    let world = World::new().await;
    let ana = world.user("ana").await;
    let reply = bulk(
        &world,
        json!([
            user("ana"),
            {"method": "PATCH", "path": "/Users/none", "data": {"Operations": []}},
            {"method": "PATCH", "path": format!("/Users/{ana}"), "data": {"Operations": []}},
            {"method": "DELETE", "path": format!("/Users/{ana}"), "version": "W/\"99\""},
            {"method": "POST", "path": "/Bulk", "bulkId": "nested", "data": {"Operations": []}},
            {"method": "PUT", "path": format!("/Users/{ana}"), "version": "W/\"1\"", "data": {"userName": "Ana"}},
            {"method": "PUT", "path": format!("/Users/{ana}"), "data": {"nickName": "bulkId:nobody"}},
            {"method": "DELETE", "path": "/Groups/bulkId:nobody"},
        ]),
    )
    .await;
    assert_eq!(
        statuses(&reply),
        ["409", "404", "400", "412", "400", "200", "400", "400"]
    );
    let [taken, unknown, empty, _, nested, done, refused, nobody] = results(&reply) else {
        panic!("{reply:?}")
    };
    assert_eq!(nested.get("location"), None);
    assert_eq!(refused["location"], done["location"]);
    let base = format!("{PUBLIC_URL}{}", world.base_path);
    assert_eq!(nobody["location"], json!(format!("{base}/Groups/bulkId:nobody")));
    assert_eq!(taken["response"]["scimType"], json!("uniqueness"));
    assert_eq!(taken.get("location"), None);
    assert_eq!(
        unknown["response"]["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
    );
    assert_eq!(empty["response"]["scimType"], json!("invalidSyntax"));
    assert_eq!(
        empty["location"],
        json!(format!("{PUBLIC_URL}{}/Users/{ana}", world.base_path))
    );
    assert_eq!(
        (done["version"].as_str(), done.get("response")),
        (Some("W/\"2\""), None)
    );
}

#[tokio::test]
async fn a_version_that_an_earlier_operation_moved_on_refuses_the_next() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    let rename = json!({"method": "PUT", "path": path, "version": "W/\"1\"", "data": {"userName": "ben"}});
    let delete = json!({"method": "DELETE", "path": path, "version": "W/\"1\""});
    let reply = bulk(&world, json!([rename, rename, delete])).await;
    assert_eq!(statuses(&reply), ["200", "412", "412"]);
    assert_eq!(
        world.get(&path).await.expect(200)["meta"]["version"],
        results(&reply)[0]["version"]
    );
}

#[tokio::test]
async fn what_refers_to_a_failure_or_in_a_circle_fails() {
    let world = World::new().await;
    world.user("ana").await;
    let operations = json!([
        group("Eng", &["ana"]),
        user("ana"),
        group("a", &["b"]),
        group("b", &["a"]),
        group("c", &["x"]),
        user("ben")
    ]);
    let reply = bulk(&world, operations).await;
    assert_eq!(statuses(&reply), ["409", "409", "409", "409", "400", "201"]);
    let [eng, _, circle, _, unknown, _] = results(&reply) else {
        panic!("{reply:?}")
    };
    assert_eq!(
        eng["response"].get("scimType"),
        None,
        "nobody should take it for a name that is taken"
    );
    assert!(
        circle["response"]["detail"]
            .as_str()
            .unwrap()
            .contains("without itself")
    );
    assert_eq!(unknown["response"]["scimType"], json!("invalidValue"));
    assert_eq!(world.get("/Groups").await.expect(200)["totalResults"], json!(0));
}

#[tokio::test]
async fn after_so_many_errors_nothing_more_is_done() {
    let world = World::new().await;
    world.user("ana").await;
    for (fail_on_errors, expected) in [
        (1, vec!["201", "409"]),
        (2, vec!["201", "409", "409"]),
        (3, vec!["201", "409", "409", "201"]),
    ] {
        let (first, last) = (format!("first{fail_on_errors}"), format!("last{fail_on_errors}"));
        let operations = json!([user(&first), user("ana"), user("ANA"), user(&last)]);
        let reply = world
            .post(
                "/Bulk",
                json!({"failOnErrors": fail_on_errors, "Operations": operations}),
            )
            .await;
        assert_eq!(statuses(&reply), expected);
    }
}

#[tokio::test]
async fn results_stand_in_the_order_of_the_request_also_when_it_stops() {
    let world = World::new().await;
    let operations =
        json!([group("Eng", &["ana"]), {"method": "DELETE", "path": "/Users/none"}, user("ben"), user("ana")]);
    let reply = world
        .post("/Bulk/", json!({"failOnErrors": 1, "operations": operations}))
        .await;
    assert_eq!(statuses(&reply), ["404"]);
    assert_eq!(world.get("/Users").await.expect(200)["totalResults"], json!(0));
}

#[tokio::test]
async fn a_connection_without_group_provisioning_writes_users_alone() {
    let world = World::new().await;
    world.provision_groups(false).await;
    let reply = bulk(&world, json!([group("Eng", &[]), user("ana")])).await;
    assert_eq!(statuses(&reply), ["403", "201"]);
}

#[tokio::test]
async fn limits_are_enforced_as_they_are_announced() {
    let world = World::new().await;
    let config = world.get("/ServiceProviderConfig").await;
    let announced =
        json!({"supported": true, "maxOperations": BULK_OPERATIONS_MAX, "maxPayloadSize": SCIM_BODY_BYTES_MAX});
    assert_eq!(config.expect(200)["bulk"], announced);
    let reply = bulk(&world, json!(vec![user("ana"); BULK_OPERATIONS_MAX + 1])).await;
    reply.expect_error(413, None);
    assert!(reply.body["detail"].as_str().unwrap().contains("1000 operations"));
    let reply = bulk(&world, json!([user(&"x".repeat(SCIM_BODY_BYTES_MAX))])).await;
    reply.expect_error(413, None);
    assert!(reply.body["detail"].as_str().unwrap().contains("4194304 bytes"));
    bulk(&world, json!([user("ana"), user("ana")]))
        .await
        .expect_error(400, Some("invalidValue"));
    assert_eq!(world.entries(), 0);
}

#[tokio::test]
async fn as_many_operations_as_there_may_be_are_done() {
    let world = World::new().await;
    let names: Vec<String> = (1..BULK_OPERATIONS_MAX).map(|number| format!("u{number}")).collect();
    let all = group("Everybody", &names.iter().map(String::as_str).collect::<Vec<_>>());
    let operations: Vec<Value> = std::iter::once(all)
        .chain(names.iter().map(|name| user(name)))
        .collect();
    let reply = bulk(&world, json!(operations)).await;
    assert_eq!(statuses(&reply), vec!["201"; BULK_OPERATIONS_MAX]);
}

/// A Bulk whose body takes this long to come.
async fn bulk_after(world: &World, body_takes: Duration) -> Reply {
    let body = json!({"Operations": [user("ana"), group("Eng", &["ana"])]}).to_string();
    let body = stream::once(async move {
        tokio::time::sleep(body_takes).await;
        Ok::<_, Infallible>(body)
    });
    let request = world.request(Method::POST, "/Bulk").body(Body::from_stream(body));
    world.answer(request.unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn what_was_not_begun_in_time_is_told_of_also_when_the_body_took_the_time() {
    let world = World::new().await;
    let reply = bulk_after(&world, BULK_DURATION_MAX + Duration::from_secs(1)).await;
    assert_eq!(statuses(&reply), ["503", "503"]);
    assert_eq!(world.entries(), 0);
    let reply = bulk_after(&world, BULK_DURATION_MAX - Duration::from_secs(1)).await;
    assert_eq!(statuses(&reply), ["201", "201"]);
}
