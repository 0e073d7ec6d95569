//! The real server as a child process: started on a folder, asked to stop, or killed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

use crate::admin::Organization;
use crate::binary;
use crate::http::{Http, Origin};
use crate::wait;

/// The root token of every server that the tests start.
pub const ROOT_TOKEN: &str = "root-token-of-the-end-to-end-tests-0123456789";

/// No limit on the requests of an organization.
const UNLIMITED: u32 = 0;

const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A server on a folder of its own, on ports that the system chose. It is killed when dropped.
///
/// The ports change with each start, because the old ones may be taken by then; the origins follow.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    data: PathBuf,
    environment: Vec<(&'static str, String)>,
    open_files: Option<u32>,
    child: Option<Child>,
    listen: Origin,
    ops: Origin,
}

/// What the server says about itself in `addresses.json` once it serves.
#[derive(Deserialize)]
struct Addresses {
    listen: String,
    ops_listen: String,
}

impl Server {
    /// Starts a server on a new folder, and returns when it serves.
    pub async fn start() -> Server {
        let folder = tempfile::tempdir().expect("failed to create a folder for the server");
        let data = folder.path().join("data");
        Server::start_on(folder, data, environment(UNLIMITED)).await
    }

    /// Starts a server whose data lies elsewhere than the rest of its traces.
    pub async fn start_with_data(data: PathBuf) -> Server {
        let folder = tempfile::tempdir().expect("failed to create a folder for the server");
        Server::start_on(folder, data, environment(UNLIMITED)).await
    }

    /// Starts a server as somebody does who has read nothing: it has to make up a root token and say so.
    pub async fn start_unconfigured() -> Server {
        let folder = tempfile::tempdir().expect("failed to create a folder for the server");
        let data = folder.path().join("data");
        Server::start_on(folder, data, Vec::new()).await
    }

    /// Starts a server that lets each organization send this many SCIM requests per second.
    pub async fn start_limited(requests_per_second: u32) -> Server {
        let folder = tempfile::tempdir().expect("failed to create a folder for the server");
        let data = folder.path().join("data");
        Server::start_on(folder, data, environment(requests_per_second)).await
    }

    async fn start_on(folder: TempDir, data: PathBuf, environment: Vec<(&'static str, String)>) -> Server {
        let (listen, ops) = (Origin::default(), Origin::default());
        let mut server = Server {
            folder,
            data,
            environment,
            open_files: None,
            child: None,
            listen,
            ops,
        };
        server.start_again().await;
        server
    }

    /// Starts the stopped server again, with no more than this many open files.
    pub async fn start_again_with_open_files(&mut self, open_files: u32) {
        self.open_files = Some(open_files);
        self.start_again().await;
    }

    /// Starts the stopped server again on the same folder, and returns when it serves.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "the server is running");
        let file = self.data.join("addresses.json");
        // A killed server leaves its addresses behind; what is read below is the next one's word.
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{}: {error}", file.display()),
            Ok(()) | Err(_) => {}
        }
        let mut child = self.spawn();
        let addresses: Addresses = wait::until("the server says where it serves", START_LIMIT, async || {
            if let Some(status) = child.try_wait().expect("failed to look after the server") {
                panic!("the server ended ({status}) instead of serving:\n{}", self.log());
            }
            serde_json::from_slice(&std::fs::read(&file).ok()?).ok()
        })
        .await;
        self.listen.set(&addresses.listen);
        self.ops.set(&addresses.ops_listen);
        self.child = Some(child);
    }

    /// The server's program with its environment, on this server's data; `arguments` come first.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.open_files {
            None => Command::new(binary::rolecall()),
            Some(limit) => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", r#"ulimit -n "$0" && exec "$@""#, &limit.to_string()]);
                shell.arg(binary::rolecall());
                shell
            }
        };
        // Nothing of the machine's own settings may change what a test shows.
        command.env_clear().env("RUST_BACKTRACE", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .args(arguments)
            .arg("--data")
            .arg(&self.data)
            .stdin(Stdio::null());
        command
    }

    fn spawn(&self) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("failed to open the log");
        let mut command = self.command(&["serve"]);
        command.args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]);
        let output = log.try_clone().expect("failed to share the log");
        command
            .stdout(output)
            .stderr(log)
            .spawn()
            .expect("failed to start the server")
    }

    /// kill -9: the server gets no chance to finish anything.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the server is running");
        child.kill().expect("failed to kill the server");
        child.wait().expect("failed to wait for the killed server");
    }

    /// SIGTERM: asks the server to finish, and returns how it ended.
    pub async fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server is running");
        let id = i32::try_from(child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
            .expect("a process has an id");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("failed to signal the server");
        wait::until("the server ends after SIGTERM", STOP_LIMIT, async || {
            child.try_wait().expect("failed to look after the server")
        })
        .await
    }

    /// The process id, for what the system knows about it.
    pub fn process_id(&self) -> u32 {
        self.child.as_ref().expect("the server is running").id()
    }

    /// A client of everything on the public listener, without a token.
    pub fn public(&self) -> Http {
        Http::new(&self.listen, "", "")
    }

    /// A client of the admin API with the root token.
    pub fn root(&self) -> Http {
        Http::new(&self.listen, "/v1", ROOT_TOKEN)
    }

    /// A client of the ops listener.
    pub fn ops(&self) -> Http {
        Http::new(&self.ops, "", "")
    }

    /// A new organization with an administrator's token.
    pub async fn organization(&self, name: &str) -> Organization {
        Organization::create(&self.root(), name).await
    }

    /// Where the public listener is, such as `http://127.0.0.1:8080`.
    pub fn address(&self) -> String {
        self.listen.get()
    }

    /// Where the ops listener is.
    pub fn ops_address(&self) -> String {
        self.ops.get()
    }

    /// The folder with the server's data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// All that the server has written to its output and error streams.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

/// What the tests choose. Most of them send as much as they can.
fn environment(requests_per_second: u32) -> Vec<(&'static str, String)> {
    vec![
        ("ROLECALL_ROOT_TOKEN", ROOT_TOKEN.to_owned()),
        ("ROLECALL_SCIM_REQUESTS_PER_SECOND", requests_per_second.to_string()),
    ]
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // A child that has ended by itself cannot be killed, and need not be.
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "the failed test shows its server's side too")]
            {
                eprintln!("--- the server's log\n{}---", self.log());
            }
        }
    }
}
