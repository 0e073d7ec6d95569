//! Mappings that others take the place of: new ones are built before old ones end (SEMANTICS 4).

use rolecall_rules::EntityType;

use super::Derivation;
use crate::id::{GroupIndex, MappingId};
use crate::mapping::{EndReason, MappingStatus, Origin, RuleVersion};
use crate::replacing::gives_way;
use crate::side::Side;
use crate::state::Mapping;

/// How far the mappings of the rule that takes over are built.
struct Progress {
    /// The types of those that are approved.
    built: Vec<EntityType>,
    /// The types of those that wait, or were rejected.
    missing: Vec<EntityType>,
}

impl Progress {
    /// Whether what was there before for an entity of this type has its replacement: all of the type are built, or all there
    /// are, or one of the side that it cannot be beside.
    fn replaces(&self, entity_type: EntityType) -> bool {
        let has_type = self.built.contains(&entity_type) && !self.missing.contains(&entity_type);
        let excludes = |built: &EntityType| Side::of(*built) != Side::of(entity_type);
        self.missing.is_empty() || has_type || self.built.iter().any(excludes)
    }
}

impl Derivation<'_> {
    /// Ends what an approved mapping of a rule is in the place of, and what binds its group to the same entity.
    pub(super) fn replace_others(&mut self, fact: u32, id: MappingId, rule: RuleVersion) {
        let group = self.mapping(id).group;
        let mut old = self.approved_otherwise(group, rule).0;
        old.extend(self.void_beside(id, rule));
        let mut replaced = self.replaced(group, rule, old);
        replaced.extend(self.bound_alike(id, rule));
        replaced.sort_unstable();
        replaced.dedup();
        for other in replaced {
            self.end_mapping(fact, other, EndReason::Replaced);
        }
    }

    /// Those of the old mappings of a group that have their replacement among what the rule makes. A place whose replacement
    /// nobody approved is not lost because another one was approved.
    pub(super) fn replaced(&self, group: GroupIndex, rule: RuleVersion, old: Vec<MappingId>) -> Vec<MappingId> {
        let progress = self.progress(group, rule, &old);
        let is_replaced = |mapping: &MappingId| progress.replaces(self.mapping(*mapping).entity_type);
        old.into_iter().filter(is_replaced).collect()
    }

    fn progress(&self, group: GroupIndex, rule: RuleVersion, old: &[MappingId]) -> Progress {
        let live = self.state.mappings_of(self.state.group_at(group));
        let of_rule = live.filter(|mapping| is_of_rule(mapping, rule) && !old.contains(&mapping.id));
        let (built, missing): (Vec<&Mapping>, Vec<&Mapping>) =
            of_rule.partition(|mapping| mapping.status.is_approved());
        let types = |mappings: Vec<&Mapping>| mappings.iter().map(|mapping| mapping.entity_type).collect();
        Progress {
            built: types(built),
            missing: types(missing),
        }
    }

    /// The mappings that another rule approved, and whether a person approved any.
    pub(super) fn approved_otherwise(&self, group: GroupIndex, rule: RuleVersion) -> (Vec<MappingId>, bool) {
        let mappings = || self.state.mappings_of(self.state.group_at(group));
        let other = |mapping: &&Mapping| !is_of_rule(mapping, rule);
        let automatic = mappings()
            .filter(|mapping| mapping.status == MappingStatus::AutoApproved)
            .filter(other);
        let by_person = mappings()
            .filter(other)
            .any(|mapping| mapping.status == MappingStatus::Approved);
        (automatic.map(|mapping| mapping.id).collect(), by_person)
    }

    /// The other mappings that bind the same group to the same entity, and give way.
    fn bound_alike(&self, id: MappingId, rule: RuleVersion) -> Vec<MappingId> {
        let mapping = self.mapping(id);
        let alike = |other: &&Mapping| other.id != id && other.entity == mapping.entity && gives_way(other, rule);
        let all = self.state.mappings_of(self.state.group_at(mapping.group));
        all.filter(alike).map(|other| other.id).collect()
    }
}

/// Whether a version of this rule made a mapping.
fn is_of_rule(mapping: &Mapping, rule: RuleVersion) -> bool {
    matches!(mapping.origin, Origin::Rule(by) if by.rule == rule.rule)
}
