//! What one member more costs in a large group, compared with a small one.

use std::time::Duration;

use rolecall_tests::server::Server;
use rolecall_tests::{rule, scim};
use serde_json::{Value, json};

use crate::CONNECTIONS;
use crate::driver::{Target, drive, id_of, send_all};
use crate::measure::median;

const SMALL: usize = 10;
const LARGE: usize = 10_000;
const ROUNDS: usize = 5;
const WARM_UP: Duration = Duration::from_millis(500);
const TIME: Duration = Duration::from_secs(2);
/// Users of each connection who come and go.
const GUESTS: usize = 20;

/// Runs and reports.
pub(crate) async fn run() {
    println!("Adding and removing one member of a group of {SMALL} and of a group of {LARGE}");
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    let connection = acme.connect(&server.public(), "okta").await;
    let target = Target::scim(&server, &connection.id, &acme.connection_token(&connection.id).await);
    let bodies = (0..LARGE + CONNECTIONS * GUESTS).map(|number| scim::user(&format!("user-{number}@example.com")));
    let requests = bodies.map(|body| target.request("POST", "/Users", &body)).collect();
    let users = send_all(&target, CONNECTIONS, requests, id_of).await;
    let (members, guests) = users.split_at(LARGE);
    let small = filled_group(&target, "Small", members.get(..SMALL).unwrap_or_default()).await;
    let large = filled_group(&target, "Large", members).await;

    for connections in [1, CONNECTIONS] {
        let (mut ratios, mut small_rates, mut large_rates) = (Vec::new(), Vec::new(), Vec::new());
        // In turns, so that whatever else the machine does meets both.
        for _ in 0..ROUNDS {
            let come_and_go = |group: &str| requests_of(&target, group, guests, connections);
            let small = drive(&target, come_and_go(&small), WARM_UP, TIME).await;
            let large = drive(&target, come_and_go(&large), WARM_UP, TIME).await;
            ratios.push(small.rate() / large.rate());
            small_rates.push(small.rate());
            large_rates.push(large.rate());
        }
        println!(
            "  {connections:>3} connections   {:>9.0}/s in {SMALL}   {:>9.0}/s in {LARGE}   cost ratio {:.2} (medians of {ROUNDS})",
            median(small_rates),
            median(large_rates),
            median(ratios)
        );
    }
    println!();
}

async fn filled_group(target: &Target, name: &str, members: &[String]) -> String {
    let mut connection = target.connect().await;
    let group = id_of(
        connection
            .send(&target.request("POST", "/Groups", &scim::group(name, &[])))
            .await,
    );
    for members in members.chunks(1_000) {
        let value: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = scim::patch(json!([{ "op": "add", "path": "members", "value": value }]));
        connection
            .send(&target.request("PATCH", &format!("/Groups/{group}"), &body))
            .await;
    }
    group
}

fn requests_of(target: &Target, group: &str, guests: &[String], connections: usize) -> Vec<Vec<Vec<u8>>> {
    let path = format!("/Groups/{group}");
    let of = |guests: &[String]| {
        let come_and_go = |user| {
            let bodies = [scim::add_member(user), scim::remove_member(user)];
            bodies.map(|operations| target.request("PATCH", &path, &scim::patch(operations)))
        };
        guests.iter().flat_map(|user| come_and_go(user)).collect()
    };
    guests.chunks(GUESTS).take(connections).map(of).collect()
}
