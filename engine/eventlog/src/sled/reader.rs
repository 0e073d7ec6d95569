//! Reading one stream from its blocks, and checking everything on the way.

use std::ops::ControlFlow;

use super::block::{self, Block};
use super::key::Key;
use super::store::{Store, StoreError};
use crate::limits::READ_BYTES_MAX;
use crate::{Hash, Head, LogError, Position, Record, Stream};

/// Reads entries of `stream` after `after`, up to `end`, its durable head; at most `max` of them.
///
/// The entry at `after` is read and hashed too: the first record is thereby tied to it, and page follows page without a gap.
pub(super) fn read(
    store: &Store,
    stream: Stream,
    after: Position,
    max: usize,
    end: Head,
) -> Result<Vec<Record>, LogError> {
    if after >= end.position || max == 0 {
        return Ok(Vec::new());
    }
    let start = if after == Position::START { after.next() } else { after };
    let mut page = Page {
        after,
        max,
        end,
        records: Vec::new(),
        bytes: 0,
    };
    let found = store
        .floor(Key::last(stream, start))
        .map_err(|error| unreadable(stream, start, error))?;
    let first = found.ok_or_else(|| corrupt(stream, start, "it is missing"))?;
    let mut walk = Walk::from(first);
    let finished = walk.run(store, |record| page.take(record))?;
    match finished {
        Some(Ok(())) => Ok(page.records),
        Some(Err(error)) => Err(error),
        None => Err(walk.corrupt("it is missing")),
    }
}

/// The last entry of a stream whose last block is at `last`, durable or not: asked at open, when nothing is being written.
pub(super) fn stored_head(store: &Store, last: Key) -> Result<Head, LogError> {
    let mut head = Head::START;
    let mut walk = Walk::from(last);
    walk.run(store, |record| -> ControlFlow<()> {
        head = Head {
            position: record.position,
            hash: record.hash,
        };
        ControlFlow::Continue(())
    })?;
    if walk.partial.is_some() {
        Err(walk.corrupt("its last parts are missing"))
    } else {
        Ok(head)
    }
}

/// The records asked for, out of those that are met.
struct Page {
    after: Position,
    max: usize,
    end: Head,
    records: Vec<Record>,
    bytes: usize,
}

impl Page {
    fn take(&mut self, record: Met<'_>) -> ControlFlow<Result<(), LogError>> {
        if record.position == self.end.position && record.hash != self.end.hash {
            return ControlFlow::Break(Err(LogError::Corrupt {
                stream: record.stream,
                position: record.position,
                reason: "it is not the entry that was written last".to_owned(),
            }));
        }
        if record.position > self.after {
            self.bytes += record.bytes.len();
            self.records.push(Record {
                position: record.position,
                hash: record.hash,
                bytes: record.bytes.to_vec(),
            });
        }
        let full = self.records.len() == self.max || self.bytes >= READ_BYTES_MAX;
        if full || record.position == self.end.position {
            ControlFlow::Break(Ok(()))
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// An entry met on the walk.
struct Met<'a> {
    stream: Stream,
    position: Position,
    hash: Hash,
    bytes: &'a [u8],
}

/// Where a walk over the blocks of a stream has come to.
struct Walk {
    stream: Stream,
    /// The key of the first block.
    from: Key,
    /// The entry that has to come next.
    next: Position,
    /// The hash before it, once known: the first block's own word is taken for it, unless the walk starts at the first entry.
    before: Option<Hash>,
    /// An entry of which not all parts have come yet.
    partial: Option<Partial>,
}

struct Partial {
    next_part: u16,
    total: usize,
    bytes: Vec<u8>,
}

impl Walk {
    /// Starts with the entry that has a block at `key`, at its first part.
    fn from(key: Key) -> Walk {
        let before = (key.position == Position::START.next()).then_some(Hash::START);
        let from = Key::first(key.stream, key.position);
        Walk {
            stream: key.stream,
            from,
            next: key.position,
            before,
            partial: None,
        }
    }

    /// Shows entry after entry to `visit` until that breaks off; `None` when the blocks end before.
    fn run<T>(
        &mut self,
        store: &Store,
        mut visit: impl FnMut(Met<'_>) -> ControlFlow<T>,
    ) -> Result<Option<T>, LogError> {
        let outcome = store.scan(self.from, |key, bytes| match self.block(key, bytes, &mut visit) {
            Ok(ControlFlow::Continue(())) => ControlFlow::Continue(()),
            Ok(ControlFlow::Break(value)) => ControlFlow::Break(Ok(value)),
            Err(error) => ControlFlow::Break(Err(error)),
        });
        outcome
            .map_err(|error| unreadable(self.stream, self.next, error))?
            .transpose()
    }

    fn block<T>(
        &mut self,
        key: Key,
        bytes: &[u8],
        visit: &mut impl FnMut(Met<'_>) -> ControlFlow<T>,
    ) -> Result<ControlFlow<T>, LogError> {
        let expected_part = self.partial.as_ref().map_or(0, |partial| partial.next_part);
        if key.position != self.next || key.part != expected_part {
            return Err(self.corrupt("it is missing, or a part of it is"));
        }
        match block::decode(&key, bytes).map_err(|reason| self.corrupt(reason))? {
            Block::Whole { before, entries } => {
                if self.partial.is_some() {
                    return Err(self.corrupt("a part of it is missing"));
                }
                self.follow(before)?;
                for entry in entries {
                    if let ControlFlow::Break(value) = self.entry(entry, visit) {
                        return Ok(ControlFlow::Break(value));
                    }
                }
                Ok(ControlFlow::Continue(()))
            }
            Block::Part { before, total, bytes } => {
                self.follow(before)?;
                let entry = self.part(total, bytes)?;
                Ok(entry.map_or(ControlFlow::Continue(()), |entry| self.entry(&entry, visit)))
            }
        }
    }

    /// The block says that it follows `before`.
    fn follow(&mut self, before: Hash) -> Result<(), LogError> {
        match self.before.replace(before) {
            Some(known) if known != before => Err(self.corrupt("it does not follow from the entry before")),
            _ => Ok(()),
        }
    }

    /// Adds a part; gives the entry when it was the last one.
    fn part(&mut self, total: usize, bytes: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        let mut partial = self.partial.take().unwrap_or(Partial {
            next_part: 0,
            total,
            bytes: Vec::new(),
        });
        partial.bytes.extend_from_slice(bytes);
        partial.next_part = partial.next_part.saturating_add(1);
        if partial.total != total || partial.bytes.len() > total || bytes.is_empty() {
            return Err(self.corrupt("its parts do not fit together"));
        }
        if partial.bytes.len() == total {
            return Ok(Some(partial.bytes));
        }
        self.partial = Some(partial);
        Ok(None)
    }

    fn entry<T>(&mut self, bytes: &[u8], visit: &mut impl FnMut(Met<'_>) -> ControlFlow<T>) -> ControlFlow<T> {
        let position = self.next;
        let hash = self.before.unwrap_or_default().link(self.stream, position, bytes);
        self.before = Some(hash);
        self.next = position.next();
        visit(Met {
            stream: self.stream,
            position,
            hash,
            bytes,
        })
    }

    fn corrupt(&self, reason: &str) -> LogError {
        corrupt(self.stream, self.next, reason)
    }
}

fn corrupt(stream: Stream, position: Position, reason: &str) -> LogError {
    LogError::Corrupt {
        stream,
        position,
        reason: reason.to_owned(),
    }
}

fn unreadable(stream: Stream, position: Position, error: StoreError) -> LogError {
    match error {
        StoreError::Damaged(reason) => LogError::Corrupt {
            stream,
            position,
            reason,
        },
        error => LogError::from(error),
    }
}
