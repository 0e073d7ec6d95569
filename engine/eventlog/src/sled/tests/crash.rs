//! A killed process loses nothing that it answered for, and keeps no half append.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::open;
use crate::sled::{Options, SledLog};
use crate::{Append, EventLog, Position, Stream, append_wait, verify};

const FOLDER_VARIABLE: &str = "ROLECALL_EVENTLOG_CRASH_FOLDER";
const ROUNDS: u64 = 8;
const WRITERS: u8 = 4;
/// Each append brings this many entries, one of them over several blocks.
const ENTRIES: u64 = 3;

/// Not a test of its own: the process that `a_killed_process_loses_nothing` starts and kills. Without the variable it has nothing to do.
#[test]
fn appends_until_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one way to tell a child of the test binary what to do"
    )]
    let folder = std::env::var(FOLDER_VARIABLE);
    if let Ok(folder) = folder {
        append_for_ever(Path::new(&folder));
    }
}

fn append_for_ever(folder: &Path) {
    let options = Options {
        upkeep_every: Duration::from_millis(5),
        ..Options::new(folder)
    };
    let log = SledLog::open(options).unwrap();
    std::thread::scope(|scope| {
        for stream in streams() {
            let log = &log;
            scope.spawn(move || {
                let mut after = log.head(stream).unwrap().position;
                loop {
                    let size = usize::try_from(after.get() % 40).unwrap() * 1_000;
                    let append = Append {
                        stream,
                        after,
                        entries: vec![vec![1; 50], vec![2; size], vec![3; 50]],
                    };
                    after = append_wait(log, append).unwrap();
                    let acknowledged = format!("acknowledged {} {after}\n", stream.bytes()[0]);
                    std::io::stderr().lock().write_all(acknowledged.as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn a_killed_process_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = [Position::START; WRITERS as usize + 1];
    for round in 0..ROUNDS {
        run_and_kill(folder.path(), 40 + round * 37, &mut acknowledged);
        let log = open(folder.path());
        for stream in streams() {
            let head = log.head(stream).unwrap().position;
            let promised = acknowledged[usize::from(stream.bytes()[0])];
            assert!(
                head >= promised,
                "round {round}: {stream} ends at {head}, {promised} was acknowledged"
            );
            assert_eq!(head.get() % ENTRIES, 0, "round {round}: half an append in {stream}");
            verify(&log, stream, |_| ()).unwrap();
        }
    }
    assert!(
        acknowledged[1..]
            .iter()
            .all(|position| *position > Position::new(ENTRIES)),
        "{acknowledged:?}"
    );
}

/// Starts a child that appends, kills it after so many acknowledgements, and notes all that it gave.
fn run_and_kill(folder: &Path, acknowledgements: u64, acknowledged: &mut [Position]) {
    let test = "sled::tests::crash::appends_until_killed";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER_VARIABLE, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut count = 0;
    let mut said: Vec<String> = Vec::new();
    for line in lines {
        let Some(rest) = line.strip_prefix("acknowledged ") else {
            said.push(line);
            continue;
        };
        let Some((stream, position)) = rest.split_once(' ') else {
            continue;
        };
        acknowledged[stream.parse::<usize>().unwrap()] = Position::new(position.parse().unwrap());
        count += 1;
        if count == acknowledgements {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(
        count >= acknowledgements,
        "the child ended by itself after {count} acknowledgements: {said:?}"
    );
}

fn streams() -> impl Iterator<Item = Stream> {
    (1..=WRITERS).map(|number| Stream::new([number; 16]))
}
