//! A rule in JSON. What is wrong with one is found by the rules crate, all of it at once.

use rolecall_engine::rules::{EntityType, Pattern, PatternKind, RuleDefinition, Target};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::described::RoleText;
use super::object;
use super::settings::role;
use crate::error::ApiError;

/// What a rule says.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleBody {
    /// What administrators call it.
    #[serde(default)]
    #[schema(example = "Engineering teams")]
    pub(super) name: String,
    /// The group names that it is for.
    #[serde(deserialize_with = "object::one")]
    pub(super) r#match: PatternBody,
    /// Group names that it is not for, though `match` matches them.
    #[serde(default, deserialize_with = "object::list")]
    pub(super) exclude: Vec<PatternBody>,
    /// What the members of a group are put into: any number of teams and at most one concurrency group, or one
    /// sub-organization.
    #[serde(default, deserialize_with = "object::list")]
    pub(super) targets: Vec<TargetBody>,
    /// A role for the members of a group, besides.
    #[serde(default)]
    #[schema(value_type = Option<RoleText>)]
    pub(super) role: Option<String>,
    /// Whether a match takes effect without approval.
    #[serde(default)]
    pub(super) auto_approve: bool,
    /// The higher one is asked first; among equals the one created first.
    #[serde(default)]
    pub(super) priority: i32,
    /// Whether the rule is asked at all.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

/// A pattern over group names.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatternBody {
    /// How the pattern is read.
    kind: Kind,
    /// The prefix or the regular expression; empty for `all`.
    #[serde(default)]
    #[schema(example = "eng-")]
    pattern: String,
}

/// How a pattern is read.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The name starts with the text, whatever its case.
    Prefix,
    /// The regular expression is found somewhere in the name.
    Regex,
    /// Every name.
    All,
}

/// One target.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetBody {
    /// What kind of entity it is.
    r#type: TypeWord,
    /// The template of its name, as in `Team ${rest}`; the display name of the group, if left out.
    #[serde(default)]
    #[schema(example = "${rest}")]
    name: Option<String>,
}

/// What kind of entity something is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TypeWord {
    /// A user is in any number of teams.
    Team,
    /// A user is in exactly one concurrency group.
    ConcurrencyGroup,
    /// A user is in exactly one sub-organization.
    SubOrganization,
}

impl From<TypeWord> for EntityType {
    fn from(word: TypeWord) -> Self {
        match word {
            TypeWord::Team => Self::Team,
            TypeWord::ConcurrencyGroup => Self::ConcurrencyGroup,
            TypeWord::SubOrganization => Self::SubOrganization,
        }
    }
}

impl From<EntityType> for TypeWord {
    fn from(entity_type: EntityType) -> Self {
        match entity_type {
            EntityType::Team => Self::Team,
            EntityType::ConcurrencyGroup => Self::ConcurrencyGroup,
            EntityType::SubOrganization => Self::SubOrganization,
        }
    }
}

impl RuleBody {
    /// The body that says what the definition says.
    pub(crate) fn of(definition: &RuleDefinition) -> Self {
        let target = |target: &Target| TargetBody {
            r#type: target.entity_type.into(),
            name: target.name.clone(),
        };
        Self {
            name: definition.name.clone(),
            r#match: PatternBody::of(&definition.matching),
            exclude: definition.exclude.iter().map(PatternBody::of).collect(),
            targets: definition.targets.iter().map(target).collect(),
            role: definition.role.as_ref().map(ToString::to_string),
            auto_approve: definition.auto_approve,
            priority: definition.priority,
            enabled: definition.enabled,
        }
    }

    /// The definition, not checked yet.
    ///
    /// # Errors
    /// When the role is no name of a role.
    pub(crate) fn into_definition(self) -> Result<RuleDefinition, ApiError> {
        let target = |target: TargetBody| Target {
            entity_type: target.r#type.into(),
            name: target.name,
        };
        Ok(RuleDefinition {
            name: self.name,
            matching: self.r#match.into(),
            exclude: self.exclude.into_iter().map(Pattern::from).collect(),
            targets: self.targets.into_iter().map(target).collect(),
            role: self.role.map(|name| role("role", &name)).transpose()?,
            auto_approve: self.auto_approve,
            priority: self.priority,
            enabled: self.enabled,
        })
    }
}

impl PatternBody {
    fn of(pattern: &Pattern) -> Self {
        let kind = match pattern.kind {
            PatternKind::Prefix => Kind::Prefix,
            PatternKind::Regex => Kind::Regex,
            PatternKind::All => Kind::All,
        };
        Self {
            kind,
            pattern: pattern.pattern.clone(),
        }
    }
}

impl From<PatternBody> for Pattern {
    fn from(body: PatternBody) -> Self {
        let kind = match body.kind {
            Kind::Prefix => PatternKind::Prefix,
            Kind::Regex => PatternKind::Regex,
            Kind::All => PatternKind::All,
        };
        Self {
            kind,
            pattern: body.pattern,
        }
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_body_leaves_out_has_its_default() {
        let body = r#"{"name": "All", "match": {"kind": "all"}, "targets": [{"type": "team"}]}"#;
        let definition = serde_json::from_str::<RuleBody>(body)
            .unwrap()
            .into_definition()
            .unwrap();
        assert_eq!(definition.matching, Pattern::all());
        assert_eq!(
            definition.targets,
            [Target {
                entity_type: EntityType::Team,
                name: None
            }]
        );
        assert!(definition.enabled && !definition.auto_approve && definition.role.is_none());
    }

    #[test]
    fn a_definition_comes_back_as_it_was() {
        let body = r#"{"name": "E", "match": {"kind": "regex", "pattern": "^(?<t>.+)$"}, "exclude": [{"kind": "prefix",
            "pattern": "x"}], "targets": [{"type": "sub_organization", "name": "${t}"}], "role": "admin",
            "auto_approve": true, "priority": -3, "enabled": false}"#;
        let definition = serde_json::from_str::<RuleBody>(body)
            .unwrap()
            .into_definition()
            .unwrap();
        let again = serde_json::to_string(&RuleBody::of(&definition)).unwrap();
        assert_eq!(
            serde_json::from_str::<RuleBody>(&again)
                .unwrap()
                .into_definition()
                .unwrap(),
            definition
        );
    }
}
