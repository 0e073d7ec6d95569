//! The numbers of a log that an operator watches.

/// What a log has and is doing, for metrics. Counters start at 0 when the log is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// Streams with entries.
    pub streams: u64,
    /// What the log occupies on disk; 0 for a log in memory.
    pub log_bytes: u64,
    /// The size of the disk that holds it; 0 for a log in memory.
    pub disk_bytes: u64,
    /// What is left of that disk.
    pub disk_available_bytes: u64,
    /// Appends that wait for the committer.
    pub waiting_appends: u64,
    /// Syncs to disk.
    pub syncs: u64,
    /// Whether appends are refused because the disk is nearly full.
    pub full: bool,
    /// Whether the log takes no more appends because a write failed.
    pub stopped: bool,
}
