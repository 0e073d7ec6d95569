//! Mappings that rules propose, and those that an administrator makes, approves or ends.

use rolecall_rules::{EntityType, MatchedTarget, NameTemplate, RoleName};

use super::Derivation;
use crate::consequence::{Because, Effect};
use crate::fact::Fact;
use crate::id::{EntityId, EntityIndex, GroupIndex, MappingId};
use crate::invariant::known;
use crate::mapping::{EndReason, MappingStatus, Origin, PendingReason, RuleVersion};
use crate::replacing::replacing;
use crate::settings::OnRename;
use crate::state::{Group, Mapping, State};

/// The rule that decides a group, and what it gives.
pub(super) struct Decided {
    pub(super) rule: RuleVersion,
    pub(super) role: Option<RoleName>,
    pub(super) auto_approve: bool,
    pub(super) targets: Vec<MatchedTarget>,
}

impl Decided {
    /// What the rules make of a group today; `None`: no rule matches.
    pub(super) fn of(state: &State, group: &Group) -> Option<Self> {
        let (stored, matched) = state.rules().decide(&group.display_name)?;
        Some(Self {
            rule: stored.at_version(),
            role: stored.rule.definition().role.clone(),
            auto_approve: stored.rule.definition().auto_approve,
            targets: matched.targets,
        })
    }
}

impl Derivation<'_> {
    /// Runs the rules over a group that is new or back: every target of the rule that decides becomes a mapping.
    pub(super) fn run_rules(&mut self, fact: u32, group: GroupIndex) {
        let Some(decided) = self.decide(fact, group) else {
            return;
        };
        for target in &decided.targets {
            self.propose(fact, group, &decided, target);
        }
    }

    /// Runs the rules over a renamed group. What a person approved or rejected stays; what waited is proposed anew, or looked
    /// at again where its name is still the same; what a rule approved stays, with the new match beside it, or gives way to it
    /// when the settings say so.
    pub(super) fn rerun_rules(&mut self, fact: u32, group: GroupIndex) {
        let decided = self.decide(fact, group);
        self.drop_void_proposals(fact, group, decided.as_ref());
        let Some(decided) = decided else { return };
        let (by_other_rule, by_person) = self.approved_otherwise(group, decided.rule);
        if by_other_rule.is_empty() && by_person {
            return;
        }
        let takes_over = decided.auto_approve && self.state.settings().on_rename == OnRename::Apply;
        let waits = !by_other_rule.is_empty() && !takes_over;
        for (target, waiting) in self.unsettled(group, &decided) {
            let status = if waits {
                (MappingStatus::Pending(PendingReason::RuleChanged), None)
            } else {
                self.status_for(fact, group, &decided, &target)
            };
            match waiting {
                Some(mapping) => {
                    self.refresh(fact, mapping, &decided, &target);
                    self.reconsider(fact, mapping, status);
                }
                None => self.propose_as(fact, group, &decided, &target, status),
            }
        }
        if takes_over {
            for mapping in self.replaced(group, decided.rule, by_other_rule) {
                self.end_mapping(fact, mapping, EndReason::Replaced);
            }
        }
    }

    fn decide(&mut self, fact: u32, group: GroupIndex) -> Option<Decided> {
        let row = self.state.group_at(group);
        let id = row.id;
        let decided = Decided::of(&self.state, row);
        let rule = decided.as_ref().map(|decided| decided.rule);
        self.conclude(
            Because {
                fact,
                mapping: None,
                rule,
            },
            Effect::GroupDecided { group: id, rule },
        );
        decided
    }

    /// Ends the proposals that still wait and that the rules would no longer make for the name of the group.
    fn drop_void_proposals(&mut self, fact: u32, group: GroupIndex, decided: Option<&Decided>) {
        for index in self.state.group_at(group).mappings.clone() {
            let mapping = self.state.mapping_at(index);
            if mapping.origin == Origin::Manual || !is_waiting(mapping) {
                continue;
            }
            let stands = decided.is_some_and(|decided| {
                decided
                    .targets
                    .iter()
                    .any(|target| is_same(mapping, decided.rule, target) && named_alike(mapping, target))
            });
            if !stands {
                self.end_mapping(fact, mapping.id, EndReason::Superseded);
            }
        }
    }

    /// The targets of a rule that nothing has settled for the group, be it approved or rejected, each with the mapping that
    /// waits for it. What an older version of the rule settled stays as it is, for all targets, until a plan is applied
    /// (SEMANTICS 3.5).
    fn unsettled(&self, group: GroupIndex, decided: &Decided) -> Vec<(MatchedTarget, Option<MappingId>)> {
        let live = || self.state.mappings_of(self.state.group_at(group));
        let older = |mapping: &Mapping| {
            let by = mapping.origin.rule().filter(|by| by.rule == decided.rule.rule);
            by.is_some_and(|by| by.version < decided.rule.version)
        };
        if live().any(|mapping| older(mapping) && !mapping.status.is_pending()) {
            return Vec::new();
        }
        let targets = decided.targets.iter().filter_map(|target| {
            let made = || live().filter(|mapping| is_same(mapping, decided.rule, target));
            let waiting = made().next().map(|mapping| mapping.id);
            made().all(is_waiting).then(|| (target.clone(), waiting))
        });
        targets.collect()
    }

    /// Makes the mapping for a target of a rule, with its entity where the rule may have one.
    fn propose(&mut self, fact: u32, group: GroupIndex, decided: &Decided, target: &MatchedTarget) {
        let status = self.status_for(fact, group, decided, target);
        self.propose_as(fact, group, decided, target, status);
    }

    /// The status of a mapping for a target of a rule, and its entity where the rule approves it. The entity is created
    /// where there is none and the rule may have one.
    pub(super) fn status_for(
        &mut self,
        fact: u32,
        group: GroupIndex,
        decided: &Decided,
        target: &MatchedTarget,
    ) -> (MappingStatus, Option<EntityId>) {
        match &target.name {
            Err(_) => (MappingStatus::Pending(PendingReason::Template), None),
            Ok(_) if !decided.auto_approve => (MappingStatus::Pending(PendingReason::ApprovalRequired), None),
            Ok(_) if let Some(reason) = self.ceiling(group, decided.role.as_ref()) => {
                (MappingStatus::Pending(reason), None)
            }
            Ok(name) => match self.find_or_create(fact, group, decided.rule, target.entity_type, name) {
                Ok(entity) => (MappingStatus::AutoApproved, Some(entity)),
                Err(reason) => (MappingStatus::Pending(reason), None),
            },
        }
    }

    pub(super) fn propose_as(
        &mut self,
        fact: u32,
        group: GroupIndex,
        decided: &Decided,
        target: &MatchedTarget,
        (status, entity): (MappingStatus, Option<EntityId>),
    ) {
        let mapping = MappingId::new(self.ids.draw());
        let effect = Effect::MappingProposed {
            mapping,
            group: self.state.group_at(group).id,
            entity_type: target.entity_type,
            entity,
            name: target.name.as_ref().ok().cloned(),
            template: target.template.clone(),
            origin: Origin::Rule(decided.rule),
            role: decided.role.clone(),
            status,
        };
        self.conclude(
            Because {
                fact,
                mapping: Some(mapping),
                rule: Some(decided.rule),
            },
            effect,
        );
        if status.is_approved() {
            self.touch_members(fact, group);
        }
    }

    /// The one free entity of that type and name: adopted when it is there, created when none is, else why not.
    fn find_or_create(
        &mut self,
        fact: u32,
        group: GroupIndex,
        rule: RuleVersion,
        entity_type: EntityType,
        name: &str,
    ) -> Result<EntityId, PendingReason> {
        let found: Vec<EntityIndex> = self
            .state
            .entities_named(entity_type, name)
            .map(|entity| entity.index)
            .collect();
        match found.as_slice() {
            [] if entity_type == EntityType::SubOrganization => Err(PendingReason::TargetMissing),
            [] => Ok(self.create_entity(
                Because {
                    fact,
                    mapping: None,
                    rule: Some(rule),
                },
                entity_type,
                name,
            )),
            [entity] => {
                let entity = self.state.entity_at(*entity);
                if self.state.owning_mapping(entity, group).is_some() {
                    Err(PendingReason::EntityOwned)
                } else if entity.registered && self.state.safeguards().auto_approve_ceiling.adoption {
                    Err(PendingReason::CeilingAdoption)
                } else {
                    Ok(entity.id)
                }
            }
            _ => Err(PendingReason::AmbiguousName),
        }
    }

    fn create_entity(&mut self, because: Because, entity_type: EntityType, name: &str) -> EntityId {
        let entity = EntityId::new(self.ids.draw());
        let fact = because.fact;
        self.conclude(
            because,
            Effect::EntityCreated {
                entity,
                entity_type,
                name: name.to_owned(),
            },
        );
        self.touch_naming(fact, known(self.state.entity(entity), "entity").index);
        entity
    }

    /// Binds a group to an entity because an administrator says so.
    pub(super) fn bind(&mut self, fact: u32, requested: &Fact) {
        let Fact::MappingRequested {
            mapping,
            group,
            entity_type,
            entity,
            name,
        } = requested
        else {
            return;
        };
        let because = Because {
            fact,
            mapping: Some(*mapping),
            rule: None,
        };
        // With two persons, this one asks and another one approves.
        let (entity, status) = if self.state.safeguards().two_person_approval {
            (*entity, MappingStatus::Pending(PendingReason::ApprovalRequired))
        } else {
            let entity = entity.unwrap_or_else(|| self.create_entity(because, *entity_type, name));
            (Some(entity), MappingStatus::Approved)
        };
        let effect = Effect::MappingProposed {
            mapping: *mapping,
            group: *group,
            entity_type: *entity_type,
            entity,
            name: Some(name.clone()),
            template: NameTemplate::display_name(),
            origin: Origin::Manual,
            role: None,
            status,
        };
        self.conclude(because, effect);
        if status.is_approved() {
            self.touch_members(fact, self.group_index(*group));
        }
    }

    /// Approves a mapping; one of the rule that decides the group takes the place of what followed from others.
    pub(super) fn approve(&mut self, fact: u32, id: MappingId, entity: Option<EntityId>) {
        let mapping = self.mapping(id);
        let (group, entity_type, was, origin) = (mapping.group, mapping.entity_type, mapping.status, mapping.origin);
        let (name, replacing) = (mapping.name.clone(), replacing(&self.state, mapping));
        let waiting = self.waiting(mapping);
        let because = Because {
            fact,
            mapping: Some(id),
            rule: origin.rule(),
        };
        let entity = match entity {
            Some(entity) => entity,
            None => self.create_entity(because, entity_type, &known(name, "name of a mapping")),
        };
        self.move_mapping(fact, id, MappingStatus::Approved, Some(entity));
        if let Some(rule) = replacing {
            self.replace_others(fact, id, rule);
        }
        if was == MappingStatus::AutoApproved {
            self.touch(fact, &waiting);
        } else {
            self.touch_members(fact, group);
        }
    }

    /// Gives a mapping that waits the status that it would be proposed with today.
    pub(super) fn reconsider(&mut self, fact: u32, id: MappingId, (to, entity): (MappingStatus, Option<EntityId>)) {
        let mapping = self.mapping(id);
        let (from, group) = (mapping.status, mapping.group);
        if to != from {
            self.move_mapping(fact, id, to, entity);
            if to.is_approved() {
                self.touch_members(fact, group);
            }
        }
    }

    /// Ends a mapping; it still shows the entity it was for.
    pub(super) fn end_mapping(&mut self, fact: u32, id: MappingId, reason: EndReason) {
        let mapping = self.mapping(id);
        let (group, entity) = (
            mapping.group,
            mapping.entity.map(|entity| self.state.entity_at(entity).id),
        );
        self.move_mapping(fact, id, MappingStatus::Ended(reason), entity);
        self.touch_members(fact, group);
    }

    pub(super) fn move_mapping(&mut self, fact: u32, id: MappingId, to: MappingStatus, entity: Option<EntityId>) {
        let mapping = self.mapping(id);
        let because = Because::mapping(fact, mapping);
        let from = mapping.status;
        self.conclude(
            because,
            Effect::MappingMoved {
                mapping: id,
                from,
                to,
                entity,
            },
        );
    }

    pub(super) fn mapping(&self, id: MappingId) -> &Mapping {
        known(self.state.mapping(id), "mapping")
    }
}

/// Whether a mapping is what this rule makes of this target.
fn is_same(mapping: &Mapping, rule: RuleVersion, target: &MatchedTarget) -> bool {
    matches!(mapping.origin, Origin::Rule(by) if by.rule == rule.rule)
        && mapping.entity_type == target.entity_type
        && mapping.template.text() == target.template.text()
}

fn named_alike(mapping: &Mapping, target: &MatchedTarget) -> bool {
    mapping.name.as_ref() == target.name.as_ref().ok()
}

/// Whether a mapping waits for what may have come by now. What an administrator deleted the entity of is not made again by a
/// rule.
pub(super) fn is_waiting(mapping: &Mapping) -> bool {
    mapping.status.is_pending() && mapping.status != MappingStatus::Pending(PendingReason::TargetDeleted)
}
