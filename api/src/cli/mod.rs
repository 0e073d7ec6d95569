//! The command line: what each command does, and the exit code it ends with.

mod apply;
mod audit;
mod backtest;
mod client;
mod demo;
mod draft;
mod drift;
mod explain;
mod faults;
mod input;
mod logging;
mod plan;
mod rule_set;
mod rules;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use rustix::fs::Mode;
use rustix::process::umask;

use crate::config::{AuditCommand, Command, CommandLine, RulesCommand, ServeOptions};
use crate::exit_code::FAILED;
use crate::limits::READING_THREADS_MAX;
use crate::serve::serve;

/// Carries out the command.
pub fn run(line: CommandLine) -> ExitCode {
    // The record holds names and addresses of people: what this process creates is for its own user alone.
    umask(Mode::RWXG | Mode::RWXO);
    match line.command {
        None => run_server(line.serve),
        Some(Command::Serve(options)) => run_server(*options),
        Some(Command::Audit(AuditCommand::Verify(data))) => audit::verify(&data.data),
        Some(Command::Explain(command)) => explain::run(&command),
        Some(Command::Plan(options)) => plan::run(&options),
        Some(Command::Apply(options)) => apply::run(&options),
        Some(Command::Backtest(options)) => backtest::run(&options),
        Some(Command::Reconcile(options)) => plan::reconcile(&options),
        Some(Command::Rules(RulesCommand::Check(options))) => rules::check(&options),
        Some(Command::Rules(RulesCommand::Export(options))) => rule_set::export(&options),
        Some(Command::Rules(RulesCommand::Import(options))) => rule_set::import(&options),
        Some(Command::Demo(options)) => demo::run(&options),
    }
}

fn run_server(options: ServeOptions) -> ExitCode {
    if let Err(error) = logging::start(&options.log) {
        return failed(&error);
    }
    match block_on(serve(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

/// Runs to the end on a runtime of its own.
fn block_on<T, E: Error + 'static>(run: impl Future<Output = Result<T, E>>) -> Result<T, Box<dyn Error>> {
    // Two threads carry more than one log on one disk can take.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime
        .worker_threads(2)
        .max_blocking_threads(READING_THREADS_MAX)
        .enable_all()
        .build()?;
    Ok(runtime.block_on(run)?)
}

/// Says what went wrong, with all its causes, on standard error.
fn failed(error: &dyn Error) -> ExitCode {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!("\n  because {source}"));
        cause = source.source();
    }
    // When standard error is gone there is nobody to tell.
    drop(writeln!(io::stderr().lock(), "{text}"));
    ExitCode::from(FAILED)
}
