//! What a series of requests took.

use std::time::Duration;

/// The latencies of requests that were answered within some time.
#[derive(Debug)]
pub(crate) struct Measured {
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl Measured {
    /// Everything that was measured while `elapsed` went by.
    pub(crate) fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Measured {
        assert!(!latencies.is_empty(), "nothing was answered within {elapsed:?}");
        latencies.sort_unstable();
        Measured { latencies, elapsed }
    }

    /// How many were answered.
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this many of a thousand do not exceed.
    pub(crate) fn per_mille(&self, share: usize) -> Duration {
        let place = (self.latencies.len() * share / 1000).min(self.latencies.len() - 1);
        self.latencies.get(place).copied().unwrap_or_default()
    }

    /// One line of the report.
    pub(crate) fn line(&self) -> String {
        let (p50, p99, p999) = (self.per_mille(500), self.per_mille(990), self.per_mille(999));
        format!(
            "{:>9.0}/s   p50 {p50:>9.2?}   p99 {p99:>9.2?}   p99.9 {p999:>9.2?}",
            self.rate()
        )
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
