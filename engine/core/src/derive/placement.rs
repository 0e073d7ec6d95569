//! Where each touched user belongs, and the difference to where it is.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_rules::RoleName;

use super::Derivation;
use crate::claims::{Claims, approval, unmapped};
use crate::consequence::{Because, Effect, RoleCause, RoleClaim, Unplaced};
use crate::fact::Fact;
use crate::id::{ConflictId, EntityIndex, MappingIndex, UserIndex};
use crate::mapping::Slot;
use crate::state::{State, User};
use crate::user_set::UserSet;

/// Where a user belongs.
struct Placement {
    /// The entities, each with the mapping that is the reason; `None`: the user's own attribute, or a default.
    entities: BTreeMap<EntityIndex, Option<MappingIndex>>,
    /// The slots with two or more claims.
    contested: BTreeMap<Slot, Contested>,
    /// The role; `None` for a user that does not count.
    role: Option<RoleName>,
    /// The claims that the role follows from.
    claims: Vec<RoleClaim>,
}

#[derive(PartialEq, Eq)]
struct Contested {
    claimed: Vec<EntityIndex>,
    current: EntityIndex,
}

/// Differences that are the same for several users, so that one consequence tells them all.
#[derive(Default)]
struct Differences {
    unplaced: BTreeMap<(Because, EntityIndex, Unplaced), UserSet>,
    placed: BTreeMap<(Because, EntityIndex), UserSet>,
    roles: BTreeMap<(Because, RoleDifference), UserSet>,
    /// Conflicts to close and to open, user by user.
    conflicts: Vec<(Because, UserIndex, Slot, Option<Contested>)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RoleDifference {
    from: Option<RoleName>,
    to: Option<RoleName>,
    cause: RoleCause,
    before: Vec<RoleClaim>,
    after: Vec<RoleClaim>,
}

impl Derivation<'_> {
    /// Places every touched user, and concludes what is different from before.
    pub(super) fn place_touched(&mut self, facts: &[Fact]) {
        let mut differences = Differences::default();
        for (user, fact) in std::mem::take(&mut self.touched) {
            let because = Because {
                fact,
                mapping: None,
                rule: None,
            };
            let user = self.state.user_at(user);
            let placement = placement(&self.state, user);
            self.compare_entities(&mut differences, (because, facts), user, &placement);
            self.compare_conflicts(&mut differences, because, user, &placement);
            if user.role != placement.role {
                let fact = facts.get(because.fact as usize);
                let difference = self.role_difference(user, placement, fact);
                differences
                    .roles
                    .entry((because, difference))
                    .or_default()
                    .insert(user.index);
            }
        }
        self.conclude_differences(differences);
    }

    fn compare_entities(
        &self,
        differences: &mut Differences,
        (because, facts): (Because, &[Fact]),
        user: &User,
        placement: &Placement,
    ) {
        let now: BTreeSet<EntityIndex> = user.memberships.iter().map(|membership| membership.entity).collect();
        for entity in now.iter().filter(|entity| !placement.entities.contains_key(entity)) {
            let reason = self.unplaced(user, *entity, placement);
            differences
                .unplaced
                .entry((because, *entity, reason))
                .or_default()
                .insert(user.index);
        }
        for (entity, mapping) in placement.entities.iter().filter(|(entity, _)| !now.contains(entity)) {
            let mapping = mapping.map(|mapping| self.state.mapping_at(mapping));
            let rule = mapping.and_then(|mapping| mapping.origin.rule());
            let assigned = mapping.is_none().then(|| self.assigned(facts, user, *entity)).flatten();
            let because = Because {
                fact: assigned.unwrap_or(because.fact),
                mapping: mapping.map(|mapping| mapping.id),
                rule,
            };
            differences
                .placed
                .entry((because, *entity))
                .or_default()
                .insert(user.index);
        }
    }

    /// The fact that puts the user into the entity itself, where one does.
    fn assigned(&self, facts: &[Fact], user: &User, entity: EntityIndex) -> Option<u32> {
        let fact = Fact::UserDefaultEntityAssigned {
            user: user.id,
            entity: self.state.entity_at(entity).id,
        };
        (0u32..)
            .zip(facts)
            .find(|(_, other)| **other == fact)
            .map(|(place, _)| place)
    }

    fn unplaced(&self, user: &User, entity: EntityIndex, placement: &Placement) -> Unplaced {
        let entity = self.state.entity_at(entity);
        let slot = Slot::of(entity.entity_type);
        let in_slot =
            |other: &EntityIndex| slot.is_some() && Slot::of(self.state.entity_at(*other).entity_type) == slot;
        if user.deleted {
            Unplaced::UserDeleted
        } else if entity.deleted {
            Unplaced::EntityDeleted
        } else if !user.active {
            Unplaced::Suspended
        } else if placement.entities.keys().any(in_slot) {
            Unplaced::Replaced
        } else {
            Unplaced::NoClaim
        }
    }

    fn compare_conflicts(&self, differences: &mut Differences, because: Because, user: &User, placement: &Placement) {
        for slot in Slot::ALL {
            let open = self.state.conflict(slot, user.index);
            let wanted = placement.contested.get(&slot);
            let same = match (open, wanted) {
                (None, None) => true,
                (Some(open), Some(wanted)) => open.claimed == wanted.claimed && open.current == wanted.current,
                _ => false,
            };
            if !same {
                let wanted = wanted.map(|Contested { claimed, current }| Contested {
                    claimed: claimed.clone(),
                    current: *current,
                });
                differences.conflicts.push((because, user.index, slot, wanted));
            }
        }
    }

    fn role_difference(&self, user: &User, placement: Placement, fact: Option<&Fact>) -> RoleDifference {
        let before = self
            .before
            .user_ever(user.id)
            .map(|before| Claims::on(before, self.before).roles)
            .unwrap_or_default();
        let fallback = placement.role.is_some() && placement.claims.is_empty() && !before.is_empty();
        let cause = if fallback {
            RoleCause::DefaultFallback
        } else {
            fact.map_or(RoleCause::Settings, cause)
        };
        RoleDifference {
            from: user.role.clone(),
            to: placement.role,
            cause,
            before,
            after: placement.claims,
        }
    }

    fn conclude_differences(&mut self, differences: Differences) {
        for ((because, entity, reason), users) in differences.unplaced {
            let entity = self.state.entity_at(entity).id;
            self.conclude(because, Effect::MembersUnplaced { entity, users, reason });
        }
        for ((because, entity), users) in differences.placed {
            let entity = self.state.entity_at(entity).id;
            self.conclude(because, Effect::MembersPlaced { entity, users });
        }
        for (because, user, slot, wanted) in differences.conflicts {
            self.conclude_conflict(because, user, slot, wanted);
        }
        let mut demotion = None;
        for (
            (
                because,
                RoleDifference {
                    from,
                    to,
                    cause,
                    before,
                    after,
                },
            ),
            users,
        ) in differences.roles
        {
            if from.as_ref() == self.state.settings().highest_role() {
                demotion = Some(because);
            }
            self.conclude(
                because,
                Effect::RoleChanged {
                    users,
                    from,
                    to,
                    cause,
                    before,
                    after,
                },
            );
        }
        if let Some(because) = demotion {
            self.conclude_no_admin(because);
        }
    }

    fn conclude_conflict(&mut self, because: Because, user: UserIndex, slot: Slot, wanted: Option<Contested>) {
        let id = self.state.user_at(user).id;
        if let Some(open) = self.state.conflict(slot, user) {
            let conflict = open.id;
            self.conclude(
                because,
                Effect::ConflictClosed {
                    conflict,
                    slot,
                    user: id,
                },
            );
        }
        if let Some(Contested { claimed, current }) = wanted {
            let effect = Effect::ConflictOpened {
                conflict: ConflictId::new(self.ids.draw()),
                slot,
                user: id,
                claimed: claimed.iter().map(|entity| self.state.entity_at(*entity).id).collect(),
                current: self.state.entity_at(current).id,
            };
            self.conclude(because, effect);
        }
    }

    fn conclude_no_admin(&mut self, because: Because) {
        let Some(role) = self.state.settings().highest_role().cloned() else {
            return;
        };
        let had = self.before.counts().active_users.contains_key(&role);
        if had && !self.state.counts().active_users.contains_key(&role) {
            self.conclude(because, Effect::NoAdminLeft { role });
        }
    }
}

/// Where a user belongs, from its claims alone and, for a contested slot, from where it is.
fn placement(state: &State, user: &User) -> Placement {
    let claims = Claims::on(user, state);
    let mut entities = BTreeMap::new();
    let mut contested = BTreeMap::new();
    if user.is_effective() {
        let teams = claims
            .entities
            .iter()
            .filter(|(entity, _)| Slot::of(state.entity_at(**entity).entity_type).is_none());
        entities.extend(unmapped(state, user, None).map(|(team, _)| (team, None)));
        entities.extend(teams.map(|(entity, mapping)| (*entity, Some(*mapping))));
        for slot in Slot::ALL {
            let claimed = claims.for_slot(state, slot);
            let Some((entity, mapping)) = holder(state, user, slot, &claimed) else {
                continue;
            };
            entities.insert(entity, mapping);
            if claimed.len() > 1 {
                let claimed = claimed.into_iter().map(|(entity, _)| entity).collect();
                contested.insert(
                    slot,
                    Contested {
                        claimed,
                        current: entity,
                    },
                );
            }
        }
    }
    let role = user.is_effective().then(|| claims.role(state).clone());
    Placement {
        entities,
        contested,
        role,
        claims: claims.roles,
    }
}

/// The entity that a slot of a user holds: the incumbent if it is claimed, else the claim that was approved first, else where
/// the user goes without a mapping.
fn holder(
    state: &State,
    user: &User,
    slot: Slot,
    claimed: &[(EntityIndex, MappingIndex)],
) -> Option<(EntityIndex, Option<MappingIndex>)> {
    let incumbent = claimed.iter().find(|(entity, _)| user.incumbent(slot) == Some(*entity));
    let first = || {
        claimed
            .iter()
            .min_by_key(|(_, mapping)| approval(state.mapping_at(*mapping)))
    };
    match incumbent.or_else(first) {
        Some((entity, mapping)) => Some((*entity, Some(*mapping))),
        None => unmapped(state, user, Some(slot))
            .next()
            .map(|(entity, _)| (entity, None)),
    }
}

/// The cause of a role change that a fact brings about.
fn cause(fact: &Fact) -> RoleCause {
    match fact {
        Fact::UserCreated { .. } | Fact::UserDefaultEntityAssigned { .. } => RoleCause::UserCreated,
        Fact::UserAttributesChanged { .. } | Fact::UserRoleAttributeChanged { .. } => RoleCause::UserAttribute,
        Fact::UserActivated { .. } => RoleCause::UserActivated,
        Fact::UserDeactivated { .. } => RoleCause::UserDeactivated,
        Fact::UserDeleted { .. } => RoleCause::UserDeleted,
        Fact::MembersAdded { .. } => RoleCause::MemberAdded,
        Fact::MembersRemoved { .. } => RoleCause::MemberRemoved,
        Fact::GroupAttributesChanged { .. } => RoleCause::GroupRoles,
        Fact::GroupCreated { .. } | Fact::GroupRestored { .. } => RoleCause::GroupCreated,
        Fact::GroupRenamed { .. } => RoleCause::GroupRenamed,
        Fact::GroupDeleted { .. } => RoleCause::GroupDeleted,
        Fact::EntityDeleted { .. }
        | Fact::MappingRequested { .. }
        | Fact::MappingApproved { .. }
        | Fact::MappingRejected { .. }
        | Fact::MappingPaused { .. }
        | Fact::MappingResumed { .. } => RoleCause::Mapping,
        Fact::SettingsChanged { .. } => RoleCause::Settings,
        Fact::PlanStepped { .. } => RoleCause::Plan,
        // These touch nobody.
        Fact::IgnoredMembersChanged { .. }
        | Fact::RuleCreated { .. }
        | Fact::RuleChanged { .. }
        | Fact::RuleDeleted { .. }
        | Fact::ExamplesSaved { .. }
        | Fact::EntityRegistered { .. }
        | Fact::PlanStarted { .. }
        | Fact::PlanFinished { .. }
        | Fact::PlanStopped { .. }
        | Fact::Registry(_)
        | Fact::SafeguardsChanged { .. } => RoleCause::Settings,
    }
}
