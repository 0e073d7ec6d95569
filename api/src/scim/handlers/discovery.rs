//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 4). The documents are made by `discovery`.

use std::sync::Arc;

use axum::extract::State;

use super::answer::Answer;
use super::request::Id;
use crate::app::App;
use crate::auth::ScimCaller;
use crate::oauth;
use crate::scim::discovery::Discovery;
use crate::scim_refusal::ScimRefusal;

/// `GET /ServiceProviderConfig`
pub(crate) async fn service_provider_config(State(app): State<Arc<App>>, caller: ScimCaller) -> Answer {
    let oauth_metadata = oauth::metadata_url(&app.public_url);
    Answer::document(&of(&caller).service_provider_config(&oauth_metadata))
}

/// `GET /ResourceTypes`
pub(crate) async fn resource_types(caller: ScimCaller) -> Answer {
    Answer::document(&of(&caller).resource_types())
}

/// `GET /ResourceTypes/{id}`
pub(crate) async fn resource_type(caller: ScimCaller, Id(id): Id<String>) -> Result<Answer, ScimRefusal> {
    Ok(Answer::document(&of(&caller).resource_type(&id)?))
}

/// `GET /Schemas`
pub(crate) async fn schemas(caller: ScimCaller) -> Answer {
    Answer::document(&of(&caller).schemas())
}

/// `GET /Schemas/{urn}`
pub(crate) async fn schema(caller: ScimCaller, Id(urn): Id<String>) -> Result<Answer, ScimRefusal> {
    Ok(Answer::document(&of(&caller).schema(&urn)?))
}

fn of(caller: &ScimCaller) -> Discovery<'_> {
    Discovery {
        profile: &caller.profile,
        base: &caller.base_url,
        offered: caller.offered(),
    }
}
