//! Organizations, connections and tokens: the state of the reserved organization, with its commands and facts.
//!
//! They are on the record like everything else. Nothing is derived from them, so they have no consequences.

mod admit;
mod extensions;
mod settings;
mod state;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{ConnectionId, OrganizationId, TokenId};
use crate::time::Timestamp;

pub(crate) use admit::admit;
pub use extensions::{ExtensionProblem, ExtensionProblems};
pub use settings::{
    AttributeDefinition, AttributeMeaning, AttributeType, ConnectionChange, ConnectionSettings, ExtendedResource,
    ExtensionDefinition,
};
pub use state::{Connection, Organization, Registry, Token};

/// The organization whose log holds the registry. No customer ever has this id.
pub const REGISTRY: OrganizationId = OrganizationId::new(Uuid::nil());

/// What to change in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryCommand {
    /// Create an organization.
    CreateOrganization {
        /// Its name, for people.
        name: String,
    },
    /// Connect an identity provider.
    CreateConnection {
        /// The organization.
        organization: OrganizationId,
        /// Its name, for people.
        name: String,
        /// What it is, in a word: `okta`, `pingone`, `entra`, ...
        provider: String,
        /// Its settings.
        settings: ConnectionSettings,
    },
    /// Change a connection.
    ChangeConnection {
        /// The organization.
        organization: OrganizationId,
        /// The connection.
        connection: ConnectionId,
        /// What to change.
        change: ConnectionChange,
    },
    /// Delete a connection with its tokens. What it pushed stays.
    DeleteConnection {
        /// The organization.
        organization: OrganizationId,
        /// The connection.
        connection: ConnectionId,
    },
    /// Make a token known.
    CreateToken {
        /// What it opens.
        scope: TokenScope,
        /// Its name, for people.
        name: String,
        /// The hash of its secret.
        hash: TokenHash,
        /// The last characters of its secret.
        suffix: String,
        /// When it stops working.
        expires_at: Option<Timestamp>,
    },
    /// Make a token stop working at once.
    RevokeToken {
        /// The organization it belongs to; `None`: a root token.
        organization: Option<OrganizationId>,
        /// The token.
        token: TokenId,
    },
}

/// What changed in the registry. Stored: the rule of [`Fact`](crate::Fact) holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the command of the same name")]
pub enum RegistryFact {
    /// An organization was created.
    OrganizationCreated { organization: OrganizationId, name: String },
    /// An identity provider was connected.
    ConnectionCreated {
        connection: ConnectionId,
        organization: OrganizationId,
        name: String,
        provider: String,
    },
    /// The name of a connection changed, or whether it may write groups; its other settings stayed.
    ConnectionChanged {
        connection: ConnectionId,
        name: String,
        group_provisioning: bool,
    },
    /// A connection was deleted with its tokens.
    ConnectionDeleted { connection: ConnectionId },
    /// A token was made known.
    TokenCreated {
        token: TokenId,
        scope: TokenScope,
        name: String,
        hash: TokenHash,
        suffix: String,
        expires_at: Option<Timestamp>,
    },
    /// A token stopped working.
    TokenRevoked { token: TokenId },
    /// Settings of a connection changed, perhaps its name, too.
    ConnectionSettingsChanged {
        connection: ConnectionId,
        name: String,
        settings: ConnectionSettings,
    },
}

impl RegistryFact {
    /// The name of the kind of fact, the same in metrics, streams and documentation.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OrganizationCreated { .. } => "organization_created",
            Self::ConnectionCreated { .. } => "connection_created",
            Self::ConnectionChanged { .. } => "connection_changed",
            Self::ConnectionDeleted { .. } => "connection_deleted",
            Self::TokenCreated { .. } => "token_created",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::ConnectionSettingsChanged { .. } => "connection_settings_changed",
        }
    }
}

/// The blake3 hash of the secret of a token: the secret itself is never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TokenHash(pub [u8; 32]);

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenScope {
    /// Everything: creating organizations, and whatever an administrator of each may do.
    Root,
    /// The admin API of one organization.
    Admin {
        /// The organization.
        organization: OrganizationId,
        /// What its holder may do there.
        role: AdminRole,
    },
    /// The SCIM endpoint of one connection.
    Scim {
        /// The organization.
        organization: OrganizationId,
        /// The connection.
        connection: ConnectionId,
    },
}

impl TokenScope {
    /// The organization that it is bound to.
    pub fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::Root => None,
            Self::Admin { organization, .. } | Self::Scim { organization, .. } => Some(organization),
        }
    }
}

/// What the holder of an admin token may do, least first; each may do what the ones before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminRole {
    /// Read the present state.
    Viewer,
    /// Read the record too: events, histories, verification.
    Auditor,
    /// Approve, reject, pause and resume mappings too.
    Approver,
    /// Everything in the organization.
    Admin,
}

impl AdminRole {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }
}
