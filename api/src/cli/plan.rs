//! `rolecall plan`: asks a running server what a change would do, shows it like a difference, and applies it when told to.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use rolecall_engine::rules::EntityType;
use serde_json::Value;

use super::client::{Client, ClientError};
use super::draft::{self, DraftError};
use super::input::{self, Unread};
use super::{apply, block_on, drift, failed, faults};
use crate::config::{ClientOptions, PlanOptions, PlanShowing, ReconcileOptions};
use crate::exit_code::FOUND;
use crate::limits::SNAPSHOT_BYTES_MAX;

/// Why there is no plan, or it was not applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] Unread),
    /// What is to change cannot be done.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The snapshot has faults.
    #[error("the snapshot cannot be compared:{0}")]
    Snapshot(String),
    /// The server could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Two persons are needed, and this is the first one.
    #[error(
        "somebody else than who made the plan has to apply it, with a token of their own; it is kept for them:\n  {0}"
    )]
    SecondPerson(String),
    /// The plan was stopped.
    #[error("the plan was stopped before its end; what it had done stays")]
    Stopped,
}

/// Plans, shows, and applies when told to.
pub(super) fn run(options: &PlanOptions) -> ExitCode {
    match block_on(plan(options)) {
        Ok(code) => code,
        Err(error) => failed(error.as_ref()),
    }
}

/// Compares a snapshot, shows the plan, and applies it when told to.
pub(super) fn reconcile(options: &ReconcileOptions) -> ExitCode {
    match block_on(reconciled(options)) {
        Ok(code) => code,
        Err(error) => failed(error.as_ref()),
    }
}

async fn plan(options: &PlanOptions) -> Result<ExitCode, PlanError> {
    let file = options.file.as_deref();
    let body = draft::read(file)?;
    let client = Client::of(&options.client)?;
    let made = client.post(&format!("{}/plans", options.client.path()), &body).await;
    let made = made.map_err(|error| refused(file, error))?;
    go_on(&client, &options.client, &made, &options.showing).await
}

/// What the server says to a draft, by its places where it names any.
pub(super) fn refused(file: Option<&Path>, error: ClientError) -> PlanError {
    draft::refused(file, &error).map_or(error.into(), PlanError::Draft)
}

async fn reconciled(options: &ReconcileOptions) -> Result<ExitCode, PlanError> {
    let snapshot = input::bytes(&options.file, SNAPSHOT_BYTES_MAX)?;
    let media_type = if is_json(&options.file, &snapshot) {
        "application/json"
    } else {
        "text/csv"
    };
    let client = Client::of(&options.client)?;
    let delete = options.delete_missing_groups;
    let path = format!("{}/reconcile?delete_missing_groups={delete}", options.client.path());
    let made = client.post_file(&path, media_type, snapshot).await;
    let made = made
        .map_err(|error| faults::of(&input::name(&options.file), &error).map_or(error.into(), PlanError::Snapshot))?;
    if let Some(found) = made.get("drift") {
        show_counts(found);
        drift::lines(found).iter().for_each(|line| say(line));
    }
    go_on(&client, &options.client, &made, &options.showing).await
}

/// Shows a plan that was made, and applies it when told to.
async fn go_on(
    client: &Client,
    server: &ClientOptions,
    made: &Value,
    options: &PlanShowing,
) -> Result<ExitCode, PlanError> {
    let plan = format!("{}/plans/{}", server.path(), made["id"].as_str().unwrap_or_default());
    show_counts(&made["counts"]);
    if options.changes > 0 {
        let page = client.get(&format!("{plan}/changes?limit={}", options.changes)).await?;
        show_changes(&page);
    }
    if !has_changes(&made["counts"]) {
        say("nothing to change");
        return Ok(ExitCode::SUCCESS);
    }
    if !options.apply {
        say("not applied; this applies just this plan, as long as nothing else has changed:");
        say(&format!("  {}", apply::command(server, made)));
        return Ok(ExitCode::from(FOUND));
    }
    apply::made(client, server, made).await?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a snapshot is JSON. Standard input has no name that says it; no header of a CSV file begins with a brace.
fn is_json(file: &Path, snapshot: &[u8]) -> bool {
    let begins_object = snapshot.trim_ascii_start().starts_with(b"{");
    file.extension() == Some(OsStr::new("json")) || (file == Path::new("-") && begins_object)
}

fn has_changes(counts: &Value) -> bool {
    let counts = counts.as_object().into_iter().flatten();
    counts.into_iter().any(|(_, count)| is_something(count))
}

fn is_something(count: &Value) -> bool {
    count.as_u64().is_some_and(|count| count > 0) || count == &Value::Bool(true)
}

/// The counts that are not 0, one a line.
fn show_counts(counts: &Value) {
    for (name, count) in counts
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, count)| is_something(count))
    {
        let name = name.replace('_', " ");
        match count {
            Value::Bool(_) => say(&name),
            count => say(&format!("{name}: {count}")),
        }
    }
}

fn show_changes(page: &Value) {
    for change in page["items"].as_array().into_iter().flatten() {
        say(&line(change));
    }
    if !page["next"].is_null() {
        say("  ... and more; --changes shows more of them");
    }
}

/// One change: `+` for what comes, `-` for what goes, `~` for what changes.
fn line(change: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
    let user = name(&change["user"], "user_name");
    let group = name(&change["group"], "display_name");
    match change["kind"].as_str().unwrap_or_default() {
        "entity" => match change["from"].as_str() {
            Some(from) => format!("~ {} (was `{from}`)", entity(&change["entity"])),
            None => format!("+ {}", entity(&change["entity"])),
        },
        kind @ ("group_created" | "group_deleted" | "group_member_added" | "group_member_removed") => {
            let sign = if matches!(kind, "group_created" | "group_member_added") {
                '+'
            } else {
                '-'
            };
            let member = match kind {
                "group_created" | "group_deleted" => String::new(),
                _ => format!("user {user} as member of "),
            };
            format!("{sign} {member}group {group}")
        }
        "mapping" => {
            let outcome = text(&change["outcome"]);
            let sign = match (outcome.as_str(), change["mapping_id"].is_null()) {
                ("ended" | "rejected", _) => '-',
                (_, true) => '+',
                (_, false) => '~',
            };
            let reason = change["reason"]
                .as_str()
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            let entity = entity(&change["entity"]);
            format!("{sign} mapping of group {group} to {entity}: {outcome}{reason}")
        }
        "member_added" => format!("+ user {user} in {}", entity(&change["entity"])),
        "member_removed" => format!("- user {user} in {}", entity(&change["entity"])),
        "role" => format!(
            "~ user {user}: role {} -> {}",
            text(&change["from"]),
            text(&change["to"])
        ),
        "conflict_opened" => format!("+ conflict of user {user}"),
        "conflict_closed" => format!("- conflict of user {user}"),
        "held" => {
            let held = |name: &str| change.pointer(&format!("/held/{name}")).cloned().unwrap_or_default();
            let scope = held("scope");
            let of = match change.get("entity") {
                Some(named) => format!(" {}", entity(named)),
                None => String::new(),
            };
            format!(
                "~ held removals of {}{of}: {} -> {}",
                text(&scope),
                held("from"),
                held("to")
            )
        }
        kind => format!("~ {kind}"),
    }
}

/// An entity by its type and name.
pub(super) fn entity(entity: &Value) -> String {
    let [word, name] = ["type", "name"].map(|field| entity.get(field).and_then(Value::as_str).unwrap_or("nothing"));
    let word = word.parse().map_or(word, |known: EntityType| known.in_words());
    format!("{word} `{name}`")
}

/// What somebody or something is called: by its name, or by its id when it has none.
pub(super) fn name(named: &Value, field: &str) -> String {
    match (named[field].as_str(), named["id"].as_str()) {
        (Some(name), _) => format!("`{name}`"),
        (None, id) => id.unwrap_or("nothing").to_owned(),
    }
}

pub(super) fn say(line: &str) {
    // When standard output is gone there is nobody to tell.
    drop(writeln!(io::stdout().lock(), "{line}"));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(change: Value, expected: &str) {
        assert_eq!(line(&change), expected);
    }

    #[test]
    fn a_change_is_a_line_of_a_difference() {
        let team = json!({"id": null, "type": "team", "name": "eng"});
        check(json!({"kind": "entity", "entity": team}), "+ team `eng`");
        check(
            json!({"kind": "mapping", "entity": team, "mapping_id": "m", "group": {"id": "g", "display_name": "eng-web"}, "outcome": "ended", "reason": "rules_changed"}),
            "- mapping of group `eng-web` to team `eng`: ended (rules_changed)",
        );
        check(
            json!({"kind": "member_added", "entity": team, "user": {"id": "u", "user_name": "ana"}}),
            "+ user `ana` in team `eng`",
        );
        check(
            json!({"kind": "held", "held": {"scope": "organization", "from": 0, "to": 12}}),
            "~ held removals of organization: 0 -> 12",
        );
        check(
            json!({"kind": "role", "user": {"id": "u", "user_name": null}, "from": "user", "to": "admin"}),
            "~ user u: role user -> admin",
        );
    }

    #[test]
    fn a_snapshot_on_standard_input_says_itself_whether_it_is_json() {
        assert!(is_json(Path::new("-"), b"\n{\"groups\": []}"));
        assert!(!is_json(Path::new("-"), b"group,user_name\n"));
        assert!(is_json(Path::new("groups.json"), b""));
        assert!(!is_json(Path::new("groups.csv"), b"{"));
    }

    #[test]
    fn counts_of_nothing_are_no_changes() {
        assert!(!has_changes(&json!({"rules_created": 0, "settings_changed": false})));
        assert!(has_changes(&json!({"rules_created": 0, "settings_changed": true})));
        assert!(has_changes(&json!({"rules_created": 1})));
    }
}
