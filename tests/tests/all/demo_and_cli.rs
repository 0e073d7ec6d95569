//! The command line: help worth reading, a demo that tells a story, and an audit that finds one changed byte.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rolecall_tests::binary;
use rolecall_tests::server::Server;
use rolecall_tests::wait;
use serde_json::json;

fn rolecall(arguments: &[&str]) -> Output {
    Command::new(binary::rolecall())
        .env_clear()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn help_names_every_command_and_every_flag_with_its_variable() {
    let help = rolecall(&["--help"]);
    assert!(help.status.success());
    let help = said(&help);
    for word in [
        "serve",
        "demo",
        "audit",
        "plan",
        "--data",
        "--listen",
        "--ops-listen",
        "ROLECALL_DATA",
        "ROLECALL_LISTEN",
    ] {
        assert!(help.contains(word), "`{word}` is not in\n{help}");
    }
    assert!(rolecall(&["audit", "verify", "--help"]).status.success());
    assert!(rolecall(&["demo", "--help"]).status.success());
}

#[test]
fn wrong_arguments_are_refused_with_a_hint() {
    let output = rolecall(&["--listen", "nowhere"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(said(&output).contains("--listen"), "{}", said(&output));
    let short = Command::new(binary::rolecall())
        .env_clear()
        .env("ROLECALL_ROOT_TOKEN", "short")
        .output()
        .unwrap();
    assert_eq!(short.status.code(), Some(64));
    assert!(said(&short).contains("32"), "{}", said(&short));
    let level = rolecall(&["--log-level", "inof"]);
    assert_eq!(level.status.code(), Some(64));
    assert!(said(&level).contains("error, warn, info"), "{}", said(&level));
}

#[test]
fn a_root_token_that_is_refused_is_not_shown() {
    let token = "a-secret-token-that-has-a-blank in-it-0123456789";
    let by_variable = Command::new(binary::rolecall())
        .env_clear()
        .env("ROLECALL_ROOT_TOKEN", token)
        .output()
        .unwrap();
    let by_flag = rolecall(&["serve", "--root-token", token]);
    for output in [by_variable, by_flag] {
        assert_eq!(output.status.code(), Some(64));
        assert!(said(&output).contains("visible ASCII"), "{}", said(&output));
        assert!(!said(&output).contains("secret"), "{}", said(&output));
    }
}

#[test]
fn an_empty_variable_counts_as_none() {
    let mut command = Command::new(binary::rolecall());
    command.env_clear();
    for variable in [
        "LISTEN",
        "OPS_LISTEN",
        "ROOT_TOKEN",
        "PUBLIC_URL",
        "ACCEPT_LOST_TAIL",
        "LOG_LEVEL",
        "LOG_FORMAT",
    ] {
        command.env(format!("ROLECALL_{variable}"), "");
    }
    // The folder cannot be made, so the server ends by itself, after it has read its options.
    let output = command
        .args([
            "--data",
            "/dev/null/data",
            "--listen",
            "127.0.0.1:0",
            "--ops-listen",
            "127.0.0.1:0",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("/dev/null/data"), "{}", said(&output));
}

#[tokio::test]
async fn what_the_server_writes_is_for_its_own_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start().await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(server.data()), 0o700);
    for file in ["LOCK", "VERSION", "anchor", "addresses.json", "log/db"] {
        assert_eq!(mode(&server.data().join(file)), 0o600, "{file}");
    }
}

#[test]
fn the_demo_tells_what_became_of_every_group_and_user() {
    let output = rolecall(&["demo", "--exit"]);
    let story = said(&output);
    assert!(output.status.success(), "{story}");
    for word in ["PingOne", "Okta", "team", "admin", "rule"] {
        assert!(story.contains(word), "`{word}` is not in\n{story}");
    }
    assert!(!story.contains("``"), "something has no name in\n{story}");
}

#[tokio::test]
async fn the_first_start_prints_a_root_token_once_and_only_once() {
    let mut server = Server::start_unconfigured().await;
    let token = wait::until("the server prints a root token", Duration::from_secs(20), async || {
        let log = server.log();
        // A whole line, so that no half of a token is taken for one.
        let line = log
            .split_inclusive('\n')
            .find(|line| line.contains("rc_root_") && line.ends_with('\n'))?;
        line.split_whitespace()
            .find(|word| word.starts_with("rc_root_"))
            .map(str::to_owned)
    });
    let root = server.root().with_token(&token.await);
    root.post("/organizations", &json!({ "name": "Acme" }))
        .await
        .expect(201);

    // A server that has ended has printed all that it ever will.
    server.terminate().await;
    server.start_again().await;
    root.get("/organizations").await.expect(200);
    server.terminate().await;
    let log = server.log();
    assert_eq!(
        log.matches("rc_root_").count(),
        1,
        "a second start does not know it any more: {log}"
    );
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused_with_a_reason() {
    let server = Server::start().await;
    let second = server
        .command(&["serve"])
        .args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(
        said(&second).contains(&server.data().display().to_string()),
        "{}",
        said(&second)
    );
    server.root().get("/organizations").await.expect(200);
}

#[test]
fn audit_verify_of_a_folder_without_a_record_is_refused_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let output = rolecall(&["audit", "verify", "--data", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("holds no record"), "{}", said(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn audit_verify_finds_one_changed_byte() {
    let name = "Flight recorder maintenance";
    let mut server = Server::start().await;
    let acme = server.organization("Acme").await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    let ana = scim.create_user("ana@example.com").await;
    scim.create_group(name, &[&ana]).await;
    let in_use = server.command(&["audit", "verify"]).output().unwrap();
    assert_eq!(in_use.status.code(), Some(1), "{}", said(&in_use));
    assert!(said(&in_use).contains("in use"), "{}", said(&in_use));
    assert!(server.terminate().await.success());

    let sound = server.command(&["audit", "verify"]).output().unwrap();
    assert_eq!(sound.status.code(), Some(0), "{}", said(&sound));

    // The log may hold older copies of a block, which nobody reads any more; the one that is read must be among these.
    let places = places_of(server.data(), Path::new(""), name.as_bytes());
    assert!(!places.is_empty(), "the name of the group is nowhere in the data");
    let mut found = 0;
    for (file, offset) in places {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(server.data(), copy.path());
        flip(&copy.path().join(file), offset);
        let output = rolecall(&["audit", "verify", "--data", copy.path().to_str().unwrap()]);
        match output.status.code() {
            Some(0) => {}
            Some(3) => {
                assert!(said(&output).contains("damaged"), "{}", said(&output));
                found += 1;
            }
            code => panic!("audit verify ended with {code:?}: {}", said(&output)),
        }
    }
    assert!(found > 0, "no changed byte was found");
}

/// Every file (below `inner` of a folder) and offset where these bytes stand.
fn places_of(folder: &Path, inner: &Path, bytes: &[u8]) -> Vec<(PathBuf, usize)> {
    let mut places = Vec::new();
    for entry in std::fs::read_dir(folder.join(inner)).unwrap() {
        let path = inner.join(entry.unwrap().file_name());
        if folder.join(&path).is_dir() {
            places.extend(places_of(folder, &path, bytes));
            continue;
        }
        let content = std::fs::read(folder.join(&path)).unwrap();
        let offsets = content
            .windows(bytes.len())
            .enumerate()
            .filter(|(_, window)| *window == bytes);
        places.extend(offsets.map(|(offset, _)| (path.clone(), offset)));
    }
    places
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_folder(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

/// Turns one bit over.
fn flip(file: &Path, offset: usize) {
    let mut content = std::fs::read(file).unwrap();
    content[offset] ^= 1;
    std::fs::write(file, content).unwrap();
}
