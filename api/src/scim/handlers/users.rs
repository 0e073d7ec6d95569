//! `/Users` (RFC 7644 3.3 to 3.6).

use std::sync::Arc;

use rolecall_engine::state::User;
use rolecall_engine::{Command, Fact, Rejection, State, UserId, UserInput};
use serde_json::Value;

use super::answer::{Answer, Kept, Shown};
use super::listing;
use super::parsed::{self, parsed};
use super::request::{Body, Id, Parameters, Provided};
use super::submit::submit_computed;
use crate::auth::ScimCaller;
use crate::created::created;
use crate::organization::Submitted;
use crate::scim::error::ScimError;
use crate::scim::list::ListRequest;
use crate::scim::precondition::Precondition;
use crate::scim::resource;
use crate::scim::select::Selection;
use crate::scim::user::{Active, UserDocument};
use crate::scim::wanted::Wanted;
use crate::scim::{Profile, ResourceType};
use crate::scim_refusal::ScimRefusal;

/// `GET /Users`
pub(crate) async fn list(caller: ScimCaller, Parameters(parameters): Parameters) -> Result<Answer, ScimRefusal> {
    let request = ListRequest::read(&[&caller.profile.user], &parameters)?;
    listing::list(caller, request).await
}

/// `POST /Users/.search` (RFC 7644 3.4.3)
pub(crate) async fn search(caller: ScimCaller, Body(body): Body) -> Result<Answer, ScimRefusal> {
    listing::search(caller, &[ResourceType::User], body).await
}

/// `POST /Users`
pub(crate) async fn create(
    caller: ScimCaller,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.user, &parameters)?;
    let read = |profile: &Profile, body: &[u8]| UserDocument::read(profile, body)?.into_input(profile, Active(true));
    let user = parsed(&caller, body, read).await?;
    let command = Command::CreateUser {
        connection: Some(caller.connection),
        default_entity: caller.settings.default_entity,
        user,
    };
    let submitted = caller.submit(command).await?;
    let id = created(&submitted, |fact| match fact {
        Fact::UserCreated { user, .. } => Some(*user),
        _ => None,
    })?;
    show(&caller, &submitted.state, id, &selection).map(Answer::Created)
}

/// `GET /Users/{id}`
pub(crate) async fn read(
    caller: ScimCaller,
    Id(id): Id<UserId>,
    Provided(precondition): Provided,
    Parameters(parameters): Parameters,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.user, &parameters)?;
    let state = caller.state();
    let user = state.user(id).ok_or(Rejection::UnknownUser)?;
    if precondition.has(state.user_version(user).position)? {
        return Ok(Answer::NotModified(kept(&caller, &state, user)));
    }
    show(&caller, &state, id, &selection).map(Answer::Resource)
}

/// `PUT /Users/{id}` (RFC 7644 3.5.1)
pub(crate) async fn replace(
    caller: ScimCaller,
    Id(id): Id<UserId>,
    Provided(precondition): Provided,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.user, &parameters)?;
    let steps = parsed::steps(&body);
    let document = parsed(&caller, body, UserDocument::read).await?;
    let profile = Arc::clone(&caller.profile);
    let replaced = move |user: &User| {
        let document = document.clone().replacing(attributes(user));
        document.into_input(&profile, Active(user.active))
    };
    let submitted = change(&caller, id, precondition, steps, replaced).await?;
    show(&caller, &submitted.state, id, &selection).map(Answer::Resource)
}

/// `PATCH /Users/{id}` (RFC 7644 3.5.2)
pub(crate) async fn patch(
    caller: ScimCaller,
    Id(id): Id<UserId>,
    Provided(precondition): Provided,
    Parameters(parameters): Parameters,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let selection = Selection::of(&caller.profile.user, &parameters)?;
    let state = caller.state();
    let steps = parsed::steps_on(state.user(id).map(attributes).unwrap_or_default(), &body);
    let profile = Arc::clone(&caller.profile);
    let patched = move |user: &User| {
        let document = UserDocument::stored(attributes(user), user.active);
        document
            .patched(&profile, &body)?
            .into_input(&profile, Active(user.active))
    };
    let submitted = change(&caller, id, precondition, steps, patched).await?;
    show(&caller, &submitted.state, id, &selection).map(Answer::Resource)
}

/// `DELETE /Users/{id}` (RFC 7644 3.6)
pub(crate) async fn delete(
    caller: ScimCaller,
    Id(id): Id<UserId>,
    Provided(precondition): Provided,
) -> Result<Answer, ScimRefusal> {
    let command = move |state: &State| {
        let user = state.user(id).ok_or(Rejection::UnknownUser)?;
        let expected = precondition.expected(state.user_version(user).position)?;
        Ok(Command::DeleteUser { user: id, expected })
    };
    submit_computed(&caller, 0, command).await?;
    Ok(Answer::Deleted)
}

async fn change(
    caller: &ScimCaller,
    id: UserId,
    precondition: Precondition,
    steps: u64,
    to: impl Fn(&User) -> Result<UserInput, ScimError> + Send + Sync + 'static,
) -> Result<Submitted, ScimRefusal> {
    let command = move |state: &State| {
        let user = state.user(id).ok_or(Rejection::UnknownUser)?;
        let version = state.user_version(user).position;
        precondition.expected(version)?;
        let (expected, to) = (Some(version), to(user)?);
        Ok(Command::ChangeUser { user: id, expected, to })
    };
    submit_computed(caller, steps, command).await
}

fn attributes(user: &User) -> &str {
    let person = user.person.as_deref();
    person.map(|person| person.attributes.as_str()).unwrap_or_default()
}

fn show(caller: &ScimCaller, state: &Arc<State>, id: UserId, selection: &Selection) -> Result<Shown, ScimRefusal> {
    let user = state.user(id).ok_or(Rejection::UnknownUser)?;
    let mut resource = resource::user(&caller.base_url, state, user, &Wanted::shown(selection));
    selection.apply(&mut resource);
    let body = Value::Object(resource).to_string();
    Ok(Shown::new(body, kept(caller, state, user)))
}

fn kept(caller: &ScimCaller, state: &State, user: &User) -> Kept {
    let id = user.id.to_string();
    Kept {
        location: resource::location(&caller.base_url, ResourceType::User, &id),
        id,
        version: resource::version(state.user_version(user)),
    }
}
