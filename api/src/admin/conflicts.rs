//! Conflicts: users whom more entities claim than can hold, and the decisions of administrators about them.

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::state::{Conflict, Decision, State};
use rolecall_engine::{Command, ConflictId, Effect, EntityId, EntityIndex, Keep, Rejection, Slot, UserId, claimants};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::decision_view::DecisionView;
use super::described::PageLimit;
use super::id::Id;
use super::page::{self, Page};
use super::query::Query;
use super::reference::{EntityRef, GroupRef, UserRef};
use crate::auth::{Approver, Caller, Viewer};
use crate::error::ApiError;
use crate::organization::{Submitted, aside};
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// What a conflict in a list takes: the mappings of all groups of its user are gone through for each claim.
const STEPS_PER_CONFLICT: u64 = 100;

/// An open conflict.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConflictView {
    id: Uuid,
    kind: KindWord,
    user: UserRef,
    /// The entity that the user is in, or comes back to once it is active. Between a sub-organization and teams or concurrency
    /// groups it is one of the side that the user is on.
    current: ClaimView,
    /// What the user would be in instead.
    incoming: Vec<ClaimView>,
    /// All entities that claim the user: a decision is for exactly this set.
    claimed: Vec<EntityRef>,
    opened_at: Time,
    /// The entry that opened it.
    opened_position: u64,
}

/// An entity, and the groups of the user that are mapped to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClaimView {
    entity: EntityRef,
    groups: Vec<GroupRef>,
}

/// What a conflict is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindWord {
    /// Several concurrency groups.
    ExclusiveGroup,
    /// Several sub-organizations.
    ExclusiveSubOrganization,
    /// A sub-organization on one side, teams or concurrency groups on the other.
    CrossType,
}

/// Which conflicts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConflictsQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<Uuid>,
    /// Only conflicts of this user.
    user_id: Option<Uuid>,
    /// Only conflicts of this kind.
    #[param(inline)]
    kind: Option<KindWord>,
}

/// How to resolve a conflict.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolution {
    keep: KeepWord,
    /// Which of the incoming entities is to hold, where there are several to choose from.
    entity_id: Option<Uuid>,
    /// For whom the decision is.
    #[serde(default)]
    r#for: ForWord,
}

/// What is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeepWord {
    /// What holds now.
    Current,
    /// What is incoming.
    Incoming,
}

/// For whom a decision is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForWord {
    /// The user of the conflict.
    #[default]
    User,
    /// Every user with the same set who has no decision of its own, now and later.
    Everyone,
}

/// What a resolution came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResolvedView {
    /// What is remembered from now on.
    decision: DecisionView,
    /// How many conflicts it closed.
    closed_conflicts: u64,
}

impl ConflictView {
    fn of(conflict: &Conflict, state: &State) -> Self {
        let user = state.user_at(conflict.user);
        let claim = |entity: EntityIndex| ClaimView {
            entity: EntityRef::at(entity, state),
            groups: claimants(state, user, entity)
                .map(|mapping| GroupRef::at(mapping.group, state))
                .collect(),
        };
        // The one that stands for a side need not be the one that the side comes to for this user.
        let prevailing = conflict.prevailing(state);
        let of_side = prevailing.first().filter(|_| !prevailing.contains(&conflict.current));
        Self {
            id: conflict.id.uuid(),
            kind: KindWord::of(conflict),
            user: UserRef::of(user),
            current: claim(*of_side.unwrap_or(&conflict.current)),
            incoming: conflict.incoming(state).map(claim).collect(),
            claimed: conflict
                .claimed
                .iter()
                .map(|entity| EntityRef::at(*entity, state))
                .collect(),
            opened_at: Time(conflict.opened.at),
            opened_position: conflict.opened.position.get(),
        }
    }
}

impl KindWord {
    fn of(conflict: &Conflict) -> Self {
        Self::of_slot(conflict.slot)
    }

    /// The slot that conflicts of this kind are over.
    fn slot(self) -> Slot {
        match self {
            Self::ExclusiveGroup => Slot::ConcurrencyGroup,
            Self::ExclusiveSubOrganization => Slot::SubOrganization,
            Self::CrossType => Slot::CrossType,
        }
    }

    /// The kind of conflict over this slot.
    pub(crate) fn of_slot(slot: Slot) -> Self {
        match slot {
            Slot::ConcurrencyGroup => Self::ExclusiveGroup,
            Slot::SubOrganization => Self::ExclusiveSubOrganization,
            Slot::CrossType => Self::CrossType,
        }
    }
}

impl Resolution {
    fn keep(&self) -> Result<Keep, ApiError> {
        match (self.keep, self.entity_id) {
            (KeepWord::Current, None) => Ok(Keep::Current),
            (KeepWord::Incoming, entity) => Ok(Keep::Incoming(entity.map(EntityId::new))),
            (KeepWord::Current, Some(_)) => Err(ApiError::Value {
                place: "entity_id".to_owned(),
                reason: "it names what comes in, so it goes with `keep`: `incoming` alone".to_owned(),
            }),
        }
    }
}

/// List the open conflicts, oldest first. One closes by itself when its claims change or fewer than two are left.
#[utoipa::path(get, path = "/v1/organizations/{organization}/conflicts", tag = "conflicts",
    params(("organization" = Uuid, Path), ConflictsQuery), responses(
    (status = 200, description = "Open conflicts, oldest first", body = Page<ConflictView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Query(query): Query<ConflictsQuery>,
) -> Result<Json<Page<ConflictView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let after = query.after.map(ConflictId::new);
    let page = move || {
        let cursor = |conflict: &&Conflict| conflict.id.to_string();
        let view = |conflict: &Conflict| ConflictView::of(conflict, &state);
        match (query.user_id, query.kind) {
            (None, None) => Page::of(state.conflicts_after(after), limit, cursor, view),
            (None, Some(kind)) => Page::of(state.conflicts_over(kind.slot(), after), limit, cursor, view),
            (Some(user), kind) => {
                let mut of_user = state.conflicts_of(UserId::new(user));
                of_user.retain(|conflict| kind.is_none_or(|kind| kind == KindWord::of(conflict)));
                of_user.retain(|conflict| after.is_none_or(|after| conflict.id > after));
                Page::of(of_user.into_iter(), limit, cursor, view)
            }
        }
    };
    let steps = page::steps(limit, STEPS_PER_CONFLICT);
    Ok(Json(aside::run(caller.organization.long_works(), steps, page).await?))
}

/// Read an open conflict.
#[utoipa::path(get, path = "/v1/organizations/{organization}/conflicts/{conflict}", tag = "conflicts",
    params(("organization" = Uuid, Path), ("conflict" = Uuid, Path)), responses(
    (status = 200, description = "The conflict", body = ConflictView),
    (status = "4XX", description = "Refused. 404 also when it has closed by itself", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(conflict): Id<ConflictId>) -> Result<Json<ConflictView>, Problem> {
    let state = caller.state();
    let conflict = state.conflict_by_id(conflict).ok_or(Rejection::UnknownConflict)?;
    Ok(Json(ConflictView::of(conflict, &state)))
}

/// Resolve a conflict, for its user or for everyone with the same set. It is remembered for when that set comes again.
#[utoipa::path(post, path = "/v1/organizations/{organization}/conflicts/{conflict}/resolve", tag = "conflicts",
    params(("organization" = Uuid, Path), ("conflict" = Uuid, Path)), request_body = Resolution, responses(
    (status = 200, description = "The decision, and how many conflicts it closed", body = ResolvedView),
    (status = "4XX", description = "Refused. 404 also when it has closed by itself", body = ProblemBody),
))]
pub(crate) async fn resolve(
    caller: Caller<Approver>,
    Id(conflict): Id<ConflictId>,
    Body(resolution): Body<Resolution>,
) -> Result<Json<ResolvedView>, Problem> {
    let command = Command::ResolveConflict {
        conflict,
        keep: resolution.keep()?,
        everyone: resolution.r#for == ForWord::Everyone,
    };
    let Submitted { state, entry } = caller.submit(command).await?;
    let decision = state.decisions().get(conflict).ok_or(ApiError::Internal)?;
    let consequences = entry.iter().flat_map(|entry| &entry.consequences);
    let closed = consequences.filter_map(|consequence| match &consequence.effect {
        Effect::ConflictsClosed { users, .. } => Some(users.len()),
        _ => None,
    });
    Ok(Json(ResolvedView {
        decision: DecisionView::of(decision, &state),
        closed_conflicts: closed.sum(),
    }))
}

/// Which decisions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionsQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<Uuid>,
}

/// List the decisions that are remembered.
#[utoipa::path(get, path = "/v1/organizations/{organization}/conflicts/decisions", tag = "conflicts",
    params(("organization" = Uuid, Path), DecisionsQuery), responses(
    (status = 200, description = "Decisions, in the order in which their conflicts opened", body = Page<DecisionView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn decisions(
    caller: Caller<Viewer>,
    Query(query): Query<DecisionsQuery>,
) -> Result<Json<Page<DecisionView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let rows = state.decisions().after(query.after.map(ConflictId::new));
    let cursor = |decision: &&Decision| decision.id.to_string();
    Ok(Json(Page::of(rows, limit, cursor, |decision| {
        DecisionView::of(decision, &state)
    })))
}

/// Forget a decision. The entity that holds stays, and a conflict opens again for whoever is still claimed by the same set.
#[utoipa::path(delete, path = "/v1/organizations/{organization}/conflicts/decisions/{decision}", tag = "conflicts",
    params(("organization" = Uuid, Path), ("decision" = Uuid, Path)), responses(
    (status = 204, description = "It is forgotten"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn forget(caller: Caller<Approver>, Id(decision): Id<ConflictId>) -> Result<StatusCode, Problem> {
    caller.submit(Command::ForgetDecision { decision }).await?;
    Ok(StatusCode::NO_CONTENT)
}
