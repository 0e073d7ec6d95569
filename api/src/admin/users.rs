//! Users: what the identity providers pushed, and what follows: role and entities, each with its reasons.

use axum::Json;
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::{Membership, State, User};
use rolecall_engine::{Claims, Prevailing, Rejection, UserId, UserIndex};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::described::{AfterIndex, PageLimit, RoleText};
use super::id::Id;
use super::membership_view::{RoleClaimView, SourceView, sources_of};
use super::page::{self, Page};
use super::query::Query;
use super::rule_body::TypeWord;
use crate::auth::{Caller, Viewer};
use crate::error::ApiError;
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
    /// Only users who have this role.
    #[param(value_type = Option<RoleText>, inline)]
    role: Option<String>,
    /// Only users who are active, or only those who are not.
    active: Option<bool>,
}

impl UsersQuery {
    /// A role that the organization does not have is a mistake, and not the role of nobody.
    fn check(&self, state: &State) -> Result<(), ApiError> {
        let (Some(role), roles) = (&self.role, &state.settings().roles) else {
            return Ok(());
        };
        if roles.iter().any(|known| known.as_str() == role) {
            return Ok(());
        }
        let known: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
        let reason = format!(
            "`role` has to be one of the roles of this organization: {}",
            known.join(", ")
        );
        Err(ApiError::Query { reason })
    }

    fn wants(&self, user: &User) -> bool {
        let role = user.role.as_ref().map(RoleName::as_str);
        self.role.as_deref().is_none_or(|wanted| role == Some(wanted))
            && self.active.is_none_or(|wanted| user.active == wanted)
    }

    /// About how many steps a page takes.
    fn steps(&self, first: UserIndex, limit: usize, state: &State) -> u64 {
        if self.role.is_none() && self.active.is_none() {
            return state.users_from(first).take(limit).map(steps_of).sum();
        }
        // All users may have to be looked at.
        let counts = state.counts();
        counts.inactive_users + counts.active_users.values().sum::<u64>()
    }
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
    query.check(&state)?;
    if let Some(name) = &query.user_name {
        let found = state.user_by_name(name).filter(|user| query.wants(user));
        let found = found.map(|user| UserView::of(user, &state));
        return Ok(Json(Page::whole(found.into_iter().collect())));
    }
    let first = page::first(query.after);
    let steps = query.steps(first, limit, &state);
    let page = move || {
        let rows = state.users_from(first).filter(|user| query.wants(user));
        let cursor = |user: &&User| u32::from(user.index).to_string();
        Page::of(rows, limit, cursor, |user| UserView::of(user, &state))
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
