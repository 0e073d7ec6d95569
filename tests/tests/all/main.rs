//! The end-to-end tests of every run; each module is one promise of the server.
//!
//! They need the server that `cargo build` makes and the tools that `tests/run` fetches.

#[cfg(test)]
mod backtests;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod brakes;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod cursors;
#[cfg(test)]
mod demo_and_cli;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod graceful;
#[cfg(test)]
mod live_events;
#[cfg(test)]
mod lost_plans;
#[cfg(test)]
mod no_change_no_entry;
#[cfg(test)]
mod oauth_client;
#[cfg(test)]
mod open_files;
#[cfg(test)]
mod overrides;
#[cfg(test)]
mod pingone_auto_approve;
#[cfg(test)]
mod plan_command;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod provider_guides;
#[cfg(test)]
mod rate_limit;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod recorded_providers;
#[cfg(test)]
mod role_history;
#[cfg(test)]
mod rule_sets;
#[cfg(test)]
mod stopped_plans;
#[cfg(test)]
mod suites;
#[cfg(test)]
mod tenant_isolation;
#[cfg(test)]
mod users_only;
#[cfg(test)]
mod wire;
