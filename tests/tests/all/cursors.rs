//! Cursors (RFC 9865): a list that is read page by page while others write shows everything that was there all the time, once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rolecall_tests::scim::Scim;
use rolecall_tests::tenant::Tenant;
use rolecall_tests::wait;
use serde_json::Value;
use tokio::task::JoinSet;

const STANDING: usize = 60;
const WRITERS: usize = 4;
/// Each writer goes round these many names.
const COMING: usize = 100;
/// More than the writers have at one time, so that every walk has an end.
const PAGE: usize = 2 * WRITERS + 1;
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// What the writers and those who walk know of one another.
#[derive(Default)]
struct Writing {
    done: AtomicUsize,
    stop: AtomicBool,
}

impl Writing {
    /// Returns when something was written that was not begun before: of one more than the writers one has written twice.
    async fn go_on(&self) {
        let enough = self.done.load(Ordering::SeqCst) + WRITERS + 1;
        wait::until("somebody writes", WRITE_LIMIT, async || {
            (self.done.load(Ordering::SeqCst) >= enough).then_some(())
        })
        .await;
    }
}

/// Creates users between the standing ones, and deletes each as soon as the next one is there, until told to stop.
async fn come_and_go(scim: Scim, writer: usize, writing: Arc<Writing>) {
    let mut last: Option<String> = None;
    for number in (0..COMING).cycle() {
        if writing.stop.load(Ordering::SeqCst) {
            return;
        }
        let user = scim
            .create_user(&format!("user-{number:03}-{writer}@example.com"))
            .await;
        if let Some(last) = last.replace(user) {
            scim.http.delete(&format!("/Users/{last}")).await.expect(204);
        }
        writing.done.fetch_add(1, Ordering::SeqCst);
    }
}

fn ids(page: &Value) -> impl Iterator<Item = String> {
    let resources = page["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| resource["id"].as_str().unwrap().to_owned())
}

/// How often each user was seen on a walk from the first page to the last. Between any two pages somebody writes.
async fn walk(scim: &Scim, query: &str, writing: &Writing) -> BTreeMap<String, usize> {
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
        writing.go_on().await;
    }
}

#[tokio::test]
async fn what_is_there_from_beginning_to_end_is_seen_exactly_once_while_others_write() {
    let tenant = Tenant::start("okta").await;
    let scim = tenant.scim().clone();
    let mut standing = Vec::new();
    for number in 0..STANDING {
        standing.push(scim.create_user(&format!("user-{number:03}@example.com")).await);
    }
    let writing = Arc::new(Writing::default());
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(come_and_go(scim.clone(), writer, Arc::clone(&writing)));
    }
    for query in [
        "/Users?attributes=id",
        "/Users?attributes=id&sortBy=userName",
        "/Users?attributes=id&sortBy=userName&sortOrder=descending",
        "/Users?attributes=id&sortBy=title&filter=emails+co+%22example.com%22",
        "?attributes=id&filter=userName+pr",
    ] {
        let query = &format!("{query}&count={PAGE}");
        let seen = walk(&scim, query, &writing).await;
        for id in &standing {
            assert_eq!(seen.get(id), Some(&1), "{query}");
        }
        assert!(seen.values().all(|times| *times == 1), "{query}");
    }
    writing.stop.store(true, Ordering::SeqCst);
    writers.join_all().await;
}

#[tokio::test]
async fn a_cursor_outlives_a_restart_of_the_server() {
    let mut tenant = Tenant::start("okta").await;
    let scim = tenant.scim().clone();
    for name in ["ana", "ben", "cy"] {
        scim.create_user(&format!("{name}@example.com")).await;
    }
    let query = "/Users?count=2&sortBy=userName";
    let first = scim.http.get(&format!("{query}&cursor=")).await.expect(200);
    assert!(tenant.server.terminate().await.success(), "{}", tenant.server.log());
    tenant.server.start_again().await;
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
