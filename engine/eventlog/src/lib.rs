//! An ordered, durable list of opaque bytes per organization.
//!
//! The log knows nothing of groups or rules: callers hand it bytes, it gives them dense positions, chains them by hash, and answers
//! only once they are on disk. What it stores is checked again whenever it is read, so that damage is reported and never served.
//!
//! ```
//! use rolecall_eventlog::{Append, EventLog, MemoryLog, Position, Stream, append_wait};
//!
//! let log = MemoryLog::new();
//! let stream = Stream::new([7; 16]);
//! let append = Append { stream, after: Position::START, entries: vec![b"first".to_vec(), b"second".to_vec()] };
//! assert_eq!(append_wait(&log, append)?, Position::new(2));
//!
//! let records = log.read(stream, Position::new(1), 10)?;
//! assert_eq!(records[0].bytes, b"second");
//! # Ok::<(), rolecall_eventlog::LogError>(())
//! ```
//!
//! [`SledLog`] keeps a log on one machine, [`MemoryLog`] in memory, and [`FaultyLog`] wraps either to make it fail on purpose.
//! [`suite`] holds what every log must do.

mod chain;
mod error;
mod faulty;
pub mod limits;
mod log;
mod memory;
mod observer;
mod position;
mod sled;
mod status;
mod stream;
pub mod suite;
mod verify;

pub use crate::chain::{Hash, Head};
pub use crate::error::LogError;
pub use crate::faulty::{Faults, FaultyLog};
pub use crate::log::{Answer, Append, EventLog, Record, append_wait};
pub use crate::memory::MemoryLog;
pub use crate::observer::{Commit, Observer};
pub use crate::position::Position;
pub use crate::sled::{DiskLimits, Options, SledLog};
pub use crate::status::Status;
pub use crate::stream::Stream;
pub use crate::verify::{Verified, verify};
