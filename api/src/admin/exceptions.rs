//! Exceptions: pins and exclusions of users.

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::{Exception, State};
use rolecall_engine::{Command, EntityId, ExceptionId, Fact, Rejection, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::created::created_in;
use super::described::PageLimit;
use super::exception_body::{ExceptionBody, ExceptionWord};
use super::id::Id;
use super::page::{self, Page};
use super::query::Query;
use super::reference::{EntityRef, UserRef};
use crate::auth::{Admin, Caller, Viewer};
use crate::entry_view;
use crate::error::ApiError;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// What an administrator decided for one user, whatever rules and groups say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExceptionView {
    id: Uuid,
    kind: ExceptionWord,
    user: UserRef,
    /// The entity that it is about; `null`: a role.
    entity: Option<EntityRef>,
    /// The role that it is about; `null`: an entity.
    role: Option<String>,
    reason: String,
    /// Who set it.
    author: Value,
    created_at: Time,
    /// The entry that records it.
    created_position: u64,
    /// When it ends by itself; `null`: never.
    expires_at: Option<Time>,
    now: NowView,
}

/// What is so now. A pin waits while its user is not active, and `min_admins` may hold the demotion that an exclusion asks for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NowView {
    /// Whether the user is in the entity; `null`: it is about a role.
    is_member: Option<bool>,
    /// The role in force of the user; `null`: the user is not active.
    role: Option<String>,
}

/// Which exceptions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExceptionsQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<Uuid>,
    /// Only exceptions of this user.
    user_id: Option<Uuid>,
    /// Only exceptions about this entity.
    entity_id: Option<Uuid>,
    /// Only exceptions of this kind.
    #[param(inline)]
    kind: Option<ExceptionWord>,
}

impl ExceptionView {
    /// The exception.
    pub(super) fn of(exception: &Exception, state: &State) -> Self {
        let user = state.user_at(exception.user);
        let entity = exception.subject.entity();
        let is_member = |entity| {
            state
                .entity(entity)
                .is_some_and(|entity| entity.members.contains(user.index))
        };
        Self {
            id: exception.id.uuid(),
            kind: exception.kind.into(),
            user: UserRef::of(user),
            entity: entity.and_then(|entity| state.entity(entity)).map(EntityRef::of),
            role: exception.subject.role().map(RoleName::to_string),
            reason: exception.reason.clone(),
            author: entry_view::actor(exception.author),
            created_at: Time(exception.created.at),
            created_position: exception.created.position.get(),
            expires_at: exception.expires.map(Time),
            now: NowView {
                is_member: entity.map(is_member),
                role: user.role.as_ref().map(RoleName::to_string),
            },
        }
    }
}

/// List the pins and exclusions.
#[utoipa::path(get, path = "/v1/organizations/{organization}/exceptions", tag = "exceptions",
    params(("organization" = Uuid, Path), ExceptionsQuery), responses(
    (status = 200, description = "Exceptions, in the order of their creation", body = Page<ExceptionView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Query(query): Query<ExceptionsQuery>,
) -> Result<Json<Page<ExceptionView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let rows = query.rows(&state);
    let cursor = |exception: &&Exception| exception.id.to_string();
    let view = |exception: &Exception| ExceptionView::of(exception, &state);
    Ok(Json(Page::of(rows, limit, cursor, view)))
}

impl ExceptionsQuery {
    /// What is asked for, read by the narrowest way to it, in the order of creation.
    fn rows<'s>(&self, state: &'s State) -> Box<dyn Iterator<Item = &'s Exception> + 's> {
        let after = self.after.map(ExceptionId::new);
        let entity = self.entity_id.map(EntityId::new);
        let kind = self.kind.map(Into::into);
        let is_wanted = move |exception: &&Exception| {
            after.is_none_or(|after| exception.id > after)
                && kind.is_none_or(|kind| exception.kind == kind)
                && entity.is_none_or(|entity| exception.subject.entity() == Some(entity))
        };
        match (self.user_id, entity) {
            (Some(user), _) => {
                let user = state.user(UserId::new(user));
                let of_user = user.into_iter().flat_map(|user| state.exceptions().of_user(user.index));
                let mut found: Vec<_> = of_user.filter(is_wanted).collect();
                found.sort_by_key(|exception| exception.id);
                Box::new(found.into_iter())
            }
            (None, Some(entity)) => Box::new(state.exceptions().of_entity(entity).filter(is_wanted)),
            (None, None) => Box::new(state.exceptions().after(after).filter(is_wanted)),
        }
    }
}

/// Pin a user to an entity or a role, or exclude it from one. There is one exception about the same.
#[utoipa::path(post, path = "/v1/organizations/{organization}/exceptions", tag = "exceptions",
    params(("organization" = Uuid, Path)), request_body = ExceptionBody, responses(
    (status = 201, description = "The new exception", body = ExceptionView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    Body(body): Body<ExceptionBody>,
) -> Result<(StatusCode, Json<ExceptionView>), Problem> {
    let exception = body.into_input()?;
    let submitted = caller.submit(Command::SetException { exception }).await?;
    let id = created_in(&submitted, |fact| match fact {
        Fact::ExceptionSet { exception, .. } => Some(*exception),
        _ => None,
    })?;
    let exception = submitted.state.exceptions().get(id).ok_or(ApiError::Internal)?;
    Ok((
        StatusCode::CREATED,
        Json(ExceptionView::of(exception, &submitted.state)),
    ))
}

/// Read an exception.
#[utoipa::path(get, path = "/v1/organizations/{organization}/exceptions/{exception}", tag = "exceptions",
    params(("organization" = Uuid, Path), ("exception" = Uuid, Path)), responses(
    (status = 200, description = "The exception", body = ExceptionView),
    (status = "4XX", description = "Refused. 404 also when it has ended", body = ProblemBody),
))]
pub(crate) async fn read(
    caller: Caller<Viewer>,
    Id(exception): Id<ExceptionId>,
) -> Result<Json<ExceptionView>, Problem> {
    let state = caller.state();
    let exception = state.exceptions().get(exception).ok_or(Rejection::UnknownException)?;
    Ok(Json(ExceptionView::of(exception, &state)))
}

/// End an exception. What rules and groups say of the user counts again, at once.
#[utoipa::path(delete, path = "/v1/organizations/{organization}/exceptions/{exception}", tag = "exceptions",
    params(("organization" = Uuid, Path), ("exception" = Uuid, Path)), responses(
    (status = 204, description = "It has ended"),
    (status = "4XX", description = "Refused. 404 also when it has ended", body = ProblemBody),
))]
pub(crate) async fn end(caller: Caller<Admin>, Id(exception): Id<ExceptionId>) -> Result<StatusCode, Problem> {
    caller.submit(Command::RemoveException { exception }).await?;
    Ok(StatusCode::NO_CONTENT)
}
