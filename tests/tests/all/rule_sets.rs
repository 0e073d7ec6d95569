//! Rule sets as a whole: saved and read as one, tried, and checked on the command line.

use std::process::{Command, Output};

use rolecall_tests::admin::Organization;
use rolecall_tests::binary;
use rolecall_tests::http::Answer;
use rolecall_tests::server::Server;
use serde_json::{Value, json};

const FILE: &str = r#"[[rules]]
name = "Engineering"
match = { kind = "regex", pattern = '^eng-(?<team>\w+)$' }
targets = [{ type = "team", name = "Team ${team}" }]
auto_approve = true
priority = 10

[[rules]]
name = "Everybody else"
match = { kind = "all" }
targets = [{ type = "team" }]
auto_approve = false
priority = 0

[[examples]]
group = "eng-search"
rule = "Engineering"
targets = [{ type = "team", name = "Team search" }]
"#;

async fn save(organization: &Organization, file: &str) -> Answer {
    let request = organization.http.request("PUT", "/rule_set");
    let request = request.header("content-type", "application/toml").body(file.to_owned());
    Answer::of("PUT /rule_set".to_owned(), request).await.unwrap()
}

fn counts(answer: Answer) -> Vec<u64> {
    let saved = answer.expect(200).json();
    let of = |key: &&str| saved[*key].as_u64().unwrap();
    ["created", "changed", "unchanged", "deleted", "stale_mappings"]
        .iter()
        .map(of)
        .collect()
}

#[tokio::test]
async fn a_set_is_saved_read_and_saved_again_in_both_formats() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    assert_eq!(counts(save(&organization, FILE).await), [2, 0, 0, 0, 0]);

    let file = organization.http.get("/rule_set?format=toml").await.expect(200);
    assert_eq!((file.media_type(), file.body.as_str()), ("application/toml", FILE));
    let request = organization
        .http
        .request("GET", "/rule_set")
        .header("accept", "application/toml");
    let file = Answer::of("GET /rule_set".to_owned(), request).await.unwrap();
    assert_eq!(file.expect(200).body, FILE);

    let head = organization.head_after(0).await;
    assert_eq!(counts(save(&organization, FILE).await), [0, 0, 2, 0, 0]);
    let json = organization.http.get("/rule_set").await.expect(200).json();
    assert_eq!(counts(organization.http.put("/rule_set", &json).await), [0, 0, 2, 0, 0]);
    assert_eq!(
        organization.head_after(0).await,
        head,
        "what is so already writes nothing"
    );
}

#[tokio::test]
async fn a_save_moves_nobody_and_counts_what_is_stale() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    save(&organization, FILE).await.expect(200);
    let connection = organization.connect(&server.public(), "okta").await;
    connection.scim.create_group("eng-search", &[]).await;
    let changed = FILE.replace("priority = 10", "priority = 11");
    assert_eq!(counts(save(&organization, &changed).await), [0, 1, 1, 0, 1]);
    let rules = organization.list("/rules").await;
    let stale: Vec<&Value> = rules.iter().map(|rule| &rule["stale_mappings"]).collect();
    assert_eq!(stale, [&json!(1), &json!(0)]);
    assert_eq!(counts(save(&organization, "rules = []").await), [0, 0, 0, 2, 1]);
    assert_eq!(organization.list("/mappings").await[0]["status"], "auto_approved");
}

#[tokio::test]
async fn mappings_are_listed_by_group_entity_rule_and_staleness() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    save(&organization, FILE).await.expect(200);
    let connection = organization.connect(&server.public(), "okta").await;
    for group in ["eng-search", "eng-billing"] {
        connection.scim.create_group(group, &[]).await;
    }
    let all = organization.list("/mappings").await;
    let search = &all[0];
    assert_eq!(all.len(), 2);
    let of = async |field: &str, id: &Value| {
        let id = id.as_str().unwrap();
        organization.list(&format!("/mappings?{field}={id}")).await
    };
    let nothing: [Value; 0] = [];
    assert_eq!(of("group_id", &search["group"]["id"]).await, all[..1]);
    assert_eq!(of("entity_id", &search["entity"]["id"]).await, all[..1]);
    assert_eq!(of("rule_id", &search["rule_id"]).await, all);
    assert_eq!(of("rule_id", &search["group"]["id"]).await, nothing);

    assert_eq!(organization.list("/mappings?stale=true").await, nothing);
    save(&organization, "rules = []").await.expect(200);
    assert_eq!(organization.list("/mappings?stale=true").await.len(), 2);
    assert_eq!(organization.list("/mappings?stale=false").await, nothing);
}

#[tokio::test]
async fn what_is_wrong_is_told_whole_and_changes_nothing() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    save(&organization, FILE).await.expect(200);
    let head = organization.head_after(0).await;

    let broken =
        "[[rules]]\nnam = \"x\"\nmatch = { kind = \"regex\", pattern = '(' }\ntargets = [{ type = \"team\" }]\n";
    let problem = save(&organization, broken).await.expect(400).json();
    assert_eq!(problem["type"], "urn:rolecall:problem:rule_set_file");
    let places: Vec<Value> = problem["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| json!([problem["line"], problem["column"], problem["place"]]))
        .collect();
    assert_eq!(
        places,
        [
            json!([1, 1, "rules[0].name"]),
            json!([2, 1, "rules[0].nam"]),
            json!([3, 38, "rules[0].match.pattern"]),
        ]
    );

    let rules = organization.list("/rules").await;
    let path = format!("/rules/{}", rules[0]["id"].as_str().unwrap());
    let problem = organization.http.delete(&path).await.expect(400).json();
    assert_eq!(problem["type"], "urn:rolecall:problem:examples");
    assert_eq!(problem["problems"][0]["place"], "examples[0]");
    let text = problem["problems"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("expected is: rule `Engineering`") && text.contains("rule `Everybody else`"),
        "{text}"
    );

    organization.http.put("/rule_set", &json!({})).await.expect(400);
    organization
        .http
        .put("/rule_set", &json!({ "rules": [], "colour": "red" }))
        .await
        .expect(400);
    organization.http.put("/rule_set", &json!([])).await.expect(400);
    let request = organization
        .http
        .request("PUT", "/rule_set")
        .header("content-type", "text/plain")
        .body("rules = []");
    Answer::of("PUT /rule_set".to_owned(), request)
        .await
        .unwrap()
        .expect(415);
    organization.http.get("/rule_set?format=yaml").await.expect(400);
    assert_eq!(organization.head_after(0).await, head);
}

#[tokio::test]
async fn rules_are_tried_without_doing_anything() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    save(&organization, FILE).await.expect(200);
    let head = organization.head_after(0).await;
    let trial = json!({ "names": ["eng-search", "sales"] });
    let items = organization.http.post("/rules/try", &trial).await.expect(200).json()["items"].clone();
    assert_eq!(items[0]["rule"]["name"], "Engineering");
    assert_eq!(
        items[0]["targets"],
        json!([{ "type": "team", "name": "Team search", "problem": null }])
    );
    assert_eq!(items[1]["rule"]["name"], "Everybody else");
    assert_eq!(items[1]["tried"][0]["name"], "Engineering");
    assert_eq!(items[1]["tried"][0]["outcome"], "no_match");
    let other =
        json!([{ "name": "None", "match": { "kind": "prefix", "pattern": "x" }, "targets": [{ "type": "team" }] }]);
    let trial = json!({ "names": ["sales"], "rules": other });
    let items = organization.http.post("/rules/try", &trial).await.expect(200).json()["items"].clone();
    assert_eq!(items[0]["rule"], Value::Null);
    let broken = json!({ "names": [], "rules": [{ "name": "", "match": { "kind": "all" }, "targets": [] }] });
    let problem = organization.http.post("/rules/try", &broken).await.expect(400).json();
    assert_eq!(problem["problems"][0]["place"], "rules[0].name");
    let many = json!({ "names": vec!["x"; 101] });
    organization.http.post("/rules/try", &many).await.expect(400);
    assert_eq!(organization.head_after(0).await, head);
}

#[tokio::test]
async fn the_analysis_tells_findings_and_groups_that_come_out_as_one_entity() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    let file = FILE
        .replace("name = \"Team ${team}\"", "name = \"All\"")
        .replace("name = \"Team search\"", "name = \"All\"");
    save(&organization, &file).await.expect(200);
    let connection = organization.connect(&server.public(), "okta").await;
    connection.scim.create_group("eng-one", &[]).await;
    connection.scim.create_group("eng-two", &[]).await;
    let analysis = organization.http.get("/rule_set/analysis").await.expect(200).json();
    assert_eq!(analysis["method"], "exact");
    assert_eq!(analysis["findings"][0]["kind"], "overlap", "{analysis}");
    let collision = json!({ "type": "team", "name": "All", "groups": ["eng-one", "eng-two"], "group_count": 2 });
    assert_eq!(analysis["collisions"], json!([collision]));
    let counts = ["collisions_left_out", "groups_checked", "groups_left_out"].map(|count| &analysis[count]);
    assert_eq!(counts, [&json!(0), &json!(2), &json!(0)]);
}

/// More regular expressions that are found anywhere than can be seen at once, and an accent that joins its letter late.
#[tokio::test]
async fn the_analysis_says_how_far_it_went() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    let rules = |patterns: &[(&str, &str)]| {
        let rule = |(index, (kind, pattern)): (usize, &(&str, &str))| {
            json!({
                "name": format!("Rule {index}"), "match": { "kind": kind, "pattern": pattern },
                "targets": [{ "type": "team" }], "priority": -i64::try_from(index).unwrap(),
            })
        };
        json!({ "rules": patterns.iter().enumerate().map(rule).collect::<Vec<_>>() })
    };
    let analysis = async |rules: Value| {
        organization.http.put("/rule_set", &rules).await.expect(200);
        organization.http.get("/rule_set/analysis").await.expect(200).json()
    };

    let exact = analysis(rules(&[("prefix", "J"), ("regex", "^J"), ("regex", "^j")])).await;
    assert_eq!((&exact["method"], &exact["pairs"]), (&json!("exact"), &Value::Null));
    assert_eq!(exact["unsure"], json!(["Rule 1"]), "{exact}");
    assert_eq!(exact["notes"][1], "something stayed open about `Rule 1`");
    assert_eq!((&exact["left_out"], &exact["more"]), (&json!(0), &json!(false)));

    let keywords: Vec<String> = (0..15).map(|number| format!("k{number}x")).collect();
    let keywords: Vec<_> = keywords.iter().map(|keyword| ("regex", keyword.as_str())).collect();
    let pairwise = analysis(rules(&keywords)).await;
    assert_eq!(pairwise["method"], "pairwise");
    assert_eq!(pairwise["pairs"], json!({ "checked": 105, "of": 105 }));
    assert_eq!(pairwise["unsure"], json!([]));
    let said = pairwise["notes"][0].as_str().unwrap();
    assert!(said.contains("105 of 105 pairs"), "{said}");
}

fn check(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = Command::new(binary::rolecall())
        .env_clear()
        .args(["rules", "check"])
        .args(arguments)
        .output()
        .unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[test]
fn files_are_checked_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = write("good.toml", FILE);
    let broken = write("broken.toml", "[[rules]]\nname = 7\n");
    let names = write("names", "eng-search\n\nsales\n");

    let (code, said) = check(&[&good, "--names", &names]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("sound; rules: 2, examples: 1"), "{said}");
    assert!(
        said.contains("eng-search -> Engineering: team \"Team search\""),
        "{said}"
    );
    assert!(said.contains("advice (overlap)"), "{said}");
    assert!(
        said.contains("good.toml: analysis: exact: every possible name was considered"),
        "{said}"
    );
    assert_eq!(check(&[&good, "--strict"]).0, Some(2));
    let (_, said) = check(&[&good, "--format", "json"]);
    let report: Value = serde_json::from_str(&said).unwrap();
    let analysis = &report["files"][0]["analysis"];
    assert_eq!(
        (&analysis["method"], &analysis["pairs"]),
        (&json!("exact"), &Value::Null)
    );
    assert_eq!((&analysis["unsure"], &analysis["more"]), (&json!([]), &json!(false)));

    let (code, said) = check(&[&good, &broken]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("broken.toml:2:8: `rules[0].name`: a text in quotation marks"),
        "{said}"
    );
    let (code, said) = check(&[&broken, "--format", "json"]);
    assert_eq!(code, Some(2));
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["files"][0]["problems"][0]["line"], 1);
    assert_eq!(report["files"][0]["analysis"], Value::Null);
    assert_eq!(check(&["no-such-file"]).0, Some(1));
    // Nothing stands on standard input.
    let (code, said) = check(&["-"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("standard input:1:1"), "{said}");
}

#[tokio::test]
async fn rules_go_from_a_server_to_a_file_and_back_on_the_command_line() {
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    save(&organization, FILE).await.expect(200);
    let body = json!({"name": "cli", "role": "admin"});
    let token = organization.http.post("/tokens", &body).await.expect(201).text("token");
    let rules = |arguments: &[&str]| {
        let mut command = Command::new(binary::rolecall());
        command
            .env_clear()
            .env("ROLECALL_TOKEN", &token)
            .arg("rules")
            .args(arguments);
        let output = command
            .args(["--url", &server.address(), "--organization", &organization.id])
            .output();
        let Output { status, stdout, stderr } = output.unwrap();
        let said = [stdout, stderr].map(|said| String::from_utf8(said).unwrap());
        (status.code(), said.concat())
    };
    assert_eq!(rules(&["export"]), (Some(0), FILE.to_owned()));
    let (reader, unread) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(binary::rolecall());
    command.env_clear().env("ROLECALL_TOKEN", &token).stdout(unread);
    command.args(["rules", "export", "--url", &server.address()]);
    command.args(["--organization", &organization.id]);
    let Output { status, stderr, .. } = command.output().unwrap();
    assert_eq!(
        (status.code(), stderr),
        (Some(0), Vec::new()),
        "whoever reads has seen enough"
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.toml");
    let path = file.to_str().unwrap();
    assert_eq!(rules(&["export", "--output", path]), (Some(0), String::new()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FILE);
    let head = organization.head_after(0).await;
    let (code, said) = rules(&["import", path]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with("rules created: 0\nrules changed: 0\nrules unchanged: 2\nrules deleted: 0\n"),
        "{said}"
    );
    assert_eq!(organization.head_after(0).await, head);

    let connection = organization.connect(&server.public(), "okta").await;
    connection.scim.create_group("eng-search", &[]).await;
    std::fs::write(&file, FILE.replace("priority = 10", "priority = 11")).unwrap();
    let (code, said) = rules(&["import", path]);
    assert_eq!(code, Some(0), "{said}");
    let plan = format!("rolecall plan --organization {}", organization.id);
    for line in [
        "rules changed: 1\n",
        "rules unchanged: 1\n",
        "stale mappings: 1\n",
        &plan,
    ] {
        assert!(said.contains(line), "`{line}` is not in\n{said}");
    }

    let head = organization.head_after(0).await;
    // The file alone is sound; this organization has no such role.
    std::fs::write(&file, FILE.replace("priority = 0", "role = \"captain\"\npriority = 0")).unwrap();
    let (code, said) = rules(&["import", path]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!(
            "\n{path}:13:8: `rules[1].role`: `captain` is none of the roles"
        )),
        "{said}"
    );
    std::fs::write(
        &file,
        FILE.replace("match = { kind = \"all\" }", "match = { kind = \"al\" }"),
    )
    .unwrap();
    let (code, said) = rules(&["import", path]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!("\n{path}:10:18: `rules[1].match.kind`: `al` is not known")),
        "{said}"
    );
    assert_eq!(
        organization.head_after(0).await,
        head,
        "what is refused changes nothing"
    );
    let (code, said) = rules(&["import", "no-such-file"]);
    assert!(code == Some(1) && said.contains("no-such-file"), "{said}");
}

/// Rules whose regular expressions are as long as they may be.
fn long_rules(count: usize) -> Vec<Value> {
    let rule = |index: usize| {
        let pattern = format!("{index:04}{}", "x".repeat(1020));
        json!({ "name": format!("{index}"), "match": { "kind": "regex", "pattern": pattern }, "targets": [{ "type": "team" }] })
    };
    (0..count).map(rule).collect()
}

#[tokio::test]
async fn all_regular_expressions_of_an_organization_are_limited_together() {
    const MANY: usize = 600;
    let server = Server::start().await;
    let organization = server.organization("Acme").await;
    let put = async |count: usize| {
        organization
            .http
            .put("/rule_set", &json!({ "rules": long_rules(count) }))
            .await
    };
    let place = |refused: &Value| {
        let problems = refused["problems"].as_array().unwrap();
        assert!(
            problems.len() == 1 && problems[0]["text"].as_str().unwrap().contains("32 MiB"),
            "{refused}"
        );
        problems[0]["place"].as_str().unwrap().to_owned()
    };
    let first = place(&put(MANY).await.expect(400).json());
    let fit: usize = first
        .trim_start_matches("rules[")
        .split(']')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((100..MANY).contains(&fit), "{first}");
    for path in ["/plans", "/rules/try"] {
        let body = match path {
            "/plans" => json!({ "rules": long_rules(MANY) }),
            _ => json!({ "rules": long_rules(MANY), "names": [] }),
        };
        assert_eq!(
            place(&organization.http.post(path, &body).await.expect(400).json()),
            first
        );
    }
    assert_eq!(counts(put(fit).await), [fit as u64, 0, 0, 0, 0]);

    let mut rules = long_rules(fit + 1);
    let refused = organization.http.post("/rules", &rules[fit]).await.expect(400).json();
    assert_eq!(place(&refused), "match.pattern");
    assert_eq!(
        place(&put(fit + 1).await.expect(400).json()),
        format!("rules[{fit}].match.pattern")
    );
    let id = organization.list("/rules").await[0]["id"].as_str().unwrap().to_owned();
    rules[0]["priority"] = json!(7);
    organization
        .http
        .put(&format!("/rules/{id}"), &rules[0])
        .await
        .expect(200);
    organization.http.delete(&format!("/rules/{id}")).await.expect(204);
    organization.http.post("/rules", &rules[fit]).await.expect(201);
}
