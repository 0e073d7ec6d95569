//! Proof on demand: the whole record of an organization, verified and derived again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rolecall_engine::{Difference, Position};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Auditor, Caller};
use crate::entry_view;
use crate::error::ApiError;
use crate::problem::{Problem, ProblemBody};
use crate::replay::{self, Audit, ReplayError};

/// What a verification found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Report {
    /// `equal`: every entry is intact, and derived again it is what it was; `different`: some are derived otherwise today;
    /// `damaged`: the record is not what was written.
    #[schema(example = "equal")]
    outcome: &'static str,
    /// How many entries were checked.
    entries: u64,
    /// The hash of the last entry; it covers all entries before.
    hash: Option<String>,
    /// How many entries are derived otherwise today.
    different_entries: u64,
    /// The first ones of them.
    differences: Vec<DifferenceView>,
    /// Where the record is damaged, and how.
    damage: Option<DamageView>,
}

/// An entry that is derived otherwise today.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceView {
    position: u64,
    recorded: Vec<Value>,
    derived: Vec<Value>,
}

/// Damage of the record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DamageView {
    /// The first position that cannot be trusted, where one is known.
    position: Option<u64>,
    reason: String,
}

/// Verify the hash chain of the record, derive every entry again, and compare.
#[utoipa::path(post, path = "/v1/organizations/{organization}/audit/verify", tag = "record",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "The report", body = Report),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn verify(caller: Caller<Auditor>, State(app): State<Arc<App>>) -> Result<Json<Report>, Problem> {
    let place = Arc::clone(&app.verifying)
        .try_acquire_owned()
        .map_err(|_| ApiError::VerificationRuns)?;
    let (log, id) = (Arc::clone(caller.organization.log()), caller.id());
    let verified = tokio::task::spawn_blocking(move || {
        let verified = replay::verify(log.as_ref(), id, |_| {});
        // It goes on when the caller has gone, so the place goes with it.
        drop(place);
        verified
    });
    let verified = verified.await;
    let state = caller.state();
    match verified.map_err(|_| ApiError::Internal)? {
        Ok(audit) => Ok(Json(Report::of(&audit, &state))),
        Err(error) => {
            let cause = &error as &dyn std::error::Error;
            tracing::error!(organization.id = %id, error = cause, "a verification of the record failed");
            Ok(Json(Report::damaged(&error)))
        }
    }
}

impl Report {
    fn of(audit: &Audit, state: &rolecall_engine::State) -> Self {
        let differences = audit.differences.iter();
        Self {
            outcome: if audit.differing == 0 { "equal" } else { "different" },
            entries: audit.position.get(),
            hash: Some(audit.hash.to_string()),
            different_entries: audit.differing,
            differences: differences
                .map(|(position, found)| DifferenceView::of(*position, found, state))
                .collect(),
            damage: None,
        }
    }

    fn damaged(error: &ReplayError) -> Self {
        let damage = DamageView {
            position: error.position(),
            reason: error.reason(),
        };
        Self {
            outcome: "damaged",
            entries: error.position().map_or(0, |position| position.saturating_sub(1)),
            hash: None,
            different_entries: 0,
            differences: Vec::new(),
            damage: Some(damage),
        }
    }
}

impl DifferenceView {
    fn of(position: Position, difference: &Difference, state: &rolecall_engine::State) -> Self {
        let views = |consequences: &[rolecall_engine::Consequence]| {
            consequences
                .iter()
                .map(|consequence| entry_view::consequence(consequence, state))
                .collect()
        };
        Self {
            position: position.get(),
            recorded: views(&difference.recorded),
            derived: views(&difference.derived),
        }
    }
}
