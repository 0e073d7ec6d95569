//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 4). The documents are made by `discovery`.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::answer::Answer;
use super::request::{Id, Parameters};
use crate::app::App;
use crate::auth::ScimCaller;
use crate::oauth;
use crate::scim::discovery::Discovery;
use crate::scim::error::ScimError;
use crate::scim::list::parameter;
use crate::scim_refusal::ScimRefusal;

/// A caller that asks for documents as they are.
pub(crate) struct Reader(ScimCaller);

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = ScimRefusal;

    /// RFC 7644 4: a filter is answered with 403, so that nobody takes what comes for what it finds. Sorting and paging mean
    /// nothing here.
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ScimRefusal> {
        let caller = ScimCaller::from_request_parts(parts, app).await?;
        let Parameters(parameters) = Parameters::from_request_parts(parts, app).await?;
        if parameter(&parameters, "filter").is_empty() {
            return Ok(Self(caller));
        }
        let detail = "the documents of this endpoint cannot be filtered; ask without `filter` for all of them";
        Err(ScimError::new(StatusCode::FORBIDDEN, detail).into())
    }
}

/// `GET /ServiceProviderConfig`
pub(crate) async fn service_provider_config(State(app): State<Arc<App>>, Reader(caller): Reader) -> Answer {
    let oauth_metadata = oauth::metadata_url(&app.public_url);
    Answer::document(&of(&caller).service_provider_config(&oauth_metadata))
}

/// `GET /ResourceTypes`
pub(crate) async fn resource_types(Reader(caller): Reader) -> Answer {
    Answer::document(&of(&caller).resource_types())
}

/// `GET /ResourceTypes/{id}`
pub(crate) async fn resource_type(Reader(caller): Reader, Id(id): Id<String>) -> Result<Answer, ScimRefusal> {
    Ok(Answer::document(&of(&caller).resource_type(&id)?))
}

/// `GET /Schemas`
pub(crate) async fn schemas(Reader(caller): Reader) -> Answer {
    Answer::document(&of(&caller).schemas())
}

/// `GET /Schemas/{urn}`
pub(crate) async fn schema(Reader(caller): Reader, Id(urn): Id<String>) -> Result<Answer, ScimRefusal> {
    Ok(Answer::document(&of(&caller).schema(&urn)?))
}

fn of(caller: &ScimCaller) -> Discovery<'_> {
    Discovery {
        profile: &caller.profile,
        base: &caller.base_url,
        offered: caller.offered(),
    }
}
