//! The claims on a user: every reason to be in an entity or to hold a role.

use rolecall_rules::{EntityType, RoleName};

use crate::consequence::{RoleClaim, RoleSource};
use crate::exception::{ExceptionKind, ExceptionSubject};
use crate::id::{EntityIndex, ExceptionId, MappingIndex, UserIndex};
use crate::mapping::{Origin, Slot};
use crate::position::Position;
use crate::prevailing::Claimed;
use crate::state::{Entity, Group, Mapping, State, User};

/// All claims of one user to roles. An inactive or deleted user has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The roles, each with its source: what the user is pinned to, then in the order of the settings from the highest down.
    /// What the user is excluded from is not among them.
    pub roles: Vec<RoleClaim>,
}

impl Claims {
    /// The claims on a user in this state.
    pub fn on(user: &User, state: &State) -> Self {
        if !user.is_effective() {
            return Self::default();
        }
        let mut claims = Self::before_exclusions(user, state);
        claims.exclude(state, user);
        claims.add_pinned_roles(state, user);
        claims.roles.sort_by_key(|claim| {
            let is_pin = matches!(claim.source, RoleSource::Pin { .. });
            (
                std::cmp::Reverse((is_pin, state.settings().rank(&claim.role))),
                claim.source,
            )
        });
        claims
    }

    /// The claims to roles that an active user has of groups and of its own attribute, also to those that it is excluded from.
    pub(crate) fn before_exclusions(user: &User, state: &State) -> Self {
        let mut claims = Self::default();
        claims.add_role(state, user.organization_role.as_ref(), RoleSource::Attribute);
        for group in user.groups().map(|group| state.group_at(group)) {
            claims.add_group(state, user, group);
        }
        claims
    }

    /// Takes away what the user is excluded from. The default role is no claim, and stays.
    fn exclude(&mut self, state: &State, user: &User) {
        let of_user = state.exceptions().of_user(user.index);
        for exclusion in of_user.filter(|exception| exception.kind == ExceptionKind::Exclusion) {
            self.roles.retain(|claim| exclusion.subject.role() != Some(&claim.role));
        }
    }

    fn add_pinned_roles(&mut self, state: &State, user: &User) {
        for pin in state.exceptions().pins(user.index) {
            self.add_role(state, pin.subject.role(), RoleSource::Pin { exception: pin.id });
        }
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

    /// The role in force: the pinned one, else the highest that is claimed, else the default one.
    pub fn role<'a>(&'a self, state: &'a State) -> &'a RoleName {
        self.roles
            .first()
            .map_or(&state.settings().default_role, |claim| &claim.role)
    }
}

/// The entities that approved mappings claim a user for, each with the mapping that was approved first. An inactive user
/// has these claims, too; what the user is excluded from is none of them. [`Prevailing`](crate::Prevailing) tells which of them prevail.
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
    claimed.retain(|entity, _| !is_excluded(state, user.index, *entity));
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
/// all others; a slot has them only where no mapping claims it, but for a pin, which counts more than any mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmappedSource {
    /// An administrator pinned the user to it.
    Pin(ExceptionId),
    /// An administrator put the user there by hand.
    Manual,
    /// The user's own attribute names the concurrency group.
    Attribute,
    /// It was the default entity of the connection that created the user.
    ConnectionDefault,
    /// It is the default concurrency group of the organization.
    OrganizationDefault,
}

/// The entities of this slot (`None`: of no slot) that a user is pinned to, each with the pin; at most one of a slot.
pub(crate) fn pinned<'s>(
    state: &'s State,
    user: &User,
    slot: Option<Slot>,
) -> impl Iterator<Item = (EntityIndex, ExceptionId)> + 's {
    let pins = state.exceptions().pins(user.index);
    let entities = pins.filter_map(|pin| Some((state.entity(pin.subject.entity()?)?, pin.id)));
    entities
        .filter(move |(entity, _)| entity.slot() == slot)
        .map(|(entity, pin)| (entity.index, pin))
}

/// Where an active user goes without a mapping or a pin, as far as it is of this slot; `None`: of no slot. In a slot the first
/// counts. What the user is excluded from is not among them.
pub(crate) fn unmapped<'s>(
    state: &'s State,
    user: &User,
    slot: Option<Slot>,
) -> impl Iterator<Item = (EntityIndex, UnmappedSource)> + 's {
    let index = user.index;
    unmapped_before_exclusions(state, user, slot).filter(move |(entity, _)| !is_excluded(state, index, *entity))
}

/// The same, also with what the user is excluded from.
pub(crate) fn unmapped_before_exclusions<'s>(
    state: &'s State,
    user: &User,
    slot: Option<Slot>,
) -> impl Iterator<Item = (EntityIndex, UnmappedSource)> + 's {
    let of_slot = move |entity: &&Entity| entity.slot() == slot;
    let by_hand = state.manual_entities(user.index).filter(of_slot);
    let of_connection = state.default_entity_of(user).filter(of_slot);
    let of_organization = state.settings().default_concurrency_group;
    let of_organization = of_organization.and_then(|entity| state.entity(entity)).filter(of_slot);
    let named = named_concurrency_group(state, user).filter(of_slot);
    let found = [
        named.map(|entity| (entity.index, UnmappedSource::Attribute)),
        of_connection.map(|entity| (entity.index, UnmappedSource::ConnectionDefault)),
        of_organization.map(|entity| (entity.index, UnmappedSource::OrganizationDefault)),
    ];
    let by_hand = by_hand.map(|entity| (entity.index, UnmappedSource::Manual));
    by_hand.chain(found.into_iter().flatten())
}

/// Whether a user is excluded from an entity.
pub(crate) fn is_excluded(state: &State, user: UserIndex, entity: EntityIndex) -> bool {
    let subject = ExceptionSubject::Entity(state.entity_at(entity).id);
    state.exceptions().excludes(user, &subject)
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

/// The mappings that claim a user for an entity, in the order of their creation.
pub fn claimants<'a>(state: &'a State, user: &'a User, entity: EntityIndex) -> impl Iterator<Item = &'a Mapping> {
    let claims = !is_excluded(state, user.index, entity);
    claimants_before_exclusions(state, user, entity).filter(move |_| claims)
}

/// The same, also where the user is excluded from the entity.
pub(crate) fn claimants_before_exclusions<'a>(
    state: &'a State,
    user: &'a User,
    entity: EntityIndex,
) -> impl Iterator<Item = &'a Mapping> {
    let groups = user.groups().map(|group| state.group_at(group));
    groups
        .flat_map(|group| state.mappings_of(group))
        .filter(move |mapping| mapping.holds(user.index) && mapping.entity == Some(entity))
}
