//! Rolecall: SCIM 2.0 groups in; teams, organizations and roles out; every change on the record.
//!
//! This crate is what touches the world: HTTP, the clock, randomness, the log on disk. What is decided, it leaves to
//! `rolecall-engine`; what is kept, to `rolecall-eventlog`. `serve` puts the parts together, and `main.rs` calls it.

mod admin;
mod app;
mod auth;
mod backtest;
mod body;
pub mod cli;
pub mod config;
mod created;
mod descriptors;
mod entry_format;
mod entry_view;
mod error;
mod exit_code;
mod guard;
mod keys;
mod limits;
mod listener;
mod metrics;
mod oauth;
mod ops;
mod organization;
mod problem;
mod random;
mod rate;
mod replay;
pub mod scim;
mod scim_events;
mod scim_refusal;
mod serve;
mod stream;
#[cfg(test)]
mod stream_tests;
mod supervisor;
#[cfg(test)]
mod test_server;
mod time;
