//! `rolecall rules export` and `rolecall rules import`: the rules of an organization of a running server, as a file for review.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use rolecall_engine::rules::limits::RULE_SET_BYTES_MAX;
use serde_json::Value;

use super::client::{Client, ClientError};
use super::faults;
use super::input::{self, Unread};
use super::{block_on, failed};
use crate::config::{RulesExportOptions, RulesImportOptions};

/// Why rules were not written or not saved.
#[derive(Debug, thiserror::Error)]
enum RuleSetError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] Unread),
    /// The file cannot be written.
    #[error("failed to write {}", file.display())]
    Write {
        file: PathBuf,
        #[source]
        error: io::Error,
    },
    /// The server could not be asked, or refused.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The server found faults in the file.
    #[error("the rules were not saved:{0}")]
    Faults(String),
}

/// Writes the rules of the organization.
pub(super) fn export(options: &RulesExportOptions) -> ExitCode {
    ended(block_on(write(options)))
}

/// Saves the rules of the file.
pub(super) fn import(options: &RulesImportOptions) -> ExitCode {
    ended(block_on(save(options)))
}

fn ended(result: Result<(), Box<dyn std::error::Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

async fn write(options: &RulesExportOptions) -> Result<(), RuleSetError> {
    let path = format!("{}/rule_set?format=toml", options.client.path());
    let text = Client::of(&options.client)?.get_text(&path).await?;
    let (file, written) = match &options.output {
        Some(file) => (file.clone(), std::fs::write(file, &text)),
        None => (PathBuf::from("standard output"), io::stdout().lock().write_all(&text)),
    };
    match written {
        // Whoever reads has seen enough, as `head` does.
        Err(error) if options.output.is_none() && error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
    .map_err(|error| RuleSetError::Write { file, error })
}

async fn save(options: &RulesImportOptions) -> Result<(), RuleSetError> {
    let (file, text) = (
        input::name(&options.file),
        input::text(&options.file, RULE_SET_BYTES_MAX)?,
    );
    let path = format!("{}/rule_set", options.client.path());
    let saved = Client::of(&options.client)?
        .put_text(&path, "application/toml", text)
        .await;
    let saved = saved.map_err(|error| faults::of(&file, &error).map_or(error.into(), RuleSetError::Faults))?;
    // When standard output is gone, the exit code still tells the outcome.
    drop(io::stdout().lock().write_all(report(&saved, options).as_bytes()));
    Ok(())
}

/// What saving changed, and what comes next.
fn report(saved: &Value, options: &RulesImportOptions) -> String {
    let mut text = String::new();
    for (field, words) in [
        ("created", "rules created"),
        ("changed", "rules changed"),
        ("unchanged", "rules unchanged"),
        ("deleted", "rules deleted"),
        ("stale_mappings", "stale mappings"),
    ] {
        let count = saved.get(field).and_then(Value::as_u64).unwrap_or_default();
        text.push_str(&format!("{words}: {count}\n"));
    }
    let organization = options.client.organization;
    text + &format!(
        "saved; nobody has moved. `rolecall plan --organization {organization}` shows what these rules change, and with \
         `--apply` does it\n"
    )
}
