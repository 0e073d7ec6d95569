//! The claims on a user: every reason to be in an entity or to hold a role.

use rolecall_rules::{EntityType, RoleName};

use crate::consequence::{RoleClaim, RoleSource};
use crate::held::{Claimed, Held};
use crate::id::{EntityIndex, MappingIndex};
use crate::mapping::{Origin, Slot};
use crate::position::Position;
use crate::state::{Entity, Group, Mapping, State, User};

/// All claims of one user to roles. An inactive or deleted user has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The roles, in the order of the settings from the highest down, each with its source.
    pub roles: Vec<RoleClaim>,
}

impl Claims {
    /// The claims on a user in this state.
    pub fn on(user: &User, state: &State) -> Self {
        let mut claims = Self::default();
        if !user.is_effective() {
            return claims;
        }
        claims.add_role(state, user.organization_role.as_ref(), RoleSource::Attribute);
        for group in user.groups().map(|group| state.group_at(group)) {
            claims.add_group(state, user, group);
        }
        claims
            .roles
            .sort_by_key(|claim| (std::cmp::Reverse(state.settings().rank(&claim.role)), claim.source));
        claims
    }

    /// The claims on a user in this state, with those of holds.
    pub fn with_holds(user: &User, state: &State) -> Self {
        let mut claims = Self::on(user, state);
        add_holds(&mut claims.roles, user, state);
        claims
    }

    fn add_group(&mut self, state: &State, user: &User, group: &Group) {
        for role in &group.attributes.roles {
            self.add_role(state, role.parse().ok().as_ref(), RoleSource::Group { group: group.id });
        }
        for mapping in state.mappings_of(group).filter(|mapping| mapping.holds(user.index)) {
            if let (Origin::Rule(rule), Some(role)) = (mapping.origin, &mapping.role) {
                let source = RoleSource::Rule {
                    rule,
                    mapping: mapping.id,
                    group: group.id,
                };
                self.add_role(state, Some(role), source);
            }
        }
    }

    /// Adds a claim to a role. A role that the organization does not know is no claim.
    fn add_role(&mut self, state: &State, role: Option<&RoleName>, source: RoleSource) {
        let Some(role) = role.filter(|role| state.settings().rank(role).is_some()) else {
            return;
        };
        let claim = RoleClaim {
            role: role.clone(),
            source,
        };
        if !self.roles.contains(&claim) {
            self.roles.push(claim);
        }
    }

    /// The role in force: the highest that is claimed, else the default one.
    pub fn role<'a>(&'a self, state: &'a State) -> &'a RoleName {
        self.roles
            .first()
            .map_or(&state.settings().default_role, |claim| &claim.role)
    }
}

/// The entities that approved mappings claim a user for, each with the mapping that was approved first. An inactive user
/// has these claims, too; [`Held`] tells which of them hold.
pub(crate) fn claimed_entities(user: &User, state: &State) -> Claimed {
    let mut claimed = Claimed::new();
    let groups = user.groups().map(|group| state.group_at(group));
    for mapping in groups.flat_map(|group| state.mappings_of(group)) {
        if let Some(entity) = mapping.entity.filter(|_| mapping.holds(user.index)) {
            let first = claimed.entry(entity).or_insert(mapping.index);
            if approval(mapping) < approval(state.mapping_at(*first)) {
                *first = mapping.index;
            }
        }
    }
    claimed
}

/// Adds the claims of holds. They come first: a hold keeps a role because all other claims are to lower ones.
pub(crate) fn add_holds(claims: &mut Vec<RoleClaim>, user: &User, state: &State) {
    let held = state.holds_of_role(user.index).filter_map(|hold| {
        let (role, source) = (hold.role.clone()?, RoleSource::Hold { hold: hold.id });
        Some(RoleClaim { role, source })
    });
    claims.splice(0..0, held);
}

/// A reason for a user to be in an entity that is no mapping, in the order in which they count. A team has its users beside
/// all others; a slot has them only where no mapping claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmappedSource {
    /// The user's own attribute names the concurrency group.
    Attribute,
    /// It was the default entity of the connection that created the user.
    ConnectionDefault,
    /// It is the default concurrency group of the organization.
    OrganizationDefault,
}

/// Where an active user goes without a mapping, as far as it is of this slot; `None`: of no slot. In a slot the first counts.
pub(crate) fn unmapped(
    state: &State,
    user: &User,
    slot: Option<Slot>,
) -> impl Iterator<Item = (EntityIndex, UnmappedSource)> {
    let of_slot = |entity: &&Entity| Slot::of(entity.entity_type) == slot;
    let of_connection = state.default_entity_of(user).filter(of_slot);
    let of_organization = state.settings().default_concurrency_group;
    let of_organization = of_organization.and_then(|entity| state.entity(entity)).filter(of_slot);
    let named = named_concurrency_group(state, user).filter(of_slot);
    let found = [
        named.map(|entity| (entity.index, UnmappedSource::Attribute)),
        of_connection.map(|entity| (entity.index, UnmappedSource::ConnectionDefault)),
        of_organization.map(|entity| (entity.index, UnmappedSource::OrganizationDefault)),
    ];
    found.into_iter().flatten()
}

/// The reason for a user to be in this entity, where it is no mapping; a team may have one beside mappings.
pub fn unmapped_source(state: &State, user: &User, entity: EntityIndex) -> Option<UnmappedSource> {
    let slot = Slot::of(state.entity_at(entity).entity_type);
    if slot.is_some() && sources(state, user, entity).next().is_some() {
        return None;
    }
    let mut found = unmapped(state, user, slot);
    found.find(|(other, _)| *other == entity).map(|(_, source)| source)
}

/// The concurrency group that the user's own attribute names, where exactly one has that name. It counts below every
/// mapped claim and above the default (SEMANTICS 6.4); a name that is unknown or not clear is ignored.
fn named_concurrency_group<'s>(state: &'s State, user: &User) -> Option<&'s Entity> {
    let name = user.person.as_deref()?.concurrency_group.as_deref()?;
    let mut found = state.entities_named(EntityType::ConcurrencyGroup, name);
    let entity = found.next()?;
    found.next().is_none().then_some(entity)
}

/// Which of two approvals is the older one.
pub(crate) fn approval(mapping: &Mapping) -> (Option<Position>, MappingIndex) {
    (mapping.approved, mapping.index)
}

/// The mappings that hold a user in an entity, in the order of their creation. One whose claim does not hold is none.
pub fn sources<'a>(state: &'a State, user: &'a User, entity: EntityIndex) -> impl Iterator<Item = &'a Mapping> {
    let holds = Held::of(user, state).entities.contains_key(&entity);
    claimants(state, user, entity).filter(move |_| holds)
}

/// The mappings that claim a user for an entity, in the order of their creation.
pub fn claimants<'a>(state: &'a State, user: &'a User, entity: EntityIndex) -> impl Iterator<Item = &'a Mapping> {
    let groups = user.groups().map(|group| state.group_at(group));
    groups
        .flat_map(|group| state.mappings_of(group))
        .filter(move |mapping| mapping.holds(user.index) && mapping.entity == Some(entity))
}
