//! A plan that places 100,000 members of groups, and what a provider of the same organization notices of it.

use std::time::{Duration, Instant};

use rolecall_tests::admin::Organization;
use rolecall_tests::server::Server;
use rolecall_tests::{rule, scim};
use serde_json::{Value, json};

use crate::CONNECTIONS;
use crate::driver::{Target, drive, id_of, send_all};
use crate::measure::Measured;

const USERS: usize = 10_000;
const GROUPS: usize = 1_000;
/// Groups of each user, so that there are 100,000 memberships.
const GROUPS_OF_USER: usize = 10;
const WARM_UP: Duration = Duration::from_millis(500);
const TIME: Duration = Duration::from_secs(2);

/// Runs and reports.
pub(crate) async fn run() {
    let memberships = USERS * GROUPS_OF_USER;
    println!(
        "A plan that places {memberships} members of {GROUPS} groups, and one connection that changes members meanwhile"
    );
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    let connection = acme.connect(&server.public(), "okta").await;
    let target = Target::scim(&server, &connection.id, &acme.connection_token(&connection.id).await);
    let users = (0..USERS).map(|number| scim::user(&format!("user-{number}@example.com")));
    let requests = users.map(|user| target.request("POST", "/Users", &user)).collect();
    let users = send_all(&target, CONNECTIONS, requests, id_of).await;
    let members = |group: usize| {
        let first = group * USERS / GROUPS;
        let others = users.iter().cycle().skip(first).take(memberships / GROUPS);
        others.map(String::as_str).collect::<Vec<_>>()
    };
    let groups = (0..GROUPS).map(|group| scim::group(&format!("group-{group}"), &members(group)));
    let requests = groups.map(|group| target.request("POST", "/Groups", &group)).collect();
    send_all(&target, CONNECTIONS, requests, id_of).await;
    let guests = target.request("POST", "/Groups", &scim::group("guests", &[]));
    let guests = id_of(target.connect().await.send(&guests).await);
    let guest = users.first().expect("there are users");
    let come_and_go: Vec<Vec<u8>> = [scim::add_member(guest), scim::remove_member(guest)]
        .map(|operations| target.request("PATCH", &format!("/Groups/{guests}"), &scim::patch(operations)))
        .into();
    acme.add_rule(rule::every_group_is_a_team()).await;

    let quiet = drive(&target, vec![come_and_go.clone()], WARM_UP, TIME).await;
    let start = Instant::now();
    let plan = acme.http.post("/plans", &json!({})).await.expect(201).json();
    let computed = start.elapsed();
    let applying = tokio::spawn(apply(acme.clone(), plan));
    let mut connection = target.connect().await;
    let (start, mut latencies) = (Instant::now(), Vec::new());
    for request in come_and_go.iter().cycle() {
        if applying.is_finished() {
            break;
        }
        let sent = Instant::now();
        connection.send(request).await;
        latencies.push(sent.elapsed());
    }
    let meanwhile = Measured::new(latencies, start.elapsed());
    let (applied, run) = applying.await.expect("the plan is applied");
    println!(
        "  computed in {:.2} s, applied in {:.2} s",
        computed.as_secs_f64(),
        applied.as_secs_f64()
    );
    println!("  as it went  {}", run.get("progress").unwrap_or(&Value::Null));
    println!("  quiet       {}", quiet.line());
    println!(
        "  meanwhile   {}   longest {:.2?}",
        meanwhile.line(),
        meanwhile.per_mille(1000)
    );
    println!();
}

/// Applies a plan; returns how long it took, and the plan as it is then.
async fn apply(acme: Organization, plan: Value) -> (Duration, Value) {
    let path = format!(
        "/plans/{}",
        plan.get("id").and_then(Value::as_str).expect("a plan has an id")
    );
    let start = Instant::now();
    // The provider goes on, so the plan is for a state that has moved; its effect is the same.
    let apply = acme
        .http
        .post(&format!("{path}/apply"), &json!({ "recheck": true }))
        .await;
    let mut run = apply.json();
    while status(&run) == Some("applying") {
        run = acme.http.get(&path).await.expect(200).json();
    }
    assert_eq!(status(&run), Some("applied"), "{run}");
    (start.elapsed(), run)
}

fn status(plan: &Value) -> Option<&str> {
    plan.get("status").and_then(Value::as_str)
}
