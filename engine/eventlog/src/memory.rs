//! A log in memory, for tests and for trying things out. It behaves as the others do, and is gone with the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits::READ_BYTES_MAX;
use crate::{Answer, Append, EventLog, Head, LogError, Position, Record, Status, Stream};

/// A log in memory. Answers come before `append` returns.
#[derive(Debug, Default)]
pub struct MemoryLog {
    streams: Mutex<BTreeMap<Stream, Vec<Record>>>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> MemoryLog {
        MemoryLog::default()
    }

    fn append_now(&self, append: Append) -> Result<Position, LogError> {
        append.check_limits()?;
        let mut streams = self.lock();
        let actual = head_of(streams.get(&append.stream));
        if append.after != actual.position {
            return Err(LogError::Conflict {
                expected: append.after,
                actual: actual.position,
            });
        }
        if append.entries.is_empty() {
            return Ok(actual.position);
        }
        let records = streams.entry(append.stream).or_default();
        let mut head = actual;
        for bytes in append.entries {
            head = head.link(append.stream, &bytes);
            records.push(Record {
                position: head.position,
                hash: head.hash,
                bytes,
            });
        }
        Ok(head.position)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Stream, Vec<Record>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventLog for MemoryLog {
    fn append(&self, append: Append, done: Answer) {
        let outcome = self.append_now(append);
        done(outcome);
    }

    fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError> {
        let streams = self.lock();
        let Some(records) = streams.get(&stream) else {
            return Ok(Vec::new());
        };
        let mut bytes = 0;
        let page = records
            .iter()
            .skip(usize::try_from(after.get()).unwrap_or(usize::MAX))
            .take(max);
        Ok(page
            .take_while(|record| {
                let goes_on = bytes < READ_BYTES_MAX;
                bytes += record.bytes.len();
                goes_on
            })
            .cloned()
            .collect())
    }

    fn head(&self, stream: Stream) -> Result<Head, LogError> {
        Ok(head_of(self.lock().get(&stream)))
    }

    fn anchor(&self, stream: Stream) -> Result<Head, LogError> {
        self.head(stream)
    }

    fn streams(&self) -> Result<Vec<Stream>, LogError> {
        Ok(self.lock().keys().copied().collect())
    }

    fn status(&self) -> Status {
        let streams = u64::try_from(self.lock().len()).unwrap_or(u64::MAX);
        Status {
            streams,
            ..Status::default()
        }
    }
}

fn head_of(records: Option<&Vec<Record>>) -> Head {
    let last = records.and_then(|records| records.last());
    last.map_or(Head::START, |record| Head {
        position: record.position,
        hash: record.hash,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_log_in_memory_does_what_every_log_must() {
        crate::suite::check(&|| Arc::new(MemoryLog::new()));
    }
}
