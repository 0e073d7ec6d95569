//! Durable single-member PATCHes over kept-alive connections, beside the floor of the same run.

use std::time::Duration;

use rolecall_tests::server::Server;
use rolecall_tests::{rule, scim};

use crate::driver::{Target, drive};
use crate::{CONNECTIONS, raw_log};

const WARM_UP: Duration = Duration::from_secs(2);
const TIME: Duration = Duration::from_secs(10);
const RAW_TIME: Duration = Duration::from_secs(3);
const USERS: usize = 1_000;
/// About what one such PATCH is in the log, with its chain and block.
const ENTRY_BYTES: usize = 300;

/// Runs and reports.
pub(crate) async fn run() {
    println!("Single-member PATCHes, every one a durable entry, each with a rule, a team and a role behind it");
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    let connection = acme.connect(&server.public(), "okta").await;
    let mut users = Vec::new();
    for number in 0..USERS {
        users.push(connection.scim.create_user(&format!("user-{number}@example.com")).await);
    }
    let target = Target::scim(&server, &connection.id, &acme.connection_token(&connection.id).await);
    let mut requests = Vec::new();
    for number in 0..CONNECTIONS {
        let group = connection.scim.create_group(&format!("Group {number}"), &[]).await;
        let path = format!("/Groups/{group}");
        let add = users
            .iter()
            .map(|user| target.request("PATCH", &path, &scim::patch(scim::add_member(user))));
        let remove = users
            .iter()
            .map(|user| target.request("PATCH", &path, &scim::patch(scim::remove_member(user))));
        requests.push(add.chain(remove).collect());
    }

    let one = drive(&target, requests.iter().take(1).cloned().collect(), WARM_UP, TIME / 2).await;
    let many = drive(&target, requests, WARM_UP, TIME).await;
    let entry = [b'x'; ENTRY_BYTES];
    let raw_one = raw_log::single(&entry, RAW_TIME);
    let raw_many = raw_log::grouped(&entry, CONNECTIONS, RAW_TIME).await;
    println!("  {CONNECTIONS:>3} connections            {}", many.line());
    println!("    1 connection             {}", one.line());
    println!(
        "  {CONNECTIONS:>3} appenders, raw, grouped {}   ratio {:.3}",
        raw_many.line(),
        many.rate() / raw_many.rate()
    );
    println!(
        "    1 appender, raw          {}   ratio {:.3}",
        raw_one.line(),
        one.rate() / raw_one.rate()
    );
    println!("  answered while measured: {} and {}", many.count(), one.count());
    println!();
}
