//! Many users with one Bulk, compared with a request for each, on one connection.

use std::time::Instant;

use rolecall_tests::scim;
use rolecall_tests::server::Server;
use serde_json::{Value, json};

use crate::driver::Target;
use crate::measure::median;

const USERS: usize = 1_000;
const ROUNDS: usize = 5;

/// Runs and reports.
pub(crate) async fn run() {
    println!("{USERS} users created by one Bulk and by single requests, on one connection");
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    let connection = acme.connect(&server.public(), "okta").await;
    let target = Target::scim(&server, &connection.id, &acme.connection_token(&connection.id).await);
    let mut client = target.connect().await;
    let (mut bulks, mut singles, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that whatever else the machine does meets both.
    for round in 0..ROUNDS {
        let users = |kind: &str| {
            (0..USERS)
                .map(|number| scim::user(&format!("{kind}-{round}-{number}@example.com")))
                .collect()
        };
        let request = bulk(&target, users("bulk"));
        let start = Instant::now();
        let answer = client.send(&request).await;
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(created(answer), USERS);
        let requests: Vec<_> = Vec::into_iter(users("single"))
            .map(|user| target.request("POST", "/Users", &user))
            .collect();
        let start = Instant::now();
        for request in &requests {
            client.send(request).await;
        }
        bulks.push(seconds);
        singles.push(start.elapsed().as_secs_f64());
        ratios.push(seconds / start.elapsed().as_secs_f64());
    }
    println!(
        "  bulk {:.3} s   single {:.3} s   ratio {:.2} (medians of {ROUNDS})",
        median(bulks),
        median(singles),
        median(ratios)
    );
    println!();
}

/// How many users an answer tells of that were created.
fn created(answer: &[u8]) -> usize {
    let answer: Value = serde_json::from_slice(answer).expect("an answer is JSON");
    let results = answer.get("Operations").and_then(Value::as_array);
    let statuses = results.into_iter().flatten().filter_map(|result| result.get("status"));
    statuses.filter(|status| *status == "201").count()
}

fn bulk(target: &Target, users: Vec<Value>) -> Vec<u8> {
    let creates = users.into_iter().enumerate().map(
        |(number, user)| json!({ "method": "POST", "path": "/Users", "bulkId": number.to_string(), "data": user }),
    );
    let operations: Vec<Value> = creates.collect();
    target.request(
        "POST",
        "/Bulk",
        &json!({ "schemas": [scim::BULK_REQUEST], "Operations": operations }),
    )
}
