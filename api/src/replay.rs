//! Reading the record of an organization from its first entry: to start from it, and to check it.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rolecall_engine::{CodecError, Difference, Entry, OrganizationId, Position, State, audit};
use rolecall_eventlog::{EventLog, Hash, LogError};

use crate::limits::READ_ENTRIES_MAX;
use crate::organization::{from_log, panic_text, stream, to_log};

/// Why a record could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The log failed, or is damaged.
    #[error("failed to read the record of organization {organization}")]
    Log {
        /// The organization.
        organization: OrganizationId,
        /// What the log said.
        #[source]
        source: LogError,
    },
    /// The bytes of an entry are not an entry.
    #[error("failed to decode entry {position} of organization {organization}")]
    Decode {
        /// The organization.
        organization: OrganizationId,
        /// The entry.
        position: Position,
        /// What the codec said.
        #[source]
        source: CodecError,
    },
    /// An entry cannot follow the ones before it.
    #[error("entry {position} of organization {organization} cannot follow the entries before it: {reason}")]
    Impossible {
        /// The organization.
        organization: OrganizationId,
        /// The entry.
        position: Position,
        /// What the engine said.
        reason: String,
    },
}

impl ReplayError {
    /// The first position that cannot be trusted, where one is known.
    pub(crate) fn position(&self) -> Option<u64> {
        match self {
            Self::Decode { position, .. } | Self::Impossible { position, .. } => Some(position.get()),
            Self::Log {
                source: LogError::Corrupt { position, .. },
                ..
            } => Some(position.get()),
            Self::Log {
                source: LogError::LostTail { found, .. },
                ..
            } => Some(found.next().get()),
            Self::Log { .. } => None,
        }
    }

    /// What was found, with its cause: for auditors and operators.
    pub(crate) fn reason(&self) -> String {
        let cause = std::error::Error::source(self);
        cause.map_or_else(|| self.to_string(), |cause| format!("{self}: {cause}"))
    }
}

/// The state that all entries together come to, as recorded: nothing is derived.
///
/// # Errors
/// When the record is damaged or cannot be read. Blocks while it reads.
pub(crate) fn load(log: &dyn EventLog, organization: OrganizationId) -> Result<State, ReplayError> {
    let mut state = State::default();
    each_entry(log, organization, |entry| {
        state = state.replay(entry);
        ControlFlow::Continue(())
    })?;
    Ok(state)
}

/// What a check of a whole record found.
#[derive(Debug)]
pub(crate) struct Audit {
    /// The last entry that was checked.
    pub(crate) position: Position,
    /// Its hash, which covers all entries.
    pub(crate) hash: Hash,
    /// Where what is recorded is not what is derived today; the first ones only.
    pub(crate) differences: Vec<(Position, Difference)>,
    /// How many such entries there are.
    pub(crate) differing: u64,
}

/// Differences that a report lists; all are counted.
const DIFFERENCES_LISTED_MAX: usize = 100;

/// Verifies the hash chain, then derives every entry again and compares. Uses memory for one state and one page.
///
/// `progress` is told positions as they are done. Blocks while it reads.
///
/// # Errors
/// When the record is damaged or cannot be read.
pub(crate) fn verify(
    log: &dyn EventLog,
    organization: OrganizationId,
    mut progress: impl FnMut(Position),
) -> Result<Audit, ReplayError> {
    let verified = rolecall_eventlog::verify(log, stream(organization), |_| {});
    let verified = verified.map_err(|source| ReplayError::Log { organization, source })?;
    let mut audited = Audit {
        position: Position::START,
        hash: verified.head.hash,
        differences: Vec::new(),
        differing: 0,
    };
    let mut state = State::default();
    let end = from_log(verified.head.position);
    each_entry(log, organization, |entry| {
        // What was appended meanwhile is left for the next check.
        if entry.position > end {
            return ControlFlow::Break(());
        }
        let (next, difference) = audit(&state, entry);
        state = next;
        if let Some(difference) = difference {
            audited.differing += 1;
            if audited.differences.len() < DIFFERENCES_LISTED_MAX {
                audited.differences.push((entry.position, difference));
            }
        }
        audited.position = entry.position;
        progress(entry.position);
        ControlFlow::Continue(())
    })?;
    Ok(audited)
}

/// Has each entry of a record taken, in order, as long as it goes on. A panic of whoever takes it is an error.
///
/// # Errors
/// When the record is damaged or cannot be read. Blocks while it reads.
pub(crate) fn each_entry(
    log: &dyn EventLog,
    organization: OrganizationId,
    mut take: impl FnMut(&Entry) -> ControlFlow<()>,
) -> Result<(), ReplayError> {
    let mut cursor = Position::START;
    loop {
        let records = log.read(stream(organization), to_log(cursor), READ_ENTRIES_MAX);
        let records = records.map_err(|source| ReplayError::Log { organization, source })?;
        if records.is_empty() {
            return Ok(());
        }
        for record in records {
            let position = from_log(record.position);
            let entry = Entry::decode(&record.bytes);
            let entry = entry.map_err(|source| ReplayError::Decode {
                organization,
                position,
                source,
            })?;
            let taken = catch_unwind(AssertUnwindSafe(|| take(&entry)));
            let taken = taken.map_err(|panic| {
                let reason = panic_text(panic.as_ref());
                ReplayError::Impossible {
                    organization,
                    position,
                    reason,
                }
            })?;
            if taken.is_break() {
                return Ok(());
            }
            cursor = position;
        }
    }
}
