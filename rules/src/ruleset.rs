//! Which of an organization's rules decides a group: the highest priority first, among equals the one created first, and the
//! first that matches wins.

use std::cmp::Reverse;

use crate::name::MatchName;
use crate::rule::{Match, Rule};

/// The rule that decides a group, and what it gives.
#[derive(Clone, Debug)]
pub struct Decision<'rules, Created> {
    /// The rule's place in the order of creation, as it was passed.
    pub created: Created,
    /// The rule that won.
    pub rule: &'rules Rule,
    /// What it gives to the group.
    pub matched: Match,
}

/// Finds the one rule that decides a group of this name; `None` when no enabled rule matches.
///
/// `Created` orders the rules by creation and must differ between any two. The order in which the rules are passed makes no
/// difference to the answer. It makes one to the work: a rule is asked only if it would come before the best one found so
/// far, so rules passed in order are asked until the first match and then only counted.
pub fn first_match<'rules, Created: Ord>(
    rules: impl IntoIterator<Item = (Created, &'rules Rule)>,
    name: &MatchName,
) -> Option<Decision<'rules, Created>> {
    let mut best: Option<(Reverse<i32>, Created, &Rule)> = None;
    for (created, rule) in rules {
        let priority = Reverse(rule.definition().priority);
        let comes_first = best
            .as_ref()
            .is_none_or(|(best, first, _)| (priority, &created) < (*best, first));
        if rule.definition().enabled && comes_first && rule.matches(name) {
            best = Some((priority, created, rule));
        }
    }
    let (_, created, rule) = best?;
    Some(Decision {
        created,
        rule,
        matched: rule.decide(name)?,
    })
}
