//! Log lines, on standard error.

use std::io;

use tracing_subscriber::filter::ParseError;

use crate::config::{LogFormat, LogOptions};

/// Starts logging.
///
/// # Errors
/// When the level is none.
pub(super) fn start(options: &LogOptions) -> Result<(), ParseError> {
    let filter = options.log_level.filter()?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(false);
    match options.log_format {
        LogFormat::Text => lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}
