//! `/Bulk` (RFC 7644 3.7). Each operation goes through the handler of the request that it stands for, one after another.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::StatusCode;
use tokio::time::Instant;

use super::answer::Answer;
use super::parsed::parsed;
use super::request::{Body, GroupWriter, Id, Parameters, Provided};
use super::{groups, users};
use crate::auth::ScimCaller;
use crate::guard::Started;
use crate::scim::bulk::{BulkRequest, Created, Operation, Outcome, Task, Verb, response};
use crate::scim::error::ScimError;
use crate::scim::limits::BULK_DURATION_MAX;
use crate::scim::precondition::Precondition;
use crate::scim::resource;
use crate::scim::{Profile, ResourceType};
use crate::scim_refusal::ScimRefusal;

/// `POST /Bulk`: the operations that begin in time, and word of those that do not.
pub(crate) async fn bulk(
    caller: ScimCaller,
    Started(started): Started,
    Body(body): Body,
) -> Result<Answer, ScimRefusal> {
    let base_url = caller.base_url.clone();
    let read = move |profile: &Profile, body: &[u8]| BulkRequest::read(profile.user.mode, body, &base_url);
    let request = parsed(&caller, body, read).await?;
    let (order, errors_max) = (request.order(), request.fail_on_errors);
    let mut operations: BTreeMap<usize, Operation> = request.operations.into_iter().enumerate().collect();
    let mut run = Run {
        caller,
        until: started + BULK_DURATION_MAX,
        created: Created::new(),
    };
    let (mut outcomes, mut errors) = (BTreeMap::new(), 0);
    for index in order {
        // RFC 7644 3.7.3: what was not done after so many errors is not told of.
        if errors_max.is_some_and(|max| errors >= max) {
            break;
        }
        let Some(operation) = operations.remove(&index) else {
            continue;
        };
        let outcome = run.outcome(operation).await;
        errors += usize::from(outcome.response.is_some());
        outcomes.insert(index, outcome);
    }
    Ok(Answer::document(&response(&outcomes.values().collect::<Vec<_>>())))
}

/// A Bulk while its operations are done.
struct Run {
    caller: ScimCaller,
    /// No operation begins later.
    until: Instant,
    created: Created,
}

impl Run {
    async fn outcome(&mut self, operation: Operation) -> Outcome {
        let task = operation.task.and_then(|task| task.resolved(&self.created));
        // RFC 7644 3.7.3: the location is required whatever becomes of the operation, unless it was to create something.
        let resolved = task.as_ref().ok().map(|task| &task.target);
        let target = operation.target.as_ref().map(|named| resolved.unwrap_or(named));
        let location = target.map(|target| resource::location(&self.caller.base_url, target.of, &target.id));
        let outcome = Outcome {
            method: operation.method,
            bulk_id: operation.bulk_id,
            location,
            version: None,
            status: 0,
            response: None,
        };
        let precondition = Precondition::version(operation.version.as_deref());
        match self.perform(task, precondition).await {
            Ok(answer) => self.done(outcome, &answer),
            Err(refusal) => failed(outcome, &refusal.error()),
        }
    }

    async fn perform(&self, task: Result<Task, ScimError>, precondition: Precondition) -> Result<Answer, ScimRefusal> {
        if Instant::now() > self.until {
            return Err(too_late().into());
        }
        let task = task?;
        let caller = self.caller.clone();
        match task.target.of {
            ResourceType::User => on_user(caller, task, precondition).await,
            ResourceType::Group => on_group(caller, task, precondition).await,
        }
    }

    /// What was created has a name from now on.
    fn done(&mut self, mut outcome: Outcome, answer: &Answer) -> Outcome {
        outcome.status = answer.status().as_u16();
        if let Some(kept) = answer.kept() {
            outcome.location = Some(kept.location.clone());
            outcome.version = Some(kept.version.clone());
            if let (Answer::Created(_), Some(name)) = (answer, &outcome.bulk_id) {
                self.created.insert(name.clone(), kept.id.clone());
            }
        }
        outcome
    }
}

fn failed(mut outcome: Outcome, error: &ScimError) -> Outcome {
    outcome.status = error.status().as_u16();
    outcome.response = Some(error.body());
    outcome
}

/// The client learns what was done, and what is left to send again, before its request is given up as a whole.
fn too_late() -> ScimError {
    let detail = format!(
        "not done, as the request began more than {} seconds ago; send it again",
        BULK_DURATION_MAX.as_secs()
    );
    ScimError::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

async fn on_user(caller: ScimCaller, task: Task, precondition: Precondition) -> Result<Answer, ScimRefusal> {
    let (provided, parameters, body) = (Provided(precondition), id_alone(), body(&task));
    match task.verb {
        Verb::Create => users::create(caller, parameters, body).await,
        Verb::Replace => users::replace(caller, Id::read(&task.target.id)?, provided, parameters, body).await,
        Verb::Patch => users::patch(caller, Id::read(&task.target.id)?, provided, parameters, body).await,
        Verb::Delete => users::delete(caller, Id::read(&task.target.id)?, provided).await,
    }
}

async fn on_group(caller: ScimCaller, task: Task, precondition: Precondition) -> Result<Answer, ScimRefusal> {
    let writer = GroupWriter::of(caller)?;
    let (provided, parameters, body) = (Provided(precondition), id_alone(), body(&task));
    match task.verb {
        Verb::Create => groups::create(writer, parameters, body).await,
        Verb::Replace => groups::replace(writer, Id::read(&task.target.id)?, provided, parameters, body).await,
        Verb::Patch => groups::patch(writer, Id::read(&task.target.id)?, provided, parameters, body).await,
        Verb::Delete => groups::delete(writer, Id::read(&task.target.id)?, provided).await,
    }
}

/// RFC 7644 3.7.3 leaves it to us whether to show resources. Their locations and versions are enough, and cost less.
fn id_alone() -> Parameters {
    Parameters(vec![("attributes".to_owned(), "id".to_owned())])
}

fn body(task: &Task) -> Body {
    Body(Bytes::from(task.data.to_string()))
}
