//! What every log must do, whatever it is kept in: one suite, run on each of them.
//!
//! It panics on the first thing that is not so, and is meant to be called from tests.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a suite for tests: a panic is how it reports"
)]

use std::sync::{Arc, mpsc};
use std::thread;

use crate::limits::{ENTRY_BYTES_MAX, READ_BYTES_MAX};
use crate::{Append, EventLog, Head, LogError, Position, Record, Stream, append_wait, verify};

const STREAM: Stream = Stream::new(*b"organization one");
const OTHER: Stream = Stream::new(*b"organization two");

/// Runs every case on a log of its own that `open` gives, which has to be empty.
pub fn check(open: &dyn Fn() -> Arc<dyn EventLog>) {
    an_empty_stream_has_nothing(&*open());
    entries_come_back_in_order(&*open());
    an_append_that_expects_another_end_is_refused(&*open());
    an_append_of_nothing_only_checks_its_condition(&*open());
    pages_of_every_size_give_the_same_entries(&*open());
    large_entries_come_back_among_small_ones(&*open());
    a_page_ends_early_when_entries_are_large(&*open());
    what_is_beyond_a_limit_is_refused(&*open());
    streams_are_apart_and_listed(&*open());
    hashes_form_one_chain(&*open());
    appends_need_not_wait_for_one_another(&*open());
    streams_append_at_the_same_time(&open());
    of_two_appends_after_the_same_position_one_wins(&open());
    an_unchanged_stream_verifies(&*open());
}

/// Writes, closes and opens again, twice. `open` gives the same, at first empty, log each time.
pub fn check_reopening(open: &dyn Fn() -> Arc<dyn EventLog>) {
    let sizes = [10, 0, 9_000, 6_954, 6_955, 6_951, 50_000, 1];
    let mut written: Vec<Record> = Vec::new();
    for round in 0..3 {
        let log = open();
        let end = position(sizes.len() * round);
        assert_eq!(log.head(STREAM).unwrap().position, end, "opened for the {round}. time");
        assert_eq!(all(&*log, STREAM), written, "opened for the {round}. time");
        let streams = if round == 0 { vec![] } else { vec![STREAM] };
        assert_eq!(log.streams().unwrap(), streams, "opened for the {round}. time");
        for (index, size) in sizes.into_iter().enumerate() {
            let after = Position::new(end.get() + position(index).get());
            append_wait(&*log, append(STREAM, after, &[entry(index + round, size)])).unwrap();
        }
        written = all(&*log, STREAM);
        assert_eq!(written.len(), sizes.len() * (round + 1));
    }
}

fn an_empty_stream_has_nothing(log: &dyn EventLog) {
    assert_eq!(log.head(STREAM).unwrap(), Head::START);
    assert_eq!(log.read(STREAM, Position::START, 10).unwrap(), []);
    assert_eq!(log.streams().unwrap(), []);
    assert_eq!(verify(log, STREAM, |_| ()).unwrap().head, Head::START);
}

fn entries_come_back_in_order(log: &dyn EventLog) {
    assert_eq!(
        append_wait(log, append(STREAM, Position::START, &[b"a".to_vec()])).unwrap(),
        Position::new(1)
    );
    let more = [b"b".to_vec(), Vec::new(), b"d".to_vec()];
    assert_eq!(
        append_wait(log, append(STREAM, Position::new(1), &more)).unwrap(),
        Position::new(4)
    );
    let read: Vec<_> = all(log, STREAM)
        .into_iter()
        .map(|record| (record.position.get(), record.bytes))
        .collect();
    assert_eq!(
        read,
        [
            (1, b"a".to_vec()),
            (2, b"b".to_vec()),
            (3, Vec::new()),
            (4, b"d".to_vec())
        ]
    );
    assert_eq!(log.read(STREAM, Position::new(4), 10).unwrap(), [], "after the end");
    assert_eq!(
        log.read(STREAM, Position::new(9), 10).unwrap(),
        [],
        "far beyond the end"
    );
    assert_eq!(log.read(STREAM, Position::START, 0).unwrap(), [], "none asked for");
}

fn an_append_that_expects_another_end_is_refused(log: &dyn EventLog) {
    fill(log, STREAM, 3);
    for expected in [0, 2, 4, u64::MAX].map(Position::new) {
        let refused = append_wait(log, append(STREAM, expected, &[b"x".to_vec()]));
        let told = matches!(refused, Err(LogError::Conflict { expected: told, actual }) if told == expected && actual == position(3));
        assert!(told, "{refused:?}");
    }
    assert_eq!(all(log, STREAM).len(), 3, "a refused append kept something");
}

fn an_append_of_nothing_only_checks_its_condition(log: &dyn EventLog) {
    assert_eq!(
        append_wait(log, append(STREAM, Position::START, &[])).unwrap(),
        Position::START
    );
    assert_eq!(log.streams().unwrap(), []);
    let refused = append_wait(log, append(STREAM, Position::new(1), &[]));
    assert!(matches!(refused, Err(LogError::Conflict { .. })), "{refused:?}");
}

fn pages_of_every_size_give_the_same_entries(log: &dyn EventLog) {
    let sizes = [5, 3_000, 3_000, 3_000, 20_000, 0, 1, 6_954, 12];
    let entries: Vec<_> = sizes
        .into_iter()
        .enumerate()
        .map(|(index, size)| entry(index, size))
        .collect();
    append_wait(log, append(STREAM, Position::START, &entries[..5])).unwrap();
    append_wait(log, append(STREAM, Position::new(5), &entries[5..])).unwrap();
    for size in 1..=entries.len() {
        let mut read = Vec::new();
        while read.len() < entries.len() {
            let page = log.read(STREAM, position(read.len()), size).unwrap();
            assert!((1..=size).contains(&page.len()), "a page of {} for {size}", page.len());
            read.extend(page.into_iter().map(|record| record.bytes));
        }
        assert_eq!(read, entries, "in pages of {size}");
    }
}

fn large_entries_come_back_among_small_ones(log: &dyn EventLog) {
    for (index, size) in [10, ENTRY_BYTES_MAX, 10, 100_000, 0].into_iter().enumerate() {
        append_wait(log, append(STREAM, position(index), &[entry(index, size)])).unwrap();
        let record = log.read(STREAM, position(index), 1).unwrap().remove(0);
        assert!(
            record.bytes == entry(index, size),
            "an entry of {size} bytes came back as another one"
        );
    }
}

fn a_page_ends_early_when_entries_are_large(log: &dyn EventLog) {
    let half = READ_BYTES_MAX / 2;
    for index in 0..4 {
        append_wait(log, append(STREAM, position(index), &[entry(index, half)])).unwrap();
    }
    assert_eq!(log.read(STREAM, Position::START, 4).unwrap().len(), 2);
    assert_eq!(log.read(STREAM, Position::new(2), 4).unwrap().len(), 2);
}

fn what_is_beyond_a_limit_is_refused(log: &dyn EventLog) {
    let refused = append_wait(log, append(STREAM, Position::START, &[vec![0; ENTRY_BYTES_MAX + 1]]));
    assert!(
        matches!(
            refused,
            Err(LogError::TooLarge {
                limit: ENTRY_BYTES_MAX,
                ..
            })
        ),
        "{refused:?}"
    );
    let refused = append_wait(
        log,
        append(
            STREAM,
            Position::START,
            &[vec![0; ENTRY_BYTES_MAX], vec![0; ENTRY_BYTES_MAX], vec![0]],
        ),
    );
    assert!(matches!(refused, Err(LogError::TooLarge { .. })), "{refused:?}");
    let refused = append_wait(log, append(STREAM, Position::START, &vec![Vec::new(); 100_001]));
    assert!(
        matches!(refused, Err(LogError::TooLarge { size: 100_001, .. })),
        "{refused:?}"
    );
    assert_eq!(log.head(STREAM).unwrap(), Head::START);
}

fn streams_are_apart_and_listed(log: &dyn EventLog) {
    let edges = [Stream::new([0xFF; 16]), OTHER, STREAM, Stream::new([0; 16])];
    for (index, stream) in edges.into_iter().enumerate() {
        fill(log, stream, index + 1);
    }
    let mut sorted = edges;
    sorted.sort();
    assert_eq!(log.streams().unwrap(), sorted);
    assert_eq!(log.status().streams, 4);
    for (index, stream) in edges.into_iter().enumerate() {
        assert_eq!(all(log, stream).len(), index + 1);
        assert_eq!(log.head(stream).unwrap().position, position(index + 1));
    }
}

fn hashes_form_one_chain(log: &dyn EventLog) {
    fill(log, STREAM, 5);
    let mut head = Head::START;
    for record in all(log, STREAM) {
        head = head.link(STREAM, &record.bytes);
        assert_eq!(
            Head {
                position: record.position,
                hash: record.hash
            },
            head
        );
    }
    assert_eq!(log.head(STREAM).unwrap(), head);
}

fn appends_need_not_wait_for_one_another(log: &dyn EventLog) {
    const APPENDS: usize = 500;
    let (sender, receiver) = mpsc::channel();
    for index in 0..APPENDS {
        let sender = sender.clone();
        let one = append(STREAM, position(index), &[entry(index, index % 50)]);
        log.append(one, Box::new(move |outcome| sender.send(outcome).unwrap()));
    }
    for index in 0..APPENDS {
        assert_eq!(receiver.recv().unwrap().unwrap(), position(index + 1));
    }
    assert_eq!(all(log, STREAM).len(), APPENDS);
}

fn streams_append_at_the_same_time(log: &Arc<dyn EventLog>) {
    const APPENDS: usize = 50;
    let streams: Vec<_> = (1..=8).map(|number| Stream::new([number; 16])).collect();
    let writers: Vec<_> = streams
        .iter()
        .map(|&stream| {
            let log = Arc::clone(log);
            thread::spawn(move || {
                for index in 0..APPENDS {
                    append_wait(&*log, append(stream, position(index), &[entry(index, 100)])).unwrap();
                    // What is answered is there for every reader, at once.
                    assert_eq!(log.head(stream).unwrap().position, position(index + 1));
                    assert_eq!(log.read(stream, position(index), 10).unwrap().len(), 1);
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    for stream in streams {
        let bytes: Vec<_> = all(&**log, stream).into_iter().map(|record| record.bytes).collect();
        assert_eq!(bytes, (0..APPENDS).map(|index| entry(index, 100)).collect::<Vec<_>>());
    }
}

fn of_two_appends_after_the_same_position_one_wins(log: &Arc<dyn EventLog>) {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 25;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let log = Arc::clone(log);
            thread::spawn(move || {
                let won =
                    |round: &usize| append_wait(&*log, append(STREAM, position(*round), &[entry(writer, 8)])).is_ok();
                (0..ROUNDS).filter(won).count()
            })
        })
        .collect();
    let won: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    assert_eq!(all(&**log, STREAM).len(), won, "as many entries as appends that won");
    assert!(won <= ROUNDS && won > 0, "{won} appends won");
}

fn an_unchanged_stream_verifies(log: &dyn EventLog) {
    fill(log, STREAM, 2_500);
    let mut seen = Vec::new();
    let verified = verify(log, STREAM, |position| seen.push(position.get())).unwrap();
    assert_eq!(verified.head, log.head(STREAM).unwrap());
    assert_eq!(verified.bytes, 2_500 * 20);
    assert_eq!(seen, [1_000, 2_000, 2_500]);
}

/// An entry whose bytes depend on its number, so that one taken for another is found.
fn entry(number: usize, size: usize) -> Vec<u8> {
    let number = u8::try_from(number % 251).unwrap();
    (0..=250)
        .cycle()
        .map(|byte: u8| byte.wrapping_mul(31) ^ number)
        .take(size)
        .collect()
}

fn append(stream: Stream, after: Position, entries: &[Vec<u8>]) -> Append {
    Append {
        stream,
        after,
        entries: entries.to_vec(),
    }
}

fn position(entries: usize) -> Position {
    Position::new(entries.try_into().unwrap())
}

fn fill(log: &dyn EventLog, stream: Stream, entries: usize) {
    let entries: Vec<_> = (0..entries).map(|number| entry(number, 20)).collect();
    append_wait(log, append(stream, Position::START, &entries)).unwrap();
}

fn all(log: &dyn EventLog, stream: Stream) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let page = log.read(stream, position(records.len()), 1_000).unwrap();
        if page.is_empty() {
            return records;
        }
        records.extend(page);
    }
}
