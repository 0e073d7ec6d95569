//! The pins and exclusions of a user in an explanation, each with what it does now.

use rolecall_engine::explain::{ExceptionEffect, ExceptionExplained, First};
use rolecall_engine::state::{Exception, State};
use rolecall_engine::{BrakeScope, ExceptionKind, ExceptionSubject, HoldId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::FirstView;
use super::reading::Cited;
use super::reason_view::{StepView, chain};
use super::words::Words;
use crate::admin::exceptions::ExceptionView;
use crate::admin::reference::EntityRef;
use crate::time::Time;

/// A pin or an exclusion of the user, and what it does now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExceptionExplanation {
    #[serde(flatten)]
    exception: ExceptionView,
    /// `in_force`. Or why it has no effect now: `inactive` (the user); `unclaimed`: nothing claims what the user is excluded from;
    /// `elsewhere`, `other_role`: something else counts more; `default_role`: whoever has no claim has it; `held`: a hold keeps the
    /// role.
    #[schema(example = "in_force")]
    effect: &'static str,
    /// The hold that keeps the role.
    hold_id: Option<Uuid>,
    /// The entity that the user is in instead.
    instead: Option<EntityRef>,
    /// All of it in one sentence.
    text: String,
    /// Who set it, and the entry that records it.
    chain: Vec<StepView>,
}

impl ExceptionExplanation {
    /// The exceptions.
    pub(super) fn first(all: First<ExceptionExplained>, cited: &Cited, state: &State) -> FirstView<Self> {
        FirstView::from(all.map(|one| Self::of(&one, cited, state)))
    }

    /// The exception.
    fn of(one: &ExceptionExplained, cited: &Cited, state: &State) -> Self {
        let exception = &one.exception;
        let (chain, steps) = chain(&one.chain, cited, state);
        let beginning = format!("{}, {}", about(exception, state), does(one.effect, exception, state));
        let (hold, instead) = match one.effect {
            ExceptionEffect::Held { hold } => (Some(hold), None),
            ExceptionEffect::Elsewhere { entity } => (None, Some(entity)),
            _ => (None, None),
        };
        Self {
            exception: ExceptionView::of(exception, state),
            effect: word(one.effect),
            hold_id: hold.map(HoldId::uuid),
            instead: instead.map(|entity| EntityRef::at(entity, state)),
            text: Words(state).sentence(&beginning, &steps),
            chain,
        }
    }
}

fn word(effect: ExceptionEffect) -> &'static str {
    match effect {
        ExceptionEffect::InForce => "in_force",
        ExceptionEffect::Inactive => "inactive",
        ExceptionEffect::Unclaimed => "unclaimed",
        ExceptionEffect::Elsewhere { .. } => "elsewhere",
        ExceptionEffect::OtherRole => "other_role",
        ExceptionEffect::DefaultRole => "default_role",
        ExceptionEffect::Held { .. } => "held",
    }
}

/// What it is, and until when.
fn about(exception: &Exception, state: &State) -> String {
    let what = match &exception.subject {
        ExceptionSubject::Entity(entity) => state.entity(*entity).map(|entity| Words(state).entity(entity.index)),
        ExceptionSubject::Role(role) => Some(format!("role `{role}`")),
    };
    let kind = match exception.kind {
        ExceptionKind::Pin => "Pinned to",
        ExceptionKind::Exclusion => "Excluded from",
    };
    let until = exception.expires.map(|expires| format!(" until {}", Time(expires)));
    let (what, until) = (what.unwrap_or_default(), until.unwrap_or_default());
    format!("{kind} {what}{until}")
}

/// What it does now, or why nothing.
fn does(effect: ExceptionEffect, exception: &Exception, state: &State) -> String {
    let role = || {
        let role = state.user_at(exception.user).role.as_ref();
        role.map_or_else(|| "no role".to_owned(), |role| format!("role `{role}`"))
    };
    let because = match effect {
        ExceptionEffect::InForce if exception.kind == ExceptionKind::Pin => {
            return "which counts whatever groups say".to_owned();
        }
        ExceptionEffect::InForce => return "which something claims for the user and does not get".to_owned(),
        ExceptionEffect::Held { hold } => return held(hold, &role(), state),
        ExceptionEffect::Inactive => "the user is inactive; it counts again when the user comes back".to_owned(),
        ExceptionEffect::Unclaimed => "nothing claims it for the user".to_owned(),
        ExceptionEffect::Elsewhere { entity } => format!("{} counts more", Words(state).entity(entity)),
        ExceptionEffect::OtherRole => format!("{} counts more", role()),
        ExceptionEffect::DefaultRole => "it is the default role, which whoever is left without a claim has".to_owned(),
    };
    format!("without effect now, because {because}")
}

fn held(hold: HoldId, role: &str, state: &State) -> String {
    let is_floor = state.hold(hold).is_some_and(|hold| hold.scope == BrakeScope::MinAdmins);
    match is_floor {
        true => format!(
            "without effect yet, because the floor `min_admins` holds the demotion: the user keeps {role} until another user gets \
             it, or hold {hold} is released"
        ),
        false => format!("without effect yet, because the user keeps {role} until hold {hold} is released"),
    }
}
