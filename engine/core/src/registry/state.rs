//! The organizations, connections and tokens there are.

use std::sync::Arc;

use imbl::OrdMap;

use super::{ConnectionSettings, RegistryFact, TokenHash, TokenScope};
use crate::id::{ConnectionId, OrganizationId, TokenId};
use crate::invariant::known;
use crate::time::Timestamp;

/// The registry as a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    organizations: OrdMap<OrganizationId, Arc<Organization>>,
    connections: OrdMap<ConnectionId, Arc<Connection>>,
    tokens: OrdMap<TokenId, Arc<Token>>,
    tokens_by_hash: OrdMap<TokenHash, TokenId>,
}

/// A customer of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, for people.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// An identity provider connected to an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The organization.
    pub organization: OrganizationId,
    /// Its name, for people.
    pub name: String,
    /// What it is, in a word.
    pub provider: String,
    /// What its provider may do, and what it calls things.
    pub settings: Arc<ConnectionSettings>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A bearer token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// What it opens.
    pub scope: TokenScope,
    /// Its name, for people.
    pub name: String,
    /// The hash of its secret.
    pub hash: TokenHash,
    /// The last characters of its secret.
    pub suffix: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

impl Registry {
    /// All organizations, in order of their ids, so of their creation.
    pub fn organizations(&self) -> impl Iterator<Item = &Organization> {
        self.organizations.values().map(Arc::as_ref)
    }

    /// The organization with this id.
    pub fn organization(&self, id: OrganizationId) -> Option<&Organization> {
        self.organizations.get(&id).map(Arc::as_ref)
    }

    /// The connections of an organization.
    pub fn connections(&self, organization: OrganizationId) -> impl Iterator<Item = &Connection> {
        self.connections
            .values()
            .map(Arc::as_ref)
            .filter(move |connection| connection.organization == organization)
    }

    /// The connection with this id.
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id).map(Arc::as_ref)
    }

    /// The tokens that were not revoked, expired ones included.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values().map(Arc::as_ref)
    }

    /// The token with this id.
    pub fn token(&self, id: TokenId) -> Option<&Token> {
        self.tokens.get(&id).map(Arc::as_ref)
    }

    /// The token whose secret has this hash.
    pub fn token_by_hash(&self, hash: TokenHash) -> Option<&Token> {
        self.tokens_by_hash.get(&hash).and_then(|id| self.token(*id))
    }

    pub(crate) fn apply(&mut self, fact: &RegistryFact, at: Timestamp) {
        match fact.clone() {
            RegistryFact::OrganizationCreated { organization: id, name } => {
                self.organizations.insert(
                    id,
                    Arc::new(Organization {
                        id,
                        name,
                        created_at: at,
                    }),
                );
            }
            RegistryFact::ConnectionCreated {
                connection: id,
                organization,
                name,
                provider,
            } => {
                let connection = Connection {
                    id,
                    organization,
                    name,
                    provider,
                    settings: Arc::default(),
                    created_at: at,
                };
                self.connections.insert(id, Arc::new(connection));
            }
            RegistryFact::ConnectionChanged {
                connection,
                name,
                group_provisioning,
            } => {
                let connection = Arc::make_mut(known(self.connections.get_mut(&connection), "connection"));
                connection.name = name;
                Arc::make_mut(&mut connection.settings).group_provisioning = group_provisioning;
            }
            RegistryFact::ConnectionDeleted { connection: gone } => {
                self.connections.remove(&gone);
                let of_it = |scope| matches!(scope, TokenScope::Scim { connection, .. } if connection == gone);
                let tokens: Vec<_> = self
                    .tokens()
                    .filter(|token| of_it(token.scope))
                    .map(|token| token.id)
                    .collect();
                tokens.into_iter().for_each(|token| self.forget_token(token));
            }
            RegistryFact::TokenCreated {
                token: id,
                scope,
                name,
                hash,
                suffix,
                expires_at,
            } => {
                self.tokens_by_hash.insert(hash, id);
                let token = Token {
                    id,
                    scope,
                    name,
                    hash,
                    suffix,
                    created_at: at,
                    expires_at,
                };
                self.tokens.insert(id, Arc::new(token));
            }
            RegistryFact::TokenRevoked { token } => self.forget_token(token),
            RegistryFact::ConnectionSettingsChanged {
                connection,
                name,
                settings,
            } => {
                let connection = Arc::make_mut(known(self.connections.get_mut(&connection), "connection"));
                connection.name = name;
                connection.settings = Arc::new(settings);
            }
        }
    }

    fn forget_token(&mut self, token: TokenId) {
        if let Some(token) = self.tokens.remove(&token) {
            self.tokens_by_hash.remove(&token.hash);
        }
    }
}
