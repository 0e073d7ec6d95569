//! Who asks for an access token (RFC 6749 section 2.3.1): `client_secret_basic` or `client_secret_post`.

use axum::http::{HeaderMap, HeaderValue, header};
use rolecall_engine::Timestamp;
use rolecall_engine::registry::{Registry, Token, TokenScope};

use super::OAuthError;
use super::form::{Form, decoded};
use crate::auth::{ConnectionName, UserPassword, known};

/// What a client says of itself.
pub(super) struct Client {
    id: String,
    secret: String,
}

impl Client {
    /// The client of a request. One that authenticates by `Basic` may repeat its id in the body, and many do.
    ///
    /// # Errors
    /// When it does not authenticate, or in two ways.
    pub(super) fn of(headers: &HeaderMap, form: &Form) -> Result<Self, OAuthError> {
        let (id, secret) = (form.parameter("client_id")?, form.parameter("client_secret")?);
        let Some(basic) = headers.get(header::AUTHORIZATION) else {
            let (Some(id), Some(secret)) = (id, secret) else {
                return Err(refused(
                    "there are no client credentials, neither by Basic nor in the body",
                ));
            };
            return Ok(Self {
                id: id.into_owned(),
                secret: secret.into_owned(),
            });
        };
        let client = by_basic(basic).ok_or_else(|| refused("the Authorization header holds no Basic credentials"))?;
        if secret.is_some() || id.is_some_and(|id| id != client.id) {
            return Err(OAuthError::TwoWays);
        }
        Ok(client)
    }

    /// The token that is the secret of this client.
    ///
    /// # Errors
    /// When it is none, or one of another connection.
    pub(super) fn token(self, registry: &Registry, now: Timestamp) -> Result<&Token, OAuthError> {
        let named: ConnectionName = self
            .id
            .parse()
            .map_err(|()| refused("the client_id is not the id of a connection"))?;
        let token = known(&self.secret, registry, now).map_err(|error| refused(error.to_string()))?;
        match token.scope {
            TokenScope::Scim { connection, .. } if ConnectionName(connection) == named => Ok(token),
            TokenScope::Scim { .. } | TokenScope::Admin { .. } | TokenScope::Root => {
                Err(refused("the client_secret is not a token of this connection"))
            }
        }
    }
}

fn by_basic(value: &HeaderValue) -> Option<Client> {
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    let pair = scheme
        .eq_ignore_ascii_case("basic")
        .then(|| UserPassword::decode(rest.trim()))??;
    Some(Client {
        id: decoded(&pair.user),
        secret: decoded(&pair.password),
    })
}

fn refused(reason: impl Into<String>) -> OAuthError {
    OAuthError::Client { reason: reason.into() }
}
