//! `rolecall explain`: asks a running server why things are as they are, and prints the answer as a tree.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use axum::http::StatusCode;
use form_urlencoded::byte_serialize;
use serde_json::Value;
use uuid::fmt::Hyphenated;

use super::client::{Client, ClientError};
use super::{block_on, failed, plan};
use crate::config::ExplainCommand;

/// Why nothing was explained.
#[derive(Debug, thiserror::Error)]
enum ExplainError {
    /// The server could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is none of that name.
    #[error("there is no {0} of that name; an id is a UUID with hyphens")]
    UnknownName(Kind),
    /// Several entities have that name.
    #[error("several entities have that name; name one by its id: {0}")]
    Namesakes(String),
}

/// What is explained.
#[derive(Clone, Copy, Debug)]
enum Kind {
    User,
    Group,
    Entity,
}

/// How many entities of one name are listed to choose from.
const NAMESAKES_SHOWN: usize = 10;

/// A line, and the lines that belong to it.
struct Tree {
    line: String,
    below: Vec<Tree>,
}

/// Asks, and prints.
pub(super) fn run(command: &ExplainCommand) -> ExitCode {
    match block_on(ask(command)) {
        Ok(text) => {
            // When standard output is gone there is nobody to explain to.
            drop(writeln!(io::stdout().lock(), "{text}"));
            ExitCode::SUCCESS
        }
        Err(error) => failed(error.as_ref()),
    }
}

async fn ask(command: &ExplainCommand) -> Result<String, ExplainError> {
    let (explained, kind, tree): (_, _, fn(&Value) -> Tree) = match command {
        ExplainCommand::User(user) => (user, Kind::User, of_user),
        ExplainCommand::Group(group) => (group, Kind::Group, of_group),
        ExplainCommand::Entity(entity) => (entity, Kind::Entity, of_entity),
    };
    let options = &explained.asking;
    let client = Client::of(&options.client)?;
    let all = format!("{}/{}", options.client.path(), kind.path());
    let answer = explanation(&client, &all, kind, &explained.which).await?;
    Ok(match options.json {
        true => format!("{answer:#}"),
        false => tree(&answer).lines(0).join("\n"),
    })
}

/// The answer for an id, or for a name: names may look like ids.
async fn explanation(client: &Client, all: &str, kind: Kind, which: &str) -> Result<Value, ExplainError> {
    let of_id = async |id: &str| client.get(&format!("{all}/{id}/explain")).await;
    let Ok(id) = which.parse::<Hyphenated>() else {
        return Ok(of_id(&id_of_name(client, all, kind, which).await?).await?);
    };
    let refused = match of_id(&id.to_string()).await {
        Err(
            refused @ ClientError::Refused {
                status: StatusCode::NOT_FOUND,
                ..
            },
        ) => refused,
        answer => return Ok(answer?),
    };
    match id_of_name(client, all, kind, which).await {
        Err(ExplainError::UnknownName(_)) => Err(refused.into()),
        id => Ok(of_id(&id?).await?),
    }
}

async fn id_of_name(client: &Client, all: &str, kind: Kind, name: &str) -> Result<String, ExplainError> {
    let (field, written) = (kind.name(), byte_serialize(name.as_bytes()).collect::<String>());
    let found = client
        .get(&format!("{all}?{field}={written}&limit={NAMESAKES_SHOWN}"))
        .await?;
    let found: Vec<&Value> = found
        .get("items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    match found[..] {
        [] => Err(ExplainError::UnknownName(kind)),
        [one] => Ok(text(one, "id").to_owned()),
        _ => {
            let namesakes = found.iter().map(|one| format!("{} ({})", text(one, "id"), entity(one)));
            Err(ExplainError::Namesakes(namesakes.collect::<Vec<_>>().join(", ")))
        }
    }
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::Entity => "entities",
        }
    }

    /// What its name is called.
    fn name(self) -> &'static str {
        match self {
            Self::User => "user_name",
            Self::Group => "display_name",
            Self::Entity => "name",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Entity => "entity",
        })
    }
}

fn of_user(answer: &Value) -> Tree {
    let active = if answer["active"] == true { "active" } else { "inactive" };
    let name = answer["user_name"].as_str().unwrap_or("without a name");
    let (id, position) = (text(answer, "id"), &answer["position"]);
    let role = &answer["role"];
    let role_line = match (role["role"].as_str(), role.pointer("/since/position")) {
        (Some(role), Some(since)) => format!("Role `{role}` since entry {since}"),
        (Some(role), None) => format!("Role `{role}`"),
        (None, _) => "No role".to_owned(),
    };
    let roles = list(role, "reasons").iter().map(|one| {
        let without = text(one, "without");
        let otherwise = match one["decides"] == true {
            true => format!("This decides; without it the role would be `{without}`."),
            false => "This does not decide.".to_owned(),
        };
        reason(&one["reason"], Some(otherwise))
    });
    let entities = list(answer, "entities").iter().map(|one| {
        let line = format!("In {} since entry {}", entity(&one["entity"]), one["since_position"]);
        let reasons = list(one, "reasons").iter().map(|one| reason(one, None));
        Tree::of(line, reasons).noting(&one["reasons"])
    });
    let why_not = Tree::of("Not in effect", list(answer, "why_not").iter().map(absence)).noting(&answer["why_not"]);
    let exceptions = list(answer, "exceptions").iter().map(absence);
    let exceptions = Tree::of("Exceptions", exceptions).noting(&answer["exceptions"]);
    let groups = Tree::of("Groups", list(answer, "groups").iter().map(sentence)).noting(&answer["groups"]);
    let below = [Tree::of(role_line, roles).noting(&role["reasons"])]
        .into_iter()
        .chain(entities);
    let below = below.chain([why_not, exceptions, groups].into_iter().filter(Tree::has_below));
    Tree::of(format!("User {name} ({id}, {active}) after entry {position}"), below)
}

fn of_group(answer: &Value) -> Tree {
    let (id, position) = (text(answer, "id"), &answer["position"]);
    let line = format!("Group `{}` ({id}) after entry {position}", text(answer, "display_name"));
    let part = |line: &str, of: &str| Tree::of(line, list(answer, of).iter().map(sentence)).noting(&answer[of]);
    let ignored = answer
        .pointer("/ignored_members/total")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let ignored = (ignored > 0).then(|| Tree::of(format!("{ignored} members that name no user are ignored"), []));
    let mappings = list(answer, "mappings").iter().map(mapping);
    let parts = [
        Tree::of(text(&answer["decision"], "text"), []),
        part("Rules", "rules"),
        Tree::of("Mappings", mappings).noting(&answer["mappings"]),
        part("Bringing it up to date", "plan"),
    ];
    let parts = parts.into_iter().filter(|part| part.has_below() || !part.is_heading());
    Tree::of(line, parts.chain(ignored))
}

fn of_entity(answer: &Value) -> Tree {
    let (what, position) = (entity(&answer["entity"]), &answer["position"]);
    let id = text(&answer["entity"], "id");
    let line = format!("{what} ({id}) after entry {position}");
    let mappings = Tree::of("Mappings", list(answer, "mappings").iter().map(mapping)).noting(&answer["mappings"]);
    let waiting = list(answer, "waiting").iter().map(mapping);
    let waiting = Tree::of("Mappings that wait for it", waiting).noting(&answer["waiting"]);
    let members = list(answer, "members").iter().map(|member| {
        let line = format!(
            "User {} since entry {}",
            text(&member["user"], "user_name"),
            member["since_position"]
        );
        let sources = member["sources"].as_array().into_iter().flatten();
        let kinds: Vec<&str> = sources.filter_map(|source| source["kind"].as_str()).collect();
        Tree::of(format!("{line} ({})", kinds.join(", ")), [])
    });
    let conflicts = list(answer, "conflicts").iter().map(|one| {
        Tree::of(
            format!(
                "Conflict {} about user {}",
                text(one, "conflict_id"),
                text(&one["user"], "user_name")
            ),
            [],
        )
    });
    let parts = [
        mappings,
        waiting,
        Tree::of("Members", members),
        Tree::of("Conflicts", conflicts).noting(&answer["conflicts"]),
    ];
    let summary = Tree::of(text(answer, "text"), []);
    Tree::of(
        line,
        [summary].into_iter().chain(parts.into_iter().filter(Tree::has_below)),
    )
}

/// A reason with its steps, and with what would remove it.
fn reason(one: &Value, note: Option<String>) -> Tree {
    let chain = steps(one);
    let note = note.into_iter().map(|note| Tree::of(note, []));
    let ways = one["would_remove"].as_array().into_iter().flatten().map(sentence);
    let ways = [Tree::of("Any of these would remove it", ways)]
        .into_iter()
        .filter(Tree::has_below);
    Tree::of(beginning(one), chain.chain(note).chain(ways))
}

fn absence(one: &Value) -> Tree {
    Tree::of(beginning(one), steps(one))
}

fn mapping(one: &Value) -> Tree {
    let held = match one["held_members"].as_u64() {
        Some(1) => "It holds 1 member.".to_owned(),
        count => format!("It holds {} members.", count.unwrap_or_default()),
    };
    let held = Tree::of(held, []);
    Tree::of(beginning(one), steps(one).chain([held]))
}

fn steps(one: &Value) -> impl Iterator<Item = Tree> + '_ {
    one["chain"].as_array().into_iter().flatten().map(sentence)
}

/// The sentence up to the steps, which follow below.
fn beginning(one: &Value) -> String {
    let whole = text(one, "text");
    let Some(first) = one.pointer("/chain/0/text").and_then(Value::as_str) else {
        return whole.to_owned();
    };
    whole
        .split_once(first)
        .map_or(whole, |(start, _)| start.trim_end())
        .to_owned()
}

fn sentence(one: &Value) -> Tree {
    Tree::of(text(one, "text"), [])
}

fn entity(one: &Value) -> String {
    plan::entity(one)
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    let items = of[name].get("items").and_then(Value::as_array);
    items.map_or(&[], Vec::as_slice)
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

impl Tree {
    fn of(line: impl Into<String>, below: impl IntoIterator<Item = Self>) -> Self {
        Self {
            line: line.into(),
            below: below.into_iter().collect(),
        }
    }

    fn has_below(&self) -> bool {
        !self.below.is_empty()
    }

    fn is_heading(&self) -> bool {
        !self.line.ends_with('.')
    }

    /// With a note below of how many the answer left out.
    fn noting(mut self, first: &Value) -> Self {
        let (total, shown) = (
            first["total"].as_u64().unwrap_or(0),
            first["items"].as_array().map_or(0, Vec::len),
        );
        let left_out = total.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
        if left_out > 0 {
            self.below.push(Self::of(format!("and {left_out} more"), []));
        }
        self
    }

    fn lines(&self, depth: usize) -> Vec<String> {
        let line = format!("{}{}", "  ".repeat(depth), self.line);
        let below = self.below.iter().flat_map(|tree| tree.lines(depth + 1));
        [line].into_iter().chain(below).collect()
    }
}
