//! The analysis of the saved rules: what there is to know about them before somebody relies on them.

use axum::Json;
use rolecall_engine::GroupIndex;
use rolecall_engine::rules::analysis::{Analysis, Budget, Collision, Collisions, Finding, Method, analyze, collisions};
use rolecall_engine::rules::limits::COLLISION_STEPS_MAX;
use rolecall_engine::state::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::rule_body::TypeWord;
use crate::auth::{Caller, Viewer};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};

/// What there is to know about the saved rules. None of it is an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnalysisView {
    /// What was found.
    findings: Vec<FindingView>,
    /// Findings that are not listed because there are too many of their kind.
    left_out: usize,
    /// Whether there are even more overlaps and ties than `left_out` counts.
    more: bool,
    /// How the rules were looked at.
    method: MethodWord,
    /// How many pairs of rules were compared; `null` if the method is `exact`.
    pairs: Option<Pairs>,
    /// The names of the rules about which something stayed open although the method is `exact`; the first five hundred.
    unsure: Vec<String>,
    /// How far the findings go, in words.
    notes: Vec<String>,
    /// Names of entities that the rules give to several of the groups there are; the first hundred.
    collisions: Vec<CollisionView>,
    /// How many more such names there are.
    collisions_left_out: usize,
    /// How many groups were looked at for collisions: all, or the first of them if that would take too long.
    groups_checked: usize,
    /// How many groups were not looked at.
    groups_left_out: usize,
}

/// How rules were looked at.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodWord {
    /// Every possible name was considered, for all rules together: there is nothing else to report.
    Exact,
    /// Rules were compared by twos: what is reported is true, and there may be more.
    Pairwise,
}

/// How far comparing rules by twos went.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Pairs {
    /// Pairs of rules about which nothing is left open.
    checked: u64,
    /// Pairs of rules that there are.
    of: u64,
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
pub(crate) struct CollisionView {
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
        let analysis = analyze(&rules, &Budget::default());
        let groups = || state.groups_from(GroupIndex::from(0));
        let names = groups().map(|group| group.display_name.as_str());
        let collisions = collisions(&rules, names, COLLISION_STEPS_MAX);
        let left_out = groups().skip(collisions.groups_checked).count();
        Self::new(&analysis, collisions, left_out)
    }

    fn new(analysis: &Analysis, collisions: Collisions, groups_left_out: usize) -> Self {
        let (method, pairs) = match analysis.method {
            Method::Exact => (MethodWord::Exact, None),
            Method::Pairwise { checked, of } => (MethodWord::Pairwise, Some(Pairs { checked, of })),
        };
        Self {
            findings: analysis.findings.iter().map(FindingView::of).collect(),
            left_out: analysis.left_out,
            more: analysis.more,
            method,
            pairs,
            unsure: analysis.unsure.iter().map(|rule| rule.name.clone()).collect(),
            notes: analysis.notes(),
            groups_checked: collisions.groups_checked,
            groups_left_out,
            collisions_left_out: collisions.left_out,
            collisions: collisions.found.into_iter().map(CollisionView::of).collect(),
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

impl CollisionView {
    fn of(collision: Collision) -> Self {
        Self {
            r#type: collision.entity_type.into(),
            name: collision.name,
            groups: collision.groups,
            group_count: collision.group_count,
        }
    }
}
