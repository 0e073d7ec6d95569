//! How the server logs.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use tracing_subscriber::filter::EnvFilter;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
