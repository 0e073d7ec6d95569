//! A user, explained: its role, the entities it is in, and those it is not in.

use rolecall_rules::{EntityType, RoleName};

use super::exceptions::{ExceptionExplained, exceptions};
use super::first::First;
use super::reason::{Link, Reason, Source, Step};
use super::why_not::{Absence, Wanted, WhyNot, blocked, excluded, kept_out, limited};
use crate::claims::{Claims, pinned, unmapped};
use crate::exception::ExceptionSubject;
use crate::id::{EntityIndex, GroupIndex};
use crate::limits::{EXPLAINED_ITEMS_MAX, EXPLAINED_REASONS_MAX};
use crate::mapping::{RuleVersion, Slot};
use crate::prevailing::Prevailing;
use crate::state::{Group, Mapping, Membership, Stamp, State, User};

/// A user, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserExplained {
    /// Its role.
    pub role: RoleExplained,
    /// The entities it is in, in order of their index.
    pub memberships: First<MembershipExplained>,
    /// The claims on it that have no effect.
    pub absences: First<Absence>,
    /// Its pins and exclusions, with or without effect.
    pub exceptions: First<ExceptionExplained>,
    /// Its groups, in order of their index.
    pub groups: First<GroupOfUser>,
}

/// The role of a user, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleExplained {
    /// The role in force; `None` while inactive.
    pub role: Option<RoleName>,
    /// The claims, the one that decides first; the default role where there is none.
    pub reasons: First<RoleReason>,
}

/// One reason for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleReason {
    /// The role that it gives.
    pub role: RoleName,
    /// Why.
    pub reason: Reason,
    /// What the role of the user would be without it.
    pub without: RoleName,
}

/// An entity that a user is in, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipExplained {
    /// The entity.
    pub entity: EntityIndex,
    /// Since when, and the entry that put the user there.
    pub since: Stamp,
    /// The reasons in force.
    pub reasons: First<Reason>,
}

/// A group of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupOfUser {
    /// The group.
    pub group: GroupIndex,
    /// The rule that decided it when rules last ran.
    pub decided_by: Option<RuleVersion>,
    /// When and where they did.
    pub decided: Stamp,
    /// Whether any of its mappings is stale.
    pub stale: bool,
}

/// Explains a user.
pub fn user(state: &State, user: &User) -> UserExplained {
    let prevailing = &Prevailing::of(user, state);
    let memberships = user.memberships.iter();
    let groups = user.groups().map(|group| group_of_user(state, state.group_at(group)));
    UserExplained {
        role: role(state, user),
        memberships: First::of(memberships, EXPLAINED_ITEMS_MAX).map(|one| membership(state, user, prevailing, one)),
        absences: First::of(absences(state, user, prevailing), EXPLAINED_ITEMS_MAX),
        exceptions: First::of(exceptions(state, user, prevailing), EXPLAINED_ITEMS_MAX),
        groups: First::of(groups, EXPLAINED_ITEMS_MAX),
    }
}

fn role(state: &State, user: &User) -> RoleExplained {
    let claims = Claims::with_holds(user, state);
    let default = &state.settings().default_role;
    let given: Vec<(&RoleName, Source)> = match user.role.as_ref() {
        None => Vec::new(),
        Some(role) if claims.roles.is_empty() => vec![(role, Source::DefaultRole)],
        Some(_) => {
            let claims = claims.roles.iter();
            claims
                .map(|claim| (&claim.role, Source::of_role(claim, state)))
                .collect()
        }
    };
    // Without the first, the second one decides; without any other, the first.
    let highest = given.first().map_or(default, |(role, _)| *role);
    let second = given.get(1).map_or(default, |(role, _)| *role);
    let reasons = given.iter().enumerate().map(|(place, (role, source))| RoleReason {
        role: (*role).clone(),
        reason: Reason {
            source: *source,
            chain: source.chain(state, user),
            removals: source.removals(state, user, None, Some(role)),
        },
        without: if place == 0 { second } else { highest }.clone(),
    });
    RoleExplained {
        role: user.role.clone(),
        reasons: First::of(reasons, EXPLAINED_REASONS_MAX),
    }
}

fn membership(state: &State, user: &User, prevailing: &Prevailing, membership: &Membership) -> MembershipExplained {
    let entity = membership.entity;
    let mapped = prevailing.sources(entity, user, state);
    let mapped = mapped.map(|mapping| Source::Mapping(mapping.index));
    let unmapped = prevailing.unmapped_sources(entity, user, state);
    let unmapped = unmapped.into_iter().map(|source| Source::of_unmapped(source, entity));
    let held = state.holds_in(entity, user.index).map(|hold| Source::Hold(hold.id));
    let reasons = First::of(mapped.chain(unmapped).chain(held), EXPLAINED_REASONS_MAX);
    let id = state.entity_at(entity).id;
    MembershipExplained {
        entity,
        since: membership.since,
        reasons: reasons.map(|source| Reason {
            source,
            chain: source.chain(state, user),
            removals: source.removals(state, user, Some(id), None),
        }),
    }
}

fn group_of_user(state: &State, group: &Group) -> GroupOfUser {
    GroupOfUser {
        group: group.index,
        decided_by: group.decided_by,
        decided: group.decided,
        stale: state.mappings_of(group).any(|mapping| state.is_stale(mapping)),
    }
}

/// Every claim on the user that has no effect.
fn absences<'a>(state: &'a State, user: &'a User, prevailing: &'a Prevailing) -> impl Iterator<Item = Absence> + 'a {
    let groups = || user.groups().map(|group| state.group_at(group));
    let mapped = groups().flat_map(move |group| {
        let mappings = state.mappings_of(group);
        mappings.flat_map(move |mapping| absences_of_mapping(state, user, prevailing, mapping))
    });
    let roles = groups().flat_map(move |group| {
        let roles = group.attributes.roles.iter();
        roles.filter_map(move |role| absence_of_role(state, user, role, Source::GroupRole(group.index)))
    });
    let own = user.organization_role.as_ref();
    let own = own.and_then(|role| absence_of_role(state, user, role.as_str(), Source::RoleAttribute));
    let all = mapped.chain(roles).chain(own).chain(absences_unmapped(state, user));
    all.filter(|absence| !is_so(state, user, &absence.wanted))
}

/// Whether the user has what a claim would give, or a higher role, by another claim.
fn is_so(state: &State, user: &User, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Entity(entity) => is_in(user, *entity),
        Wanted::Unsettled(..) => false,
        Wanted::Role(role) => {
            let wanted = role.parse().ok().and_then(|role| state.settings().rank(&role));
            let held = user.role.as_ref().and_then(|role| state.settings().rank(role));
            wanted.is_some() && wanted <= held
        }
    }
}

/// What a mapping of a group of the user would give, as far as it does not.
fn absences_of_mapping(state: &State, user: &User, prevailing: &Prevailing, mapping: &Mapping) -> Vec<Absence> {
    let source = Source::Mapping(mapping.index);
    let absence = |wanted, (why, blocked): (WhyNot, Step)| {
        let mut chain = source.chain(state, user);
        chain.push(blocked);
        Absence {
            wanted,
            source,
            why,
            chain,
        }
    };
    let entity = match mapping.entity {
        Some(entity) => Wanted::Entity(entity),
        None => Wanted::Unsettled(mapping.entity_type, mapping.name.clone()),
    };
    let role = mapping.role.as_ref().map(Wanted::role);
    let blocked = blocked(state, mapping)
        .or_else(|| waits(mapping, user).then(|| limited(mapping)))
        .or_else(|| inactive(user));
    match (blocked, mapping.entity) {
        (Some(blocked), _) => [Some(entity), role]
            .into_iter()
            .flatten()
            .map(|wanted| absence(wanted, blocked))
            .collect(),
        (None, Some(index)) => {
            let elsewhere = elsewhere(state, user, prevailing, index).map(|why| absence(entity, why));
            let granted = mapping.role.as_ref();
            let refused =
                granted.and_then(|role| Some(absence(Wanted::role(role), refused(state, user, mapping, role)?)));
            elsewhere.into_iter().chain(refused).collect()
        }
        (None, None) => Vec::new(),
    }
}

/// Whether a mapping in force holds others of its group, and not this member.
fn waits(mapping: &Mapping, user: &User) -> bool {
    mapping.in_force() && !mapping.holds(user.index)
}

/// Why an active user does not get the role that a mapping in force grants.
fn refused(state: &State, user: &User, mapping: &Mapping, role: &RoleName) -> Option<(WhyNot, Step)> {
    if state.settings().rank(role).is_none() {
        let link = Link::Mapping { mapping: mapping.index };
        return Some((WhyNot::UnknownRole, Step::at(link, mapping.created.position)));
    }
    excluded(state, user, &ExceptionSubject::Role(role.clone()))
}

fn inactive(user: &User) -> Option<(WhyNot, Step)> {
    (!user.is_effective()).then_some((WhyNot::Inactive, Step::sought(Link::Inactive)))
}

/// Why an active user is not in an entity that a mapping in force claims it for.
fn elsewhere(state: &State, user: &User, prevailing: &Prevailing, entity: EntityIndex) -> Option<(WhyNot, Step)> {
    if is_in(user, entity) {
        return None;
    }
    if let Some(kept_out) = kept_out(state, user, entity) {
        return Some(kept_out);
    }
    let (slot, contested) = prevailing.kept_from(entity, state)?;
    if let Some(decision) = contested.decided.and_then(|id| state.decisions().get(id)) {
        let why = WhyNot::Decided {
            decision: decision.id,
            chosen: decision.chosen,
        };
        return Some((why, Step::at(Link::Decision, decision.made.position)));
    }
    let open = state.conflict(slot, user.index)?;
    let why = WhyNot::Conflict {
        conflict: open.id,
        current: open.current,
    };
    Some((why, Step::at(Link::Conflict, open.opened.position)))
}

fn is_in(user: &User, entity: EntityIndex) -> bool {
    user.memberships.iter().any(|membership| membership.entity == entity)
}

/// A role that an attribute asks for, where it is none of the organization, or the user is inactive, or excluded from it.
fn absence_of_role(state: &State, user: &User, role: &str, source: Source) -> Option<Absence> {
    let name: Option<RoleName> = role.parse().ok();
    let known = name.filter(|name| state.settings().rank(name).is_some());
    let mut chain = source.chain(state, user);
    let why = match known {
        None => WhyNot::UnknownRole,
        Some(role) => {
            let excluded = || excluded(state, user, &ExceptionSubject::Role(role));
            let (why, step) = inactive(user).or_else(excluded)?;
            chain.push(step);
            why
        }
    };
    Some(Absence {
        wanted: Wanted::Role(role.to_owned()),
        source,
        why,
        chain,
    })
}

/// Where the user would go without a mapping, as far as something else counts more.
fn absences_unmapped<'a>(state: &'a State, user: &'a User) -> impl Iterator<Item = Absence> + 'a {
    let slots = [None].into_iter().chain(Slot::OF_ENTITIES.map(Some));
    let found = slots.flat_map(move |slot| unmapped(state, user, slot).map(move |found| (slot, found)));
    let outranked = found.filter_map(move |(slot, (entity, source))| {
        let source = Source::of_unmapped(source, entity);
        let mut chain = source.chain(state, user);
        let why = match inactive(user).or_else(|| kept_out(state, user, entity)) {
            Some((why, step)) => {
                chain.push(step);
                why
            }
            None => WhyNot::Outranked {
                by: occupant(state, user, slot?)?,
            },
        };
        Some(Absence {
            wanted: Wanted::Entity(entity),
            source,
            why,
            chain,
        })
    });
    outranked
        .chain(absence_of_name(state, user))
        .chain(absences_by_hand(state, user))
}

/// What was done for the user by hand and has no effect: it is inactive, or excluded from where it was put by hand.
fn absences_by_hand<'a>(state: &'a State, user: &'a User) -> impl Iterator<Item = Absence> + 'a {
    let slots = || [None].into_iter().chain(Slot::OF_ENTITIES.map(Some));
    let pins = slots().flat_map(move |slot| pinned(state, user, slot));
    let pins = pins.map(|(entity, exception)| (entity, Source::Pin(exception)));
    let given = state.manual_entities(user.index).filter(move |entity| {
        let subject = ExceptionSubject::Entity(entity.id);
        state.exceptions().excludes(user.index, &subject)
    });
    let given = given.map(|entity| (entity.index, Source::Manual(entity.index)));
    pins.chain(given).filter_map(move |(entity, source)| {
        let (why, step) = inactive(user).or_else(|| kept_out(state, user, entity))?;
        let mut chain = source.chain(state, user);
        chain.push(step);
        let wanted = Wanted::Entity(entity);
        Some(Absence {
            wanted,
            source,
            why,
            chain,
        })
    })
}

/// The entity of a slot that the user is in.
pub(super) fn occupant(state: &State, user: &User, slot: Slot) -> Option<EntityIndex> {
    let entities = user.memberships.iter().map(|membership| membership.entity);
    let mut of_slot = entities.filter(|entity| state.entity_at(*entity).slot() == Some(slot));
    of_slot.next()
}

/// The concurrency group that the user's own attribute names, where that is not one that is there.
fn absence_of_name(state: &State, user: &User) -> Option<Absence> {
    let name = user.person.as_deref()?.concurrency_group.as_deref()?;
    let why = match state.entities_named(EntityType::ConcurrencyGroup, name).count() {
        0 => WhyNot::UnknownName,
        1 => return None,
        _ => WhyNot::AmbiguousName,
    };
    let source = Source::ConcurrencyGroupAttribute;
    Some(Absence {
        wanted: Wanted::Unsettled(EntityType::ConcurrencyGroup, Some(name.to_owned())),
        source,
        why,
        chain: source.chain(state, user),
    })
}
