//! Many clients at one time: every change counts, once, and nothing that two of them cannot both have is given to both.

use std::collections::BTreeSet;

use rolecall_tests::http::Answer;
use rolecall_tests::scim::{self, Scim};
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CLIENTS: usize = 40;
const MEMBERS_EACH: usize = 256;

/// Sends all of these at once; the answers come in any order.
async fn send(requests: impl IntoIterator<Item = reqwest::RequestBuilder>) -> Vec<Answer> {
    let mut sent = JoinSet::new();
    for request in requests {
        sent.spawn(Answer::of("one of many".to_owned(), request));
    }
    let answers = sent.join_all().await.into_iter();
    answers.map(|answer| answer.expect("no answer")).collect()
}

fn request(scim: &Scim, method: &str, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let request = scim.http.request(method, path);
    request
        .header("Content-Type", "application/scim+json")
        .body(body.to_string())
}

async fn verify(tenant: &Tenant) {
    let report = tenant.organization.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

fn add(ids: &[String]) -> Value {
    let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    scim::patch(json!([{ "op": "add", "path": "members", "value": members }]))
}

fn remove(ids: &[String]) -> Value {
    let operation = |id: &String| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
    scim::patch(ids.iter().map(operation).collect())
}

fn set(ids: &[String]) -> BTreeSet<String> {
    ids.iter().cloned().collect()
}

/// The statuses, sorted.
fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

/// One of these statuses once, and the other one for everybody else.
fn one_of(count: usize, one: u16, others: u16) -> Vec<u16> {
    let mut statuses = vec![others; count];
    statuses[0] = one;
    statuses.sort_unstable();
    statuses
}

#[tokio::test]
async fn all_members_that_many_clients_add_and_remove_at_once_count() {
    let tenant = Tenant::start("okta").await;
    let users = tenant.scim().create_users("crowd", CLIENTS * MEMBERS_EACH).await;
    let group = tenant.scim().create_group("Everybody", &[]).await;
    let path = format!("/Groups/{group}");

    let adds = users
        .chunks(MEMBERS_EACH)
        .map(|ids| request(tenant.scim(), "PATCH", &path, &add(ids)));
    for answer in send(adds).await {
        answer.expect_success();
    }
    assert_eq!(tenant.scim().members(&group).await, set(&users));

    // Half of the clients remove who is there, the others add who is not.
    let (there, gone) = users.split_at(users.len() / 2);
    let half = scim::group("Everybody", &refs(there));
    tenant.scim().http.put(&path, &half).await.expect_success();
    let removes = there
        .chunks(MEMBERS_EACH)
        .map(|ids| request(tenant.scim(), "PATCH", &path, &remove(ids)));
    let adds = gone
        .chunks(MEMBERS_EACH)
        .map(|ids| request(tenant.scim(), "PATCH", &path, &add(ids)));
    let mixed: Vec<_> = removes.zip(adds).flat_map(|(remove, add)| [remove, add]).collect();
    for answer in send(mixed).await {
        answer.expect_success();
    }
    assert_eq!(tenant.scim().members(&group).await, set(gone));
    verify(&tenant).await;
}

#[tokio::test]
async fn ten_thousand_members_come_in_one_put_and_five_thousand_operations_in_one_patch() {
    let tenant = Tenant::start("okta").await;
    let users = tenant.scim().create_users("crowd", 10_000).await;
    let group = tenant.scim().create_group("Everybody", &[]).await;
    let path = format!("/Groups/{group}");
    tenant
        .scim()
        .http
        .put(&path, &scim::group("Everybody", &refs(&users)))
        .await
        .expect_success();
    assert_eq!(tenant.scim().members(&group).await, set(&users));

    let (gone, there) = users.split_at(5_000);
    tenant.scim().http.patch(&path, &remove(gone)).await.expect_success();
    assert_eq!(tenant.scim().members(&group).await, set(there));
    verify(&tenant).await;
}

#[tokio::test]
async fn a_name_that_fifty_clients_create_at_once_is_created_once() {
    let tenant = Tenant::start("okta").await;
    for (path, body) in [
        ("/Users", scim::user("ana@example.com")),
        ("/Groups", scim::group("Everybody", &[])),
    ] {
        let head = tenant.organization.head_after(0).await;
        let answers = send((0..50).map(|_| request(tenant.scim(), "POST", path, &body))).await;
        assert_eq!(statuses(&answers), one_of(50, 201, 409));
        for refused in answers.iter().filter(|answer| answer.status == 409) {
            assert_eq!(refused.json()["scimType"], "uniqueness");
        }
        assert_eq!(tenant.organization.head_after(0).await, head + 1);
    }
}

#[tokio::test]
async fn of_many_writes_on_the_version_that_all_have_read_one_is_done() {
    let tenant = Tenant::start("okta").await;
    let ana = tenant.scim().create_user("ana@example.com").await;
    let group = tenant.scim().create_group("Everybody", &[&ana]).await;
    for path in [format!("/Users/{ana}"), format!("/Groups/{group}")] {
        for method in ["PATCH", "PUT", "DELETE"] {
            let read = tenant.scim().http.get(&path).await.expect(200);
            let requests = (0..CLIENTS).map(|number| {
                let body = match method {
                    "PATCH" => scim::patch(json!([{ "op": "replace", "path": "externalId", "value": format!("p{number}") }])),
                    _ => json!({ "userName": "ana@example.com", "displayName": "Everybody", "externalId": format!("r{number}") }),
                };
                request(tenant.scim(), method, &path, &body).header("If-Match", &read.headers["etag"])
            });
            let requests: Vec<_> = requests.collect();
            let answers = send(requests).await;
            // What is deleted has no version any more.
            let (done, others) = if method == "DELETE" { (204, 404) } else { (200, 412) };
            assert_eq!(statuses(&answers), one_of(CLIENTS, done, others), "{method} {path}");
        }
    }
    verify(&tenant).await;
}

fn refs(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}
