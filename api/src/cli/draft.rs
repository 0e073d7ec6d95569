//! What a plan or a backtest is to change, read from a file: a rule set in TOML, or the body of the request in JSON.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rolecall_engine::rules::{FileProblem, FileProblems, RuleSet};
use serde_json::{Value, json};

use super::client::ClientError;
use super::faults;
use super::input::{self, Unread};
use crate::admin::{ExampleBody, SetRule};
use crate::limits::RULES_BODY_BYTES_MAX;

/// Why there is no draft, or the server does not take it.
#[derive(Debug, thiserror::Error)]
pub(super) enum DraftError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] Unread),
    /// The rule set has faults.
    #[error("the rule set cannot be used:{0}")]
    RuleSet(String),
    /// It was taken for a rule set for want of anything that says what it is, and is none.
    #[error("{} is read as a rule set in TOML, as it does not begin with `{{` as JSON does, and cannot be used:{problems}", file.display())]
    Guessed {
        /// The file.
        file: PathBuf,
        /// What it lacks to be a rule set.
        problems: String,
    },
    /// The file is no JSON.
    #[error("{} is not JSON", file.display())]
    Json {
        /// The file.
        file: PathBuf,
        /// Where, and why not.
        source: serde_json::Error,
    },
    /// The server has something against what is in the file.
    #[error("this cannot be done as it stands:{0}")]
    Refused(String),
}

/// What is to change, as the server takes it; without a file, nothing.
pub(super) fn read(file: Option<&Path>) -> Result<Value, DraftError> {
    let Some(file) = file else { return Ok(json!({})) };
    // A rule set may take less, which is told as one of its problems.
    let text = input::text(file, RULES_BODY_BYTES_MAX)?;
    let (named, name) = (file.extension().and_then(OsStr::to_str), input::name(file));
    match named {
        Some("toml") => rule_set(&text).map_err(|found| DraftError::RuleSet(listed(&name, &found))),
        Some("json") => json(name, &text),
        _ if text.trim_start().starts_with('{') => json(name, &text),
        _ => rule_set(&text).map_err(|found| DraftError::Guessed {
            problems: listed(&name, &found),
            file: name,
        }),
    }
}

/// What the server has against the file, where it names it piece by piece.
pub(super) fn refused(file: Option<&Path>, error: &ClientError) -> Option<DraftError> {
    faults::of(&input::name(file?), error).map(DraftError::Refused)
}

fn json(file: PathBuf, text: &str) -> Result<Value, DraftError> {
    serde_json::from_str(text).map_err(|source| DraftError::Json { file, source })
}

fn rule_set(text: &str) -> Result<Value, FileProblems> {
    let set = RuleSet::read(text)?;
    let rules: Vec<SetRule> = set.rules.iter().map(SetRule::of).collect();
    let examples: Vec<ExampleBody> = set.examples.iter().map(ExampleBody::of).collect();
    Ok(json!({ "rules": rules, "examples": examples }))
}

/// All that is wrong with the file, as compilers write it.
fn listed(file: &Path, found: &FileProblems) -> String {
    let line = |problem: &FileProblem| format!("\n{}:{problem}", file.display());
    let mut text: String = found.problems.iter().map(line).collect();
    if found.left_out > 0 {
        text.push_str(&format!("\nand {} more", found.left_out));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use rolecall_engine::rules::limits::{RULE_SET_BYTES_MAX, RULES_MAX};

    use super::*;

    const SET: &str = "[[rules]]\nname='all'\nmatch={kind='all'}\ntargets=[{type='team'}]\n";

    /// What is read from a file of this name, without the folder that it is in; an error with its cause.
    fn read_as(name: &str, text: &str) -> Result<Value, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let shown = |error: DraftError| {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}").replace(file.to_str().unwrap(), name)
        };
        read(Some(&file)).map_err(shown)
    }

    #[test]
    fn a_file_says_by_its_name_what_it_is_or_by_how_it_begins() {
        for name in ["rules.toml", "rules", "rules.txt"] {
            assert_eq!(read_as(name, SET).unwrap()["rules"][0]["name"], "all", "{name}");
        }
        for name in ["draft.json", "draft"] {
            assert_eq!(
                read_as(name, "\n{\"rerun\": true}"),
                Ok(json!({"rerun": true})),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_the_name_of_the_file() {
        let wrong = |name: &str, text: &str| read_as(name, text).unwrap_err();
        let rule_set = wrong("rules.toml", "[[rules]]\nname = 7\n");
        assert!(rule_set.contains("\nrules.toml:2:8: `rules[0].name`:"), "{rule_set}");
        let json = wrong("draft.json", "{\"rules\": x}");
        assert_eq!(json, "draft.json is not JSON: expected value at line 1 column 11");
        let neither = wrong("draft.txt", "rules: []");
        assert!(
            neither.starts_with("draft.txt is read as a rule set in TOML, as it does not begin with `{`")
                && neither.contains("\ndraft.txt:1:"),
            "{neither}"
        );
    }

    #[test]
    fn the_largest_rule_set_file_fits_into_a_request() {
        // What grows most: characters that JSON escapes, and all that a rule need not say.
        let rule = |number: usize| {
            let pattern = r"\".repeat(330);
            format!(
                "[[rules]]\nname='{number}'\nmatch={{kind='prefix',pattern='{pattern}'}}\ntargets=[{{type='team'}}]\n"
            )
        };
        let set: String = (0..RULES_MAX).map(rule).collect();
        assert!(set.len() <= RULE_SET_BYTES_MAX, "{}", set.len());
        let set = format!("{set}{}", " ".repeat(RULE_SET_BYTES_MAX - set.len()));
        let body = read_as("rules.toml", &set).unwrap().to_string();
        assert!(
            body.len() > RULE_SET_BYTES_MAX && body.len() <= RULES_BODY_BYTES_MAX,
            "{}",
            body.len()
        );
        let large = read_as("rules.toml", &format!("{set} ")).unwrap_err();
        assert!(
            large.contains("rules.toml:1:1: the file is larger than 4 MiB"),
            "{large}"
        );
    }
}
