//! Plans on the command line that are applied later than they were read, and by somebody else.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use rolecall_tests::admin::Organization;
use rolecall_tests::binary;
use rolecall_tests::rule::teams;
use rolecall_tests::server::Server;
use rolecall_tests::tenant::Tenant;
use serde_json::json;

/// Whoever types commands, with a token of their own.
struct Administrator<'a> {
    server: &'a Server,
    acme: &'a Organization,
    token: String,
}

impl<'a> Administrator<'a> {
    async fn of(server: &'a Server, acme: &'a Organization, name: &str) -> Self {
        let token = json!({"name": name, "role": "admin"});
        let token = acme.http.post("/tokens", &token).await.expect(201).text("token");
        Self { server, acme, token }
    }

    /// The exit code of a command, and what it said.
    fn types(&self, arguments: &[&str]) -> (i32, String) {
        self.pipes("", arguments)
    }

    /// The same of a command that reads this from standard input.
    fn pipes(&self, input: &str, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(binary::rolecall());
        command.env_clear().env("ROLECALL_TOKEN", &self.token);
        command.env("ROLECALL_URL", self.server.address());
        command.env("ROLECALL_ORGANIZATION", &self.acme.id);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = running.wait_with_output().unwrap();
        let said = [stdout, stderr].map(|said| String::from_utf8(said).unwrap());
        (status.code().unwrap(), said.concat())
    }
}

/// The arguments of the command that is printed to apply what was shown.
fn printed(said: &str) -> Vec<&str> {
    let line = said.lines().find_map(|line| line.trim().strip_prefix("rolecall "));
    line.expect(said).split(' ').collect()
}

#[tokio::test]
async fn the_plan_that_was_read_is_applied_and_no_other() {
    let (server, acme, connection) = Tenant::start("okta").await.parts();
    connection.scim.create_group("eng", &[]).await;
    let ana = Administrator::of(&server, &acme, "ana").await;
    let draft = server.data().join("draft.json");
    std::fs::write(&draft, json!({"rules": teams("${display_name}")}).to_string()).unwrap();
    let draft = draft.to_str().unwrap();
    let (code, said) = ana.types(&["plan", draft]);
    assert_eq!(code, 2, "{said}");
    let apply = printed(&said);
    let mut another = apply.clone();
    another[3] = "another";
    let (code, refused) = ana.types(&another);
    assert!(
        code == 1 && refused.contains("not the one that you looked at"),
        "{refused}"
    );

    connection.scim.create_group("ops", &[]).await;
    let (code, refused) = ana.types(&apply);
    assert!(code == 1 && refused.contains("moved on"), "{refused}");
    let (code, refused) = ana.types(&[&apply[..], &["--recheck"]].concat());
    assert!(code == 1 && refused.contains("another one by now"), "{refused}");

    let (_, said) = ana.types(&["plan", draft]);
    connection.scim.create_user("ben@example.com").await;
    let apply = [&printed(&said)[..], &["--recheck"]].concat();
    assert_eq!(ana.types(&apply), (0, "applied\n".to_owned()));
    let head = acme.head_after(0).await;
    assert_eq!(ana.types(&apply), (0, "applied\n".to_owned()));
    assert_eq!(acme.head_after(0).await, head, "nothing is done twice");
}

#[tokio::test]
async fn what_one_command_exports_another_one_plans() {
    let (server, acme, connection) = Tenant::start("okta").await.parts();
    connection.scim.create_group("eng", &[]).await;
    acme.add_rule(teams("${display_name}")[0].clone()).await;
    let ana = Administrator::of(&server, &acme, "ana").await;
    let (_, rules) = ana.types(&["rules", "export"]);
    let (code, said) = ana.pipes(&rules, &["plan", "-"]);
    assert!(code == 2 && said.contains("+ team `eng`"), "{said}");
    let (code, said) = ana.pipes("{\"rerun\": false}", &["plan", "-"]);
    assert_eq!((code, said.as_str()), (0, "nothing to change\n"));
    let (code, said) = ana.pipes("rules = 7", &["backtest", "-"]);
    assert!(code == 1 && said.contains("\nstandard input:1:"), "{said}");
    let unknown = json!({"rules": teams("${nobody}")}).to_string();
    let (code, said) = ana.pipes(&unknown, &["plan", "-"]);
    assert!(
        code == 1 && said.contains("\nstandard input: `rules[0].targets[0].name`: "),
        "{said}"
    );
}

#[tokio::test]
async fn a_second_person_applies_what_the_first_one_made() {
    let (server, acme, connection) = Tenant::start("okta").await.parts();
    connection.scim.create_group("eng", &[]).await;
    let two_persons = json!({"two_person_approval": true});
    acme.http.patch("/settings", &two_persons).await.expect(200);
    let ana = Administrator::of(&server, &acme, "ana").await;
    let ben = Administrator::of(&server, &acme, "ben").await;
    let snapshot = server.data().join("groups.csv");
    std::fs::write(&snapshot, "group,user_name\nops,\n").unwrap();
    let snapshot = snapshot.to_str().unwrap();

    let (code, said) = ana.types(&["reconcile", snapshot]);
    assert_eq!(code, 2, "{said}");
    let (code, refused) = ana.types(&printed(&said));
    assert!(code == 1 && refused.contains("somebody else"), "{refused}");
    assert_eq!(ben.types(&printed(&said)), (0, "applied\n".to_owned()));

    std::fs::write(snapshot, "group,user_name\nsales,\n").unwrap();
    let (code, said) = ana.types(&["reconcile", snapshot, "--apply"]);
    assert!(code == 1 && said.contains("somebody else"), "{said}");
    assert_eq!(ben.types(&printed(&said)), (0, "applied\n".to_owned()));
    assert_eq!(acme.list("/groups").await.len(), 3);
}
