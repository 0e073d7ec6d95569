//! What `rolecall plan` is asked.

use std::path::PathBuf;

use clap::Args;
use rolecall_engine::PlanId;

use super::ClientOptions;

/// How to plan.
#[derive(Args, Clone, Debug)]
pub struct PlanOptions {
    /// What is to change: a rule set in TOML, or the body of a plan in JSON; `-` reads either from standard input
    ///
    /// Without a file the groups that there are would be brought up to date with the rules as they are.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// What to do with the plan.
    #[command(flatten)]
    pub showing: PlanShowing,

    /// The server.
    #[command(flatten)]
    pub client: ClientOptions,
}

/// Which plan to apply.
#[derive(Args, Clone, Debug)]
pub struct ApplyOptions {
    /// The id of the plan, as it was shown
    #[arg(value_name = "PLAN")]
    pub plan: PlanId,

    /// Its hash, as it was shown: refused when the plan is another one
    #[arg(long, value_name = "HASH")]
    pub hash: Option<String>,

    /// When something has changed since the plan was made: work out again what it does, and apply it when that is the same
    #[arg(long)]
    pub recheck: bool,

    /// The server.
    #[command(flatten)]
    pub client: ClientOptions,
}

/// How to ask what would have been.
#[derive(Args, Clone, Debug)]
pub struct BacktestOptions {
    /// What would have been changed: a rule set in TOML, or the body of a plan in JSON; `-` reads either from standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Over the last so many days; without this and --from-position, over the whole record
    #[arg(long, value_name = "NUMBER", conflicts_with = "from_position")]
    pub days: Option<u32>,

    /// From this entry of the record on
    #[arg(long, value_name = "NUMBER")]
    pub from_position: Option<u64>,

    /// How many differences to show one by one
    #[arg(long, value_name = "NUMBER", default_value_t = 40, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub differences: u16,

    /// The server.
    #[command(flatten)]
    pub client: ClientOptions,
}

/// What to compare.
#[derive(Args, Clone, Debug)]
pub struct ReconcileOptions {
    /// All groups of the provider and their members: CSV with the header `group,user_name`, or JSON in a file `*.json`; `-` reads either from standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Let the plan delete the groups that the file lacks, which are only counted otherwise
    #[arg(long)]
    pub delete_missing_groups: bool,

    /// What to do with the plan.
    #[command(flatten)]
    pub showing: PlanShowing,

    /// The server.
    #[command(flatten)]
    pub client: ClientOptions,
}

/// What to do with a plan that was made.
#[derive(Args, Clone, Debug)]
pub struct PlanShowing {
    /// Apply the plan as soon as it has been shown; `rolecall apply` applies one that was read before
    #[arg(long)]
    pub apply: bool,

    /// How many changes to show one by one
    #[arg(long, value_name = "NUMBER", default_value_t = 40, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub changes: u16,
}
