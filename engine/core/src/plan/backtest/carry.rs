//! Facts of the recorded world as they are in the world of the draft.
//!
//! What providers say of users and groups is the same in both, so it is carried over as it is, and both know the same users,
//! groups and members. What administrators decided is carried over as far as they could have decided it there, too: it is
//! asked for again, by the command that it came from.

use std::collections::BTreeMap;

use super::Start;
use super::translation::Translation;
use crate::admit::admit;
use crate::asked::Asked;
use crate::command::{Command, ExceptionInput, MappingTarget};
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::fact::Fact;
use crate::id::{ConflictId, EntityId, IdSeed, IdsFor, MappingId, NewIds};
use crate::plan::Draft;
use crate::rules::EntityType;
use crate::settings::{Settings, SettingsChange};
use crate::state::{Entity, State};
use crate::user_set::UserSet;

/// What becomes of a fact.
#[derive(Debug)]
pub(super) enum Carried {
    /// It is this one.
    Over(Fact),
    /// The draft stands in for it.
    Replaced,
    /// It is so already.
    Nothing,
    /// It means nothing there.
    Not,
}

/// Both worlds, before a fact.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrier<'a> {
    pub(super) recorded: &'a State,
    /// The world of the draft before the entry.
    pub(super) before: &'a State,
    /// The world of the draft after the facts of the entry so far.
    pub(super) now: &'a State,
    pub(super) start: Start,
    pub(super) change: &'a Draft,
    pub(super) decisions: &'a BTreeMap<ConflictId, ConflictId>,
    pub(super) asked: Asked,
}

impl Carrier<'_> {
    pub(super) fn carry(&self, fact: &Fact) -> Carried {
        match fact {
            // INVARIANT: these are carried over always, so both worlds have the same users and groups.
            Fact::UserCreated { .. }
            | Fact::UserAttributesChanged { .. }
            | Fact::UserRoleAttributeChanged { .. }
            | Fact::UserActivated { .. }
            | Fact::UserDeactivated { .. }
            | Fact::UserDeleted { .. }
            | Fact::GroupCreated { .. }
            | Fact::GroupRestored { .. }
            | Fact::GroupRenamed { .. }
            | Fact::GroupAttributesChanged { .. }
            | Fact::MembersAdded { .. }
            | Fact::MembersRemoved { .. }
            | Fact::IgnoredMembersChanged { .. }
            | Fact::GroupDeleted { .. } => Carried::Over(fact.clone()),
            Fact::RuleCreated { .. }
            | Fact::RuleChanged { .. }
            | Fact::RuleDeleted { .. }
            | Fact::ExamplesSaved { .. } => self.rules(fact),
            // A plan runs the rules over groups that there are: those that hold in this world.
            Fact::PlanStarted { .. }
            | Fact::PlanStepped { .. }
            | Fact::PlanFinished { .. }
            | Fact::PlanStopped { .. }
            | Fact::DriftPlanned { .. }
            | Fact::DriftReconciled { .. } => over(self.now.plan_run().map(|_| fact.clone())),
            Fact::SettingsChanged { settings } => self.settings(settings),
            Fact::SafeguardsChanged { safeguards } => {
                let safeguards = safeguards.changed(&self.change.settings.safeguards);
                if safeguards == *self.now.safeguards() {
                    Carried::Replaced
                } else {
                    Carried::Over(Fact::SafeguardsChanged { safeguards })
                }
            }
            Fact::EntityRegistered { .. }
            | Fact::EntityDeleted { .. }
            | Fact::UserDefaultEntityAssigned { .. }
            | Fact::MembershipsGiven { .. }
            | Fact::MembershipsTaken { .. } => self.entities(fact),
            Fact::MappingRequested { .. }
            | Fact::MappingApproved { .. }
            | Fact::MappingRejected { .. }
            | Fact::MappingPaused { .. }
            | Fact::MappingResumed { .. } => self.mappings(fact),
            Fact::ConflictResolved { .. }
            | Fact::DecisionForgotten { .. }
            | Fact::HoldReleased { .. }
            | Fact::HoldDiscarded { .. }
            | Fact::ExceptionSet { .. }
            | Fact::ExceptionRemoved { .. }
            | Fact::ExceptionExpired { .. } => self.decisions(fact),
            // Only the reserved organization has these, and it has no rules.
            Fact::Registry(_) => Carried::Not,
        }
    }

    fn translation(&self) -> Translation<'_> {
        Translation {
            recorded: self.recorded,
            now: self.now,
            start: self.start,
        }
    }

    fn entity(&self, id: EntityId) -> Option<&Entity> {
        self.translation().entity(id)
    }

    /// What the command leads to here, where that is one fact.
    fn asked_again(&self, command: &Command) -> Carried {
        // What is created keeps the id that it has on the record.
        let mut ids = NewIds::new(self.asked.stamp.at, IdSeed::new([0; 16]), IdsFor::Facts);
        match admit(self.now, command, self.asked, &mut ids) {
            Ok(mut facts) => match (facts.pop(), facts.pop()) {
                (Some(fact), None) => Carried::Over(fact),
                (None, _) => Carried::Nothing,
                (Some(_), Some(_)) => Carried::Not,
            },
            Err(_) => Carried::Not,
        }
    }

    /// A fact that the command would lead to here, too.
    fn if_accepted(&self, command: &Command, fact: Fact) -> Carried {
        match self.asked_again(command) {
            Carried::Over(_) => Carried::Over(fact),
            other => other,
        }
    }

    fn rules(&self, fact: &Fact) -> Carried {
        if self.change.rules.is_some() {
            return Carried::Replaced;
        }
        let (rule, is_new) = match fact {
            Fact::RuleCreated { rule, .. } => (rule, true),
            Fact::RuleChanged { rule, .. } | Fact::RuleDeleted { rule } => (rule, false),
            // What rules are checked against moves nobody.
            _ => return Carried::Nothing,
        };
        let role = match fact {
            Fact::RuleCreated { definition, .. } | Fact::RuleChanged { definition, .. } => definition.role.as_ref(),
            _ => None,
        };
        let knows_role = role.is_none_or(|role| self.now.settings().rank(role).is_some());
        let fits = knows_role && self.now.rules().get(*rule).is_none() == is_new;
        over(fits.then(|| fact.clone()))
    }

    fn settings(&self, settings: &Settings) -> Carried {
        let mut settings = settings.clone();
        if let Some(id) = settings.default_concurrency_group {
            let Some(entity) = self.entity(id) else {
                return Carried::Not;
            };
            settings.default_concurrency_group = Some(entity.id);
        }
        let settings = settings.changed(&self.change.settings);
        if settings == *self.now.settings() {
            return Carried::Replaced;
        }
        self.asked_again(&Command::ChangeSettings {
            change: all_of(settings),
        })
    }

    fn entities(&self, fact: &Fact) -> Carried {
        match fact {
            Fact::EntityRegistered {
                entity_type,
                name,
                external_id,
                ..
            } => {
                let command = Command::CreateEntity {
                    entity_type: *entity_type,
                    name: name.clone(),
                    external_id: external_id.clone(),
                };
                self.if_accepted(&command, fact.clone())
            }
            Fact::EntityDeleted { entity } => match self.entity(*entity) {
                Some(entity) => self.asked_again(&Command::DeleteEntity { entity: entity.id }),
                None => Carried::Not,
            },
            Fact::UserDefaultEntityAssigned { user, entity } => {
                over(self.entity(*entity).map(|entity| Fact::UserDefaultEntityAssigned {
                    user: *user,
                    entity: entity.id,
                }))
            }
            Fact::MembershipsGiven { entity, users } => over(self.given(*entity, users)),
            Fact::MembershipsTaken { entity, users } => over(self.taken(*entity, users)),
            _ => Carried::Not,
        }
    }

    fn given(&self, entity: EntityId, users: &UserSet) -> Option<Fact> {
        let entity = self.entity(entity)?;
        let subject = ExceptionSubject::Entity(entity.id);
        let free = |user: &_| {
            let excluded = self.now.exceptions().about(*user, &subject);
            !self.now.is_manual(*user, entity.index)
                && excluded.is_none_or(|exception| exception.kind == ExceptionKind::Pin)
        };
        let users: UserSet = users.iter().filter(free).collect();
        (!users.is_empty()).then_some(Fact::MembershipsGiven {
            entity: entity.id,
            users,
        })
    }

    fn taken(&self, entity: EntityId, users: &UserSet) -> Option<Fact> {
        let entity = self.entity(entity)?;
        let is_team = entity.slot().is_none();
        let there = |user: &_| self.now.is_manual(*user, entity.index) || (is_team && entity.members.contains(*user));
        let users: UserSet = users.iter().filter(there).collect();
        (!users.is_empty()).then_some(Fact::MembershipsTaken {
            entity: entity.id,
            users,
        })
    }

    fn mappings(&self, fact: &Fact) -> Carried {
        let known = |mapping: MappingId| self.translation().mapping(mapping).map(|mapping| mapping.id);
        let command = match fact {
            Fact::MappingRequested {
                mapping,
                group,
                entity_type,
                entity,
                name,
            } => {
                let target = self.target(*entity, *entity_type, name);
                let command = Command::CreateMapping { group: *group, target };
                return match self.asked_again(&command) {
                    Carried::Over(Fact::MappingRequested {
                        entity_type,
                        entity,
                        name,
                        ..
                    }) => Carried::Over(Fact::MappingRequested {
                        mapping: *mapping,
                        group: *group,
                        entity_type,
                        entity,
                        name,
                    }),
                    other => other,
                };
            }
            Fact::MappingApproved { mapping, entity } => {
                return known(*mapping).map_or(Carried::Not, |mapping| self.approved(mapping, *entity));
            }
            Fact::MappingRejected { mapping } => known(*mapping).map(|mapping| Command::RejectMapping { mapping }),
            Fact::MappingPaused { mapping } => known(*mapping).map(|mapping| Command::PauseMapping { mapping }),
            Fact::MappingResumed { mapping } => known(*mapping).map(|mapping| Command::ResumeMapping { mapping }),
            _ => None,
        };
        command.map_or(Carried::Not, |command| self.asked_again(&command))
    }

    /// An approval; where it is for another entity than the mapping would have here, of that one.
    fn approved(&self, mapping: MappingId, entity: Option<EntityId>) -> Carried {
        let as_proposed = self.asked_again(&Command::ApproveMapping { mapping, target: None });
        let Some(entity) = entity else { return as_proposed };
        let wanted = self.entity(entity).map(|entity| entity.id);
        if let Carried::Over(Fact::MappingApproved { entity, .. }) = &as_proposed
            && *entity == wanted
        {
            return as_proposed;
        }
        let Some(recorded) = self.recorded.entity_ever(entity) else {
            return Carried::Not;
        };
        let target = Some(self.target(Some(entity), recorded.entity_type, &recorded.name));
        self.asked_again(&Command::ApproveMapping { mapping, target })
    }

    fn target(&self, entity: Option<EntityId>, entity_type: EntityType, name: &str) -> MappingTarget {
        match entity.and_then(|entity| self.entity(entity)) {
            Some(entity) => MappingTarget::Entity(entity.id),
            None => MappingTarget::Named {
                entity_type,
                name: name.to_owned(),
            },
        }
    }

    fn decisions(&self, fact: &Fact) -> Carried {
        let translation = self.translation();
        match fact {
            Fact::ConflictResolved { .. } => over(self.resolved(fact)),
            Fact::DecisionForgotten { decision } => {
                let old = translation.is_old_decision(*decision).then_some(*decision);
                let decision = old.or_else(|| self.decisions.get(decision).copied());
                let decision = decision.filter(|decision| self.before.decisions().get(*decision).is_some());
                over(decision.map(|decision| Fact::DecisionForgotten { decision }))
            }
            Fact::HoldReleased { hold, users } | Fact::HoldDiscarded { hold, users } => {
                let Some(hold) = translation
                    .hold(*hold)
                    .filter(|hold| self.before.hold(hold.id).is_some())
                else {
                    return Carried::Not;
                };
                let users = users.as_ref().map(|users| users.intersection(&hold.users()));
                if users.as_ref().is_some_and(UserSet::is_empty) {
                    return Carried::Not;
                }
                let hold = hold.id;
                Carried::Over(match fact {
                    Fact::HoldReleased { .. } => Fact::HoldReleased { hold, users },
                    _ => Fact::HoldDiscarded { hold, users },
                })
            }
            Fact::ExceptionSet { .. } => self.exception(fact),
            Fact::ExceptionRemoved { exception, .. } | Fact::ExceptionExpired { exception, .. } => {
                over(self.now.exceptions().get(*exception).map(|_| fact.clone()))
            }
            _ => Carried::Not,
        }
    }

    /// A decision on the same claims.
    fn resolved(&self, fact: &Fact) -> Option<Fact> {
        let Fact::ConflictResolved {
            slot,
            user,
            claimed,
            chosen,
            everyone,
            ..
        } = fact
        else {
            return None;
        };
        let conflict = self.translation().conflict(*slot, *user, claimed)?;
        self.before.conflict_by_id(conflict.id)?;
        let chosen = self.entity(*chosen)?;
        let entities = conflict.claimed.iter().map(|entity| self.now.entity_at(*entity).id);
        conflict
            .claimed
            .contains(&chosen.index)
            .then(|| Fact::ConflictResolved {
                conflict: conflict.id,
                slot: *slot,
                user: *user,
                claimed: entities.collect(),
                chosen: chosen.id,
                everyone: *everyone,
            })
    }

    fn exception(&self, fact: &Fact) -> Carried {
        let Fact::ExceptionSet {
            exception,
            kind,
            user,
            subject,
            reason,
            expires,
        } = fact
        else {
            return Carried::Not;
        };
        let subject = match subject {
            ExceptionSubject::Role(role) => ExceptionSubject::Role(role.clone()),
            ExceptionSubject::Entity(entity) => match self.entity(*entity) {
                Some(entity) => ExceptionSubject::Entity(entity.id),
                None => return Carried::Not,
            },
        };
        let input = ExceptionInput {
            kind: *kind,
            user: *user,
            subject: subject.clone(),
            reason: reason.clone(),
            expires: *expires,
        };
        let fact = Fact::ExceptionSet {
            exception: *exception,
            kind: *kind,
            user: *user,
            subject,
            reason: reason.clone(),
            expires: *expires,
        };
        self.if_accepted(&Command::SetException { exception: input }, fact)
    }
}

fn over(fact: Option<Fact>) -> Carried {
    fact.map_or(Carried::Not, Carried::Over)
}

/// The change that comes to these settings.
fn all_of(settings: Settings) -> SettingsChange {
    SettingsChange {
        on_rename: Some(settings.on_rename),
        one_group_per_entity: Some(settings.one_group_per_entity),
        roles: Some(settings.roles),
        default_role: Some(settings.default_role),
        default_concurrency_group: Some(settings.default_concurrency_group),
        group_provisioning: Some(settings.group_provisioning),
        username_must_be_email: Some(settings.username_must_be_email),
        username_immutable: Some(settings.username_immutable),
        allowed_email_domains: Some(settings.allowed_email_domains),
        ..SettingsChange::default()
    }
}
