//! The analysis of the saved rules: what there is to know about them before somebody relies on them.

use std::collections::BTreeMap;

use axum::Json;
use rolecall_engine::GroupIndex;
use rolecall_engine::rules::analysis::{Analysis, Budget, Finding, analyze};
use rolecall_engine::rules::{EntityType, NameKey};
use rolecall_engine::state::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::rule_body::TypeWord;
use crate::auth::{Caller, Viewer};
use crate::limits::{COLLISION_GROUPS_MAX, COLLISIONS_SHOWN_MAX};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};

/// What there is to know about the saved rules. None of it is an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnalysisView {
    /// What was found.
    findings: Vec<FindingView>,
    /// Findings that are not listed because there are too many of their kind.
    left_out: usize,
    /// `exact`: what is not reported is not so; `pairwise`: what is reported is true, and more may be.
    #[schema(example = "exact")]
    method: &'static str,
    /// Names of entities that the rules give to several of the groups there are; the first hundred.
    collisions: Vec<Collision>,
    /// How many groups were looked at for collisions: all, or the first hundred thousand.
    groups_checked: usize,
}

/// One thing to know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// `never_wins`, `tie`, `unanchored`, `uncovered` or `overlap`.
    #[schema(example = "overlap")]
    kind: &'static str,
    /// The finding in words, with a name that shows it.
    text: String,
}

/// Groups whose deciding rules put them into one and the same entity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Collision {
    r#type: TypeWord,
    /// The name of the entity.
    name: String,
    /// The first groups that get it.
    groups: Vec<String>,
    /// How many groups get it.
    group_count: usize,
}

/// Analyse the saved rules: rules that never decide, overlaps, ties, patterns without an anchor, names that no rule matches, and
/// groups that come out as one entity.
#[utoipa::path(get, path = "/v1/organizations/{organization}/rule_set/analysis", tag = "rules", operation_id = "analyse",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "What was found", body = AnalysisView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>) -> Result<Json<AnalysisView>, Problem> {
    let state = caller.state();
    let work = move || AnalysisView::of(&state);
    Ok(Json(
        aside::run(caller.organization.long_works(), u64::MAX, work).await?,
    ))
}

impl AnalysisView {
    fn of(state: &State) -> Self {
        let rules: Vec<_> = state.rules().iter().map(|stored| &stored.rule).collect();
        let Analysis {
            findings,
            left_out,
            method,
            ..
        } = analyze(&rules, &Budget::default());
        let (collisions, groups_checked) = collisions(state);
        Self {
            findings: findings.iter().map(FindingView::of).collect(),
            left_out,
            method: method.kind(),
            collisions,
            groups_checked,
        }
    }
}

impl FindingView {
    fn of(finding: &Finding) -> Self {
        Self {
            kind: finding.kind(),
            text: finding.to_string(),
        }
    }
}

fn collisions(state: &State) -> (Vec<Collision>, usize) {
    let mut entities: BTreeMap<(EntityType, NameKey), Collision> = BTreeMap::new();
    let most = COLLISION_GROUPS_MAX / (state.rules().len() / 1_000 + 1);
    let mut checked = 0;
    for group in state.groups_from(GroupIndex::from(0)).take(most) {
        checked += 1;
        let decided = state.rules().decide(&group.display_name);
        let targets = decided.into_iter().flat_map(|(_, matched)| matched.targets);
        for (entity_type, name) in targets.filter_map(|target| Some((target.entity_type, target.name.ok()?))) {
            let found = entities
                .entry((entity_type, NameKey::of(&name)))
                .or_insert_with(|| Collision {
                    r#type: entity_type.into(),
                    name,
                    groups: Vec::new(),
                    group_count: 0,
                });
            found.group_count += 1;
            if found.groups.len() < 10 {
                found.groups.push(group.display_name.clone());
            }
        }
    }
    let shared = entities.into_values().filter(|entity| entity.group_count > 1);
    (shared.take(COLLISIONS_SHOWN_MAX).collect(), checked)
}
