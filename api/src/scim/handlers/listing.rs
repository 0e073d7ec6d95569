//! Lists of users and groups (RFC 7644 3.4.2), long ones aside of the threads that answer requests.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;

use super::answer::Answer;
use super::parsed::parsed;
use crate::auth::ScimCaller;
use crate::organization::aside;
use crate::scim::error::ScimError;
use crate::scim::limits::PAGE_MEMBERS_MAX;
use crate::scim::list::ListRequest;
use crate::scim::search::{Bounds, List};
use crate::scim::{Profile, ResourceType};
use crate::scim_refusal::ScimRefusal;
use crate::time;

/// The resources that a client asks for.
///
/// # Errors
/// When the cursor of the page is not one that this query was answered with, or when the list takes too long.
pub(crate) async fn list(caller: ScimCaller, request: ListRequest) -> Result<Answer, ScimRefusal> {
    let organization = Arc::clone(&caller.organization);
    let state = caller.state();
    let connection = (caller.connection, caller.base_url);
    let list = List::open(connection, state, request, caller.cursors, time::now())?;
    let text = aside::run(organization.long_works(), list.steps(), move || text(&list)).await??;
    Ok(Answer::Document(text))
}

/// The resources of these types that the body of a `.search` asks for. It is read as every body is: aside when it is large.
///
/// # Errors
/// The first fault of the body, then as for `list`.
pub(crate) async fn search(
    caller: ScimCaller,
    types: &'static [ResourceType],
    body: Bytes,
) -> Result<Answer, ScimRefusal> {
    let read = |profile: &Profile, body: &[u8]| {
        let schemas: Vec<_> = types.iter().map(|of| profile.schema(*of)).collect();
        ListRequest::search(&schemas, body)
    };
    let request = parsed(&caller, body, read).await?;
    list(caller, request).await
}

/// The time begins when there is a place for the work.
fn text(list: &List) -> Result<String, ScimError> {
    let began = Instant::now();
    list.text(&Bounds {
        members: PAGE_MEMBERS_MAX,
        elapsed: &|| began.elapsed(),
    })
}
