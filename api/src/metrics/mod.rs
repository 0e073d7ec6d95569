//! Every metric of the server, in one struct: the text beside each name is its help text.
//!
//! Counters of what was decided move in one function that reads an entry (`entries`); gauges of what there is are filled
//! at scrape time from the states (`gauges`). Labels come from closed sets, never from ids, and start at zero.

mod entries;
mod gauges;
mod kinds;
mod register;
mod roles;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry};
use rolecall_engine::plan::DriftReport;
use rolecall_engine::{BrakeScope, Effect, Fact, OrganizationId, Timestamp};
use rolecall_eventlog::Commit;

pub(crate) use self::gauges::Population;
use self::register::Register;
use self::roles::RoleLabels;

/// The metrics of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// One scrape at a time: the gauges are emptied and filled again for each.
    scrape: Mutex<()>,
    roles: RoleLabels,
    scim_requests: IntCounterVec,
    scim_request_duration: HistogramVec,
    scim_rate_limited: IntCounter,
    admin_requests: IntCounterVec,
    oauth_requests: IntCounterVec,
    log_append_duration: Histogram,
    log_sync_duration: Histogram,
    log_batch_entries: Histogram,
    log_size: IntGauge,
    log_full: IntGauge,
    log_entries: IntCounter,
    facts: IntCounterVec,
    consequences: IntCounterVec,
    role_changes: IntCounterVec,
    membership_changes: IntCounterVec,
    rule_evaluations: IntCounterVec,
    ignored_members: IntCounter,
    no_admin_left: IntCounter,
    brake_trips: IntCounterVec,
    brake_held_changes: IntGaugeVec,
    brake_oldest_hold: IntGaugeVec,
    admins_short: IntGauge,
    override_expiries: IntCounter,
    /// What the last snapshot of each organization came to, in the order of the kinds.
    drift: Mutex<BTreeMap<OrganizationId, [u64; kinds::DRIFT.len()]>>,
    drift_entries: IntGaugeVec,
    reconcile_last_success: IntGauge,
    organizations: IntGaugeVec,
    mappings: IntGaugeVec,
    conflicts_open: IntGaugeVec,
    overrides_active: IntGaugeVec,
    users: IntGaugeVec,
    groups: IntGauge,
    entities: IntGaugeVec,
    stream_clients: IntGauge,
    replay_duration: prometheus::Gauge,
    replay_entries: IntGauge,
}

impl Metrics {
    /// All metrics at zero.
    pub(crate) fn new() -> Self {
        let new = Register::default();
        new.gauges("build_info", "The version that runs; always 1.", &["version"])
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        let seconds = register::seconds();
        let metrics = Self {
            scrape: Mutex::default(),
            roles: RoleLabels::default(),
            scim_requests: new.counters(
                "scim_requests_total",
                "SCIM requests answered.",
                &["resource", "method", "code"],
            ),
            scim_request_duration: new.histograms(
                "scim_request_duration_seconds",
                "Time from the headers of a SCIM request to its answer.",
                &["resource", "method"],
                register::request_seconds(),
            ),
            scim_rate_limited: new.counter(
                "scim_rate_limited_total",
                "Requests refused because their organization sent more than it may.",
            ),
            admin_requests: new.counters(
                "admin_requests_total",
                "Admin API requests answered.",
                &["method", "code"],
            ),
            oauth_requests: new.counters(
                "oauth_requests_total",
                "Requests for access tokens answered.",
                &["code"],
            ),
            log_append_duration: new.histogram(
                "log_append_duration_seconds",
                "Time from queueing an append until it was durable.",
                seconds.clone(),
            ),
            log_sync_duration: new.histogram("log_sync_duration_seconds", "Time of one sync to disk.", seconds),
            log_batch_entries: new.histogram(
                "log_batch_entries",
                "Entries that shared one sync to disk.",
                register::powers_of_two(),
            ),
            log_size: new.gauge("log_size_bytes", "What the log occupies on disk."),
            log_full: new.gauge(
                "log_full",
                "1 while the disk is nearly full and appends are refused, else 0.",
            ),
            log_entries: new.counter("log_entries_total", "Entries appended since the start of the server."),
            facts: new.counters("facts_total", "Facts recorded, by kind.", &["kind"]),
            consequences: new.counters("consequences_total", "Consequences recorded, by kind.", &["kind"]),
            role_changes: new.counters(
                "role_changes_total",
                "Users whose role changed, by the role before, the role after (`none` for no role) and the cause.",
                &["from", "to", "cause"],
            ),
            membership_changes: new.counters(
                "membership_changes_total",
                "Users placed in an entity, or taken out of one.",
                &["op", "target_type"],
            ),
            rule_evaluations: new.counters(
                "rule_evaluations_total",
                "Groups that the rules were run for, by whether one matched.",
                &["outcome"],
            ),
            ignored_members: new.counter(
                "ignored_members_total",
                "Member ids left out because they name no user.",
            ),
            no_admin_left: new.counter(
                "no_admin_left_total",
                "Times that the last active user of the highest role lost it.",
            ),
            brake_trips: new.counters(
                "brake_trips_total",
                "Times that a scope lost too many users in a short time, and began to hold removals.",
                &["scope"],
            ),
            brake_held_changes: new.gauges(
                "brake_held_changes",
                "Removals that wait for a person: users of an entity, or of a role.",
                &["scope"],
            ),
            brake_oldest_hold: new.gauges(
                "brake_oldest_hold_timestamp_seconds",
                "When the oldest open hold was opened; 0 when none is open.",
                &["scope"],
            ),
            admins_short: new.gauge(
                "organizations_short_of_admins",
                "Organizations with fewer active users of the highest role than their `min_admins`.",
            ),
            override_expiries: new.counter(
                "override_expiries_total",
                "Exceptions that ended because their time was over.",
            ),
            drift: Mutex::default(),
            drift_entries: new.gauges(
                "drift_entries",
                "Differences that the last snapshot of each organization showed since the start of the server, by kind.",
                &["kind"],
            ),
            reconcile_last_success: new.gauge(
                "reconcile_last_success_timestamp_seconds",
                "When a snapshot was last compared, of any organization; 0: not since the start of the server.",
            ),
            organizations: new.gauges(
                "organizations",
                "Organizations in use, the registry among them, by whether they run or are being loaded.",
                &["state"],
            ),
            mappings: new.gauges("mappings", "Mappings, by status.", &["status"]),
            conflicts_open: new.gauges("conflicts_open", "Open conflicts, by slot.", &["slot"]),
            overrides_active: new.gauges("overrides_active", "Pins and exclusions in force, by kind.", &["kind"]),
            users: new.gauges(
                "users",
                "Users, by role (`none` while inactive) and activity.",
                &["role", "active"],
            ),
            groups: new.gauge("groups", "Groups."),
            entities: new.gauges("entities", "Entities, by type.", &["type"]),
            stream_clients: new.gauge("stream_clients", "Open event streams."),
            replay_duration: new
                .gauge_of_seconds("replay_duration_seconds", "Time that the last start-up replay took."),
            replay_entries: new.gauge("replay_entries", "Entries replayed at the last start."),
            registry: new.done(),
        };
        metrics.initialize();
        metrics
    }

    /// Counts an answered SCIM request.
    pub(crate) fn scim_request(&self, resource: &str, method: &Method, status: StatusCode, duration: Duration) {
        let method = kinds::method(method);
        self.scim_requests
            .with_label_values(&[resource, method, status.as_str()])
            .inc();
        self.scim_request_duration
            .with_label_values(&[resource, method])
            .observe(duration.as_secs_f64());
    }

    /// Notes what the comparison with a snapshot came to.
    pub(crate) fn reconciled(&self, organization: OrganizationId, report: &DriftReport, at: Timestamp) {
        let drift = [
            report.groups_missing,
            report.groups_surplus,
            report.members_missing,
            report.members_extra,
            report.users_unknown,
        ];
        let mut last = self.drift.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(organization, drift);
        let seconds = at.milliseconds() / 1_000;
        self.reconcile_last_success
            .set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }

    /// Counts a request that was refused because its organization sent more than it may.
    pub(crate) fn rate_limited(&self) {
        self.scim_rate_limited.inc();
    }

    /// Counts an answered request to the admin API.
    pub(crate) fn admin_request(&self, method: &Method, status: StatusCode) {
        self.admin_requests
            .with_label_values(&[kinds::method(method), status.as_str()])
            .inc();
    }

    /// Counts an answered request for an access token.
    pub(crate) fn oauth_request(&self, status: StatusCode) {
        self.oauth_requests.with_label_values(&[status.as_str()]).inc();
    }

    /// Counts one write of the log to disk.
    pub(crate) fn commit(&self, commit: &Commit) {
        for duration in &commit.append_durations {
            self.log_append_duration.observe(duration.as_secs_f64());
        }
        self.log_sync_duration.observe(commit.sync_duration.as_secs_f64());
        self.log_batch_entries
            .observe(f64::from(u32::try_from(commit.entries).unwrap_or(u32::MAX)));
    }

    /// Says what the replay at the start took.
    pub(crate) fn replayed(&self, entries: u64, duration: Duration) {
        self.replay_entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.replay_duration.set(duration.as_secs_f64());
    }

    /// Counts an event stream for as long as the guard lives.
    pub(crate) fn stream_client(&self) -> StreamClient {
        self.stream_clients.inc();
        StreamClient(self.stream_clients.clone())
    }

    /// How many event streams are open.
    pub(crate) fn open_streams(&self) -> i64 {
        self.stream_clients.get()
    }

    /// A series exists before its first event: a rate over one that has just appeared would miss that event.
    fn initialize(&self) {
        for code in ["200", "401"] {
            self.oauth_requests.with_label_values(&[code]);
        }
        for resource in ["users", "groups"] {
            for method in kinds::METHODS {
                self.scim_request_duration.with_label_values(&[resource, method]);
            }
        }
        Fact::KINDS
            .iter()
            .for_each(|kind| drop(self.facts.with_label_values(&[kind])));
        Effect::KINDS
            .iter()
            .for_each(|kind| drop(self.consequences.with_label_values(&[kind])));
        for scope in BrakeScope::KINDS {
            self.brake_trips.with_label_values(&[scope]);
        }
        for outcome in ["matched", "unmatched"] {
            self.rule_evaluations.with_label_values(&[outcome]);
        }
        for (op, target_type) in kinds::membership_changes() {
            self.membership_changes.with_label_values(&[op, target_type]);
        }
        for (from, to, cause) in kinds::role_changes() {
            self.role_changes.with_label_values(&[from, to, cause]);
        }
    }
}

/// An open event stream.
#[derive(Debug)]
pub(crate) struct StreamClient(IntGauge);

impl Drop for StreamClient {
    fn drop(&mut self) {
        self.0.dec();
    }
}
