//! Recorded stories of identity providers, as they lie in `fixtures/`.
//!
//! One file is one story on a new organization: rules, then the requests of one provider in order, each with where its
//! shape is known from, the answer, and what became of everybody. `fixtures/README.md` describes the members.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::standing::Standing;

/// A file of `fixtures/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What the story is about.
    pub title: String,
    /// The provider, as the admin API names it.
    pub provider: String,
    /// Header fields of every request, beside Authorization.
    pub headers: BTreeMap<String, String>,
    /// The media type of every body.
    pub content_type: String,
    /// Rules saved before the first request, as bodies of the admin API.
    pub rules: Vec<Value>,
    /// A team that is there before the first request, `${team}` in what follows.
    #[serde(default)]
    pub team: Option<String>,
    /// Settings of the connection, as a body of the admin API.
    #[serde(default)]
    pub connection: Option<Value>,
    /// The requests, in order.
    pub steps: Vec<Step>,
}

/// One request of a story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the provider does here, as a sentence.
    pub name: String,
    /// How the shape of the request is known.
    pub source: Source,
    /// Where it is known from, or from what it is inferred.
    pub evidence: String,
    /// How often it is sent; `${count}` in it counts from 1.
    #[serde(default = "once")]
    pub times: u32,
    /// The request.
    pub request: Request,
    /// The answer.
    pub expect: Expect,
    /// Names for parts of the answer (JSON pointers), used as `${name}` in later steps.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
    /// Whether the step is an entry in the log.
    pub writes: bool,
    /// Everybody's place afterwards; left out where nobody's changes.
    #[serde(default)]
    pub after: Option<Standing>,
}

/// How the shape of a request is known.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The provider publishes it.
    Documented,
    /// Somebody published what the provider really sent.
    Captured,
    /// Nobody published it: a guess from what is published, and no proof that the provider is supported.
    Inferred,
}

/// A request, with `${name}` for what earlier steps captured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path below the SCIM base URL, with its query as sent.
    pub path: String,
    /// Whether the body is put over the answer to the step before, as Okta does with what it reads before it writes.
    #[serde(default)]
    pub over_last_answer: bool,
    /// The body.
    #[serde(default)]
    pub body: Option<Value>,
}

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The statuses that the provider takes for what is expected here.
    pub status: Vec<u16>,
    /// What the body says at least (see [`crate::subset`]); left out where the body does not matter.
    #[serde(default)]
    pub body: Option<Value>,
}

fn once() -> u32 {
    1
}

/// The folders of `fixtures/`, one for each provider or way of one.
pub fn folders() -> Vec<String> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let entries = std::fs::read_dir(&fixtures).unwrap_or_else(|error| panic!("{}: {error}", fixtures.display()));
    let mut folders: Vec<String> = entries
        .map(|entry| entry.expect("failed to read a folder"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    folders
}

/// The stories of one folder of `fixtures/`, by file name.
pub fn stories(folder: &str) -> Vec<(PathBuf, Story)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("failed to read a folder").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no story", folder.display());
    files.into_iter().map(|file| (file.clone(), read(&file))).collect()
}

fn read(file: &Path) -> Story {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
