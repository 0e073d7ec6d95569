//! What a set of rules can and cannot do, each with a name that shows it.
//!
//! ```
//! use rolecall_rules::analysis::{Budget, Finding, Method, analyze};
//! use rolecall_rules::{EntityType, Pattern, Rule, RuleDefinition, Target};
//!
//! let rule = |name: &str, matching: Pattern| {
//!     Rule::compile(RuleDefinition {
//!         name: name.to_owned(),
//!         matching,
//!         exclude: Vec::new(),
//!         targets: vec![Target { entity_type: EntityType::Team, name: None }],
//!         role: None,
//!         auto_approve: false,
//!         priority: 0,
//!         enabled: true,
//!     })
//! };
//! let everything = rule("Engineering", Pattern::prefix("eng"))?;
//! let special = rule("Operations", Pattern::regex("^eng-ops"))?;
//!
//! let analysis = analyze(&[&everything, &special], &Budget::default());
//! assert_eq!(analysis.method, Method::Exact);
//! assert_eq!(
//!     analysis.findings[0].to_string(),
//!     "`Operations` never decides: `Engineering` is always asked before it and matches what it matches, such as `eng-ops`",
//! );
//! # Ok::<(), rolecall_rules::Problems>(())
//! ```
//!
//! Small and ordinary sets are seen whole, by an automaton of all their patterns, or by the tree of their prefixes if they have
//! no others. For those that are too large for the budget, rules are compared by twos. [`Analysis::method`] says which.

mod alphabet;
mod automaton;
mod collisions;
mod evidence;
mod finding;
mod folded;
mod language;
mod lookup;
mod meter;
mod pairs;
mod report;
mod start;
mod tree;
mod unanchored;

use std::cmp::Reverse;
use std::ops::ControlFlow;

pub use collisions::{Collision, Collisions, collisions};
pub use finding::{Analysis, Finding, Method, Overlap, RuleName, Witness};
pub use meter::Budget;

use crate::rule::Rule;
use automaton::Automaton;
use evidence::Evidence;
use language::Language;
use meter::{Exhausted, Meter};
use report::Report;

/// Analyses the rules that are enabled. They are passed in the order of their creation, or in the order in which they decide;
/// findings name them by their place in the list.
///
/// The work is bounded by the budget, and takes less than half a second with the default one on a processor that is free.
pub fn analyze(rules: &[&Rule], budget: &Budget) -> Analysis {
    let mut order: Vec<(usize, &Rule)> = rules.iter().copied().enumerate().collect();
    order.retain(|(_, rule)| rule.definition().enabled);
    order.sort_by_key(|(_, rule)| Reverse(rule.definition().priority));

    let mut meter = Meter::new(budget.steps);
    let mut evidence = Evidence::new(order.iter().map(|(_, rule)| *rule).collect());
    // Rules with prefixes only are hardly ever too many; and if they are, comparing them by twos shows no more.
    let all = if evidence.rules.iter().all(|rule| tree::fits(rule)) {
        budget.steps - budget.steps / 8
    } else {
        budget.steps / 2
    };
    let mut part = meter.take(all);
    let seen = see_all(&mut evidence, budget, &mut part);
    meter.give_back(&part);
    let mut part = meter.take(budget.steps / 8);
    let loose = unanchored::find(&evidence.rules, budget, &mut part);
    meter.give_back(&part);
    let compared = match seen {
        Ok(()) => None,
        Err(Exhausted) => Some(pairs::compare(&mut evidence, budget, &mut meter)),
    };
    Report::new(&order, &evidence).write(compared.as_ref(), &loose)
}

/// Sees all names for all rules at once.
fn see_all(evidence: &mut Evidence<'_>, budget: &Budget, meter: &mut Meter) -> Result<(), Exhausted> {
    if evidence.rules.iter().all(|rule| tree::fits(rule)) {
        return tree::explore(evidence, meter);
    }
    let language = Language::of(&evidence.rules, budget.memory_bytes, meter)?;
    let mut automaton = Automaton::of(&language.alphabet, &language.expressions, budget.memory_bytes, meter)?;
    automaton.walk(meter, |set, expressions, name, meter| {
        evidence.look_at(set, || language.matched(expressions), name, meter)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(())
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
