//! The text that every name of a rule starts with, letter case aside: two rules whose texts part ways share no name, and need
//! no automaton to show it.

use std::collections::BTreeMap;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::folded::bare;
use super::meter::{Exhausted, Meter};
use crate::name::{MatchName, compose, fold_character};
use crate::pattern::PatternKind;
use crate::rule::Rule;

#[derive(Debug)]
pub(super) struct Starts {
    of_rules: Vec<String>,
    rules: BTreeMap<String, Vec<usize>>,
    /// Bytes of the longest start.
    longest: usize,
}

impl Starts {
    pub(super) fn of(rules: &[&Rule], meter: &mut Meter) -> Result<Self, Exhausted> {
        let mut of_rules = Vec::with_capacity(rules.len());
        let mut by_start: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, rule) in rules.iter().enumerate() {
            meter.spend(1 + rule.definition().matching.pattern.len() / 4)?;
            let start = start_of(rule);
            by_start.entry(start.clone()).or_default().push(number);
            of_rules.push(start);
        }
        Ok(Self {
            longest: of_rules.iter().map(String::len).max().unwrap_or_default(),
            of_rules,
            rules: by_start,
        })
    }

    /// The rules whose start is a start of this rule's or the other way round, itself included.
    pub(super) fn sharing(&self, rule: usize, meter: &mut Meter) -> Result<Vec<usize>, Exhausted> {
        let mut sharing = Vec::new();
        let Some(start) = self.of_rules.get(rule) else {
            return Ok(sharing);
        };
        for (end, _) in start.char_indices() {
            sharing.extend(
                start
                    .get(..end)
                    .and_then(|shorter| self.rules.get(shorter))
                    .into_iter()
                    .flatten(),
            );
        }
        let longer = self
            .rules
            .range(start.clone()..)
            .take_while(|(longer, _)| longer.starts_with(start.as_str()));
        sharing.extend(longer.flat_map(|(_, rules)| rules));
        meter.spend(1 + start.len() / 4 + sharing.len() / 4)?;
        Ok(sharing)
    }
}

impl Starts {
    /// The rules of which a name may be, in their order: those whose start it has.
    pub(super) fn fitting(&self, name: &MatchName, meter: &mut Meter) -> Result<Vec<usize>, Exhausted> {
        let name = bare(name.as_str());
        let mut fitting = Vec::new();
        let longest = name.floor_char_boundary(self.longest);
        let name = name.get(..longest).unwrap_or_default();
        for (end, _) in name.char_indices().chain([(name.len(), ' ')]) {
            let rules = name.get(..end).and_then(|start| self.rules.get(start));
            fitting.extend(rules.into_iter().flatten().copied());
        }
        fitting.sort_unstable();
        meter.spend(1 + name.len() / 4 + fitting.len() / 16)?;
        Ok(fitting)
    }
}

fn start_of(rule: &Rule) -> String {
    let matching = &rule.definition().matching;
    match matching.kind {
        PatternKind::All => String::new(),
        PatternKind::Prefix => bare(&matching.pattern),
        PatternKind::Regex => {
            let parsed = regex_syntax::parse(&compose(&matching.pattern));
            parsed.map_or_else(|_| String::new(), |expression| bare(&literal_start(&expression)))
        }
    }
}

/// The text behind `^` as far as it is fixed, case aside.
fn literal_start(expression: &Hir) -> String {
    let mut text = String::new();
    let HirKind::Concat(parts) = expression.kind() else {
        return text;
    };
    let mut parts = parts.iter();
    if parts.next().map(Hir::kind) != Some(&HirKind::Look(Look::Start)) {
        return text;
    }
    for part in parts {
        match part.kind() {
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(literal) => text.extend(literal.chars().map(fold_character)),
                Err(_) => return text,
            },
            HirKind::Class(Class::Unicode(class)) => {
                let mut folded = class
                    .iter()
                    .flat_map(|range| range.start()..=range.end())
                    .map(fold_character);
                match folded.next() {
                    Some(first) if class.iter().count() <= 4 && folded.all(|other| other == first) => text.push(first),
                    _ => return text,
                }
            }
            _ => return text,
        }
    }
    text
}
