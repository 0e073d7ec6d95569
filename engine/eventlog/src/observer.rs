//! What a log tells about each commit while it works, for histograms kept elsewhere.

use std::sync::Arc;
use std::time::Duration;

/// One durable write of all appends that were waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// How long each of its accepted appends took, from being queued until durable.
    pub append_durations: Vec<Duration>,
    /// Entries written, over all appends.
    pub entries: usize,
    /// Bytes of those entries.
    pub bytes: usize,
    /// How long the sync to disk took.
    pub sync_duration: Duration,
}

/// Called after each commit, on the committer's thread: it must be quick, and neither block nor panic.
pub type Observer = Arc<dyn Fn(&Commit) + Send + Sync>;
