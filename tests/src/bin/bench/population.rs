//! Memory and start-up time of one organization with many users, groups and memberships, all pushed over SCIM.

use std::time::Instant;

use rolecall_tests::server::Server;
use rolecall_tests::{rule, scim};
use serde_json::{Value, json};

use crate::CONNECTIONS;
use crate::driver::{Target, id_of, send_all};

pub(crate) const USERS: usize = 100_000;
pub(crate) const GROUPS: usize = 5_000;
const MEMBERS: usize = 100;

/// Runs and reports.
pub(crate) async fn run() {
    println!(
        "{USERS} users, {GROUPS} groups, {} memberships in one organization",
        GROUPS * MEMBERS
    );
    let mut server = Server::start().await;
    let acme = server.organization("Acme").await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    let connection = acme.connect(&server.public(), "okta").await;
    let target = Target::scim(&server, &connection.id, &acme.connection_token(&connection.id).await);
    println!("  empty                    {}", memory(&server));

    let start = Instant::now();
    let users = users(&target, |number| scim::user(&format!("user-{number}@example.com"))).await;
    println!(
        "  users pushed             {}   in {:.1?}",
        memory(&server),
        start.elapsed()
    );

    let start = Instant::now();
    groups(&target, &users).await;
    println!(
        "  groups and members too   {}   in {:.1?}",
        memory(&server),
        start.elapsed()
    );

    let stop = Instant::now();
    server.terminate().await;
    println!("  stopped                  in {:.1?}", stop.elapsed());
    let start = Instant::now();
    server.start_again().await;
    println!(
        "  started again            {}   in {:.1?}",
        memory(&server),
        start.elapsed()
    );
    server.kill();
    let start = Instant::now();
    server.start_again().await;
    println!(
        "  started after a kill     {}   in {:.1?}",
        memory(&server),
        start.elapsed()
    );
    println!();
}

/// Pushes the users; returns their ids.
pub(crate) async fn users(target: &Target, body: fn(usize) -> Value) -> Vec<String> {
    let requests = (0..USERS).map(|number| target.request("POST", "/Users", &body(number)));
    send_all(target, CONNECTIONS, requests.collect(), id_of).await
}

/// Pushes the groups, then their members; returns the ids of the groups.
pub(crate) async fn groups(target: &Target, users: &[String]) -> Vec<String> {
    let bodies = (0..GROUPS).map(|number| scim::group(&format!("Group {number}"), &[]));
    let requests = bodies.map(|body| target.request("POST", "/Groups", &body)).collect();
    let groups = send_all(target, CONNECTIONS, requests, id_of).await;
    let patches = groups.iter().enumerate().map(|(number, group)| {
        let members = (0..MEMBERS).filter_map(|place| users.get((number * 37 + place * 991) % USERS));
        let value: Vec<Value> = members.map(|id| json!({ "value": id })).collect();
        let body = scim::patch(json!([{ "op": "add", "path": "members", "value": value }]));
        target.request("PATCH", &format!("/Groups/{group}"), &body)
    });
    let patches = patches.collect();
    send_all(target, CONNECTIONS, patches, |_| ()).await;
    groups
}

/// Resident memory, and the bytes on disk.
fn memory(server: &Server) -> String {
    let path = format!("/proc/{}/status", server.process_id());
    let status = std::fs::read_to_string(path).expect("failed to read the state of the server");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("a process has memory");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("VmRSS is a number");
    format!(
        "{:>6} MiB resident   {:>6} MiB on disk",
        kibibytes / 1024,
        folder_bytes(server.data()) / (1024 * 1024)
    )
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        // A file that is gone since it was listed takes no space.
        Err(_) => 0,
    });
    sizes.sum()
}
