//! A group, explained, in JSON.

use axum::Json;
use rolecall_engine::explain::{self, GroupExplained, Outcome, PlanStep, Tried};
use rolecall_engine::limits::EXPLAINED_ITEMS_MAX;
use rolecall_engine::rules::Pattern;
use rolecall_engine::state::{Group, State};
use rolecall_engine::{GroupId, MappingStatus, Rejection, RuleVersion};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::FirstView;
use super::mapping::{MappingExplanation, positions};
use super::reading::Cited;
use super::reason_view::EntryRef;
use super::words::{Words, named};
use crate::admin::id::Id;
use crate::admin::reference::EntityRef;
use crate::auth::{Caller, Viewer};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};

/// A group, explained.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupExplanation {
    id: Uuid,
    display_name: String,
    /// The entry after which all of this is so.
    position: u64,
    member_count: u64,
    /// Member ids that were left out because they name no user: as they came, or the hash of what is no id at all.
    ignored_members: FirstView<String>,
    decision: GroupDecisionView,
    /// The rules in the order in which they are asked: the first 100, and the one that decides.
    rules: FirstView<TriedView>,
    /// Its mappings in the order of their creation, without those that are over.
    mappings: FirstView<MappingExplanation>,
    /// What bringing the group up to date with the rules would change; nothing, when it is.
    plan: FirstView<PlanStepView>,
}

/// Which rule decides a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupDecisionView {
    /// The rule that decided it when rules last ran; `null`: none matched.
    rule_id: Option<Uuid>,
    rule_version: Option<u32>,
    /// The entry in which they did; `null` when there was no time to read it.
    since: Option<EntryRef>,
    since_position: u64,
    /// The rule that would decide it now; `null`: none matches.
    now_rule_id: Option<Uuid>,
    now_rule_version: Option<u32>,
    /// All of it in one sentence.
    text: String,
}

/// A rule, and what it says of a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedView {
    rule_id: Uuid,
    rule_version: u32,
    name: Option<String>,
    /// `decides`; `comes_later`: it matches, too, but is not asked any more; `excluded`: it matches, but so does one of its
    /// excludes; `no_match`; `disabled`.
    #[schema(example = "decides")]
    outcome: &'static str,
    /// The exclude that matches.
    exclude: Option<String>,
    /// All of it in one sentence.
    text: String,
}

/// Something that bringing a group up to date would change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanStepView {
    /// `propose`: a mapping for this entity would come; `refresh`: it would stay, and follow from the rule as it is now;
    /// `approve`, `wait` or `end`: it would get that status.
    #[schema(example = "propose")]
    kind: &'static str,
    mapping_id: Option<Uuid>,
    entity: EntityRef,
    /// All of it in one sentence.
    text: String,
}

/// Explain a group.
///
/// Which rule decides it and what the others say; each of its mappings, with what keeps it from being in force; and what bringing
/// it up to date with the rules would change.
#[utoipa::path(get, path = "/v1/organizations/{organization}/groups/{group}/explain", tag = "explain",
    params(("organization" = Uuid, Path), ("group" = Uuid, Path)), responses(
    (status = 200, description = "The explanation", body = GroupExplanation),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn group(caller: Caller<Viewer>, Id(id): Id<GroupId>) -> Result<Json<GroupExplanation>, Problem> {
    let state = caller.state();
    let group = state.group(id).ok_or(Rejection::UnknownGroup)?;
    let rules = u64::try_from(state.rules().len()).unwrap_or(u64::MAX);
    let mappings = u64::try_from(group.mappings.len()).unwrap_or(u64::MAX);
    let known = caller.state();
    let explain = move || known.group(id).map(|group| explain::group(&known, group));
    // A rule takes a few steps, a mapping as many as its entity has chunks of members, and a member one.
    let steps = rules.saturating_mul(4).saturating_add(mappings.saturating_mul(100));
    let steps = steps.saturating_add(group.members.len());
    let explained = aside::run(caller.organization.long_works(), steps, explain).await?;
    let explained = explained.ok_or(Rejection::UnknownGroup)?;
    let mut wanted = positions(&explained.mappings);
    wanted.insert(explained.decided.position);
    let cited = Cited::read(&caller, wanted, None).await?;
    Ok(Json(GroupExplanation::of(group, explained, &cited, &state)))
}

impl GroupExplanation {
    fn of(group: &Group, explained: GroupExplained, cited: &Cited, state: &State) -> Self {
        let ignored = group.ignored.iter();
        Self {
            id: group.id.uuid(),
            display_name: group.display_name.clone(),
            position: state.position().get(),
            member_count: group.members.len(),
            ignored_members: FirstView {
                items: ignored.take(EXPLAINED_ITEMS_MAX).cloned().collect(),
                total: group.ignored.len(),
            },
            decision: GroupDecisionView::of(&explained, cited, state),
            rules: FirstView::from(explained.tried.map(|tried| TriedView::of(tried, state))),
            mappings: FirstView::from(explained.mappings.map(|one| MappingExplanation::of(one, cited, state))),
            plan: FirstView::from(explained.plan.map(|step| PlanStepView::of(step, state))),
        }
    }
}

impl GroupDecisionView {
    fn of(explained: &GroupExplained, cited: &Cited, state: &State) -> Self {
        let position = explained.decided.position;
        let rule =
            |rule: Option<RuleVersion>| rule.map_or_else(|| "no rule".to_owned(), |rule| Words(state).rule(rule));
        let (then, now) = (rule(explained.decided_by), rule(explained.now));
        let text = match explained.decided_by == explained.now {
            true => format!("It was decided by {then} (entry {position}), and still is."),
            false => format!("It was decided by {then} (entry {position}); now it would be by {now}."),
        };
        Self {
            rule_id: explained.decided_by.map(|rule| rule.rule.uuid()),
            rule_version: explained.decided_by.map(|rule| rule.version),
            since: cited.at(position).map(|found| EntryRef::of(found, state)),
            since_position: position.get(),
            now_rule_id: explained.now.map(|rule| rule.rule.uuid()),
            now_rule_version: explained.now.map(|rule| rule.version),
            text,
        }
    }
}

impl TriedView {
    fn of(tried: Tried, state: &State) -> Self {
        let definition = state
            .rules()
            .get(tried.rule.rule)
            .map(|stored| stored.rule.definition());
        let exclude = match tried.outcome {
            Outcome::Excluded { exclude } => definition.and_then(|definition| definition.exclude.get(exclude)),
            _ => None,
        };
        let (outcome, text) = match tried.outcome {
            Outcome::Decides => ("decides", "matches first, and decides".to_owned()),
            Outcome::ComesLater => (
                "comes_later",
                "matches, too, but another one comes before it".to_owned(),
            ),
            Outcome::Excluded { .. } => {
                let exclude = exclude.map(pattern).unwrap_or_default();
                ("excluded", format!("matches, but so does its exclude {exclude}"))
            }
            Outcome::NoMatch => ("no_match", "does not match".to_owned()),
            Outcome::Disabled => ("disabled", "is disabled".to_owned()),
        };
        let rule = Words(state).rule(tried.rule);
        Self {
            rule_id: tried.rule.rule.uuid(),
            rule_version: tried.rule.version,
            name: definition.map(|definition| definition.name.clone()),
            outcome,
            exclude: exclude.map(pattern),
            text: format!("{} {text}.", capitalized(&rule)),
        }
    }
}

/// A pattern as its kind and its text.
fn pattern(pattern: &Pattern) -> String {
    match pattern.pattern.as_str() {
        "" => pattern.kind.to_string(),
        text => format!("{} `{text}`", pattern.kind),
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

impl PlanStepView {
    fn of(step: PlanStep, state: &State) -> Self {
        let words = Words(state);
        let (mapping, kind, what) = match step {
            PlanStep::Propose(entity_type, name, status) => {
                let (_, becomes) = becoming(status);
                return Self {
                    kind: "propose",
                    mapping_id: None,
                    text: format!(
                        "A mapping to {} would come, and {becomes}.",
                        named(entity_type, name.as_deref())
                    ),
                    entity: EntityRef::unsettled(entity_type, name),
                };
            }
            PlanStep::Refresh(mapping) => (mapping, "refresh", "would stay, and follow from the rule as it is now"),
            PlanStep::Move(mapping, to) => {
                let (kind, becomes) = becoming(to);
                (mapping, kind, becomes)
            }
        };
        let mapping = state.mapping_at(mapping);
        Self {
            kind,
            mapping_id: Some(mapping.id.uuid()),
            entity: EntityRef::of_mapping(mapping, state),
            text: format!("The mapping to {} {what}.", words.entity_of(mapping)),
        }
    }
}

/// What a mapping does that gets this status: in a word, and in words.
fn becoming(status: MappingStatus) -> (&'static str, &'static str) {
    match status {
        MappingStatus::Pending(_) => ("wait", "would wait for an administrator"),
        MappingStatus::Approved | MappingStatus::AutoApproved => ("approve", "would be approved"),
        MappingStatus::Rejected => ("reject", "would be rejected"),
        MappingStatus::Ended(_) => ("end", "would end"),
    }
}
