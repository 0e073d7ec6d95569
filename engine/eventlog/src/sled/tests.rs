//! The log on one machine: the shared suite, and what only a log with files can show.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::append_wait;

const STREAM: Stream = Stream::new([7; 16]);

fn open(folder: &Path) -> SledLog {
    SledLog::open(Options::new(folder)).unwrap()
}

#[test]
fn a_log_on_disk_does_what_every_log_must() {
    let folder = tempfile::tempdir().unwrap();
    let opened = std::cell::Cell::new(0);
    crate::suite::check(&|| {
        opened.set(opened.get() + 1);
        Arc::new(open(&folder.path().join(opened.get().to_string())))
    });
}

#[test]
fn a_log_on_disk_is_the_same_when_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    crate::suite::check_reopening(&|| Arc::new(open(folder.path())));
}

#[test]
fn every_append_is_synced_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    for after in (0..20).map(Position::new) {
        let before = log.status().syncs;
        append_wait(
            &log,
            Append {
                stream: STREAM,
                after,
                entries: vec![b"entry".to_vec()],
            },
        )
        .unwrap();
        assert!(log.status().syncs > before);
    }
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    append_wait(&log, entries(0, &[b"kept"])).unwrap();

    log.shared.store.synced().break_disk();
    let failed = append_wait(&log, entries(1, &[b"unknown"]));
    assert!(matches!(failed, Err(LogError::Unavailable(_))), "{failed:?}");

    let later = append_wait(&log, entries(1, &[b"refused"]));
    assert!(matches!(later, Err(LogError::Stopped)), "{later:?}");
    assert!(log.status().stopped);
    assert_eq!(log.head(STREAM).unwrap().position, Position::new(1));
    assert_eq!(
        log.read(STREAM, Position::START, 10).unwrap().len(),
        1,
        "what was acknowledged can still be read"
    );
}

fn entries(after: u64, entries: &[&[u8]]) -> Append {
    Append {
        stream: STREAM,
        after: Position::new(after),
        entries: entries.iter().map(|entry| entry.to_vec()).collect(),
    }
}
