//! Snapshots of a provider over HTTP: a plan of the differences, applied whole, also when the server is killed in between.

use std::path::Path;
use std::process::Command;

use rolecall_tests::admin::{Connection, Organization};
use rolecall_tests::binary;
use rolecall_tests::http::Answer;
use rolecall_tests::rule;
use rolecall_tests::server::Server;
use serde_json::{Value, json};

async fn start() -> (Server, Organization, Connection) {
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    let connection = acme.connect(&server.public(), "okta").await;
    (server, acme, connection)
}

async fn send(acme: &Organization, query: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let path = format!("/reconcile{query}");
    let request = acme.http.request("POST", &path).header("Content-Type", media_type);
    Answer::of(path, request.body(body.into())).await.unwrap()
}

async fn apply(acme: &Organization, plan: &Value) -> Answer {
    let path = format!("/plans/{}/apply", plan["id"].as_str().unwrap());
    acme.http.post(&path, &json!({"hash": plan["hash"]})).await
}

#[tokio::test]
async fn a_snapshot_becomes_a_plan_that_brings_the_groups_into_line() {
    let (_server, acme, connection) = start().await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    let ana = connection.scim.create_user("ana@example.com").await;
    let ben = connection.scim.create_user("ben@example.com").await;
    connection.scim.create_group("eng", &[&ana]).await;
    let sales = connection.scim.create_group("sales", &[&ben]).await;
    let head = acme.head_after(0).await;

    let file = "group,user_name\neng,ben@example.com\neng,ben@example.com\n\"ops, east\",ANA@example.com\neng,zoe@example.com\n";
    let plan = send(&acme, "", "text/csv; charset=UTF-8", file)
        .await
        .expect(201)
        .json();
    let drift = &plan["drift"];
    let told = [
        "groups_missing",
        "groups_different",
        "members_missing",
        "members_extra",
        "members_repeated",
    ];
    assert_eq!(
        told.map(|count| drift[count].as_u64().unwrap()),
        [1, 1, 2, 1, 1],
        "{plan:#}"
    );
    assert_eq!(drift["surplus_groups"], json!([{"id": sales, "display_name": "sales"}]));
    assert_eq!(
        drift["unknown_users"],
        json!([{"place": "line 5", "name": "zoe@example.com"}])
    );
    assert_eq!(plan["counts"]["groups_created"], 1);
    assert_eq!(plan["counts"]["members_added"], 2);
    assert_eq!(
        acme.head_after(0).await,
        head,
        "nothing is written before the plan is applied"
    );
    let path = format!(
        "/plans/{}/changes?kind=group_member_removed",
        plan["id"].as_str().unwrap()
    );
    let removed = acme.list(&path).await;
    assert_eq!(removed[0]["user"]["id"], ana, "{removed:?}");

    let applied = apply(&acme, &plan).await.expect(200).json();
    assert_eq!(
        (&applied["status"], &applied["progress"]["groups_done"]),
        (&json!("applied"), &json!(2))
    );
    assert_eq!(acme.group("ops, east").await["member_count"], 1);
    let json = json!({"groups": [
        {"display_name": "eng", "members": [{"id": ben}]},
        {"display_name": "ops, east", "members": [{"user_name": "ana@example.com"}]},
    ]});
    let again = send(
        &acme,
        "?delete_missing_groups=true",
        "application/json",
        json.to_string(),
    )
    .await;
    let again = again.expect(201).json();
    assert_eq!(
        (&again["drift"]["groups_equal"], &again["counts"]["groups_deleted"]),
        (&json!(2), &json!(1))
    );
    apply(&acme, &again).await.expect(200);
    assert_eq!(acme.list("/groups").await.len(), 2);
    let report = acme.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

#[tokio::test]
async fn what_is_no_snapshot_is_refused_with_every_line() {
    let (_server, acme, connection) = start().await;
    let head = acme.head_after(0).await;
    let file = b"group,user_name\neng\n,ana\neng,\xff\xfe\n".to_vec();
    let refused = send(&acme, "", "text/csv", file).await.expect(400).json();
    let places: Vec<&str> = refused["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|problem| problem["place"].as_str())
        .collect();
    assert_eq!(places, ["line 2", "line 3", "line 4"], "{refused:#}");
    for body in ["", "group;user_name\n", "user_name\nana\n"] {
        let refused = send(&acme, "", "text/csv", body).await.expect(400);
        assert_eq!(refused.media_type(), "application/problem+json");
    }
    for body in [
        "",
        "{}",
        "[]",
        r#"{"groups": [{"members": 7}]}"#,
        r#"{"groups": [], "x": 1}"#,
    ] {
        send(&acme, "", "application/json", body).await.expect(400);
    }
    for media_type in ["text/plain", "text/csv; charset=iso-8859-1"] {
        send(&acme, "", media_type, "group,user_name\n").await.expect(415);
    }
    send(&acme, "?delete_missing_groups=perhaps", "text/csv", "group,user_name\n")
        .await
        .expect(400);
    connection.scim.create_group("eng", &[]).await;
    let head = head + 1;
    let nothing = [
        ("text/csv", "group,user_name\n"),
        ("application/json", r#"{"groups": []}"#),
    ];
    for (media_type, body) in nothing {
        let refused = send(&acme, "?delete_missing_groups=true", media_type, body).await;
        let refused = refused.expect(400).json();
        assert_eq!(refused["type"], "urn:rolecall:problem:snapshot_empty", "{refused}");
        let told = send(&acme, "", media_type, body).await.expect(201).json();
        assert_eq!(told["drift"]["groups_surplus"], 1);
    }
    let huge = vec![b'x'; 32 * 1024 * 1024 + 1];
    send(&acme, "", "text/csv", huge).await.expect(413);
    let viewer = json!({"name": "reader", "role": "approver"});
    let viewer = acme.http.post("/tokens", &viewer).await.expect(201).text("token");
    let request = acme.http.with_token(&viewer).request("POST", "/reconcile");
    let request = request.header("Content-Type", "text/csv").body("group,user_name\n");
    Answer::of("POST /reconcile".to_owned(), request)
        .await
        .unwrap()
        .expect(403);
    assert_eq!(acme.head_after(0).await, head, "nothing has changed");
}

#[tokio::test]
async fn reconciling_goes_on_after_a_kill_and_every_group_comes_whole() {
    const GROUPS: usize = 60;
    const MEMBERS: usize = 400;
    let (mut server, acme, connection) = start().await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    connection.scim.create_users("user", MEMBERS).await;
    let users = acme.list("/users?limit=1000").await;
    let names: Vec<&str> = users.iter().filter_map(|user| user["user_name"].as_str()).collect();
    let mut file = "group,user_name\n".to_owned();
    for group in 0..GROUPS {
        names
            .iter()
            .for_each(|name| file.push_str(&format!("group {group},{name}\n")));
    }
    let plan = send(&acme, "", "text/csv", file).await.expect(201).json();
    assert_eq!(plan["counts"]["group_members_added"], GROUPS * MEMBERS);
    let path = format!("/plans/{}", plan["id"].as_str().unwrap());
    let applying = {
        let (http, path) = (acme.http.clone(), format!("{path}/apply"));
        tokio::spawn(async move { http.try_send("POST", &path, Some(&json!({}))).await.is_ok() })
    };
    loop {
        let now = acme.http.get(&path).await.expect(200).json();
        if now["progress"]["groups_done"].as_u64().is_some_and(|done| done > 0) {
            break;
        }
        tokio::task::yield_now().await;
    }
    server.kill();
    let answered = applying.await.unwrap();
    server.start_again().await;
    loop {
        let now = acme.http.get(&path).await.expect(200).json();
        if now["status"] == "applied" {
            break;
        }
        assert_eq!(now["status"], "applying", "answered: {answered}");
    }
    let groups = acme.list("/groups?limit=1000").await;
    assert_eq!(groups.len(), GROUPS);
    assert!(groups.iter().all(|group| group["member_count"] == MEMBERS));
    let report = acme.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}

/// What `rolecall reconcile` ends with, says on standard output, and says on standard error.
fn command(
    server: &Server,
    acme: &Organization,
    token: &str,
    file: &Path,
    arguments: &[&str],
) -> (i32, String, String) {
    let output = Command::new(binary::rolecall())
        .env_clear()
        .env("ROLECALL_TOKEN", token)
        .args(["reconcile", "--url", &server.address(), "--organization", &acme.id])
        .arg(file)
        .args(arguments)
        .output()
        .unwrap();
    let said = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), said(output.stdout), said(output.stderr))
}

#[tokio::test]
async fn the_command_compares_a_file_shows_the_plan_and_applies_it_when_told_to() {
    let (server, acme, connection) = start().await;
    acme.add_rule(rule::every_group_is_a_team()).await;
    let ana = connection.scim.create_user("ana@example.com").await;
    let ben = connection.scim.create_user("ben@example.com").await;
    connection.scim.create_group("eng", &[&ana]).await;
    connection.scim.create_group("sales", &[&ben]).await;
    let token = json!({"name": "cli", "role": "admin"});
    let token = acme.http.post("/tokens", &token).await.expect(201).text("token");
    let csv = server.data().join("groups.csv");
    std::fs::write(
        &csv,
        "group,user_name\neng,ben@example.com\nops,ana@example.com\nops,zoe@example.com\n",
    )
    .unwrap();

    let head = acme.head_after(0).await;
    let (code, said, _) = command(&server, &acme, &token, &csv, &[]);
    assert_eq!(code, 2, "{said}");
    for line in [
        "groups missing: 1",
        "groups surplus: 1",
        "users unknown: 1",
        "- the file has no group `sales`",
        "- line 4: there is no user `zoe@example.com`",
        "+ group `ops`",
        "+ mapping of group `ops` to team `ops`: auto_approved",
        "+ user `ben@example.com` as member of group `eng`",
        "- user `ana@example.com` as member of group `eng`",
        "rolecall apply ",
    ] {
        assert!(said.contains(line), "`{line}` is not in\n{said}");
    }
    assert_eq!(acme.head_after(0).await, head, "nothing has changed");

    let (code, said, _) = command(&server, &acme, &token, &csv, &["--apply"]);
    assert!(code == 0 && said.ends_with("applied\n"), "{said}");
    assert_eq!(acme.list("/groups").await.len(), 3, "what the file lacks stays");
    let snapshot = json!({"groups": [{"display_name": "eng", "members": [{"id": ben}]}, {"display_name": "ops", "members": [{"id": ana}]}]});
    let file = server.data().join("groups.json");
    std::fs::write(&file, snapshot.to_string()).unwrap();
    let (code, said, _) = command(&server, &acme, &token, &file, &[]);
    assert!(code == 0 && said.ends_with("nothing to change\n"), "{said}");
    let (code, said, _) = command(&server, &acme, &token, &file, &["--delete-missing-groups", "--apply"]);
    assert!(code == 0 && said.contains("- group `sales`"), "{said}");
    assert_eq!(acme.list("/groups").await.len(), 2);
}

#[tokio::test]
async fn the_command_tells_all_that_is_wrong_with_a_file() {
    let (server, acme, _connection) = start().await;
    let token = json!({"name": "cli", "role": "admin"});
    let token = acme.http.post("/tokens", &token).await.expect(201).text("token");
    let refused = |name: &str, text: &str| {
        let file = server.data().join(name);
        std::fs::write(&file, text).unwrap();
        let (code, said, wrong) = command(&server, &acme, &token, &file, &["--apply"]);
        assert_eq!((code, said.as_str()), (1, ""), "{wrong}");
        let shown = wrong.replace(file.to_str().unwrap(), name);
        shown.lines().map(str::to_owned).collect::<Vec<_>>()
    };

    let few = refused("few.csv", &format!("group,user_name\n{}", "eng\n".repeat(5)));
    assert_eq!(few[0], "error: the snapshot cannot be compared:");
    let expected: Vec<String> = (2..=6)
        .map(|line| format!("few.csv:{line}: the header has 2 columns, and this row 1"))
        .collect();
    assert_eq!(few[1..], expected);

    // A hundred are told one by one.
    let many = refused("many.csv", &format!("group,user_name\n{}", "eng\n".repeat(130)));
    assert_eq!(many.len(), 1 + 100 + 1);
    assert!(many[100].starts_with("many.csv:101: "), "{}", many[100]);
    assert_eq!(many[101], "and 30 more");

    let places = refused(
        "places.json",
        r#"{"groups": [{"members": []}, {"display_name": "eng", "members": [{}]}]}"#,
    );
    assert_eq!(places.len(), 3, "{places:?}");
    assert!(places[1].starts_with("places.json: `groups[0]`: "), "{places:?}");
    assert!(
        places[2].starts_with("places.json: `groups[1].members[0]`: "),
        "{places:?}"
    );
    // What is no snapshot at all is told as it comes.
    let none = refused("none.json", "{");
    assert!(none[0].contains("400") && none[0].contains("line 1"), "{none:?}");
}
