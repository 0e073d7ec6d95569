//! Where each touched user belongs, and the difference to where it is.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_rules::RoleName;

use super::Derivation;
use super::brake::Braking;
use super::conflicts::ConflictChanges;
use super::role_changes::{RoleChanges, RoleDifference, recorded};
use crate::claims::{Claims, claimants, pinned, unmapped};
use crate::consequence::{Because, Effect, RoleCause, RoleClaim, Unplaced};
use crate::fact::Fact;
use crate::id::{EntityId, EntityIndex, MappingIndex, UserId, UserIndex};
use crate::limits::ROLE_CHANGES_BYTES_MAX;
use crate::mapping::Slot;
use crate::prevailing::Prevailing;
use crate::state::{State, User};
use crate::user_set::UserSet;

/// Where a user belongs.
pub(super) struct Placement {
    /// The entities, each with the mapping that is the reason; `None`: it is another one.
    pub(super) entities: BTreeMap<EntityIndex, Option<MappingIndex>>,
    /// The teams that the user was taken out of by hand just now, each with whether a claim still holds it there.
    pub(super) taken_out: BTreeMap<EntityIndex, bool>,
    /// The role; `None` for a user that does not count.
    pub(super) role: Option<RoleName>,
    /// The claims that the role follows from.
    pub(super) claims: Vec<RoleClaim>,
}

/// Differences that are the same for several users, so that one consequence tells them all.
#[derive(Default)]
pub(super) struct Differences {
    pub(super) unplaced: BTreeMap<(Because, EntityIndex, Unplaced), UserSet>,
    pub(super) placed: BTreeMap<(Because, EntityIndex), UserSet>,
    pub(super) roles: RoleChanges,
    conflicts: ConflictChanges,
}

/// Users and entities that the facts of an entry name together, looked up once for all users.
struct Named {
    /// The teams that each user is taken out of by hand.
    taken_out: BTreeMap<UserIndex, BTreeSet<EntityIndex>>,
    /// The first fact that puts the user into the entity itself.
    assigned: BTreeMap<(UserId, EntityId), u32>,
}

impl Named {
    fn by(facts: &[Fact], state: &State) -> Self {
        let (mut taken_out, mut assigned) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::new());
        for (place, fact) in (0u32..).zip(facts) {
            match fact {
                Fact::MembershipsTaken { entity, users } => {
                    let entity = state.entity(*entity);
                    if let Some(team) = entity.filter(|entity| entity.slot().is_none()) {
                        for user in users.iter() {
                            taken_out.entry(user).or_default().insert(team.index);
                        }
                    }
                }
                Fact::UserDefaultEntityAssigned { user, entity } => {
                    assigned.entry((*user, *entity)).or_insert(place);
                }
                _ => {}
            }
        }
        Self { taken_out, assigned }
    }
}

impl Derivation<'_> {
    /// Places every touched user, and concludes what is different from before. Brakes may keep users where they are, and the
    /// floor of administrators may let users go whom nothing else touched.
    pub(super) fn place_touched(&mut self, facts: &[Fact]) {
        self.place_once(facts, None);
        if self.free_admins(facts) {
            self.place_once(facts, Some(RoleCause::HoldEnded));
        }
        self.close_holds(facts);
    }

    fn place_once(&mut self, facts: &[Fact], cause: Option<RoleCause>) {
        let mut differences = Differences::default();
        let mut braking = Braking::default();
        let named = Named::by(facts, &self.state);
        for (user, fact) in std::mem::take(&mut self.touched) {
            let because = Because::fact(fact);
            let user = self.state.user_at(user);
            let prevailing = self.prevailing(user);
            let mut placement = placement(&self.state, user, &prevailing);
            self.take_out_by_hand(&named, user, &mut placement);
            self.keep_held(&mut braking, because, user, &mut placement);
            // Whom the floor lets go was judged when his demotion was asked for.
            if cause.is_none() {
                self.note_leaving(&mut braking, (because, facts), user, &placement);
            }
            self.compare_entities(&mut differences, (because, &named), user, &placement);
            self.compare_conflicts(&mut differences.conflicts, because, user, &prevailing);
            if user.role != placement.role {
                let cause = cause.or_else(|| facts.get(because.fact as usize).map(self::cause));
                let difference = self.role_difference(user, placement, cause.unwrap_or(RoleCause::Settings));
                differences
                    .roles
                    .entry((because, difference))
                    .or_default()
                    .insert(user.index);
            }
        }
        self.brake(braking, &mut differences);
        self.hold_admins(facts, &mut differences);
        self.conclude_differences(differences);
    }

    /// Whom a fact takes out of a team by hand leaves it, whatever but a pin holds the user there. Nobody is kept out: the
    /// next write that touches the user or the group places it again (SEMANTICS 5).
    fn take_out_by_hand(&self, named: &Named, user: &User, placement: &mut Placement) {
        for team in named.taken_out.get(&user.index).into_iter().flatten() {
            let is_pinned = pinned(&self.state, user, None).any(|(other, _)| other == *team);
            if !is_pinned {
                let is_claimed = placement.entities.remove(team).is_some();
                placement.taken_out.insert(*team, is_claimed);
            }
        }
    }

    fn compare_entities(
        &self,
        differences: &mut Differences,
        (because, named): (Because, &Named),
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
            let assigned = || {
                named
                    .assigned
                    .get(&(user.id, self.state.entity_at(*entity).id))
                    .copied()
            };
            let assigned = if mapping.is_none() { assigned() } else { None };
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

    fn unplaced(&self, user: &User, entity: EntityIndex, placement: &Placement) -> Unplaced {
        let is_by_hand = placement.taken_out.get(&entity) == Some(&true);
        let entity = self.state.entity_at(entity);
        let slot = entity.slot();
        let in_slot = |other: &EntityIndex| slot.is_some() && self.state.entity_at(*other).slot() == slot;
        let is_claimed = || claimants(&self.state, user, entity.index).next().is_some();
        if user.deleted {
            Unplaced::UserDeleted
        } else if entity.deleted {
            Unplaced::EntityDeleted
        } else if !user.active {
            Unplaced::Suspended
        } else if is_by_hand {
            Unplaced::RemovedByHand
        } else if placement.entities.keys().any(in_slot) || is_claimed() {
            Unplaced::Replaced
        } else {
            Unplaced::NoClaim
        }
    }

    fn role_difference(&self, user: &User, placement: Placement, cause: RoleCause) -> RoleDifference {
        let before = self
            .before
            .user_ever(user.id)
            .map(|before| Claims::with_holds(before, self.before).roles)
            .unwrap_or_default();
        let fallback = placement.role.is_some() && placement.claims.is_empty() && !before.is_empty();
        let cause = if fallback { RoleCause::DefaultFallback } else { cause };
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
        self.conclude_conflicts(differences.conflicts);
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
        ) in recorded(differences.roles, ROLE_CHANGES_BYTES_MAX)
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

/// Where a user belongs, from those of its claims that prevail.
fn placement(state: &State, user: &User, prevailing: &Prevailing) -> Placement {
    let claims = Claims::on(user, state);
    let mut entities = BTreeMap::new();
    if user.is_effective() {
        entities.extend(unmapped(state, user, None).map(|(team, _)| (team, None)));
        entities.extend(pinned(state, user, None).map(|(team, _)| (team, None)));
        entities.extend(
            prevailing
                .entities
                .iter()
                .map(|(entity, mapping)| (*entity, Some(*mapping))),
        );
        for slot in Slot::OF_ENTITIES {
            let of_slot = |entity: &EntityIndex| state.entity_at(*entity).slot() == Some(slot);
            if let Some((pinned, _)) = pinned(state, user, Some(slot)).next() {
                entities.retain(|entity, _| *entity == pinned || !of_slot(entity));
                entities.entry(pinned).or_insert(None);
            } else if !prevailing.entities.keys().any(of_slot) {
                let without = unmapped(state, user, Some(slot)).next();
                entities.extend(without.map(|(entity, _)| (entity, None)));
            }
        }
    }
    let role = user.is_effective().then(|| claims.role(state).clone());
    Placement {
        entities,
        taken_out: BTreeMap::new(),
        role,
        claims: claims.roles,
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
        // A decision on a conflict moves nobody's role: a suspended mapping grants its role all the same.
        Fact::ConflictResolved { .. } | Fact::DecisionForgotten { .. } => RoleCause::Settings,
        Fact::HoldReleased { .. } | Fact::HoldDiscarded { .. } => RoleCause::HoldEnded,
        Fact::ExceptionSet { .. } | Fact::ExceptionRemoved { .. } | Fact::ExceptionExpired { .. } => {
            RoleCause::Exception
        }
        // These touch nobody, or no role.
        Fact::MembershipsGiven { .. } | Fact::MembershipsTaken { .. } => RoleCause::Settings,
        Fact::IgnoredMembersChanged { .. }
        | Fact::RuleCreated { .. }
        | Fact::RuleChanged { .. }
        | Fact::RuleDeleted { .. }
        | Fact::ExamplesSaved { .. }
        | Fact::EntityRegistered { .. }
        | Fact::PlanStarted { .. }
        | Fact::PlanFinished { .. }
        | Fact::PlanStopped { .. }
        | Fact::DriftPlanned { .. }
        | Fact::DriftReconciled { .. }
        | Fact::Registry(_)
        | Fact::SafeguardsChanged { .. } => RoleCause::Settings,
    }
}
