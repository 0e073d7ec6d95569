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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::Pattern;
    use crate::rule::RuleDefinition;
    use crate::{EntityType, Target};

    /// A rule for names that start with `prefix`, or for all names if there is none.
    fn rule(prefix: &str, priority: i32, enabled: bool) -> Rule {
        let matching = if prefix.is_empty() {
            Pattern::all()
        } else {
            Pattern::prefix(prefix)
        };
        Rule::compile(RuleDefinition {
            name: "rule".to_owned(),
            matching,
            exclude: Vec::new(),
            targets: vec![Target {
                entity_type: EntityType::Team,
                name: None,
            }],
            role: None,
            auto_approve: false,
            priority,
            enabled,
        })
        .unwrap()
    }

    #[track_caller]
    fn check(rules: &[Rule], name: &str, expected: Option<usize>) {
        let decision = first_match(rules.iter().enumerate(), &MatchName::of(name));
        assert_eq!(decision.map(|decision| decision.created), expected);
    }

    #[test]
    fn the_highest_priority_that_matches_wins() {
        let rules = [
            rule("", 0, true),
            rule("eng", 5, true),
            rule("eng-ops", 9, true),
            rule("sales", 99, true),
        ];
        check(&rules, "eng-ops", Some(2));
        check(&rules, "eng-search", Some(1));
        check(&rules, "design", Some(0));
    }

    #[test]
    fn among_equals_the_one_created_first_wins() {
        check(&[rule("eng", 1, true), rule("", 1, true)], "eng", Some(0));
        check(&[rule("eng", 1, true), rule("", 1, true)], "ops", Some(1));
    }

    #[test]
    fn a_disabled_rule_never_wins() {
        check(&[rule("", 9, false), rule("", 0, true)], "eng", Some(1));
        check(&[rule("", 9, false)], "eng", None);
        check(&[], "eng", None);
    }

    proptest! {
        #[test]
        fn the_winner_is_the_first_of_all_that_match_whatever_order_they_come_in(
            settings in prop::collection::vec(("[ab]{0,2}", -2..3, prop::bool::weighted(0.8)), 0..12),
            name in "[abAB]{1,3}",
            rotation in any::<usize>(),
        ) {
            let rules: Vec<(usize, Rule)> = settings
                .iter()
                .map(|(prefix, priority, enabled)| rule(prefix, *priority, *enabled))
                .enumerate()
                .collect();
            let mut passed: Vec<(usize, &Rule)> = rules.iter().map(|(created, rule)| (*created, rule)).collect();
            let rotation = rotation % passed.len().max(1);
            passed.rotate_left(rotation);

            let matching = settings.iter().enumerate().filter(|(_, (prefix, _, enabled))| {
                *enabled && name.to_lowercase().starts_with(prefix.as_str())
            });
            let expected = matching.min_by_key(|(created, (_, priority, _))| (-priority, *created)).map(|(created, _)| created);

            let decision = first_match(passed, &MatchName::of(&name));
            prop_assert_eq!(decision.as_ref().map(|decision| decision.created), expected);
            if let Some(decision) = decision {
                prop_assert_eq!(decision.rule, &rules[decision.created].1);
                prop_assert_eq!(&decision.matched.targets[0].name, &Ok(name));
            }
        }
    }
}
