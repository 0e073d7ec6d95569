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
/// Members that come and go in each group of the ordinary run.
const GROUP_MEMBERS: usize = 30;
/// About what one such PATCH is in the log, with its chain and block.
const ENTRY_BYTES: usize = 300;

/// Runs and reports.
pub(crate) async fn run() {
    println!("Single-member PATCHes, every one a durable entry with a rule, a team and a role behind it");
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    let connection = acme.connect(&server.public(), "okta").await;
    let mut users = Vec::new();
    for number in 0..USERS {
        users.push(connection.scim.create_user(&format!("user-{number}@example.com")).await);
    }
    let target = Target::scim(&server, &connection.id, &acme.connection_token(&connection.id).await);
    let (mut small, mut growing) = (Vec::new(), Vec::new());
    for number in 0..CONNECTIONS {
        let group = connection.scim.create_group(&format!("Group {number}"), &[]).await;
        let some = users.iter().cycle().skip(number * GROUP_MEMBERS).take(GROUP_MEMBERS);
        small.push(come_and_go(&target, &group, some.cloned().collect()));
        growing.push(come_and_go(&target, &group, users.clone()));
    }

    let one = drive(&target, small.iter().take(1).cloned().collect(), WARM_UP, TIME / 2).await;
    let many = drive(&target, small, WARM_UP, TIME).await;
    let growing = drive(&target, growing, WARM_UP, TIME).await;
    let entry = [b'x'; ENTRY_BYTES];
    let raw_one = raw_log::single(&entry, RAW_TIME);
    let raw_many = raw_log::grouped(&entry, CONNECTIONS, RAW_TIME).await;
    println!("  groups of up to {GROUP_MEMBERS} members");
    println!("  {CONNECTIONS:>3} connections            {}", many.line());
    println!("    1 connection             {}", one.line());
    println!("  groups that grow to {USERS} members, each answer holding all of them");
    println!("  {CONNECTIONS:>3} connections            {}", growing.line());
    println!("  plain append and fdatasync of {ENTRY_BYTES} bytes");
    println!(
        "  {CONNECTIONS:>3} appenders, grouped     {}   ratio {:.3}",
        raw_many.line(),
        many.rate() / raw_many.rate()
    );
    println!(
        "    1 appender               {}   ratio {:.3}",
        raw_one.line(),
        one.rate() / raw_one.rate()
    );
    println!("  answered while measured: {} and {}", many.count(), one.count());
    println!();
}

/// Each user joins the group, then each leaves it.
fn come_and_go(target: &Target, group: &str, users: Vec<String>) -> Vec<Vec<u8>> {
    let path = format!("/Groups/{group}");
    let add = users
        .iter()
        .map(|user| target.request("PATCH", &path, &scim::patch(scim::add_member(user))));
    let remove = users
        .iter()
        .map(|user| target.request("PATCH", &path, &scim::patch(scim::remove_member(user))));
    add.chain(remove).collect()
}
