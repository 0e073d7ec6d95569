//! A rule of a whole set in JSON: what it says, and perhaps which rule it is.

use rolecall_engine::rules::RuleDefinition;
use rolecall_engine::rules::limits::RULES_MAX;
use rolecall_engine::{DraftRule, Rejection, RuleId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::described::RoleText;
use super::object;
use super::rule_body::{PatternBody, RuleBody, TargetBody};
use crate::error::ApiError;

/// A rule of the set that there is to be.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetRule {
    /// The rule that it is to be. Left out: the one of the same name, or a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// What administrators call it.
    #[serde(default)]
    #[schema(example = "Engineering teams")]
    name: String,
    /// The group names that it is for.
    #[serde(deserialize_with = "object::one")]
    r#match: PatternBody,
    /// Group names that it is not for, though `match` matches them.
    #[serde(default, deserialize_with = "object::list")]
    exclude: Vec<PatternBody>,
    /// What the members of a group are put into: any number of teams and at most one concurrency group, or one
    /// sub-organization.
    #[serde(default, deserialize_with = "object::list")]
    targets: Vec<TargetBody>,
    /// A role for the members of a group, besides.
    #[serde(default)]
    #[schema(value_type = Option<RoleText>)]
    role: Option<String>,
    /// Whether a match takes effect without approval.
    #[serde(default)]
    auto_approve: bool,
    /// The higher one is asked first; among equals the one created first, and among new ones the one that stands first.
    #[serde(default)]
    priority: i32,
    /// Whether the rule is asked at all.
    #[serde(default = "yes")]
    enabled: bool,
}

impl SetRule {
    /// The rule that says what the definition says, by its name.
    pub(crate) fn of(definition: &RuleDefinition) -> Self {
        let RuleBody {
            name,
            r#match,
            exclude,
            targets,
            role,
            auto_approve,
            priority,
            enabled,
        } = RuleBody::of(definition);
        Self {
            id: None,
            name,
            r#match,
            exclude,
            targets,
            role,
            auto_approve,
            priority,
            enabled,
        }
    }

    /// The draft, not checked yet.
    ///
    /// # Errors
    /// When the role is no name of a role.
    pub(super) fn into_draft(self) -> Result<DraftRule, ApiError> {
        let id = self.id.map(RuleId::new);
        let body = RuleBody {
            name: self.name,
            r#match: self.r#match,
            exclude: self.exclude,
            targets: self.targets,
            role: self.role,
            auto_approve: self.auto_approve,
            priority: self.priority,
            enabled: self.enabled,
        };
        let definition = body.into_definition()?;
        Ok(DraftRule { id, definition })
    }
}

/// The drafts of a set, in its order.
///
/// # Errors
/// When there are more than there may be, which is told before anything is made of them; or when a value cannot be what it
/// should, with its place.
pub(super) fn drafts(rules: Vec<SetRule>) -> Result<Vec<DraftRule>, ApiError> {
    check_count(rules.len())?;
    let drafts = rules.into_iter().enumerate();
    drafts
        .map(|(index, rule)| {
            rule.into_draft()
                .map_err(|error| error.within(&format!("rules[{index}]")))
        })
        .collect()
}

/// Whether so many rules may be looked at.
pub(super) fn check_count(rules: usize) -> Result<(), Rejection> {
    let (what, limit) = ("rules", RULES_MAX);
    if rules > limit {
        return Err(Rejection::LimitReached { what, limit });
    }
    Ok(())
}

fn yes() -> bool {
    true
}
