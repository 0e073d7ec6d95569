//! A user, explained, in JSON.

use std::collections::BTreeSet;

use axum::Json;
use rolecall_engine::explain::{
    self, Absence, GroupOfUser, Link, MembershipExplained, RoleExplained, RoleReason, Search, Step, UserExplained,
    Wanted, WhyNot,
};
use rolecall_engine::state::{State, User};
use rolecall_engine::{Position, Rejection, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::FirstView;
use super::exceptions::ExceptionExplanation;
use super::reading::Cited;
use super::reason_view::{EntryRef, ReasonView, StepView, chain, kind_of_source, mapping_of};
use super::words::{self, Words};
use crate::admin::id::Id;
use crate::admin::reference::{EntityRef, GroupRef};
use crate::auth::{Caller, Viewer};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};

/// A user, explained.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserExplanation {
    id: Uuid,
    /// `null` when it was erased.
    user_name: Option<String>,
    active: bool,
    /// The entry after which all of this is so.
    position: u64,
    role: RoleExplanation,
    /// The entities that the user is in.
    entities: FirstView<MembershipExplanation>,
    /// The claims on the user that have no effect.
    why_not: FirstView<AbsenceView>,
    /// The pins and exclusions of the user, each with what it does now, or why it does nothing.
    exceptions: FirstView<ExceptionExplanation>,
    /// The groups of the user, each with the rule that decided it.
    groups: FirstView<GroupOfUserView>,
}

/// The role of a user, explained.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleExplanation {
    /// The role in force; `null` while inactive.
    role: Option<String>,
    /// The entry that gave it; `null` when there is none, and when it is too long ago to look for it.
    since: Option<EntryRef>,
    /// Why it last changed.
    #[schema(example = "member_added")]
    cause: Option<&'static str>,
    /// All reasons, highest first: the first one decides.
    reasons: FirstView<RoleReasonView>,
}

/// One reason for a role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleReasonView {
    /// The role that it gives.
    role: String,
    /// Whether it is the one that decides.
    decides: bool,
    /// What the role of the user would be without it.
    without: String,
    reason: ReasonView,
}

/// An entity that a user is in, explained.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MembershipExplanation {
    entity: EntityRef,
    /// The entry that put the user there; `null` when there was no time to read it.
    since: Option<EntryRef>,
    since_position: u64,
    /// The reasons in force. The user leaves when the last one goes.
    reasons: FirstView<ReasonView>,
}

/// A claim without effect, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AbsenceView {
    /// The entity that it would put the user into; its `id` is `null` when there is none, or it is not settled.
    entity: Option<EntityRef>,
    /// The role that it would give.
    role: Option<String>,
    /// Where the claim comes from, as in a reason.
    #[schema(example = "mapping")]
    source: &'static str,
    group: Option<GroupRef>,
    mapping_id: Option<Uuid>,
    /// `pending`, `rejected` or `paused` (the mapping); `inactive` (the user); `conflict`: it is open; `decided`: it was resolved for
    /// another entity; `outranked`; `unknown_name`,
    /// `ambiguous_name` or `unknown_role` (what an attribute asks for); `excluded` (by an administrator); `taken_out` (by hand).
    #[schema(example = "pending")]
    why: &'static str,
    /// Why the mapping waits.
    #[schema(example = "approval_required")]
    reason: Option<&'static str>,
    /// The open conflict, or the decision.
    conflict_id: Option<Uuid>,
    /// The entity that the user is in instead.
    instead: Option<EntityRef>,
    /// All of it in one sentence.
    text: String,
    /// What led to the claim, and what keeps it from having an effect.
    chain: Vec<StepView>,
}

/// A group of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupOfUserView {
    group: GroupRef,
    /// The rule that decided it when rules last ran; `null`: none matched.
    rule_id: Option<Uuid>,
    rule_version: Option<u32>,
    /// The entry in which they did.
    decided_position: u64,
    /// Whether any of its mappings follows from a rule that is no longer what it was, or no longer decides it.
    stale: bool,
    /// All of it in one sentence.
    text: String,
}

/// Explain a user.
///
/// Its role and every entity it is in, each with the chain from the request to the approval, with the entries of the record that
/// show it, and with what would remove it; every claim that has no effect, with what keeps it from that; and its pins and exclusions,
/// also those without effect.
#[utoipa::path(get, path = "/v1/organizations/{organization}/users/{user}/explain", tag = "explain",
    params(("organization" = Uuid, Path), ("user" = Uuid, Path)), responses(
    (status = 200, description = "The explanation", body = UserExplanation),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn user(caller: Caller<Viewer>, Id(id): Id<UserId>) -> Result<Json<UserExplanation>, Problem> {
    let state = caller.state();
    let user = state.user(id).ok_or(Rejection::UnknownUser)?;
    let entities = u64::try_from(user.memberships.len()).unwrap_or(u64::MAX);
    let steps = user.group_count().saturating_mul(entities + 4);
    let known = caller.state();
    let explain = move || known.user(id).map(|user| explain::user(&known, user));
    let explained = aside::run(caller.organization.long_works(), steps, explain).await?;
    let explained = explained.ok_or(Rejection::UnknownUser)?;
    let (positions, links) = to_cite(&explained);
    let search = Search::new(&state, user, links);
    let cited = Cited::read(&caller, positions, Some((user, search))).await?;
    Ok(Json(UserExplanation::of(user, explained, &cited, &state)))
}

/// The positions that an explanation cites, and the steps whose positions have to be looked for.
fn to_cite(explained: &UserExplained) -> (BTreeSet<Position>, BTreeSet<Link>) {
    let roles = explained.role.reasons.items.iter().map(|one| &one.reason.chain);
    let memberships = explained.memberships.items.iter().flat_map(|one| &one.reasons.items);
    let absences = explained.absences.items.iter().map(|one| &one.chain);
    let exceptions = explained.exceptions.items.iter().map(|one| &one.chain);
    let chains = roles.chain(memberships.map(|reason| &reason.chain));
    let chains = chains.chain(absences).chain(exceptions);
    let steps: Vec<&Step> = chains.flatten().collect();
    let since = explained.memberships.items.iter().map(|one| one.since.position);
    let known = steps.iter().filter_map(|step| step.position).chain(since).collect();
    let sought = steps
        .iter()
        .filter(|step| step.position.is_none())
        .map(|step| step.link);
    (known, sought.chain([Link::RoleChanged]).collect())
}

impl UserExplanation {
    fn of(user: &User, explained: UserExplained, cited: &Cited, state: &State) -> Self {
        let person = user.person.as_deref();
        Self {
            id: user.id.uuid(),
            user_name: person.map(|person| person.user_name.clone()),
            active: user.active,
            position: state.position().get(),
            role: RoleExplanation::of(explained.role, cited, state),
            entities: FirstView::from(
                explained
                    .memberships
                    .map(|one| MembershipExplanation::of(one, cited, state)),
            ),
            why_not: FirstView::from(explained.absences.map(|one| AbsenceView::of(one, cited, state))),
            exceptions: ExceptionExplanation::first(explained.exceptions, cited, state),
            groups: FirstView::from(explained.groups.map(|one| GroupOfUserView::of(one, state))),
        }
    }
}

impl RoleExplanation {
    fn of(explained: RoleExplained, cited: &Cited, state: &State) -> Self {
        let search = cited.searched();
        let since = search.and_then(|search| search.found(Link::RoleChanged));
        let mut decides = true;
        let reasons = explained
            .reasons
            .map(|one| RoleReasonView::of(one, std::mem::take(&mut decides), cited, state));
        Self {
            role: explained.role.map(|role| role.to_string()),
            since: since.map(|found| EntryRef::of(found, state)),
            cause: search
                .and_then(Search::role_cause)
                .map(rolecall_engine::RoleCause::as_str),
            reasons: FirstView::from(reasons),
        }
    }
}

impl RoleReasonView {
    fn of(one: RoleReason, decides: bool, cited: &Cited, state: &State) -> Self {
        let beginning = words::role(Some(&one.role));
        Self {
            reason: ReasonView::of(&beginning, &one.reason, cited, state),
            role: one.role.to_string(),
            decides,
            without: one.without.to_string(),
        }
    }
}

impl MembershipExplanation {
    fn of(one: MembershipExplained, cited: &Cited, state: &State) -> Self {
        let beginning = format!("In {}", Words(state).entity(one.entity));
        let reasons = one
            .reasons
            .map(|reason| ReasonView::of(&beginning, &reason, cited, state));
        Self {
            entity: EntityRef::at(one.entity, state),
            since: cited.at(one.since.position).map(|found| EntryRef::of(found, state)),
            since_position: one.since.position.get(),
            reasons: FirstView::from(reasons),
        }
    }
}

impl AbsenceView {
    fn of(one: Absence, cited: &Cited, state: &State) -> Self {
        let words = Words(state);
        let (chain, steps) = chain(&one.chain, cited, state);
        let text = words.sentence(
            &format!("{} {}", words.wanted(&one.wanted), words.why_not(one.why)),
            &steps,
        );
        let (entity, role) = match one.wanted {
            Wanted::Entity(entity) => (Some(EntityRef::at(entity, state)), None),
            Wanted::Unsettled(entity_type, name) => (Some(EntityRef::unsettled(entity_type, name)), None),
            Wanted::Role(role) => (None, Some(role)),
        };
        let (conflict, instead) = match one.why {
            WhyNot::Conflict { conflict, current } => (Some(conflict), Some(current)),
            WhyNot::Decided { decision, chosen } => (Some(decision), Some(chosen)),
            WhyNot::Outranked { by } => (None, Some(by)),
            _ => (None, None),
        };
        Self {
            entity,
            role,
            source: kind_of_source(one.source),
            group: one.source.group(state).map(|group| GroupRef::at(group, state)),
            mapping_id: mapping_of(one.source).map(|mapping| state.mapping_at(mapping).id.uuid()),
            why: word(one.why),
            reason: match one.why {
                WhyNot::Pending { reason, .. } => Some(reason.as_str()),
                _ => None,
            },
            conflict_id: conflict.map(|conflict| conflict.uuid()),
            instead: instead.map(|entity| EntityRef::at(entity, state)),
            text,
            chain,
        }
    }
}

/// The word for what keeps a claim from having an effect.
pub(super) fn word(why: WhyNot) -> &'static str {
    match why {
        WhyNot::Inactive => "inactive",
        WhyNot::Pending { .. } => "pending",
        WhyNot::Rejected => "rejected",
        WhyNot::Paused => "paused",
        WhyNot::Limited { .. } => "limited",
        WhyNot::Conflict { .. } => "conflict",
        WhyNot::Decided { .. } => "decided",
        WhyNot::Outranked { .. } => "outranked",
        WhyNot::UnknownName => "unknown_name",
        WhyNot::AmbiguousName => "ambiguous_name",
        WhyNot::UnknownRole => "unknown_role",
        WhyNot::Excluded { .. } => "excluded",
        WhyNot::TakenOut => "taken_out",
    }
}

impl GroupOfUserView {
    fn of(one: GroupOfUser, state: &State) -> Self {
        let words = Words(state);
        let (group, decided) = (words.group(one.group), one.decided.position);
        let stale = if one.stale { "; it has changed since" } else { "" };
        let text = match one.decided_by {
            Some(rule) => format!(
                "Group {group} was decided by {} (entry {decided}){stale}.",
                words.rule(rule)
            ),
            None => format!("No rule matched group {group} when rules last ran (entry {decided}){stale}."),
        };
        Self {
            group: GroupRef::at(one.group, state),
            rule_id: one.decided_by.map(|rule| rule.rule.uuid()),
            rule_version: one.decided_by.map(|rule| rule.version),
            decided_position: one.decided.position.get(),
            stale: one.stale,
            text,
        }
    }
}
