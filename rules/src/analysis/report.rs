//! From the evidence to the findings. Each name that is shown is asked of the whole rule set once more, by the same function
//! that decides groups.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use super::finding::{Analysis, Finding, Method, Overlap, RuleName, Witness};
use super::pairs::{Beaten, Compared};
use super::unanchored::Loose;
use crate::limits::FINDINGS_PER_KIND_MAX;
use crate::name::MatchName;
use crate::rule::Rule;
use crate::ruleset::first_match;

/// Names to try when no name without a rule turned up.
const NAMES_TO_TRY: [&str; 4] = ["a", "Q", "7", "\u{fc}"];

pub(super) struct Report<'all> {
    /// The rules in the order in which they decide, each with its place in the list that was passed.
    order: &'all [(usize, &'all Rule)],
    evidence: &'all Evidence<'all>,
    findings: Vec<Finding>,
    left_out: usize,
    /// Rules about which something is left open.
    unsure: BTreeSet<usize>,
}

impl<'all> Report<'all> {
    pub(super) fn new(order: &'all [(usize, &'all Rule)], evidence: &'all Evidence<'all>) -> Self {
        Self {
            order,
            evidence,
            findings: Vec::new(),
            left_out: 0,
            unsure: BTreeSet::new(),
        }
    }

    /// `compared` is there when not everything could be seen at once.
    pub(super) fn write(mut self, compared: Option<&Compared>, loose: &[Loose]) -> Analysis {
        self.never_wins(compared);
        self.overlaps(true);
        self.list(loose.iter(), |report, loose| {
            Some(Finding::Unanchored {
                rule: report.rule_name(loose.rule)?,
                place: loose.place.clone(),
                witness: loose.witness.clone(),
            })
        });
        self.uncovered();
        self.overlaps(false);
        let method = match compared {
            None => Method::Exact,
            Some(compared) => self.pairwise(compared),
        };
        if compared.is_some() {
            self.unsure.clear();
        }
        let unsure = self.unsure.iter().take(FINDINGS_PER_KIND_MAX);
        Analysis {
            method,
            left_out: self.left_out,
            more: self.evidence.more_overlaps,
            unsure: unsure.filter_map(|rule| self.rule_name(*rule)).collect(),
            findings: self.findings,
        }
    }

    fn pairwise(&self, compared: &Compared) -> Method {
        let rules = u64::try_from(self.order.len()).unwrap_or(u64::MAX);
        Method::Pairwise {
            checked: compared.checked,
            of: rules * rules.saturating_sub(1) / 2,
        }
    }

    fn never_wins(&mut self, compared: Option<&Compared>) {
        let beaten: Vec<(usize, Beaten)> = match compared {
            Some(compared) => compared
                .beaten
                .iter()
                .map(|(rule, beaten)| (*rule, beaten.clone()))
                .collect(),
            None => (0..self.order.len())
                .filter_map(|rule| Some((rule, self.beaten(rule)?)))
                .collect(),
        };
        self.list(beaten.iter(), |report, (rule, beaten)| {
            let witness = match &beaten.name {
                Some(name) => Some(report.witness(name, &[*rule])?),
                None => None,
            };
            let shadowed_by = beaten.by.iter().filter_map(|rule| report.rule_name(*rule));
            Some(Finding::NeverWins {
                rule: report.rule_name(*rule)?,
                shadowed_by: shadowed_by.collect(),
                witness,
            })
        });
    }

    /// How a rule is kept from winning, when all names were seen.
    fn beaten(&mut self, rule: usize) -> Option<Beaten> {
        let of_rule = self.evidence.of_rules.get(rule)?;
        let name = self.evidence.matched_by(rule).map(str::to_owned);
        let is_shown = of_rule.wins || !of_rule.may_match || (!of_rule.may_win && name.is_some());
        if !is_shown {
            self.unsure.insert(rule);
        }
        (is_shown && !of_rule.wins).then(|| Beaten {
            by: of_rule.shadowed_by(),
            name,
        })
    }

    fn overlaps(&mut self, ties: bool) {
        let evidence = self.evidence;
        let is_tie = |pair: &(usize, usize)| self.priority(pair.0) == self.priority(pair.1);
        let wanted: Vec<_> = evidence
            .overlaps
            .iter()
            .filter(|(pair, _)| is_tie(pair) == ties)
            .collect();
        self.list(wanted.into_iter(), |report, (pair, overlap)| {
            let overlap = Overlap {
                first: report.rule_name(pair.0)?,
                second: report.rule_name(pair.1)?,
                witness: report.witness(evidence.shown(*overlap)?, &[pair.0, pair.1])?,
            };
            Some(if ties {
                Finding::Tie(overlap)
            } else {
                Finding::Overlap(overlap)
            })
        });
        for (first, second) in &evidence.open {
            self.unsure.extend([*first, *second]);
        }
    }

    fn uncovered(&mut self) {
        let names = self.evidence.uncovered.as_deref().into_iter().chain(NAMES_TO_TRY);
        let uncovered = names.filter(|name| self.winner(&MatchName::of(name)).is_none()).take(1);
        let findings: Vec<Finding> = uncovered
            .map(|name| Finding::Uncovered {
                witness: name.to_owned(),
            })
            .collect();
        self.findings.extend(findings);
    }

    /// Lists as many findings of one kind as there may be.
    fn list<T>(&mut self, found: impl Iterator<Item = T>, finding: impl Fn(&Self, T) -> Option<Finding>) {
        let mut listed = 0;
        for found in found {
            if listed == FINDINGS_PER_KIND_MAX {
                self.left_out += 1;
            } else if let Some(finding) = finding(self, found) {
                self.findings.push(finding);
                listed += 1;
            }
        }
    }

    /// A name with its winner; `None` if one of these rules does not match it after all.
    fn witness(&self, text: &str, rules: &[usize]) -> Option<Witness> {
        let name = MatchName::of(text);
        let matches = |rule: &usize| self.order.get(*rule).is_some_and(|(_, rule)| rule.matches(&name));
        if !rules.iter().all(matches) {
            return None;
        }
        Some(Witness {
            name: text.to_owned(),
            winner: self.rule_name(self.winner(&name)?)?,
        })
    }

    fn winner(&self, name: &MatchName) -> Option<usize> {
        let rules = self.order.iter().enumerate().map(|(number, (_, rule))| (number, *rule));
        first_match(rules, name).map(|decision| decision.created)
    }

    fn priority(&self, rule: usize) -> Option<i32> {
        self.order.get(rule).map(|(_, rule)| rule.definition().priority)
    }

    fn rule_name(&self, rule: usize) -> Option<RuleName> {
        let (index, rule) = self.order.get(rule)?;
        Some(RuleName {
            index: *index,
            name: rule.definition().name.clone(),
        })
    }
}
