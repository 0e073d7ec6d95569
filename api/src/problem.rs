//! Errors of the admin API on the wire: problem details (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rolecall_engine::registry::ExtensionProblem;
use rolecall_engine::{Rejection, RuleSetProblem, plan, rules};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// An [`ApiError`] that answers as problem details.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Problem(pub ApiError);

impl<E: Into<ApiError>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The body of every error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// The kind of error, stable across releases.
    #[schema(example = "urn:rolecall:problem:unknown_group")]
    r#type: String,
    /// The name of the HTTP status.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong, and what to do.
    #[schema(example = "there is no such group")]
    detail: String,
    /// All that is wrong with a rule, with a set of rules, with a snapshot, or with the extensions of a connection, each with its
    /// place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<PlacedProblem>,
    /// How many more problems a rule set file or a snapshot has than `problems` lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems_left_out: Option<usize>,
}

/// One thing that is wrong, and where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacedProblem {
    /// The field, as a path into the body.
    #[schema(example = "match.pattern")]
    place: String,
    /// The byte of the text of the field at which the fault begins, where one can be named.
    offset: Option<usize>,
    /// The line of the rule set file or of the snapshot, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The column in that line, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// What is wrong.
    text: String,
}

impl PlacedProblem {
    fn new(place: &str, offset: Option<usize>, text: String) -> Self {
        Self {
            place: place.to_owned(),
            offset,
            line: None,
            column: None,
            text,
        }
    }
}

impl ProblemBody {
    fn of(error: &ApiError) -> Self {
        let status = error.status();
        Self {
            r#type: format!("urn:rolecall:problem:{}", error.code()),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: error.to_string(),
            problems: problems_of(error),
            problems_left_out: match error {
                ApiError::RuleSetFile(file) => Some(file.left_out),
                ApiError::Rejected(Rejection::Snapshot(problems)) => Some(problems.left_out()),
                _ => None,
            }
            .filter(|left_out| *left_out > 0),
        }
    }
}

fn problems_of(error: &ApiError) -> Vec<PlacedProblem> {
    let of_rule =
        |problem: &rules::Problem| PlacedProblem::new(&problem.place, problem.offset, problem.kind.to_string());
    let of_rule_set =
        |problem: &RuleSetProblem| PlacedProblem::new(&problem.place, problem.offset, problem.kind.to_string());
    let of_extension = |problem: &ExtensionProblem| PlacedProblem::new(&problem.place, None, problem.text.clone());
    let of_example = |failed: &rules::FailedExample| {
        PlacedProblem::new(&format!("examples[{}]", failed.index), None, failed.to_string())
    };
    let of_file = |problem: &rules::FileProblem| PlacedProblem {
        line: Some(problem.line),
        column: Some(problem.column),
        ..PlacedProblem::new(&problem.place, None, problem.text.clone())
    };
    let of_snapshot = |(place, problem): &(plan::Place, plan::SnapshotProblem)| PlacedProblem {
        line: match place {
            plan::Place::Line(line) => usize::try_from(*line).ok(),
            plan::Place::Group(_) | plan::Place::Member(..) => None,
        },
        ..PlacedProblem::new(&place.to_string(), None, problem.to_string())
    };
    match error {
        ApiError::Rejected(Rejection::Snapshot(problems)) => problems.iter().map(of_snapshot).collect(),
        ApiError::Rejected(Rejection::Rule(problems)) => problems.iter().map(of_rule).collect(),
        ApiError::Rejected(Rejection::RuleSet(problems)) => problems.iter().map(of_rule_set).collect(),
        ApiError::RuleSetFile(file) => file.problems.iter().map(of_file).collect(),
        ApiError::Rejected(Rejection::Examples(failed)) => failed.iter().map(of_example).collect(),
        ApiError::Rejected(Rejection::Extensions(problems)) => problems.iter().map(of_extension).collect(),
        _ => Vec::new(),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let mut response = (status, Json(ProblemBody::of(&self.0))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, challenge(&self.0));
        }
        if self.0.closes() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(pause) = self.0.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(pause.as_secs()));
        }
        response
    }
}

/// RFC 6750 section 3: without a token the challenge names no error.
pub(crate) fn challenge(error: &ApiError) -> HeaderValue {
    match error {
        ApiError::TokenMissing
        | ApiError::CredentialsMissing
        | ApiError::SchemeRefused
        | ApiError::BasicRefused { .. } => HeaderValue::from_static("Bearer realm=\"rolecall\""),
        _ => HeaderValue::from_static("Bearer realm=\"rolecall\", error=\"invalid_token\""),
    }
}
