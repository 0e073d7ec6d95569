//! The log on one machine: the shared suite, and what only a log with files can show.

mod crash;
mod damage;
mod full;
mod opening;

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use super::*;
use crate::{Commit, append_wait};

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

#[test]
fn an_append_whose_failed_sync_was_lost_by_sled_is_answered_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let log = SledLog::open(Options {
        upkeep_every: Duration::from_millis(5),
        ..Options::new(folder.path())
    })
    .unwrap();
    let (sender, receiver) = mpsc::channel();
    let reply = Reply::new(Box::new(move |outcome| sender.send(outcome).unwrap()));
    log.shared.set_in_flight(vec![(reply, Ok(Position::new(1)))]);
    log.shared.store.synced().fail();
    let outcome = receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(outcome, Err(LogError::Unavailable(_))), "{outcome:?}");
    assert!(log.status().stopped);
}

#[test]
fn appends_that_wait_when_the_log_is_closed_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let (sender, receiver) = mpsc::channel();
    for after in 0..100 {
        let sender = sender.clone();
        log.append(
            entries(after, &[b"entry"]),
            Box::new(move |outcome| sender.send(outcome).unwrap()),
        );
    }
    log.close();
    drop(sender);
    let kept = receiver.iter().filter(Result::is_ok).count();
    assert_eq!(kept, 100);
    let refused = append_wait(&log, entries(100, &[b"too late"]));
    assert!(matches!(refused, Err(LogError::Stopped)), "{refused:?}");
    assert_eq!(
        log.anchor(STREAM).unwrap(),
        log.head(STREAM).unwrap(),
        "noted when closed"
    );
    assert_eq!(log.read(STREAM, Position::START, 1_000).unwrap().len(), 100);
}

#[test]
fn heads_are_noted_while_the_log_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let log = SledLog::open(Options {
        upkeep_every: Duration::from_millis(5),
        ..Options::new(folder.path())
    })
    .unwrap();
    append_wait(&log, entries(0, &[b"entry"])).unwrap();
    let head = log.head(STREAM).unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while log.anchor(STREAM).unwrap() != head {
        assert!(Instant::now() < end, "the head was never noted");
        thread::yield_now();
    }
}

#[test]
fn an_answer_that_panics_leaves_the_log_working() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.append(entries(0, &[b"entry"]), Box::new(|_| panic!("a caller's mistake")));
    assert_eq!(append_wait(&log, entries(1, &[b"entry"])).unwrap(), Position::new(2));
}

#[test]
fn the_observer_is_told_of_every_append_and_entry_once() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, receiver) = mpsc::channel();
    let observer: Observer = Arc::new(move |commit: &Commit| sender.send(commit.clone()).unwrap());
    let log = SledLog::open(Options {
        observer: Some(observer),
        ..Options::new(folder.path())
    })
    .unwrap();
    for after in 0..20 {
        log.append(entries(after * 2, &[b"one", b"other"]), Box::new(|_| ()));
    }
    log.append(entries(7, &[b"refused"]), Box::new(|_| ()));
    drop(log);
    let commits: Vec<_> = receiver.iter().collect();
    assert_eq!(
        commits
            .iter()
            .map(|commit| commit.append_durations.len())
            .sum::<usize>(),
        20
    );
    assert_eq!(commits.iter().map(|commit| commit.entries).sum::<usize>(), 40);
    assert_eq!(commits.iter().map(|commit| commit.bytes).sum::<usize>(), 20 * 8);
    assert!(commits.iter().all(|commit| commit.sync_duration > Duration::ZERO));
}

fn entries(after: u64, entries: &[&[u8]]) -> Append {
    Append {
        stream: STREAM,
        after: Position::new(after),
        entries: entries.iter().map(|entry| entry.to_vec()).collect(),
    }
}

#[test]
fn blocks_are_small_enough_that_sled_keeps_no_page_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let sizes = [6_954, 100_000, 6_900, 1_000_000, 6_954, 1];
    for (round, size) in (0..60_u64).zip(sizes.into_iter().cycle()) {
        for stream in [1, 3, 2].map(|number| Stream::new([number; 16])) {
            let after = log.head(stream).unwrap().position;
            append_wait(
                &log,
                Append {
                    stream,
                    after,
                    entries: vec![vec![1; size]; 1 + 2_000_000 / (size * 100 + 1)],
                },
            )
            .unwrap();
            let large_pages = std::fs::read_dir(folder.path().join("log/blobs")).unwrap().count();
            assert_eq!(large_pages, 0, "in round {round}");
        }
    }
}
