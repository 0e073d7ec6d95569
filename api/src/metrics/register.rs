//! Creating metrics and making them known to one registry, under one prefix.

use prometheus::core::Collector;
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// What metrics are registered with.
#[derive(Default)]
pub(super) struct Register(Registry);

impl Register {
    pub(super) fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.known(IntCounter::with_opts(opts(name, help)))
    }

    pub(super) fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.known(IntCounterVec::new(opts(name, help), labels))
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.known(IntGauge::with_opts(opts(name, help)))
    }

    pub(super) fn gauge_of_seconds(&self, name: &str, help: &str) -> Gauge {
        self.known(Gauge::with_opts(opts(name, help)))
    }

    pub(super) fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.known(IntGaugeVec::new(opts(name, help), labels))
    }

    pub(super) fn histogram(&self, name: &str, help: &str, buckets: Vec<f64>) -> Histogram {
        self.known(Histogram::with_opts(
            HistogramOpts::from(opts(name, help)).buckets(buckets),
        ))
    }

    pub(super) fn histograms(&self, name: &str, help: &str, labels: &[&str], buckets: Vec<f64>) -> HistogramVec {
        self.known(HistogramVec::new(
            HistogramOpts::from(opts(name, help)).buckets(buckets),
            labels,
        ))
    }

    /// The registry with all of them.
    pub(super) fn done(self) -> Registry {
        self.0
    }

    #[expect(
        clippy::expect_used,
        reason = "names and labels are fixed in the code, and a test creates them all"
    )]
    fn known<C: Collector + Clone + 'static>(&self, created: prometheus::Result<C>) -> C {
        let metric = created.expect("a metric of ours is well formed");
        self.0
            .register(Box::new(metric.clone()))
            .expect("a metric of ours is registered once");
        metric
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("rolecall")
}

/// 0.5 ms to 8 s.
pub(super) fn request_seconds() -> Vec<f64> {
    doubling(0.0005, 15)
}

/// 0.1 ms to 3.3 s.
pub(super) fn seconds() -> Vec<f64> {
    doubling(0.0001, 16)
}

/// 1 to 4,096.
pub(super) fn powers_of_two() -> Vec<f64> {
    doubling(1.0, 13)
}

fn doubling(first: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(first), |bound| Some(bound * 2.0))
        .take(count)
        .collect()
}
