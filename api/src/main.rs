//! The `rolecall` binary: reads the command line, and leaves the rest to the library.

use std::process::ExitCode;

use rolecall::cli;
use rolecall::config::CommandLine;

fn main() -> ExitCode {
    CommandLine::read().map_or_else(|code| code, cli::run)
}
