//! A real Prometheus scrapes the running server: queries answer, the delivered dashboard shows something in every
//! panel, and the delivered alerts are sound and speak of metrics that exist.

use std::collections::BTreeSet;
use std::process::Command;

use rolecall_tests::binary;
use rolecall_tests::event_stream::EventStream;
use rolecall_tests::prometheus::Prometheus;
use rolecall_tests::rule;
use rolecall_tests::server::Server;
use serde_json::{Value, json};

/// Traffic that moves every metric: users, groups, rules, roles, a conflict, an ignored member, a refused request.
async fn traffic(server: &Server) -> EventStream {
    let acme = server.organization("Acme").await;
    let lanes = json!({
        "name": "Lanes",
        "match": { "kind": "prefix", "pattern": "Lane" },
        "targets": [{ "type": "concurrency_group" }],
        "auto_approve": true,
    });
    acme.add_rule(lanes).await;
    acme.add_rule(rule::admins_administrate()).await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    let ana = scim.create_user("ana@example.com").await;
    scim.create_group("Nobody's rule", &[&ana, "01890a5d-0000-7000-8000-000000000000"])
        .await;
    scim.create_group("Lane one", &[&ana]).await;
    scim.create_group("Lane two", &[&ana]).await;
    let admins = scim.create_group("Admins", &[&ana]).await;
    scim.remove_member(&admins, &ana).await;
    scim.add_member(&admins, &ana).await;
    scim.http.get("/Users").await.expect(200);
    scim.http.get(&format!("/Groups/{admins}")).await.expect(200);
    scim.http.get("/Groups/no-such-group").await.expect(404);
    EventStream::open(&acme, 0).await
}

#[tokio::test]
async fn what_an_operator_asks_is_answered() {
    let server = Server::start().await;
    let _reader = traffic(&server).await;
    let prometheus = Prometheus::scraping(server.ops_address().trim_start_matches("http://")).await;

    let one = |query| prometheus.eventually_such_that(query, |samples| samples.len() == 1 && samples[0].value > 0.0);
    one("sum(rolecall_scim_requests_total{resource=\"groups\",method=\"PATCH\",code=~\"2..\"}) == 2").await;
    one("rolecall_scim_requests_total{resource=\"groups\",method=\"GET\",code=\"404\"} == 1").await;
    one("rolecall_scim_request_duration_seconds_count{resource=\"users\",method=\"POST\"} == 1").await;
    one("histogram_quantile(0.99, sum by (le) (rolecall_scim_request_duration_seconds_bucket)) < 60").await;
    one("sum(rolecall_log_append_duration_seconds_count)").await;
    one("sum(rolecall_log_sync_duration_seconds_count)").await;
    one("rolecall_facts_total{kind=\"user_created\"} == 1").await;
    one("rolecall_facts_total{kind=\"group_created\"} == 4").await;
    one("rolecall_consequences_total{kind=\"mapping_proposed\"} == 3").await;
    one("rolecall_role_changes_total{from=\"user\",to=\"admin\",cause=\"member_added\"}").await;
    one("rolecall_role_changes_total{from=\"admin\",to=\"user\",cause=\"default_fallback\"}").await;
    one("rolecall_mappings{status=\"auto_approved\"} == 3").await;
    one("sum(rolecall_conflicts_open) == 1").await;
    one("rolecall_users{role=\"admin\",active=\"true\"} == 1").await;
    one("rolecall_groups == 4").await;
    one("sum(rolecall_rule_evaluations_total{outcome=\"unmatched\"}) == 1").await;
    one("rolecall_ignored_members_total == 1").await;
    one("rolecall_no_admin_left_total == 1").await;
    one("rolecall_stream_clients == 1").await;
    one("count(rolecall_build_info)").await;
}

#[tokio::test]
async fn every_panel_of_the_dashboard_shows_something() {
    let server = Server::start().await;
    let _reader = traffic(&server).await;
    let prometheus = Prometheus::scraping(server.ops_address().trim_start_matches("http://")).await;

    let dashboard = delivered("dashboards/grafana/rolecall.json");
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<&str> = queries.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(queries.len() > 30, "the dashboard asks {} things", queries.len());
    for query in queries {
        // What Grafana fills in, for a server that was started a moment ago.
        let query = query.replace("$__rate_interval", "10s").replace("$__range", "1m");
        let query = query.replace("$job", ".*").replace("$instance", ".*");
        prometheus.eventually(&query).await;
    }
}

#[tokio::test]
async fn dashboards_and_alerts_speak_of_metrics_that_the_server_has() {
    let server = Server::start().await;
    let _reader = traffic(&server).await;
    let exported = server.ops().get("/metrics").await.expect(200).body;
    let exported: BTreeSet<&str> = exported
        .lines()
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();

    for file in ["dashboards/grafana/rolecall.json", "dashboards/prometheus/alerts.yml"] {
        let text = delivered(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named: BTreeSet<&str> = words.filter(|word| word.starts_with("rolecall_")).collect();
        assert!(!named.is_empty(), "{file} names no metric");
        let unknown: Vec<_> = named.difference(&exported).collect();
        assert!(
            unknown.is_empty(),
            "{file} names metrics that the server does not have: {unknown:?}"
        );
    }
}

#[test]
fn prometheus_accepts_the_delivered_configuration_and_the_alerts_pass_their_tests() {
    for arguments in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ] {
        let output = Command::new(binary::prometheus_tool("promtool"))
            .args(arguments)
            .current_dir(binary::workspace().join("dashboards/prometheus"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}:\n{said}");
    }
}

#[test]
fn every_alert_has_a_test() {
    let (alerts, tests) = (
        delivered("dashboards/prometheus/alerts.yml"),
        delivered("dashboards/prometheus/alerts_test.yml"),
    );
    let alerts: Vec<&str> = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(!alerts.is_empty());
    for alert in alerts {
        let heading = format!("alertname: {alert}\n");
        let tested = tests.split(&heading).skip(1);
        let fires = tested
            .filter(|rest| rest.split("alertname").next().unwrap().contains("exp_labels"))
            .count();
        assert!(fires > 0, "no test shows {alert} firing");
    }
}

fn delivered(file: &str) -> String {
    std::fs::read_to_string(binary::workspace().join(file)).unwrap()
}
