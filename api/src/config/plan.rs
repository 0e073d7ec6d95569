//! What `rolecall plan` is asked.

use std::path::PathBuf;

use clap::Args;

use super::ClientOptions;

/// How to plan.
#[derive(Args, Clone, Debug)]
pub struct PlanOptions {
    /// What is to change: a rule set in TOML, or the body of a plan in JSON; `-` reads JSON from standard input
    ///
    /// Without a file the groups that there are would be brought up to date with the rules as they are.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Apply the plan, after it has been shown
    #[arg(long)]
    pub apply: bool,

    /// How many changes to show one by one
    #[arg(long, value_name = "NUMBER", default_value_t = 40, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub changes: u16,

    /// The server.
    #[command(flatten)]
    pub client: ClientOptions,
}
