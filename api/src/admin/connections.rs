//! Connections: the identity providers of an organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rolecall_engine::registry::{Connection, RegistryCommand, RegistryFact};
use rolecall_engine::{Command, Rejection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::created::created;
use super::id::Id;
use super::page::Page;
use crate::app::App;
use crate::auth::{Admin, Caller, ConnectionName, Viewer};
use crate::error::ApiError;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// A connected identity provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionView {
    #[schema(example = "con-0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")]
    id: String,
    /// Its name, for people.
    name: String,
    /// What it is, in a word.
    #[schema(example = "okta")]
    provider: String,
    /// Whether it may write groups.
    group_provisioning: bool,
    /// What to enter at the identity provider, together with a token of the connection.
    #[schema(example = "https://scim.example.com/scim/v2/con-0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")]
    scim_base_url: String,
    created_at: Time,
}

/// What to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConnection {
    /// Its name, for people.
    name: String,
    /// What it is, in a word: `okta`, `pingone`, `entra`, ...
    provider: String,
}

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionChange {
    /// Another name.
    name: Option<String>,
    /// Whether it may write groups.
    group_provisioning: Option<bool>,
}

impl ConnectionView {
    fn of(connection: &Connection, app: &App) -> Self {
        Self {
            id: ConnectionName(connection.id).to_string(),
            name: connection.name.clone(),
            provider: connection.provider.clone(),
            group_provisioning: connection.group_provisioning,
            scim_base_url: app.scim_base_url(connection.id),
            created_at: Time(connection.created_at),
        }
    }
}

/// List the connections of an organization.
#[utoipa::path(get, path = "/v1/organizations/{organization}/connections", tag = "connections",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "All connections, in the order of their creation", body = Page<ConnectionView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(caller: Caller<Viewer>, State(app): State<Arc<App>>) -> Json<Page<ConnectionView>> {
    let state = caller.registry.head();
    let connections = state.registry().connections(caller.id());
    Json(Page::whole(
        connections
            .map(|connection| ConnectionView::of(connection, &app))
            .collect(),
    ))
}

/// Connect an identity provider.
#[utoipa::path(post, path = "/v1/organizations/{organization}/connections", tag = "connections",
    params(("organization" = Uuid, Path)), request_body = NewConnection, responses(
    (status = 201, description = "The new connection", body = ConnectionView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    State(app): State<Arc<App>>,
    Body(new): Body<NewConnection>,
) -> Result<(StatusCode, Json<ConnectionView>), Problem> {
    let (organization, NewConnection { name, provider }) = (caller.id(), new);
    let command = RegistryCommand::CreateConnection {
        organization,
        name,
        provider,
    };
    let submitted = caller.registry.submit(Command::Registry(command), caller.actor).await?;
    let id = created(&submitted, |fact| match fact {
        RegistryFact::ConnectionCreated { connection, .. } => Some(*connection),
        _ => None,
    })?;
    let connection = submitted.state.registry().connection(id).ok_or(ApiError::Internal)?;
    Ok((StatusCode::CREATED, Json(ConnectionView::of(connection, &app))))
}

/// Read a connection.
#[utoipa::path(get, path = "/v1/organizations/{organization}/connections/{connection}", tag = "connections",
    params(("organization" = Uuid, Path), ("connection" = String, Path)), responses(
    (status = 200, description = "The connection", body = ConnectionView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(
    caller: Caller<Viewer>,
    State(app): State<Arc<App>>,
    Id(ConnectionName(id)): Id<ConnectionName>,
) -> Result<Json<ConnectionView>, Problem> {
    let state = caller.registry.head();
    let known = state
        .registry()
        .connection(id)
        .filter(|connection| connection.organization == caller.id());
    Ok(Json(ConnectionView::of(
        known.ok_or(Rejection::UnknownConnection)?,
        &app,
    )))
}

/// Change a connection.
#[utoipa::path(patch, path = "/v1/organizations/{organization}/connections/{connection}", tag = "connections",
    params(("organization" = Uuid, Path), ("connection" = String, Path)), request_body = ConnectionChange, responses(
    (status = 200, description = "The connection as it is now", body = ConnectionView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn change(
    caller: Caller<Admin>,
    State(app): State<Arc<App>>,
    Id(ConnectionName(connection)): Id<ConnectionName>,
    Body(change): Body<ConnectionChange>,
) -> Result<Json<ConnectionView>, Problem> {
    let (
        organization,
        ConnectionChange {
            name,
            group_provisioning,
        },
    ) = (caller.id(), change);
    let command = RegistryCommand::ChangeConnection {
        organization,
        connection,
        name,
        group_provisioning,
    };
    let submitted = caller.registry.submit(Command::Registry(command), caller.actor).await?;
    let changed = submitted
        .state
        .registry()
        .connection(connection)
        .ok_or(ApiError::Internal)?;
    Ok(Json(ConnectionView::of(changed, &app)))
}

/// Delete a connection with its tokens. What it pushed stays.
#[utoipa::path(delete, path = "/v1/organizations/{organization}/connections/{connection}", tag = "connections",
    params(("organization" = Uuid, Path), ("connection" = String, Path)), responses(
    (status = 204, description = "Deleted"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn delete(
    caller: Caller<Admin>,
    Id(ConnectionName(connection)): Id<ConnectionName>,
) -> Result<StatusCode, Problem> {
    let command = RegistryCommand::DeleteConnection {
        organization: caller.id(),
        connection,
    };
    caller.registry.submit(Command::Registry(command), caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
