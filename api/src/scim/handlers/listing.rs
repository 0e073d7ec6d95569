//! Lists of users and groups (RFC 7644 3.4.2), long ones aside of the threads that answer requests.

use std::sync::Arc;
use std::time::Instant;

use super::answer::Answer;
use super::aside;
use crate::auth::ScimCaller;
use crate::scim::error::ScimError;
use crate::scim::limits::PAGE_MEMBERS_MAX;
use crate::scim::list::ListRequest;
use crate::scim::search::{Bounds, List};
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

/// The time begins when there is a place for the work.
fn text(list: &List) -> Result<String, ScimError> {
    let began = Instant::now();
    list.text(&Bounds {
        members: PAGE_MEMBERS_MAX,
        elapsed: &|| began.elapsed(),
    })
}
