//! Damage to the files of a log: each kind ends in a clear error or in a log that is still right, never in wrong data.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::open;
use crate::sled::block::{self, Block};
use crate::sled::key::Key;
use crate::sled::{Options, SledLog};
use crate::{Append, EventLog, LogError, Position, Record, Stream, append_wait, verify};

const STREAMS: u8 = 5;
const APPENDS: u8 = 40;

/// A closed log, and what is in it.
struct Sample {
    folder: tempfile::TempDir,
    written: BTreeMap<Stream, Vec<Record>>,
}

/// What became of a damaged log.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It could not be opened; the error said why.
    RefusedAtOpen,
    /// It was opened, and reading found the damage.
    FoundOnReading,
    /// Everything is there.
    Right,
}

impl Sample {
    /// Small entries, some of a block's size and some over several blocks, written over two starts.
    fn new() -> Sample {
        let folder = tempfile::tempdir().unwrap();
        for start in 0..2 {
            let log = open(folder.path());
            for (number, stream) in (0..APPENDS).flat_map(|number| streams().map(move |stream| (number, stream))) {
                let size = [30, 200, 7_000, 20_000, 100][usize::from(number % 5)];
                let after = Position::new(u64::from(APPENDS * start + number));
                append_wait(
                    &log,
                    Append {
                        stream,
                        after,
                        entries: vec![vec![number ^ stream.bytes()[0]; size]],
                    },
                )
                .unwrap();
            }
        }
        let log = open(folder.path());
        let written = streams()
            .map(|stream| (stream, log.read(stream, Position::START, 1_000).unwrap()))
            .collect();
        Sample { folder, written }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn snapshots(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("log"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let snapshots: Vec<_> = names
            .filter(|name| name.starts_with("snap."))
            .map(|name| format!("log/{name}"))
            .collect();
        assert!(!snapshots.is_empty(), "sled left no snapshot");
        snapshots
    }

    /// Applies `damage` to a copy and opens that.
    #[track_caller]
    fn check(&self, what: &str, damage: impl FnOnce(&Path)) -> Outcome {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.folder.path(), copy.path());
        damage(copy.path());
        let log = match SledLog::open(Options::new(copy.path())) {
            Ok(log) => log,
            Err(error) => {
                assert_is_clear(what, &error);
                return Outcome::RefusedAtOpen;
            }
        };
        let outcomes = streams().map(|stream| self.check_stream(what, &log, stream));
        outcomes.min().unwrap()
    }

    #[track_caller]
    fn check_stream(&self, what: &str, log: &SledLog, stream: Stream) -> Outcome {
        let verified = verify(log, stream, |_| ());
        match log.read(stream, Position::START, 1_000) {
            Ok(records) => {
                assert!(records == self.written[&stream], "{what}: wrong entries of {stream}");
                assert!(verified.is_ok(), "{what}: {verified:?}");
                Outcome::Right
            }
            Err(error) => {
                assert_is_clear(what, &error);
                assert!(verified.is_err(), "{what}: read {error}, but verified {verified:?}");
                Outcome::FoundOnReading
            }
        }
    }
}

#[test]
fn a_flipped_byte_anywhere_in_the_database_is_found_or_harmless() {
    const PLACES: u64 = 80;
    let sample = Sample::new();
    let bytes = fs::metadata(sample.path("log/db")).unwrap().len();
    let mut outcomes = BTreeMap::new();
    for number in 0..PLACES {
        let place = usize::try_from(number * bytes / PLACES + number % 13).unwrap();
        let outcome = sample.check(&format!("byte {place}"), |folder| flip(&folder.join("log/db"), place));
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    // Places that sled no longer uses are harmless; the others have to be found.
    assert!(outcomes.get(&Outcome::FoundOnReading) > Some(&5), "{outcomes:?}");
    assert!(outcomes.get(&Outcome::RefusedAtOpen) > Some(&1), "{outcomes:?}");
}

#[test]
fn a_shortened_database_is_found() {
    const LENGTHS: u64 = 12;
    let sample = Sample::new();
    let bytes = fs::metadata(sample.path("log/db")).unwrap().len();
    for length in (0..LENGTHS).map(|number| number * bytes / LENGTHS + number % 7) {
        let outcome = sample.check(&format!("{length} of {bytes} bytes"), |folder| {
            fs::OpenOptions::new()
                .write(true)
                .open(folder.join("log/db"))
                .unwrap()
                .set_len(length)
                .unwrap();
        });
        assert_ne!(outcome, Outcome::Right, "{length} of {bytes} bytes");
    }
}

#[test]
fn a_missing_file_is_found_or_harmless() {
    let sample = Sample::new();
    let check = |name: &str| sample.check(name, |folder| fs::remove_file(folder.join(name)).unwrap());
    assert_eq!(check("log/db"), Outcome::RefusedAtOpen);
    assert_eq!(check("anchor"), Outcome::RefusedAtOpen);
    assert_eq!(check("VERSION"), Outcome::RefusedAtOpen);
    assert_eq!(check("log/conf"), Outcome::Right, "sled writes its settings again");
    assert_eq!(check("LOCK"), Outcome::Right, "nothing is in it");
    for snapshot in sample.snapshots() {
        assert_eq!(check(&snapshot), Outcome::Right, "sled reads its whole file instead");
    }
    let both = sample.check("log and VERSION", |folder| {
        fs::remove_dir_all(folder.join("log")).unwrap();
        fs::remove_file(folder.join("VERSION")).unwrap();
    });
    assert_eq!(both, Outcome::RefusedAtOpen, "the anchor is left");
    assert_eq!(
        sample.check("log", |folder| fs::remove_dir_all(folder.join("log")).unwrap()),
        Outcome::RefusedAtOpen
    );
}

#[test]
fn a_flipped_byte_in_a_small_file_is_found_or_harmless() {
    let sample = Sample::new();
    let check = |name: &str, place| {
        sample.check(&format!("byte {place} of {name}"), |folder| {
            flip(&folder.join(name), place)
        })
    };
    assert_eq!(check("anchor", 20), Outcome::RefusedAtOpen);
    assert_eq!(check("VERSION", 3), Outcome::RefusedAtOpen);
    for place in 0..usize::try_from(fs::metadata(sample.path("log/conf")).unwrap().len()).unwrap() {
        // Wherever it is, nothing wrong may come of it.
        check("log/conf", place);
    }
    for snapshot in sample.snapshots() {
        for place in [0, 5, 17, 60, 200] {
            check(&snapshot, place);
        }
    }
}

#[test]
fn a_silently_lost_tail_is_found_and_can_be_accepted() {
    let sample = Sample::new();
    let stream = streams().next().unwrap();
    let before = tempfile::tempdir().unwrap();
    copy_folder(&sample.path("log"), before.path());
    let end = Position::new(sample.written[&stream].len() as u64);
    let append = Append {
        stream,
        after: end,
        entries: vec![b"lost later".to_vec()],
    };
    append_wait(&open(sample.folder.path()), append.clone()).unwrap();

    fs::remove_dir_all(sample.path("log")).unwrap();
    copy_folder(before.path(), &sample.path("log"));
    match SledLog::open(Options::new(sample.folder.path())).err().unwrap() {
        LogError::LostTail {
            stream: told,
            anchored,
            found,
        } => assert_eq!((told, anchored, found), (stream, end.next(), end)),
        error => panic!("{error:?}"),
    }

    let options = Options {
        accept_lost_tail: true,
        ..Options::new(sample.folder.path())
    };
    drop(SledLog::open(options).unwrap());
    let log = open(sample.folder.path());
    assert_eq!(sample.check_stream("after acceptance", &log, stream), Outcome::Right);
    assert_eq!(append_wait(&log, append).unwrap(), end.next());
}

/// What somebody does who knows sled and the format: the checksum of the new block is right.
#[test]
fn a_rewritten_entry_is_found() {
    let sample = Sample::new();
    let stream = streams().next().unwrap();
    let rewrite = |position: u64| {
        sample.check("a rewritten entry", |folder| {
            with_sled(folder, |tree| {
                let key = Key::first(stream, Position::new(position));
                let stored = tree.get(key.encode()).unwrap().unwrap();
                let Block::Whole { before, entries } = block::decode(&key, &stored).unwrap() else {
                    panic!("{key:?}")
                };
                let other = vec![vec![0xEE; entries[0].len()]];
                tree.insert(key.encode(), block::encode_whole(&key, before, &other))
                    .unwrap();
            });
        })
    };
    assert_eq!(rewrite(7), Outcome::FoundOnReading);
    assert_eq!(
        rewrite(sample.written[&stream].len() as u64),
        Outcome::RefusedAtOpen,
        "the last entry, which the anchor names"
    );
}

#[test]
fn a_removed_block_is_found() {
    let sample = Sample::new();
    let stream = streams().next().unwrap();
    let remove = |position: u64, part: u16| {
        sample.check(&format!("without {position}.{part}"), |folder| {
            let key = Key {
                stream,
                position: Position::new(position),
                part,
            };
            with_sled(folder, |tree| drop(tree.remove(key.encode()).unwrap().unwrap()));
        })
    };
    let last = sample.written[&stream].len() as u64;
    assert_eq!(remove(1, 0), Outcome::FoundOnReading, "the first entry");
    assert_eq!(remove(7, 0), Outcome::FoundOnReading, "a small entry");
    assert_eq!(remove(4, 0), Outcome::FoundOnReading, "the first part of a large entry");
    assert_eq!(remove(4, 1), Outcome::FoundOnReading, "a middle part of a large entry");
    assert_eq!(remove(4, 2), Outcome::FoundOnReading, "the last part of a large entry");
    assert_eq!(remove(last, 0), Outcome::RefusedAtOpen, "the last entry");
}

#[test]
fn a_block_moved_to_another_place_is_found() {
    let sample = Sample::new();
    let stream = streams().next().unwrap();
    let outcome = sample.check("two blocks exchanged", |folder| {
        with_sled(folder, |tree| {
            let [one, other] = [7, 12].map(|position| Key::first(stream, Position::new(position)).encode());
            let kept = tree.get(one).unwrap().unwrap();
            let moved = tree.insert(other, kept).unwrap().unwrap();
            tree.insert(one, moved).unwrap();
        });
    });
    assert_eq!(outcome, Outcome::FoundOnReading);
}

#[test]
fn a_damaged_end_of_one_stream_leaves_the_others_to_be_examined() {
    let sample = Sample::new();
    let damaged = streams().next().unwrap();
    let last = Position::new(sample.written[&damaged].len() as u64);
    let remove_last = |tree: &::sled::Db| drop(tree.remove(Key::first(damaged, last).encode()).unwrap().unwrap());
    let rewrite_last =
        |tree: &::sled::Db| drop(tree.insert(Key::first(damaged, last).encode(), b"x").unwrap().unwrap());
    let remove_all = |tree: &::sled::Db| {
        let keys = tree.scan_prefix(&Key::first(damaged, last).encode()[..16]).keys();
        keys.for_each(|key| drop(tree.remove(key.unwrap()).unwrap()));
    };
    for (what, damage) in [
        ("the last entry removed", &remove_last as &dyn Fn(&::sled::Db)),
        ("the last entry rewritten", &rewrite_last),
        ("all entries removed", &remove_all),
    ] {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(sample.folder.path(), copy.path());
        with_sled(copy.path(), damage);
        // Looking twice: the first look must not note what it found as what ought to be.
        for _ in 0..2 {
            let log = SledLog::examine(copy.path()).unwrap();
            assert_eq!(log.streams().unwrap().len(), usize::from(STREAMS), "{what}");
            for stream in streams() {
                assert_eq!(
                    verify(&log, stream, |_| ()).is_err(),
                    stream == damaged,
                    "{what}: {stream}"
                );
            }
        }
    }
}

#[test]
fn a_log_opened_to_be_examined_takes_no_appends() {
    let sample = Sample::new();
    let log = SledLog::examine(sample.folder.path()).unwrap();
    let stream = streams().next().unwrap();
    let after = log.head(stream).unwrap().position;
    let append = Append {
        stream,
        after,
        entries: vec![vec![1]],
    };
    assert!(matches!(append_wait(&log, append), Err(LogError::Stopped)));
}

#[test]
fn examining_a_folder_without_a_log_leaves_it_empty() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let refused = SledLog::examine(&path).err().unwrap();
        assert!(matches!(refused, LogError::Missing { .. }), "{refused:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn with_sled(folder: &Path, change: impl FnOnce(&::sled::Db)) {
    let tree = ::sled::open(folder.join("log")).unwrap();
    change(&tree);
    tree.flush().unwrap();
}

fn streams() -> impl Iterator<Item = Stream> {
    (1..=STREAMS).map(|number| Stream::new([number; 16]))
}

#[track_caller]
fn assert_is_clear(what: &str, error: &LogError) {
    let clear = matches!(
        error,
        LogError::Damaged { .. } | LogError::Corrupt { .. } | LogError::LostTail { .. }
    );
    assert!(clear, "{what}: {error:?}");
}

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= 0x41;
    fs::write(path, bytes).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
