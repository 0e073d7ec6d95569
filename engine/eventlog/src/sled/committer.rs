//! The one thread that writes: it takes all waiting appends of all streams, writes them as one batch, syncs once, and answers all.

use std::sync::PoisonError;
use std::time::Instant;

use super::batch::Batch;
use super::queue::Waiting;
use super::shared::{Ready, Shared};
use crate::{Commit, LogError, Observer};

/// Commits until the queue is closed and empty, or a write fails.
pub(super) fn run(shared: &Shared, observer: Option<&Observer>) {
    while let Some(waiting) = shared.queue.take() {
        match commit(shared, waiting) {
            Ok(Some(commit)) => observer.into_iter().for_each(|observer| observer(&commit)),
            Ok(None) => {}
            Err(error) => return shared.stop(&error),
        }
    }
}

/// Writes one commit and answers its appends. `None` if there was nothing to write.
///
/// After an error nobody is answered yet; the log has to stop.
fn commit(shared: &Shared, waiting: Vec<Waiting>) -> Result<Option<Commit>, LogError> {
    let mut batch = Batch::default();
    let ready = judge(shared, waiting, &mut batch);
    let packed = batch.pack();
    // Kept where the watch over failed syncs finds them: sled can lose a failure and wait for ever.
    shared.set_in_flight(ready);
    if packed.blocks.is_empty() {
        answer(shared);
        return Ok(None);
    }
    let started = Instant::now();
    shared.store.write(packed.blocks)?;
    let sync_duration = started.elapsed();
    shared.publish(packed.heads);
    let append_durations = answer(shared);
    Ok(Some(Commit {
        append_durations,
        entries: packed.entries,
        bytes: packed.bytes,
        sync_duration,
    }))
}

fn judge(shared: &Shared, waiting: Vec<Waiting>, batch: &mut Batch) -> Vec<Ready> {
    let heads = shared.heads.read().unwrap_or_else(PoisonError::into_inner);
    let judged = waiting
        .into_iter()
        .map(|Waiting { append, reply }| (reply, batch.add(&heads, append)));
    judged.collect()
}

fn answer(shared: &Shared) -> Vec<std::time::Duration> {
    let mut durations = Vec::new();
    for (reply, outcome) in shared.take_in_flight() {
        if outcome.is_ok() {
            durations.push(reply.since.elapsed());
        }
        reply.send(outcome);
    }
    durations
}
