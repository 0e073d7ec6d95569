//! Changing settings.

use std::collections::BTreeSet;

use rolecall_rules::EntityType;

use super::safeguards;
use crate::fact::Fact;
use crate::id::EntityIndex;
use crate::limits::{EMAIL_DOMAINS_MAX, NAME_CHARACTERS_MAX, ROLES_MAX};
use crate::rejection::Rejection;
use crate::settings::{Settings, SettingsChange};
use crate::state::State;

pub(super) fn change(state: &State, change: &SettingsChange) -> Result<Vec<Fact>, Rejection> {
    let facts = change_before_rules(state, change)?;
    check_granted(state, &state.settings().changed(change))?;
    Ok(facts)
}

/// The same where all rules are saved next: what they grant is checked then.
pub(super) fn change_before_rules(state: &State, change: &SettingsChange) -> Result<Vec<Fact>, Rejection> {
    let mut facts = Vec::new();
    let settings = state.settings().changed(change);
    if settings != *state.settings() {
        check_roles(state, &settings)?;
        check_default_concurrency_group(state, &settings)?;
        check_domains(&settings)?;
        check_owners(state, &settings)?;
        facts.push(Fact::SettingsChanged { settings });
    }
    let safeguards = state.safeguards().changed(&change.safeguards);
    if safeguards != *state.safeguards() {
        safeguards::check(&safeguards)?;
        facts.push(Fact::SafeguardsChanged { safeguards });
    }
    Ok(facts)
}

fn check_roles(state: &State, settings: &Settings) -> Result<(), Rejection> {
    let refuse = |setting, problem: String| Err(Rejection::Setting { setting, problem });
    if settings.roles.is_empty() || settings.roles.len() > ROLES_MAX {
        return refuse("roles", format!("list 1 to {ROLES_MAX} roles, lowest first"));
    }
    if settings.roles.iter().collect::<BTreeSet<_>>().len() != settings.roles.len() {
        return refuse("roles", "list each role once".to_owned());
    }
    if settings.rank(&settings.default_role).is_none() {
        return refuse(
            "default_role",
            format!("`{}` is none of `roles`", settings.default_role),
        );
    }
    let mut roles = state.exceptions().roles();
    if let Some(role) = roles.find(|role| settings.rank(role).is_none()) {
        return refuse(
            "roles",
            format!("users are pinned to `{role}` or excluded from it; keep that role, or end those exceptions first"),
        );
    }
    Ok(())
}

/// Checks that the roles that rules grant stay.
fn check_granted(state: &State, settings: &Settings) -> Result<(), Rejection> {
    if settings.roles == state.settings().roles {
        return Ok(());
    }
    let mut definitions = state.rules().iter().map(|stored| stored.rule.definition());
    let granted = definitions.find_map(|definition| {
        let role = definition.role.as_ref()?;
        settings.rank(role).is_none().then_some((role, &definition.name))
    });
    let Some((role, rule)) = granted else { return Ok(()) };
    let problem =
        format!("rule `{rule}` grants `{role}`; keep that role, or change the rule first or by the same plan");
    Err(Rejection::Setting {
        setting: "roles",
        problem,
    })
}

fn check_default_concurrency_group(state: &State, settings: &Settings) -> Result<(), Rejection> {
    let Some(id) = settings.default_concurrency_group else {
        return Ok(());
    };
    let fits = state
        .entity(id)
        .is_some_and(|entity| entity.entity_type == EntityType::ConcurrencyGroup);
    if fits {
        return Ok(());
    }
    let problem = "there is no such concurrency group; create it first".to_owned();
    Err(Rejection::Setting {
        setting: "default_concurrency_group",
        problem,
    })
}

/// The switch can be turned on only where what it promises is so already.
fn check_owners(state: &State, settings: &Settings) -> Result<(), Rejection> {
    if !settings.one_group_per_entity || state.settings().one_group_per_entity {
        return Ok(());
    }
    let mut entities = state.entities_from(EntityIndex::from(0));
    let shared = entities.find(|entity| {
        let groups = entity.mappings.iter().map(|mapping| state.mapping_at(*mapping));
        let approved = groups.filter(|mapping| mapping.status.is_approved());
        approved.map(|mapping| mapping.group).collect::<BTreeSet<_>>().len() > 1
    });
    let Some(shared) = shared else { return Ok(()) };
    let problem = format!(
        "{} `{}` belongs to several groups; end all mappings to it but one first",
        shared.entity_type, shared.name
    );
    Err(Rejection::Setting {
        setting: "one_group_per_entity",
        problem,
    })
}

fn check_domains(settings: &Settings) -> Result<(), Rejection> {
    let domains = &settings.allowed_email_domains;
    let well_formed = |domain: &String| {
        !domain.is_empty()
            && domain.len() <= NAME_CHARACTERS_MAX
            && !domain.contains(|c: char| c == '@' || c.is_whitespace())
    };
    if domains.len() <= EMAIL_DOMAINS_MAX && domains.iter().all(well_formed) {
        return Ok(());
    }
    let problem = format!("list at most {EMAIL_DOMAINS_MAX} domains such as `example.com`, without `@`");
    Err(Rejection::Setting {
        setting: "allowed_email_domains",
        problem,
    })
}
