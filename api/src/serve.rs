//! A server from its start to its end: the log, the organizations, the listeners, and how it all stops again.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::{Router, middleware};
use rolecall_engine::Actor;
use rolecall_engine::registry::{RegistryCommand, TokenScope};
use rolecall_eventlog::{Commit, EventLog, LogError, Observer, Options, SledLog};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::app::App;
use crate::auth::{LastUse, Secret, hash};
use crate::config::{PublicUrl, RootTokenError, ServeOptions};
use crate::error::ApiError;
use crate::keys::ServerKeys;
use crate::limits::{BACKTESTS_MAX, OPS_CONNECTIONS_MAX, SHUTDOWN_DURATION_MAX};
use crate::listener::answer_until_draining;
use crate::metrics::Metrics;
use crate::ops::{self, Operations};
use crate::replay::ReplayError;
use crate::supervisor::Supervisor;
use crate::{admin, descriptors, guard, oauth, scim};

/// The file in the data folder that names the addresses.
const ADDRESSES: &str = "addresses.json";

/// Why a server did not start, or ended by itself. The texts say what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}; choose another address with {flag}")]
    Listen {
        /// The flag that chooses it.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The data folder cannot be opened.
    #[error("cannot open the data folder `{}`", folder.display())]
    Open {
        /// The folder.
        folder: PathBuf,
        /// What the log said.
        #[source]
        source: LogError,
    },
    /// The record of the registry cannot be replayed.
    #[error("cannot replay the record of the registry; `rolecall audit verify` shows the extent of the damage")]
    Replay(#[from] ReplayError),
    /// The key of the server cannot be read or created.
    #[error("cannot use `server.key` in the data folder `{}`; without it, access tokens end and a new one is drawn", folder.display())]
    Key {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        #[source]
        source: io::Error,
    },
    /// The root token that the operator gave cannot be used.
    #[error("cannot use the value of --root-token or ROLECALL_ROOT_TOKEN")]
    RootTokenUnfit(#[from] RootTokenError),
    /// The root token cannot be created.
    #[error("cannot create the root token")]
    RootToken(#[source] ApiError),
    /// The file that names the addresses cannot be written.
    #[error("cannot write `{}`", path.display())]
    Addresses {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A write to the log failed while serving.
    #[error("a write to the log failed, and only a restart can tell what was kept; start the server again")]
    LogStopped,
}

/// A server that is up.
pub(crate) struct Server {
    app: Arc<App>,
    log: Arc<SledLog>,
    draining: watch::Sender<bool>,
    listener: TcpListener,
    /// How many connections the listener holds.
    connections_max: u32,
    /// The operator's listener, which answers already.
    ops: JoinHandle<()>,
    /// Where SCIM and the admin API are.
    pub(crate) listen: SocketAddr,
    /// Where metrics and health are.
    pub(crate) ops_listen: SocketAddr,
    /// The root token, when this start created it.
    pub(crate) new_root_token: Option<Secret>,
}

/// Serves until the process is told to end.
///
/// # Errors
/// When the server cannot start, or the log fails.
pub(crate) async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    let folder = options.data.data.clone();
    let server = Server::start(options).await?;
    // Whoever reads where the server is may tell it to end at once, so it listens for that first.
    let end = told_to_end();
    server.announce(&folder)?;
    server.run(end).await
}

impl Server {
    /// Binds the addresses, opens the log, and replays the record.
    ///
    /// # Errors
    /// When any of that fails.
    pub(crate) async fn start(options: ServeOptions) -> Result<Self, ServeError> {
        let root = match &options.root_token {
            Some(token) => Some(hash(token.reveal()?)),
            None => None,
        };
        let listener = bind("--listen", options.listen).await?;
        let ops_listener = bind("--ops-listen", options.ops_listen).await?;
        let (listen, ops_listen) = (
            address(&listener, options.listen),
            address(&ops_listener, options.ops_listen),
        );
        let metrics = Arc::new(Metrics::new());
        let (draining, drained) = watch::channel(false);
        let operations = Arc::new(Operations::starting(Arc::clone(&metrics)));
        let ops_router = ops::router(Arc::clone(&operations));
        let connections_max = descriptors::connections_max();
        let ops = answer_until_draining(ops_listener, ops_router, drained.clone(), OPS_CONNECTIONS_MAX);
        let ops = tokio::spawn(ops);
        let log = open(&options, Arc::clone(&metrics)).await?;
        let keys = keys(options.data.data.clone())?;
        let rate = options.scim_requests_per_second;
        let supervisor = Supervisor::start(Arc::clone(&log) as Arc<dyn EventLog>, Arc::clone(&metrics), rate).await?;
        let new_root_token = match root {
            Some(_) => None,
            None => create_root_token(&supervisor).await.map_err(ServeError::RootToken)?,
        };
        let app = Arc::new(App {
            supervisor,
            metrics,
            public_url: options.public_url.unwrap_or_else(|| PublicUrl::of_address(listen)),
            root,
            last_use: LastUse::default(),
            profiles: scim::Profiles::default(),
            cursors: scim::CursorSeal::of(&keys),
            keys,
            verifying: Arc::new(Semaphore::new(1)),
            backtests: Arc::new(Semaphore::new(BACKTESTS_MAX)),
            draining: drained,
        });
        operations.started(Arc::clone(&app));
        Ok(Self {
            app,
            log,
            draining,
            listener,
            connections_max,
            ops,
            listen,
            ops_listen,
            new_root_token,
        })
    }

    /// Says where the server is, and shows a new root token, on standard output; it is never shown again. Then writes the
    /// addresses into the data folder, for programs.
    ///
    /// # Errors
    /// When that file cannot be written.
    fn announce(&self, folder: &Path) -> Result<(), ServeError> {
        let mut text = format!(
            "listening on http://{}\nmetrics on http://{}/metrics\n",
            self.listen, self.ops_listen
        );
        if let Some(token) = &self.new_root_token {
            text.push_str(&format!("root token, shown only now: {}\n", token.reveal()));
        }
        if let Err(error) = io::stdout().lock().write_all(text.as_bytes()) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to write to standard output"
            );
        }
        write_addresses(folder, self.listen, self.ops_listen)
    }

    /// Serves until `end` comes, then stops in order: no new connections, open requests answered, streams ended, all that
    /// waits written, heads noted.
    ///
    /// # Errors
    /// When the log fails.
    pub(crate) async fn run(self, end: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self {
            app,
            log,
            draining,
            listener,
            connections_max,
            ops,
            ..
        } = self;
        let router = router(Arc::clone(&app));
        let serving = answer_until_draining(listener, router, app.draining.clone(), connections_max);
        let serving = tokio::spawn(serving);
        let ended = tokio::select! {
            () = end => Ok(()),
            () = app.supervisor.log_stopped() => Err(ServeError::LogStopped),
        };
        tracing::info!("stopping");
        draining.send_replace(true);
        let answered = async { tokio::join!(serving, ops) };
        if tokio::time::timeout(SHUTDOWN_DURATION_MAX, answered).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        app.supervisor.stop();
        app.supervisor.stopped().await;
        // It joins threads, so it is not for a thread of the runtime.
        if tokio::task::spawn_blocking(move || log.close()).await.is_ok() {
            tracing::info!("stopped");
        }
        ended
    }
}

/// Everything that is served to identity providers and to callers of the admin API.
pub(crate) fn router(app: Arc<App>) -> Router {
    let scim = scim::router().layer(middleware::from_fn_with_state(Arc::clone(&app), guard::scim));
    let admin = admin::router().layer(middleware::from_fn_with_state(Arc::clone(&app), guard::admin));
    let oauth = oauth::router().layer(middleware::from_fn_with_state(Arc::clone(&app), guard::oauth));
    scim.merge(oauth).merge(admin).with_state(app)
}

async fn bind(flag: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { flag, address, source })
}

fn address(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

async fn open(options: &ServeOptions, metrics: Arc<Metrics>) -> Result<Arc<SledLog>, ServeError> {
    let folder = options.data.data.clone();
    let observer: Observer = Arc::new(move |commit: &Commit| metrics.commit(commit));
    let options = Options {
        observer: Some(observer),
        accept_lost_tail: options.accept_lost_tail,
        ..Options::new(&folder)
    };
    let opened = tokio::task::spawn_blocking(move || SledLog::open(options)).await;
    let opened = opened.unwrap_or_else(|panic| Err(LogError::unavailable(panic)));
    opened
        .map(Arc::new)
        .map_err(|source| ServeError::Open { folder, source })
}

/// Read once the log has locked the folder: two servers that start at one time must not draw two keys.
fn keys(folder: PathBuf) -> Result<ServerKeys, ServeError> {
    ServerKeys::of_folder(&folder).map_err(|source| ServeError::Key { folder, source })
}

/// A root token, unless there is one.
async fn create_root_token(supervisor: &Supervisor) -> Result<Option<Secret>, ApiError> {
    let registry = supervisor.registry()?;
    if registry
        .head()
        .registry()
        .tokens()
        .any(|token| token.scope == TokenScope::Root)
    {
        return Ok(None);
    }
    let secret = Secret::draw(TokenScope::Root);
    let command = RegistryCommand::CreateToken {
        scope: TokenScope::Root,
        name: "first start".to_owned(),
        hash: secret.hash(),
        suffix: secret.suffix(),
        expires_at: None,
    };
    registry
        .submit(rolecall_engine::Command::Registry(command), Actor::System)
        .await?;
    Ok(Some(secret))
}

/// Names the addresses in a file, for whoever started the server with port 0. Replaced as a whole.
fn write_addresses(folder: &Path, listen: SocketAddr, ops_listen: SocketAddr) -> Result<(), ServeError> {
    let path = folder.join(ADDRESSES);
    let aside = path.with_extension("new");
    let text = serde_json::json!({
        "listen": format!("http://{listen}"),
        "ops_listen": format!("http://{ops_listen}"),
    });
    let written = std::fs::write(&aside, format!("{text:#}\n")).and_then(|()| std::fs::rename(&aside, &path));
    written.map_err(|source| ServeError::Addresses { path, source })
}

/// Listens for SIGTERM, and for SIGINT as from Ctrl-C, from the call on. What it gives returns when one of them comes.
pub(crate) fn told_to_end() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async {
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            tracing::error!("signals cannot be received; end the server with SIGKILL");
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
