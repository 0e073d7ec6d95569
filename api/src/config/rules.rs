//! What `rolecall rules` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ClientOptions;

/// What to do with rule set files.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Check rule set files, without a server: every problem with its line and column, their examples, and advice
    ///
    /// The exit code is 0 when all files are sound, 2 when one is not, and 1 when one cannot be opened.
    Check(RulesCheckOptions),
    /// Write the rules of an organization, with their examples, as a rule set file
    Export(RulesExportOptions),
    /// Save a rule set file as the rules of an organization; rules that are not in it are deleted
    ///
    /// It moves nobody: `rolecall plan` shows what the saved rules change, and applies it when told to. The exit code is 0 when
    /// the rules are saved, and 1 when they are not; then nothing has changed.
    Import(RulesImportOptions),
}

/// Which rule set files to check.
#[derive(Args, Clone, Debug)]
pub struct RulesCheckOptions {
    /// The files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A file of group names, one a line: what the rules make of each is printed
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// Let advice fail the check, too, such as that of two rules one never decides
    #[arg(long)]
    pub strict: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One line each
    Text,
    /// One JSON object
    Json,
}

/// Which rules to write, and where.
#[derive(Args, Clone, Debug)]
pub struct RulesExportOptions {
    /// The file to write; standard output, when none is named
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// The server.
    #[command(flatten)]
    pub client: ClientOptions,
}

/// Which rules to save, and where.
#[derive(Args, Clone, Debug)]
pub struct RulesImportOptions {
    /// The rule set file; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The server.
    #[command(flatten)]
    pub client: ClientOptions,
}
