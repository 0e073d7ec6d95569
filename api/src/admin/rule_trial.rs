//! Trying rules on group names, without doing anything.

use axum::Json;
use rolecall_engine::Rejection;
use rolecall_engine::rules::{MatchName, Rule, RuleDefinition, Verdict, first_match};
use rolecall_engine::state::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::RulesBody;
use super::object;
use super::rule_body::{RuleBody, TypeWord};
use super::set_rule;
use crate::auth::{Caller, Viewer};
use crate::error::ApiError;
use crate::limits::{TRIED_NAMES_MAX, TRIED_RULES_SHOWN_MAX};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};

/// Group names to try rules on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trial {
    /// Display names, of groups that exist or not; at most 100.
    #[schema(max_items = 100)]
    names: Vec<String>,
    /// Other rules than those that are saved.
    #[serde(default, deserialize_with = "object::optional_list")]
    rules: Option<Vec<RuleBody>>,
}

/// What the rules make of the names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialResult {
    /// One for each name, in their order.
    items: Vec<TriedName>,
}

/// What the rules make of a name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedName {
    name: String,
    /// The rule that decides it; `null` when none does.
    rule: Option<RuleOfTrial>,
    /// What it puts the members into.
    targets: Vec<TriedTarget>,
    /// The role that it grants.
    role: Option<String>,
    /// Whether it takes effect without approval.
    auto_approve: bool,
    /// The rules that were asked before it, at most 100.
    tried: Vec<TriedRule>,
    /// How many more were asked.
    tried_left_out: usize,
}

/// A rule, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleOfTrial {
    /// Its id; `null` for a rule that is not saved.
    id: Option<Uuid>,
    name: String,
}

/// A target with its name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedTarget {
    r#type: TypeWord,
    /// The name of the entity; `null` when the template cannot be filled.
    name: Option<String>,
    /// Why there is no name.
    problem: Option<String>,
}

/// A rule that was asked, and does not decide.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedRule {
    #[serde(flatten)]
    rule: RuleOfTrial,
    /// `disabled`, `no_match` or `excluded`.
    outcome: &'static str,
}

/// Try rules on group names without doing anything: those that are saved, or others.
#[utoipa::path(post, path = "/v1/organizations/{organization}/rules/try", tag = "rules", operation_id = "try",
    params(("organization" = Uuid, Path)), request_body = Trial, responses(
    (status = 200, description = "What the rules make of each name", body = TrialResult),
    (status = "4XX", description = "Refused; `problems` names all that is wrong with the rules", body = ProblemBody),
))]
pub(crate) async fn run(caller: Caller<Viewer>, body: RulesBody<Trial>) -> Result<Json<TrialResult>, Problem> {
    let works = caller.organization.long_works();
    let (names, given) = body.parsed(works, Trial::checked).await?;
    let state = caller.state();
    // To compile a rule takes as long as to ask many.
    let count = given.as_ref().map_or(state.rules().len(), |given| given.len() * 100);
    let steps = (count * (names.len() + 1)) as u64;
    let tried = aside::run(works, steps, move || -> Result<Vec<TriedName>, Rejection> {
        let rules = match given {
            Some(given) => in_order(Rule::compile_all(given).map_err(Rejection::Rule)?),
            None => saved(&state),
        };
        Ok(names.into_iter().map(|name| tried(name, &rules)).collect())
    });
    Ok(Json(TrialResult { items: tried.await?? }))
}

impl Trial {
    /// The names, and the rules to try on them where they are others than those that are saved.
    fn checked(self) -> Result<(Vec<String>, Option<Vec<RuleDefinition>>), ApiError> {
        if self.names.len() > TRIED_NAMES_MAX {
            return Err(ApiError::Value {
                place: "names".to_owned(),
                reason: format!("at most {TRIED_NAMES_MAX} names can be tried in one request"),
            });
        }
        set_rule::check_count(self.rules.as_ref().map_or(0, Vec::len))?;
        let definitions = |rules: Vec<RuleBody>| rules.into_iter().map(RuleBody::into_definition).collect();
        Ok((self.names, self.rules.map(definitions).transpose()?))
    }
}

/// Rules in the order in which they decide, each with its id where it is saved.
type Rules = Vec<(Option<Uuid>, Rule)>;

fn saved(state: &State) -> Rules {
    let rules = state.rules().iter();
    rules
        .map(|stored| (Some(stored.id.uuid()), stored.rule.clone()))
        .collect()
}

fn in_order(mut rules: Vec<Rule>) -> Rules {
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.definition().priority));
    rules.into_iter().map(|rule| (None, rule)).collect()
}

fn tried(name: String, rules: &Rules) -> TriedName {
    let key = MatchName::of(&name);
    let decision = first_match(rules.iter().map(|(_, rule)| rule).enumerate(), &key);
    let asked = decision.as_ref().map_or(rules.len(), |decision| decision.created);
    let shown = rules
        .iter()
        .take(asked.min(TRIED_RULES_SHOWN_MAX))
        .map(|rule| TriedRule {
            rule: in_short(rule),
            outcome: outcome(&rule.1, &key),
        });
    let definition = decision.as_ref().map(|decision| decision.rule.definition());
    let targets = decision.iter().flat_map(|decision| &decision.matched.targets);
    let targets = targets.map(|target| TriedTarget {
        r#type: target.entity_type.into(),
        name: target.name.as_ref().ok().cloned(),
        problem: target.name.as_ref().err().map(ToString::to_string),
    });
    TriedName {
        name,
        rule: decision
            .as_ref()
            .and_then(|decision| rules.get(decision.created))
            .map(in_short),
        targets: targets.collect(),
        role: definition
            .and_then(|definition| definition.role.as_ref())
            .map(ToString::to_string),
        auto_approve: definition.is_some_and(|definition| definition.auto_approve),
        tried: shown.collect(),
        tried_left_out: asked.saturating_sub(TRIED_RULES_SHOWN_MAX),
    }
}

fn in_short((id, rule): &(Option<Uuid>, Rule)) -> RuleOfTrial {
    RuleOfTrial {
        id: *id,
        name: rule.definition().name.clone(),
    }
}

fn outcome(rule: &Rule, name: &MatchName) -> &'static str {
    match rule.verdict(name) {
        _ if !rule.definition().enabled => "disabled",
        Verdict::Excluded { .. } => "excluded",
        Verdict::NoMatch | Verdict::Matches => "no_match",
    }
}
