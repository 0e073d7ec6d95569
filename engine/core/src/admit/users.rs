//! Creating, changing and deleting users.

use rolecall_rules::{NameKey, RoleName};

use super::{check_attributes, check_limit, check_name, check_version};
use crate::command::UserInput;
use crate::fact::Fact;
use crate::id::{ConnectionId, EntityId, NewIds, UserId};
use crate::limits::USERS_MAX;
use crate::person::{Person, SealedPerson};
use crate::position::Position;
use crate::rejection::Rejection;
use crate::state::{State, User};

pub(super) fn create(
    state: &State,
    connection: Option<ConnectionId>,
    default_entity: Option<EntityId>,
    input: &UserInput,
    ids: &mut NewIds,
) -> Result<Vec<Fact>, Rejection> {
    check_person(state, &input.person)?;
    check_free(state, &input.person, None)?;
    let index = state.next_user();
    check_limit("users", u32::from(index) as usize, USERS_MAX)?;
    let user = UserId::new(ids.draw());
    let created = Fact::UserCreated {
        user,
        index,
        connection,
        person: SealedPerson::seal(&input.person),
        active: input.active,
        organization_role: role_attribute(input),
    };
    // SEMANTICS 2.4: no call of a provider fails because an administrator deleted the entity.
    let entity = default_entity.filter(|entity| state.entity(*entity).is_some());
    let assigned = entity.map(|entity| Fact::UserDefaultEntityAssigned { user, entity });
    Ok([created].into_iter().chain(assigned).collect())
}

pub(super) fn change(
    state: &State,
    id: UserId,
    expected: Option<Position>,
    to: &UserInput,
) -> Result<Vec<Fact>, Rejection> {
    let user = state.user(id).ok_or(Rejection::UnknownUser)?;
    check_version(expected, state.user_version(user))?;
    let mut facts = Vec::new();
    if user.person.as_deref() != Some(&to.person) {
        check_person(state, &to.person)?;
        check_free(state, &to.person, Some(user))?;
        facts.push(Fact::UserAttributesChanged {
            user: id,
            person: SealedPerson::seal(&to.person),
        });
    }
    let organization_role = role_attribute(to);
    if user.organization_role != organization_role {
        facts.push(Fact::UserRoleAttributeChanged {
            user: id,
            organization_role,
        });
    }
    match (user.active, to.active) {
        (false, true) => facts.push(Fact::UserActivated { user: id }),
        (true, false) => facts.push(Fact::UserDeactivated { user: id }),
        (true, true) | (false, false) => {}
    }
    Ok(facts)
}

pub(super) fn delete(state: &State, id: UserId, expected: Option<Position>) -> Result<Vec<Fact>, Rejection> {
    let user = state.user(id).ok_or(Rejection::UnknownUser)?;
    check_version(expected, state.user_version(user))?;
    Ok(vec![Fact::UserDeleted { user: id }])
}

/// The role that the attribute of a user asks for. Free text that is no name of a role asks for none; it stays among the
/// attributes of the person, and is no part of a decision.
fn role_attribute(input: &UserInput) -> Option<RoleName> {
    input.organization_role.as_deref().and_then(|name| name.parse().ok())
}

fn check_person(state: &State, person: &Person) -> Result<(), Rejection> {
    check_name("userName", &person.user_name)?;
    if let Some(external_id) = &person.external_id {
        check_name("externalId", external_id)?;
    }
    check_attributes("attributes", &person.attributes)?;
    let settings = state.settings();
    if settings.username_must_be_email && domain(&person.user_name).is_none() {
        return Err(Rejection::UserNameNotEmail);
    }
    let named = settings.username_must_be_email.then_some(&person.user_name);
    if person
        .emails
        .iter()
        .chain(named)
        .any(|address| !is_allowed(&settings.allowed_email_domains, address))
    {
        return Err(Rejection::EmailDomain);
    }
    Ok(())
}

/// The domain of what looks like an e-mail address (one `@` with something on both sides): RFC 5321 allows more than any
/// provider sends, and whether an address works can only be told by writing to it.
fn domain(address: &str) -> Option<&str> {
    let (local, domain) = address.trim().split_once('@')?;
    let well_formed = |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace());
    (well_formed(local) && well_formed(domain)).then_some(domain)
}

fn is_allowed(domains: &[String], address: &str) -> bool {
    domains.is_empty()
        || domain(address).is_some_and(|domain| domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain)))
}

fn check_free(state: &State, person: &Person, before: Option<&User>) -> Result<(), Rejection> {
    let same_as_before = |user: &User| before.is_some_and(|before| before.id == user.id);
    if let Some(taken) = state
        .user_by_name(&person.user_name)
        .filter(|user| !same_as_before(user))
    {
        return Err(Rejection::UserNameTaken { by: taken.id });
    }
    // Another spelling of the same name is no other name.
    let renamed = before
        .and_then(|before| before.person.as_ref())
        .is_some_and(|before| NameKey::of(&before.user_name) != NameKey::of(&person.user_name));
    if renamed && state.settings().username_immutable {
        return Err(Rejection::UserNameImmutable);
    }
    Ok(())
}
