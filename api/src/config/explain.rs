//! What to explain.

use clap::{Args, Subcommand};

use super::ClientOptions;

/// What to explain.
#[derive(Clone, Debug, Subcommand)]
pub enum ExplainCommand {
    /// Why a user has its role and its entities, and not others
    User(Explained),
    /// Which rule decides a group, what the others say, and what became of its mappings
    Group(Explained),
    /// Who is in an entity, and through what
    Entity(Explained),
}

/// Which of them to explain.
#[derive(Args, Clone, Debug)]
pub struct Explained {
    /// Its id, or its name as it is written
    #[arg(value_name = "ID|NAME")]
    pub which: String,
    /// How to ask, and how to show the answer.
    #[command(flatten)]
    pub asking: ExplainOptions,
}

/// How to ask for an explanation, and how to show it.
#[derive(Args, Clone, Debug)]
pub struct ExplainOptions {
    /// How to reach the server.
    #[command(flatten)]
    pub client: ClientOptions,
    /// Print the answer as the API gives it
    #[arg(long)]
    pub json: bool,
}
