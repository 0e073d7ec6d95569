//! What there is, filled in at scrape time, and the exposition text.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use prometheus::{Encoder, TextEncoder};
use rolecall_engine::state::State;
use rolecall_engine::{BrakeScope, ExceptionKind, MappingStatus, Slot, Timestamp};
use rolecall_eventlog::Status;
use rolecall_rules::{EntityType, RoleName};

use super::{Metrics, kinds};

/// How many of everything there are, over all organizations that run.
#[derive(Debug, Default)]
pub(crate) struct Population {
    running: u64,
    loading: u64,
    active_users: BTreeMap<RoleName, u64>,
    inactive_users: u64,
    groups: u64,
    entities: BTreeMap<EntityType, u64>,
    mappings: BTreeMap<&'static str, u64>,
    conflicts: BTreeMap<Slot, u64>,
    held: BTreeMap<&'static str, u64>,
    oldest_holds: BTreeMap<&'static str, Timestamp>,
    short_of_admins: u64,
    exceptions: BTreeMap<ExceptionKind, u64>,
}

impl Population {
    /// Adds an organization that runs, and what it has.
    pub(crate) fn add(&mut self, state: &State) {
        let counts = state.counts();
        self.running += 1;
        for (role, count) in &counts.active_users {
            *self.active_users.entry(role.clone()).or_default() += count;
        }
        for (entity_type, count) in &counts.entities {
            *self.entities.entry(*entity_type).or_default() += count;
        }
        for (status, count) in &counts.mappings {
            *self.mappings.entry(status.as_str()).or_default() += count;
        }
        for (slot, count) in &counts.conflicts {
            *self.conflicts.entry(*slot).or_default() += count;
        }
        for (scope, count) in &counts.held {
            *self.held.entry(scope).or_default() += count;
        }
        for hold in state.holds() {
            let oldest = self.oldest_holds.entry(hold.scope.kind()).or_insert(hold.opened.at);
            *oldest = hold.opened.at.min(*oldest);
        }
        let admins = state
            .settings()
            .highest_role()
            .and_then(|role| counts.active_users.get(role));
        let floor = u64::from(state.safeguards().min_admins);
        self.short_of_admins += u64::from(floor > 0 && admins.copied().unwrap_or(0) < floor);
        for (kind, count) in &counts.exceptions {
            *self.exceptions.entry(*kind).or_default() += count;
        }
        self.inactive_users += counts.inactive_users;
        self.groups += counts.groups;
    }

    /// Adds an organization that is being loaded.
    pub(crate) fn add_loading(&mut self) {
        self.loading += 1;
    }
}

impl Metrics {
    /// All metrics in the text format of Prometheus.
    pub(crate) fn text(&self, population: &Population, log: &Status) -> String {
        let _scrape = self.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        self.fill(population);
        self.log_size.set(gauge(log.log_bytes));
        self.log_full.set(i64::from(log.full));
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(error = &error as &dyn std::error::Error, "failed to encode the metrics");
        }
        String::from_utf8(text).unwrap_or_default()
    }

    fn fill(&self, population: &Population) {
        for (state, count) in [("running", population.running), ("loading", population.loading)] {
            self.organizations.with_label_values(&[state]).set(gauge(count));
        }
        self.users.reset();
        for role in kinds::DEFAULT_ROLES {
            self.users.with_label_values(&[role, "true"]);
        }
        for (role, count) in &population.active_users {
            self.users
                .with_label_values(&[self.roles.label(Some(role)), "true"])
                .add(gauge(*count));
        }
        self.users
            .with_label_values(&[kinds::NO_ROLE, "false"])
            .set(gauge(population.inactive_users));
        self.groups.set(gauge(population.groups));
        for entity_type in EntityType::ALL {
            let count = population.entities.get(&entity_type).copied().unwrap_or(0);
            self.entities
                .with_label_values(&[entity_type.as_str()])
                .set(gauge(count));
        }
        for status in MappingStatus::WORDS {
            let count = population.mappings.get(status).copied().unwrap_or(0);
            self.mappings.with_label_values(&[status]).set(gauge(count));
        }
        for scope in BrakeScope::KINDS {
            let count = population.held.get(scope).copied().unwrap_or(0);
            self.brake_held_changes.with_label_values(&[scope]).set(gauge(count));
            let oldest = population.oldest_holds.get(scope).copied().unwrap_or_default();
            let seconds = gauge(oldest.milliseconds() / 1_000);
            self.brake_oldest_hold.with_label_values(&[scope]).set(seconds);
        }
        let drift = self.drift.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, kind) in kinds::DRIFT.into_iter().enumerate() {
            let counts = drift.values().filter_map(|counts| counts.get(place));
            let count = counts.sum();
            self.drift_entries.with_label_values(&[kind]).set(gauge(count));
        }
        self.admins_short.set(gauge(population.short_of_admins));
        for slot in Slot::ALL {
            let count = population.conflicts.get(&slot).copied().unwrap_or(0);
            self.conflicts_open
                .with_label_values(&[slot.conflict_kind()])
                .set(gauge(count));
        }
        for kind in ExceptionKind::ALL {
            let count = population.exceptions.get(&kind).copied().unwrap_or(0);
            self.overrides_active
                .with_label_values(&[kind.as_str()])
                .set(gauge(count));
        }
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_there_before_anything_has_happened() {
        let text = Metrics::new().text(&Population::default(), &Status::default());
        for series in [
            "rolecall_build_info{version=\"",
            "rolecall_users{active=\"true\",role=\"admin\"} 0",
            "rolecall_mappings{status=\"pending\"} 0",
            "rolecall_conflicts_open{slot=\"exclusive_group\"} 0",
            "rolecall_entities{type=\"team\"} 0",
            "rolecall_groups 0",
            "rolecall_facts_total{kind=\"members_added\"} 0",
            "rolecall_consequences_total{kind=\"role_changed\"} 0",
            "rolecall_role_changes_total{cause=\"default_fallback\",from=\"admin\",to=\"user\"} 0",
            "rolecall_membership_changes_total{op=\"placed\",target_type=\"team\"} 0",
            "rolecall_rule_evaluations_total{outcome=\"unmatched\"} 0",
            "rolecall_log_sync_duration_seconds_count 0",
            "rolecall_log_append_duration_seconds_count 0",
            "rolecall_log_batch_entries_count 0",
            "rolecall_log_size_bytes 0",
            "rolecall_log_full 0",
            "rolecall_organizations{state=\"running\"} 0",
            "rolecall_organizations{state=\"loading\"} 0",
            "rolecall_log_entries_total 0",
            "rolecall_scim_request_duration_seconds_count{method=\"PATCH\",resource=\"groups\"} 0",
            "rolecall_no_admin_left_total 0",
            "rolecall_brake_trips_total{scope=\"organization\"} 0",
            "rolecall_brake_held_changes{scope=\"min_admins\"} 0",
            "rolecall_brake_oldest_hold_timestamp_seconds{scope=\"highest_role\"} 0",
            "rolecall_organizations_short_of_admins 0",
            "rolecall_overrides_active{kind=\"pin\"} 0",
            "rolecall_overrides_active{kind=\"exclusion\"} 0",
            "rolecall_override_expiries_total 0",
            "rolecall_drift_entries{kind=\"members_extra\"} 0",
            "rolecall_reconcile_last_success_timestamp_seconds 0",
            "rolecall_ignored_members_total 0",
            "rolecall_stream_clients 0",
            "rolecall_replay_entries 0",
            "rolecall_replay_duration_seconds 0",
        ] {
            assert!(text.contains(series), "{series} is missing from\n{text}");
        }
    }
}
