//! All that is asked of sled: a batch, a flush, a range. Nothing else in the project names it.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::guard;
use super::key::{Key, SELF_TEST_KEY};
use super::patience;
use super::sync::Synced;
use crate::{LogError, Position, Stream};

const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// With no background flush at all, sled's memory grows without bound.
const FLUSH_EVERY_MS: u64 = 500;

/// The open database, and the syncs of its one large file.
pub(super) struct Store {
    tree: ::sled::Db,
    synced: Arc<Synced>,
}

/// What sled could not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// It panicked or found its own files inconsistent.
    #[error("{0}")]
    Damaged(String),
    /// It could not read or write.
    #[error("storage failed")]
    Io(#[source] io::Error),
    /// It claims to have flushed, but the file was not synced, or a sync of it failed.
    #[error("a sync to disk failed")]
    NotSynced,
}

impl StoreError {
    /// Our own lock keeps other processes away, so this one is left over from a log that this process has just closed.
    fn is_lock(&self) -> bool {
        matches!(self, StoreError::Io(error) if error.to_string().starts_with("could not acquire lock"))
    }
}

impl Store {
    /// Opens or creates the database in `folder`.
    pub(super) fn open(folder: &Path) -> Result<Store, StoreError> {
        let config = ::sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MS))
            .use_compression(false);
        let tree = patience::attempt(|| call(|| config.open()), StoreError::is_lock)?;
        let synced = Synced::watch(folder).map_err(StoreError::Io)?;
        Ok(Store { tree, synced })
    }

    /// Writes one block and flushes. Fails with [`StoreError::NotSynced`] when no sync reached the disk through it.
    pub(super) fn self_test(&self) -> Result<(), StoreError> {
        let starts = call(|| self.tree.get(SELF_TEST_KEY))?;
        let starts = starts
            .and_then(|bytes| bytes.as_ref().try_into().ok())
            .map_or(0, u64::from_be_bytes);
        let before = self.synced.count();
        call(|| self.tree.insert(SELF_TEST_KEY, &starts.wrapping_add(1).to_be_bytes()))?;
        self.flush(before)
    }

    /// Writes `blocks`, all or none of them, and returns when they are on disk. After an error nothing is known about them.
    pub(super) fn write(&self, blocks: Vec<(Key, Vec<u8>)>) -> Result<(), StoreError> {
        let before = self.synced.count();
        match blocks.as_slice() {
            // One insert is all or nothing by itself, and takes sled one write where a batch takes two.
            [(key, block)] => drop(call(|| self.tree.insert(key.encode(), block.as_slice()))?),
            _ => call(|| self.tree.apply_batch(batch(blocks)))?,
        }
        self.flush(before)
    }

    fn flush(&self, count_before: u64) -> Result<(), StoreError> {
        call(|| self.tree.flush())?;
        if self.synced.failed() || self.synced.count() == count_before {
            return Err(StoreError::NotSynced);
        }
        Ok(())
    }

    /// The last key at or before `key` in its stream.
    pub(super) fn floor(&self, key: Key) -> Result<Option<Key>, StoreError> {
        let first = Key::first(key.stream, Position::START);
        let found = call(|| self.tree.range(first.encode()..=key.encode()).next_back().transpose())?;
        Ok(found.and_then(|(key, _)| Key::decode(&key)))
    }

    /// The first stream after `stream`, or the first one of all.
    pub(super) fn stream_after(&self, stream: Option<Stream>) -> Result<Option<Stream>, StoreError> {
        let start = match stream {
            Some(stream) => Key::last(stream, Position::new(u64::MAX)),
            None => Key::first(Stream::new([0; 16]), Position::START),
        };
        let found = call(|| self.tree.range(start.encode()..).next().transpose())?;
        Ok(found.and_then(|(key, _)| Key::decode(&key)).map(|key| key.stream))
    }

    /// Shows the blocks from `from` up to the end of its stream to `visit`, until that breaks off.
    pub(super) fn scan<T>(
        &self,
        from: Key,
        mut visit: impl FnMut(Key, &[u8]) -> ControlFlow<T>,
    ) -> Result<Option<T>, StoreError> {
        let to = Key::last(from.stream, Position::new(u64::MAX));
        call(|| {
            for block in self.tree.range(from.encode()..=to.encode()) {
                let (key, block) = block?;
                let Some(key) = Key::decode(&key) else {
                    return Err(::sled::Error::ReportableBug("a key of another shape".to_owned()));
                };
                if let ControlFlow::Break(value) = visit(key, &block) {
                    return Ok(Some(value));
                }
            }
            Ok(None)
        })
    }

    pub(super) fn synced(&self) -> &Arc<Synced> {
        &self.synced
    }
}

fn batch(blocks: Vec<(Key, Vec<u8>)>) -> ::sled::Batch {
    let mut batch = ::sled::Batch::default();
    for (key, block) in blocks {
        batch.insert(&key.encode(), block);
    }
    batch
}

fn call<T>(operation: impl FnOnce() -> ::sled::Result<T>) -> Result<T, StoreError> {
    match guard::catch(operation) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(::sled::Error::Io(source))) => Err(StoreError::Io(source)),
        Ok(Err(::sled::Error::Corruption { at: Some(at), .. })) => Err(StoreError::Damaged(format!(
            "its file is damaged near byte {}",
            at.lid()
        ))),
        Ok(Err(::sled::Error::Corruption { at: None, .. })) => {
            Err(StoreError::Damaged("its files are damaged".to_owned()))
        }
        Ok(Err(error)) => Err(StoreError::Damaged(error.to_string())),
        Err(panic) => Err(StoreError::Damaged(panic)),
    }
}

impl From<StoreError> for LogError {
    fn from(error: StoreError) -> LogError {
        LogError::unavailable(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_up_test_fails_when_no_sync_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.self_test().unwrap();
        // As if libc's function had been called in place of ours: the watch sees no sync of this file.
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("db"), "another file").unwrap();
        std::fs::create_dir(elsewhere.path().join("blobs")).unwrap();
        let unwatched = Store {
            synced: Synced::watch(elsewhere.path()).unwrap(),
            ..store
        };
        assert!(matches!(unwatched.self_test(), Err(StoreError::NotSynced)));
    }

    #[test]
    fn the_block_of_the_start_up_test_is_no_entry() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.self_test().unwrap();
        assert_eq!(store.stream_after(None).unwrap(), None);
    }
}
