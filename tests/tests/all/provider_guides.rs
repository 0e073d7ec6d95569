//! The guides of `docs/providers/` say what is so: their links lead somewhere, what they ask the admin API is there, and they
//! claim no more than the recorded requests do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rolecall_tests::binary;
use rolecall_tests::fixture::{Source, folders, stories};
use rolecall_tests::server::Server;
use serde_json::Value;

const INDEX: &str = "README.md";
const PARTS: [&str; 5] = [
    "Connect",
    "What it sends",
    "What does not work",
    "Check",
    "Troubleshooting",
];
/// Guides without recorded requests of their own.
const WITHOUT_STORIES: [&str; 1] = ["users-only.md"];
const PUBLIC_URL: &str = "https://scim.example.com";
const OUR_SCHEMAS: &str = "urn:ietf:params:scim:schemas:extension:rolecall:";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/providers")
}

/// The pages by file name.
fn pages() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder()).expect("failed to list the guides");
    entries
        .map(|entry| {
            let entry = entry.expect("failed to list the guides");
            let text = std::fs::read_to_string(entry.path()).expect("failed to read a guide");
            (entry.file_name().to_string_lossy().into_owned(), text)
        })
        .collect()
}

fn guides() -> BTreeMap<String, String> {
    let mut pages = pages();
    pages.remove(INDEX).expect("there is an index");
    pages
}

#[test]
fn all_guides_have_the_same_parts() {
    for (name, text) in guides() {
        let parts: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(parts, PARTS, "{name}");
    }
}

#[test]
fn every_shape_says_how_sure_we_are() {
    for (name, text) in guides() {
        let (_, table) = text.split_once("| how sure |\n").expect("a guide has the table");
        let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
        for row in rows {
            let last = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
            let known = ["documented", "captured", "inferred"]
                .iter()
                .any(|word| last.starts_with(word));
            assert!(known, "{name}: {row}");
        }
    }
}

#[test]
fn the_index_counts_what_is_played() {
    let text = pages().remove(INDEX).unwrap();
    let mut listed = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| [")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [guide, _, _, documented, captured, inferred] = cells.as_slice() else {
            panic!("a row has other cells: {row}");
        };
        let (_, file) = guide
            .trim_end_matches(')')
            .split_once("](")
            .expect("a row links a guide");
        let counted: [usize; 3] =
            [documented, captured, inferred].map(|cell| cell.parse().expect("a cell is a number"));
        assert_eq!(counted, played(file.trim_end_matches(".md")), "{file}");
        listed.insert(file.to_owned());
    }
    listed.extend(WITHOUT_STORIES.map(str::to_owned));
    assert_eq!(listed, guides().into_keys().collect());
}

/// How many steps of a provider are documented, captured and inferred. Its folders are those of its name: `okta`, `okta-aiw`.
fn played(provider: &str) -> [usize; 3] {
    let folders = folders();
    let own = folders
        .iter()
        .filter(|folder| folder.split('-').next() == Some(provider));
    let steps: Vec<Source> = own
        .flat_map(|folder| stories(folder))
        .flat_map(|(_, story)| story.steps)
        .map(|step| step.source)
        .collect();
    [Source::Documented, Source::Captured, Source::Inferred]
        .map(|source| steps.iter().filter(|step| **step == source).count())
}

#[test]
fn flags_of_the_server_are_its_own() {
    let help = std::process::Command::new(binary::rolecall())
        .arg("--help")
        .output()
        .expect("failed to start the server");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for (name, text) in pages() {
        let flags = text
            .split("`--")
            .skip(1)
            .filter_map(|rest| rest.split(['`', ' ']).next());
        for flag in flags {
            assert!(help.contains(&format!("--{flag}")), "{name}: --{flag}");
        }
    }
}

#[test]
fn rows_of_tables_have_as_many_cells_as_their_heads() {
    for (name, text) in pages() {
        let mut cells = 0;
        for row in text.lines().map(str::trim) {
            let found = if row.starts_with('|') {
                row.matches('|').count()
            } else {
                0
            };
            assert!(cells == 0 || found == 0 || found == cells, "{name}: {row}");
            cells = found;
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for (name, text) in pages() {
        for link in links(&text) {
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = folder().join(if file.is_empty() { &name } else { file });
            let target = std::fs::read_to_string(&target).unwrap_or_else(|error| panic!("{name}: {link}: {error}"));
            let mut parts = target.lines().filter(|line| line.starts_with('#')).map(anchor);
            assert!(part.is_empty() || parts.any(|anchor| anchor == part), "{name}: {link}");
        }
    }
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.split("](").skip(1);
    behind
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://"))
}

/// The name that a heading has in links.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[tokio::test]
async fn urls_and_schemas_of_ours_are_as_the_server_has_them() {
    let server = Server::start().await;
    let organization = server.organization("Example Corp").await;
    let connection = organization.connect(&server.public(), "okta").await;
    let shown = organization.http.get(&format!("/connections/{}", connection.id)).await;
    let base = shown.expect(200).text("scim_base_url");
    assert!(
        base.ends_with(&format!("/scim/v2/{}", connection.id)) && connection.id.starts_with("con-"),
        "{base}"
    );
    let schemas = connection.scim.http.get("/Schemas").await.expect(200).json();
    let offered: Vec<&str> = schemas["Resources"]
        .as_array()
        .expect("a list of schemas")
        .iter()
        .filter_map(|schema| schema["id"].as_str())
        .collect();
    for (name, text) in pages() {
        for url in text.split(PUBLIC_URL).skip(1) {
            let path = url.split(['`', '\n', ',']).next().unwrap_or_default();
            assert!(
                ["", "/v1", "/oauth/token", "/scim/v2/con-..."].contains(&path),
                "{name}: {path}"
            );
        }
        for urn in text.split(OUR_SCHEMAS).skip(1) {
            let urn = format!("{OUR_SCHEMAS}{}", urn.split('`').next().unwrap_or_default());
            assert!(offered.contains(&urn.as_str()), "{name}: {urn}");
        }
    }
}

#[tokio::test]
async fn what_the_guides_ask_the_admin_api_is_there() {
    let server = Server::start().await;
    let document = server.root().get("/openapi.json").await.expect(200).json();
    for (name, text) in pages() {
        for command in commands(&text) {
            let operation = operation(&document, &command);
            let operation = operation.unwrap_or_else(|| panic!("{name}: {} {}", command.method, command.path));
            for member in &command.members {
                assert!(
                    takes(&document, operation, member),
                    "{name}: {}: {member}",
                    command.path
                );
            }
        }
    }
}

#[tokio::test]
async fn the_settings_of_a_connection_are_all_described() {
    let server = Server::start().await;
    let document = server.root().get("/openapi.json").await.expect(200).json();
    let text = pages().remove(INDEX).unwrap();
    let (_, part) = text.split_once("## Settings of a connection\n").unwrap();
    let (part, _) = part.split_once("\n## ").unwrap();
    let mut described: BTreeSet<&str> = part
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    described.insert("name");
    let taken = document["components"]["schemas"]["ConnectionChange"]["properties"]
        .as_object()
        .expect("a change of a connection has members");
    assert_eq!(described, taken.keys().map(String::as_str).collect());
}

/// A `curl` of the admin API.
struct Command {
    method: &'static str,
    path: String,
    members: Vec<String>,
}

fn commands(text: &str) -> Vec<Command> {
    let text = text.replace("\\\n", " ");
    let behind = text.split("curl ").skip(1);
    behind.map(|text| command(&whole(text))).collect()
}

/// The line of a command, with the further lines of a quoted body.
fn whole(text: &str) -> String {
    let mut line = String::new();
    for part in text.lines() {
        line.push_str(part.trim());
        if line.matches('\'').count().is_multiple_of(2) {
            break;
        }
    }
    line
}

fn command(line: &str) -> Command {
    let (_, path) = line.split_once("$API").expect("a curl asks the admin API");
    let path = path.split([' ', '"', '?']).next().unwrap_or_default();
    let body = line.split_once("-d '").map(|(_, body)| body.trim_end_matches('\''));
    let method = match line.split_once("-X ").map(|(_, method)| method) {
        Some(method) if method.starts_with("PATCH") => "patch",
        Some(method) if method.starts_with("POST") => "post",
        Some(method) => panic!("another method: {method}"),
        None if body.is_some() => "post",
        None => "get",
    };
    let body: Value = body.map_or(Value::Null, |body| {
        // A variable in the middle of a quoted body is put in by the shell.
        serde_json::from_str(&body.replace("'$", "$").replace("'\"", "\"")).expect("a body is JSON")
    });
    let members = body
        .as_object()
        .map(|body| body.keys().cloned().collect())
        .unwrap_or_default();
    Command {
        method,
        path: format!("/v1{path}"),
        members,
    }
}

/// What the API says of a command, whose variables stand where the API has parameters.
fn operation<'a>(document: &'a Value, command: &Command) -> Option<&'a Value> {
    let asked: Vec<&str> = command.path.split('/').collect();
    let paths = document["paths"].as_object().expect("the API has paths");
    let fits = |path: &str| {
        let offered: Vec<&str> = path.split('/').collect();
        let same =
            |(offered, asked): (&&str, &&str)| offered == asked || (offered.starts_with('{') && asked.starts_with('$'));
        offered.len() == asked.len() && offered.iter().zip(&asked).all(same)
    };
    let (_, methods) = paths.iter().find(|(path, _)| fits(path))?;
    methods.get(command.method)
}

fn takes(document: &Value, operation: &Value, member: &str) -> bool {
    let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let name = body.as_str().and_then(|reference| reference.rsplit('/').next());
    name.is_some_and(|name| !document["components"]["schemas"][name]["properties"][member].is_null())
}
