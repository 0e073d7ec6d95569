//! Event streams: catching up and live by the same path, and how they end.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::test_server::{TestServer, request};

fn open(organization: &str, token: &str, last: Option<&str>) -> Request<Body> {
    let request = request("GET", &format!("{organization}/events"), token).header(header::ACCEPT, "text/event-stream");
    let request = match last {
        Some(last) => request.header("last-event-id", last),
        None => request,
    };
    request.body(Body::empty()).unwrap()
}

async fn add_team(server: &TestServer, organization: &str, token: &str, name: &str) {
    let body = json!({"type": "team", "name": name});
    server
        .json("POST", &format!("{organization}/entities"), token, body)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_stream_catches_up_and_goes_on_live() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    add_team(&server, &ours, &admin, "a").await;
    let later = async {
        while server.app.metrics.open_streams() == 0 {
            tokio::task::yield_now().await;
        }
        add_team(&server, &ours, &admin, "b").await;
    };
    let (text, ()) = tokio::join!(server.stream_until(open(&ours, &admin, None), "id: 2\n"), later);
    assert!(text.contains("id: 1\nevent: entry\ndata: {"), "{text}");
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on_after_its_last_event() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    for name in ["a", "b", "c"] {
        add_team(&server, &ours, &admin, name).await;
    }
    let text = server.stream_until(open(&ours, &admin, Some("2")), "id: 3\n").await;
    assert!(!text.contains("id: 2\n"), "{text}");
    let wrong = open(&ours, &admin, Some("yesterday"));
    server.send(wrong).await.expect(400);
}

#[tokio::test]
async fn a_stream_sends_what_it_catches_up_on_event_by_event() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    for name in ["a", "b", "c"] {
        add_team(&server, &ours, &admin, name).await;
    }
    let chunks = server.chunks_until(open(&ours, &admin, None), "id: 3\n").await;
    let events: Vec<_> = chunks.iter().map(|chunk| chunk.matches("id: ").count()).collect();
    assert_eq!(events, [0, 1, 1, 1], "{chunks:?}");
}

#[tokio::test]
async fn as_scim_events_an_entry_about_no_resource_only_moves_the_position() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    for name in ["a", "b"] {
        add_team(&server, &ours, &admin, name).await;
    }
    let request = request("GET", &format!("{ours}/events?format=scim"), &admin);
    let request = request.header(header::ACCEPT, "text/event-stream");
    let text = server
        .stream_until(request.body(Body::empty()).unwrap(), "id: 2\n\n")
        .await;
    assert_eq!(text, ": connected\n\nid: 1\n\nid: 2\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_says_that_it_is_alive() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let text = server.stream_until(open(&ours, &admin, None), ": alive\n").await;
    assert_eq!(text, ": connected\n\n: alive\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_token_and_with_the_server() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let tokens = format!("{ours}/tokens");
    let new = server
        .json("POST", &tokens, &admin, json!({"name": "s", "role": "auditor"}))
        .await
        .expect(201);
    let revoked = async {
        while server.app.metrics.open_streams() == 0 {
            tokio::task::yield_now().await;
        }
        let path = format!("{tokens}/{}", new["id"].as_str().unwrap());
        server.json("DELETE", &path, &admin, Value::Null).await.expect(204);
    };
    let token = new["token"].as_str().unwrap();
    let (text, ()) = tokio::join!(server.stream_until(open(&ours, token, None), "never"), revoked);
    assert_eq!(text, ": connected\n\n");

    server.draining.send_replace(true);
    let text = server.stream_until(open(&ours, &admin, None), "never").await;
    assert_eq!(text, ": connected\n\n");
    assert_eq!(server.app.metrics.open_streams(), 0);
}
