//! Many requests at one time.

use axum::http::StatusCode;
use futures_util::future::join_all;
use serde_json::json;

use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_patches_of_one_group_all_count() {
    let world = World::new().await;
    let users = world.users("u", 60).await;
    let group = world.group("Eng", users.get(..20).unwrap()).await;
    let removes = users.get(..20).unwrap().iter();
    let removes = removes.map(|id| json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]));
    let adds = users.get(20..).unwrap().iter();
    let adds = adds.map(|id| json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
    let sent = removes.chain(adds).map(|operations| {
        let (world, group) = (world.clone(), group.clone());
        tokio::spawn(async move { world.patch(&group, operations).await })
    });
    for reply in join_all(sent).await {
        reply.unwrap().expect(200);
    }
    assert_eq!(world.members(&group).await, users.get(20..).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_creates_of_one_name_make_one_user() {
    let world = World::new().await;
    let sent = (0..50).map(|_| {
        let world = world.clone();
        tokio::spawn(async move { world.post("/Users", json!({"userName": "ana"})).await })
    });
    let replies: Vec<_> = join_all(sent).await.into_iter().map(Result::unwrap).collect();
    let (created, refused): (Vec<_>, Vec<_>) = replies
        .into_iter()
        .partition(|reply| reply.status == StatusCode::CREATED.as_u16());
    assert_eq!((created.len(), refused.len()), (1, 49));
    refused
        .iter()
        .for_each(|reply| reply.expect_error(409, Some("uniqueness")));
    assert_eq!(world.entries(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_patches_of_one_user_lose_nothing() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    let sent = (0..40).map(|number| {
        let (world, path) = (world.clone(), path.clone());
        let operations = json!([{"op": "add", "path": "emails", "value": [{"value": format!("{number}@x")}]}]);
        tokio::spawn(async move { world.patch(&path, operations).await })
    });
    for reply in join_all(sent).await {
        reply.unwrap().expect(200);
    }
    let user = world.get(&path).await;
    assert_eq!(user.expect(200)["emails"].as_array().unwrap().len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_reads_what_was_written() {
    let world = World::new().await;
    let group = world.group("Eng", &[]).await;
    let users = world.users("u", 20).await;
    let sent = users.iter().cloned().map(|id| {
        let (world, group) = (world.clone(), group.clone());
        tokio::spawn(async move {
            let operations = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
            let reply = world.patch(&group, operations).await;
            let shown = reply.expect(200)["members"].as_array().unwrap();
            assert!(shown.iter().any(|member| member["value"] == json!(id)));
        })
    });
    join_all(sent).await.into_iter().for_each(Result::unwrap);
}
