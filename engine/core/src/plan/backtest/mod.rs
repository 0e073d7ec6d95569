//! Backtests: what a draft would have meant had it been in force for some time (SEMANTICS 8.1).
//!
//! Two worlds walk through the record together: the recorded one, which is replayed, and the one of the draft, in which the
//! draft was applied at the start and the facts of each entry are derived anew. What users have in both is compared where an
//! entry touched it in either.

mod carry;
mod compare;
mod translation;

use std::collections::BTreeMap;

use rolecall_rules::{EntityType, RoleName};

use self::carry::{Carried, Carrier};
use self::compare::Comparison;
use crate::asked::Asked;
use crate::command::Command;
use crate::derive::{EntrySoFar, derive};
use crate::entry::{Actor, Entry};
use crate::fact::Fact;
use crate::handle::handle_at;
use crate::id::{ConflictId, IdSeed, IdsFor, NewIds, PlanId, UserId};
use crate::limits::BACKTEST_DIFFERING_MAX;
use crate::plan::Draft;
use crate::rejection::Rejection;
use crate::rule_set::DraftRule;
use crate::state::{Stamp, State};
use crate::time::Timestamp;

/// A backtest on its way.
#[derive(Debug)]
pub struct Backtest {
    recorded: State,
    draft: State,
    start: Start,
    change: Draft,
    /// The decisions of the recorded world that were carried over, and what they are in the other one.
    decisions: BTreeMap<ConflictId, ConflictId>,
    comparison: Comparison,
    report: Report,
}

/// Where the worlds parted: what is older is the same thing in both.
#[derive(Clone, Copy, Debug)]
struct Start {
    stamp: Stamp,
    entities: u32,
    mappings: u32,
}

/// What a backtest found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The state that the draft was applied to.
    pub from: Stamp,
    /// The last entry that was looked at.
    pub reached: Stamp,
    /// How many entries were looked at.
    pub entries: u64,
    /// The first differences, in the order of their beginning.
    pub differences: Vec<Difference>,
    /// How many differences began, listed or not.
    pub began: u64,
    /// How many of them ended, or turned into another one.
    pub ended: u64,
    /// How many users had one at any time.
    pub users: u64,
    /// How many began and ended on each day (UTC), counted from 1970-01-01; only days with any.
    pub days: BTreeMap<u64, Day>,
    /// Facts that the draft stands in for, by kind.
    pub replaced: BTreeMap<&'static str, u64>,
    /// Facts that mean nothing in the world of the draft, by kind: what they name is not there, or not as it was.
    pub not_carried_over: BTreeMap<&'static str, u64>,
}

/// The differences of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// How many began.
    pub began: u64,
    /// How many ended, or turned into another one.
    pub ended: u64,
}

/// What a user had in the one world and not in the other, for as long as it was the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The user.
    pub user: UserId,
    /// What it was.
    pub apart: Apart,
    /// The entry that it began with.
    pub began: Stamp,
    /// The entry that it ended with; `None`: it was still there when the backtest ended.
    pub ended: Option<Stamp>,
}

/// What a user has in one world alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Apart {
    /// Entities as recorded.
    pub recorded: Vec<Place>,
    /// Entities with the draft.
    pub draft: Vec<Place>,
    /// The roles as recorded and with the draft, where they are not the same.
    pub roles: Option<(Option<RoleName>, Option<RoleName>)>,
}

/// An entity, as both worlds know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What it is.
    pub entity_type: EntityType,
    /// Its name.
    pub name: String,
}

impl Backtest {
    /// Begins after the last entry of a state: the draft is applied to a copy, step by step, which takes as long as a plan does.
    /// `None`: it was not to go on before that was done.
    ///
    /// # Errors
    /// When the draft is refused in that state, or changes groups: both worlds have those that the provider sent.
    pub fn begin(state: State, draft: &Draft, goes_on: impl FnMut() -> bool) -> Result<Option<Self>, Rejection> {
        if !draft.drift.is_empty() {
            return Err(Rejection::DriftInBacktest);
        }
        let stamp = Stamp {
            position: state.position(),
            at: state.at(),
        };
        let change = of_then(&state, draft);
        let Some((applied, entries)) = apply(&state, &change, stamp, goes_on)? else {
            return Ok(None);
        };
        let start = Start {
            stamp,
            entities: state.table_lengths().2,
            mappings: state.mappings_from(0.into()).count().try_into().unwrap_or(u32::MAX),
        };
        let mut backtest = Self {
            recorded: state,
            draft: applied,
            start,
            change,
            decisions: BTreeMap::new(),
            comparison: Comparison::default(),
            report: Report {
                from: stamp,
                reached: stamp,
                ..Report::default()
            },
        };
        for entry in &entries {
            backtest.comparison.touch(&backtest.draft, &entry.consequences);
        }
        backtest.compare(stamp);
        Ok(Some(backtest))
    }

    /// Goes on with the next recorded entry.
    ///
    /// # Panics
    /// When the entry is not the next one of this organization.
    pub fn follow(&mut self, entry: &Entry) {
        let stamp = Stamp {
            position: entry.position,
            at: entry.at,
        };
        let after = self.recorded.replay(entry);
        self.comparison.touch(&after, &entry.consequences);
        let asked = Asked { by: entry.actor, stamp };
        let facts = self.carry_over(entry, asked);
        self.recorded = after;
        if !facts.is_empty() {
            let (next, consequences) = derive(&self.draft, asked, entry.seed, &facts);
            self.draft = next;
            self.comparison.touch(&self.draft, &consequences);
        }
        self.compare(stamp);
        self.report.entries += 1;
        self.report.reached = stamp;
    }

    /// Whether so many users differ that it cannot go on.
    pub fn is_full(&self) -> bool {
        self.comparison.differing() > BACKTEST_DIFFERING_MAX
    }

    /// What it found so far.
    pub fn into_report(self) -> Report {
        self.report
    }

    /// The facts of an entry as they are in the world of the draft.
    fn carry_over(&mut self, entry: &Entry, asked: Asked) -> Vec<Fact> {
        let ids = NewIds::new(asked.stamp.at, entry.seed, IdsFor::Facts);
        let mut so_far = EntrySoFar::new(&self.draft, asked, &ids);
        let mut facts = self.expired(asked.stamp.at);
        so_far.follow(&facts);
        let mut waiting = entry.facts.iter().peekable();
        while let Some(fact) = waiting.next() {
            let carrier = Carrier {
                recorded: &self.recorded,
                before: &self.draft,
                now: so_far.state(),
                start: self.start,
                change: &self.change,
                decisions: &self.decisions,
                asked,
            };
            match carrier.carry(fact) {
                Carried::Over(carried) => {
                    if let (Fact::ConflictResolved { conflict: was, .. }, Fact::ConflictResolved { conflict: is, .. }) =
                        (fact, &carried)
                    {
                        self.decisions.insert(*was, *is);
                    }
                    // The facts after it are judged by what it leads to.
                    if waiting.peek().is_some() {
                        so_far.follow(std::slice::from_ref(&carried));
                    }
                    facts.push(carried);
                }
                Carried::Replaced => *self.report.replaced.entry(fact.kind()).or_default() += 1,
                Carried::Nothing => {}
                Carried::Not => *self.report.not_carried_over.entry(fact.kind()).or_default() += 1,
            }
        }
        facts
    }

    /// The ends of exceptions that the draft alone has set: nobody has ended those on the record.
    fn expired(&self, at: Timestamp) -> Vec<Fact> {
        let due = self.draft.exceptions().due(at);
        let of_draft = due.filter(|exception| self.recorded.exceptions().get(exception.id).is_none());
        let expired = of_draft.map(|exception| Fact::ExceptionExpired {
            exception: exception.id,
            user: self.draft.user_at(exception.user).id,
        });
        expired.collect()
    }

    fn compare(&mut self, now: Stamp) {
        let worlds = (&self.recorded, &self.draft);
        self.comparison.compare(worlds, now, &mut self.report);
    }
}

/// The draft as it could have been asked for then: a rule that was not there yet is a new one. Examples move nobody, and those
/// of that time may be about other rules.
fn of_then(state: &State, draft: &Draft) -> Draft {
    let known = |rule: &DraftRule| DraftRule {
        id: rule.id.filter(|id| state.rules().get(*id).is_some()),
        definition: rule.definition.clone(),
    };
    Draft {
        rules: draft.rules.as_ref().map(|rules| rules.iter().map(known).collect()),
        examples: draft.rules.as_ref().map(|_| Vec::new()),
        ..draft.clone()
    }
}

/// The state with the draft applied, and the entries that did it. They all stand where the state does, so that what is
/// recorded after it comes later than they do.
fn apply(
    state: &State,
    draft: &Draft,
    stamp: Stamp,
    mut goes_on: impl FnMut() -> bool,
) -> Result<Option<(State, Vec<Entry>)>, Rejection> {
    let asked = Asked {
        by: Actor::System,
        stamp,
    };
    let plan = PlanId::new(uuid::Uuid::nil());
    // The steps of a plan that was on its way are among the entries to come.
    let running = state.plan_run().filter(|run| run.is_running());
    let stop = running.map(|run| Command::StopPlan { plan: run.plan });
    let first = Command::ApplyPlan {
        plan,
        draft: draft.clone(),
        // Who may apply it is another question than what it does.
        author: Actor::Root,
        expected: stamp.position,
    };
    let commands = stop.into_iter().chain([first]);
    let commands = commands.chain(std::iter::repeat(Command::ContinuePlan));
    let (mut reached, mut entries) = (state.clone(), Vec::new());
    for (step, command) in (0u64..).zip(commands) {
        if !goes_on() {
            return Ok(None);
        }
        let Some((next, entry)) = handle_at(&reached, &command, asked, seed(step))? else {
            break;
        };
        entries.push(entry);
        reached = next;
    }
    Ok(Some((reached, entries)))
}

/// Ids that no recorded entry draws.
fn seed(step: u64) -> IdSeed {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"backtest").update(&step.to_be_bytes());
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    IdSeed::new(bytes)
}
