//! What a log offers, whatever it is kept in.

use std::sync::{Arc, mpsc};

use crate::limits::{APPEND_BYTES_MAX, APPEND_ENTRIES_MAX, ENTRY_BYTES_MAX};
use crate::{Hash, Head, LogError, Position, Status, Stream};

/// Entries of one stream, to be appended together: either all of them are kept, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Where they go.
    pub stream: Stream,
    /// The last position that the caller has seen. The append is refused when the stream ends elsewhere.
    pub after: Position,
    /// The entries, in order.
    pub entries: Vec<Vec<u8>>,
}

impl Append {
    /// The bytes of all its entries.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(Vec::len).sum()
    }

    /// Fails when it is beyond a limit of [`limits`](crate::limits).
    pub(crate) fn check_limits(&self) -> Result<(), LogError> {
        let largest = self.entries.iter().map(Vec::len).max().unwrap_or_default();
        within("bytes in an entry", largest, ENTRY_BYTES_MAX)?;
        within("bytes in an append", self.bytes(), APPEND_BYTES_MAX)?;
        within("entries in an append", self.entries.len(), APPEND_ENTRIES_MAX)
    }
}

fn within(unit: &'static str, size: usize, limit: usize) -> Result<(), LogError> {
    if size > limit {
        Err(LogError::TooLarge { unit, size, limit })
    } else {
        Ok(())
    }
}

/// One entry, as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place.
    pub position: Position,
    /// Its hash in the chain.
    pub hash: Hash,
    /// What the caller gave.
    pub bytes: Vec<u8>,
}

/// Takes the outcome of one append: the position of its last entry.
pub type Answer = Box<dyn FnOnce(Result<Position, LogError>) + Send>;

/// An ordered, durable list of opaque bytes per stream.
pub trait EventLog: Send + Sync {
    /// Queues the append. `done` is called exactly once: after all entries are durable, or when they are refused.
    ///
    /// It may run on a thread of the log or, for what is refused at once, before this returns; so it must neither block nor panic.
    /// After [`Conflict`](LogError::Conflict), [`Full`](LogError::Full), [`Busy`](LogError::Busy) and [`TooLarge`](LogError::TooLarge)
    /// nothing was kept. After any other error the outcome is unknown until the stream is read again.
    fn append(&self, append: Append, done: Answer);

    /// At most `max` entries after `after`, in order. Fewer come when they are large; none only at the end, or when `max` is 0.
    ///
    /// Checksums and the hash chain are verified from the entry at `after` on. Fails with [`Corrupt`](LogError::Corrupt) at the first
    /// entry that is damaged or missing; entries before it are not returned then.
    fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError>;

    /// The last durable entry; [`Head::START`] for a stream that has none.
    fn head(&self, stream: Stream) -> Result<Head, LogError>;

    /// The last head that was noted apart from the entries, against which [`verify`](crate::verify()) compares them.
    fn anchor(&self, stream: Stream) -> Result<Head, LogError>;

    /// All streams that have entries, in the order of their identifiers.
    fn streams(&self) -> Result<Vec<Stream>, LogError>;

    /// Numbers for metrics, as of the last second. Cheap: nothing is measured for it.
    fn status(&self) -> Status;
}

impl<L: EventLog + ?Sized> EventLog for Arc<L> {
    fn append(&self, append: Append, done: Answer) {
        (**self).append(append, done);
    }

    fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError> {
        (**self).read(stream, after, max)
    }

    fn head(&self, stream: Stream) -> Result<Head, LogError> {
        (**self).head(stream)
    }

    fn anchor(&self, stream: Stream) -> Result<Head, LogError> {
        (**self).anchor(stream)
    }

    fn streams(&self) -> Result<Vec<Stream>, LogError> {
        (**self).streams()
    }

    fn status(&self) -> Status {
        (**self).status()
    }
}

/// Appends and waits until the entries are durable, for tests and command-line tools.
///
/// Fails as [`EventLog::append`] answers.
pub fn append_wait(log: &dyn EventLog, append: Append) -> Result<Position, LogError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    // The receiver is waiting below; when it is gone, nobody is left to tell.
    log.append(append, Box::new(move |outcome| drop(sender.send(outcome))));
    receiver.recv().unwrap_or(Err(LogError::Stopped))
}
