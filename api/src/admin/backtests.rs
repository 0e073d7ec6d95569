//! Backtests: what a draft would have meant had it been in force for some time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rolecall_engine::plan::Draft;
use rolecall_engine::{Position, Rejection, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::backtest_view::BacktestView;
use super::body::RulesBody;
use super::plan_body::PlanBody;
use super::query::Query;
use crate::app::App;
use crate::auth::{Admin, Caller};
use crate::backtest::{self, Limits, Refused, Start, Walked, Window};
use crate::error::ApiError;
use crate::limits::BACKTEST_DAYS_MAX;
use crate::organization::{Organization, aside};
use crate::problem::{Problem, ProblemBody};
use crate::time;

const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;

/// Where a backtest starts. Left out: with the first entry of the record.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BacktestQuery {
    /// With the first entry of the last so many days.
    #[param(minimum = 1, maximum = 3650)]
    days: Option<u32>,
    /// With this entry.
    #[param(minimum = 1)]
    from_position: Option<u64>,
}

/// Ask what a change would have meant had it been made some time ago. Nothing is changed, and nothing is kept.
#[utoipa::path(post, path = "/v1/organizations/{organization}/backtests", tag = "backtests",
    params(("organization" = Uuid, Path), BacktestQuery), request_body = PlanBody, responses(
    (status = 200, description = "Who would have been elsewhere or had another role, and when", body = BacktestView),
    (status = "4XX", description = "Refused, as when the change would have been refused at the start", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    State(app): State<Arc<App>>,
    Query(query): Query<BacktestQuery>,
    body: RulesBody<PlanBody>,
) -> Result<Json<BacktestView>, Problem> {
    let end = caller.state().position();
    let start = query.start(end)?;
    let works = caller.organization.long_works();
    let draft = body.parsed(works, PlanBody::into_draft).await?;
    let walked = run(&app, &caller.organization, Window { start, end }, draft).await?;
    let report = walked.map_err(|refused| refusal(refused, end))?;
    Ok(Json(BacktestView::of(report, end, &caller.state())))
}

/// What the draft names may have come after the start, and so be there for whoever asks.
fn refusal(refused: Refused, end: Position) -> ApiError {
    let Refused { rejection, at } = refused;
    let reason = match &rejection {
        Rejection::Planned { reason, .. } => reason,
        other => other,
    };
    let may_come_later = matches!(
        reason,
        Rejection::UnknownUser
            | Rejection::UnknownGroup
            | Rejection::UnknownEntity
            | Rejection::UnknownMapping
            | Rejection::UnknownException
            | Rejection::UnknownRole { .. }
    );
    if may_come_later && at < end {
        return ApiError::NotThereYet { rejection, at };
    }
    rejection.into()
}

impl BacktestQuery {
    fn start(&self, end: Position) -> Result<Start, ApiError> {
        let refused = |reason: String| Err(ApiError::Query { reason });
        match (self.days, self.from_position) {
            (None, None) => Ok(Start::Position(Position::START)),
            (Some(_), Some(_)) => refused("give `days` or `from_position`, not both".to_owned()),
            (Some(days), None) if (1..=BACKTEST_DAYS_MAX).contains(&days) => {
                let back = u64::from(days) * DAY_MILLISECONDS;
                let start = time::now().milliseconds().saturating_sub(back);
                Ok(Start::Time(Timestamp::from_milliseconds(start)))
            }
            (Some(_), None) => refused(format!("`days` has to be between 1 and {BACKTEST_DAYS_MAX}")),
            (None, Some(0)) => refused("`from_position` has to be 1 or more".to_owned()),
            (None, Some(first)) if first > end.get() => Err(ApiError::StartAhead {
                first: Position::new(first),
                end,
            }),
            (None, Some(first)) => Ok(Start::Position(Position::new(first))),
        }
    }
}

/// Walks through the record, aside of what answers requests, as long as the caller waits.
async fn run(app: &App, organization: &Organization, window: Window, draft: Draft) -> Result<Walked, ApiError> {
    let only = organization.backtest_place()?;
    // Whoever waits here is the only one of its organization, so all get their turn.
    let place = Arc::clone(&app.backtests).acquire_owned().await;
    let places = (only, place.map_err(|_| ApiError::Internal)?);
    let (log, id) = (Arc::clone(organization.log()), organization.id());
    let (waiting, limits) = Limits::of_a_caller();
    let walked = aside::holding(places, move || backtest::run(log.as_ref(), id, window, &draft, &limits)).await?;
    drop(waiting);
    walked.map_err(|error| {
        let cause = &error as &dyn std::error::Error;
        tracing::error!(organization.id = %id, error = cause, "failed to walk through the record with a draft");
        ApiError::Internal
    })
}
