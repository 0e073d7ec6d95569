//! Applying a plan: the facts of its draft at once, then the groups step by step.

use std::collections::BTreeSet;

use super::{admit, reconcile, settings};
use crate::asked::Asked;
use crate::command::Command;
use crate::derive::{EntrySoFar, reach};
use crate::entry::Actor;
use crate::fact::Fact;
use crate::id::{GroupIndex, NewIds, PlanId};
use crate::limits::{PLAN_EXCEPTIONS_MAX, PLAN_MAPPINGS_MAX};
use crate::mapping::{MappingStatus, PendingReason};
use crate::plan::{Draft, ExceptionChange, MappingChange};
use crate::position::Position;
use crate::rejection::Rejection;
use crate::rule_set::DraftRule;
use crate::settings::SettingsChange;
use crate::state::{PlanRun, State};

/// Whether a plan that was made at this position may be applied now, by whoever asks.
pub(super) fn check(state: &State, author: Actor, expected: Position, asked: Asked) -> Result<(), Rejection> {
    if running(state).is_some() {
        return Err(Rejection::PlanRuns);
    }
    if state.safeguards().two_person_approval && author == asked.by {
        return Err(Rejection::PlanSecondPerson);
    }
    let actual = state.position();
    if expected == actual {
        Ok(())
    } else {
        Err(Rejection::PlanOutdated { expected, actual })
    }
}

/// While a plan is being applied, what it was worked out with stays: its steps read the rules and settings of their time.
pub(super) fn check_idle(state: &State, command: &Command) -> Result<(), Rejection> {
    let moves_ground = matches!(
        command,
        Command::CreateRule { .. }
            | Command::ChangeRule { .. }
            | Command::DeleteRule { .. }
            | Command::SaveRuleSet { .. }
            | Command::ChangeSettings { .. }
    );
    if moves_ground && running(state).is_some() {
        return Err(Rejection::PlanRuns);
    }
    Ok(())
}

pub(super) fn start(
    state: &State,
    plan: PlanId,
    draft: &Draft,
    asked: Asked,
    ids: &mut NewIds,
) -> Result<Vec<Fact>, Rejection> {
    let mut facts = draft_facts(state, draft, asked, ids)?;
    facts.extend(reconcile::plan(state, &draft.drift)?);
    let groups = if draft.rerun { state.table_lengths().1 } else { 0 };
    facts.push(Fact::PlanStarted { plan, groups });
    Ok(facts)
}

/// The next groups, or the end where none is left.
pub(super) fn proceed(state: &State, ids: &mut NewIds) -> Vec<Fact> {
    let Some(run) = running(state) else { return Vec::new() };
    if let Some(facts) = reconcile::step(state, run, ids) {
        return facts;
    }
    let owned = MappingStatus::Pending(PendingReason::EntityOwned);
    let waits = state.counts().mappings.contains_key(&owned);
    vec![match run.goes_on_with(waits) {
        Some(from) => Fact::PlanStepped {
            plan: run.plan,
            from,
            to: reach(state, from, GroupIndex::from(run.groups)),
        },
        None => Fact::PlanFinished { plan: run.plan },
    }]
}

pub(super) fn stop(state: &State, plan: PlanId) -> Result<Vec<Fact>, Rejection> {
    let run = running(state).filter(|run| run.plan == plan);
    run.map(|_| vec![Fact::PlanStopped { plan }])
        .ok_or(Rejection::PlanNotRunning)
}

fn running(state: &State) -> Option<&PlanRun> {
    state.plan_run().filter(|run| run.is_running())
}

/// The facts of a draft. Each change is judged by what those before it lead to.
fn draft_facts(state: &State, draft: &Draft, asked: Asked, ids: &mut NewIds) -> Result<Vec<Fact>, Rejection> {
    check_mappings(&draft.mappings)?;
    check_exceptions(&draft.exceptions)?;
    let mut so_far = EntrySoFar::new(state, asked, ids);
    let mut facts = Vec::new();
    for (place, command) in commands(state, draft) {
        let more = match &command {
            // Roles may go together with the rules that grant them.
            Command::ChangeSettings { change } if draft.rules.is_some() => {
                settings::change_before_rules(so_far.state(), change)
            }
            command => admit(so_far.state(), command, asked, ids),
        };
        let more = more.map_err(|reason| placed(place, reason))?;
        so_far.follow(&more);
        facts.extend(more);
    }
    Ok(facts)
}

/// The commands that a draft stands for, in order, each with its place where it has one of several.
fn commands(state: &State, draft: &Draft) -> impl Iterator<Item = (Option<String>, Command)> {
    let change = &draft.settings;
    let settings = (*change != SettingsChange::default()).then(|| Command::ChangeSettings { change: change.clone() });
    let whole = [settings, rule_set(state, draft)].into_iter().flatten();
    let mappings = draft.mappings.iter().map(MappingChange::command).enumerate();
    let exceptions = draft.exceptions.iter().map(ExceptionChange::command).enumerate();
    let placed = |list: &'static str| move |(index, command)| (Some(format!("{list}[{index}]")), command);
    whole
        .map(|command| (None, command))
        .chain(mappings.map(placed("mappings")))
        .chain(exceptions.map(placed("exceptions")))
}

/// Rules and examples change together: new rules may break the old examples, and the other way around.
fn rule_set(state: &State, draft: &Draft) -> Option<Command> {
    let examples = draft.examples.clone();
    let rules = match &draft.rules {
        Some(rules) => rules.clone(),
        None if examples.is_some() => state.rules().iter().map(DraftRule::of).collect(),
        None => return None,
    };
    Some(Command::SaveRuleSet { rules, examples })
}

fn check_exceptions(changes: &[ExceptionChange]) -> Result<(), Rejection> {
    if changes.len() > PLAN_EXCEPTIONS_MAX {
        return Err(Rejection::TooLong {
            attribute: "exceptions",
            limit: PLAN_EXCEPTIONS_MAX,
            unit: "changes",
        });
    }
    Ok(())
}

fn check_mappings(changes: &[MappingChange]) -> Result<(), Rejection> {
    if changes.len() > PLAN_MAPPINGS_MAX {
        return Err(Rejection::TooLong {
            attribute: "mappings",
            limit: PLAN_MAPPINGS_MAX,
            unit: "changes",
        });
    }
    let mut seen = BTreeSet::new();
    let ids = changes.iter().enumerate();
    let mut ids = ids.filter_map(|(index, change)| Some((index, change.mapping()?)));
    match ids.find(|(_, mapping)| !seen.insert(*mapping)) {
        Some((index, _)) => Err(placed(Some(format!("mappings[{index}]")), Rejection::MappingTwice)),
        None => Ok(()),
    }
}

fn placed(place: Option<String>, reason: Rejection) -> Rejection {
    match place {
        Some(place) => Rejection::Planned {
            place,
            reason: Box::new(reason),
        },
        None => reason,
    }
}
