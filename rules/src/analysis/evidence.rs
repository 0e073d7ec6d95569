//! What the names seen so far show about some rules: which win, which overlap, and what is still open.
//!
//! A name is shown only after the rules themselves were asked about it. What no name can do is concluded from the sets of
//! rules that may match, which hold too much rather than too little.

use std::collections::{BTreeMap, BTreeSet};

use super::language::Answer;
use super::meter::{Exhausted, Meter};
use crate::limits::{GROUP_NAME_CHARACTERS_MAX, OVERLAPS_MAX, SHADOWING_RULES_MAX};
use crate::name::MatchName;
use crate::rule::Rule;

/// Names that are tried for one set of rules before it is left open.
const TRIES_MAX: u8 = 16;

/// The rules are numbered in the order in which they decide.
#[derive(Debug)]
pub(super) struct Evidence<'rules> {
    pub(super) rules: Vec<&'rules Rule>,
    pub(super) of_rules: Vec<OfRule>,
    /// Two rules that match one name, the one that is asked first before the other.
    pub(super) overlaps: BTreeMap<(usize, usize), Overlap>,
    /// Two rules of which no name was found, and neither that there is none.
    pub(super) open: BTreeSet<(usize, usize)>,
    /// Whether there are more overlaps than were counted.
    pub(super) more_overlaps: bool,
    pub(super) uncovered: Option<String>,
    names: Vec<String>,
    /// By the number of the set: the tries that are left for it.
    tries_left: Vec<u8>,
}

/// What the names seen show about one rule.
#[derive(Clone, Debug, Default)]
pub(super) struct OfRule {
    /// Some name may match.
    pub(super) may_match: bool,
    /// Some name may match and no rule that is asked before it is sure to match it.
    pub(super) may_win: bool,
    /// A name was found with which it wins.
    pub(super) wins: bool,
    /// A name that it matches.
    matches: Option<usize>,
    /// The rules that win instead of it, the first few.
    winners: BTreeSet<usize>,
    /// Rules that are asked before it and match all that it may match, of the first few that come into question.
    covering: Option<Vec<usize>>,
}

impl OfRule {
    /// The rules that keep it from winning: one that does so alone, or the first few of those that do so together.
    pub(super) fn shadowed_by(&self) -> BTreeSet<usize> {
        let alone = self.covering.iter().flatten().next();
        alone.map_or_else(|| self.winners.clone(), |rule| BTreeSet::from([*rule]))
    }

    fn is_matched_with(&mut self, winner: usize, sure_before: &[usize]) {
        if self.winners.len() < SHADOWING_RULES_MAX {
            self.winners.insert(winner);
        }
        match &mut self.covering {
            Some(covering) => covering.retain(|rule| sure_before.binary_search(rule).is_ok()),
            None => self.covering = Some(sure_before.iter().copied().take(SHADOWING_RULES_MAX).collect()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Overlap {
    name: usize,
    first_wins: bool,
}

impl<'rules> Evidence<'rules> {
    pub(super) fn new(rules: Vec<&'rules Rule>) -> Self {
        Self {
            of_rules: vec![OfRule::default(); rules.len()],
            rules,
            overlaps: BTreeMap::new(),
            open: BTreeSet::new(),
            more_overlaps: false,
            uncovered: None,
            names: Vec::new(),
            tries_left: Vec::new(),
        }
    }

    /// The name that shows an overlap.
    pub(super) fn shown(&self, overlap: Overlap) -> Option<&str> {
        self.names.get(overlap.name).map(String::as_str)
    }

    /// A name that the rule matches.
    pub(super) fn matched_by(&self, rule: usize) -> Option<&str> {
        let name = self.of_rules.get(rule)?.matches?;
        self.names.get(name).map(String::as_str)
    }

    /// Looks at a set of rules that some name may match, and tries the name if the set is not settled. Sets are numbered
    /// from 0 in the order in which they first come.
    pub(super) fn look_at(
        &mut self,
        set: usize,
        matched: impl FnOnce() -> Vec<(usize, Answer)>,
        name: &dyn Fn() -> String,
        meter: &mut Meter,
    ) -> Result<(), Exhausted> {
        let is_new = set >= self.tries_left.len();
        if is_new {
            self.tries_left.push(TRIES_MAX);
        }
        match self.tries_left.get_mut(set) {
            None | Some(0) => return Ok(()),
            Some(left) => *left -= 1,
        }
        let matched = matched();
        meter.spend(1 + self.rules.len() + matched.len())?;
        if is_new {
            self.conclude(&matched);
        }
        let expected: Vec<usize> = matched.iter().map(|(rule, _)| *rule).collect();
        let found = self.try_name(&name(), &expected);
        let settled = found.as_ref() == Some(&expected);
        if let Some(left) = self.tries_left.get_mut(set).filter(|_| settled) {
            *left = 0;
        }
        self.note_pairs(&expected, &expected, found.as_deref().unwrap_or_default(), meter)
    }

    /// What is sure without a name: which rules may match and which may win.
    pub(super) fn conclude(&mut self, matched: &[(usize, Answer)]) {
        let sure = matched.iter().filter(|(_, answer)| *answer == Answer::Yes);
        let sure: Vec<usize> = sure.map(|(rule, _)| *rule).collect();
        for (rule, _) in matched {
            let Some(of_rule) = self.of_rules.get_mut(*rule) else {
                continue;
            };
            of_rule.may_match = true;
            let before = sure
                .get(..sure.partition_point(|other| other < rule))
                .unwrap_or_default();
            match before.first() {
                Some(winner) => of_rule.is_matched_with(*winner, before),
                None => of_rule.may_win = true,
            }
        }
    }

    /// Asks the rules that may match about a name. `None` if no group has such a name.
    pub(super) fn try_name(&mut self, text: &str, rules: &[usize]) -> Option<Vec<usize>> {
        let name = MatchName::of(text);
        if name.as_str() != text || text.is_empty() || text.chars().count() > GROUP_NAME_CHARACTERS_MAX {
            return None;
        }
        let matches = |rule: &usize| self.rules.get(*rule).is_some_and(|rule| rule.matches(&name));
        let found: Vec<usize> = rules.iter().copied().filter(matches).collect();
        let number = self.names.len();
        if let Some(winner) = found.first().and_then(|first| self.of_rules.get_mut(*first)) {
            winner.wins = true;
        }
        for rule in &found {
            if let Some(of_rule) = self.of_rules.get_mut(*rule) {
                of_rule.matches.get_or_insert(number);
            }
        }
        if found.is_empty() && self.uncovered.is_none() {
            self.uncovered = Some(text.to_owned());
        }
        self.names.push(text.to_owned());
        Some(found)
    }

    /// Notes the pairs of two rules that may match one name, of which one is fresh; `found` are the rules that match the
    /// last name tried.
    pub(super) fn note_pairs(
        &mut self,
        fresh: &[usize],
        matched: &[usize],
        found: &[usize],
        meter: &mut Meter,
    ) -> Result<(), Exhausted> {
        let name = self.names.len().saturating_sub(1);
        for one in fresh {
            meter.spend(1 + matched.len() / 4)?;
            for other in matched.iter().filter(|other| *other != one) {
                let pair = (*one.min(other), *one.max(other));
                let is_found = found.binary_search(one).is_ok() && found.binary_search(other).is_ok();
                if self.overlaps.len() + self.open.len() >= OVERLAPS_MAX && !self.overlaps.contains_key(&pair) {
                    self.more_overlaps = true;
                    return Ok(());
                }
                if is_found {
                    self.note_overlap(
                        pair,
                        Overlap {
                            name,
                            first_wins: found.first() == Some(&pair.0),
                        },
                    );
                } else if !self.overlaps.contains_key(&pair) {
                    self.open.insert(pair);
                }
            }
        }
        Ok(())
    }

    /// The name that is shown had better be one that the first of the two decides.
    fn note_overlap(&mut self, pair: (usize, usize), overlap: Overlap) {
        self.open.remove(&pair);
        let known = self.overlaps.entry(pair).or_insert(overlap);
        if overlap.first_wins && !known.first_wins {
            *known = overlap;
        }
    }

    /// Takes over an overlap that was found for these two rules alone.
    pub(super) fn add_overlap(&mut self, pair: (usize, usize), name: &str) {
        self.names.push(name.to_owned());
        let overlap = Overlap {
            name: self.names.len() - 1,
            first_wins: false,
        };
        self.note_overlap(pair, overlap);
    }
}
