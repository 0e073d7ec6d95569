//! Backtests over HTTP: what other rules would have meant.

use std::process::Command;

use rolecall_tests::admin::Organization;
use rolecall_tests::binary;
use rolecall_tests::http::Answer;
use rolecall_tests::rule::teams;
use rolecall_tests::server::Server;
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

async fn backtest(acme: &Organization, query: &str, body: &Value) -> Value {
    let path = format!("/backtests{query}");
    acme.http.post(&path, body).await.expect(200).json()
}

#[tokio::test]
async fn a_rule_that_would_have_put_a_group_elsewhere_differs_as_long_as_the_group_lives() {
    let (_server, acme, connection) = Tenant::start("okta").await.parts();
    acme.add_rule(teams("${display_name}")[0].clone()).await;
    let ana = connection.scim.create_user("ana@example.com").await;
    let before = acme.head_after(0).await;
    let group = connection.scim.create_group("eng", &[&ana]).await;
    let created = acme.head_after(before).await;
    connection.scim.create_user("ben@example.com").await;
    let last = acme.head_after(created).await;
    let draft = json!({"rules": teams("Team ${display_name}")});

    let found = backtest(&acme, "?days=7", &draft).await;
    assert_eq!(
        (&found["complete"], &found["reached"]["position"]),
        (&json!(true), &json!(last))
    );
    assert_eq!(
        [&found["users"], &found["began"], &found["ended"], &found["left_out"]],
        [1, 1, 0, 0],
        "{found:#}"
    );
    assert_eq!(found["replaced"], json!([{"kind": "rule_created", "count": 1}]));
    assert_eq!(
        (&found["not_carried_over"], &found["days"][0]["began"]),
        (&json!([]), &json!(1))
    );
    let difference = &found["differences"][0];
    assert_eq!(
        (&difference["user"]["id"], &difference["role"]),
        (&json!(ana), &Value::Null)
    );
    assert_eq!(difference["recorded"], json!([{"type": "team", "name": "eng"}]));
    assert_eq!(difference["draft"], json!([{"type": "team", "name": "Team eng"}]));
    assert_eq!(
        (&difference["from"]["position"], &difference["until"]),
        (&json!(created), &Value::Null)
    );

    connection.scim.delete_group(&group).await;
    let deleted = acme.head_after(last).await;
    let found = backtest(&acme, &format!("?from_position={created}"), &draft).await;
    assert_eq!(
        (&found["from"]["position"], &found["entries"]),
        (&json!(before), &json!(deleted - before))
    );
    assert_eq!(found["differences"][0]["until"]["position"], deleted);
    // From an entry on when the team was there, the difference is there at once; and nothing was written.
    let found = backtest(&acme, &format!("?from_position={last}"), &draft).await;
    assert_eq!(found["differences"][0]["from"]["position"], created);
    assert_eq!(acme.head_after(0).await, deleted);

    let same = backtest(&acme, "", &json!({"rules": teams("${display_name}")})).await;
    assert_eq!(same["from"], json!({"position": 0, "at": null}));
    assert_eq!((&same["began"], &same["differences"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let (_server, acme, _connection) = Tenant::start("okta").await.parts();
    for query in [
        "?days=0",
        "?days=3651",
        "?from_position=0",
        "?days=1&from_position=1",
        "?days=x",
        "?day=1",
    ] {
        acme.http
            .post(&format!("/backtests{query}"), &json!({}))
            .await
            .expect(400);
    }
    let ahead = acme.http.post("/backtests?from_position=1000", &json!({})).await;
    let ahead = ahead.expect(400).json();
    assert_eq!(ahead["type"], "urn:rolecall:problem:position_ahead");
    let detail = ahead["detail"].as_str().unwrap();
    assert!(detail.ends_with("a backtest cannot start with entry 1000"), "{detail}");
    let drift = json!({"drift": [{"group": "eng"}]});
    for body in [json!([]), json!({"rule": []}), json!({"rules": [{"name": "x"}]}), drift] {
        acme.http.post("/backtests", &body).await.expect(400);
    }
    let unknown = json!({"exceptions": [{"remove": acme.id}]});
    acme.http.post("/backtests", &unknown).await.expect(404);
    let csv = acme
        .http
        .request("POST", "/backtests")
        .header("Content-Type", "text/csv")
        .body("group,user_name\n");
    Answer::of("POST /backtests".to_owned(), csv).await.unwrap().expect(415);
    let much = json!({"rules": [{"name": "x".repeat(12 * 1024 * 1024)}]});
    acme.http.post("/backtests", &much).await.expect(413);
    let role = json!({"rules": [{"name": "x", "match": {"kind": "all"}, "targets": [], "role": "owner"}]});
    acme.http.post("/backtests", &role).await.expect(400);
    let token = json!({"name": "approver", "role": "approver"});
    let approver = acme.http.post("/tokens", &token).await.expect(201).text("token");
    let approver = acme.http.with_token(&approver);
    approver.post("/backtests", &json!({})).await.expect(403);
}

#[tokio::test]
async fn what_came_after_the_start_was_not_there_yet() {
    let (_server, acme, connection) = Tenant::start("okta").await.parts();
    let team = acme.add_team("eng").await;
    let ben = connection.scim.create_user("ben@example.com").await;
    let came = acme.head_after(0).await;
    acme.add_team("ops").await;
    let pin = json!({"kind": "pin", "user_id": ben, "entity_id": team, "reason": "he leads it"});
    let draft = json!({"exceptions": [{"set": pin}]});
    let early = acme
        .http
        .post(&format!("/backtests?from_position={came}"), &draft)
        .await;
    let early = early.expect(404).text("detail");
    let expected = format!(
        "as the record was at entry {}, after which the backtest starts",
        came - 1
    );
    assert!(
        early.starts_with("`exceptions[0]`: ") && early.contains(&expected),
        "{early}"
    );
    backtest(&acme, &format!("?from_position={}", came + 1), &draft).await;
}

#[tokio::test]
async fn after_a_plan_the_record_is_as_its_draft_would_have_had_it() {
    let (server, acme, connection) = Tenant::start("okta").await.parts();
    let ana = connection.scim.create_user("ana@example.com").await;
    connection.scim.create_group("eng", &[&ana]).await;
    let draft = json!({"rules": teams("Team ${display_name}")});
    let plan = acme.http.post("/plans", &draft).await.expect(201).text("id");
    let before = acme.head_after(0).await;
    acme.http
        .post(&format!("/plans/{plan}/apply"), &json!({}))
        .await
        .expect(200);
    let placed = backtest(&acme, "", &draft).await;
    let difference = &placed["differences"][0];
    assert_eq!(placed["began"], 1, "{placed:#}");
    assert_eq!(difference["draft"], json!([{"type": "team", "name": "Team eng"}]));
    let until = difference["until"]["position"].as_u64().unwrap();
    assert!(until > before, "until the plan did the same: {placed:#}");

    let set = server.data().join("draft.json");
    std::fs::write(&set, draft.to_string()).unwrap();
    let output = rolecall(&server, &acme, &[set.to_str().unwrap(), "--days", "1"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let expected = "user `ana@example.com`: + team `Team eng` from entry";
    assert!(said.contains(expected), "{said}");
    connection.scim.create_user("ben@example.com").await;
    let since = acme.head_after(until).await.to_string();
    let output = rolecall(&server, &acme, &[set.to_str().unwrap(), "--from-position", &since]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

fn rolecall(server: &Server, acme: &Organization, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(binary::rolecall());
    command
        .env_clear()
        .env("ROLECALL_TOKEN", rolecall_tests::server::ROOT_TOKEN);
    command.args(["backtest", "--url", &server.address(), "--organization", &acme.id]);
    command.args(arguments).output().unwrap()
}
