//! What the operator can choose, from flags and environment, checked into types before anything starts.

mod client;
mod explain;
mod log;
mod plan;
mod root_token;
mod rules;
mod serve;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use self::client::TokenError;
pub use self::client::{ClientOptions, ServerUrl};
pub use self::explain::{ExplainCommand, ExplainOptions, Explained};
pub use self::log::{LogFormat, LogLevel, LogOptions};
pub use self::plan::{ApplyOptions, BacktestOptions, PlanOptions, PlanShowing, ReconcileOptions};
pub use self::root_token::{RootToken, RootTokenError};
pub use self::rules::{ReportFormat, RulesCheckOptions, RulesCommand, RulesExportOptions, RulesImportOptions};
use self::serve::address;
pub use self::serve::{DataOptions, PublicUrl, RequestsPerSecond, ServeOptions};
use crate::exit_code;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "rolecall",
    version,
    about = "SCIM 2.0 groups in; teams, organizations and roles out; every change on the record.",
    long_about = "Rolecall receives users and groups from identity providers over SCIM 2.0, maps groups to teams, concurrency\n\
                  groups and sub-organizations by rules, and keeps every change in an append-only log.\n\n\
                  Run without a command it serves. The first start prints a root token; with it, create an organization,\n\
                  a connection and a token for the identity provider:\n\n\
                  \x20 curl -H \"Authorization: Bearer $ROOT\" -H 'Content-Type: application/json' \\\n\
                  \x20      -d '{\"name\":\"Example Corp\"}' http://127.0.0.1:8080/v1/organizations\n\n\
                  Every other request is described in http://127.0.0.1:8080/v1/openapi.json.",
    args_conflicts_with_subcommands = true
)]
pub struct CommandLine {
    /// What to do; serving, when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve, when nothing is said.
    #[command(flatten)]
    pub serve: ServeOptions,
}

impl CommandLine {
    /// Reads the arguments and the environment of the process.
    ///
    /// A variable that is empty counts as one that is not there, as compose files and unit files set those.
    ///
    /// # Errors
    /// When they are wrong, or ask for help: what to say to that has been said, and the process is to end with this.
    pub fn read() -> Result<Self, ExitCode> {
        let matches = without_empty_variables(Self::command()).try_get_matches();
        let line = matches.and_then(|matches| Self::from_arg_matches(&matches));
        let line = line.map_err(|error| told(&error))?;
        if let Some(Err(error)) = line.root_token().map(RootToken::reveal) {
            let error = format!("--root-token, ROLECALL_ROOT_TOKEN: {error}\n");
            return Err(told(&Self::command().error(ErrorKind::ValueValidation, error)));
        }
        Ok(line)
    }

    fn root_token(&self) -> Option<&RootToken> {
        match &self.command {
            None => self.serve.root_token.as_ref(),
            Some(Command::Serve(serve)) => serve.root_token.as_ref(),
            Some(
                Command::Apply(_)
                | Command::Audit(_)
                | Command::Backtest(_)
                | Command::Demo(_)
                | Command::Explain(_)
                | Command::Plan(_)
                | Command::Reconcile(_)
                | Command::Rules(_),
            ) => None,
        }
    }
}

/// Says what is wrong with the arguments, or the help that they ask for.
fn told(error: &clap::Error) -> ExitCode {
    // Where nobody reads it, the exit code still tells.
    drop(error.print());
    if error.use_stderr() {
        ExitCode::from(exit_code::USAGE)
    } else {
        ExitCode::SUCCESS
    }
}

fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |variable: &OsStr| std::env::var_os(variable).is_some_and(|value| value.is_empty());
    command
        .mut_args(|argument| {
            if argument.get_env().is_some_and(is_empty) {
                argument.env(Resettable::Reset)
            } else {
                argument
            }
        })
        .mut_subcommands(without_empty_variables)
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve (what happens without a command, too)
    Serve(Box<ServeOptions>),
    /// Check the record of a data folder that no server has open
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Ask a running server why a user, a group or an entity is as it is
    #[command(subcommand)]
    Explain(ExplainCommand),
    /// Ask a running server what a change of rules, settings or mappings would do, and apply it when told to
    ///
    /// Prints the counts, the first changes, and how to apply just this plan later, by whoever may (`rolecall apply`). The exit
    /// code is 0 when there is nothing to change or the plan was applied, 2 when there are changes and they were not applied, and
    /// 1 when something went wrong.
    Plan(PlanOptions),
    /// Have a running server apply a plan that `rolecall plan` or `rolecall reconcile` has shown
    ///
    /// Prints how far it is. The exit code is 0 when the plan was applied, now or before, and 1 when it was not or when it was
    /// stopped. Ending this command does not stop the plan.
    Apply(ApplyOptions),
    /// Ask a running server what a change would have meant had it been made some time ago
    ///
    /// Prints what would have been otherwise, and when. The exit code is 0 when nothing would have been, 2 when something
    /// would have been or the record was not gone through to its end, and 1 when something went wrong.
    Backtest(BacktestOptions),
    /// Ask a running server how a snapshot of the provider's groups differs, and bring the groups into line
    ///
    /// The exit code is 0 when nothing differs or the plan was applied, 2 when there are changes that were not applied, and 1 when
    /// something went wrong.
    Reconcile(ReconcileOptions),
    /// Check rule set files, and read and save the rules of an organization of a running server as one
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Start on a temporary folder and play the onboarding of a PingOne and an Okta customer
    ///
    /// Prints what became of every group and user, and why, and stays up until Ctrl-C.
    Demo(DemoOptions),
}

/// What to check.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify the hash chain of every organization, derive every entry again and compare
    ///
    /// Prints progress and every difference with its position. The exit code is 0 when all is equal, 2 when the record
    /// and its derivation differ, 3 when the record is damaged, and 1 when it could not be verified.
    Verify(DataOptions),
}

/// How to show what Rolecall does.
#[derive(Args, Clone, Debug)]
pub struct DemoOptions {
    /// End after the story instead of staying up
    #[arg(long)]
    pub exit: bool,

    /// Where SCIM and the admin API listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Where /metrics, /healthz and /readyz listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:0")]
    pub ops_listen: SocketAddr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn nothing_said_means_serving_with_the_defaults() {
        let line = CommandLine::try_parse_from(["rolecall"]).unwrap();
        assert!(line.command.is_none());
        assert_eq!(line.serve.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(line.serve.ops_listen.to_string(), "127.0.0.1:9464");
        assert_eq!(line.serve.scim_requests_per_second, RequestsPerSecond(500));
    }

    #[test]
    fn every_flag_of_the_server_has_a_variable() {
        for argument in CommandLine::command()
            .get_arguments()
            .filter(|argument| argument.get_long().is_some())
        {
            let flag = argument.get_long().unwrap_or_default().to_uppercase().replace('-', "_");
            if !matches!(flag.as_str(), "HELP" | "VERSION") {
                let variable = argument
                    .get_env()
                    .map(|variable| variable.to_string_lossy().into_owned());
                assert_eq!(variable, Some(format!("ROLECALL_{flag}")));
            }
        }
    }

    #[test]
    fn no_error_of_the_command_line_shows_a_root_token() {
        let line = CommandLine::try_parse_from(["rolecall", "--root-token", "a secret with blanks"]).unwrap();
        let error = line.serve.root_token.unwrap().reveal().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}
