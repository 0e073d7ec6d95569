//! Memberships that an administrator gives and takes by hand.

use std::collections::BTreeSet;

use axum::Json;
use rolecall_engine::state::{Entity, State, User};
use rolecall_engine::{Command, EntityId, Prevailing, Rejection, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::id::{Id, IdPair};
use super::membership_view::{SourceView, sources_of};
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::limits::USERS_SHOWN_MAX;
use crate::organization::Submitted;
use crate::problem::{Problem, ProblemBody};

/// How a user stands to an entity after a membership was given or taken by hand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingView {
    entity_id: Uuid,
    user_id: Uuid,
    /// Whether the user is in the entity now.
    is_member: bool,
    /// Whether the user has the membership by hand now.
    by_hand: bool,
    /// What speaks for the user being there: what holds it there, or would bring it back.
    sources: Vec<SourceView>,
    /// The same in words, with what to do about it.
    text: String,
}

/// Users to put into an entity by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMembers {
    user_ids: Vec<Uuid>,
}

/// How the users stand to the entity after they were put there by hand. All of them have the membership by hand now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GivenView {
    entity_id: Uuid,
    /// How many of the users are in the entity now.
    members: usize,
    /// How many are not: they are not active, or something that counts more puts them into another entity of the type. They come
    /// in when that ends.
    waiting: usize,
    /// Those who are not; the first 100.
    waiting_user_ids: Vec<Uuid>,
}

/// A user and an entity, for the words about them.
struct Standing<'s> {
    state: &'s State,
    user: &'s User,
    entity: &'s Entity,
    sources: Vec<SourceView>,
}

impl<'s> Standing<'s> {
    fn of(state: &'s State, entity: EntityId, user: UserId) -> Result<Self, ApiError> {
        let entity = state.entity(entity).ok_or(ApiError::Internal)?;
        let user = state.user(user).ok_or(ApiError::Internal)?;
        Ok(Self {
            state,
            user,
            entity,
            sources: sources_of(&Prevailing::of(user, state), entity.index, user, state),
        })
    }

    fn view(self, text: String) -> StandingView {
        StandingView {
            entity_id: self.entity.id.uuid(),
            user_id: self.user.id.uuid(),
            is_member: self.is_member(),
            by_hand: self.state.is_manual(self.user.index, self.entity.index),
            sources: self.sources,
            text,
        }
    }

    fn is_member(&self) -> bool {
        self.entity.members.contains(self.user.index)
    }

    /// After the membership was given.
    fn given(&self) -> String {
        if self.is_member() {
            return "the user is in the entity, and stays until somebody takes it out by hand".to_owned();
        }
        if !self.user.active {
            return "the user is not active; it comes into the entity once it is".to_owned();
        }
        let entity_type = self.entity.entity_type;
        format!(
            "a group or a pin puts the user into another {entity_type}, and counts more; the user comes in when that ends. To put it \
             here now, pin it to the entity"
        )
    }

    /// After the membership was taken.
    fn taken(&self) -> String {
        const EXCLUDE: &str = "to keep it out for good, exclude it from the entity (`POST .../exceptions`)";
        let comes_back = self.state.removed_by_hand(self.user.index, self.entity.index).is_some();
        if comes_back {
            return format!(
                "the user is out, and comes back with the next write that touches it or one of the groups in `sources`; {EXCLUDE}"
            );
        }
        if self.sources.is_empty() {
            return "the user is not in the entity".to_owned();
        }
        if !self.user.active {
            return format!(
                "the user is not in the entity, and comes back through `sources` once it is active; {EXCLUDE}"
            );
        }
        if !self.is_member() {
            let entity_type = self.entity.entity_type;
            return format!(
                "the user is not in the entity: another {entity_type} counts more than what `sources` names"
            );
        }
        if self.sources.iter().any(SourceView::is_pin) {
            return "the user stays: it is pinned to the entity; end the exception in `sources` to let it go"
                .to_owned();
        }
        format!("the user stays: `sources` hold it there, too; {EXCLUDE}")
    }
}

impl GivenView {
    fn of(state: &State, entity: EntityId, users: &BTreeSet<UserId>) -> Result<Self, ApiError> {
        let entity = state.entity(entity).ok_or(ApiError::Internal)?;
        let is_member = |user: &&UserId| {
            state
                .user(**user)
                .is_some_and(|user| entity.members.contains(user.index))
        };
        let members = users.iter().filter(is_member).count();
        let waiting = users.iter().filter(|user| !is_member(user));
        Ok(Self {
            entity_id: entity.id.uuid(),
            members,
            waiting: users.len() - members,
            waiting_user_ids: waiting.take(USERS_SHOWN_MAX).map(|user| user.uuid()).collect(),
        })
    }
}

/// Put a user into an entity by hand. It stays until it is taken out by hand. It has one concurrency group and one
/// sub-organization by hand: another one replaces it.
#[utoipa::path(put, path = "/v1/organizations/{organization}/entities/{entity}/members/{user}", tag = "entities",
    params(("organization" = Uuid, Path), ("entity" = Uuid, Path), ("user" = Uuid, Path)), responses(
    (status = 200, description = "How the user stands to the entity now", body = StandingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn give(
    caller: Caller<Admin>,
    IdPair(entity, user): IdPair<EntityId, UserId>,
) -> Result<Json<StandingView>, Problem> {
    // The user is in the path, where what is unknown is a resource that is not there.
    caller.state().user(user).ok_or(Rejection::UnknownUser)?;
    let users = vec![user];
    let Submitted { state, .. } = caller.submit(Command::GiveMembership { entity, users }).await?;
    let standing = Standing::of(&state, entity, user)?;
    let text = standing.given();
    Ok(Json(standing.view(text)))
}

/// Put users into an entity by hand, all of them or, if one of them cannot be, nobody.
#[utoipa::path(post, path = "/v1/organizations/{organization}/entities/{entity}/members", tag = "entities",
    params(("organization" = Uuid, Path), ("entity" = Uuid, Path)), request_body = NewMembers, responses(
    (status = 200, description = "How the users stand to the entity now", body = GivenView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn give_many(
    caller: Caller<Admin>,
    Id(entity): Id<EntityId>,
    Body(new): Body<NewMembers>,
) -> Result<Json<GivenView>, Problem> {
    let distinct: BTreeSet<UserId> = new.user_ids.into_iter().map(UserId::new).collect();
    let users = distinct.iter().copied().collect();
    let Submitted { state, .. } = caller.submit(Command::GiveMembership { entity, users }).await?;
    Ok(Json(GivenView::of(&state, entity, &distinct)?))
}

/// Take a user out of an entity by hand. Whom a group of a mapping holds in a team leaves now, and comes back with the next write
/// that touches the user or the group: an exclusion keeps the user out.
#[utoipa::path(delete, path = "/v1/organizations/{organization}/entities/{entity}/members/{user}", tag = "entities",
    params(("organization" = Uuid, Path), ("entity" = Uuid, Path), ("user" = Uuid, Path)), responses(
    (status = 200, description = "How the user stands to the entity now", body = StandingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn take(
    caller: Caller<Admin>,
    IdPair(entity, user): IdPair<EntityId, UserId>,
) -> Result<Json<StandingView>, Problem> {
    let Submitted { state, .. } = caller.submit(Command::TakeMembership { entity, user }).await?;
    let standing = Standing::of(&state, entity, user)?;
    let text = standing.taken();
    Ok(Json(standing.view(text)))
}
