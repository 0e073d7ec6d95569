//! What all handlers share.

use std::sync::Arc;

use rolecall_engine::ConnectionId;
use rolecall_engine::registry::TokenHash;
use tokio::sync::{Semaphore, watch};

use crate::auth::{ConnectionName, LastUse};
use crate::config::PublicUrl;
use crate::error::ApiError;
use crate::keys::ServerKeys;
use crate::metrics::Metrics;
use crate::organization::Organization;
use crate::rate::Charged;
use crate::scim::{CursorSeal, Profiles};
use crate::supervisor::Supervisor;

/// A running server, as its handlers see it.
pub(crate) struct App {
    pub(crate) supervisor: Arc<Supervisor>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) public_url: PublicUrl,
    /// The hash of the root token that the operator gave, if one was given.
    pub(crate) root: Option<TokenHash>,
    pub(crate) last_use: LastUse,
    pub(crate) profiles: Profiles,
    /// What access tokens are sealed with.
    pub(crate) keys: ServerKeys,
    /// What the cursors of lists are sealed with.
    pub(crate) cursors: CursorSeal,
    /// Held while a record is verified: one at a time, as it keeps a thread busy.
    pub(crate) verifying: Arc<Semaphore>,
    /// The backtests that may run at one time, of all organizations.
    pub(crate) backtests: Arc<Semaphore>,
    /// Turns true when the server stops: what is open is to end by itself.
    pub(crate) draining: watch::Receiver<bool>,
}

impl App {
    /// Where the identity provider of a connection sends its requests.
    pub(crate) fn scim_base_url(&self, connection: ConnectionId) -> String {
        format!("{}/scim/v2/{}", self.public_url, ConnectionName(connection))
    }

    /// Charges a request to an organization, and tells `charged` how it stands then.
    ///
    /// # Errors
    /// When the organization sends more than it may.
    pub(crate) fn charge(&self, organization: &Organization, charged: &Charged) -> Result<(), ApiError> {
        let Some(standing) = organization.charge() else {
            return Ok(());
        };
        charged.note(standing);
        let Some(pause) = standing.retry_after else {
            return Ok(());
        };
        self.metrics.rate_limited();
        Err(ApiError::TooManyRequests { pause })
    }

    /// Whether the server is stopping.
    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }
}
