//! Plans: what a change of rules, settings or mappings would do, before it is done.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::plan::{self, Draft, DriftReport, PlanEffect};
use rolecall_engine::{Command, PlanId, Rejection, State};
use uuid::Builder;

use super::body::Body;
use super::id::Id;
use super::plan_body::{ApplyBody, PlanBody};
use super::plan_view::PlanView;
use crate::auth::{Admin, Caller, Viewer};
use crate::error::ApiError;
use crate::limits::PLAN_APPLYING_WAIT;
use crate::organization::{Organization, Plan};
use crate::problem::{Problem, ProblemBody};
use crate::{random, time};

/// Ask what a change would do. Nothing is changed until the plan is applied.
#[utoipa::path(post, path = "/v1/organizations/{organization}/plans", tag = "plans",
    params(("organization" = Uuid, Path)), request_body = PlanBody, responses(
    (status = 201, description = "The plan", body = PlanView),
    (status = "4XX", description = "Refused; `problems` names all that is wrong, each with its place", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    Body(body): Body<PlanBody>,
) -> Result<(StatusCode, Json<PlanView>), Problem> {
    let (draft, state) = (body.into_draft()?, caller.state());
    make(&caller, state, draft, None).await
}

/// Makes a plan of a draft for this state, and keeps it.
pub(super) async fn make(
    caller: &Caller<Admin>,
    state: Arc<State>,
    draft: Draft,
    drift: Option<DriftReport>,
) -> Result<(StatusCode, Json<PlanView>), Problem> {
    let effect = rehearse(&caller.organization, Arc::clone(&state), draft.clone()).await?;
    let plan = Plan {
        id: plan_id(),
        author: caller.actor,
        hash: plan::hash(state.position(), &draft, &effect),
        draft,
        effect,
        drift,
        position: state.position(),
        created: time::now(),
    };
    let plan = caller.organization.plans().keep(plan);
    Ok((StatusCode::CREATED, Json(PlanView::of(&plan, None))))
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

/// Apply a plan. It is refused when the organization has moved on since the plan was made.
#[utoipa::path(post, path = "/v1/organizations/{organization}/plans/{plan}/apply", tag = "plans",
    params(("organization" = Uuid, Path), ("plan" = Uuid, Path)), request_body = ApplyBody, responses(
    (status = 200, description = "The plan has been applied", body = PlanView),
    (status = 202, description = "The plan is being applied; read it to see how far it is", body = PlanView),
    (status = 412, description = "The organization has moved on, or the plan is another one", body = ProblemBody),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn apply(
    caller: Caller<Admin>,
    Id(plan): Id<PlanId>,
    Body(body): Body<ApplyBody>,
) -> Result<(StatusCode, Json<PlanView>), Problem> {
    let organization = &caller.organization;
    let plan = organization.plans().get(plan).ok_or(Rejection::UnknownPlan)?;
    if body.hash.is_some_and(|hash| hash != plan.hash) {
        return Err(ApiError::PlanDiffers.into());
    }
    let expected = if body.recheck {
        recheck(organization, &plan).await?
    } else {
        plan.position
    };
    let actual = caller.state().position();
    if plan.effect.is_nothing() && actual == expected {
        return Ok((StatusCode::OK, Json(PlanView::nothing(&plan))));
    }
    let command = Command::ApplyPlan {
        plan: plan.id,
        draft: plan.draft.clone(),
        author: plan.author,
        expected,
    };
    caller.submit(command).await?;
    wait(organization, plan.id).await;
    let view = view(organization, plan.id)?;
    let status = if view.goes_on() {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(view)))
}

fn plan_id() -> PlanId {
    let mut bits = [0; 10];
    random::fill(&mut bits);
    PlanId::new(Builder::from_unix_timestamp_millis(time::now().milliseconds(), &bits).into_uuid())
}

/// What the organization knows of a plan.
fn view(organization: &Organization, id: PlanId) -> Result<PlanView, ApiError> {
    let state = organization.head();
    let run = state.plan_run().filter(|run| run.plan == id);
    match organization.plans().get(id) {
        Some(plan) => Ok(PlanView::of(&plan, run)),
        None => {
            let run = run.ok_or(Rejection::UnknownPlan)?;
            Ok(PlanView::forgotten(id.uuid(), Some(run)))
        }
    }
}

/// The position at which the plan still has the effect that it had.
async fn recheck(organization: &Organization, plan: &Plan) -> Result<rolecall_engine::Position, ApiError> {
    let state = organization.head();
    let position = state.position();
    if position == plan.position {
        return Ok(position);
    }
    let effect = rehearse(organization, state, plan.draft.clone()).await?;
    if effect == plan.effect {
        Ok(position)
    } else {
        Err(ApiError::PlanDiffers)
    }
}

/// Works the effect of a draft out, aside of what answers requests.
async fn rehearse(organization: &Organization, state: Arc<State>, draft: Draft) -> Result<PlanEffect, ApiError> {
    let place = organization.long_works().place().await?;
    let rehearsed = tokio::task::spawn_blocking(move || {
        // It goes on when the caller has gone, so the place goes with it.
        let _place = place;
        plan::rehearse(&state, &draft, time::now())
    });
    let rehearsed = rehearsed.await.map_err(|panic| {
        tracing::error!(error = &panic as &dyn std::error::Error, "failed to rehearse a plan");
        ApiError::Internal
    })?;
    Ok(rehearsed?)
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
