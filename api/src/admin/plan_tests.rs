//! Plans through the router: what whoever asks again is answered.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::test_server::TestServer;

/// A plan that changes a setting: its path.
async fn planned(server: &TestServer, organization: &str, token: &str, on_rename: &str) -> String {
    let draft = json!({"settings": {"on_rename": on_rename}});
    let plans = format!("{organization}/plans");
    let plan = server.json("POST", &plans, token, draft).await.expect(201);
    format!("{plans}/{}", plan["id"].as_str().unwrap())
}

#[tokio::test]
async fn whoever_asks_again_before_the_first_answer_gets_the_same() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let plan = format!("{}/apply", planned(&server, &ours, &admin, "apply").await);
    let asked = (0..4).map(|_| server.json("POST", &plan, &admin, json!({})));
    for answer in join_all(asked).await {
        assert_eq!(answer.expect(200)["status"], "applied");
    }
}

#[tokio::test]
async fn a_plan_that_another_one_followed_has_been_applied_all_the_same() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let mut plans = Vec::new();
    for on_rename in ["apply", "propose"] {
        let plan = planned(&server, &ours, &admin, on_rename).await;
        let apply = format!("{plan}/apply");
        server.json("POST", &apply, &admin, json!({})).await.expect(200);
        plans.push(plan);
    }
    let first = server.json("GET", &plans[0], &admin, Value::Null).await.expect(200);
    let again = server
        .json("POST", &format!("{}/apply", plans[0]), &admin, json!({}))
        .await;
    let again = again.expect(200);
    assert_eq!(
        (&first["status"], &again["status"]),
        (&json!("applied"), &json!("applied"))
    );
    assert_eq!(first["progress"], again["progress"]);
    let settings = server
        .json("GET", &format!("{ours}/settings"), &admin, Value::Null)
        .await;
    assert_eq!(settings.expect(200)["on_rename"], "propose", "nothing is done twice");
}
