//! Which rule decides a name, asking only those whose names start as this one does.

use super::meter::{Exhausted, Meter};
use super::start::Starts;
use crate::name::MatchName;
use crate::rule::Rule;

/// A regular expression takes a step more for so much of its size and of the name's: the bytes of both, multiplied.
const REGEX_PER_STEP: usize = 64 * 1024;

/// Rules in the order in which they decide, to be asked about many names.
#[derive(Debug)]
pub(super) struct Lookup<'rules> {
    rules: Vec<&'rules Rule>,
    starts: Starts,
}

impl<'rules> Lookup<'rules> {
    pub(super) fn of(rules: &[&'rules Rule], meter: &mut Meter) -> Result<Self, Exhausted> {
        Ok(Self {
            rules: rules.to_vec(),
            starts: Starts::of(rules, meter)?,
        })
    }

    /// The number of the first rule that matches.
    pub(super) fn first_match(&self, name: &MatchName, meter: &mut Meter) -> Result<Option<usize>, Exhausted> {
        for number in self.starts.fitting(name, meter)? {
            if let Some(rule) = self.rules.get(number) {
                meter.spend(1 + rule.weight() * name.as_str().len() / REGEX_PER_STEP)?;
                if rule.matches(name) {
                    return Ok(Some(number));
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::rules;
    use super::*;
    use crate::ruleset::first_match;

    proptest! {
        #[test]
        fn the_rule_is_the_one_that_decides(
            lines in prop::collection::vec("0 (prefix [a-cA-C\u{301}]{1,3}|prefix [jJ\u{1f0}\u{e9}e]\u{30c}?|regex \\^?[abjJeEK\u{212a}]{1,2}|all)( - prefix [ab])?", 1..12),
            names in prop::collection::vec("[a-cA-CjJeEkK\u{301}\u{30c}\u{e9}\u{1f0}\u{212a} ]{1,5}", 1..12),
        ) {
            let lines: Vec<String> = lines.into_iter().filter(|line| !line.contains("prefix \u{301}")).collect();
            let rules = rules(&lines);
            let rules: Vec<&Rule> = rules.iter().collect();
            let mut meter = Meter::new(u64::MAX);
            let lookup = Lookup::of(&rules, &mut meter).unwrap();
            for name in names {
                let name = MatchName::of(&name);
                let expected = first_match(rules.iter().copied().enumerate(), &name).map(|decision| decision.created);
                prop_assert_eq!(lookup.first_match(&name, &mut meter).unwrap(), expected);
            }
        }
    }
}
