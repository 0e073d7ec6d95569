//! Rules and drafts of plans to choose from.

use rolecall_engine::plan::{Draft, ExceptionChange, MappingChange};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::state::{Mapping, User};
use rolecall_engine::{
    ExceptionInput, ExceptionKind, ExceptionSubject, MappingIndex, SettingsChange, State, UserIndex,
};

use super::{pick, role_name, some_user};
use crate::world::rule_drafts;

/// A few rules that overlap: by prefix, by regex with a capture, and for everything.
pub(crate) fn definition(rule: usize) -> RuleDefinition {
    let target = |entity_type, name: Option<&str>| Target {
        entity_type,
        name: name.map(str::to_owned),
    };
    let (matching, targets) = match rule % 6 {
        0 => (Pattern::all(), vec![target(EntityType::Team, None)]),
        1 => (
            Pattern::prefix("eng-"),
            vec![
                target(EntityType::Team, Some("Team ${rest}")),
                target(EntityType::ConcurrencyGroup, Some("shared")),
            ],
        ),
        2 => (
            Pattern::prefix("sales"),
            vec![target(EntityType::ConcurrencyGroup, None)],
        ),
        3 => (
            Pattern::regex("^(?<kind>[a-z]+)-"),
            vec![
                target(EntityType::Team, Some("${kind}")),
                target(EntityType::Team, None),
            ],
        ),
        4 => (Pattern::prefix("org-"), vec![target(EntityType::SubOrganization, None)]),
        _ => (
            Pattern::regex("(?i)^eng"),
            vec![target(EntityType::ConcurrencyGroup, None)],
        ),
    };
    RuleDefinition {
        name: format!("rule {rule}"),
        matching,
        exclude: Vec::new(),
        targets,
        role: None,
        auto_approve: true,
        priority: 0,
        enabled: true,
    }
}

/// A draft of these rules, each with whether it approves, that approves a mapping and sets or ends an exception besides: mostly
/// one that takes the highest role from somebody, below or above the floor of administrators that it sets. An odd number of
/// rules comes without the examples that there are.
pub(crate) fn plan_draft(
    state: &State,
    rules: Option<&[(usize, bool)]>,
    decide: Option<usize>,
    min_admins: Option<u32>,
) -> Draft {
    let rule = |(rule, auto_approve): &(usize, bool)| RuleDefinition {
        auto_approve: *auto_approve,
        role: Some(role_name(*rule).parse().unwrap()),
        ..definition(*rule)
    };
    let mapping = decide.and_then(|mapping| pick_mapping(state, mapping));
    let approve = |mapping: &Mapping| MappingChange::Approve {
        mapping: mapping.id,
        target: None,
    };
    let highest = state.settings().highest_role().unwrap();
    let admins = state
        .users_from(UserIndex::from(0))
        .filter(|user| user.role.as_ref() == Some(highest));
    let user = decide.and_then(|user| pick(admins, user).or(some_user(state, user)));
    let subject = ExceptionSubject::Role(highest.clone());
    let exception = |user: &User| match state.exceptions().about(user.index, &subject) {
        Some(set) => ExceptionChange::Remove(set.id),
        None => ExceptionChange::Set(ExceptionInput {
            kind: ExceptionKind::Exclusion,
            user: user.id,
            subject: subject.clone(),
            reason: "as planned".to_owned(),
            expires: None,
        }),
    };
    let mut settings = SettingsChange::default();
    settings.safeguards.min_admins = min_admins;
    Draft {
        settings,
        rules: rules.map(|rules| rule_drafts(rules.iter().map(rule))),
        examples: rules.filter(|rules| rules.len() % 2 == 1).map(|_| Vec::new()),
        exceptions: user.map(exception).into_iter().collect(),
        mappings: mapping.map(approve).into_iter().collect(),
        rerun: true,
        ..Draft::default()
    }
}

/// Mostly one that the operation is meant for.
pub(super) fn pick_mapping_that(state: &State, mapping: usize, is_meant: fn(&Mapping) -> bool) -> Option<&Mapping> {
    if mapping.is_multiple_of(8) {
        return pick_mapping(state, mapping);
    }
    let meant = state
        .mappings_from(MappingIndex::from(0))
        .filter(|mapping| is_meant(mapping));
    pick(meant, mapping)
}

pub(super) fn pick_mapping(state: &State, mapping: usize) -> Option<&Mapping> {
    pick(state.mappings_from(MappingIndex::from(0)), mapping)
}
