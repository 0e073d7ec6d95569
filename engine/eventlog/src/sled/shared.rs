//! What the threads of a log share: the store, the heads, and whether the log still takes appends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use super::batch::Heads;
use super::disk::Disk;
use super::folder::Folder;
use super::queue::{Queue, Reply};
use super::store::Store;
use crate::{Head, LogError, Position, Stream};

/// An answer that is ready, and given once what it says is durable.
pub(super) type Ready = (Reply, Result<Position, LogError>);

pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) queue: Queue,
    /// INVARIANT: every head in here is durable. Readers see nothing beyond.
    pub(super) heads: RwLock<Heads>,
    /// The heads as they were last noted in the anchor file.
    pub(super) anchored: RwLock<Heads>,
    /// The answers of the commit that is being written; whoever takes them gives them.
    in_flight: Mutex<Vec<Ready>>,
    stopped: AtomicBool,
    full: AtomicBool,
    disk: Mutex<Disk>,
    commits: AtomicU64,
    /// Comes last, and so is unlocked last: when another process may have the folder, sled has let go of it.
    pub(super) folder: Folder,
}

impl Shared {
    /// A log that is open, with its heads as they are noted in the anchor.
    pub(super) fn new(folder: Folder, store: Store, heads: Heads) -> Shared {
        Shared {
            store,
            queue: Queue::default(),
            anchored: RwLock::new(heads.clone()),
            heads: RwLock::new(heads),
            in_flight: Mutex::default(),
            stopped: AtomicBool::new(false),
            full: AtomicBool::new(false),
            disk: Mutex::default(),
            commits: AtomicU64::new(0),
            folder,
        }
    }

    pub(super) fn head(&self, stream: Stream) -> Head {
        let heads = self.heads.read().unwrap_or_else(PoisonError::into_inner);
        heads.get(&stream).copied().unwrap_or(Head::START)
    }

    /// Makes what a commit wrote visible.
    pub(super) fn publish(&self, new: Heads) {
        self.heads.write().unwrap_or_else(PoisonError::into_inner).extend(new);
        self.commits.fetch_add(1, Ordering::AcqRel);
    }

    /// Changes whenever heads move.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    pub(super) fn set_in_flight(&self, ready: Vec<Ready>) {
        *lock(&self.in_flight) = ready;
    }

    pub(super) fn take_in_flight(&self) -> Vec<Ready> {
        std::mem::take(&mut lock(&self.in_flight))
    }

    /// Stops the log for good after a failed write: the outcome of what is being written is unknown, and nothing may follow it.
    pub(super) fn stop(&self, error: &LogError) {
        if !self.stopped.swap(true, Ordering::AcqRel) {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "the log has stopped after a failed write"
            );
        }
        for (reply, _) in self.take_in_flight() {
            reply.send(Err(error.clone()));
        }
        self.queue.refuse_all();
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    pub(super) fn set_disk(&self, disk: Disk, full: bool) {
        *lock(&self.disk) = disk;
        self.full.store(full, Ordering::Release);
    }

    pub(super) fn disk(&self) -> Disk {
        *lock(&self.disk)
    }

    pub(super) fn full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
