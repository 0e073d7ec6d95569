//! Users: what the identity providers pushed, and what follows: role and entities, each with its reasons.

use axum::Json;
use rolecall_engine::state::{Membership, State, User};
use rolecall_engine::{Claims, Prevailing, Rejection, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::described::{AfterIndex, PageLimit};
use super::id::Id;
use super::membership_view::{RoleClaimView, SourceView, sources_of};
use super::page::{self, Page};
use super::query::Query;
use super::rule_body::TypeWord;
use crate::auth::{Caller, Viewer};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    id: Uuid,
    /// `null` when it was erased.
    user_name: Option<String>,
    display_name: Option<String>,
    external_id: Option<String>,
    active: bool,
    /// The role in force; `null` while inactive.
    role: Option<String>,
    /// All reasons for a role, highest first; the default role applies without any.
    role_claims: Vec<RoleClaimView>,
    group_ids: Vec<Uuid>,
    entities: Vec<MembershipView>,
    created_at: Time,
    modified_at: Time,
}

/// An entity that a user is in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MembershipView {
    id: Uuid,
    r#type: TypeWord,
    name: String,
    external_id: Option<String>,
    since: Time,
    /// The entry that put the user there.
    since_position: u64,
    /// Why.
    sources: Vec<SourceView>,
}

/// Which users to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsersQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(value_type = Option<AfterIndex>, inline)]
    after: Option<u32>,
    /// Only the user of this name.
    user_name: Option<String>,
}

impl UserView {
    fn of(user: &User, state: &State) -> Self {
        let person = user.person.as_deref();
        let prevailing = Prevailing::of(user, state);
        Self {
            id: user.id.uuid(),
            user_name: person.map(|person| person.user_name.clone()),
            display_name: person.and_then(|person| person.display_name.clone()),
            external_id: person.and_then(|person| person.external_id.clone()),
            active: user.active,
            role: user.role.as_ref().map(ToString::to_string),
            role_claims: Claims::with_holds(user, state)
                .roles
                .iter()
                .map(RoleClaimView::of)
                .collect(),
            group_ids: user.groups().map(|group| state.group_at(group).id.uuid()).collect(),
            entities: user
                .memberships
                .iter()
                .map(|membership| MembershipView::of(membership, &prevailing, user, state))
                .collect(),
            created_at: Time(user.created.at),
            modified_at: Time(state.user_version(user).at),
        }
    }
}

impl MembershipView {
    fn of(membership: &Membership, prevailing: &Prevailing, user: &User, state: &State) -> Self {
        let entity = state.entity_at(membership.entity);
        Self {
            id: entity.id.uuid(),
            r#type: entity.entity_type.into(),
            name: entity.name.clone(),
            external_id: entity.external_id.clone(),
            since: Time(membership.since.at),
            since_position: membership.since.position.get(),
            sources: sources_of(prevailing, membership.entity, user, state),
        }
    }
}

/// List the users.
#[utoipa::path(get, path = "/v1/organizations/{organization}/users", tag = "users",
    params(("organization" = Uuid, Path), UsersQuery), responses(
    (status = 200, description = "Users, in the order of their creation", body = Page<UserView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Query(query): Query<UsersQuery>,
) -> Result<Json<Page<UserView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    if let Some(name) = query.user_name {
        let found = state.user_by_name(&name).map(|user| UserView::of(user, &state));
        return Ok(Json(Page::whole(found.into_iter().collect())));
    }
    let first = page::first(query.after);
    let steps = state.users_from(first).take(limit).map(steps_of).sum();
    let page = move || {
        let cursor = |user: &&User| u32::from(user.index).to_string();
        Page::of(state.users_from(first), limit, cursor, |user| {
            UserView::of(user, &state)
        })
    };
    Ok(Json(aside::run(caller.organization.long_works(), steps, page).await?))
}

/// About how many steps it takes to show a user: for each of its places the mappings of all its groups are gone through.
fn steps_of(user: &User) -> u64 {
    let (places, groups) = (user.memberships.len() + 1, user.groups().count() + 1);
    u64::try_from(places.saturating_mul(groups)).unwrap_or(u64::MAX)
}

/// Read a user.
#[utoipa::path(get, path = "/v1/organizations/{organization}/users/{user}", tag = "users",
    params(("organization" = Uuid, Path), ("user" = Uuid, Path)), responses(
    (status = 200, description = "The user", body = UserView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(user): Id<UserId>) -> Result<Json<UserView>, Problem> {
    let state = caller.state();
    Ok(Json(UserView::of(
        state.user(user).ok_or(Rejection::UnknownUser)?,
        &state,
    )))
}
