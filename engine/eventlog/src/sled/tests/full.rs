//! A disk that is nearly full: appends are refused, reads go on.

use super::{STREAM, entries, open};
use crate::sled::{DiskLimits, Options, SledLog};
use crate::{EventLog, LogError, Position, append_wait};

#[test]
fn appends_are_refused_on_a_nearly_full_disk_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    append_wait(&open(folder.path()), entries(0, &[b"kept"])).unwrap();

    let disk = DiskLimits {
        refuse_below_bytes: u64::MAX,
        ..DiskLimits::default()
    };
    let log = SledLog::open(Options {
        disk,
        ..Options::new(folder.path())
    })
    .unwrap();
    let refused = append_wait(&log, entries(1, &[b"refused"]));
    assert!(matches!(refused, Err(LogError::Full { .. })), "{refused:?}");
    assert!(log.status().full);
    assert_eq!(log.read(STREAM, Position::START, 10).unwrap().len(), 1);
    drop(log);

    append_wait(&open(folder.path()), entries(1, &[b"taken once there is room"])).unwrap();
}

#[test]
fn appends_are_refused_above_a_share_of_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    // Any disk that holds a folder is in use by more than nothing.
    let disk = DiskLimits {
        refuse_used_percent: 0,
        ..DiskLimits::default()
    };
    let log = SledLog::open(Options {
        disk,
        ..Options::new(folder.path())
    })
    .unwrap();
    let refused = append_wait(&log, entries(0, &[b"refused"]));
    assert!(matches!(refused, Err(LogError::Full { .. })), "{refused:?}");
}

#[test]
fn the_numbers_of_the_disk_are_there_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let status = open(folder.path()).status();
    assert!(
        status.log_bytes > 0 && status.disk_bytes > status.log_bytes,
        "{status:?}"
    );
    assert!(!status.full && !status.stopped, "{status:?}");
}
