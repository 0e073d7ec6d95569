//! What is done about once a second beside the commits: note the heads, look at the disk, and watch for failed syncs.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::disk::{Disk, DiskLimits};
use super::shared::Shared;
use super::store::StoreError;
use crate::LogError;

/// Wakes the upkeep before its time.
#[derive(Default)]
pub(super) struct Signal {
    ended: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Lets the upkeep end.
    pub(super) fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits for `duration`; true if it is time to end.
    fn wait(&self, duration: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(ended, duration, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The upkeep of one log.
pub(super) struct Upkeep<'a> {
    shared: &'a Shared,
    limits: DiskLimits,
    warned: bool,
    commits_noted: u64,
}

impl<'a> Upkeep<'a> {
    pub(super) fn new(shared: &'a Shared, limits: DiskLimits) -> Upkeep<'a> {
        Upkeep {
            shared,
            limits,
            warned: false,
            commits_noted: 0,
        }
    }

    /// Works until told to end.
    pub(super) fn run(mut self, signal: &Signal, every: Duration) {
        while !signal.wait(every) {
            self.watch_syncs();
            self.watch_disk();
            self.note_heads();
        }
    }

    /// The committer sees a failed sync itself, unless sled lost the failure and lets it wait for ever.
    fn watch_syncs(&self) {
        if self.shared.store.synced().failed() && !self.shared.stopped() {
            self.shared.stop(&LogError::from(StoreError::NotSynced));
        }
    }

    pub(super) fn watch_disk(&mut self) {
        let disk = match Disk::measure(&self.shared.folder.log()) {
            Ok(disk) => disk,
            Err(error) => {
                return tracing::warn!(error = &error as &dyn std::error::Error, "the disk cannot be measured");
            }
        };
        let (was_full, full) = (self.shared.full(), self.limits.refuse(&disk));
        self.shared.set_disk(disk, full);
        if full && !was_full {
            tracing::error!(
                disk.available_bytes,
                "the disk is nearly full: appends are refused until there is room"
            );
        } else if was_full && !full {
            tracing::info!(disk.available_bytes, "the disk has room again: appends are taken");
        }
        let warn = self.limits.warn(&disk);
        if warn && !self.warned {
            tracing::warn!(disk.available_bytes, "{} % of the disk is in use", disk.used_percent);
        }
        self.warned = warn;
    }

    /// A failure is only logged: the entries are durable without the anchor, and the next round tries again.
    pub(super) fn note_heads(&mut self) {
        let commits = self.shared.commits();
        if commits == self.commits_noted || self.shared.stopped() {
            return;
        }
        let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner).clone();
        match self.shared.folder.write_anchor(&heads) {
            Ok(()) => {
                *self.shared.anchored.write().unwrap_or_else(PoisonError::into_inner) = heads;
                self.commits_noted = commits;
            }
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the anchor cannot be written"),
        }
    }
}
