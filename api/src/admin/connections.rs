//! Connections: the identity providers of an organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rolecall_engine::registry::{self, Connection, ConnectionSettings, RegistryCommand, RegistryFact};
use rolecall_engine::{Command, EntityId, Rejection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::connection_settings::{ConnectionSettingsView, ExtensionBody, null_is_a_value};
use super::created::created;
use super::described::Name;
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
    #[serde(flatten)]
    settings: ConnectionSettingsView,
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
    #[schema(value_type = Name)]
    name: String,
    /// What it is, in a word: `okta`, `pingone`, `entra`, ...
    #[schema(value_type = Name)]
    provider: String,
    /// Whether it may write groups; `true` if left out.
    group_provisioning: Option<bool>,
    /// Whether requests have to keep to the letter of the standard; `false` if left out.
    strict: Option<bool>,
    /// Whether it pushes users only: groups are not offered to it at all. `false` if left out.
    users_only: Option<bool>,
    /// The entity that its new users are put into.
    default_entity: Option<Uuid>,
    /// Its own schema extensions.
    extensions: Option<Vec<ExtensionBody>>,
}

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionChange {
    /// Another name.
    #[schema(value_type = Option<Name>)]
    name: Option<String>,
    /// Whether it may write groups.
    group_provisioning: Option<bool>,
    /// Whether requests have to keep to the letter of the standard.
    strict: Option<bool>,
    /// Whether it pushes users only: groups are not offered to it at all.
    users_only: Option<bool>,
    /// The entity that its new users are put into. `null` clears it.
    #[serde(default, deserialize_with = "null_is_a_value")]
    #[schema(value_type = Option<Uuid>)]
    default_entity: Option<Option<Uuid>>,
    /// Its own schema extensions, all of them.
    extensions: Option<Vec<ExtensionBody>>,
}

impl NewConnection {
    fn settings(&mut self) -> ConnectionSettings {
        let change = ConnectionChange {
            name: None,
            group_provisioning: self.group_provisioning,
            strict: self.strict,
            users_only: self.users_only,
            default_entity: Some(self.default_entity),
            extensions: self.extensions.take(),
        };
        ConnectionSettings::default().changed(&change.into_change())
    }
}

impl ConnectionChange {
    fn into_change(self) -> registry::ConnectionChange {
        let extensions = |all: Vec<ExtensionBody>| all.into_iter().map(ExtensionBody::into_definition).collect();
        registry::ConnectionChange {
            name: self.name,
            group_provisioning: self.group_provisioning,
            strict: self.strict,
            users_only: self.users_only,
            default_entity: self.default_entity.map(|id| id.map(EntityId::new)),
            extensions: self.extensions.map(extensions),
        }
    }
}

/// The registry knows no entities, so whether there is one is looked up here. Should it be deleted at this very moment, new
/// users are put nowhere.
fn check_entity(caller: &Caller<Admin>, entity: Option<EntityId>) -> Result<(), Problem> {
    let found = entity.is_none_or(|entity| caller.state().entity(entity).is_some());
    if found {
        return Ok(());
    }
    let (setting, problem) = (
        "default_entity",
        "there is no such entity in this organization".to_owned(),
    );
    Err(Rejection::Setting { setting, problem }.into())
}

impl ConnectionView {
    fn of(connection: &Connection, app: &App) -> Self {
        Self {
            id: ConnectionName(connection.id).to_string(),
            name: connection.name.clone(),
            provider: connection.provider.clone(),
            settings: ConnectionSettingsView::of(&connection.settings),
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
    Body(mut new): Body<NewConnection>,
) -> Result<(StatusCode, Json<ConnectionView>), Problem> {
    let settings = new.settings();
    check_entity(&caller, settings.default_entity)?;
    let command = RegistryCommand::CreateConnection {
        organization: caller.id(),
        name: new.name,
        provider: new.provider,
        settings,
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
    let change = change.into_change();
    check_entity(&caller, change.default_entity.flatten())?;
    let command = RegistryCommand::ChangeConnection {
        organization: caller.id(),
        connection,
        change,
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
