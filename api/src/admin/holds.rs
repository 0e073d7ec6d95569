//! Holds: removals that a brake keeps from happening until somebody decides.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::{Hold, State};
use rolecall_engine::{
    BrakeScope, Command, EntityId, EntityIndex, GroupId, HoldId, Rejection, UserId, UserIndex, UserSet,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::described::PageLimit;
use super::id::Id;
use super::page::{self, Page};
use super::query::Query;
use super::reference::{EntityRef, UserRef};
use crate::auth::{Admin, Caller, Viewer};
use crate::error::ApiError;
use crate::limits::USERS_SHOWN_MAX;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// Removals of one scope that wait for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldView {
    id: Uuid,
    scope: BrakeScopeView,
    /// The role that the users keep, for a scope of a role.
    role: Option<String>,
    opened_at: Time,
    /// The entry that opened it.
    opened_position: u64,
    /// How many removals had passed inside the window when it opened.
    passed: u64,
    /// How many may pass; for `min_admins`, how many active users of the highest role there have to be.
    limit: u64,
    /// How many removals it holds: users of each entity, or of the role.
    changes: u64,
}

/// What a discard left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiscardView {
    /// The hold, which goes on.
    hold: HoldView,
    /// How many of the users who were to be discarded stay in it, as they are pinned to another role or excluded from this one.
    stayed: u64,
    /// The first of them.
    user_ids: Vec<Uuid>,
}

/// Whom a brake watches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrakeScopeView {
    /// `organization`, `highest_role`, `entity`, `group_entity` or `min_admins`.
    #[schema(example = "organization")]
    kind: &'static str,
    entity_id: Option<Uuid>,
    group_id: Option<Uuid>,
}

/// A user who is held.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldView {
    user: UserRef,
    /// The entity that the user stays in; `null`: the role.
    entity: Option<EntityRef>,
    /// The role that the user keeps; `null`: the entity.
    role: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldsQuery {
    /// The `next` of the page before.
    after: Option<Uuid>,
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeldQuery {
    /// The `next` of the page before.
    #[param(pattern = "^(role|[0-9]{1,9})\\.[0-9]{1,9}$")]
    after: Option<String>,
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
}

/// For whom to decide.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldUsers {
    /// For these users alone; left out: for all. After a release for all the scope counts anew.
    user_ids: Option<Vec<Uuid>>,
}

impl HoldView {
    fn of(hold: &Hold) -> Self {
        Self {
            id: hold.id.uuid(),
            scope: BrakeScopeView::of(hold.scope),
            role: hold.role.as_ref().map(RoleName::to_string),
            opened_at: Time(hold.opened.at),
            opened_position: hold.opened.position.get(),
            passed: hold.passed,
            limit: hold.limit,
            changes: hold.changes,
        }
    }
}

impl BrakeScopeView {
    /// The scope.
    pub(crate) fn of(scope: BrakeScope) -> Self {
        let (entity, group) = match scope {
            BrakeScope::Entity(entity) => (Some(entity), None),
            BrakeScope::GroupEntity { entity, group } => (Some(entity), Some(group)),
            BrakeScope::Organization | BrakeScope::HighestRole | BrakeScope::MinAdmins => (None, None),
        };
        Self {
            kind: scope.kind(),
            entity_id: entity.map(EntityId::uuid),
            group_id: group.map(GroupId::uuid),
        }
    }
}

impl HeldView {
    fn of(hold: &Hold, entity: Option<EntityIndex>, user: UserIndex, state: &State) -> Self {
        let role = hold.role.as_ref().filter(|_| entity.is_none());
        Self {
            user: UserRef::at(user, state),
            entity: entity.map(|entity| EntityRef::at(entity, state)),
            role: role.map(RoleName::to_string),
        }
    }
}

/// List the open holds. One closes by itself when the identity provider puts everybody back.
#[utoipa::path(get, path = "/v1/organizations/{organization}/holds", tag = "holds",
    params(("organization" = Uuid, Path), HoldsQuery), responses(
    (status = 200, description = "Open holds, in the order of their opening", body = Page<HoldView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Query(query): Query<HoldsQuery>,
) -> Result<Json<Page<HoldView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let rows = state.holds_after(query.after.map(HoldId::new));
    Ok(Json(Page::of(rows, limit, |hold| hold.id.to_string(), HoldView::of)))
}

/// Read an open hold.
#[utoipa::path(get, path = "/v1/organizations/{organization}/holds/{hold}", tag = "holds",
    params(("organization" = Uuid, Path), ("hold" = Uuid, Path)), responses(
    (status = 200, description = "The hold", body = HoldView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(hold): Id<HoldId>) -> Result<Json<HoldView>, Problem> {
    let state = caller.state();
    Ok(Json(HoldView::of(state.hold(hold).ok_or(Rejection::UnknownHold)?)))
}

/// List whom a hold keeps where.
#[utoipa::path(get, path = "/v1/organizations/{organization}/holds/{hold}/users", tag = "holds",
    params(("organization" = Uuid, Path), ("hold" = Uuid, Path), HeldQuery), responses(
    (status = 200, description = "Users with what they keep, by entity", body = Page<HeldView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn users(
    caller: Caller<Viewer>,
    Id(hold): Id<HoldId>,
    Query(query): Query<HeldQuery>,
) -> Result<Json<Page<HeldView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let hold = state.hold(hold).ok_or(Rejection::UnknownHold)?;
    let after = query.after.as_deref().map(place).transpose()?;
    let view = |(entity, user)| HeldView::of(hold, entity, user, &state);
    Ok(Json(Page::of(hold.held_after(after), limit, cursor, view)))
}

/// Release a hold: what the identity provider asked for happens now.
#[utoipa::path(post, path = "/v1/organizations/{organization}/holds/{hold}/release", tag = "holds",
    params(("organization" = Uuid, Path), ("hold" = Uuid, Path)), request_body = HoldUsers, responses(
    (status = 204, description = "Released"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn release(
    caller: Caller<Admin>,
    Id(hold): Id<HoldId>,
    Body(whom): Body<HoldUsers>,
) -> Result<StatusCode, Problem> {
    let users = whom.users();
    caller.submit(Command::ReleaseHold { hold, users }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Discard a hold: what the identity provider asked for is dropped, and the users keep what they have. Memberships become those
/// given by hand, the role becomes a pin, up to 1,000 by one request. Who is pinned to another role, or excluded from this one, stays in the hold.
#[utoipa::path(post, path = "/v1/organizations/{organization}/holds/{hold}/discard", tag = "holds",
    params(("organization" = Uuid, Path), ("hold" = Uuid, Path)), request_body = HoldUsers, responses(
    (status = 200, description = "Discarded but for users who are pinned to another role or excluded from this one, and stay in the hold", body = DiscardView),
    (status = 204, description = "Discarded"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn discard(
    caller: Caller<Admin>,
    Id(hold): Id<HoldId>,
    Body(whom): Body<HoldUsers>,
) -> Result<Response, Problem> {
    let users = whom.users();
    let asked = users.clone();
    let state = caller.submit(Command::DiscardHold { hold, users }).await?.state;
    let left = state
        .hold(hold)
        .and_then(|hold| DiscardView::of(hold, asked.as_deref(), &state));
    Ok(left.map_or_else(
        || StatusCode::NO_CONTENT.into_response(),
        |left| Json(left).into_response(),
    ))
}

impl DiscardView {
    /// What is left of those who were named, or of all; `None`: nobody.
    fn of(hold: &Hold, named: Option<&[UserId]>, state: &State) -> Option<Self> {
        let held = hold.users();
        let stayed = named.map_or_else(
            || held.clone(),
            |named| {
                let named = named.iter().filter_map(|user| state.user(*user));
                let named: UserSet = named.map(|user| user.index).collect();
                named.intersection(&held)
            },
        );
        let shown = stayed.iter().take(USERS_SHOWN_MAX);
        (!stayed.is_empty()).then(|| Self {
            hold: HoldView::of(hold),
            stayed: stayed.len(),
            user_ids: shown.map(|user| state.user_at(user).id.uuid()).collect(),
        })
    }
}

impl HoldUsers {
    fn users(self) -> Option<Vec<UserId>> {
        let users = self.user_ids?;
        Some(users.into_iter().map(UserId::new).collect())
    }
}

/// The cursor of a row: the entity, or the word for the role, and the user.
fn cursor((entity, user): &(Option<EntityIndex>, UserIndex)) -> String {
    let entity = entity.map_or_else(|| "role".to_owned(), |entity| u32::from(entity).to_string());
    format!("{entity}.{}", u32::from(*user))
}

/// The row of a cursor.
fn place(cursor: &str) -> Result<(Option<EntityIndex>, UserIndex), ApiError> {
    let read = || {
        let (entity, user) = cursor.split_once('.')?;
        let number = |text: &str| text.parse::<u32>().ok();
        let entity = match entity {
            "role" => None,
            entity => Some(EntityIndex::from(number(entity)?)),
        };
        Some((entity, UserIndex::from(number(user)?)))
    };
    read().ok_or_else(|| ApiError::Query {
        reason: "`after` has to be the `next` of the page before".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_the_place_it_was_made_of() {
        for row in [
            (None, UserIndex::from(7)),
            (Some(EntityIndex::from(3)), UserIndex::from(0)),
        ] {
            assert_eq!(place(&cursor(&row)).unwrap(), row);
        }
        for wrong in ["", "role", "3", "3.x", "-1.2", "3.4.5"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }
}
