//! What follows from the rules as they are now.

use std::collections::BTreeMap;

use rolecall_engine::{MappingIndex, RuleId, State};

/// A mapping is stale when its rule is another one now, is not asked, or does not decide the group.
pub(super) fn check_stale(state: &State) {
    let mut by_rule: BTreeMap<RuleId, u64> = state.rules().iter().map(|stored| (stored.id, 0)).collect();
    for mapping in state.mappings_from(MappingIndex::from(0)) {
        let Some(made_by) = mapping.origin.rule().filter(|_| mapping.status.as_str() != "ended") else {
            assert!(!state.is_stale(mapping));
            continue;
        };
        let now = state.rules().iter().find(|stored| stored.id == made_by.rule);
        let same = now.is_some_and(|now| now.version == made_by.version && now.rule.definition().enabled);
        let decides = state.group_at(mapping.group).decided_by.map(|rule| rule.rule) == Some(made_by.rule);
        assert_eq!(state.is_stale(mapping), !(same && decides));
        *by_rule.entry(made_by.rule).or_default() += u64::from(!(same && decides));
    }
    assert_eq!(state.stale_mappings(), by_rule.values().sum::<u64>());
    for (rule, stale) in by_rule {
        assert_eq!(state.stale_mappings_of(rule), stale);
    }
}

/// Whatever is saved, the examples hold.
pub(super) fn check_examples(state: &State) {
    for example in state.rules().examples() {
        let decides = state.rules().decide(&example.group);
        let name = decides.map(|(stored, _)| stored.rule.definition().name.clone());
        assert_eq!(name, example.rule, "for {}", example.group);
    }
}
