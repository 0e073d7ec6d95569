//! Command -> facts, or a rejection. Nothing changes here, and a wish that is fulfilled already leads to no fact.

mod conflicts;
mod entities;
mod examples;
mod exceptions;
mod groups;
mod holds;
mod mappings;
mod members;
mod memberships;
mod plans;
mod reconcile;
mod rule_set;
mod rules;
mod safeguards;
mod settings;
mod users;

use crate::asked::Asked;
use crate::command::Command;
use crate::fact::Fact;
use crate::id::NewIds;
use crate::limits::{ATTRIBUTES_BYTES_MAX, NAME_CHARACTERS_MAX};
use crate::position::Position;
use crate::registry;
use crate::rejection::Rejection;
use crate::state::{Stamp, State};

/// The facts that a command leads to in this state; none when everything is so already.
pub(crate) fn admit(state: &State, command: &Command, asked: Asked, ids: &mut NewIds) -> Result<Vec<Fact>, Rejection> {
    plans::check_idle(state, command)?;
    match command {
        Command::CreateUser {
            connection,
            default_entity,
            user,
        } => users::create(state, *connection, *default_entity, user, ids),
        Command::ChangeUser { user, expected, to } => users::change(state, *user, *expected, to),
        Command::DeleteUser { user, expected } => users::delete(state, *user, *expected),
        Command::CreateGroup { group } => groups::create(state, group, ids),
        Command::ChangeGroup { group, change } => groups::change(state, *group, change),
        Command::DeleteGroup { group, expected } => groups::delete(state, *group, *expected),
        Command::CreateRule { definition } => examples::keep(state, asked, rules::create(state, definition, ids)?),
        Command::ChangeRule { rule, definition } => {
            examples::keep(state, asked, rules::change(state, *rule, definition)?)
        }
        Command::DeleteRule { rule } => examples::keep(state, asked, rules::delete(state, *rule)?),
        Command::SaveRuleSet { rules, examples } => {
            let mut facts = rule_set::save(state, rules, ids)?;
            facts.extend(examples::save(state, examples.as_deref())?);
            examples::keep(state, asked, facts)
        }
        Command::CreateEntity {
            entity_type,
            name,
            external_id,
        } => entities::create(state, *entity_type, name, external_id.as_deref(), ids),
        Command::DeleteEntity { entity } => entities::delete(state, *entity),
        Command::CreateMapping { group, target } => mappings::create(state, *group, target, ids),
        Command::ApproveMapping { mapping, target } => mappings::approve(state, *mapping, target.as_ref(), asked.by),
        Command::RejectMapping { mapping } => mappings::reject(state, *mapping),
        Command::PauseMapping { mapping } => mappings::pause(state, *mapping),
        Command::ResumeMapping { mapping } => mappings::resume(state, *mapping),
        Command::ResolveConflict {
            conflict,
            keep,
            everyone,
        } => conflicts::resolve(state, *conflict, *keep, *everyone),
        Command::ForgetDecision { decision } => conflicts::forget(state, *decision),
        Command::GiveMembership { entity, users } => memberships::give(state, *entity, users),
        Command::TakeMembership { entity, user } => memberships::take(state, *entity, *user),
        Command::SetException { exception } => exceptions::set(state, exception, asked.stamp.at, ids),
        Command::RemoveException { exception } => exceptions::remove(state, *exception),
        Command::Tick => Ok(exceptions::expire(state, asked.stamp.at)),
        Command::ChangeSettings { change } => settings::change(state, change),
        Command::ApplyPlan {
            plan,
            draft,
            author,
            expected,
        } => {
            plans::check(state, *author, *expected, asked)?;
            plans::start(state, *plan, draft, asked, ids)
        }
        Command::ContinuePlan => Ok(plans::proceed(state, ids)),
        Command::StopPlan { plan } => plans::stop(state, *plan),
        Command::ReleaseHold { hold, users } => holds::release(state, *hold, users.as_deref()),
        Command::DiscardHold { hold, users } => holds::discard(state, *hold, users.as_deref(), ids),
        Command::Registry(command) => {
            let facts = registry::admit(state.registry(), command, ids)?;
            Ok(facts.into_iter().map(Fact::Registry).collect())
        }
    }
}

/// A name without outer white space.
pub(crate) fn name(attribute: &'static str, given: &str) -> Result<String, Rejection> {
    let name = given.trim();
    check_name(attribute, name)?;
    Ok(name.to_owned())
}

/// Checks a name that is kept as it came.
pub(crate) fn check_name(attribute: &'static str, name: &str) -> Result<(), Rejection> {
    if name.trim().is_empty() {
        return Err(Rejection::Required { attribute });
    }
    if name.chars().nth(NAME_CHARACTERS_MAX).is_some() {
        return Err(Rejection::TooLong {
            attribute,
            limit: NAME_CHARACTERS_MAX,
            unit: "characters",
        });
    }
    if name.chars().any(char::is_control) {
        return Err(Rejection::ControlCharacter { attribute });
    }
    Ok(())
}

fn check_attributes(attribute: &'static str, json: &str) -> Result<(), Rejection> {
    if json.len() > ATTRIBUTES_BYTES_MAX {
        return Err(Rejection::TooLong {
            attribute,
            limit: ATTRIBUTES_BYTES_MAX,
            unit: "bytes",
        });
    }
    Ok(())
}

/// Checks that what a command was computed from is what there is (RFC 7644 3.14).
fn check_version(expected: Option<Position>, now: Stamp) -> Result<(), Rejection> {
    match expected {
        Some(expected) if expected != now.position => Err(Rejection::VersionMismatch {
            expected,
            actual: now.position,
        }),
        _ => Ok(()),
    }
}

pub(crate) fn check_limit(what: &'static str, count: usize, limit: usize) -> Result<(), Rejection> {
    if count >= limit {
        Err(Rejection::LimitReached { what, limit })
    } else {
        Ok(())
    }
}
