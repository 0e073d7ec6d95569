//! Programs of other projects that try the server: run to their end within a limit, with all that they print.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::admin::Organization;
use crate::binary;
use crate::scim::Scim;
use crate::server::Server;
use crate::wait;

/// Far more than any suite needs, also on a busy machine: whoever takes as long hangs.
const RUN_LIMIT: Duration = Duration::from_secs(300);

/// A SCIM service as a program of others is told of it.
#[derive(Debug)]
pub struct Service {
    /// The SCIM base URL.
    pub base_url: String,
    /// A token for it.
    pub token: String,
    /// The same service, for what a test prepares in it.
    pub scim: Scim,
}

impl Service {
    /// The service of a new connection.
    pub async fn new(server: &Server, organization: &Organization) -> Service {
        let connection = organization.connect(&server.public(), "okta").await;
        Service {
            base_url: format!("{}/scim/v2/{}", server.address(), connection.id),
            token: organization.connection_token(&connection.id).await,
            scim: connection.scim,
        }
    }

    /// Runs a script of `tests/suites` that takes the base URL and a token.
    pub async fn script(&self, name: &str) -> Verdict {
        let mut command = python("python");
        command.arg(file(name)).args([&self.base_url, &self.token]);
        run(command, "").await
    }
}

/// What a program said, and whether it was content.
#[derive(Debug)]
pub struct Verdict {
    /// The program and its arguments, for messages.
    pub command: String,
    /// Whether it ended with the exit code 0.
    pub good: bool,
    /// All that it printed, errors included.
    pub output: String,
}

impl Verdict {
    /// The output, if the program was content.
    #[track_caller]
    pub fn expect_good(self) -> String {
        assert!(self.good, "{} failed:\n{}", self.command, self.output);
        self.output
    }

    /// The output as JSON, if the program was content.
    #[track_caller]
    pub fn json(self) -> Value {
        let output = self.expect_good();
        serde_json::from_str(&output).unwrap_or_else(|error| panic!("no JSON ({error}): {output}"))
    }

    /// The output, if the program was not content.
    #[track_caller]
    pub fn expect_bad(self) -> String {
        assert!(!self.good, "{} did not fail:\n{}", self.command, self.output);
        self.output
    }
}

/// A program of the Python environment, to be run with further arguments.
pub fn python(program: &str) -> Command {
    clean(&binary::python_tool(program))
}

/// A file of `tests/suites`.
pub fn file(name: &str) -> PathBuf {
    let file = binary::workspace().join("tests/suites").join(name);
    assert!(file.is_file(), "{} is missing", file.display());
    file
}

/// Nothing of the machine's own settings, such as a proxy, may change what a suite shows.
fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs([("LC_ALL", "C.UTF-8"), ("PYTHONDONTWRITEBYTECODE", "1")])
        .envs([("PYTHONHASHSEED", "0"), ("PYTHONUNBUFFERED", "1")]);
    command
}

/// Runs a program to its end, in an empty folder; `input` is what it reads.
pub async fn run(mut command: Command, input: &str) -> Verdict {
    let folder = tempfile::tempdir().expect("failed to create a folder for a suite");
    let (said, read) = (folder.path().join("output"), folder.path().join("input"));
    let output = File::create(&said).expect("failed to create the output of a suite");
    std::fs::write(&read, input).expect("failed to write the input of a suite");
    command
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .stdin(File::open(&read).expect("failed to open the input of a suite"))
        .stdout(output.try_clone().expect("failed to share the output of a suite"))
        .stderr(Stdio::from(output));
    let name = format!("{command:?}");
    let mut child = Running(command.spawn().unwrap_or_else(|error| panic!("{name}: {error}")));
    let status = wait::until(&name, RUN_LIMIT, async || {
        child.0.try_wait().expect("failed to look after a suite")
    });
    let status = status.await;
    let output = std::fs::read(&said).expect("failed to read the output of a suite");
    Verdict {
        command: name,
        good: status.success(),
        output: String::from_utf8_lossy(&output).into_owned(),
    }
}

/// Ends with the test, also when that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed, and need not be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
