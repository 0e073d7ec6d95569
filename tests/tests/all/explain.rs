//! Explanations over HTTP: every entry that they cite is there, and is what they claim.

use std::process::{Command, Output, Stdio};

use rolecall_tests::admin::Organization;
use rolecall_tests::binary;
use rolecall_tests::rule;
use rolecall_tests::server::Server;
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

/// The steps of all chains in an explanation.
fn steps(explanation: &Value) -> Vec<&Value> {
    match explanation {
        Value::Object(fields) => {
            let chain = fields.get("chain").and_then(Value::as_array).into_iter().flatten();
            chain.chain(fields.values().flat_map(steps)).collect()
        }
        Value::Array(items) => items.iter().flat_map(steps).collect(),
        _ => Vec::new(),
    }
}

/// The facts and consequences of an entry, of a kind, with the ids that the step names.
fn recorded<'a>(entry: &'a Value, kind: &str, step: &Value) -> Vec<&'a Value> {
    let all = ["facts", "consequences"].map(|part| entry[part].as_array().unwrap());
    let names_the_same = |item: &&Value| {
        let ids = [
            "group_id",
            "mapping_id",
            "rule_id",
            "rule_version",
            "exception_id",
            "hold_id",
        ];
        ids.iter().all(|id| {
            step.get(id)
                .is_none_or(|id_of_step| item.get(id).is_none_or(|found| found == id_of_step))
        })
    };
    let found = all.into_iter().flatten().filter(|item| item["kind"] == kind);
    found.filter(names_the_same).collect()
}

/// Whether the entry records what the step says.
fn is_recorded(entry: &Value, step: &Value, user: &str) -> bool {
    let any = |kinds: &[&str]| kinds.iter().any(|kind| !recorded(entry, kind, step).is_empty());
    let names_user = |item: &&Value| item["user_ids"].as_array().unwrap().contains(&json!(user));
    let moved_to = |statuses: &[&str]| {
        let proposed = recorded(entry, "mapping_proposed", step)
            .into_iter()
            .map(|item| &item["status"]);
        let moved = recorded(entry, "mapping_moved", step)
            .into_iter()
            .map(|item| &item["to"]);
        proposed
            .chain(moved)
            .any(|status| statuses.contains(&status["status"].as_str().unwrap()))
    };
    match step["kind"].as_str().unwrap() {
        "member" => recorded(entry, "members_added", step).iter().any(names_user),
        "group_role" => any(&["group_created", "group_restored", "group_attributes_changed"]),
        "role_attribute" => any(&["user_created", "user_role_attribute_changed"]),
        "rule" => any(&["rule_created", "rule_changed"]),
        "mapping" => any(&["mapping_proposed"]),
        "approval" => moved_to(&["approved", "auto_approved"]),
        "blocked" => any(&["mapping_paused"]) || moved_to(&["pending", "rejected"]),
        "conflict" => any(&["conflicts_opened"]),
        "inactive" => any(&["user_deactivated"]),
        "default_role" => any(&["settings_changed"]),
        "exception" => any(&["exception_set"]),
        "held" => any(&["hold_grew"]),
        kind => panic!("the story has no {kind}"),
    }
}

/// Checks every citation of an explanation against the record; answers how many there are.
async fn check(organization: &Organization, explanation: &Value, user: &str) -> usize {
    let entries = organization.events_after(0).await;
    let cited: Vec<_> = steps(explanation)
        .into_iter()
        .filter(|step| !step["entry"].is_null())
        .collect();
    for step in &cited {
        let position = step["entry"]["position"].as_u64().unwrap();
        let entry = &entries[usize::try_from(position).unwrap() - 1];
        assert_eq!(entry["position"], position);
        assert_eq!(entry["at"], step["entry"]["at"], "{step}");
        assert_eq!(entry["actor"], step["entry"]["actor"], "{step}");
        assert!(is_recorded(entry, step, user), "{step:#} is not in {entry:#}");
        let text = step["text"].as_str().unwrap();
        assert!(text.contains(&format!("(entry {position})")), "{text}");
    }
    cited.len()
}

async fn explain(organization: &Organization, what: &str, id: &str) -> Value {
    let path = format!("/{what}/{id}/explain");
    organization.http.get(&path).await.expect(200).json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A user in a team by a rule, with a role by another, waiting for a third mapping; and her id.
async fn story(server: &Server) -> (Organization, String) {
    let acme = server.organization("Acme").await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    acme.add_rule(rule::admins_administrate()).await;
    let sales = json!({ "name": "Sales", "match": { "kind": "prefix", "pattern": "Sales" }, "priority": 5,
        "targets": [{ "type": "concurrency_group" }] });
    acme.add_rule(sales).await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    let ana = scim.create_user(ANA).await;
    for name in ["Engineering", "Admins", "Sales"] {
        let group = scim.create_group(name, &[]).await;
        scim.add_member(&group, &ana).await;
    }
    (acme, ana)
}

#[tokio::test]
async fn a_user_is_explained_and_every_citation_is_in_the_record() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;

    let explained = explain(&acme, "users", &ana).await;
    assert!(check(&acme, &explained, &ana).await >= 14, "{explained:#}");
    assert_eq!(explained["position"], acme.head_after(0).await);
    assert_eq!(explained["user_name"], ANA);
    let role = &explained["role"];
    assert_eq!(
        (&role["role"], &role["cause"]),
        (&json!("admin"), &json!("member_added"))
    );
    let decides = &role["reasons"]["items"][0];
    assert_eq!(
        (&decides["decides"], &decides["without"]),
        (&json!(true), &json!("user"))
    );
    let kinds: Vec<_> = steps(decides).into_iter().map(|step| text(&step["kind"])).collect();
    assert_eq!(kinds, ["member", "rule", "mapping", "approval"]);
    assert_eq!(explained["entities"]["total"], 2, "{explained:#}");
    let names: Vec<_> = explained["entities"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["entity"]["name"])
        .collect();
    assert_eq!(names, ["Engineering", "Admins"]);

    let waits = &explained["why_not"]["items"][0];
    assert_eq!(
        (&waits["why"], &waits["reason"]),
        (&json!("pending"), &json!("approval_required"))
    );
    let sentence = text(&waits["text"]);
    assert!(
        sentence.contains("Not in concurrency group `Sales` because the mapping waits"),
        "{sentence}"
    );
    assert_eq!(explained["why_not"]["total"], 1);

    let groups = explained["groups"]["items"].as_array().unwrap();
    assert!(
        groups
            .iter()
            .all(|group| !group["rule_id"].is_null() && group["stale"] == false),
        "{groups:?}"
    );
}

#[tokio::test]
async fn what_an_explanation_says_would_remove_a_reason_removes_it() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;
    let explained = explain(&acme, "users", &ana).await;
    let decides = &explained["role"]["reasons"]["items"][0];
    let ways = decides["reason"]["would_remove"].as_array().unwrap();
    let reject = ways.iter().find(|way| way["kind"] == "reject_mapping").unwrap();

    let mapping = text(&reject["mapping_id"]);
    acme.http
        .post(&format!("/mappings/{mapping}/reject"), &json!({}))
        .await
        .expect_success();

    let after = explain(&acme, "users", &ana).await;
    assert_eq!(after["role"]["role"], decides["without"]);
    assert_eq!(after["role"]["cause"], "default_fallback");
    assert_eq!(after["role"]["reasons"]["items"][0]["reason"]["kind"], "default_role");
    let absences = after["why_not"]["items"].as_array().unwrap();
    let rejected: Vec<_> = absences.iter().filter(|one| one["why"] == "rejected").collect();
    assert_eq!(rejected.len(), 2, "the team and the role: {absences:#?}");
    check(&acme, &after, &ana).await;
}

#[tokio::test]
async fn an_approval_names_who_approved() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;
    let mapping = explain(&acme, "users", &ana).await["why_not"]["items"][0]["mapping_id"].clone();
    let approve = format!("/mappings/{}/approve", text(&mapping));
    acme.http.post(&approve, &json!({})).await.expect_success();

    let explained = explain(&acme, "users", &ana).await;
    check(&acme, &explained, &ana).await;
    let entities = explained["entities"]["items"].as_array().unwrap();
    let sales = entities.iter().find(|one| one["entity"]["name"] == "Sales").unwrap();
    let approval = steps(sales)
        .into_iter()
        .find(|step| step["kind"] == "approval")
        .unwrap();
    assert_eq!(approval["entry"]["actor"]["kind"], "token", "{approval}");
    assert_eq!(approval["entry"]["position"], sales["since_position"]);
    let sentence = text(&sales["reasons"]["items"][0]["text"]);
    let token = text(&approval["entry"]["actor"]["token_id"]);
    assert!(
        sentence.contains(&format!("the holder of token `tests` ({token}) approved the mapping")),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_group_and_an_entity_are_explained() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;
    let group = text(&acme.group("Sales").await["id"]).to_owned();
    let explained = explain(&acme, "groups", &group).await;
    assert!(check(&acme, &explained, &ana).await >= 3, "{explained:#}");
    let outcomes: Vec<_> = explained["rules"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["outcome"]))
        .collect();
    assert_eq!(outcomes, ["no_match", "decides", "comes_later"]);
    assert_eq!(explained["mappings"]["items"][0]["why_not"], "pending");
    assert_eq!(explained["plan"]["total"], 0);
    assert_eq!(explained["decision"]["rule_id"], explained["decision"]["now_rule_id"]);

    let team = acme.list("/entities?name=Engineering").await[0]["id"].clone();
    let explained = explain(&acme, "entities", text(&team)).await;
    assert!(check(&acme, &explained, &ana).await >= 3, "{explained:#}");
    assert_eq!(explained["owner"]["display_name"], "Engineering");
    assert_eq!(explained["members"]["items"][0]["user"]["id"], ana.as_str());
    assert_eq!(explained["mappings"]["items"][0]["held_members"], 1);
    assert_eq!(explained["unmapped_member_count"], 0);
}

#[tokio::test]
async fn every_exception_is_told_with_what_it_does_or_why_nothing() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;
    let floor = json!({ "min_admins": 1 });
    acme.http.patch("/settings", &floor).await.expect_success();
    let guild = json!({ "type": "team", "name": "Guild" });
    let guild = acme.http.post("/entities", &guild).await.expect(201).text("id");
    let team = acme.list("/entities?name=Engineering").await[0]["id"].clone();
    for about in [
        json!({ "entity_id": guild, "expires_at": "2100-01-01T00:00:00Z" }),
        json!({ "entity_id": team }),
        json!({ "role": "admin" }),
    ] {
        let mut exception = json!({ "kind": "exclusion", "user_id": ana, "reason": "left the project" });
        exception
            .as_object_mut()
            .unwrap()
            .extend(about.as_object().unwrap().clone());
        acme.http.post("/exceptions", &exception).await.expect(201);
    }

    let explained = explain(&acme, "users", &ana).await;
    check(&acme, &explained, &ana).await;
    assert_eq!(explained["exceptions"]["total"], 3);
    let told = explained["exceptions"]["items"].as_array().unwrap();
    let about = |effect: &str| told.iter().find(|one| one["effect"] == effect).unwrap();
    let unclaimed = about("unclaimed");
    assert_eq!(
        (&unclaimed["entity"]["name"], &unclaimed["reason"], &unclaimed["kind"]),
        (&json!("Guild"), &json!("left the project"), &json!("exclusion"))
    );
    assert_eq!(
        unclaimed["chain"][0]["entry"]["position"],
        unclaimed["created_position"]
    );
    let held = about("held");
    assert_eq!(held["hold_id"], acme.list("/holds").await[0]["id"]);
    for (effect, says) in [
        (
            "unclaimed",
            "Excluded from team `Guild` until 2100-01-01T00:00:00.000Z, without effect now, because nothing claims it",
        ),
        (
            "in_force",
            "Excluded from team `Engineering`, which something claims for the user",
        ),
        (
            "held",
            "because the floor `min_admins` holds the demotion: the user keeps role `admin` until another user gets it",
        ),
    ] {
        let sentence = text(&about(effect)["text"]);
        assert!(sentence.contains(says), "`{says}` is not in {sentence}");
    }

    let viewer = json!({ "name": "reader", "role": "viewer" });
    let token = acme.http.post("/tokens", &viewer).await.expect(201).text("token");
    let printed = printed(&command(&server, &acme, &token, &["user", ANA]));
    let listed = "\n  Exceptions\n    Excluded from ";
    assert!(printed.contains(listed), "{printed}");
    assert!(printed.contains("\n      the holder of token "), "{printed}");
    assert!(printed.contains("(\"left the project\") (entry "), "{printed}");
}

#[tokio::test]
async fn what_is_not_there_is_not_explained() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;
    let nobody = "01890a5d-0000-7000-8000-000000000000";
    for what in ["users", "groups", "entities"] {
        for id in [nobody, "nobody", &ana.to_uppercase()] {
            let answer = acme.http.get(&format!("/{what}/{id}/explain")).await.expect(404);
            assert_eq!(answer.media_type(), "application/problem+json");
        }
    }
    acme.http.get(&format!("/groups/{ana}/explain")).await.expect(404);
}

/// `rolecall explain` with these arguments, and a token in the environment.
fn command(server: &Server, organization: &Organization, token: &str, arguments: &[&str]) -> Output {
    Command::new(binary::rolecall())
        .env_clear()
        .env("ROLECALL_TOKEN", token)
        .arg("explain")
        .args(arguments)
        .args(["--organization", &organization.id, "--url", &server.public().origin()])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn the_command_line_prints_a_tree() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;
    let viewer = json!({ "name": "reader", "role": "viewer" });
    let token = acme.http.post("/tokens", &viewer).await.expect(201).text("token");

    let by_name = printed(&command(&server, &acme, &token, &["user", ANA]));
    assert_eq!(by_name, printed(&command(&server, &acme, &token, &["user", &ana])));
    for line in [
        "User ana@example.com",
        "\n  Role `admin` since entry",
        "\n      This decides; without it the role would be `user`.",
        "\n  In team `Engineering` since entry",
        "made the user a member of group `Engineering` (entry",
        "\n      Any of these would remove it\n        Take the user out of group `Engineering`",
        "\n  Not in effect\n    Not in concurrency group `Sales` because the mapping waits",
        "\n  Groups\n",
    ] {
        assert!(by_name.contains(line), "`{line}` is not in\n{by_name}");
    }

    let of_group = printed(&command(&server, &acme, &token, &["group", "Sales"]));
    let group = text(&acme.group("Sales").await["id"]).to_owned();
    assert_eq!(of_group, printed(&command(&server, &acme, &token, &["group", &group])));
    assert!(
        of_group.contains("Rule `Sales` in version 1 matches first, and decides."),
        "{of_group}"
    );
    let team = text(&acme.list("/entities?name=Engineering").await[0]["id"]).to_owned();
    let of_entity = printed(&command(&server, &acme, &token, &["entity", "Engineering"]));
    assert!(of_entity.contains(&format!("User {ANA} since entry")), "{of_entity}");
    let admin = json!({ "name": "writer", "role": "admin" });
    let token = acme.http.post("/tokens", &admin).await.expect(201).text("token");
    let whole = printed(&command(&server, &acme, &token, &["entity", &team, "--json"]));
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole, explain(&acme, "entities", &team).await);
}

#[tokio::test]
async fn the_command_line_takes_what_looks_like_an_id_for_a_name_where_there_is_no_such_id() {
    let server = Server::start().await;
    let (acme, ana) = story(&server).await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    let viewer = json!({ "name": "reader", "role": "viewer" });
    let token = acme.http.post("/tokens", &viewer).await.expect(201).text("token");
    let name = "01890A5D-0000-7000-8000-000000000000";
    let user = scim.create_user(name).await;
    let group = scim.create_group(name, &[]).await;
    scim.create_group(&ana, &[]).await;
    for (what, id) in [("user", user), ("group", group)] {
        let by_name = printed(&command(&server, &acme, &token, &[what, name]));
        assert_eq!(by_name, printed(&command(&server, &acme, &token, &[what, &id])));
    }
    let by_id = printed(&command(&server, &acme, &token, &["user", &ana]));
    assert!(by_id.contains(&format!("User {ANA} ({ana}, ")), "{by_id}");
    let nobody = "01890a5d-0000-7000-8000-000000000001";
    let output = command(&server, &acme, &token, &["user", nobody]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("there is no such user"),
        "{said}"
    );
}

#[tokio::test]
async fn the_command_line_says_what_is_missing() {
    let server = Server::start().await;
    let (acme, _) = story(&server).await;
    let viewer = json!({ "name": "reader", "role": "viewer" });
    let token = acme.http.post("/tokens", &viewer).await.expect(201).text("token");
    let namesake = json!({ "type": "concurrency_group", "name": "Engineering" });
    acme.http.post("/entities", &namesake).await.expect(201);
    let fails = |token: &str, arguments: &[&str], says: &str| {
        let output = command(&server, &acme, token, arguments);
        assert!(!output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(says), "`{says}` is not in {said}");
    };
    fails("", &["user", ANA], "set ROLECALL_TOKEN");
    fails("wrong", &["user", ANA], "401");
    fails("any", &["user"], "<ID|NAME>");
    fails(&token, &["group", "Nowhere"], "no group of that name");
    let digits = "01890a5d000070008000000000000000";
    fails(&token, &["group", digits], "no group of that name");
    fails(&token, &["entity", "Engineering"], "name one by its id");
    fails("any", &["user", ANA, "--token-file", "/nowhere"], "/nowhere");
}
