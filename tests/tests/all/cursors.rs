//! Cursors (RFC 9865): a list that is read page by page while others write shows everything that was there all the time, once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rolecall_tests::scim::Scim;
use rolecall_tests::server::Server;
use serde_json::Value;
use tokio::task::JoinSet;

const STANDING: usize = 60;
const WRITERS: usize = 4;
/// Each writer creates this many users, so that every walk has an end.
const COMING: usize = 100;

/// Creates users between the standing ones, and deletes each as soon as the next one is there.
async fn come_and_go(scim: Scim, writer: usize, stop: Arc<AtomicBool>) {
    let mut last: Option<String> = None;
    for number in 0..COMING {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let user = scim
            .create_user(&format!("user-{number:03}-{writer}@example.com"))
            .await;
        if let Some(last) = last.replace(user) {
            scim.http.delete(&format!("/Users/{last}")).await.expect(204);
        }
    }
}

fn ids(page: &Value) -> impl Iterator<Item = String> {
    let resources = page["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| resource["id"].as_str().unwrap().to_owned())
}

/// How often each user was seen on a walk from the first page to the last.
async fn walk(scim: &Scim, query: &str) -> BTreeMap<String, usize> {
    let (mut seen, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = scim
            .http
            .get(&format!("{query}&cursor={cursor}"))
            .await
            .expect(200)
            .json();
        ids(&page).for_each(|id| *seen.entry(id).or_default() += 1);
        match page.get("nextCursor") {
            Some(next) => next.as_str().unwrap().clone_into(&mut cursor),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn what_is_there_from_beginning_to_end_is_seen_exactly_once_while_others_write() {
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    let mut standing = Vec::new();
    for number in 0..STANDING {
        standing.push(scim.create_user(&format!("user-{number:03}@example.com")).await);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(come_and_go(scim.clone(), writer, Arc::clone(&stop)));
    }
    for query in [
        "/Users?count=7&attributes=id",
        "/Users?count=7&attributes=id&sortBy=userName",
        "/Users?count=7&attributes=id&sortBy=userName&sortOrder=descending",
        "/Users?count=7&attributes=id&sortBy=title&filter=emails+co+%22example.com%22",
        "?count=7&attributes=id&filter=userName+pr",
    ] {
        let seen = walk(&scim, query).await;
        for id in &standing {
            assert_eq!(seen.get(id), Some(&1), "{query}");
        }
        assert!(seen.values().all(|times| *times == 1), "{query}");
    }
    stop.store(true, Ordering::Relaxed);
    writers.join_all().await;
}

#[tokio::test]
async fn a_cursor_outlives_a_restart_of_the_server() {
    let mut server = Server::start().await;
    let acme = server.organization("Acme").await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    for name in ["ana", "ben", "cy"] {
        scim.create_user(&format!("{name}@example.com")).await;
    }
    let query = "/Users?count=2&sortBy=userName";
    let first = scim.http.get(&format!("{query}&cursor=")).await.expect(200);
    assert!(server.terminate().await.success(), "{}", server.log());
    server.start_again().await;
    let cursor = first.text("nextCursor");
    let second = scim
        .http
        .get(&format!("{query}&cursor={cursor}"))
        .await
        .expect(200)
        .json();
    assert_eq!(second["Resources"][0]["userName"], "cy@example.com");
    assert_eq!(second.get("nextCursor"), None);
}
