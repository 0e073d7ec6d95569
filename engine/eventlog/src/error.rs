//! Everything that can go wrong with a log.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Position, Stream};

/// Why the log refused or failed. Texts are written for the operator; `source` holds the cause below, where there is one.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The stream does not end where the append expected it to.
    #[error("the stream ends at {actual}, not at {expected}")]
    Conflict {
        /// Where the caller thought the stream ends.
        expected: Position,
        /// Where it ends.
        actual: Position,
    },
    /// What is stored is not what was written.
    #[error("entry {position} of {stream} is damaged: {reason}")]
    Corrupt {
        /// The stream of the damaged entry.
        stream: Stream,
        /// The first position that cannot be trusted.
        position: Position,
        /// What was found.
        reason: String,
    },
    /// The log ends before an entry that was durable once.
    #[error(
        "the entries of {stream} end at {found}, but {anchored} was durable: the tail is lost; restore a backup, or accept the loss"
    )]
    LostTail {
        /// The stream that is too short.
        stream: Stream,
        /// The last entry that the anchor knows.
        anchored: Position,
        /// The last entry found.
        found: Position,
    },
    /// Another process has the data folder open.
    #[error("the data folder `{}` is in use by another process", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk is nearly full. Reads go on; appends work again once there is room.
    #[error("the disk is nearly full ({available_bytes} bytes left): appends are refused until there is room")]
    Full {
        /// What is left on the disk.
        available_bytes: u64,
    },
    /// Too many appends are waiting.
    #[error("too many appends are waiting")]
    Busy,
    /// An entry, or an append as a whole, is beyond its limit.
    #[error("{size} {unit} are more than the limit of {limit}")]
    TooLarge {
        /// What is counted.
        unit: &'static str,
        /// What was given.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The log takes no more appends: it was closed, or a write failed earlier and its outcome is unknown.
    #[error(
        "the log has stopped; after a failed write only a restart, which reads what is on disk, can tell what was kept"
    )]
    Stopped,
    /// The storage below failed; whether an append was kept is unknown.
    #[error("the log is unavailable")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// The folder holds no log to examine.
    #[error("the folder `{}` holds no record: there is no file `VERSION` in it", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be used at all: it is a file, or this user may not open it. Nothing is wrong with any log.
    #[error("the data folder cannot be used: `{}`: {reason}; choose another folder, or mend its owner and permissions", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The files of the log cannot be opened as they are.
    #[error("the data folder is damaged at `{}`: {reason}", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The start-up test found that a flush does not reach the disk.
    #[error("a flush does not reach the disk: this build would lose acknowledged entries at a power cut")]
    NotDurable,
}

impl LogError {
    /// The storage below failed with `source`.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> LogError {
        LogError::Unavailable(Arc::from(source.into()))
    }
}
