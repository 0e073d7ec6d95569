//! What is said of rules, against what they do.

use proptest::prelude::*;
use rolecall_engine::rules::Rule;
use rolecall_engine::rules::analysis::{Analysis, Budget, Finding, Witness, analyze};
use rolecall_engine::{GroupIndex, State};

use super::histories;
use crate::operations::{NAMES, after, operations};

fn analysis(state: &State) -> Analysis {
    let rules: Vec<&Rule> = state.rules().iter().map(|stored| &stored.rule).collect();
    analyze(&rules, &Budget::default())
}

/// The place among the rules of the one that decides a group of this name.
fn winner(state: &State, name: &str) -> Option<usize> {
    let (decides, _) = state.rules().decide(name)?;
    state.rules().iter().position(|stored| stored.id == decides.id)
}

proptest! {
    #![proptest_config(histories(48))]

    /// Invariant 12.
    #[test]
    fn a_rule_that_never_wins_wins_no_name_and_each_witness_does_what_is_claimed(
        operations in operations(60),
        names in prop::collection::vec("(eng|ENG|sales|org)?[- ]?[a-zE]{0,4}", 20),
    ) {
        let world = after(&operations, |_, _, _| {});
        let state = &world.state;
        let claims = |witness: &Witness| winner(state, &witness.name) == Some(witness.winner.index);
        let groups = state.groups_from(GroupIndex::from(0)).map(|group| group.display_name.as_str());
        let names: Vec<&str> = groups.chain(NAMES).chain(names.iter().map(String::as_str)).collect();
        for finding in analysis(state).findings {
            match finding {
                Finding::NeverWins { rule, witness, .. } => {
                    prop_assert!(witness.is_none_or(|witness| claims(&witness)));
                    prop_assert!(names.iter().all(|name| winner(state, name) != Some(rule.index)));
                }
                Finding::Tie(overlap) | Finding::Overlap(overlap) => prop_assert!(claims(&overlap.witness)),
                Finding::Uncovered { witness } => prop_assert_eq!(winner(state, &witness), None),
                Finding::Unanchored { .. } => {}
            }
        }
    }
}
