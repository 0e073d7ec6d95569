//! Groups: what the identity providers pushed, and what the rules made of it.

use axum::Json;
use rolecall_engine::state::{Group, State};
use rolecall_engine::{GroupId, Rejection};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::described::{AfterIndex, PageLimit};
use super::id::Id;
use super::mapping_view::MappingView;
use super::page::{self, Page};
use super::query::Query;
use crate::auth::{Caller, Viewer};
use crate::limits::ENDED_MAPPINGS_SHOWN_MAX;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// A group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupView {
    id: Uuid,
    display_name: String,
    external_id: Option<String>,
    /// The roles that the identity provider gave it, as they came.
    roles: Vec<String>,
    member_count: u64,
    /// How many member ids were left out because they name no user.
    ignored_member_count: usize,
    /// The rule that decided it when rules last ran; `null`: none matched.
    decided_by_rule_id: Option<Uuid>,
    /// Whether it has no mapping that is not over.
    unmapped: bool,
    /// The most that any of its mappings has reached: `auto_approved` or `approved`, then `pending`, then `rejected`. An
    /// unmapped group is `pending`.
    status: &'static str,
    /// Those in force or waiting, in the order of their creation, then the last that ended.
    mappings: Vec<MappingView>,
    created_at: Time,
    modified_at: Time,
}

/// Which groups to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupsQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(value_type = Option<AfterIndex>, inline)]
    after: Option<u32>,
    /// Only the group of this name.
    display_name: Option<String>,
    /// Only groups with an approved mapping, or only those without one.
    mapped: Option<bool>,
}

impl GroupsQuery {
    fn wants(&self, group: &Group, state: &State) -> bool {
        let is_mapped = || state.mappings_of(group).any(|mapping| mapping.status.is_approved());
        self.mapped.is_none_or(|mapped| mapped == is_mapped())
    }
}

impl GroupView {
    fn of(group: &Group, state: &State) -> Self {
        let ended = state.ended_mappings_of(group).rev().take(ENDED_MAPPINGS_SHOWN_MAX);
        Self {
            id: group.id.uuid(),
            display_name: group.display_name.clone(),
            external_id: group.attributes.external_id.clone(),
            roles: group.attributes.roles.clone(),
            member_count: group.members.len(),
            ignored_member_count: group.ignored.len(),
            decided_by_rule_id: group.decided_by.map(|rule| rule.rule.uuid()),
            unmapped: group.mappings.is_empty(),
            status: state.group_status(group),
            mappings: state
                .mappings_of(group)
                .chain(ended)
                .map(|mapping| MappingView::of(mapping, state))
                .collect(),
            created_at: Time(group.created.at),
            modified_at: Time(group.modified.at),
        }
    }
}

/// List the groups.
#[utoipa::path(get, path = "/v1/organizations/{organization}/groups", tag = "groups",
    params(("organization" = Uuid, Path), GroupsQuery), responses(
    (status = 200, description = "Groups, in the order of their creation", body = Page<GroupView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Query(query): Query<GroupsQuery>,
) -> Result<Json<Page<GroupView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    if let Some(name) = &query.display_name {
        let found = state.group_by_name(name).filter(|group| query.wants(group, &state));
        let found = found.map(|group| GroupView::of(group, &state));
        return Ok(Json(Page::whole(found.into_iter().collect())));
    }
    let rows = state.groups_from(page::first(query.after));
    let rows = rows.filter(|group| query.wants(group, &state));
    let cursor = |group: &&Group| u32::from(group.index).to_string();
    Ok(Json(Page::of(rows, limit, cursor, |group| {
        GroupView::of(group, &state)
    })))
}

/// Read a group.
#[utoipa::path(get, path = "/v1/organizations/{organization}/groups/{group}", tag = "groups",
    params(("organization" = Uuid, Path), ("group" = Uuid, Path)), responses(
    (status = 200, description = "The group", body = GroupView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(group): Id<GroupId>) -> Result<Json<GroupView>, Problem> {
    let state = caller.state();
    Ok(Json(GroupView::of(
        state.group(group).ok_or(Rejection::UnknownGroup)?,
        &state,
    )))
}
