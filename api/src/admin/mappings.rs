//! Mappings: which group feeds which entity, and the decisions of administrators about that.

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::state::{Mapping, State};
use rolecall_engine::{Command, EntityId, Fact, GroupId, MappingId, MappingTarget, Rejection, RuleId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::created::created_in;
use super::described::{AfterIndex, PageLimit, Target};
use super::id::Id;
use super::mapping_view::MappingView;
use super::object;
use super::page::{self, Page};
use super::query::Query;
use super::rule_body::TypeWord;
use crate::auth::{Admin, Approver, Caller, Viewer};
use crate::error::ApiError;
use crate::organization::Submitted;
use crate::problem::{Problem, ProblemBody};

/// Which mappings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MappingsQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(value_type = Option<AfterIndex>, inline)]
    after: Option<u32>,
    /// Only mappings of this status.
    #[param(inline)]
    status: Option<StatusWord>,
    /// Only mappings of this group.
    group_id: Option<Uuid>,
    /// Only mappings to this entity.
    entity_id: Option<Uuid>,
    /// Only mappings that this rule made.
    rule_id: Option<Uuid>,
    /// Only those whose rule is no longer what it was, or decides otherwise by now; or only the others.
    stale: Option<bool>,
}

impl MappingsQuery {
    fn wants(&self, mapping: &Mapping, state: &State) -> bool {
        let group = state.group_at(mapping.group).id;
        let entity = mapping.entity.map(|entity| state.entity_at(entity).id);
        let rule = mapping.origin.rule().map(|version| version.rule);
        self.status
            .is_none_or(|status| status.as_str() == mapping.status.as_str())
            && self.group_id.is_none_or(|id| group == GroupId::new(id))
            && self.entity_id.is_none_or(|id| entity == Some(EntityId::new(id)))
            && self.rule_id.is_none_or(|id| rule == Some(RuleId::new(id)))
            && self.stale.is_none_or(|stale| stale == state.is_stale(mapping))
    }
}

/// The status of a mapping.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusWord {
    /// It waits for an administrator.
    Pending,
    /// An administrator approved it.
    Approved,
    /// Its rule approved it.
    AutoApproved,
    /// An administrator rejected it.
    Rejected,
    /// It is over.
    Ended,
}

impl StatusWord {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::AutoApproved => "auto_approved",
            Self::Rejected => "rejected",
            Self::Ended => "ended",
        }
    }
}

/// A group and the entity to bind it to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMapping {
    group_id: Uuid,
    #[serde(deserialize_with = "object::one")]
    #[schema(value_type = Target)]
    target: TargetChoice,
}

/// How to approve.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// Another entity than the proposed one.
    #[serde(default, deserialize_with = "object::optional")]
    #[schema(value_type = Option<Target>)]
    target: Option<TargetChoice>,
}

/// An entity: by its id, or by type and name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetChoice {
    /// An entity that exists.
    entity_id: Option<Uuid>,
    /// The type of an entity that is named.
    r#type: Option<TypeWord>,
    /// The name of an entity. A team or concurrency group is created when there is none of that name; on approval, only under
    /// the name that was proposed.
    name: Option<String>,
}

impl TryFrom<TargetChoice> for MappingTarget {
    type Error = ApiError;

    fn try_from(choice: TargetChoice) -> Result<Self, ApiError> {
        match choice {
            TargetChoice {
                entity_id: Some(id),
                r#type: None,
                name: None,
            } => Ok(Self::Entity(EntityId::new(id))),
            TargetChoice {
                entity_id: None,
                r#type: Some(entity_type),
                name: Some(name),
            } => Ok(Self::Named {
                entity_type: entity_type.into(),
                name,
            }),
            _ => {
                let reason = "write either `entity_id`, or both `type` and `name`".to_owned();
                Err(ApiError::Value {
                    place: "target".to_owned(),
                    reason,
                })
            }
        }
    }
}

/// List the mappings, ended ones included.
#[utoipa::path(get, path = "/v1/organizations/{organization}/mappings", tag = "mappings",
    params(("organization" = Uuid, Path), MappingsQuery), responses(
    (status = 200, description = "Mappings, in the order of their creation", body = Page<MappingView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Query(query): Query<MappingsQuery>,
) -> Result<Json<Page<MappingView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let rows = state.mappings_from(page::first(query.after));
    let rows = rows.filter(|mapping| query.wants(mapping, &state));
    let cursor = |mapping: &&_| index(mapping);
    Ok(Json(Page::of(rows, limit, cursor, |mapping| {
        MappingView::of(mapping, &state)
    })))
}

fn index(mapping: &Mapping) -> String {
    u32::from(mapping.index).to_string()
}

/// Bind a group to an entity by hand.
#[utoipa::path(post, path = "/v1/organizations/{organization}/mappings", tag = "mappings",
    params(("organization" = Uuid, Path)), request_body = NewMapping, responses(
    (status = 201, description = "The new mapping: approved, or pending where another person has to approve it", body = MappingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    Body(new): Body<NewMapping>,
) -> Result<(StatusCode, Json<MappingView>), Problem> {
    let command = Command::CreateMapping {
        group: GroupId::new(new.group_id),
        target: new.target.try_into()?,
    };
    let submitted = caller.submit(command).await?;
    let id = created_in(&submitted, |fact| match fact {
        Fact::MappingRequested { mapping, .. } => Some(*mapping),
        _ => None,
    })?;
    Ok((StatusCode::CREATED, now(&submitted, id)?))
}

/// Read a mapping.
#[utoipa::path(get, path = "/v1/organizations/{organization}/mappings/{mapping}", tag = "mappings",
    params(("organization" = Uuid, Path), ("mapping" = Uuid, Path)), responses(
    (status = 200, description = "The mapping", body = MappingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(mapping): Id<MappingId>) -> Result<Json<MappingView>, Problem> {
    let state = caller.state();
    Ok(Json(MappingView::of(
        state.mapping(mapping).ok_or(Rejection::UnknownMapping)?,
        &state,
    )))
}

/// Approve a mapping, optionally for another entity than the proposed one.
#[utoipa::path(post, path = "/v1/organizations/{organization}/mappings/{mapping}/approve", tag = "mappings",
    params(("organization" = Uuid, Path), ("mapping" = Uuid, Path)), request_body = Approval, responses(
    (status = 200, description = "The mapping as it is now", body = MappingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn approve(
    caller: Caller<Approver>,
    Id(mapping): Id<MappingId>,
    Body(approval): Body<Approval>,
) -> Result<Json<MappingView>, Problem> {
    let target = approval.target.map(MappingTarget::try_from).transpose()?;
    decide(&caller, mapping, Command::ApproveMapping { mapping, target }).await
}

/// Reject a mapping: its members leave, unless another claim holds them.
#[utoipa::path(post, path = "/v1/organizations/{organization}/mappings/{mapping}/reject", tag = "mappings",
    params(("organization" = Uuid, Path), ("mapping" = Uuid, Path)), responses(
    (status = 200, description = "The mapping as it is now", body = MappingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn reject(caller: Caller<Approver>, Id(mapping): Id<MappingId>) -> Result<Json<MappingView>, Problem> {
    decide(&caller, mapping, Command::RejectMapping { mapping }).await
}

/// Pause a mapping: its members leave until it is resumed.
#[utoipa::path(post, path = "/v1/organizations/{organization}/mappings/{mapping}/pause", tag = "mappings",
    params(("organization" = Uuid, Path), ("mapping" = Uuid, Path)), responses(
    (status = 200, description = "The mapping as it is now", body = MappingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn pause(caller: Caller<Approver>, Id(mapping): Id<MappingId>) -> Result<Json<MappingView>, Problem> {
    decide(&caller, mapping, Command::PauseMapping { mapping }).await
}

/// End the pause of a mapping.
#[utoipa::path(post, path = "/v1/organizations/{organization}/mappings/{mapping}/resume", tag = "mappings",
    params(("organization" = Uuid, Path), ("mapping" = Uuid, Path)), responses(
    (status = 200, description = "The mapping as it is now", body = MappingView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn resume(caller: Caller<Approver>, Id(mapping): Id<MappingId>) -> Result<Json<MappingView>, Problem> {
    decide(&caller, mapping, Command::ResumeMapping { mapping }).await
}

async fn decide(caller: &Caller<Approver>, mapping: MappingId, command: Command) -> Result<Json<MappingView>, Problem> {
    let submitted = caller.submit(command).await?;
    Ok(now(&submitted, mapping)?)
}

fn now(submitted: &Submitted, mapping: MappingId) -> Result<Json<MappingView>, ApiError> {
    let state = &submitted.state;
    Ok(Json(MappingView::of(
        state.mapping(mapping).ok_or(ApiError::Internal)?,
        state,
    )))
}
