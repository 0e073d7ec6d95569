//! The base URL itself: users and groups in one list (RFC 7644 3.4.2.1 and 3.4.3).

use super::answer::Answer;
use super::listing;
use super::request::{Body, Parameters};
use crate::auth::ScimCaller;
use crate::scim::list::ListRequest;
use crate::scim::schema::ResourceSchema;
use crate::scim_refusal::ScimRefusal;

/// `GET /`
pub(crate) async fn list(caller: ScimCaller, Parameters(parameters): Parameters) -> Result<Answer, ScimRefusal> {
    let request = ListRequest::read(&offered(&caller), &parameters)?;
    listing::list(caller, request).await
}

/// `POST /.search`
pub(crate) async fn search(caller: ScimCaller, Body(body): Body) -> Result<Answer, ScimRefusal> {
    let offered = caller.offered();
    listing::search(caller, offered, body).await
}

/// A connection that pushes users only has no groups to be found.
fn offered(caller: &ScimCaller) -> Vec<&ResourceSchema> {
    let schemas = caller.offered().iter().map(|of| caller.profile.schema(*of));
    schemas.collect()
}
