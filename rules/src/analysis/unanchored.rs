//! Regular expressions that are found anywhere in a name where a start was likely meant.
//!
//! One whose alternatives are all held at the start or the end of a name, or at a boundary between words, is taken to be meant
//! so. So is one that says `.*` itself: it is found behind the start of no name in which it is not found at the start.

use std::ops::ControlFlow;

use regex_syntax::hir::{Hir, HirKind};

use super::alphabet::{Alphabet, Classes};
use super::automaton::Automaton;
use super::language::{anything, anywhere, parse};
use super::meter::{Budget, Exhausted, Meter};
use crate::name::{MatchName, compose};
use crate::pattern::{Pattern, PatternKind};
use crate::rule::Rule;

/// A pattern that is found anywhere.
#[derive(Debug)]
pub(super) struct Loose {
    /// The number of the rule.
    pub(super) rule: usize,
    /// The field, as a path into the rule's JSON.
    pub(super) place: String,
    /// A name in which it is found behind the start only.
    pub(super) witness: String,
}

/// The loose patterns of rules, as far as the steps go.
pub(super) fn find(rules: &[&Rule], budget: &Budget, meter: &mut Meter) -> Vec<Loose> {
    let mut found = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        for (place, pattern) in places(rule) {
            match witness(pattern, budget, meter) {
                Ok(Some(witness)) => found.push(Loose {
                    rule: number,
                    place,
                    witness,
                }),
                Ok(None) => {}
                Err(Exhausted) => return found,
            }
        }
    }
    found
}

fn places(rule: &Rule) -> impl Iterator<Item = (String, &Pattern)> {
    let definition = rule.definition();
    let excludes = definition.exclude.iter().enumerate();
    let excludes = excludes.map(|(index, pattern)| (format!("exclude[{index}].pattern"), pattern));
    [("match.pattern".to_owned(), &definition.matching)]
        .into_iter()
        .chain(excludes)
}

fn witness(pattern: &Pattern, budget: &Budget, meter: &mut Meter) -> Result<Option<String>, Exhausted> {
    meter.spend(1 + pattern.pattern.len())?;
    if pattern.kind != PatternKind::Regex {
        return Ok(None);
    }
    let expression = parse(&compose(&pattern.pattern));
    if !is_loose(&expression) {
        return Ok(None);
    }
    let at_start = Hir::concat(vec![expression.clone(), anything()]);
    let sources = [anything(), at_start, anywhere(expression)];
    let mut classes = Classes::new(budget.memory_bytes);
    sources.iter().try_for_each(|source| classes.add(source, meter))?;
    let alphabet = Alphabet::of(&classes, meter)?;
    let expressions = sources.map(|source| alphabet.write(&source));
    let mut automaton = Automaton::of(&alphabet, &expressions, budget.memory_bytes, meter)?;
    let mut shown = None;
    automaton.walk(meter, |_, set, name, _| {
        let name = if set == [0, 2] {
            name()
        } else {
            return Ok(ControlFlow::Continue(()));
        };
        if MatchName::of(&name).as_str() != name {
            return Ok(ControlFlow::Continue(()));
        }
        shown = Some(name);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(shown)
}

/// Whether an alternative is held by nothing.
fn is_loose(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => is_loose(&capture.sub),
        HirKind::Alternation(subs) => subs.iter().any(is_loose),
        _ => {
            let properties = hir.properties();
            properties.look_set_prefix().is_empty() && properties.look_set_suffix().is_empty()
        }
    }
}
