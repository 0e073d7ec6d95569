//! The command line: what each command does, and the exit code it ends with.

mod audit;
mod logging;

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::{AuditCommand, Command, CommandLine, ServeOptions};
use crate::serve::serve;

/// Carries out the command.
pub fn run(line: CommandLine) -> ExitCode {
    match line.command {
        None => run_server(line.serve),
        Some(Command::Serve(options)) => run_server(*options),
        Some(Command::Audit(AuditCommand::Verify(data))) => audit::verify(&data.data),
    }
}

fn run_server(options: ServeOptions) -> ExitCode {
    if let Err(error) = logging::start(&options.log) {
        return failed(&error);
    }
    // Two threads carry more than one log on one disk can take.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(serve(options)).map_err(|error| error.into()),
        Err(error) => Err(Box::<dyn std::error::Error>::from(error)),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

/// Says what went wrong, with all its causes, on standard error.
fn failed(error: &dyn std::error::Error) -> ExitCode {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!("\n  because {source}"));
        cause = source.source();
    }
    // When standard error is gone there is nobody to tell.
    drop(writeln!(io::stderr().lock(), "{text}"));
    ExitCode::FAILURE
}
