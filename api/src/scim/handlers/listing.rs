//! Lists of users and groups (RFC 7644 3.4.2): candidates by an index where the filter has one, and the page of those
//! that match, in the order of their creation.

use std::iter;

use rolecall_engine::state::{Group, User};
use rolecall_engine::{GroupIndex, State, UserId, UserIndex};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::aside;
use crate::auth::ScimCaller;
use crate::error::ApiError;
use crate::scim::filter::{Filter, Hint};
use crate::scim::limits::INLINE_STEPS_MAX;
use crate::scim::list::{ListRequest, within_members};
use crate::scim::resource;
use crate::scim::select::Selection;

/// The users that a client asks for.
///
/// # Errors
/// None but for bugs.
pub(crate) async fn users(caller: ScimCaller, request: ListRequest) -> Result<Answer, ApiError> {
    let state = caller.state();
    let steps = steps(user_candidates(&state, hint(&request)).map(|_| 1));
    let list = move || Answer::Document(list_users(&caller.base_url, &state, &request));
    aside::run(steps, list).await
}

/// The groups that a client asks for.
///
/// # Errors
/// None but for bugs.
pub(crate) async fn groups(caller: ScimCaller, request: ListRequest) -> Result<Answer, ApiError> {
    let state = caller.state();
    let candidates = group_candidates(&state, hint(&request));
    let steps = steps(candidates.map(|group| 1 + members_shown(group, &request.selection)));
    let list = move || Answer::Document(list_groups(&caller.base_url, &state, &request));
    aside::run(steps, list).await
}

/// A group with what is wanted of it.
fn group(base: &str, state: &State, group: &Group, selection: &Selection) -> Map<String, Value> {
    let mut resource = group_resource(base, state, group, selection.wants("members"));
    selection.apply(&mut resource);
    resource
}

/// The text of a group with what is wanted of it.
pub(crate) fn group_text(base: &str, state: &State, group: &Group, selection: &Selection) -> String {
    if !selection.wants("members") || selection.narrows("members") {
        return Value::Object(self::group(base, state, group, selection)).to_string();
    }
    let mut without_members = resource::group(base, group);
    selection.apply(&mut without_members);
    resource::group_text(base, state, group, &without_members)
}

/// How many members it takes to show a group.
pub(crate) fn members_shown(group: &Group, selection: &Selection) -> u64 {
    if selection.wants("members") {
        group.members.len()
    } else {
        0
    }
}

fn groups_shown(user: &User, selection: &Selection) -> u64 {
    if selection.wants("groups") {
        user.groups().map(|_| 1).sum()
    } else {
        0
    }
}

fn list_users(base: &str, state: &State, request: &ListRequest) -> String {
    let (page, candidates) = (request.page, user_candidates(state, hint(request)));
    let (total, users) = match &request.filter {
        Some(filter) => page.cut(candidates.filter(|user| user_matches(base, state, filter, user))),
        None => (
            live_users(state),
            candidates.skip(page.skip()).take(page.count).collect(),
        ),
    };
    let show = |user: &User| {
        let mut resource = resource::user(base, state, user);
        request.selection.apply(&mut resource);
        Value::Object(resource).to_string()
    };
    let users = within_members(users, |user| groups_shown(user, &request.selection));
    page.response(total, &users.map(show).collect::<Vec<_>>())
}

fn list_groups(base: &str, state: &State, request: &ListRequest) -> String {
    let (page, candidates) = (request.page, group_candidates(state, hint(request)));
    let (total, groups) = match &request.filter {
        Some(filter) => page.cut(candidates.filter(|group| group_matches(base, state, filter, group))),
        None => (
            count(state.counts().groups),
            candidates.skip(page.skip()).take(page.count).collect(),
        ),
    };
    let groups = within_members(groups, |group| members_shown(group, &request.selection));
    let show = |group: &Group| group_text(base, state, group, &request.selection);
    page.response(total, &groups.map(show).collect::<Vec<_>>())
}

fn user_matches(base: &str, state: &State, filter: &Filter, user: &User) -> bool {
    filter.matches(&resource::user(base, state, user), &|_| false)
}

fn group_matches(base: &str, state: &State, filter: &Filter, group: &Group) -> bool {
    let has_member = |id: &str| user_of(state, id).is_some_and(|user| group.members.contains(user.index));
    let resource = group_resource(base, state, group, filter.reads("members"));
    filter.matches(&resource, &has_member)
}

fn group_resource(base: &str, state: &State, group: &Group, with_members: bool) -> Map<String, Value> {
    if with_members {
        resource::group_with_members(base, state, group)
    } else {
        resource::group(base, group)
    }
}

fn hint(request: &ListRequest) -> Option<Hint<'_>> {
    request.filter.as_ref().and_then(Filter::hint)
}

/// Every user that may match, without a scan where the hint names an index.
fn user_candidates<'s>(state: &'s State, hint: Option<Hint<'s>>) -> Box<dyn Iterator<Item = &'s User> + 's> {
    match hint {
        Some(Hint::Id(id)) => Box::new(user_of(state, id).into_iter()),
        Some(Hint::UserName(name)) => Box::new(state.user_by_name(name).into_iter()),
        Some(Hint::ExternalId(id)) => Box::new(state.users_by_external_id(id)),
        Some(Hint::Email(address)) => Box::new(state.users_by_email(address)),
        Some(Hint::DisplayName(name)) => Box::new(state.users_by_display_name(name)),
        Some(Hint::Member(_)) | None => Box::new(state.users_from(UserIndex::from(0))),
    }
}

/// Every group that may match, without a scan where the hint names an index.
fn group_candidates<'s>(state: &'s State, hint: Option<Hint<'s>>) -> Box<dyn Iterator<Item = &'s Group> + 's> {
    match hint {
        Some(Hint::Id(id)) => Box::new(id.parse().ok().and_then(|id| state.group(id)).into_iter()),
        Some(Hint::DisplayName(name)) => Box::new(state.group_by_name(name).into_iter()),
        Some(Hint::ExternalId(id)) => Box::new(state.groups_by_external_id(id)),
        Some(Hint::Member(id)) => match user_of(state, id) {
            Some(user) => Box::new(user.groups().map(|index| state.group_at(index))),
            None => Box::new(iter::empty()),
        },
        Some(Hint::UserName(_) | Hint::Email(_)) | None => Box::new(state.groups_from(GroupIndex::from(0))),
    }
}

fn user_of<'s>(state: &'s State, id: &str) -> Option<&'s User> {
    let id: UserId = id.parse().ok()?;
    state.user(id)
}

/// How many steps candidates take, counted only as far as it matters.
fn steps(candidates: impl Iterator<Item = u64>) -> u64 {
    let more_than_enough = usize::try_from(INLINE_STEPS_MAX)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    candidates.take(more_than_enough).sum()
}

fn live_users(state: &State) -> usize {
    let counts = state.counts();
    count(counts.active_users.values().sum::<u64>() + counts.inactive_users)
}

fn count(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
