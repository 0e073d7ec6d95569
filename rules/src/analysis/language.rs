//! The patterns of rules in the form that an automaton takes: expressions over whole names.
//!
//! Nearly every pattern is one expression that says exactly which names it matches. For some prefixes there is one that says
//! too little and one that says too much (see `folded`), and names in between are neither matched nor not.

use std::collections::BTreeMap;

use regex_syntax::hir::{Hir, Look};

use super::alphabet::{Alphabet, Classes};
use super::folded::{Starting, starting_with};
use super::meter::{Exhausted, Meter};
use crate::name::{compose, fold};
use crate::pattern::{Pattern, PatternKind};
use crate::rule::Rule;

/// Whether a pattern or rule matches the names that end in one state of an automaton.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    No,
    Perhaps,
    Yes,
}

/// The expressions of some rules, and how to read their answers.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) alphabet: Alphabet,
    /// Over the bytes of the alphabet.
    pub(super) expressions: Vec<Hir>,
    rules: Vec<RuleReading>,
}

#[derive(Debug)]
struct RuleReading {
    matching: Reading,
    exclude: Vec<Reading>,
}

/// How the expressions that a name matches answer for one pattern.
#[derive(Clone, Copy, Debug)]
enum Reading {
    Always,
    /// The number of an expression.
    Exact(usize),
    /// The first says too little, the second too much.
    Between(usize, usize),
    /// Nothing is known; there is an expression only to find names to try.
    Open,
}

/// The expressions of one pattern, over characters.
enum Source {
    Always,
    Exact(Hir),
    Between(Hir, Hir),
    Open(Hir),
}

impl Language {
    /// Fails when the expressions take too much work or memory.
    pub(super) fn of(rules: &[&Rule], memory_bytes: usize, meter: &mut Meter) -> Result<Self, Exhausted> {
        let mut readings: BTreeMap<(PatternKind, &str), Reading> = BTreeMap::new();
        let mut classes = Classes::new(memory_bytes);
        for pattern in rules.iter().flat_map(|rule| rule.definition().patterns()) {
            if readings
                .insert((pattern.kind, &pattern.pattern), Reading::Open)
                .is_none()
            {
                meter.spend(1 + pattern.pattern.len())?;
                source(pattern)
                    .expressions()
                    .try_for_each(|hir| classes.add(hir, meter))?;
            }
        }
        let alphabet = Alphabet::of(&classes, meter)?;
        let mut expressions = vec![alphabet.write(&anything())];
        for ((kind, text), reading) in &mut readings {
            let source = source(&Pattern {
                kind: *kind,
                pattern: (*text).to_owned(),
            });
            *reading = source.reading(expressions.len());
            for expression in source.expressions() {
                meter.spend(1 + text.len())?;
                expressions.push(alphabet.write(expression));
            }
        }
        let reading = |pattern: &Pattern| {
            let known = readings.get(&(pattern.kind, pattern.pattern.as_str()));
            known.copied().unwrap_or(Reading::Open)
        };
        let rules = rules.iter().map(|rule| RuleReading {
            matching: reading(&rule.definition().matching),
            exclude: rule.definition().exclude.iter().map(reading).collect(),
        });
        Ok(Self {
            rules: rules.collect(),
            alphabet,
            expressions,
        })
    }

    /// The rules that match, or may match, the names that match exactly these expressions; in their order.
    pub(super) fn matched(&self, expressions: &[usize]) -> Vec<(usize, Answer)> {
        let answers = self.rules.iter().map(|rule| rule.answer(expressions));
        answers
            .enumerate()
            .filter(|(_, answer)| *answer != Answer::No)
            .collect()
    }
}

impl RuleReading {
    fn answer(&self, expressions: &[usize]) -> Answer {
        let mut answer = self.matching.answer(expressions);
        for exclude in &self.exclude {
            answer = answer.min(match exclude.answer(expressions) {
                Answer::No => Answer::Yes,
                Answer::Perhaps => Answer::Perhaps,
                Answer::Yes => Answer::No,
            });
        }
        answer
    }
}

impl Reading {
    fn answer(self, expressions: &[usize]) -> Answer {
        let holds = |expression: usize| expressions.binary_search(&expression).is_ok();
        match self {
            Self::Always => Answer::Yes,
            Self::Exact(expression) | Self::Between(expression, _) if holds(expression) => Answer::Yes,
            Self::Between(_, much) if holds(much) => Answer::Perhaps,
            Self::Exact(_) | Self::Between(..) => Answer::No,
            Self::Open => Answer::Perhaps,
        }
    }
}

impl Source {
    fn expressions(&self) -> impl Iterator<Item = &Hir> {
        let (one, other) = match self {
            Self::Always => (None, None),
            Self::Exact(one) | Self::Open(one) => (Some(one), None),
            Self::Between(little, much) => (Some(little), Some(much)),
        };
        one.into_iter().chain(other)
    }

    /// How they are read when the first of them has this number.
    fn reading(&self, number: usize) -> Reading {
        match self {
            Self::Always => Reading::Always,
            Self::Exact(_) => Reading::Exact(number),
            Self::Between(..) => Reading::Between(number, number + 1),
            Self::Open(_) => Reading::Open,
        }
    }
}

fn source(pattern: &Pattern) -> Source {
    match pattern.kind {
        PatternKind::All => Source::Always,
        PatternKind::Prefix => match starting_with(&fold(&pattern.pattern)) {
            Starting::Exactly(one) => Source::Exact(one),
            Starting::Between(little, much) => Source::Between(little, much),
            Starting::Unknown(guess) => Source::Open(guess),
        },
        PatternKind::Regex => Source::Exact(anywhere(parse(&compose(&pattern.pattern)))),
    }
}

/// A text that was checked before, or is our own; should it not parse, the expression matches nothing.
pub(super) fn parse(text: &str) -> Hir {
    regex_syntax::parse(text).unwrap_or_else(|_| Hir::fail())
}

/// Every name.
pub(super) fn anything() -> Hir {
    parse("(?s:.)*")
}

/// The whole names in which an expression is found.
pub(super) fn anywhere(found: Hir) -> Hir {
    let properties = found.properties();
    let from_start = properties.look_set_prefix().contains(Look::Start);
    let to_end = properties.look_set_suffix().contains(Look::End);
    let before = if from_start { Hir::empty() } else { anything() };
    let after = if to_end { Hir::empty() } else { anything() };
    Hir::concat(vec![before, found, after])
}
