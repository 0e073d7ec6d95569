//! `rolecall audit verify`: checks the record in a data folder that no server has open.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use rolecall_engine::OrganizationId;
use rolecall_eventlog::{EventLog, LogError, SledLog};
use uuid::Uuid;

use super::failed;
use crate::exit_code::{DAMAGED, FAILED, FOUND};
use crate::replay::{self, Audit, ReplayError};

const EQUAL: u8 = 0;
/// How often progress is shown, in entries.
const PROGRESS_ENTRIES: u64 = 100_000;

/// Verifies every organization in the folder, whatever is found in the ones before.
pub(super) fn verify(folder: &Path) -> ExitCode {
    match verify_all(folder) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            failed(&error);
            ExitCode::from(if is_damage(&error) { DAMAGED } else { FAILED })
        }
    }
}

/// Whether the log was looked at, and cannot be what was written. Otherwise nothing is known of it: it may be in use.
fn is_damage(error: &LogError) -> bool {
    matches!(
        error,
        LogError::Corrupt { .. } | LogError::LostTail { .. } | LogError::Damaged { .. }
    )
}

fn verify_all(folder: &Path) -> Result<u8, LogError> {
    let log = SledLog::examine(folder)?;
    let mut worst = EQUAL;
    for stream in log.streams()? {
        let organization = OrganizationId::new(Uuid::from_bytes(*stream.bytes()));
        let code = report(
            organization,
            replay::verify(&log, organization, |position| {
                if position.get().is_multiple_of(PROGRESS_ENTRIES) {
                    say(&format!("organization {organization}: {position} entries checked"));
                }
            }),
        );
        worst = worst.max(code);
    }
    say(match worst {
        EQUAL => "the record is intact, and derived again it is what it was",
        FOUND => "the record is intact, but derived again it differs",
        _ => "the record is damaged",
    });
    Ok(worst)
}

fn report(organization: OrganizationId, verified: Result<Audit, ReplayError>) -> u8 {
    match verified {
        Ok(audit) if audit.differing == 0 => {
            say(&format!(
                "organization {organization}: {} entries equal, hash {}",
                audit.position, audit.hash
            ));
            EQUAL
        }
        Ok(audit) => {
            say(&format!(
                "organization {organization}: {} of {} entries differ",
                audit.differing, audit.position
            ));
            for (position, found) in &audit.differences {
                say(&format!("  entry {position}"));
                say(&format!("    recorded {:?}", found.recorded));
                say(&format!("    derived  {:?}", found.derived));
            }
            FOUND
        }
        Err(error) => {
            let place = error
                .position()
                .map_or_else(|| "unknown".to_owned(), |position| position.to_string());
            say(&format!(
                "organization {organization}: damaged at position {place}: {}",
                error.reason()
            ));
            DAMAGED
        }
    }
}

fn say(line: &str) {
    // When standard output is gone, the exit code still tells the outcome.
    drop(writeln!(io::stdout().lock(), "{line}"));
}
