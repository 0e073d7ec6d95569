//! Clients and test suites of other projects, which know SCIM and OpenAPI but not this server, find nothing wrong.

use rolecall_tests::admin::Organization;
use rolecall_tests::rule;
use rolecall_tests::scim::GROUP;
use rolecall_tests::server::{ROOT_TOKEN, Server};
use rolecall_tests::suite::{self, Service, Verdict};
use serde_json::Value;

async fn started() -> (Server, Organization, Service) {
    let server = Server::start().await;
    let organization = server.organization("Example Corp").await;
    let service = Service::new(&server, &organization).await;
    (server, organization, service)
}

#[tokio::test]
async fn scim2_tester_finds_no_fault() {
    let (_server, _, service) = started().await;
    let said = service.script("conformance.py").await.expect_good();
    let summary = said.lines().last().unwrap();
    let checks: u32 = summary.split(' ').next().unwrap().parse().unwrap();
    assert!(checks >= 140 && summary.ends_with(", 0 failed"), "{summary}");
}

#[tokio::test]
async fn scim2_tester_is_heard_when_it_finds_a_fault() {
    let (_server, _, service) = started().await;
    let locked_out = Service {
        token: "no-token".to_owned(),
        ..service
    };
    let said = locked_out.script("conformance.py").await.expect_bad();
    assert!(said.lines().any(|line| line.starts_with("failed ERROR")), "{said}");
}

#[tokio::test]
async fn scim2_client_tells_its_story() {
    let (_server, _, service) = started().await;
    let said = service.script("story.py").await.expect_good();
    assert!(said.ends_with("end as expected\n"), "{said}");
}

#[tokio::test]
async fn scim2_cli_manages_users_and_groups() {
    let (_server, _, service) = started().await;
    let scim2 = async |arguments: &[&str], input: &str| scim2(&service, arguments, input).await.json();

    let ana = ["create", "user", "--user-name", "ana@example.com", "--title", "Dr"];
    let ana = text(&scim2(&ana, "").await, "id");
    let group =
        format!(r#"{{"schemas": ["{GROUP}"], "displayName": "Engineering", "members": [{{"value": "{ana}"}}]}}"#);
    let group = text(&scim2(&["create", "group"], &group).await, "id");
    let found = scim2(&["query", "user", "--filter", "userName eq \"ANA@example.com\""], "").await;
    assert_eq!(text(&found["Resources"][0], "id"), ana);
    assert_eq!(found["Resources"][0]["groups"][0]["display"], "Engineering");
    let changed = [
        "modify",
        "user",
        &ana,
        "replace",
        "title",
        "Professor",
        "remove",
        "displayName",
    ];
    assert_eq!(scim2(&changed, "").await["title"], "Professor");
    let replaced = format!(r#"{{"schemas": ["{GROUP}"], "id": "{group}", "displayName": "Research"}}"#);
    let replaced = scim2(&["replace", "group"], &replaced).await;
    assert_eq!(text(&replaced, "displayName"), "Research");
    assert_eq!(text(&replaced["members"][0], "value"), ana);
    let searched = [
        "search",
        "group",
        "--filter",
        "displayName sw \"res\"",
        "--attribute",
        "displayName",
    ];
    assert_eq!(scim2(&searched, "").await["totalResults"], 1);

    self::scim2(&service, &["delete", "user", &ana], "").await.expect_good();
    let gone = self::scim2(&service, &["query", "user", &ana], "").await.expect_bad();
    assert!(gone.contains("404"), "{gone}");
}

#[tokio::test]
async fn schemathesis_finds_no_fault_in_the_scim_endpoints() {
    let (_server, organization, service) = started().await;
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    // Enough that some outlive the requests that delete.
    for number in 0..20 {
        let user = service.scim.create_user(&format!("user{number}@example.com")).await;
        groups.push(service.scim.create_group(&format!("Team {number}"), &[&user]).await);
        users.push(user);
    }
    let (users, groups) = (format!("{users:?}"), format!("{groups:?}"));
    let config = [
        ("TOKEN", service.token.as_str()),
        ("USERS", &users),
        ("GROUPS", &groups),
    ];
    let description = suite::file("scim-openapi.yaml");
    let said = schemathesis(
        "schemathesis-scim.toml",
        &config,
        description.to_str().unwrap(),
        &service.base_url,
    )
    .await;
    assert_cases(&said, 2_000);
    // Refusals alone would say little: much of it has been done.
    let position = organization.head_after(0).await;
    assert!(position > 100, "the record has {position} entries:\n{said}");
}

#[tokio::test]
async fn schemathesis_finds_no_fault_in_the_admin_api() {
    let (server, organization, _) = started().await;
    let connection = organization.connect(&server.public(), "okta").await;
    let rule = organization.add_rule(rule::every_group_is_a_team()).await;
    let user = connection.scim.create_user("ana@example.com").await;
    let group = connection.scim.create_group("Engineering", &[&user]).await;
    let mapping = &organization.list("/mappings").await[0];
    let entity = &organization.list("/entities").await[0];
    let config = [
        ("TOKEN", ROOT_TOKEN),
        ("ORGANIZATION", &organization.id),
        ("CONNECTION", &connection.id),
        ("USER", &user),
        ("GROUP", &group),
        ("RULE", &text(&rule, "id")),
        ("MAPPING", &text(mapping, "id")),
        ("ENTITY", &text(entity, "id")),
    ];
    let description = format!("{}/v1/openapi.json", server.address());
    let said = schemathesis("schemathesis-admin.toml", &config, &description, &server.address()).await;
    assert_cases(&said, 2_000);
}

/// Runs it with a file of `tests/suites` in which each `${NAME}` is replaced.
async fn schemathesis(config: &str, values: &[(&str, &str)], description: &str, url: &str) -> String {
    let template = std::fs::read_to_string(suite::file(config)).unwrap();
    let filled = values.iter().fold(template, |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value)
    });
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("schemathesis.toml");
    std::fs::write(&config, filled).unwrap();
    let mut command = suite::python("schemathesis");
    command.arg("--config-file").arg(config);
    command.args(["run", description, "--url", url, "--no-color"]);
    suite::run(command, "").await.expect_good()
}

/// Its summary says `Test cases:` and then `2080 generated, 2080 passed, 34 skipped`.
#[track_caller]
fn assert_cases(said: &str, least: u32) {
    let mut lines = said.lines().skip_while(|line| *line != "Test cases:");
    let summary = lines.nth(1).unwrap_or_default().trim();
    let generated = summary.split(' ').next().and_then(|number| number.parse().ok());
    assert!(generated.is_some_and(|cases: u32| cases >= least), "{said}");
}

async fn scim2(service: &Service, arguments: &[&str], input: &str) -> Verdict {
    let mut command = suite::python("scim2");
    command
        .args(["--url", &service.base_url])
        .args(arguments)
        .env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {}", service.token));
    suite::run(command, input).await
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}
