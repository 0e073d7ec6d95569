//! Creating, changing and deleting rules. None of it changes a mapping: rules run when a group changes.

use rolecall_rules::{RoleName, RuleDefinition};

use super::check_limit;
use crate::fact::Fact;
use crate::id::{NewIds, RuleId};
use crate::limits::RULES_MAX;
use crate::rejection::Rejection;
use crate::state::{State, StoredRule};

pub(super) fn create(state: &State, definition: &RuleDefinition, ids: &mut NewIds) -> Result<Vec<Fact>, Rejection> {
    check_limit("rules", state.rules().len(), RULES_MAX)?;
    check(state, None, definition)?;
    Ok(vec![Fact::RuleCreated {
        rule: RuleId::new(ids.draw()),
        definition: definition.clone(),
    }])
}

pub(super) fn change(state: &State, rule: RuleId, definition: &RuleDefinition) -> Result<Vec<Fact>, Rejection> {
    let stored = state.rules().get(rule).ok_or(Rejection::UnknownRule)?;
    if stored.rule.definition() == definition {
        return Ok(Vec::new());
    }
    check(state, Some(stored), definition)?;
    Ok(vec![Fact::RuleChanged {
        rule,
        version: stored.version + 1,
        definition: definition.clone(),
    }])
}

pub(super) fn delete(state: &State, rule: RuleId) -> Result<Vec<Fact>, Rejection> {
    state.rules().get(rule).ok_or(Rejection::UnknownRule)?;
    Ok(vec![Fact::RuleDeleted { rule }])
}

fn check(state: &State, before: Option<&StoredRule>, definition: &RuleDefinition) -> Result<(), Rejection> {
    let mut others = state
        .rules()
        .iter()
        .filter(|stored| before.is_none_or(|before| stored.id != before.id));
    if let Some(other) = others.find(|other| other.rule.definition().name == definition.name) {
        return Err(Rejection::RuleNameTaken { by: other.id });
    }
    let mut room = state.rules().room_without(before);
    room.compile(definition.clone()).map_err(Rejection::Rule)?;
    if let Some((role, known)) = unknown_role(state, definition) {
        let problem = format!("`{role}` is none of the roles of this organization: {known}");
        return Err(Rejection::Setting {
            setting: "role",
            problem,
        });
    }
    Ok(())
}

/// The role of a rule that the organization does not know, with a list of those that it does.
pub(super) fn unknown_role(state: &State, definition: &RuleDefinition) -> Option<(RoleName, String)> {
    let unknown = |role: &&RoleName| state.settings().rank(role).is_none();
    let role = definition.role.as_ref().filter(unknown)?;
    let known: Vec<&str> = state.settings().roles.iter().map(RoleName::as_str).collect();
    Some((role.clone(), known.join(", ")))
}
