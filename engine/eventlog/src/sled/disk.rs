//! How full the disk is. A full disk can keep sled from opening at all, so appends are refused while there is still room.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// From when on the log warns and refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskLimits {
    /// Warn in the operator's log at this share of the disk in use.
    pub warn_used_percent: u8,
    /// Refuse appends above this share.
    pub refuse_used_percent: u8,
    /// Refuse appends when less than this is left, whatever its share. sled rewrites its file in segments of 512 KiB and writes a
    /// snapshot of its page table when it is opened; this leaves room for both.
    pub refuse_below_bytes: u64,
}

impl Default for DiskLimits {
    fn default() -> DiskLimits {
        DiskLimits {
            warn_used_percent: 85,
            refuse_used_percent: 95,
            refuse_below_bytes: 64 * 1024 * 1024,
        }
    }
}

impl DiskLimits {
    pub(super) fn warn(&self, disk: &Disk) -> bool {
        disk.used_percent >= self.warn_used_percent
    }

    pub(super) fn refuse(&self, disk: &Disk) -> bool {
        disk.used_percent > self.refuse_used_percent || disk.available_bytes < self.refuse_below_bytes
    }
}

/// The disk of a folder, and what the folder takes of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Disk {
    pub(super) folder_bytes: u64,
    pub(super) total_bytes: u64,
    pub(super) available_bytes: u64,
    pub(super) used_percent: u8,
}

impl Disk {
    /// Measures the disk that holds `folder`, and the files right in it.
    pub(super) fn measure(folder: &Path) -> io::Result<Disk> {
        let disk = rustix::fs::statvfs(folder)?;
        let used = disk.f_blocks.saturating_sub(disk.f_bfree);
        // As `df` counts: what is reserved for the superuser is neither used nor available.
        let usable = used.saturating_add(disk.f_bavail).max(1);
        Ok(Disk {
            folder_bytes: folder_bytes(folder)?,
            total_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
            available_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            used_percent: u8::try_from(used.saturating_mul(100).div_ceil(usable)).unwrap_or(100),
        })
    }
}

fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        match entry?.metadata() {
            Ok(metadata) => bytes += metadata.blocks() * 512,
            // sled replaces its snapshot from time to time.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[track_caller]
    fn check(used_percent: u8, available_bytes: u64, expected: (bool, bool)) {
        let disk = Disk {
            folder_bytes: 0,
            total_bytes: 1_000 * MIB,
            available_bytes,
            used_percent,
        };
        let limits = DiskLimits::default();
        assert_eq!((limits.warn(&disk), limits.refuse(&disk)), expected);
    }

    #[test]
    fn the_log_warns_first_and_refuses_later() {
        check(84, 160 * MIB, (false, false));
        check(85, 150 * MIB, (true, false));
        check(95, 65 * MIB, (true, false));
        check(96, 65 * MIB, (true, true));
        check(10, 63 * MIB, (false, true));
    }

    #[test]
    fn the_disk_of_a_folder_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), vec![1; 100_000]).unwrap();
        let disk = Disk::measure(folder.path()).unwrap();
        assert!(disk.folder_bytes >= 100_000, "{disk:?}");
        assert!(disk.total_bytes >= disk.available_bytes, "{disk:?}");
    }
}
