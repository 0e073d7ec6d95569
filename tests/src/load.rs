//! Writers that never stop by themselves and remember what was answered, to be interrupted and held against the truth.
//!
//! Each writer owns a group and some users and sends one request at a time, so exactly one request of it can be
//! without an answer when the server goes down. That one may or may not have happened; all others must have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::admin::{Connection, Organization};
use crate::random::Random;
use crate::scim::{self, Scim};
use crate::server::Server;

const WRITERS: usize = 8;
const LOAD_LIMIT: Duration = Duration::from_secs(120);

/// One client that changes its own group and users.
#[derive(Debug)]
pub struct Writer {
    scim: Scim,
    number: usize,
    random: Random,
    group: String,
    ids: BTreeMap<String, String>,
    known: Known,
    in_flight: Option<Change>,
    changes: u64,
}

/// What a writer knows to be so, because it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    group_name: String,
    users: BTreeSet<String>,
    members: BTreeSet<String>,
}

/// One request.
#[derive(Clone, Debug)]
enum Change {
    CreateUser(String),
    AddMember(String),
    RemoveMember(String),
    RenameGroup(String),
}

impl Known {
    fn with(&self, change: &Change) -> Known {
        let mut known = self.clone();
        match change {
            Change::CreateUser(name) => _ = known.users.insert(name.clone()),
            Change::AddMember(name) => _ = known.members.insert(name.clone()),
            Change::RemoveMember(name) => _ = known.members.remove(name),
            Change::RenameGroup(name) => known.group_name.clone_from(name),
        }
        known
    }
}

/// Creates writers, each with its group and one user.
pub async fn writers(connection: &Connection, count: usize, seed: u64) -> Vec<Writer> {
    let mut writers = Vec::new();
    for number in 0..count {
        let scim = connection.scim.clone();
        let (group_name, user_name) = (group_name(number, 0), user_name(number, 0));
        let user = scim.create_user(&user_name).await;
        let group = scim.create_group(&group_name, &[]).await;
        let random = Random::seeded(seed.wrapping_mul(1000).wrapping_add(number as u64));
        let ids = BTreeMap::from([(user_name.clone(), user)]);
        let known = Known {
            group_name,
            users: BTreeSet::from([user_name]),
            members: BTreeSet::new(),
        };
        writers.push(Writer {
            scim,
            number,
            random,
            group,
            ids,
            known,
            in_flight: None,
            changes: 0,
        });
    }
    writers
}

/// Lets all writers write at once; calls `interrupt` when `acknowledged` writes were answered, while they still write,
/// and returns when each has met a request without a positive answer.
pub async fn write_until(writers: Vec<Writer>, acknowledged: u64, interrupt: impl AsyncFnOnce()) -> Vec<Writer> {
    let answered = Arc::new(AtomicU64::new(0));
    let enough = Arc::new(Notify::new());
    let mut tasks = JoinSet::new();
    for mut writer in writers {
        let (answered, enough) = (answered.clone(), enough.clone());
        tasks.spawn(async move {
            while writer.write_once().await {
                if answered.fetch_add(1, Ordering::Relaxed) + 1 == acknowledged {
                    enough.notify_one();
                }
            }
            writer
        });
    }
    let waited = tokio::time::timeout(LOAD_LIMIT, enough.notified()).await;
    let count = answered.load(Ordering::Relaxed);
    assert!(
        waited.is_ok(),
        "only {count} of {acknowledged} writes were answered within {LOAD_LIMIT:?}"
    );
    interrupt().await;
    tasks.join_all().await
}

impl Writer {
    /// Sends one change; false when it got no positive answer.
    async fn write_once(&mut self) -> bool {
        let change = self.next_change();
        self.in_flight = Some(change.clone());
        let (method, path, body) = self.request(&change);
        let Ok(answer) = self.scim.http.try_send(method, &path, Some(&body)).await else {
            return false;
        };
        match answer.status {
            200..=299 => {}
            // What a server that is going down may say; it may have happened nevertheless.
            503 => return false,
            _ => panic!("answer to {change:?}: {} {}", answer.status, answer.body),
        }
        if let Change::CreateUser(name) = &change {
            self.ids.insert(name.clone(), answer.text("id"));
        }
        self.known = self.known.with(&change);
        self.in_flight = None;
        true
    }

    fn next_change(&mut self) -> Change {
        self.changes += 1;
        let (name, kind) = (user_name(self.number, self.changes), self.random.below(10));
        let place = self.random.below(self.ids.len() as u64);
        let user = self
            .ids
            .keys()
            .nth(usize::try_from(place).unwrap_or(0))
            .expect("a writer has a user")
            .clone();
        match kind {
            0 => Change::CreateUser(name),
            1 => Change::RenameGroup(group_name(self.number, self.changes)),
            _ if self.known.members.contains(&user) => Change::RemoveMember(user),
            _ => Change::AddMember(user),
        }
    }

    fn request(&self, change: &Change) -> (&'static str, String, Value) {
        let group = format!("/Groups/{}", self.group);
        let id = |name: &String| self.ids.get(name).map_or("", String::as_str);
        match change {
            Change::CreateUser(name) => ("POST", "/Users".to_owned(), scim::user(name)),
            Change::AddMember(name) => ("PATCH", group, scim::patch(scim::add_member(id(name)))),
            Change::RemoveMember(name) => ("PATCH", group, scim::patch(scim::remove_member(id(name)))),
            Change::RenameGroup(name) => ("PATCH", group, scim::patch(scim::rename(name))),
        }
    }
}

/// Kills the server under load and starts it again on the same data, `rounds` times; panics when anything that was
/// answered is not there afterwards, when positions have a gap, or when the log does not derive to what it says.
pub async fn survive_kills(mut server: Server, rounds: u64, mut random: Random) {
    let organization = server.organization("Acme").await;
    let connection = organization.connect(&server.public(), "okta").await;
    let mut writers = writers(&connection, WRITERS, random.below(1000)).await;
    let mut head = 0;
    for _ in 0..rounds {
        let acknowledged = 20 + random.below(400);
        writers = write_until(writers, acknowledged, async || server.kill()).await;
        server.start_again().await;
        check_and_resume(&mut writers, &organization).await;
        let now = check_entries(&organization, head).await;
        assert!(
            now >= head + acknowledged,
            "{acknowledged} writes were answered after {head}, the log ends at {now}"
        );
        head = now;
    }
    let report = organization.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

/// Holds what every writer knows against what the restarted server says, and lets the writers go on from there.
///
/// Each must find exactly what was answered, with or without its one request that was not.
pub async fn check_and_resume(writers: &mut [Writer], organization: &Organization) {
    let users = organization.list("/users").await;
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for user in &users {
        ids.insert(text(user, "user_name"), text(user, "id"));
    }
    let names: BTreeMap<&str, &str> = ids.iter().map(|(name, id)| (id.as_str(), name.as_str())).collect();
    for writer in writers {
        let mine = format!("writer-{}-", writer.number);
        let group = writer
            .scim
            .http
            .get(&format!("/Groups/{}", writer.group))
            .await
            .expect(200)
            .json();
        let members = group
            .get("members")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let found = Known {
            group_name: text(&group, "displayName"),
            users: ids.keys().filter(|name| name.starts_with(&mine)).cloned().collect(),
            members: members.iter().map(|member| name_of(member, &names)).collect(),
        };
        let possible = writer.in_flight.as_ref().map(|change| writer.known.with(change));
        assert!(
            found == writer.known || Some(&found) == possible.as_ref(),
            "acknowledged: {:?}\nnot answered: {:?}\nfound: {found:?}",
            writer.known,
            writer.in_flight
        );
        writer.ids = found
            .users
            .iter()
            .map(|name| (name.clone(), ids[name].clone()))
            .collect();
        writer.known = found;
        writer.in_flight = None;
    }
}

/// Panics unless positions are dense from `after` on and every entry is whole; returns the last position.
pub async fn check_entries(organization: &Organization, after: u64) -> u64 {
    let mut last = after;
    for entry in organization.events_after(after).await {
        assert_eq!(entry["position"], json!(last + 1), "positions are dense: {entry}");
        let facts = entry["facts"].as_array().map_or(0, Vec::len);
        assert!(facts > 0 && entry["at"].is_string(), "an entry is whole: {entry}");
        last += 1;
    }
    last
}

fn name_of(member: &Value, names: &BTreeMap<&str, &str>) -> String {
    let id = text(member, "value");
    (*names
        .get(id.as_str())
        .unwrap_or_else(|| panic!("member {id} is no user")))
    .to_owned()
}

fn text(item: &Value, member: &str) -> String {
    item[member]
        .as_str()
        .unwrap_or_else(|| panic!("`{member}` is no text in {item}"))
        .to_owned()
}

fn user_name(writer: usize, change: u64) -> String {
    format!("writer-{writer}-{change}@example.com")
}

fn group_name(writer: usize, change: u64) -> String {
    format!("Writer {writer} at {change}")
}
