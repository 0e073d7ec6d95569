//! The benchmark: durable single-member PATCHes, the cost of large groups, memory and start-up time, lists, Bulk, and plans.
//!
//!     cargo build --release && cargo run --release -p rolecall-tests --bin bench [-- patches groups population lists bulk plans]
//!
//! Without arguments it runs all parts. Numbers of different machines do not compare, so everything that waits
//! for the disk is also shown as a ratio to a plain append and fdatasync of the same run, on the same file system.
#![expect(clippy::print_stdout, reason = "the output of a benchmark is its report")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot go on says why and stops")]

mod bulk;
mod driver;
mod groups;
mod lists;
mod measure;
mod patches;
mod plans;
mod population;
mod raw_log;

/// Connections that stay open and send one request after the other.
const CONNECTIONS: usize = 32;

// One thread for the whole driver: the server is what the cores are for.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let parts: Vec<String> = std::env::args().skip(1).collect();
    for part in &parts {
        assert!(
            ["patches", "groups", "population", "lists", "bulk", "plans"].contains(&part.as_str()),
            "there is no part `{part}`"
        );
    }
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|name| name == part);
    if wanted("patches") {
        patches::run().await;
    }
    if wanted("groups") {
        groups::run().await;
    }
    if wanted("population") {
        population::run().await;
    }
    if wanted("lists") {
        lists::run().await;
    }
    if wanted("bulk") {
        bulk::run().await;
    }
    if wanted("plans") {
        plans::run().await;
    }
}
