//! Many operations with one request (RFC 7644 3.7): each has its own answer, and what they say of one another is understood.

use rolecall_tests::admin::Organization;
use rolecall_tests::http::Answer;
use rolecall_tests::rule;
use rolecall_tests::scim::{self, BULK_REQUEST, Scim, id_of, results, statuses};
use rolecall_tests::server::Server;
use rolecall_tests::standing::Standing;
use serde_json::{Value, json};

struct Acme {
    server: Server,
    organization: Organization,
    scim: Scim,
}

impl Acme {
    async fn new() -> Acme {
        let server = Server::start().await;
        let organization = server.organization("Acme").await;
        let scim = organization.connect(&server.public(), "okta").await.scim;
        Acme {
            server,
            organization,
            scim,
        }
    }
}

fn user(name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": scim::user(&format!("{name}@example.com")) })
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<String> = members.iter().map(|name| format!("bulkId:{name}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": scim::group(name, &members) })
}

#[tokio::test]
async fn a_directory_in_any_order_becomes_teams_and_roles_and_outlives_a_crash() {
    let mut acme = Acme::new().await;
    acme.organization.add_rule(rule::every_group_is_a_team()).await;
    acme.organization.add_rule(rule::admins_administrate()).await;
    let answer = acme
        .scim
        .bulk(json!([
            group("Admins Search", &["ana"]),
            { "method": "PATCH", "path": "/Groups/bulkId:Quality",
                "data": scim::patch(json!([{ "op": "add", "path": "members", "value": [{ "value": "bulkId:ben" }] }])) },
            group("Quality", &["ana"]),
            user("ana"),
            user("ben"),
        ]))
        .await
        .expect(200);
    assert_eq!(answer.media_type(), "application/scim+json");
    assert_eq!(statuses(&answer), ["201", "200", "201", "201", "201"]);
    for _ in 0..2 {
        let standing = Standing::read(&acme.organization).await;
        assert_eq!(
            standing.team("Quality"),
            Some(vec!["ana@example.com", "ben@example.com"])
        );
        assert_eq!(standing.team("Admins Search"), Some(vec!["ana@example.com"]));
        assert_eq!(
            (&*standing.roles["ana@example.com"], &*standing.roles["ben@example.com"]),
            ("admin", "user")
        );
        acme.server.kill();
        acme.server.start_again().await;
    }
    assert_eq!(acme.organization.verify().await["outcome"], "equal");
}

#[tokio::test]
async fn circles_are_refused_and_what_does_not_need_them_is_done() {
    let acme = Acme::new().await;
    let operations = json!([
        group("a", &["b"]),
        group("b", &["a"]),
        group("c", &["b", "ana"]),
        group("d", &["ana"]),
        user("ana")
    ]);
    let answer = acme.scim.bulk(operations).await.expect(200);
    assert_eq!(statuses(&answer), ["409", "409", "409", "201", "201"]);
    let groups = acme.organization.list("/groups").await;
    assert_eq!(groups.len(), 1);
    let results = results(&answer);
    assert_eq!(
        acme.scim
            .members(&id_of(&results[3]))
            .await
            .into_iter()
            .collect::<Vec<_>>(),
        [id_of(&results[4])]
    );
}

#[tokio::test]
async fn after_so_many_errors_the_rest_is_neither_done_nor_told_of() {
    let acme = Acme::new().await;
    acme.scim.create_user("ana@example.com").await;
    let operations = json!([
        user("ben"),
        user("ana"),
        user("cleo"),
        group("x", &["nobody"]),
        user("dan")
    ]);
    for (fail_on_errors, expected) in [(1, vec!["201", "409"]), (2, vec!["409", "409"])] {
        let body = json!({ "schemas": [BULK_REQUEST], "failOnErrors": fail_on_errors, "Operations": operations });
        let answer = acme.scim.http.post("/Bulk", &body).await.expect(200);
        assert_eq!(statuses(&answer), expected);
    }
    assert_eq!(acme.organization.list("/users").await.len(), 2);
}

#[tokio::test]
async fn a_version_that_has_moved_on_refuses_its_operation() {
    let acme = Acme::new().await;
    let ana = acme.scim.create_user("ana@example.com").await;
    let path = format!("/Users/{ana}");
    let version = acme.scim.http.get(&path).await.expect(200).json()["meta"]["version"].clone();
    let rename =
        json!({ "method": "PUT", "path": path, "version": version, "data": scim::user("ana.new@example.com") });
    let answer = acme
        .scim
        .bulk(json!([rename, rename, { "method": "DELETE", "path": path, "version": version }]))
        .await;
    assert_eq!(statuses(&answer), ["200", "412", "412"]);
    let moved = results(&answer)[0]["version"].clone();
    assert_eq!(
        acme.scim.http.get(&path).await.expect(200).json()["meta"]["version"],
        moved
    );
}

#[tokio::test]
async fn what_is_announced_is_what_is_taken() {
    let acme = Acme::new().await;
    let announced = acme.scim.http.get("/ServiceProviderConfig").await.expect(200).json()["bulk"].clone();
    assert_eq!(announced["supported"], true);
    let count = usize::try_from(announced["maxOperations"].as_u64().unwrap()).unwrap();
    let bytes = usize::try_from(announced["maxPayloadSize"].as_u64().unwrap()).unwrap();

    let mut operations: Vec<Value> = (1..count).map(|number| user(&format!("u{number}"))).collect();
    let names: Vec<String> = (1..count).map(|number| format!("u{number}")).collect();
    operations.insert(
        0,
        group("Everybody", &names.iter().map(String::as_str).collect::<Vec<_>>()),
    );
    let answer = acme.scim.bulk(json!(operations)).await.expect(200);
    assert_eq!(statuses(&answer), vec!["201"; count]);
    assert_eq!(acme.scim.members(&id_of(&results(&answer)[0])).await.len(), count - 1);

    let head = acme.organization.head_after(0).await;
    operations.push(user("one-more"));
    refused(acme.scim.bulk(json!(operations)).await, 413, &count.to_string());
    refused(
        acme.scim.bulk(json!([user(&"x".repeat(bytes))])).await,
        413,
        &bytes.to_string(),
    );
    refused(acme.scim.bulk(json!([user("ana"), user("ana")])).await, 400, "ana");
    refused(acme.scim.bulk(json!([])).await, 400, "Operations");
    let nested =
        json!([{ "method": "POST", "path": "/Bulk", "bulkId": "inner", "data": { "Operations": [user("ana")] } }]);
    assert_eq!(statuses(&acme.scim.bulk(nested).await), ["400"]);
    assert_eq!(acme.organization.head_after(0).await, head);
}

#[track_caller]
fn refused(answer: Answer, status: u16, says: &str) {
    let error = answer.expect(status).json();
    assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert!(error["detail"].as_str().unwrap().contains(says), "{error}");
}
