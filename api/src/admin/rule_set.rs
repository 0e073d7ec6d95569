//! All rules of an organization with their examples, in one piece: as JSON, or as the TOML file that is kept for review.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use rolecall_engine::rules::limits::RULE_SET_BYTES_MAX;
use rolecall_engine::rules::{Example, RuleDefinition, RuleSet};
use rolecall_engine::state::State;
use rolecall_engine::{Command, DraftRule, Fact, Rejection};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::parse;
use super::example_body::{self, ExampleBody};
use super::object;
use super::query::Query;
use super::set_rule::{self, SetRule};
use crate::app::App;
use crate::auth::{Admin, Caller, Viewer};
use crate::body;
use crate::error::ApiError;
use crate::organization::{Submitted, aside};
use crate::problem::{Problem, ProblemBody};

const TOML: &str = "application/toml";

/// All rules with their examples.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSetBody {
    /// The rules, in the order in which they decide. Without ids their names tell which rule is which: one of another name is
    /// another rule.
    #[serde(deserialize_with = "object::list")]
    rules: Vec<SetRule>,
    /// What the rules are expected to do.
    #[serde(default, deserialize_with = "object::list")]
    examples: Vec<ExampleBody>,
}

/// What saving a rule set changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleSetSaved {
    /// How many rules are new.
    created: usize,
    /// How many say something else now.
    changed: usize,
    /// How many stayed as they were.
    unchanged: usize,
    /// How many were not in the set.
    deleted: usize,
    /// How many mappings follow from rules as they were: they stay as they are until a plan is applied.
    stale_mappings: u64,
}

/// The format to read in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RuleSetQuery {
    /// `toml` for the file; JSON if left out, unless the header `Accept` says otherwise.
    #[param(inline)]
    format: Option<Format>,
}

/// A format of rule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// JSON, as elsewhere in this API.
    Json,
    /// TOML, made for review.
    Toml,
}

/// A rule set in the body of a request: TOML or JSON, by its media type.
pub(crate) enum RuleSetRequest {
    File(String),
    Json(RuleSetBody),
}

impl FromRequest<Arc<App>> for RuleSetRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, RULE_SET_BYTES_MAX).await?;
        match media_type(&parts.headers, header::CONTENT_TYPE).as_str() {
            TOML => match String::from_utf8(bytes.into()) {
                Ok(text) => Ok(Self::File(text)),
                Err(_) => Err(ApiError::Value {
                    place: "body".to_owned(),
                    reason: "a TOML file is UTF-8".to_owned(),
                }
                .into()),
            },
            "application/json" => Ok(Self::Json(parse(&bytes)?)),
            _ => Err(ApiError::MediaType {
                expected: "application/json` or `application/toml",
            }
            .into()),
        }
    }
}

fn media_type(headers: &HeaderMap, name: header::HeaderName) -> String {
    let value = headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn set_of(state: &State) -> (Vec<&RuleDefinition>, &[Example]) {
    let rules = state.rules();
    (
        rules.iter().map(|stored| stored.rule.definition()).collect(),
        rules.examples(),
    )
}

/// Read all rules with their examples in one piece, as JSON or as a TOML file for review.
#[utoipa::path(get, path = "/v1/organizations/{organization}/rule_set", tag = "rules", operation_id = "read_set",
    params(("organization" = Uuid, Path), RuleSetQuery), responses(
    (status = 200, description = "All rules, in the order in which they decide, and their examples",
        content((RuleSetBody = "application/json"), (String = "application/toml"))),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(
    caller: Caller<Viewer>,
    headers: HeaderMap,
    Query(query): Query<RuleSetQuery>,
) -> Result<Response, Problem> {
    let accepts_toml = media_type(&headers, header::ACCEPT) == TOML;
    let toml = query.format.map_or(accepts_toml, |format| format == Format::Toml);
    let state = caller.state();
    let (rules, examples) = set_of(&state);
    if toml {
        let set = RuleSet {
            rules: rules.into_iter().cloned().collect(),
            examples: examples.to_vec(),
        };
        return Ok(([(header::CONTENT_TYPE, TOML)], set.write()).into_response());
    }
    let body = RuleSetBody {
        rules: rules.into_iter().map(SetRule::of).collect(),
        examples: examples.iter().map(ExampleBody::of).collect(),
    };
    Ok(Json(body).into_response())
}

/// Save all rules with their examples at once: rules that are not in the set are deleted. It moves nobody.
#[utoipa::path(put, path = "/v1/organizations/{organization}/rule_set", tag = "rules", operation_id = "save_set",
    params(("organization" = Uuid, Path)),
    request_body(content((RuleSetBody = "application/json"), (String = "application/toml"))), responses(
    (status = 200, description = "What that changed", body = RuleSetSaved),
    (status = "4XX", description = "Refused; `problems` names all that is wrong, each with its place, and every example that \
        would fail", body = ProblemBody),
))]
pub(crate) async fn save(caller: Caller<Admin>, request: RuleSetRequest) -> Result<Json<RuleSetSaved>, Problem> {
    match request {
        RuleSetRequest::Json(body) => {
            let (rules, examples) = (set_rule::drafts(body.rules)?, example_body::examples(body.examples)?);
            Ok(Json(submit(&caller, rules, examples).await?))
        }
        RuleSetRequest::File(text) => {
            let (works, steps, text) = (caller.organization.long_works(), text.len() as u64, Arc::new(text));
            let read = Arc::clone(&text);
            let set = aside::run(works, steps, move || RuleSet::read(&read)).await??;
            let draft = |definition| DraftRule { id: None, definition };
            let rules = set.rules.into_iter().map(draft).collect();
            match submit(&caller, rules, set.examples).await {
                Ok(saved) => Ok(Json(saved)),
                Err(error) => Err(aside::run(works, steps, move || located(&text, error)).await?.into()),
            }
        }
    }
}

async fn submit(
    caller: &Caller<Admin>,
    rules: Vec<DraftRule>,
    examples: Vec<Example>,
) -> Result<RuleSetSaved, ApiError> {
    let count = rules.len();
    let examples = Some(examples);
    let command = Command::SaveRuleSet { rules, examples };
    Ok(RuleSetSaved::of(&caller.submit(command).await?, count))
}

/// What this organization has against the rules of a file, with lines and columns.
fn located(text: &str, error: ApiError) -> ApiError {
    let problems: Vec<_> = match &error {
        ApiError::Rejected(Rejection::RuleSet(problems)) => problems
            .iter()
            .map(|problem| (problem.place.clone(), problem.offset, problem.kind.to_string()))
            .collect(),
        ApiError::Rejected(Rejection::Examples(failed)) => failed
            .iter()
            .map(|failed| (format!("examples[{}]", failed.index), None, failed.to_string()))
            .collect(),
        _ => return error,
    };
    RuleSet::locate(text, problems).into()
}

impl RuleSetSaved {
    /// What an entry did to a set that has so many rules now.
    fn of(submitted: &Submitted, count: usize) -> Self {
        let facts = || submitted.entry.iter().flat_map(|entry| &entry.facts);
        let created = facts().filter(|fact| matches!(fact, Fact::RuleCreated { .. })).count();
        let changed = facts().filter(|fact| matches!(fact, Fact::RuleChanged { .. })).count();
        Self {
            created,
            changed,
            unchanged: count.saturating_sub(created + changed),
            deleted: facts().filter(|fact| matches!(fact, Fact::RuleDeleted { .. })).count(),
            stale_mappings: submitted.state.stale_mappings(),
        }
    }
}
