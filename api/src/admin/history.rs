//! The history of a user, read from the record: every change of its role and of the entities it is in, and why.

use axum::Json;
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::State;
use rolecall_engine::{
    Because, Consequence, Effect, EntityId, Entry, MappingId, Position, Rejection, RoleChange, UserId, UserIndex,
    role_changes,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::described::{EntryPosition, PageLimit};
use super::id::Id;
use super::membership_view::RoleClaimView;
use super::page::{self, Page};
use super::query::Query;
use super::reference::{EntityRef, PlanRef};
use crate::auth::{Auditor, Caller};
use crate::entry_view;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// A change of the role of a user, or of the entities it is in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// The entry that records it.
    position: u64,
    at: Time,
    /// Who asked for what led to it; the server takes the steps of a plan, and `plan` says who applied it.
    actor: Value,
    /// The plan that the entry is a step of.
    plan: Option<PlanRef>,
    /// The fact of the entry that it follows from, from 0.
    fact: u32,
    /// The kind of that fact.
    fact_kind: Option<&'static str>,
    /// The rule that is the reason, where one is.
    rule_id: Option<Uuid>,
    rule_version: Option<u32>,
    /// The mapping that is the reason, where one is.
    mapping_id: Option<Uuid>,
    /// What changed.
    #[serde(flatten)]
    change: Change,
}

/// What changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Change {
    /// The role.
    RoleChanged {
        /// The role before; `null`: none.
        from: Option<String>,
        /// The role from then on; `null`: none.
        to: Option<String>,
        /// Why.
        cause: &'static str,
        /// The claims before.
        before: Vec<RoleClaimView>,
        /// The claims from then on.
        after: Vec<RoleClaimView>,
    },
    /// The user was put into an entity.
    Placed {
        /// The entity, with the name that it has now.
        entity: EntityRef,
    },
    /// The user was taken out of an entity.
    Unplaced {
        /// The entity, with the name that it has now.
        entity: EntityRef,
        /// Why.
        reason: &'static str,
    },
}

/// Which changes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// How many entries a page covers, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before, or the position of any other entry.
    #[param(value_type = Option<EntryPosition>, inline)]
    after: Option<u64>,
    /// Only changes of the role, or only changes of entities.
    #[param(inline)]
    of: Option<Subject>,
}

/// What changes are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    /// The role.
    Role,
    /// The entities.
    Entities,
}

/// List every change of the role of a user and of the entities it is in, oldest first. Works for deleted users, too.
#[utoipa::path(get, path = "/v1/organizations/{organization}/users/{user}/history", tag = "record", operation_id = "history",
    params(("organization" = Uuid, Path), ("user" = Uuid, Path), HistoryQuery), responses(
    (status = 200, description = "Changes, oldest first", body = Page<ChangeView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(
    caller: Caller<Auditor>,
    Id(user): Id<UserId>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Page<ChangeView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let user = state.user_ever(user).ok_or(Rejection::UnknownUser)?;
    let after = page::after(query.after, state.position())?;
    let mut rest = user.history.iter().copied().skip_while(|position| *position <= after);
    let positions: Vec<Position> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(positions.last()).map(Position::to_string);
    let (index, known) = (user.index, caller.state());
    let changes = move |entry: &Entry| -> Vec<ChangeView> {
        let mut changes = changes(entry, index, &known);
        changes.retain(|view| query.of.is_none_or(|wanted| wanted == view.change.subject()));
        changes
    };
    let items = caller.organization.read_at(positions, changes).await?;
    let items = items.into_iter().flatten().collect();
    Ok(Json(Page { items, next }))
}

impl Change {
    fn subject(&self) -> Subject {
        match self {
            Self::RoleChanged { .. } => Subject::Role,
            Self::Placed { .. } | Self::Unplaced { .. } => Subject::Entities,
        }
    }
}

fn changes(entry: &Entry, user: UserIndex, state: &State) -> Vec<ChangeView> {
    let placements = entry
        .consequences
        .iter()
        .filter_map(|consequence| placement(entry, consequence, user, state));
    let roles = role_changes(entry, user).map(|change| role_change(entry, change, state));
    placements.chain(roles).collect()
}

fn role_change(entry: &Entry, change: RoleChange, state: &State) -> ChangeView {
    let word = |role: Option<RoleName>| role.map(|role| role.to_string());
    let kind = Change::RoleChanged {
        from: word(change.from),
        to: word(change.to),
        cause: change.cause.as_str(),
        before: entry_view::role_claims(&change.before),
        after: entry_view::role_claims(&change.after),
    };
    view(entry, &change.because, kind, state)
}

fn placement(entry: &Entry, consequence: &Consequence, user: UserIndex, state: &State) -> Option<ChangeView> {
    let change = match &consequence.effect {
        Effect::MembersPlaced { entity, users } if users.contains(user) => Change::Placed {
            entity: entity_ref(*entity, state)?,
        },
        Effect::MembersUnplaced { entity, users, reason } if users.contains(user) => Change::Unplaced {
            entity: entity_ref(*entity, state)?,
            reason: reason.as_str(),
        },
        _ => return None,
    };
    Some(view(entry, &consequence.because, change, state))
}

fn entity_ref(entity: EntityId, state: &State) -> Option<EntityRef> {
    state.entity_ever(entity).map(EntityRef::of)
}

fn view(entry: &Entry, because: &Because, change: Change, state: &State) -> ChangeView {
    let fact = usize::try_from(because.fact)
        .ok()
        .and_then(|index| entry.facts.get(index));
    let plan = entry.step_of_plan().and_then(|plan| state.plan_started(plan));
    ChangeView {
        position: entry.position.get(),
        at: Time(entry.at),
        actor: entry_view::actor(entry.actor),
        plan: plan.map(PlanRef::of),
        fact: because.fact,
        fact_kind: fact.map(rolecall_engine::Fact::kind),
        rule_id: because.rule.map(|rule| rule.rule.uuid()),
        rule_version: because.rule.map(|rule| rule.version),
        mapping_id: because.mapping.map(MappingId::uuid),
        change,
    }
}
