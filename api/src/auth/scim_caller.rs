//! Callers of the SCIM endpoint: identity providers, each with a token of its connection.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use rolecall_engine::registry::{ConnectionSettings, Registry, Token, TokenScope};
use rolecall_engine::{Actor, Command, ConnectionId, State, Timestamp};
use uuid::Uuid;

use super::{Credentials, NoCredentials, UserPassword, known, scim_token};
use crate::app::App;
use crate::error::ApiError;
use crate::organization::{Organization, Submitted};
use crate::rate::Charged;
use crate::scim::{CursorSeal, Profile, ResourceType};
use crate::scim_refusal::ScimRefusal;
use crate::time;

/// A connection as it is written in URLs: `con-` and its id. Okta refuses base URLs with an underscore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionName(pub ConnectionId);

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "con-{}", self.0)
    }
}

impl FromStr for ConnectionName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let id = text.strip_prefix("con-").ok_or(())?;
        // People type it into forms, where case is lost; ids of resources are exact.
        let id = Uuid::try_parse(id).map_err(|_| ())?;
        Ok(Self(ConnectionId::new(id)))
    }
}

/// An identity provider, identified by its token.
#[derive(Clone)]
pub(crate) struct ScimCaller {
    /// The organization that it pushes into.
    pub(crate) organization: Arc<Organization>,
    /// Its connection.
    pub(crate) connection: ConnectionId,
    /// The settings of its connection.
    pub(crate) settings: Arc<ConnectionSettings>,
    /// What the connection speaks.
    pub(crate) profile: Arc<Profile>,
    /// What the cursors of its lists are sealed with.
    pub(crate) cursors: CursorSeal,
    /// The SCIM base URL of the connection, without a slash at the end: what `meta.location` starts with.
    pub(crate) base_url: String,
    /// Who it is, for the record.
    pub(crate) actor: Actor,
}

impl ScimCaller {
    /// The state of the organization now.
    pub(crate) fn state(&self) -> Arc<State> {
        self.organization.head()
    }

    /// What the connection offers. Groups can be read even where they may not be written, but not where it takes users only.
    pub(crate) fn offered(&self) -> &'static [ResourceType] {
        if self.settings.users_only {
            &[ResourceType::User]
        } else {
            &[ResourceType::User, ResourceType::Group]
        }
    }

    /// Has a command carried out, and waits until it is durable.
    ///
    /// # Errors
    /// See [`Organization::submit`].
    pub(crate) async fn submit(&self, command: Command) -> Result<Submitted, ApiError> {
        self.organization.submit(command, self.actor).await
    }
}

impl FromRequestParts<Arc<App>> for ScimCaller {
    type Rejection = ScimRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimRefusal> {
        let path = RawPathParams::from_request_parts(parts, app).await;
        let named = match &path {
            Ok(path) => path
                .iter()
                .find(|(name, _)| *name == "connection")
                .map(|(_, named)| named),
            // Some other part of the path is no UTF-8, and so names nothing. The caller is known all the same.
            Err(_) => parts.uri.path().split('/').nth(3),
        };
        let named = named.and_then(|named| named.parse().ok());
        Ok(identify(parts, app, named)?)
    }
}

fn identify(parts: &Parts, app: &Arc<App>, named: Option<ConnectionName>) -> Result<ScimCaller, ApiError> {
    let now = time::now();
    let registry = app.supervisor.registry()?.head();
    let registry = registry.registry();
    let credentials = Credentials::of(&parts.headers).map_err(refusal)?;
    let token = match &credentials {
        Credentials::Bearer(text) | Credentials::Habit(text) => scim_token(text, &app.keys, registry, now)?,
        Credentials::Basic(pair) => basic(pair, named, registry, now)?,
    };
    // INVARIANT: a token opens the connection that it was created for, and tells nothing about any other.
    let TokenScope::Scim {
        organization,
        connection,
    } = token.scope
    else {
        return Err(ApiError::ConnectionNotFound);
    };
    let known = registry.connection(connection);
    let known = known
        .filter(|known| named == Some(ConnectionName(known.id)))
        .ok_or(ApiError::ConnectionNotFound)?;
    if known.settings.strict && matches!(credentials, Credentials::Habit(_)) {
        return Err(ApiError::SchemeRefused);
    }
    app.last_use.note(token.id, now);
    let organization = app.supervisor.get(organization)?;
    app.charge(&organization, &Charged::of(&parts.extensions))?;
    Ok(ScimCaller {
        organization,
        connection,
        settings: Arc::clone(&known.settings),
        profile: app.profiles.of(connection, &known.settings),
        cursors: app.cursors.clone(),
        base_url: app.scim_base_url(connection),
        actor: Actor::Connection {
            connection,
            token: token.id,
        },
    })
}

fn refusal(nothing: NoCredentials) -> ApiError {
    match nothing {
        NoCredentials::Missing => ApiError::CredentialsMissing,
        NoCredentials::BasicMalformed => {
            refused_basic("the credentials are not base64 of a user name, a colon and a password")
        }
    }
}

/// RFC 7617: the user name says again which connection the URL names, and the password is a token of it.
fn basic<'r>(
    pair: &UserPassword,
    named: Option<ConnectionName>,
    registry: &'r Registry,
    now: Timestamp,
) -> Result<&'r Token, ApiError> {
    if named.is_none() || pair.user.parse().ok() != named {
        return Err(refused_basic(
            "the user name is not the id of the connection in the URL",
        ));
    }
    let token = known(&pair.password, registry, now).map_err(|error| refused_basic(error.to_string()))?;
    match token.scope {
        TokenScope::Scim { connection, .. } if Some(ConnectionName(connection)) == named => Ok(token),
        TokenScope::Scim { .. } | TokenScope::Admin { .. } | TokenScope::Root => {
            Err(refused_basic("the password is not a token of this connection"))
        }
    }
}

fn refused_basic(reason: impl Into<String>) -> ApiError {
    ApiError::BasicRefused { reason: reason.into() }
}
