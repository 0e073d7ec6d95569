//! The rules by twos, for sets that are too large to be seen at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::automaton::{Automaton, Walked};
use super::evidence::Evidence;
use super::language::Language;
use super::meter::{Budget, Exhausted, Meter};
use super::start::Starts;
use super::tree;
use crate::rule::Rule;

/// One pair may take this part of all the steps.
const STEPS_PART: u64 = 50;

/// What comparing rules by twos showed, besides the overlaps, which go into the evidence.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Pairs about which nothing is left open.
    pub(super) checked: u64,
    /// Rules that never win, by number.
    pub(super) beaten: BTreeMap<usize, Beaten>,
}

/// How a rule is kept from winning.
#[derive(Clone, Debug)]
pub(super) struct Beaten {
    /// The rules that win instead; none if it matches no name.
    pub(super) by: BTreeSet<usize>,
    /// A name that it matches.
    pub(super) name: Option<String>,
}

/// Goes on from the evidence of a walk that did not end. `checked` counts what was done when the steps are used up.
pub(super) fn compare(evidence: &mut Evidence<'_>, budget: &Budget, meter: &mut Meter) -> Compared {
    let mut compared = Compared::default();
    // What cannot be done within the steps is not counted as done, and that is all there is to say about it.
    let _: Result<(), Exhausted> = compare_all(evidence, budget, meter, &mut compared);
    compared
}

fn compare_all(
    evidence: &mut Evidence<'_>,
    budget: &Budget,
    meter: &mut Meter,
    compared: &mut Compared,
) -> Result<(), Exhausted> {
    let fits = |number: &usize| evidence.rules.get(*number).is_some_and(|rule| tree::fits(rule));
    let (simple, others): (Vec<usize>, Vec<usize>) = (0..evidence.rules.len()).partition(fits);
    compare_simple(&simple, evidence, meter, compared)?;
    let starts = Starts::of(&evidence.rules, meter)?;
    for other in &others {
        // Each pair comes once: with a simple rule, or with another one that comes before.
        let comes_here = |rule: usize| rule < *other || simple.binary_search(&rule).is_ok();
        let partners = starts.sharing(*other, meter)?;
        let partners: Vec<usize> = partners
            .into_iter()
            .filter(|rule| comes_here(*rule) && rule != other)
            .collect();
        let all = simple.len() + others.partition_point(|rule| rule < other);
        compared.checked += count(all - partners.len());
        for partner in partners {
            let pair = (*other.min(&partner), *other.max(&partner));
            let mut part = meter.take(budget.steps / STEPS_PART);
            let done = compare_two(pair, evidence, budget, &mut part, compared);
            meter.give_back(&part);
            meter.spend(1)?;
            compared.checked += u64::from(done.is_ok());
        }
    }
    Ok(())
}

fn count(pairs: usize) -> u64 {
    u64::try_from(pairs).unwrap_or(u64::MAX)
}

/// Sees the rules with prefixes only among themselves. What is so for some rules is so for all: with more rules, no more win.
fn compare_simple(
    simple: &[usize],
    evidence: &mut Evidence<'_>,
    meter: &mut Meter,
    compared: &mut Compared,
) -> Result<(), Exhausted> {
    let mut among = Evidence::new(
        simple
            .iter()
            .filter_map(|number| evidence.rules.get(*number).copied())
            .collect(),
    );
    tree::explore(&mut among, meter)?;
    let number = |local: &usize| simple.get(*local).copied().unwrap_or_default();
    for ((first, second), overlap) in &among.overlaps {
        if let Some(name) = among.shown(*overlap) {
            evidence.add_overlap((number(first), number(second)), name);
        }
    }
    evidence.more_overlaps |= among.more_overlaps;
    for (local, of_rule) in among
        .of_rules
        .iter()
        .enumerate()
        .filter(|(_, of_rule)| !of_rule.may_win)
    {
        let beaten = Beaten {
            by: of_rule.shadowed_by().iter().map(number).collect(),
            name: among.matched_by(local).map(str::to_owned),
        };
        compared.beaten.insert(number(&local), beaten);
    }
    if evidence.uncovered.is_none() {
        evidence.uncovered = among.uncovered;
    }
    compared.checked += count(simple.len() * simple.len().saturating_sub(1) / 2);
    Ok(())
}

/// Walks the automaton of two rules until it is known whether they overlap and whether the first beats the second.
fn compare_two(
    pair: (usize, usize),
    evidence: &mut Evidence<'_>,
    budget: &Budget,
    meter: &mut Meter,
    compared: &mut Compared,
) -> Result<(), Exhausted> {
    let (first, second) = pair;
    let second_wins = evidence.of_rules.get(second).is_some_and(|of_rule| of_rule.wins);
    if evidence.overlaps.contains_key(&pair) && (second_wins || compared.beaten.contains_key(&second)) {
        return Ok(());
    }
    let rules: Vec<&Rule> = [first, second]
        .iter()
        .filter_map(|rule| evidence.rules.get(*rule).copied())
        .collect();
    let language = Language::of(&rules, budget.memory_bytes, meter)?;
    let mut two = Evidence::new(rules);
    let mut automaton = Automaton::of(&language.alphabet, &language.expressions, budget.memory_bytes, meter)?;
    let walked = automaton.walk(meter, |set, expressions, name, meter| {
        two.look_at(set, || language.matched(expressions), name, meter)?;
        let wins = second_wins || two.of_rules.get(1).is_some_and(|of_second| of_second.wins);
        let enough = wins && !two.overlaps.is_empty();
        Ok(if enough {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    if let Some(name) = two.overlaps.values().next().and_then(|overlap| two.shown(*overlap)) {
        evidence.add_overlap(pair, name);
    }
    if walked == Walked::Everywhere {
        for (local, rule) in [first, second].into_iter().enumerate() {
            let of_rule = two.of_rules.get(local).filter(|of_rule| !of_rule.may_win);
            if let Some(of_rule) = of_rule {
                let by = if of_rule.may_match {
                    BTreeSet::from([first])
                } else {
                    BTreeSet::new()
                };
                let name = two.matched_by(local).map(str::to_owned);
                compared.beaten.insert(rule, Beaten { by, name });
            }
        }
    }
    // A pair that may share a name, of which none was found, is still open.
    if two.open.is_empty() { Ok(()) } else { Err(Exhausted) }
}
