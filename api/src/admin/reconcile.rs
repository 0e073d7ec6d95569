//! Reconciling: a snapshot of what the provider has becomes a plan that brings the groups into line with it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use rolecall_engine::plan::{Draft, DriftReport, GroupDrift, Reconciliation};
use serde::Deserialize;
use utoipa::IntoParams;

use super::plan_view::PlanView;
use super::plans;
use super::query::Query;
use super::snapshot_json::SnapshotBody;
use super::{snapshot_csv, snapshot_json};
use crate::app::App;
use crate::auth::{Admin, Caller};
use crate::body;
use crate::error::ApiError;
use crate::limits::{INLINE_SNAPSHOT_BYTES_MAX, SNAPSHOT_BYTES_MAX};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};
use crate::time;

/// What to do with groups that the snapshot lacks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReconcileQuery {
    /// Whether the plan deletes groups here that the snapshot lacks. Left out: they are reported alone.
    #[serde(default)]
    #[param(inline)]
    delete_missing_groups: bool,
}

/// The bytes of a snapshot, and how they are to be read.
pub(crate) struct Snapshot {
    form: Form,
    bytes: Bytes,
}

/// How a snapshot is written.
#[derive(Clone, Copy)]
enum Form {
    Csv,
    Json,
}

impl FromRequest<Arc<App>> for Snapshot {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let form = Form::of(&parts.headers).ok_or(ApiError::MediaType {
            expected: "text/csv` in UTF-8, or `application/json",
        })?;
        let bytes = body::read(&parts.headers, body, SNAPSHOT_BYTES_MAX).await?;
        Ok(Self { form, bytes })
    }
}

impl Form {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
        let mut parts = value.split(';').map(str::trim);
        let form = match parts.next()? {
            "text/csv" => Self::Csv,
            "application/json" => Self::Json,
            _ => return None,
        };
        let charset = parts.find_map(|part| part.strip_prefix("charset="));
        let charset = charset.map(|charset| charset.trim_matches('"'));
        charset
            .is_none_or(|charset| matches!(charset, "utf-8" | "utf8" | "us-ascii"))
            .then_some(form)
    }
}

/// Compare a snapshot of all groups of the provider with what is here. The answer is a plan of the differences: nothing is
/// changed until it is applied.
#[utoipa::path(post, path = "/v1/organizations/{organization}/reconcile", tag = "plans", operation_id = "reconcile",
    params(("organization" = Uuid, Path), ReconcileQuery),
    request_body(content(
        (String = "text/csv", example = "group,user_name\nEngineering,ana@example.com\n"),
        (SnapshotBody = "application/json"),
    )), responses(
    (status = 201, description = "The plan; `drift` tells how the snapshot differs", body = PlanView),
    (status = "4XX", description = "Refused; `problems` names all that is wrong with the snapshot, each with its line", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    State(app): State<Arc<App>>,
    Query(query): Query<ReconcileQuery>,
    snapshot: Snapshot,
) -> Result<(StatusCode, Json<PlanView>), Problem> {
    let state = caller.state();
    let (known, is_small) = (Arc::clone(&state), snapshot.bytes.len() <= INLINE_SNAPSHOT_BYTES_MAX);
    let compare = move || compare(&known, &snapshot, query.delete_missing_groups);
    let (drift, report) = if is_small {
        compare()?
    } else {
        aside::long(caller.organization.long_works(), compare).await??
    };
    app.metrics.reconciled(caller.id(), &report, time::now());
    let draft = Draft {
        drift,
        ..Draft::default()
    };
    plans::make(&caller, state, draft, Some(report)).await
}

fn compare(
    state: &rolecall_engine::State,
    snapshot: &Snapshot,
    delete_missing: bool,
) -> Result<(Vec<GroupDrift>, DriftReport), ApiError> {
    let mut reconciliation = Reconciliation::new(state);
    match snapshot.form {
        Form::Csv => snapshot_csv::read(&snapshot.bytes, &mut reconciliation),
        Form::Json => snapshot_json::read(&snapshot.bytes, &mut reconciliation)?,
    }
    if delete_missing && reconciliation.is_empty() {
        return Err(ApiError::SnapshotEmpty);
    }
    Ok(reconciliation.finish(delete_missing)?)
}
