//! The flush that reaches the disk.
//!
//! On Linux sled 0.34 ends each write with `sync_file_range`, which hands pages to the device but does not make it keep them: after a power
//! cut they are gone. sled is the only caller of that function in this process, so it is defined here, as a full `fdatasync`, and takes
//! the place of libc's. Whether it really did is counted, and tested at every start.
//!
//! The sync runs on a file description of our own. A failed write-back is reported only once for each description, and sled's
//! background thread syncs its own one too and only logs what it is told: it would swallow the error that we have to see.
//!
//! Large pages of sled's end in files of their own, which it never syncs. Blocks are small enough that there should be none; should one
//! appear all the same, it is synced before what points to it.
//!
//! Every descriptor that this takes is opened with the log: a process that is out of descriptors must not look like a failing disk.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use rustix::fs::{Dir, Mode, OFlags};

static WATCHED: RwLock<Vec<Weak<Synced>>> = RwLock::new(Vec::new());

/// The database file of a sled folder, whose syncs are done here, counted, and their failures remembered.
pub(super) struct Synced {
    file: File,
    /// Where sled puts pages that are too large for the file.
    blobs: Mutex<Dir>,
    /// Device and inode: the same for every description of the file.
    identity: (u64, u64),
    count: AtomicU64,
    failed: AtomicBool,
    #[cfg(test)]
    broken: AtomicBool,
}

impl Synced {
    /// Takes over the syncs of the database in `folder`, from now until the value is dropped.
    pub(super) fn watch(folder: &Path) -> io::Result<Arc<Synced>> {
        // Naming the function here is what makes every linker keep it, whatever binary this crate ends up in.
        std::hint::black_box(sync_file_range as *const ());
        let file = File::open(folder.join("db"))?;
        let synced = Arc::new(Synced {
            identity: identity(&file)?,
            file,
            blobs: Mutex::new(Dir::new(File::open(folder.join("blobs"))?)?),
            count: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            #[cfg(test)]
            broken: AtomicBool::new(false),
        });
        let mut watched = WATCHED.write().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|other| other.strong_count() > 0);
        watched.push(Arc::downgrade(&synced));
        Ok(synced)
    }

    /// Syncs of this file that succeeded.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Whether any sync of this file failed. What was written then may be lost, even if a later sync succeeds.
    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    fn sync(&self) -> io::Result<()> {
        let outcome = self.sync_blobs().and_then(|()| self.sync_file());
        if outcome.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        if self.failed() {
            return outcome.and_then(|()| Err(io::Error::other("an earlier sync failed")));
        }
        self.count.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    fn sync_blobs(&self) -> io::Result<()> {
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.rewind();
        let mut any = false;
        while let Some(blob) = blobs.read() {
            let blob = blob?;
            if matches!(blob.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            File::from(rustix::fs::openat(blobs.fd()?, blob.file_name(), flags, Mode::empty())?).sync_all()?;
            any = true;
        }
        if any {
            rustix::fs::fsync(blobs.fd()?)?;
        }
        Ok(())
    }

    #[cfg(not(test))]
    fn sync_file(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    #[cfg(test)]
    fn sync_file(&self) -> io::Result<()> {
        if self.broken.load(Ordering::Acquire) {
            return File::open("/dev/null")?.sync_data();
        }
        self.file.sync_data()
    }

    /// Notes a failure that sled was told of and lost.
    #[cfg(test)]
    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// Makes every later sync of this file fail, as a dying disk does.
    #[cfg(test)]
    pub(super) fn break_disk(&self) {
        self.broken.store(true, Ordering::Release);
    }
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Takes the place of libc's function of this name; see the head of this file. The range and the flags are ignored: all of the file
/// is synced. On failure `errno` is what the failed call left there, as the caller expects.
#[expect(
    unsafe_code,
    reason = "the one way to make sled's flush durable is to take the place of the libc function it calls"
)]
#[unsafe(no_mangle)]
extern "C" fn sync_file_range(descriptor: RawFd, _offset: i64, _bytes: i64, _flags: u32) -> i32 {
    // SAFETY: the caller owns an open descriptor for the time of this call, and `ManuallyDrop` leaves it open.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    let synced = identity(&file).ok().and_then(watched);
    let outcome = match synced {
        Some(synced) => synced.sync(),
        // sled is still opening the file, and nobody has been answered yet.
        None => file.sync_data(),
    };
    if outcome.is_ok() { 0 } else { -1 }
}

fn watched(identity: (u64, u64)) -> Option<Arc<Synced>> {
    let watched = WATCHED.read().unwrap_or_else(PoisonError::into_inner);
    watched
        .iter()
        .filter_map(Weak::upgrade)
        .find(|synced| synced.identity == identity)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder_of_sled() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("blobs")).unwrap();
        fs::write(folder.path().join("db"), "a database").unwrap();
        folder
    }

    #[test]
    fn a_failed_sync_is_remembered() {
        let folder = folder_of_sled();
        let synced = Synced::watch(folder.path()).unwrap();
        synced.sync().unwrap();
        synced.break_disk();
        assert!(synced.sync().is_err());
        synced.broken.store(false, Ordering::Release);
        assert!(
            synced.sync().is_err(),
            "a later sync says nothing about what was written before"
        );
        assert!(synced.failed());
        assert_eq!(synced.count(), 1);
    }

    #[test]
    fn large_pages_in_files_of_their_own_are_synced_too() {
        let folder = folder_of_sled();
        let synced = Synced::watch(folder.path()).unwrap();
        fs::write(folder.path().join("blobs/1"), "a large page").unwrap();
        synced.sync().unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("blobs/2")).unwrap();
        assert!(synced.sync().is_err(), "a large page cannot be synced");
    }

    #[test]
    fn a_sync_takes_no_further_descriptor() {
        let folder = folder_of_sled();
        let synced = Synced::watch(folder.path()).unwrap();
        // Nothing that is opened by its name from now on is there.
        fs::remove_dir_all(folder.path()).unwrap();
        synced.sync().unwrap();
        synced.sync().unwrap();
    }
}
