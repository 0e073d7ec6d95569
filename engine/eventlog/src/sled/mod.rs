//! The log on one machine: blocks in sled, with remedies for its edges (`docs/decisions/0001-sled-and-its-remedies.md`).

mod anchor;
mod batch;
mod block;
mod committer;
mod disk;
mod durable;
mod folder;
mod guard;
mod key;
mod patience;
mod queue;
mod reader;
mod shared;
mod store;
mod sync;
#[cfg(test)]
mod tests;
mod upkeep;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use self::batch::Heads;
pub use self::disk::DiskLimits;
use self::folder::{Folder, damaged};
use self::key::Key;
use self::queue::Reply;
use self::shared::Shared;
use self::store::{Store, StoreError};
use self::upkeep::{Signal, Upkeep};
use crate::{Answer, Append, EventLog, Head, LogError, Observer, Position, Record, Status, Stream};

/// How to open a [`SledLog`].
#[derive(Clone)]
pub struct Options {
    /// The data folder. It is created when there is none.
    pub folder: PathBuf,
    /// From when on the log warns of a full disk and refuses appends.
    pub disk: DiskLimits,
    /// How often heads are noted and the disk is looked at; a second by default.
    pub upkeep_every: Duration,
    /// Told about each commit.
    pub observer: Option<Observer>,
    /// Open a log even though it ends before entries that were durable once, or its anchor is gone, and go on from what is there.
    /// Off by default: a person has to decide that.
    pub accept_lost_tail: bool,
}

impl Options {
    /// The usual options for the log in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Options {
        Options {
            folder: folder.into(),
            disk: DiskLimits::default(),
            upkeep_every: Duration::from_secs(1),
            observer: None,
            accept_lost_tail: false,
        }
    }
}

/// A log in a folder of this machine, with one committer thread. Dropping it closes it.
pub struct SledLog {
    shared: Arc<Shared>,
    signal: Arc<Signal>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl SledLog {
    /// Opens the log in a data folder, creating both if there is none.
    ///
    /// Fails with [`Locked`](LogError::Locked) when another process has the folder open, [`NotDurable`](LogError::NotDurable) when a test write
    /// does not reach the disk, [`LostTail`](LogError::LostTail) or [`Corrupt`](LogError::Corrupt) when the last entries are not the ones that
    /// were written, and [`Damaged`](LogError::Damaged) when the files cannot be opened. Entries before the last ones are checked when they are read.
    pub fn open(options: Options) -> Result<SledLog, LogError> {
        let folder = Folder::open(&options.folder)?;
        let store = open_store(&folder.log())?;
        let heads = stored_heads(&store, &folder.log())?;
        if folder.is_new() {
            complete(&folder, &heads)?;
        }
        check_anchor(&folder, &store, &heads, options.accept_lost_tail)?;
        let log = SledLog {
            shared: Arc::new(Shared::new(folder, store, heads)),
            signal: Arc::default(),
            threads: Mutex::default(),
        };
        log.start(options)?;
        Ok(log)
    }

    /// Opens the log in a data folder only to examine it: no log is created, appends are refused, and damage to one stream,
    /// even at its end, is left for [`verify`](crate::verify()) to find, so that the others can be read.
    ///
    /// Fails with [`Missing`](LogError::Missing) when the folder holds no log, and otherwise as [`open`](SledLog::open) when the files cannot
    /// be opened.
    pub fn examine(folder: &Path) -> Result<SledLog, LogError> {
        let folder = Folder::existing(folder)?;
        let store = open_store(&folder.log())?;
        let noted = folder.read_anchor()?;
        let heads = claimed_heads(&store, &folder.log(), &noted)?;
        let shared = Shared::new(folder, store, heads);
        *shared.anchored.write().unwrap_or_else(PoisonError::into_inner) = noted;
        shared.queue.close();
        Ok(SledLog {
            shared: Arc::new(shared),
            signal: Arc::default(),
            threads: Mutex::default(),
        })
    }

    fn start(&self, options: Options) -> Result<(), LogError> {
        Upkeep::new(&self.shared, options.disk).watch_disk();
        let shared = Arc::clone(&self.shared);
        let observer = options.observer;
        self.spawn("log-committer", move || {
            // Whatever happens to this thread, nobody may be left waiting for an answer.
            if let Err(panic) = guard::catch(|| committer::run(&shared, observer.as_ref())) {
                shared.stop(&LogError::unavailable(panic));
            }
        })?;
        let (shared, signal) = (Arc::clone(&self.shared), Arc::clone(&self.signal));
        self.spawn("log-upkeep", move || {
            Upkeep::new(&shared, options.disk).run(&signal, options.upkeep_every);
            Upkeep::new(&shared, options.disk).note_heads();
        })
    }

    fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), LogError> {
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .map_err(LogError::unavailable)?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Takes no more appends, commits and answers those that wait, and notes the heads. Reading still works.
    pub fn close(&self) {
        self.shared.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // sled can lose a failure and wait for ever; that wait is left behind.
            if self.shared.stopped() && !thread.is_finished() {
                self.signal.end();
                continue;
            }
            // The committer comes first; once it has ended, the heads stand still and are noted a last time.
            if thread.join().is_err() {
                tracing::error!("a thread of the log panicked");
            }
            self.signal.end();
        }
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        self.close();
    }
}

impl EventLog for SledLog {
    fn append(&self, append: Append, done: Answer) {
        let reply = Reply::new(done);
        if let Err(error) = append.check_limits() {
            return reply.send(Err(error));
        }
        if self.shared.full() {
            let available_bytes = self.shared.disk().available_bytes;
            return reply.send(Err(LogError::Full { available_bytes }));
        }
        self.shared.queue.push(append, reply);
    }

    fn read(&self, stream: Stream, after: Position, max: usize) -> Result<Vec<Record>, LogError> {
        reader::read(&self.shared.store, stream, after, max, self.shared.head(stream))
    }

    fn head(&self, stream: Stream) -> Result<Head, LogError> {
        Ok(self.shared.head(stream))
    }

    fn anchor(&self, stream: Stream) -> Result<Head, LogError> {
        let anchored = self.shared.anchored.read().unwrap_or_else(PoisonError::into_inner);
        Ok(anchored.get(&stream).copied().unwrap_or(Head::START))
    }

    fn streams(&self) -> Result<Vec<Stream>, LogError> {
        Ok(self
            .shared
            .heads
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .copied()
            .collect())
    }

    fn status(&self) -> Status {
        let disk = self.shared.disk();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Status {
            streams: count(self.shared.heads.read().unwrap_or_else(PoisonError::into_inner).len()),
            log_bytes: disk.folder_bytes,
            disk_bytes: disk.total_bytes,
            disk_available_bytes: disk.available_bytes,
            waiting_appends: count(self.shared.queue.len()),
            syncs: self.shared.store.synced().count(),
            full: self.shared.full(),
            stopped: self.shared.stopped(),
        }
    }
}

/// Opens sled and makes sure that its flush reaches the disk.
fn open_store(folder: &Path) -> Result<Store, LogError> {
    let store = Store::open(folder).map_err(|error| unusable(folder, &error))?;
    match store.self_test() {
        Ok(()) => Ok(store),
        Err(StoreError::NotSynced) => Err(LogError::NotDurable),
        Err(error) => Err(unusable(folder, &error)),
    }
}

fn unusable(folder: &Path, error: &StoreError) -> LogError {
    match error {
        // A full disk or missing rights: nothing is lost yet.
        StoreError::Io(source) => damaged(
            folder,
            format!("it cannot be opened ({source}); mend that and start again"),
        ),
        error => damaged(folder, format!("{error}; restore the data folder from a backup")),
    }
}

/// The last entry of every stream, read and checked with its block.
fn stored_heads(store: &Store, folder: &Path) -> Result<Heads, LogError> {
    let mut heads = Heads::new();
    for (stream, last) in last_blocks(store, folder)? {
        heads.insert(stream, reader::stored_head(store, last)?);
    }
    Ok(heads)
}

/// Where every stream ends or, where that is damaged or gone, where it ought to end: reading up to there finds the damage.
fn claimed_heads(store: &Store, folder: &Path, noted: &Heads) -> Result<Heads, LogError> {
    let mut heads: Heads = noted.keys().map(|stream| (*stream, Head::START)).collect();
    for (stream, last) in last_blocks(store, folder)? {
        let head = reader::stored_head(store, last).unwrap_or_else(|_| {
            let noted = noted.get(&stream).copied().unwrap_or(Head::START);
            Head {
                position: noted.position.max(last.position),
                hash: noted.hash,
            }
        });
        heads.insert(stream, head);
    }
    Ok(heads)
}

/// The last block of every stream.
fn last_blocks(store: &Store, folder: &Path) -> Result<Vec<(Stream, Key)>, LogError> {
    let unusable = |error| unusable(folder, &error);
    let mut blocks = Vec::new();
    let mut next = store.stream_after(None).map_err(unusable)?;
    while let Some(stream) = next {
        let end = Key::last(stream, Position::new(u64::MAX));
        if let Some(last) = store.floor(end).map_err(unusable)? {
            blocks.push((stream, last));
        }
        next = store.stream_after(Some(stream)).map_err(unusable)?;
    }
    Ok(blocks)
}

/// Finishes the creation of a folder; entries in a folder that was never finished mean that it lost its version.
fn complete(folder: &Folder, heads: &Heads) -> Result<(), LogError> {
    if !heads.is_empty() || folder.has_noted_heads()? {
        let reason =
            "there are entries, but the file `VERSION` is missing beside; restore the data folder from a backup";
        return Err(damaged(&folder.log(), reason));
    }
    folder.complete().map_err(LogError::unavailable)
}

/// Fails when the end of a stream is not what was noted, unless that is accepted; then notes the heads as they are.
fn check_anchor(folder: &Folder, store: &Store, heads: &Heads, accept_lost_tail: bool) -> Result<(), LogError> {
    let noted = folder.read_anchor();
    if noted.as_ref().is_ok_and(|noted| noted == heads) {
        return Ok(());
    }
    match noted.and_then(|noted| anchor::check(store, heads, &noted)) {
        Err(error) if accept_lost_tail => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "going on with what is there, as asked"
            );
        }
        checked => checked?,
    }
    // What a killed process wrote last may be beyond what it noted. The start-up test has synced it, so it is there to stay.
    folder.write_anchor(heads).map_err(LogError::unavailable)
}
