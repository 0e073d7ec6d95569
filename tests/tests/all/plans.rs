//! Plans over HTTP: what a change would do, and then does, also when the server is killed in the middle of it.

use std::collections::BTreeMap;
use std::process::Command;

use rolecall_tests::admin::Organization;
use rolecall_tests::binary;
use rolecall_tests::rule::teams;
use rolecall_tests::tenant::Tenant;
use serde_json::{Value, json};

async fn planned(acme: &Organization, body: &Value) -> Value {
    acme.http.post("/plans", body).await.expect(201).json()
}

fn path(plan: &Value, rest: &str) -> String {
    format!("/plans/{}{rest}", plan["id"].as_str().unwrap())
}

fn named(field: &str, id: &str, name: &str) -> Value {
    json!({"id": id, field: name})
}

#[tokio::test]
async fn a_plan_says_what_it_does_and_does_what_it_says() {
    let (_server, acme, connection) = Tenant::start("okta").await.parts();
    let ana = connection.scim.create_user("ana@example.com").await;
    let group = connection.scim.create_group("eng", &[&ana]).await;

    let plan = planned(&acme, &json!({"rules": teams("Team ${display_name}")})).await;
    assert_eq!(plan["status"], "computed");
    let counts = &plan["counts"];
    let told = [
        "rules_created",
        "mappings_approved",
        "entities_created",
        "members_added",
        "members_removed",
    ];
    assert_eq!(
        told.map(|count| counts[count].as_u64().unwrap()),
        [1, 1, 1, 1, 0],
        "{plan:#}"
    );
    let changes = acme.list(&path(&plan, "/changes?limit=1")).await;
    let entity = json!({"id": null, "type": "team", "name": "Team eng"});
    assert_eq!(
        changes,
        [
            json!({"kind": "entity", "entity": entity}),
            json!({"kind": "mapping", "entity": entity, "group": named("display_name", &group, "eng"),
                "outcome": "auto_approved", "rule": "teams"}),
            json!({"kind": "member_added", "entity": entity, "user": named("user_name", &ana, "ana@example.com")}),
        ]
    );
    assert_eq!(
        acme.list(&path(&plan, "/changes?kind=member_removed")).await,
        Vec::<Value>::new()
    );
    assert_eq!(
        acme.list("/rules").await,
        Vec::<Value>::new(),
        "nothing has changed yet"
    );

    let other = json!({"hash": "another"});
    acme.http.post(&path(&plan, "/apply"), &other).await.expect(412);
    let hash = json!({"hash": plan["hash"]});
    let applied = acme.http.post(&path(&plan, "/apply"), &hash).await.expect(200).json();
    assert_eq!(applied["status"], "applied");
    assert_eq!(applied["progress"]["groups_done"], applied["progress"]["groups_total"]);
    let mappings = acme.list("/mappings").await;
    assert_eq!(
        (&mappings[0]["status"], &mappings[0]["stale"]),
        (&json!("auto_approved"), &json!(false))
    );

    let again = planned(&acme, &json!({})).await;
    assert_eq!(again["counts"]["groups_decided"], 0);
    let head = acme.head_after(0).await;
    let nothing = acme
        .http
        .post(&path(&again, "/apply"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (nothing["status"].as_str(), acme.head_after(0).await),
        (Some("applied"), head)
    );
}

#[tokio::test]
async fn the_changes_of_a_plan_are_the_same_whatever_the_pages() {
    let (_server, acme, connection) = Tenant::start("okta").await.parts();
    let users = connection.scim.create_users("user", 7).await;
    for (name, members) in [("eng", &users[..5]), ("ops", &users[3..]), ("empty", &[])] {
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        connection.scim.create_group(name, &members).await;
    }
    let mut rules = teams("${display_name}");
    rules[0]["role"] = json!("admin");
    let plan = planned(&acme, &json!({ "rules": rules })).await;
    let changes = path(&plan, "/changes");
    let whole = acme.list(&changes).await;
    // Three teams and their mappings, nine members, seven roles.
    assert_eq!(whole.len(), 3 + 3 + 9 + 7, "{whole:#?}");
    for limit in [1, 2, 3, 5, whole.len()] {
        assert_eq!(acme.list(&format!("{changes}?limit={limit}")).await, whole, "{limit}");
    }
    let joining: Vec<_> = whole.iter().filter(|change| change["kind"] == "member_added").collect();
    let listed = acme.list(&format!("{changes}?limit=2&kind=member_added")).await;
    assert_eq!(listed.iter().collect::<Vec<_>>(), joining);

    for wrong in ["7", "x", "2.0.x", "4.9", "7.0", "7.0.4000000", "99.0.0", "-1.0.0"] {
        let refused = acme
            .http
            .get(&format!("{changes}?after={wrong}"))
            .await
            .expect(400)
            .json();
        assert_eq!(refused["type"], "urn:rolecall:problem:query", "{wrong}: {refused}");
    }
}

#[tokio::test]
async fn a_plan_is_for_the_state_that_it_was_made_for() {
    let (_server, acme, connection) = Tenant::start("okta").await.parts();
    let ana = connection.scim.create_user("ana@example.com").await;
    connection.scim.create_group("eng", &[&ana]).await;
    let plan = planned(&acme, &json!({"rules": teams("${display_name}")})).await;
    let second = planned(&acme, &json!({"rules": teams("${display_name}")})).await;
    assert_eq!(plan["hash"], second["hash"]);

    let ben = connection.scim.create_user("ben@example.com").await;
    let refused = acme
        .http
        .post(&path(&plan, "/apply"), &json!({}))
        .await
        .expect(412)
        .json();
    assert_eq!(refused["type"], "urn:rolecall:problem:plan_outdated");
    // What was added is no part of it, so the effect is the same.
    let recheck = json!({"recheck": true});
    acme.http.post(&path(&plan, "/apply"), &recheck).await.expect(200);

    connection.scim.create_group("ops", &[&ben]).await;
    let refused = acme
        .http
        .post(&path(&second, "/apply"), &recheck)
        .await
        .expect(412)
        .json();
    assert_eq!(refused["type"], "urn:rolecall:problem:plan_differs");
}

#[tokio::test]
async fn all_faults_of_a_plan_are_told_with_their_places() {
    let (_server, acme, _connection) = Tenant::start("okta").await.parts();
    let rules = json!([{"name": "", "match": {"kind": "all"}, "targets": []}, {"name": "x", "match": {"kind": "regex", "pattern": "("}}]);
    let refused = acme
        .http
        .post("/plans", &json!({"rules": rules}))
        .await
        .expect(400)
        .json();
    let places: Vec<_> = refused["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["place"].as_str().unwrap())
        .collect();
    assert!(
        places.contains(&"rules[0].targets") && places.contains(&"rules[1].match.pattern"),
        "{refused:#}"
    );
    for wrong in [
        json!({"colour": 1}),
        json!({"mappings": [{"action": "approve"}]}),
        json!({"rules": {}}),
    ] {
        acme.http.post("/plans", &wrong).await.expect(400);
    }
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    for rest in ["", "/changes"] {
        acme.http.get(&format!("/plans/{nobody}{rest}")).await.expect(404);
    }
    acme.http
        .post(&format!("/plans/{nobody}/apply"), &json!({}))
        .await
        .expect(404);
}

#[tokio::test]
async fn rules_examples_and_exceptions_change_in_one_plan() {
    let (_server, acme, connection) = Tenant::start("okta").await.parts();
    let ana = connection.scim.create_user("ana@example.com").await;
    connection.scim.create_group("eng", &[&ana]).await;
    let mut admins = teams("${display_name}");
    admins[0]["role"] = json!("admin");
    let body = json!({
        "rules": admins,
        "examples": [{"group": "eng", "rule": "teams", "role": "admin"}],
        "exceptions": [{"set": {"kind": "exclusion", "user_id": ana, "role": "admin", "reason": "left the board"}}],
    });
    let plan = planned(&acme, &body).await;
    let counts = &plan["counts"];
    assert_eq!(counts["exceptions_set"], 1, "{plan:#}");
    assert_eq!(
        (&counts["examples_changed"], &counts["roles_raised"]),
        (&json!(true), &json!(0))
    );
    let apply = path(&plan, "/apply");
    acme.http.post(&apply, &json!({})).await.expect(200);
    let set = acme.http.get("/rule_set").await.expect(200).json();
    assert_eq!(set["examples"], body["examples"]);

    let wrong = json!({"rules": teams("${display_name}")});
    let refused = acme.http.post("/plans", &wrong).await.expect(400).json();
    assert_eq!(refused["type"], "urn:rolecall:problem:examples", "{refused:#}");
    let unknown = json!({"exceptions": [{"remove": ana}]});
    acme.http.post("/plans", &unknown).await.expect(404);
}

#[tokio::test]
async fn one_plan_is_applied_at_a_time() {
    const GROUPS: usize = 60;
    const MEMBERS: usize = 300;
    let (_server, acme, connection) = Tenant::start("okta").await.parts();
    let users = connection.scim.create_users("user", MEMBERS).await;
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    for number in 0..GROUPS {
        connection.scim.create_group(&format!("group {number}"), &users).await;
    }
    let plan = planned(&acme, &json!({"rules": teams("${display_name}")})).await;
    let applying = {
        let (http, path) = (acme.http.clone(), path(&plan, "/apply"));
        tokio::spawn(async move { http.post(&path, &json!({})).await.status })
    };
    let settings = json!({"settings": {"on_rename": "apply"}});
    loop {
        let other = acme.http.post("/plans", &settings).await;
        if other.status == 409 {
            assert_eq!(other.json()["type"], "urn:rolecall:problem:plan_runs");
            break;
        }
        other.expect(201);
        assert!(
            !applying.is_finished(),
            "the plan was applied before anything was refused"
        );
    }
    assert!(applying.await.unwrap() < 300);
}

/// The members of each entity that the entries after a position placed, each entry by itself.
async fn placed(acme: &Organization, after: u64) -> BTreeMap<String, Vec<usize>> {
    let mut placed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for event in acme.events_after(after).await {
        for consequence in event["consequences"].as_array().unwrap() {
            if consequence["kind"] == "members_placed" {
                let entity = consequence["entity_id"].as_str().unwrap().to_owned();
                placed
                    .entry(entity)
                    .or_default()
                    .push(consequence["user_ids"].as_array().unwrap().len());
            }
        }
    }
    placed
}

#[tokio::test]
async fn a_plan_goes_on_after_a_kill_and_shows_no_group_by_halves() {
    const GROUPS: usize = 60;
    const MEMBERS: usize = 400;
    let (mut server, acme, connection) = Tenant::start("okta").await.parts();
    let users = connection.scim.create_users("user", MEMBERS).await;
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    for number in 0..GROUPS {
        connection.scim.create_group(&format!("group {number}"), &users).await;
    }
    let before = acme.head_after(0).await;
    let plan = planned(&acme, &json!({"rules": teams("${display_name}")})).await;
    assert_eq!(plan["counts"]["members_added"], GROUPS * MEMBERS);

    let applying = {
        let (http, path) = (acme.http.clone(), path(&plan, "/apply"));
        tokio::spawn(async move { http.try_send("POST", &path, Some(&json!({}))).await.is_ok() })
    };
    // Once the first groups are done, the plan is in the middle.
    loop {
        let now = acme.http.get(&path(&plan, "")).await.expect(200).json();
        if now["progress"]["groups_done"].as_u64().is_some_and(|done| done > 0) {
            break;
        }
        tokio::task::yield_now().await;
    }
    server.kill();
    let answered = applying.await.unwrap();
    server.start_again().await;
    loop {
        let now = acme.http.get(&path(&plan, "")).await.expect(200).json();
        if now["status"] == "applied" {
            assert_eq!(now["progress"]["groups_done"], GROUPS);
            break;
        }
        assert_eq!(now["status"], "applying", "answered: {answered}");
    }
    let placed = placed(&acme, before).await;
    assert_eq!(placed.len(), GROUPS);
    assert!(
        placed.values().all(|times| *times == [MEMBERS]),
        "each group whole in one entry: {placed:?}"
    );
    let report = acme.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

#[tokio::test]
async fn the_command_shows_a_plan_and_applies_it_when_told_to() {
    let (server, acme, connection) = Tenant::start("okta").await.parts();
    let ana = connection.scim.create_user("ana@example.com").await;
    connection.scim.create_group("eng-web", &[&ana]).await;
    let file = server.data().join("rules.toml");
    let set = "[[rules]]\nname = \"teams\"\nmatch = { kind = \"prefix\", pattern = \"eng-\" }\nauto_approve = true\n\
               targets = [{ type = \"team\", name = \"${rest}\" }]\n";
    std::fs::write(&file, set).unwrap();
    let token = acme
        .http
        .post("/tokens", &json!({"name": "cli", "role": "admin"}))
        .await
        .expect(201)
        .text("token");
    let plan = |arguments: &[&str]| {
        let mut command = Command::new(binary::rolecall());
        command
            .env_clear()
            .env("ROLECALL_TOKEN", &token)
            .arg("plan")
            .args(arguments);
        command.args(["--url", &server.address(), "--organization", &acme.id]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let file = file.to_str().unwrap();
    let (code, said) = plan(&[file]);
    assert_eq!(code, Some(2), "{said}");
    for line in [
        "rules created: 1",
        "+ team `web`",
        "+ user `ana@example.com` in team `web`",
        "rolecall apply ",
    ] {
        assert!(said.contains(line), "`{line}` is not in\n{said}");
    }
    assert_eq!(acme.list("/rules").await, Vec::<Value>::new());
    let (code, said) = plan(&[file, "--apply"]);
    assert!(code == Some(0) && said.ends_with("applied\n"), "{said}");
    let (code, said) = plan(&[]);
    assert_eq!((code, said.as_str()), (Some(0), "nothing to change\n"));
}
