//! What the operator can choose, from flags and environment, checked into types before anything starts.

mod client;
mod explain;
mod plan;
mod rules;

use std::convert::Infallible;
use std::ffi::OsStr;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use tracing_subscriber::filter::EnvFilter;

pub(crate) use self::client::TokenError;
pub use self::client::{ClientOptions, ServerUrl};
pub use self::explain::{ExplainCommand, ExplainOptions, Explained};
pub use self::plan::{ApplyOptions, BacktestOptions, PlanOptions, PlanShowing, ReconcileOptions};
pub use self::rules::{ReportFormat, RulesCheckOptions, RulesCommand, RulesExportOptions, RulesImportOptions};
use crate::exit_code;
use crate::limits::{ROOT_TOKEN_CHARACTERS_MIN, SCIM_REQUESTS_PER_SECOND_DEFAULT, SCIM_REQUESTS_PER_SECOND_MAX};

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

/// Where the data is.
#[derive(Args, Clone, Debug)]
pub struct DataOptions {
    /// The data folder
    #[arg(
        long,
        env = "ROLECALL_DATA",
        value_name = "FOLDER",
        default_value = "./rolecall-data"
    )]
    pub data: PathBuf,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct ServeOptions {
    /// Where the data is.
    #[command(flatten)]
    pub data: DataOptions,

    /// Where SCIM and the admin API listen; port 0 takes a free one
    #[arg(
        long,
        env = "ROLECALL_LISTEN",
        value_name = "ADDRESS",
        value_parser = address,
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// Where /metrics, /healthz and /readyz listen; port 0 takes a free one
    #[arg(
        long,
        env = "ROLECALL_OPS_LISTEN",
        value_name = "ADDRESS",
        value_parser = address,
        default_value = "127.0.0.1:9464"
    )]
    pub ops_listen: SocketAddr,

    /// How identity providers reach this server, as in `https://scim.example.com`; the listening address by default
    #[arg(long, env = "ROLECALL_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// SCIM requests that each organization may send per second, with a burst of two seconds' worth; 0 for no limit
    ///
    /// Beyond it requests are answered with 429 and `Retry-After`. Keep it at 25 or more: Entra asks for that much, and SailPoint
    /// does not repeat changes of members that were refused.
    #[arg(
        long,
        env = "ROLECALL_SCIM_REQUESTS_PER_SECOND",
        value_name = "NUMBER",
        default_value_t = RequestsPerSecond(SCIM_REQUESTS_PER_SECOND_DEFAULT)
    )]
    pub scim_requests_per_second: RequestsPerSecond,

    /// A root token of your own, at least 32 characters; without one, the first start creates one and prints it once
    ///
    /// It is valid beside those in the record for as long as the server runs with it. When every root token is lost, start the
    /// server once with one of your own, create a new one with `POST /v1/tokens`, and start it again without.
    #[arg(long, env = "ROLECALL_ROOT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub root_token: Option<RootToken>,

    /// Go on with a record that ends before entries that were durable once. Only after finding out why they are gone
    #[arg(long, env = "ROLECALL_ACCEPT_LOST_TAIL")]
    pub accept_lost_tail: bool,

    /// How the server logs.
    #[command(flatten)]
    pub log: LogOptions,
}

/// How the server logs, on standard error.
#[derive(Args, Clone, Debug)]
pub struct LogOptions {
    /// The format of log lines
    #[arg(long, env = "ROLECALL_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// What to log: off, error, warn, info, debug or trace, also by module as in `info,rolecall::stream=debug`
    #[arg(long, env = "ROLECALL_LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
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

/// How many requests are answered in a second; 0 stands for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestsPerSecond(pub u32);

impl RequestsPerSecond {
    /// No limit.
    pub const UNLIMITED: Self = Self(0);
}

impl fmt::Display for RequestsPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RequestsPerSecond {
    type Err = String;

    /// More than this is no limit that could ever be reached, and a typing error.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const MAX: u32 = SCIM_REQUESTS_PER_SECOND_MAX;
        let number = text.parse().ok().filter(|number| *number <= MAX);
        number
            .map(Self)
            .ok_or_else(|| format!("it has to be a whole number from 0 (no limit) to {MAX}"))
    }
}

/// How identity providers reach the server: `http` or `https`, and no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The URL of a server that is reached where it listens.
    pub(crate) fn of_address(address: SocketAddr) -> Self {
        Self(format!("http://{address}"))
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        self.split().0
    }

    /// What follows: empty, or a slash and more.
    pub(crate) fn path(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        let host = self.0.find("://").map_or(0, |scheme| scheme + "://".len());
        let path = self.0.get(host..).and_then(|rest| rest.find('/'));
        let end = path.map_or(self.0.len(), |path| host + path);
        self.0.split_at_checked(end).unwrap_or((&self.0, ""))
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim_end_matches('/');
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or("it has to start with https:// or http://")?;
        if rest.is_empty() || rest.contains(['?', '#', ' ', '@']) {
            return Err("it has to be a host, with a port and a path if need be, and nothing else");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What to log: a level for everything, and others for modules, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLevel(String);

impl LogLevel {
    /// Warnings and errors only.
    pub(crate) fn warnings() -> Self {
        Self("warn".to_owned())
    }

    /// The filter that lets through what is to be logged.
    ///
    /// # Errors
    /// Never, for what was checked when it was read.
    pub(crate) fn filter(&self) -> Result<EnvFilter, tracing_subscriber::filter::ParseError> {
        EnvFilter::builder().parse(&self.0)
    }
}

impl FromStr for LogLevel {
    type Err = String;

    /// The filter would take any word for the name of a module, and then log nothing at all.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        for part in &parts {
            let (module, level) = part
                .split_once('=')
                .map_or((None, *part), |(module, level)| (Some(module), level));
            if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
                return Err(format!(
                    "`{level}` is no level; it has to be one of {}",
                    LEVELS.join(", ")
                ));
            }
            let is_module = |name: &str| {
                let part = |part: &str| {
                    !part.is_empty()
                        && part
                            .chars()
                            .all(|character| character.is_ascii_alphanumeric() || character == '_')
                };
                name.split("::").all(part)
            };
            if let Some(module) = module.filter(|module| !is_module(module)) {
                return Err(format!("`{module}` is no module, as in `rolecall::stream=debug`"));
            }
        }
        Ok(Self(parts.join(",")))
    }
}

/// The address of a listener. A host name stands for the first of its addresses.
fn address(text: &str) -> Result<SocketAddr, String> {
    const EXPECTED: &str =
        "an address and a port are expected, as in `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`";
    let mut found = text
        .to_socket_addrs()
        .map_err(|error| format!("{EXPECTED} ({error})"))?;
    found.next().ok_or_else(|| EXPECTED.to_owned())
}

/// A root token that the operator chose, not checked yet: the command line shows a value that it refuses, and this one is secret.
/// Its `Debug` does not show it either.
#[derive(Clone)]
pub struct RootToken(String);

/// Why a root token of the operator's cannot be used. It never shows the token.
#[derive(Debug, thiserror::Error)]
pub enum RootTokenError {
    /// It can be guessed.
    #[error("the root token has to have at least {ROOT_TOKEN_CHARACTERS_MIN} characters")]
    Short,
    /// A header cannot carry it.
    #[error("the root token has to consist of visible ASCII characters, as a header carries them")]
    Unfit,
}

impl RootToken {
    /// The token itself, once it is checked.
    ///
    /// # Errors
    /// When it is too short, or no header can carry it.
    pub(crate) fn reveal(&self) -> Result<&str, RootTokenError> {
        if self.0.chars().count() < ROOT_TOKEN_CHARACTERS_MIN {
            return Err(RootTokenError::Short);
        }
        if !self.0.chars().all(|character| character.is_ascii_graphic()) {
            return Err(RootTokenError::Unfit);
        }
        Ok(&self.0)
    }
}

impl FromStr for RootToken {
    type Err = Infallible;

    /// White space around it comes from files and from copying.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for RootToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootToken")
    }
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
    fn a_rate_is_a_whole_number_within_reason() {
        assert_eq!("0".parse(), Ok(RequestsPerSecond::UNLIMITED));
        assert_eq!("1000000".parse(), Ok(RequestsPerSecond(1_000_000)));
        for wrong in ["", "-1", "2.5", "1000001", "many"] {
            assert!(wrong.parse::<RequestsPerSecond>().is_err(), "{wrong}");
        }
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
    fn a_public_url_has_a_scheme_and_no_slash_at_the_end() {
        let url: PublicUrl = "https://scim.example.com/".parse().unwrap();
        assert_eq!(url.to_string(), "https://scim.example.com");
        for wrong in ["scim.example.com", "https://", "https://a?b", "ftp://a"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_root_token_is_long_and_is_not_printed() {
        let token = |text: &str| text.parse::<RootToken>().unwrap();
        assert!(matches!(token(&"x".repeat(31)).reveal(), Err(RootTokenError::Short)));
        assert!(matches!(token(&"x y".repeat(12)).reveal(), Err(RootTokenError::Unfit)));
        assert_eq!(
            token(&format!(" {}\n", "x".repeat(32))).reveal().unwrap(),
            "x".repeat(32)
        );
        assert_eq!(format!("{:?}", token("x")), "RootToken");
    }

    #[test]
    fn no_error_of_the_command_line_shows_a_root_token() {
        let line = CommandLine::try_parse_from(["rolecall", "--root-token", "a secret with blanks"]).unwrap();
        let error = line.serve.root_token.unwrap().reveal().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }

    #[test]
    fn only_known_levels_are_levels() {
        for level in ["info", "OFF", "info,rolecall::stream=debug", "warn, rolecall=trace"] {
            level.parse::<LogLevel>().unwrap().filter().unwrap();
        }
        for level in [
            "",
            "inof",
            "rolecall",
            "info,",
            "rolecall=loud",
            "=info",
            "a b=info",
            "[span]=info",
        ] {
            assert!(level.parse::<LogLevel>().is_err(), "{level}");
        }
        let error = "inof".parse::<LogLevel>().unwrap_err();
        assert_eq!(
            error,
            "`inof` is no level; it has to be one of off, error, warn, info, debug, trace"
        );
    }

    #[test]
    fn an_address_may_be_a_name_and_needs_a_port() {
        assert!(address("localhost:8080").unwrap().ip().is_loopback());
        assert_eq!(address("[::1]:0").unwrap().to_string(), "[::1]:0");
        for wrong in ["127.0.0.1", "8080", ""] {
            let error = address(wrong).unwrap_err();
            assert!(error.contains("`127.0.0.1:8080`"), "{error}");
        }
    }
}
