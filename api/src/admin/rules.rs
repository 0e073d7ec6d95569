//! Rules: which groups go where.

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::state::{State, StoredRule};
use rolecall_engine::{Command, Fact, Rejection, RuleId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::created::created_in;
use super::id::Id;
use super::page::Page;
use super::rule_body::{PatternBody, RuleBody, TargetBody};
use crate::auth::{Admin, Caller, Viewer};
use crate::error::ApiError;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// A rule as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleView {
    id: Uuid,
    /// 1 when created, one more with each change.
    version: u32,
    /// What administrators call it.
    name: String,
    /// The group names that it is for.
    r#match: PatternBody,
    /// Group names that it is not for, though `match` matches them.
    exclude: Vec<PatternBody>,
    /// What the members of a group are put into.
    targets: Vec<TargetBody>,
    /// A role for the members of a group, besides.
    role: Option<String>,
    /// Whether a match takes effect without approval.
    auto_approve: bool,
    /// The higher one is asked first; among equals the one created first.
    priority: i32,
    /// Whether the rule is asked at all.
    enabled: bool,
    /// How many mappings follow from an older version of the rule, or from it though it no longer decides their groups.
    stale_mappings: u64,
    created_at: Time,
    modified_at: Time,
}

impl RuleView {
    fn of(stored: &StoredRule, state: &State) -> Self {
        let body = RuleBody::of(stored.rule.definition());
        Self {
            id: stored.id.uuid(),
            version: stored.version,
            name: body.name,
            r#match: body.r#match,
            exclude: body.exclude,
            targets: body.targets,
            role: body.role,
            auto_approve: body.auto_approve,
            priority: body.priority,
            enabled: body.enabled,
            stale_mappings: state.stale_mappings_of(stored.id),
            created_at: Time(stored.created.at),
            modified_at: Time(stored.modified.at),
        }
    }
}

/// List the rules, in the order in which they decide: the first one that matches wins.
#[utoipa::path(get, path = "/v1/organizations/{organization}/rules", tag = "rules",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "All rules, in the order in which they decide", body = Page<RuleView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(caller: Caller<Viewer>) -> Json<Page<RuleView>> {
    let state = caller.state();
    let rules = state.rules().iter().map(|rule| RuleView::of(rule, &state));
    Json(Page::whole(rules.collect()))
}

/// Create a rule. It decides groups that are created, renamed or restored from now on.
#[utoipa::path(post, path = "/v1/organizations/{organization}/rules", tag = "rules",
    params(("organization" = Uuid, Path)), request_body = RuleBody, responses(
    (status = 201, description = "The new rule", body = RuleView),
    (status = "4XX", description = "Refused; `problems` names all that is wrong, each with its place", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    Body(body): Body<RuleBody>,
) -> Result<(StatusCode, Json<RuleView>), Problem> {
    let submitted = caller
        .submit(Command::CreateRule {
            definition: body.into_definition()?,
        })
        .await?;
    let id = created_in(&submitted, |fact| match fact {
        Fact::RuleCreated { rule, .. } => Some(*rule),
        _ => None,
    })?;
    let rule = submitted.state.rules().get(id).ok_or(ApiError::Internal)?;
    Ok((StatusCode::CREATED, Json(RuleView::of(rule, &submitted.state))))
}

/// Read a rule.
#[utoipa::path(get, path = "/v1/organizations/{organization}/rules/{rule}", tag = "rules",
    params(("organization" = Uuid, Path), ("rule" = Uuid, Path)), responses(
    (status = 200, description = "The rule", body = RuleView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(rule): Id<RuleId>) -> Result<Json<RuleView>, Problem> {
    let state = caller.state();
    Ok(Json(RuleView::of(
        state.rules().get(rule).ok_or(Rejection::UnknownRule)?,
        &state,
    )))
}

/// Change a rule: it says this from now on. Mappings that it made before stay as they are, and show as stale.
#[utoipa::path(put, path = "/v1/organizations/{organization}/rules/{rule}", tag = "rules",
    params(("organization" = Uuid, Path), ("rule" = Uuid, Path)), request_body = RuleBody, responses(
    (status = 200, description = "The rule as it is now", body = RuleView),
    (status = "4XX", description = "Refused; `problems` names all that is wrong, each with its place", body = ProblemBody),
))]
pub(crate) async fn change(
    caller: Caller<Admin>,
    Id(rule): Id<RuleId>,
    Body(body): Body<RuleBody>,
) -> Result<Json<RuleView>, Problem> {
    let submitted = caller
        .submit(Command::ChangeRule {
            rule,
            definition: body.into_definition()?,
        })
        .await?;
    Ok(Json(RuleView::of(
        submitted.state.rules().get(rule).ok_or(ApiError::Internal)?,
        &submitted.state,
    )))
}

/// Delete a rule. Mappings that it made stay as they are.
#[utoipa::path(delete, path = "/v1/organizations/{organization}/rules/{rule}", tag = "rules",
    params(("organization" = Uuid, Path), ("rule" = Uuid, Path)), responses(
    (status = 204, description = "Deleted"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn delete(caller: Caller<Admin>, Id(rule): Id<RuleId>) -> Result<StatusCode, Problem> {
    caller.submit(Command::DeleteRule { rule }).await?;
    Ok(StatusCode::NO_CONTENT)
}
