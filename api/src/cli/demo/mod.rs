//! `rolecall demo`: a server on a temporary folder, and two identity providers that are connected to it over HTTP.
//!
//! Everything here happens the way it happens outside: the stories are plain requests, and the report at the end is what
//! the admin API says.

mod customer;
mod okta;
mod ping_one;
mod report;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use rolecall_engine::registry::TokenScope;
use tokio::sync::oneshot;

use self::customer::Customer;
use super::client::{Client, ClientError};
use super::{block_on, failed, logging};
use crate::auth::Secret;
use crate::config::{
    DataOptions, DemoOptions, LogFormat, LogLevel, LogOptions, RequestsPerSecond, RootToken, ServeOptions, ServerUrl,
};
use crate::random;
use crate::serve::{ServeError, Server, told_to_end};

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    /// The server did not start, or ended.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The server could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Plays the demo, and stays up until it is told to end.
pub(super) fn run(options: &DemoOptions) -> ExitCode {
    if let Err(error) = logging::start(&quiet()) {
        return failed(&error);
    }
    let folder = temporary_folder();
    let played = block_on(play(options, folder.clone()));
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "failed to remove the folder of the demo"
        );
    }
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

async fn play(options: &DemoOptions, folder: PathBuf) -> Result<(), DemoError> {
    let root = Secret::draw(TokenScope::Root);
    let options_of_server = ServeOptions {
        data: DataOptions { data: folder.clone() },
        listen: options.listen,
        ops_listen: options.ops_listen,
        public_url: None,
        scim_requests_per_second: RequestsPerSecond::UNLIMITED,
        root_token: root.reveal().parse::<RootToken>().ok(),
        accept_lost_tail: false,
        log: quiet(),
    };
    let server = Server::start(options_of_server).await?;
    let (listen, ops_listen) = (server.listen, server.ops_listen);
    let (end, ended) = oneshot::channel::<()>();
    // An error says that the demo is over, too.
    let serving = tokio::spawn(server.run(async { drop(ended.await) }));

    say(&format!(
        "A server listens on http://{listen}, with its data in {}.",
        folder.display()
    ));
    let told = tell(&Client::new(ServerUrl::of_address(listen), root.reveal())).await;
    if told.is_ok() && !options.exit {
        say(&format!(
            "\nThe server stays up.\n  admin API   http://{listen}/v1/organizations   (described in /v1/openapi.json)\n  \
             metrics     http://{ops_listen}/metrics\n  root token  {}\nCtrl-C ends it and removes its data.",
            root.reveal()
        ));
        told_to_end().await;
    }
    drop(end);
    serving.await.unwrap_or(Err(ServeError::LogStopped))?;
    Ok(told?)
}

async fn tell(root: &Client) -> Result<(), ClientError> {
    let ping_one = Customer::create(root, "A customer with PingOne", "pingone").await?;
    ping_one::play(&ping_one).await?;
    report::print(&ping_one).await?;
    let okta = Customer::create(root, "A customer with Okta", "okta").await?;
    okta::play(&okta).await?;
    report::print(&okta).await
}

/// The story is on standard output; only what goes wrong is logged beside it.
fn quiet() -> LogOptions {
    LogOptions {
        log_format: LogFormat::Text,
        log_level: LogLevel::warnings(),
    }
}

fn temporary_folder() -> PathBuf {
    let mut bytes = [0; 8];
    random::fill(&mut bytes);
    std::env::temp_dir().join(format!("rolecall-demo-{:016x}", u64::from_be_bytes(bytes)))
}

/// A line of the story.
fn say(line: &str) {
    // When standard output is gone there is nobody to tell the story to.
    drop(writeln!(io::stdout().lock(), "{line}"));
}
