//! How many mappings follow from a rule that is no longer what it was, kept as things change, so that asking costs little.

use imbl::OrdMap;

use super::counts::{decrease, increase};
use super::{Group, Mapping, Rules, State, StoredRule};
use crate::id::{GroupIndex, MappingIndex, RuleId};
use crate::mapping::{Origin, RuleVersion};

/// Live mappings by the version of the rule that made them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MadeByRules {
    all: OrdMap<RuleVersion, u64>,
    /// Those whose group another rule decides by now, or none.
    decided_otherwise: OrdMap<RuleVersion, u64>,
}

impl State {
    /// Whether a mapping follows from a rule that is no longer the one it was, or no longer decides its group.
    pub fn is_stale(&self, mapping: &Mapping) -> bool {
        let Origin::Rule(made_by) = mapping.origin else {
            return false;
        };
        let decided_otherwise = is_decided_otherwise(self.group_at(mapping.group), made_by);
        !mapping.status.has_ended() && (decided_otherwise || !self.stands(made_by))
    }

    /// How many mappings of a rule are stale; of one that was deleted, all.
    pub fn stale_mappings_of(&self, rule: RuleId) -> u64 {
        let versions = RuleVersion { rule, version: 0 }..=RuleVersion {
            rule,
            version: u32::MAX,
        };
        let made = self.made_by_rules.all.range(versions);
        made.map(|(version, count)| self.stale_of_version(*version, *count))
            .sum()
    }

    /// How many mappings are stale.
    pub fn stale_mappings(&self) -> u64 {
        let made = self.made_by_rules.all.iter();
        made.map(|(version, count)| self.stale_of_version(*version, *count))
            .sum()
    }

    fn stale_of_version(&self, version: RuleVersion, all: u64) -> u64 {
        if self.stands(version) {
            self.made_by_rules.decided_otherwise.get(&version).copied().unwrap_or(0)
        } else {
            all
        }
    }

    /// Whether this is how the rule is now, and it is asked.
    fn stands(&self, version: RuleVersion) -> bool {
        let now = self.rules.get(version.rule);
        now.is_some_and(|now| now.version == version.version && now.rule.definition().enabled)
    }

    /// Counts a live mapping. What its count depends on is changed between [`State::uncount`] and this.
    pub(super) fn count(&mut self, mapping: MappingIndex) {
        let row = self.mapping_at(mapping);
        let Origin::Rule(made_by) = row.origin else { return };
        let decided_otherwise = is_decided_otherwise(self.group_at(row.group), made_by);
        increase(&mut self.made_by_rules.all, made_by);
        if decided_otherwise {
            increase(&mut self.made_by_rules.decided_otherwise, made_by);
        }
    }

    /// Counts a live mapping no longer.
    pub(super) fn uncount(&mut self, mapping: MappingIndex) {
        let row = self.mapping_at(mapping);
        let Origin::Rule(made_by) = row.origin else { return };
        let decided_otherwise = is_decided_otherwise(self.group_at(row.group), made_by);
        decrease(&mut self.made_by_rules.all, &made_by);
        if decided_otherwise {
            decrease(&mut self.made_by_rules.decided_otherwise, &made_by);
        }
    }

    /// Forgets a version of a rule that neither stands nor made a live mapping.
    pub(super) fn forget_version(&mut self, version: RuleVersion) {
        if !self.made_by_rules.all.contains_key(&version) {
            self.rules.forget(version);
        }
    }

    /// Saves a rule, or deletes it, and forgets the version before if no mapping names it.
    pub(super) fn replace_rule(&mut self, rule: RuleId, replace: impl FnOnce(&mut Rules)) {
        let before = self.rules.get(rule).map(StoredRule::at_version);
        replace(&mut self.rules);
        if let Some(before) = before {
            self.forget_version(before);
        }
    }

    /// Notes which rule decides a group.
    pub(super) fn set_decided(&mut self, group: GroupIndex, rule: Option<RuleVersion>) {
        let live = self.group_at(group).mappings.clone();
        live.iter().for_each(|mapping| self.uncount(*mapping));
        self.groups.at_mut(group.into()).decided_by = rule;
        live.iter().for_each(|mapping| self.count(*mapping));
    }
}

fn is_decided_otherwise(group: &Group, made_by: RuleVersion) -> bool {
    group.decided_by.is_none_or(|now| now.rule != made_by.rule)
}
