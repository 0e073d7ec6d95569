//! The event stream: everything once and in order, whether it happened before, while or after somebody listened.

use std::time::{Duration, Instant};

use rolecall_tests::admin::{Organization, position_of};
use rolecall_tests::event_stream::{EventStream, Message};
use rolecall_tests::scim::{self, Scim};
use rolecall_tests::server::Server;
use serde_json::{Value, json};

async fn organization(server: &Server) -> (Organization, Scim) {
    let acme = server.organization("Acme").await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    (acme, scim)
}

#[tokio::test]
async fn a_reader_catches_up_and_then_follows_without_a_gap() {
    let server = Server::start().await;
    let (acme, scim) = organization(&server).await;
    for number in 0..50 {
        scim.create_user(&format!("before-{number}@example.com")).await;
    }
    let mut stream = EventStream::open(&acme, 0).await;
    // While it still catches up, more happens.
    for number in 0..50 {
        scim.create_user(&format!("while-{number}@example.com")).await;
    }
    let pages = acme.events_after(0).await;
    assert!(pages.len() >= 100);
    for (index, entry) in pages.iter().enumerate() {
        let (id, data) = stream.next_event().await;
        assert_eq!(id, index as u64 + 1);
        assert_eq!(&data, entry, "the stream and the pages tell the same");
    }
    let user = scim.create_user("after@example.com").await;
    let (id, data) = stream.next_event().await;
    assert_eq!(id, pages.len() as u64 + 1);
    assert!(data.to_string().contains(&user), "{data}");
}

#[tokio::test]
async fn a_reader_resumes_after_the_last_event_it_saw() {
    let mut server = Server::start().await;
    let (acme, scim) = organization(&server).await;
    for number in 0..5 {
        scim.create_user(&format!("user-{number}@example.com")).await;
    }
    let mut stream = EventStream::open(&acme, 0).await;
    let (seen, _) = stream.next_event().await;
    drop(stream);
    let mut resumed = EventStream::resume(&acme, seen).await;
    assert_eq!(resumed.next_event().await.0, seen + 1);

    // The position outlives the server too.
    server.kill();
    server.start_again().await;
    let mut resumed = EventStream::resume(&acme, seen).await;
    assert_eq!(resumed.next_event().await.0, seen + 1);
}

#[tokio::test]
async fn a_stream_is_kept_open_by_heartbeats_while_nothing_happens() {
    let server = Server::start().await;
    let (acme, _) = organization(&server).await;
    let head = acme.head_after(0).await;
    let mut stream = EventStream::open(&acme, head).await;
    assert_eq!(stream.next().await, Message::Heartbeat);
}

#[tokio::test]
async fn a_reader_that_does_not_read_slows_nobody_and_misses_nothing() {
    let server = Server::start().await;
    let (acme, scim) = organization(&server).await;
    let group = scim.create_group("Crowd", &[]).await;
    let mut users = Vec::new();
    for number in 0..200 {
        users.push(scim.create_user(&format!("user-{number}@example.com")).await);
    }
    let head = acme.head_after(0).await;
    let mut asleep = EventStream::open(&acme, head).await;

    // Far more than any socket buffer holds: each entry names 200 users.
    let members: Vec<Value> = users.iter().map(|id| json!({ "value": id })).collect();
    let mut slowest = Duration::ZERO;
    for round in 0..1000 {
        let now = if round % 2 == 0 { members.clone() } else { Vec::new() };
        let operations = json!([{ "op": "replace", "path": "members", "value": now }]);
        let start = Instant::now();
        scim.http
            .patch(&format!("/Groups/{group}"), &scim::patch(operations))
            .await
            .expect_success();
        slowest = slowest.max(start.elapsed());
    }
    assert!(
        slowest < Duration::from_secs(5),
        "a write took {slowest:?} while a reader slept"
    );

    let mut last = head;
    for _ in 0..1000 {
        let (id, data) = asleep.next_event().await;
        assert_eq!((id, position_of(&data)), (last + 1, last + 1));
        last = id;
    }
}
