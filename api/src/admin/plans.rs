//! Plans: what a change of rules, settings or mappings would do, before it is done.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::plan::{self, Draft, DriftReport, PlanMeasure};
use rolecall_engine::state::{PlanEnd, PlanRun};
use rolecall_engine::{Command, PlanId, Position, State};
use uuid::Builder;

use super::body::{Body, RulesBody};
use super::id::Id;
use super::plan_body::{ApplyBody, PlanBody};
use super::plan_view::PlanView;
use crate::auth::{Admin, Caller, Viewer};
use crate::error::ApiError;
use crate::limits::PLAN_APPLYING_WAIT;
use crate::organization::{Organization, Plan, aside};
use crate::problem::{Problem, ProblemBody};
use crate::{random, time};

/// Bytes of a plan whose draft is copied in one step, at least.
const COPIED_BYTES_PER_STEP: u64 = 2 * 1024;

/// Ask what a change would do. Nothing is changed until the plan is applied.
#[utoipa::path(post, path = "/v1/organizations/{organization}/plans", tag = "plans",
    params(("organization" = Uuid, Path)), request_body = PlanBody, responses(
    (status = 201, description = "The plan", body = PlanView),
    (status = "4XX", description = "Refused; `problems` names all that is wrong, each with its place", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    body: RulesBody<PlanBody>,
) -> Result<(StatusCode, Json<PlanView>), Problem> {
    let draft = body
        .parsed(caller.organization.long_works(), PlanBody::into_draft)
        .await?;
    let state = caller.state();
    make(&caller, state, draft, None).await
}

/// Makes a plan of a draft for this state, and keeps it.
pub(super) async fn make(
    caller: &Caller<Admin>,
    state: Arc<State>,
    draft: Draft,
    drift: Option<DriftReport>,
) -> Result<(StatusCode, Json<PlanView>), Problem> {
    let (author, plans) = (caller.actor, Arc::clone(caller.organization.plans()));
    let made = aside::long(caller.organization.long_works(), move || {
        let effect = plan::rehearse(&state, &draft, time::now())?;
        let PlanMeasure { hash, bytes } = plan::measure(state.position(), &draft, &effect);
        let plan = plans.keep(Plan {
            id: plan_id(),
            author,
            draft,
            effect,
            drift,
            position: state.position(),
            hash,
            bytes,
            created: time::now(),
        })?;
        Ok::<_, ApiError>(PlanView::of(&plan, None))
    });
    Ok((StatusCode::CREATED, Json(made.await??)))
}

/// Read a plan, and how far it is applied.
#[utoipa::path(get, path = "/v1/organizations/{organization}/plans/{plan}", tag = "plans",
    params(("organization" = Uuid, Path), ("plan" = Uuid, Path)), responses(
    (status = 200, description = "The plan", body = PlanView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(plan): Id<PlanId>) -> Result<Json<PlanView>, Problem> {
    Ok(Json(view(&caller.organization, plan)?))
}

/// Apply a plan. It is refused when the organization has moved on since the plan was made; when it has been applied already, it is
/// answered as it is.
#[utoipa::path(post, path = "/v1/organizations/{organization}/plans/{plan}/apply", tag = "plans",
    params(("organization" = Uuid, Path), ("plan" = Uuid, Path)), request_body = ApplyBody, responses(
    (status = 200, description = "The plan has been applied", body = PlanView),
    (status = 202, description = "The plan is being applied; read it to see how far it is", body = PlanView),
    (status = 409, description = "Another plan is being applied, or this one was stopped", body = ProblemBody),
    (status = 412, description = "The organization has moved on, or the plan is another one", body = ProblemBody),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn apply(
    caller: Caller<Admin>,
    Id(id): Id<PlanId>,
    Body(body): Body<ApplyBody>,
) -> Result<(StatusCode, Json<PlanView>), Problem> {
    let (organization, kept) = (&caller.organization, caller.organization.plans().get(id));
    if let (Some(hash), Some(plan)) = (&body.hash, &kept)
        && *hash != plan.hash
    {
        return Err(ApiError::PlanDiffers.into());
    }
    // Whoever lost the answer asks again, and nothing is to be done twice.
    if !has_begun(organization, id)? {
        let plan = kept.ok_or(ApiError::PlanUnknown)?;
        match start(&caller, plan, body.recheck).await {
            Ok(Some(nothing)) => return Ok((StatusCode::OK, Json(nothing))),
            // It is refused also where it began since the look above.
            Err(error) if !has_begun(organization, id)? => return Err(error),
            Ok(None) | Err(_) => {}
        }
    }
    wait(organization, id).await;
    let view = view(organization, id)?;
    let status = if view.goes_on() {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(view)))
}

/// Begins to apply a plan; one that changes nothing is applied already.
async fn start(caller: &Caller<Admin>, plan: Arc<Plan>, anew: bool) -> Result<Option<PlanView>, Problem> {
    let organization = &caller.organization;
    let expected = if anew {
        recheck(organization, &plan).await?
    } else {
        plan.position
    };
    if plan.effect.is_nothing() && caller.state().position() == expected {
        return Ok(Some(PlanView::nothing(&plan)));
    }
    // The record tells of the last plan alone, which will be this one.
    if let Some(last) = organization.head().plan_run() {
        organization.plans().note_end(*last);
    }
    let (id, author, steps) = (plan.id, plan.author, plan.bytes / COPIED_BYTES_PER_STEP);
    let draft = aside::run(organization.long_works(), steps, move || plan.draft.clone()).await?;
    let command = Command::ApplyPlan {
        plan: id,
        draft,
        author,
        expected,
    };
    caller.submit(command).await?;
    Ok(None)
}

/// Stop a plan that is being applied. What it has done stays; another plan can do the rest, or undo it.
#[utoipa::path(post, path = "/v1/organizations/{organization}/plans/{plan}/stop", tag = "plans",
    params(("organization" = Uuid, Path), ("plan" = Uuid, Path)), responses(
    (status = 200, description = "The plan has been stopped", body = PlanView),
    (status = 409, description = "The plan is not being applied: that has not begun, or is over", body = ProblemBody),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn stop(caller: Caller<Admin>, Id(plan): Id<PlanId>) -> Result<Json<PlanView>, Problem> {
    // What is not known at all is not found.
    view_at(&caller.organization, &caller.state(), plan)?;
    let stopped = caller.submit(Command::StopPlan { plan }).await?;
    Ok(Json(view_at(&caller.organization, &stopped.state, plan)?))
}

fn plan_id() -> PlanId {
    let mut bits = [0; 10];
    random::fill(&mut bits);
    PlanId::new(Builder::from_unix_timestamp_millis(time::now().milliseconds(), &bits).into_uuid())
}

/// Whether the plan is being applied, or has been.
///
/// # Errors
/// When it was stopped: it does not go on.
fn has_begun(organization: &Organization, id: PlanId) -> Result<bool, ApiError> {
    match run_of(organization, &organization.head(), id) {
        Some(run) if run.ended == Some(PlanEnd::Stopped) => Err(ApiError::PlanStopped),
        run => Ok(run.is_some()),
    }
}

/// How far a plan is: the record tells it of the last one, and what is kept of those before.
fn run_of(organization: &Organization, state: &State, id: PlanId) -> Option<PlanRun> {
    let last = state.plan_run().filter(|run| run.plan == id);
    last.copied().or_else(|| organization.plans().ended(id))
}

/// What the organization knows of a plan.
fn view(organization: &Organization, id: PlanId) -> Result<PlanView, ApiError> {
    view_at(organization, &organization.head(), id)
}

/// What the organization knows of a plan, as far as it was in this state.
fn view_at(organization: &Organization, state: &State, id: PlanId) -> Result<PlanView, ApiError> {
    let run = run_of(organization, state, id);
    match organization.plans().get(id) {
        Some(plan) => Ok(PlanView::of(&plan, run.as_ref())),
        None => {
            let run = run.ok_or(ApiError::PlanUnknown)?;
            Ok(PlanView::forgotten(id.uuid(), Some(&run)))
        }
    }
}

/// The position at which the plan still has the effect that it had.
async fn recheck(organization: &Organization, plan: &Arc<Plan>) -> Result<Position, ApiError> {
    let (state, plan) = (organization.head(), Arc::clone(plan));
    let position = state.position();
    if position == plan.position {
        return Ok(position);
    }
    let is_same = aside::long(organization.long_works(), move || {
        let effect = plan::rehearse(&state, &plan.draft, time::now())?;
        Ok::<_, ApiError>(effect == plan.effect)
    });
    if is_same.await?? {
        Ok(position)
    } else {
        Err(ApiError::PlanDiffers)
    }
}

/// Waits a little for the end of a plan.
async fn wait(organization: &Organization, plan: PlanId) {
    let mut head = organization.watch_head();
    let ended = head.wait_for(|state| {
        let run = state.plan_run().filter(|run| run.plan == plan);
        run.is_none_or(|run| !run.is_running())
    });
    // It goes on without anybody waiting, and the answer says how far it is.
    drop(tokio::time::timeout(PLAN_APPLYING_WAIT, ended).await);
}
