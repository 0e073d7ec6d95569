//! Root tokens: what creates organizations. A second one is how the first is replaced without a gap.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rolecall_engine::registry::{RegistryCommand, TokenScope};
use rolecall_engine::{Command, TokenId};
use utoipa::ToSchema;

use super::body::Body;
use super::described::Name;
use super::id::Id;
use super::page::Page;
use super::tokens::{NewTokenView, TokenView, issue};
use crate::app::App;
use crate::auth::RootCaller;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// What to create.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRootToken {
    /// Its name, for people.
    #[schema(value_type = Name)]
    name: String,
    /// When it stops working; never, if left out.
    expires_at: Option<Time>,
}

/// List the root tokens. One that the operator gave when starting the server is not among them. Needs the root token.
#[utoipa::path(get, path = "/v1/tokens", tag = "root tokens", responses(
    (status = 200, description = "All root tokens that were not revoked", body = Page<TokenView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(caller: RootCaller, State(app): State<Arc<App>>) -> Json<Page<TokenView>> {
    let state = caller.registry.head();
    let tokens = state
        .registry()
        .tokens()
        .filter(|token| token.scope == TokenScope::Root);
    Json(Page::whole(tokens.map(|token| TokenView::of(token, &app)).collect()))
}

/// Create a root token. Needs the root token.
#[utoipa::path(post, path = "/v1/tokens", tag = "root tokens", request_body = NewRootToken, responses(
    (status = 201, description = "The new token, with its secret", body = NewTokenView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: RootCaller,
    State(app): State<Arc<App>>,
    Body(new): Body<NewRootToken>,
) -> Result<(StatusCode, Json<NewTokenView>), Problem> {
    issue(
        &caller.registry,
        caller.actor,
        &app,
        TokenScope::Root,
        new.name,
        new.expires_at,
    )
    .await
}

/// Make a root token stop working at once. Needs the root token.
#[utoipa::path(delete, path = "/v1/tokens/{token}", tag = "root tokens",
    params(("token" = uuid::Uuid, Path)), responses(
    (status = 204, description = "Revoked"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn revoke(caller: RootCaller, Id(token): Id<TokenId>) -> Result<StatusCode, Problem> {
    let command = RegistryCommand::RevokeToken {
        organization: None,
        token,
    };
    caller.registry.submit(Command::Registry(command), caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
