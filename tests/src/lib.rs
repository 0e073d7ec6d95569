//! Plays clients against the real `rolecall` binary over HTTP.
//!
//! This library starts and kills the server, speaks SCIM and the admin API as its users do, and plays recorded stories
//! of identity providers. What is claimed about the server stands in `tests/` (every run) and `extended/` (long ones).
//! Nothing here links the server's code: what these tests show holds for the binary that users get.
//!
//! A helper that cannot do its part panics with what it saw, because that is how a test fails; so callers read as
//! stories, without a `?` or an `unwrap` in every sentence.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails, and all of this runs inside tests"
)]

pub mod admin;
pub mod binary;
pub mod event_stream;
pub mod fixture;
pub mod http;
pub mod load;
pub mod player;
pub mod prometheus;
pub mod random;
pub mod rule;
pub mod scim;
pub mod server;
pub mod standing;
pub mod subset;
pub mod suite;
pub mod tenant;
pub mod wait;
