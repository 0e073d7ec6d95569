//! Bearer tokens. Their secret is shown once, to whoever creates one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rolecall_engine::registry::{AdminRole, RegistryCommand, RegistryFact, Token, TokenScope};
use rolecall_engine::{Actor, Command, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::created::created;
use super::described::Name;
use super::id::Id;
use super::page::Page;
use crate::app::App;
use crate::auth::{Admin, Caller, ConnectionName, Secret};
use crate::error::ApiError;
use crate::organization::Organization;
use crate::problem::{Problem, ProblemBody};
use crate::time::{self, Time};

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    id: Uuid,
    /// Its name, for people.
    name: String,
    /// What its holder may do: `admin`, `approver`, `auditor`, `viewer`, or `scim` for the token of a connection.
    #[schema(example = "admin")]
    role: &'static str,
    /// The connection that it opens, where it is one for a connection.
    connection: Option<String>,
    /// The last characters of the secret.
    suffix: String,
    created_at: Time,
    /// When it stops working; `null`: never.
    expires_at: Option<Time>,
    /// When it was last used since the start of the server.
    last_used_at: Option<Time>,
}

/// A new token. This is the only time that its secret is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewTokenView {
    /// The secret, to be sent as `Authorization: Bearer <token>`.
    #[schema(example = "rc_admin_...")]
    token: String,
    /// All the rest of it.
    #[serde(flatten)]
    known: TokenView,
}

/// What to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// Its name, for people.
    #[schema(value_type = Name)]
    name: String,
    /// What its holder may do.
    role: Role,
    /// When it stops working; never, if left out.
    expires_at: Option<Time>,
}

/// What to create for a connection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConnectionToken {
    /// Its name, for people; `scim` if left out.
    #[schema(value_type = Option<Name>)]
    name: Option<String>,
    /// When it stops working; never, if left out.
    expires_at: Option<Time>,
}

/// What the holder of a token may do, least first; each may do what the ones before may.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Read the present state.
    Viewer,
    /// Read the record too: events, histories, verification.
    Auditor,
    /// Approve, reject, pause and resume mappings too.
    Approver,
    /// Everything in the organization.
    Admin,
}

impl From<Role> for AdminRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Auditor => Self::Auditor,
            Role::Approver => Self::Approver,
            Role::Admin => Self::Admin,
        }
    }
}

impl TokenView {
    /// The token as it is known.
    pub(crate) fn of(token: &Token, app: &App) -> Self {
        let (role, connection) = match token.scope {
            TokenScope::Root => ("root", None),
            TokenScope::Admin { role, .. } => (role.as_str(), None),
            TokenScope::Scim { connection, .. } => ("scim", Some(ConnectionName(connection).to_string())),
        };
        Self {
            id: token.id.uuid(),
            name: token.name.clone(),
            role,
            connection,
            suffix: token.suffix.clone(),
            created_at: Time(token.created_at),
            expires_at: token.expires_at.map(Time),
            last_used_at: app.last_use.of(token.id).map(Time),
        }
    }
}

/// List the tokens of an organization, those of its connections included.
#[utoipa::path(get, path = "/v1/organizations/{organization}/tokens", tag = "tokens",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "All tokens that were not revoked", body = Page<TokenView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(caller: Caller<Admin>, State(app): State<Arc<App>>) -> Json<Page<TokenView>> {
    let state = caller.registry.head();
    let tokens = state
        .registry()
        .tokens()
        .filter(|token| token.scope.organization() == Some(caller.id()));
    Json(Page::whole(tokens.map(|token| TokenView::of(token, &app)).collect()))
}

/// Create a token for the admin API.
#[utoipa::path(post, path = "/v1/organizations/{organization}/tokens", tag = "tokens",
    params(("organization" = Uuid, Path)), request_body = NewToken, responses(
    (status = 201, description = "The new token, with its secret", body = NewTokenView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    State(app): State<Arc<App>>,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Json<NewTokenView>), Problem> {
    let scope = TokenScope::Admin {
        organization: caller.id(),
        role: new.role.into(),
    };
    issue(&caller.registry, caller.actor, &app, scope, new.name, new.expires_at).await
}

/// Create a token for a connection: what to enter at the identity provider.
#[utoipa::path(post, path = "/v1/organizations/{organization}/connections/{connection}/tokens", tag = "tokens",
    params(("organization" = Uuid, Path), ("connection" = String, Path)), request_body = NewConnectionToken, responses(
    (status = 201, description = "The new token, with its secret", body = NewTokenView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create_for_connection(
    caller: Caller<Admin>,
    State(app): State<Arc<App>>,
    Id(ConnectionName(connection)): Id<ConnectionName>,
    Body(new): Body<NewConnectionToken>,
) -> Result<(StatusCode, Json<NewTokenView>), Problem> {
    let scope = TokenScope::Scim {
        organization: caller.id(),
        connection,
    };
    let name = new.name.unwrap_or_else(|| "scim".to_owned());
    issue(&caller.registry, caller.actor, &app, scope, name, new.expires_at).await
}

/// Make a token stop working at once.
#[utoipa::path(delete, path = "/v1/organizations/{organization}/tokens/{token}", tag = "tokens",
    params(("organization" = Uuid, Path), ("token" = Uuid, Path)), responses(
    (status = 204, description = "Revoked"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn revoke(caller: Caller<Admin>, Id(token): Id<TokenId>) -> Result<StatusCode, Problem> {
    let command = RegistryCommand::RevokeToken {
        organization: Some(caller.id()),
        token,
    };
    caller.registry.submit(Command::Registry(command), caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Creates a token and answers with its secret.
pub(crate) async fn issue(
    registry: &Organization,
    actor: Actor,
    app: &App,
    scope: TokenScope,
    name: String,
    expires_at: Option<Time>,
) -> Result<(StatusCode, Json<NewTokenView>), Problem> {
    if expires_at.is_some_and(|Time(expires)| expires <= time::now()) {
        let (place, reason) = ("expires_at".to_owned(), "the time has passed already".to_owned());
        return Err(ApiError::Value { place, reason }.into());
    }
    let secret = Secret::draw(scope);
    let expires_at = expires_at.map(|Time(expires)| expires);
    let (hash, suffix) = (secret.hash(), secret.suffix());
    let command = RegistryCommand::CreateToken {
        scope,
        name,
        hash,
        suffix,
        expires_at,
    };
    let submitted = registry.submit(Command::Registry(command), actor).await?;
    let id = created(&submitted, |fact| match fact {
        RegistryFact::TokenCreated { token, .. } => Some(*token),
        _ => None,
    })?;
    let token = submitted.state.registry().token(id).ok_or(ApiError::Internal)?;
    let view = NewTokenView {
        token: secret.reveal().to_owned(),
        known: TokenView::of(token, app),
    };
    Ok((StatusCode::CREATED, Json(view)))
}
