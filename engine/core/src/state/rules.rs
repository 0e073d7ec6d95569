//! The rules of an organization, in the order in which they decide.

use std::cmp::Reverse;
use std::sync::Arc;

use imbl::OrdMap;
use rolecall_rules::{
    Example, FailedExample, Match, MatchName, Room, Rule, RuleDefinition, failed_examples, first_match,
};

use super::Stamp;
use crate::entry::Actor;
use crate::id::RuleId;
use crate::invariant::known;
use crate::mapping::RuleVersion;
use crate::position::Position;

/// A rule as it is now.
#[derive(Clone, Debug)]
pub struct StoredRule {
    /// Its id.
    pub id: RuleId,
    /// Its version: 1 when created, one more with each change.
    pub version: u32,
    /// The rule itself.
    pub rule: Rule,
    /// When and where it was created.
    pub created: Stamp,
    /// When and where it last changed.
    pub modified: Stamp,
    /// Who saved this version.
    pub author: Actor,
}

impl StoredRule {
    /// The rule with its version.
    pub fn at_version(&self) -> RuleVersion {
        RuleVersion {
            rule: self.id,
            version: self.version,
        }
    }
}

impl PartialEq for StoredRule {
    fn eq(&self, other: &Self) -> bool {
        let parts = |rule: &Self| (rule.id, rule.version, rule.created, rule.modified, rule.author);
        parts(self) == parts(other) && self.rule.definition() == other.rule.definition()
    }
}

/// Highest priority first; among equals the one created first.
type Order = (Reverse<i32>, Position, RuleId);

/// When, where and by whom a version of a rule was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// When and where.
    pub stamp: Stamp,
    /// By whom.
    pub author: Actor,
}

/// All rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    by_id: OrdMap<RuleId, Arc<StoredRule>>,
    /// Every version that stands or that a live mapping names, also of deleted rules.
    versions: OrdMap<RuleVersion, Saved>,
    in_order: OrdMap<Order, RuleId>,
    examples: Arc<Vec<Example>>,
    /// What the regular expressions of all rules take.
    weight: usize,
}

impl Rules {
    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The rule with this id.
    pub fn get(&self, id: RuleId) -> Option<&StoredRule> {
        self.by_id.get(&id).map(Arc::as_ref)
    }

    /// When, where and by whom a version was saved that stands or that a live mapping names.
    pub fn saved(&self, version: RuleVersion) -> Option<Saved> {
        self.versions.get(&version).copied()
    }

    /// All rules in the order in which they decide, disabled ones included.
    pub fn iter(&self) -> impl Iterator<Item = &StoredRule> {
        self.in_order.values().filter_map(|id| self.get(*id))
    }

    /// The one rule that decides a group of this name, with what it gives. First match wins.
    pub fn decide(&self, display_name: &str) -> Option<(&StoredRule, Match)> {
        let decision = first_match(self.by_creation(), &MatchName::of(display_name))?;
        Some((self.get(decision.created.1)?, decision.matched))
    }

    /// The room that is left for the regular expressions of other rules, beside those of all but the given ones.
    pub(crate) fn room_without<'a>(&self, others: impl IntoIterator<Item = &'a StoredRule>) -> Room {
        let others = others.into_iter().map(|stored| stored.rule.weight());
        Room::beside(self.weight.saturating_sub(others.sum()))
    }

    /// The examples that the rules fulfil: a change that would break one is refused.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The examples that the rules do not fulfil.
    pub(crate) fn failed_examples(&self) -> Vec<FailedExample> {
        let rules: Vec<_> = self.by_creation().collect();
        failed_examples(&self.examples, rules.iter().copied())
    }

    /// The rules in the order in which they decide, each with what orders it by its creation.
    fn by_creation(&self) -> impl Iterator<Item = ((Position, RuleId), &Rule)> {
        self.iter()
            .map(|stored| ((stored.created.position, stored.id), &stored.rule))
    }

    pub(crate) fn save_examples(&mut self, examples: &[Example]) {
        self.examples = Arc::new(examples.to_vec());
    }

    pub(crate) fn save(
        &mut self,
        id: RuleId,
        version: u32,
        definition: &RuleDefinition,
        (author, now): (Actor, Stamp),
    ) {
        let created = self.get(id).map_or(now, |before| before.created);
        self.delete(id);
        // INVARIANT: only rules that compiled are on the record, and what compiled once has room to spare here.
        let rule = known(Rule::stored(definition.clone()).ok(), "rule that compiles");
        let stored = StoredRule {
            id,
            version,
            rule,
            created,
            modified: now,
            author,
        };
        self.weight += stored.rule.weight();
        self.versions.insert(stored.at_version(), Saved { stamp: now, author });
        self.in_order.insert(order(&stored), id);
        self.by_id.insert(id, Arc::new(stored));
    }

    /// Forgets a version that no mapping names, unless it stands.
    pub(super) fn forget(&mut self, version: RuleVersion) {
        if self.get(version.rule).is_none_or(|now| now.version != version.version) {
            self.versions.remove(&version);
        }
    }

    /// How many versions are known.
    pub fn versions(&self) -> usize {
        self.versions.len()
    }

    pub(crate) fn delete(&mut self, id: RuleId) {
        if let Some(before) = self.by_id.remove(&id) {
            self.in_order.remove(&order(&before));
            self.weight -= before.rule.weight();
        }
    }
}

fn order(rule: &StoredRule) -> Order {
    (Reverse(rule.rule.definition().priority), rule.created.position, rule.id)
}
