//! What to explain.

use clap::{ArgGroup, Args, Subcommand};
use rolecall_engine::{EntityId, GroupId, UserId};

use super::ClientOptions;

/// What to explain.
#[derive(Clone, Debug, Subcommand)]
pub enum ExplainCommand {
    /// Why a user has its role and its entities, and not others
    User(ExplainUser),
    /// Which rule decides a group, what the others say, and what became of its mappings
    Group(ExplainGroup),
    /// Who is in an entity, and through what
    Entity(ExplainEntity),
}

/// Which user to explain.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("which").required(true)))]
pub struct ExplainUser {
    /// The id of the user
    #[arg(value_name = "ID", group = "which")]
    pub id: Option<UserId>,
    /// The name of the user, instead of the id
    #[arg(long, value_name = "NAME", group = "which")]
    pub user_name: Option<String>,
    /// How to ask, and how to show the answer.
    #[command(flatten)]
    pub asking: ExplainOptions,
}

/// Which group to explain.
#[derive(Args, Clone, Debug)]
pub struct ExplainGroup {
    /// The id of the group
    #[arg(value_name = "ID")]
    pub id: GroupId,
    /// How to ask, and how to show the answer.
    #[command(flatten)]
    pub asking: ExplainOptions,
}

/// Which entity to explain.
#[derive(Args, Clone, Debug)]
pub struct ExplainEntity {
    /// The id of the entity
    #[arg(value_name = "ID")]
    pub id: EntityId,
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
