//! The claims on a user: every reason to be in an entity or to hold a role.

use std::collections::BTreeMap;

use rolecall_rules::{EntityType, RoleName};

use crate::consequence::{RoleClaim, RoleSource};
use crate::id::{EntityIndex, MappingIndex};
use crate::mapping::{Origin, Slot};
use crate::position::Position;
use crate::state::{Group, Mapping, State, User};

/// All claims on one user. An inactive or deleted user has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The entities that approved mappings claim the user for, each with the mapping that was approved first.
    pub entities: BTreeMap<EntityIndex, MappingIndex>,
    /// The default entity of the connection that created the user. A team has the user like any other; of an exclusive
    /// type it counts below every mapped claim and what the user's own attribute names, and above the default of the
    /// organization.
    pub default_entity: Option<EntityIndex>,
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
        claims.default_entity = state.default_entity_of(user).map(|entity| entity.index);
        claims.add_role(state, user.organization_role.as_ref(), RoleSource::Attribute);
        for group in user.groups().map(|group| state.group_at(group)) {
            claims.add_group(state, group);
        }
        claims
            .roles
            .sort_by_key(|claim| (std::cmp::Reverse(state.settings().rank(&claim.role)), claim.source));
        claims
    }

    fn add_group(&mut self, state: &State, group: &Group) {
        for role in &group.attributes.roles {
            self.add_role(state, role.parse().ok().as_ref(), RoleSource::Group { group: group.id });
        }
        for mapping in state.mappings_of(group).filter(|mapping| mapping.in_force()) {
            if let Some(entity) = mapping.entity {
                let first = self.entities.entry(entity).or_insert(mapping.index);
                if approval(mapping) < approval(state.mapping_at(*first)) {
                    *first = mapping.index;
                }
            }
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

    /// The default entity of the connection, where it is of the type of this slot; `None`: where it is of no slot.
    pub(crate) fn default_entity_for(&self, state: &State, slot: Option<Slot>) -> Option<EntityIndex> {
        self.default_entity
            .filter(|entity| Slot::of(state.entity_at(*entity).entity_type) == slot)
    }

    /// The entities claimed for a slot, each with the mapping that was approved first.
    pub(crate) fn for_slot(&self, state: &State, slot: Slot) -> Vec<(EntityIndex, MappingIndex)> {
        let of_slot = |entity| Slot::of(state.entity_at(entity).entity_type) == Some(slot);
        self.entities
            .iter()
            .map(|(entity, mapping)| (*entity, *mapping))
            .filter(|(entity, _)| of_slot(*entity))
            .collect()
    }
}

/// The concurrency group that the user's own attribute names, where exactly one has that name. It counts below every
/// mapped claim and above the default (SEMANTICS 6.4); a name that is unknown or not clear is ignored.
pub fn named_concurrency_group(state: &State, user: &User) -> Option<EntityIndex> {
    let name = user.person.as_deref()?.concurrency_group.as_deref()?;
    let mut found = state.entities_named(EntityType::ConcurrencyGroup, name);
    let entity = found.next()?.index;
    found.next().is_none().then_some(entity)
}

/// Which of two approvals is the older one.
pub(crate) fn approval(mapping: &Mapping) -> (Option<Position>, MappingIndex) {
    (mapping.approved, mapping.index)
}

/// The mappings that hold a user in an entity, in the order of their creation.
pub fn sources<'a>(state: &'a State, user: &'a User, entity: EntityIndex) -> impl Iterator<Item = &'a Mapping> {
    let groups = user.groups().map(|group| state.group_at(group));
    groups
        .flat_map(|group| state.mappings_of(group))
        .filter(move |mapping| mapping.in_force() && mapping.entity == Some(entity))
}
