//! The floor: bytes appended to a plain file and synced, alone and with a group commit, on the same file system.

use std::fs::File;
use std::io::Write;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::measure::Measured;

/// One appender: write, fdatasync, again.
pub(crate) fn single(entry: &[u8], time: Duration) -> Measured {
    let mut file = tempfile::tempfile().expect("failed to create a file");
    let start = Instant::now();
    let mut latencies = Vec::new();
    while start.elapsed() < time {
        let sent = Instant::now();
        append(&mut file, entry);
        latencies.push(sent.elapsed());
    }
    Measured::new(latencies, time)
}

/// Many appenders and one committer that takes all who wait, writes once, syncs once and answers all.
pub(crate) async fn grouped(entry: &[u8], appenders: usize, time: Duration) -> Measured {
    let (sender, receiver) = mpsc::channel::<oneshot::Sender<()>>();
    let bytes = entry.to_vec();
    let committer = std::thread::spawn(move || commit(&receiver, &bytes));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..appenders {
        let sender = sender.clone();
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while start.elapsed() < time {
                let sent = Instant::now();
                let (done, durable) = oneshot::channel();
                sender.send(done).expect("the committer runs while there are appenders");
                durable.await.expect("the committer answers everybody");
                latencies.push(sent.elapsed());
            }
            latencies
        });
    }
    let latencies = tasks.join_all().await.concat();
    drop(sender);
    committer.join().expect("the committer ends well");
    Measured::new(latencies, time)
}

fn commit(receiver: &mpsc::Receiver<oneshot::Sender<()>>, entry: &[u8]) {
    let mut file = tempfile::tempfile().expect("failed to create a file");
    while let Ok(first) = receiver.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(receiver.try_iter()).collect();
        append(&mut file, &entry.repeat(waiting.len()));
        for done in waiting {
            // An appender that stopped waiting does not need the answer.
            let _ = done.send(());
        }
    }
}

fn append(file: &mut File, bytes: &[u8]) {
    file.write_all(bytes).expect("failed to append");
    file.sync_data().expect("failed to sync");
}
