//! `/Groups` (RFC 7644 3.3 to 3.6). Members are written as a delta, and read only to be shown.

use std::sync::Arc;

use rolecall_engine::{Command, Fact, GroupId, Position, Rejection, State};

use super::answer::{Answer, Shown};
use super::aside;
use super::listing::{self, members_shown};
use super::request::{Body, GroupWriter, Id, Parameters};
use super::submit::submit_computed;
use crate::auth::ScimCaller;
use crate::created::created;
use crate::organization::Submitted;
use crate::scim::ResourceType;
use crate::scim::group::{self, GroupPatch};
use crate::scim::limits::ANSWER_MEMBERS_MAX;
use crate::scim::list::ListRequest;
use crate::scim::resource;
use crate::scim::select::Selection;
use crate::scim_refusal::ScimRefusal;

/// `GET /Groups`
pub(crate) async fn list(caller: ScimCaller, Parameters(parameters): Parameters) -> Result<Answer, ScimRefusal> {
    let request = ListRequest::read(&[&caller.profile.group], &parameters)?;
    listing::list(caller, request).await
}

/// `POST /Groups/.search` (RFC 7644 3.4.3)
pub(crate) async fn search(caller: ScimCaller, Body(body): Body) -> Result<Answer, ScimRefusal> {
    let request = ListRequest::search(&[&caller.profile.group], &body)?;
    listing::list(caller, request).await
}

/// `POST /Groups`
pub(crate) async fn create(
    GroupWriter(caller): GroupWriter,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let group = group::create(&caller.profile, &body)?;
    let submitted = caller.submit(Command::CreateGroup { group }).await?;
    let id = created(&submitted, |fact| match fact {
        Fact::GroupCreated { group, .. } | Fact::GroupRestored { group, .. } => Some(*group),
        _ => None,
    })?;
    show(caller, submitted.state, id, selection).await.map(Answer::Created)
}

/// `GET /Groups/{id}`
pub(crate) async fn read(
    caller: ScimCaller,
    Id(id): Id<GroupId>,
    Parameters(parameters): Parameters,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let state = caller.state();
    show(caller, state, id, selection).await.map(Answer::Resource)
}

/// `PUT /Groups/{id}` (RFC 7644 3.5.1)
pub(crate) async fn replace(
    GroupWriter(caller): GroupWriter,
    Id(id): Id<GroupId>,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let change = group::replace(&caller.profile, &body)?;
    let submitted = caller.submit(Command::ChangeGroup { group: id, change }).await?;
    changed(caller, submitted.state, id, selection).await
}

/// `PATCH /Groups/{id}` (RFC 7644 3.5.2)
pub(crate) async fn patch(
    GroupWriter(caller): GroupWriter,
    Id(id): Id<GroupId>,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.group, &parameters)?;
    let patch = GroupPatch::read(&caller.profile, &body)?;
    let submitted = apply(&caller, id, patch).await?;
    changed(caller, submitted.state, id, selection).await
}

/// `DELETE /Groups/{id}` (RFC 7644 3.6)
pub(crate) async fn delete(GroupWriter(caller): GroupWriter, Id(group): Id<GroupId>) -> Result<Answer, ScimRefusal> {
    let expected = None;
    caller.submit(Command::DeleteGroup { group, expected }).await?;
    Ok(Answer::Done)
}

/// A PATCH of name and members fits any version of the group: however many come at once, none waits for another.
async fn apply(caller: &ScimCaller, id: GroupId, patch: GroupPatch) -> Result<Submitted, ScimRefusal> {
    if !patch.reads_extensions() {
        let change = patch.into_change(&caller.profile, "", Position::START)?;
        return Ok(caller.submit(Command::ChangeGroup { group: id, change }).await?);
    }
    let command = |state: &State| {
        let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
        let change =
            patch
                .clone()
                .into_change(&caller.profile, &group.attributes.extensions, group.modified.position)?;
        Ok(Command::ChangeGroup { group: id, change })
    };
    submit_computed(caller, command).await
}

/// The resource, so that the client need not read it. RFC 7644 3.5.2 leaves 200 or 204 to us unless `attributes` is given,
/// and nobody needs all members of a large group back with each change of one.
async fn changed(
    caller: ScimCaller,
    state: Arc<State>,
    id: GroupId,
    selection: Selection,
) -> Result<Answer, ScimRefusal> {
    let members = state.group(id).map_or(0, |group| members_shown(group, &selection));
    if members > ANSWER_MEMBERS_MAX && !selection.names_attributes() {
        return Ok(Answer::Done);
    }
    show(caller, state, id, selection).await.map(Answer::Resource)
}

async fn show(caller: ScimCaller, state: Arc<State>, id: GroupId, selection: Selection) -> Result<Shown, ScimRefusal> {
    let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
    let (index, members) = (group.index, members_shown(group, &selection));
    let show = move || {
        let group = state.group_at(index);
        let body = listing::group_text(&caller.base_url, &state, group, &selection);
        let location = resource::location(&caller.base_url, ResourceType::Group, &id.to_string());
        Shown::new(body, location, resource::version(group.modified))
    };
    Ok(aside::run(members, show).await?)
}
