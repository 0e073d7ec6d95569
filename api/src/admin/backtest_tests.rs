//! Backtests through the router: how many at one time.

use std::sync::Arc;

use futures_util::future::FutureExt;
use rolecall_engine::OrganizationId;
use serde_json::json;

use crate::limits::BACKTESTS_MAX;
use crate::organization::Organization;
use crate::test_server::TestServer;

fn organization(server: &TestServer, path: &str) -> Arc<Organization> {
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    server.app.supervisor.get(OrganizationId::new(id)).unwrap()
}

#[tokio::test]
async fn an_organization_has_one_at_a_time() {
    let server = TestServer::start().await;
    let ((ours, admin), (theirs, other)) = (server.organization("ours").await, server.organization("theirs").await);
    let asked = async |organization: &str, token: &str| {
        let path = format!("{organization}/backtests");
        server.json("POST", &path, token, json!({})).await
    };
    let running = organization(&server, &ours).backtest_place().unwrap();
    let refused = asked(&ours, &admin).await;
    assert!(refused.headers.contains_key("retry-after"));
    let refused = refused.expect(429);
    assert_eq!(refused["type"], "urn:rolecall:problem:backtest_runs");
    asked(&theirs, &other).await.expect(200);
    drop(running);
    asked(&ours, &admin).await.expect(200);
    asked(&ours, &admin).await.expect(200);
}

#[tokio::test]
async fn those_of_many_organizations_wait_for_one_another() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let (path, organization) = (format!("{ours}/backtests"), organization(&server, &ours));
    let others = u32::try_from(BACKTESTS_MAX).unwrap();
    let others = Arc::clone(&server.app.backtests)
        .acquire_many_owned(others)
        .await
        .unwrap();

    let mut given_up = Box::pin(server.json("POST", &path, &admin, json!({})));
    while organization.backtest_place().is_ok() {
        assert!((&mut given_up).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    // Whoever gives up leaves the place of the organization.
    drop(given_up);
    drop(organization.backtest_place().unwrap());

    let waiting = server.json("POST", &path, &admin, json!({}));
    let (answer, ()) = tokio::join!(waiting, async { drop(others) });
    answer.expect(200);
}
