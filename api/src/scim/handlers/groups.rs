//! `/Groups` (RFC 7644 3.3 to 3.6). Members are written as a delta, and read only to be shown.

use std::sync::Arc;

use rolecall_engine::state::Group;
use rolecall_engine::{Command, Fact, GroupChange, GroupId, Position, Rejection, State};

use super::answer::{Answer, Kept, Shown};
use super::listing;
use super::parsed::{self, parsed};
use super::request::{Body, GroupReader, GroupWriter, Id, Parameters, Provided};
use super::submit::submit_computed;
use crate::auth::ScimCaller;
use crate::created::created;
use crate::error::ApiError;
use crate::organization::{Submitted, aside};
use crate::scim::ResourceType;
use crate::scim::cost;
use crate::scim::group::{self, GroupPatch};
use crate::scim::limits::ANSWER_MEMBERS_MAX;
use crate::scim::list::ListRequest;
use crate::scim::precondition::Precondition;
use crate::scim::resource;
use crate::scim::select::Selection;
use crate::scim_refusal::ScimRefusal;

/// `GET /Groups`
pub(crate) async fn list(
    GroupReader(caller): GroupReader,
    Parameters(parameters): Parameters,
) -> Result<Answer, ScimRefusal> {
    let request = ListRequest::read(&[&caller.profile.group], &parameters)?;
    listing::list(caller, request).await
}

/// `POST /Groups/.search` (RFC 7644 3.4.3)
pub(crate) async fn search(GroupReader(caller): GroupReader, Body(body): Body) -> Result<Answer, ScimRefusal> {
    listing::search(caller, &[ResourceType::Group], body).await
}

/// `POST /Groups`
pub(crate) async fn create(
    GroupWriter(caller): GroupWriter,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let group = parsed(&caller, body, group::create).await?;
    let submitted = caller.submit(Command::CreateGroup { group }).await?;
    let id = created(&submitted, |fact| match fact {
        Fact::GroupCreated { group, .. } | Fact::GroupRestored { group, .. } => Some(*group),
        _ => None,
    })?;
    // No more members than the request has.
    let group = submitted.state.group(id).ok_or(Rejection::UnknownGroup)?;
    Ok(Answer::Created(shown(
        &caller.base_url,
        &submitted.state,
        group,
        &selection,
    )))
}

/// `GET /Groups/{id}`
pub(crate) async fn read(
    GroupReader(caller): GroupReader,
    Id(id): Id<GroupId>,
    Provided(precondition): Provided,
    Parameters(parameters): Parameters,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let state = caller.state();
    let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
    if precondition.has(group.modified.position)? {
        return Ok(Answer::NotModified(kept(&caller.base_url, group)));
    }
    Ok(Answer::Resource(show(caller, state, id, selection).await?))
}

/// `PUT /Groups/{id}` (RFC 7644 3.5.1)
pub(crate) async fn replace(
    GroupWriter(caller): GroupWriter,
    Id(id): Id<GroupId>,
    Provided(precondition): Provided,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let change = parsed(&caller, body, group::replace).await?;
    let submitted = submit_change(&caller, id, precondition, change).await?;
    changed(caller, submitted.state, id, selection).await
}

/// `PATCH /Groups/{id}` (RFC 7644 3.5.2)
pub(crate) async fn patch(
    GroupWriter(caller): GroupWriter,
    Id(id): Id<GroupId>,
    Provided(precondition): Provided,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let state = caller.state();
    let stored = state.group(id).map(|group| group.attributes.extensions.as_str());
    let steps = parsed::steps_on(stored.unwrap_or_default(), &body);
    let patch = parsed(&caller, body, GroupPatch::read).await?;
    let submitted = submit_patch(&caller, id, precondition, steps, patch).await?;
    changed(caller, submitted.state, id, selection).await
}

/// `DELETE /Groups/{id}` (RFC 7644 3.6)
pub(crate) async fn delete(
    GroupWriter(caller): GroupWriter,
    Id(id): Id<GroupId>,
    Provided(precondition): Provided,
) -> Result<Answer, ScimRefusal> {
    let command = move |state: &State| {
        let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
        let expected = precondition.expected(group.modified.position)?;
        Ok(Command::DeleteGroup { group: id, expected })
    };
    submit_computed(&caller, 0, command).await?;
    Ok(Answer::Deleted)
}

/// A change of name and members fits any version of the group, unless the client names one: however many come at once, none
/// waits for another.
async fn submit_change(
    caller: &ScimCaller,
    id: GroupId,
    precondition: Precondition,
    change: GroupChange,
) -> Result<Submitted, ScimRefusal> {
    if precondition.is_none() {
        return Ok(caller.submit(Command::ChangeGroup { group: id, change }).await?);
    }
    let command = move |state: &State| {
        let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
        let expected = precondition.expected(group.modified.position)?;
        let change = GroupChange {
            expected,
            ..change.clone()
        };
        Ok(Command::ChangeGroup { group: id, change })
    };
    submit_computed(caller, 0, command).await
}

/// A PATCH of extensions is computed from those that are stored.
async fn submit_patch(
    caller: &ScimCaller,
    id: GroupId,
    precondition: Precondition,
    steps: u64,
    patch: GroupPatch,
) -> Result<Submitted, ScimRefusal> {
    if !patch.reads_extensions() {
        let change = patch.into_change(&caller.profile, "", Position::START)?;
        return submit_change(caller, id, precondition, change).await;
    }
    let profile = Arc::clone(&caller.profile);
    let command = move |state: &State| {
        let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
        let version = group.modified.position;
        precondition.expected(version)?;
        let change = patch
            .clone()
            .into_change(&profile, &group.attributes.extensions, version)?;
        Ok(Command::ChangeGroup { group: id, change })
    };
    submit_computed(caller, steps, command).await
}

/// The resource, so that the client need not read it. RFC 7644 3.5.2 leaves 200 or 204 to us unless `attributes` is given,
/// and nobody needs all members of a large group back with each change of one.
async fn changed(
    caller: ScimCaller,
    state: Arc<State>,
    id: GroupId,
    selection: Selection,
) -> Result<Answer, ScimRefusal> {
    let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
    if resource::members_shown(group, &selection) <= ANSWER_MEMBERS_MAX {
        return Ok(Answer::Resource(shown(&caller.base_url, &state, group, &selection)));
    }
    if !selection.names_attributes() {
        return Ok(Answer::Changed(kept(&caller.base_url, group)));
    }
    let kept = kept(&caller.base_url, group);
    after_change(show(caller, state, id, selection).await, kept)
}

/// The change is durable: it did not fail because there is no place to show what became of it.
fn after_change(shown: Result<Shown, ApiError>, kept: Kept) -> Result<Answer, ScimRefusal> {
    match shown {
        Err(ApiError::Busy) => Ok(Answer::Changed(kept)),
        shown => Ok(Answer::Resource(shown?)),
    }
}

async fn show(caller: ScimCaller, state: Arc<State>, id: GroupId, selection: Selection) -> Result<Shown, ApiError> {
    let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
    let (index, steps) = (group.index, cost::show_group(group, &selection));
    let organization = Arc::clone(&caller.organization);
    let show = move || shown(&caller.base_url, &state, state.group_at(index), &selection);
    aside::run(organization.long_works(), steps, show).await
}

fn shown(base: &str, state: &State, group: &Group, selection: &Selection) -> Shown {
    let body = resource::group_text(base, state, group, selection);
    Shown::new(body, kept(base, group))
}

fn kept(base: &str, group: &Group) -> Kept {
    let id = group.id.to_string();
    Kept {
        location: resource::location(base, ResourceType::Group, &id),
        id,
        version: resource::version(group.modified),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_cannot_be_shown_just_now_has_not_failed() {
        let kept = || Kept {
            id: "g1".to_owned(),
            location: "https://rolecall.example/Groups/g1".to_owned(),
            version: "W/\"7\"".to_owned(),
        };
        let busy = after_change(Err(ApiError::Busy), kept()).unwrap();
        assert!(matches!(busy, Answer::Changed(kept) if kept.version == "W/\"7\""));
        let shown = after_change(Ok(Shown::new("{}".to_owned(), kept())), kept()).unwrap();
        assert_eq!(shown.status().as_u16(), 200);
        assert!(after_change(Err(ApiError::Internal), kept()).is_err());
    }
}
