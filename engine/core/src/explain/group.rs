//! A group, explained: the rule that decides it, those that do not, and what became of its mappings.

use rolecall_rules::{EntityType, MatchName, Verdict};

use super::first::First;
use super::reason::{Step, mapping_chain};
use super::why_not::{WhyNot, blocked, limited};
use crate::consequence::Effect;
use crate::derive::resynced;
use crate::id::{MappingId, MappingIndex};
use crate::invariant::known;
use crate::limits::EXPLAINED_ITEMS_MAX;
use crate::mapping::{MappingStatus, RuleVersion};
use crate::state::{Group, Mapping, Stamp, State, StoredRule};

/// A group, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupExplained {
    /// The rule that decided it when rules last ran.
    pub decided_by: Option<RuleVersion>,
    /// When and where they did.
    pub decided: Stamp,
    /// The rule that would decide it now.
    pub now: Option<RuleVersion>,
    /// The rules in the order in which they are asked; the one that would decide now is always among them.
    pub tried: First<Tried>,
    /// Its mappings that have not ended, in the order of their creation.
    pub mappings: First<MappingExplained>,
    /// What bringing it up to date with the rules would change; empty: nothing.
    pub plan: First<PlanStep>,
}

/// A rule, and what it says of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The rule.
    pub rule: RuleVersion,
    /// What it says.
    pub outcome: Outcome,
}

/// What a rule says of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It matches first, and decides.
    Decides,
    /// It matches, but comes after the one that decides.
    ComesLater,
    /// Its pattern matches, but so does an exclude.
    Excluded {
        /// The place of that exclude, from 0.
        exclude: usize,
    },
    /// Its pattern does not match.
    NoMatch,
    /// It is disabled, and not asked.
    Disabled,
}

/// A mapping, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingExplained {
    /// The mapping.
    pub mapping: MappingIndex,
    /// What keeps it from holding members of its group: all, or those who wait.
    pub why_not: Option<WhyNot>,
    /// How many members of its group wait, while it holds others.
    pub waiting: u64,
    /// What led to it, and what keeps it from holding members, in order.
    pub chain: Vec<Step>,
    /// Whether it follows from a rule that is no longer what it was, or no longer decides the group.
    pub stale: bool,
    /// How many members of its entity it holds there.
    pub members: u64,
}

/// Something that bringing the group up to date with the rules would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanStep {
    /// The mapping would stay, and follow from the rule as it is now.
    Refresh(MappingIndex),
    /// A mapping for such an entity would come, with this status.
    Propose(EntityType, Option<String>, MappingStatus),
    /// The mapping would get this status.
    Move(MappingIndex, MappingStatus),
}

/// Explains a group.
pub fn group(state: &State, group: &Group) -> GroupExplained {
    let decided = state.rules().decide(&group.display_name);
    let now = decided.map(|(stored, _)| stored.at_version());
    let mappings = state.mappings_of(group);
    GroupExplained {
        decided_by: group.decided_by,
        decided: group.decided,
        now,
        tried: tried(state, group, now),
        mappings: First::of(mappings, EXPLAINED_ITEMS_MAX).map(|one| mapping(state, one)),
        plan: First::of(plan(state, group), EXPLAINED_ITEMS_MAX),
    }
}

/// The mapping, explained.
pub(super) fn mapping(state: &State, mapping: &Mapping) -> MappingExplained {
    let waiting = match mapping.in_force() {
        true => state.waiting_members(mapping),
        false => 0,
    };
    let blocked = blocked(state, mapping).or_else(|| (waiting > 0).then(|| limited(mapping)));
    let (why_not, blocked) = blocked.unzip();
    let chain = mapping_chain(state, mapping.index).into_iter().chain(blocked);
    MappingExplained {
        mapping: mapping.index,
        why_not,
        waiting,
        chain: chain.collect(),
        stale: state.is_stale(mapping),
        members: members_held(state, mapping),
    }
}

/// How many members of its entity a mapping holds there.
fn members_held(state: &State, mapping: &Mapping) -> u64 {
    let Some(entity) = mapping.entity.filter(|_| mapping.in_force()) else {
        return 0;
    };
    let mut others = state.entity_at(entity).members.clone();
    let all = others.len();
    others.subtract(state.members_of_mapping(mapping));
    all - others.len()
}

fn tried(state: &State, group: &Group, winner: Option<RuleVersion>) -> First<Tried> {
    let name = MatchName::of(&group.display_name);
    let tried = |stored: &StoredRule| {
        let rule = stored.at_version();
        let outcome = match stored.rule.verdict(&name) {
            _ if !stored.rule.definition().enabled => Outcome::Disabled,
            Verdict::NoMatch => Outcome::NoMatch,
            Verdict::Excluded { exclude } => Outcome::Excluded { exclude },
            Verdict::Matches if Some(rule) == winner => Outcome::Decides,
            Verdict::Matches => Outcome::ComesLater,
        };
        Tried { rule, outcome }
    };
    let rules = state.rules();
    let mut items: Vec<Tried> = rules.iter().take(EXPLAINED_ITEMS_MAX).map(tried).collect();
    let listed = items.iter().any(|tried| Some(tried.rule) == winner);
    if let Some(winner) = winner.filter(|_| !listed) {
        items.extend(rules.get(winner.rule).map(tried));
    }
    First {
        items,
        total: rules.len(),
    }
}

/// What bringing the group up to date would change, by the code that does it.
fn plan(state: &State, group: &Group) -> Vec<PlanStep> {
    let index = |mapping: MappingId| known(state.mapping(mapping), "mapping").index;
    let mut proposed = Vec::new();
    let mut steps = Vec::new();
    for effect in resynced(state, group.index) {
        match effect {
            Effect::MappingProposed {
                mapping,
                entity_type,
                name,
                status,
                ..
            } => {
                proposed.push(mapping);
                steps.push(PlanStep::Propose(entity_type, name, status));
            }
            Effect::MappingRefreshed { mapping, .. } => steps.push(PlanStep::Refresh(index(mapping))),
            Effect::MappingMoved { mapping, to, .. } if !proposed.contains(&mapping) => {
                steps.push(PlanStep::Move(index(mapping), to));
            }
            _ => {}
        }
    }
    steps
}
