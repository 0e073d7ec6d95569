//! Saving a whole set of rules at once. As with single rules, none of it changes a mapping.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_rules::{ProblemKind, Room};

use super::rules::unknown_role;
use crate::fact::Fact;
use crate::id::{NewIds, RuleId};
use crate::limits::RULES_MAX;
use crate::rejection::Rejection;
use crate::rule_set::{DraftRule, RuleSetProblem, RuleSetProblemKind, RuleSetProblems};
use crate::state::State;

/// Rules that are not in the set are deleted, those that are in it are changed or created.
pub(super) fn save(state: &State, drafts: &[DraftRule], ids: &mut NewIds) -> Result<Vec<Fact>, Rejection> {
    if drafts.len() > RULES_MAX {
        return Err(Rejection::LimitReached {
            what: "rules",
            limit: RULES_MAX,
        });
    }
    let kept = kept(state, drafts);
    let problems = problems(state, drafts, &kept);
    if !problems.is_empty() {
        return Err(Rejection::RuleSet(RuleSetProblems(problems)));
    }
    let stays: BTreeSet<RuleId> = kept.iter().flatten().copied().collect();
    let deleted = state.rules().iter().filter(|stored| !stays.contains(&stored.id));
    let mut facts: Vec<Fact> = deleted.map(|stored| Fact::RuleDeleted { rule: stored.id }).collect();
    let mut new = new_ids(kept.iter().filter(|kept| kept.is_none()).count(), ids).into_iter();
    for (draft, kept) in drafts.iter().zip(&kept) {
        match kept.and_then(|rule| state.rules().get(rule)) {
            Some(stored) if *stored.rule.definition() == draft.definition => {}
            Some(stored) => facts.push(Fact::RuleChanged {
                rule: stored.id,
                version: stored.version + 1,
                definition: draft.definition.clone(),
            }),
            None => facts.extend(new.next().map(|rule| Fact::RuleCreated {
                rule,
                definition: draft.definition.clone(),
            })),
        }
    }
    Ok(facts)
}

/// The rule that each draft is for; `None`: a new one.
fn kept(state: &State, drafts: &[DraftRule]) -> Vec<Option<RuleId>> {
    let by_id: BTreeSet<RuleId> = drafts.iter().filter_map(|draft| draft.id).collect();
    let others = state.rules().iter().filter(|stored| !by_id.contains(&stored.id));
    let mut by_name: BTreeMap<&str, RuleId> = others
        .map(|stored| (stored.rule.definition().name.as_str(), stored.id))
        .collect();
    let mut of = |draft: &DraftRule| draft.id.or_else(|| by_name.remove(draft.definition.name.as_str()));
    drafts.iter().map(&mut of).collect()
}

/// Ids in the order of the set: of rules created at one time, the one with the lowest id counts as the first.
fn new_ids(count: usize, ids: &mut NewIds) -> Vec<RuleId> {
    let mut drawn: Vec<RuleId> = (0..count).map(|_| RuleId::new(ids.draw())).collect();
    drawn.sort_unstable();
    drawn
}

fn problems(state: &State, drafts: &[DraftRule], kept: &[Option<RuleId>]) -> Vec<RuleSetProblem> {
    let mut problems = Vec::new();
    let mut room = room(state, drafts, kept);
    let mut first = BTreeMap::new();
    let mut names = BTreeMap::new();
    for (index, (draft, kept)) in drafts.iter().zip(kept).enumerate() {
        let mut found = |field: &str, offset, kind| {
            problems.push(RuleSetProblem {
                place: format!("rules[{index}].{field}"),
                offset,
                kind,
            });
        };
        if let Some(rule) = kept {
            if let Some(first) = first.insert(*rule, index) {
                found("id", None, RuleSetProblemKind::RuleTwice { first });
            } else if state.rules().get(*rule).is_none() {
                found("id", None, RuleSetProblemKind::UnknownRule);
            }
        }
        let first = *names.entry(draft.definition.name.as_str()).or_insert(index);
        if first < index {
            let kind = RuleSetProblemKind::Rule(ProblemKind::RuleNameTwice { first });
            found("name", None, kind);
        }
        // What is stored was checked when it was saved, and limits may be lower today. Its role may be about to go.
        let stored = kept.and_then(|rule| state.rules().get(rule));
        let stays = stored.is_some_and(|stored| *stored.rule.definition() == draft.definition);
        if !stays && let Err(of_rule) = room.compile(draft.definition.clone()) {
            for problem in of_rule.iter() {
                let kind = RuleSetProblemKind::Rule(problem.kind.clone());
                found(&problem.place, problem.offset, kind);
            }
        }
        if let Some((role, known)) = unknown_role(state, &draft.definition) {
            found("role", None, RuleSetProblemKind::UnknownRole { role, known });
        }
        if room.is_used_up() {
            break;
        }
    }
    problems
}

/// The room beside the rules that stay as they are.
fn room(state: &State, drafts: &[DraftRule], kept: &[Option<RuleId>]) -> Room {
    let unchanged: BTreeSet<RuleId> = drafts
        .iter()
        .zip(kept)
        .filter_map(|(draft, kept)| {
            let stored = state.rules().get((*kept)?)?;
            (*stored.rule.definition() == draft.definition).then_some(stored.id)
        })
        .collect();
    let others = state.rules().iter().filter(|stored| !unchanged.contains(&stored.id));
    state.rules().room_without(others)
}
