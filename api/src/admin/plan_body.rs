//! What a plan is to change, in JSON.

use rolecall_engine::plan::{Draft, MappingChange};
use rolecall_engine::{DraftRule, GroupId, MappingId, MappingTarget, RuleId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::described::{RoleText, Target};
use super::mappings::TargetChoice;
use super::object;
use super::rule_body::{PatternBody, RuleBody, TargetBody};
use super::settings::SettingsBody;
use crate::error::ApiError;

/// What a plan is to change. `{}` brings the existing groups up to date with the rules as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanBody {
    /// All rules that there are to be; a rule that is not among them is deleted. Left out: the rules stay.
    #[serde(default, deserialize_with = "object::optional_list")]
    rules: Option<Vec<PlannedRule>>,
    /// Settings to change.
    #[serde(default, deserialize_with = "object::optional")]
    settings: Option<SettingsBody>,
    /// Mappings to make or to decide on, each once.
    #[serde(default, deserialize_with = "object::list")]
    mappings: Vec<PlannedMapping>,
    /// Whether the rules run over all groups that there are. Left out: they do when the plan has `rules`, and when it has
    /// nothing else.
    rerun: Option<bool>,
}

/// A rule of the set that there is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedRule {
    /// The rule that it is to be. Left out: the one of the same name, or a new one.
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
    /// What the members of a group are put into.
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

/// A mapping to make or to decide on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedMapping {
    /// What to do.
    action: Action,
    /// The group, for `create`.
    group_id: Option<Uuid>,
    /// The mapping, for all but `create`.
    mapping_id: Option<Uuid>,
    /// The entity, for `create`; another entity than the proposed one, for `approve`.
    #[serde(default, deserialize_with = "object::optional")]
    #[schema(value_type = Option<Target>)]
    target: Option<TargetChoice>,
}

/// What to do with a mapping.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Bind the group to the entity.
    Create,
    /// Approve the mapping.
    Approve,
    /// Reject the mapping.
    Reject,
    /// Pause the mapping.
    Pause,
    /// End the pause of the mapping.
    Resume,
}

/// How to apply a plan.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyBody {
    /// The `hash` of the plan that was looked at: refused when the plan is another one.
    pub(super) hash: Option<String>,
    /// When the organization has moved on since the plan was made: work the effect out anew, and apply the plan when it is the
    /// same.
    #[serde(default)]
    pub(super) recheck: bool,
}

impl PlanBody {
    /// The draft, not checked yet.
    ///
    /// # Errors
    /// When a value cannot be what it should.
    pub(super) fn into_draft(self) -> Result<Draft, ApiError> {
        let alone = self.rules.is_none() && self.settings.is_none() && self.mappings.is_empty();
        let rerun = self.rerun.unwrap_or(self.rules.is_some() || alone);
        let place = |name: &str, index: usize| format!("{name}[{index}]");
        let rules = self.rules.map(|rules| {
            let rules = rules.into_iter().enumerate();
            let draft =
                rules.map(|(index, rule)| rule.into_draft().map_err(|error| within(&place("rules", index), error)));
            draft.collect()
        });
        let mappings = self.mappings.into_iter().enumerate();
        let mappings = mappings.map(|(index, mapping)| {
            mapping
                .into_change()
                .map_err(|error| within(&place("mappings", index), error))
        });
        Ok(Draft {
            settings: self.settings.unwrap_or_default().into_change()?,
            rules: rules.transpose()?,
            mappings: mappings.collect::<Result<_, _>>()?,
            rerun,
        })
    }
}

impl PlannedRule {
    fn into_draft(self) -> Result<DraftRule, ApiError> {
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

impl PlannedMapping {
    fn into_change(self) -> Result<MappingChange, ApiError> {
        let target = self.target.map(MappingTarget::try_from).transpose()?;
        let mapping = self.mapping_id.map(MappingId::new);
        match (self.action, mapping, self.group_id, target) {
            (Action::Create, None, Some(group), Some(target)) => Ok(MappingChange::Create {
                group: GroupId::new(group),
                target,
            }),
            (Action::Approve, Some(mapping), None, target) => Ok(MappingChange::Approve { mapping, target }),
            (Action::Reject, Some(mapping), None, None) => Ok(MappingChange::Reject { mapping }),
            (Action::Pause, Some(mapping), None, None) => Ok(MappingChange::Pause { mapping }),
            (Action::Resume, Some(mapping), None, None) => Ok(MappingChange::Resume { mapping }),
            (Action::Create, ..) => Err(wrong("`create` takes `group_id` and `target`")),
            (Action::Approve, ..) => Err(wrong("`approve` takes `mapping_id`, and perhaps `target`")),
            (Action::Reject | Action::Pause | Action::Resume, ..) => {
                Err(wrong("this takes `mapping_id` and nothing else"))
            }
        }
    }
}

fn wrong(reason: &str) -> ApiError {
    ApiError::Value {
        place: "action".to_owned(),
        reason: reason.to_owned(),
    }
}

/// The same error, with the place of the item that it is in.
fn within(item: &str, error: ApiError) -> ApiError {
    match error {
        ApiError::Value { place, reason } => ApiError::Value {
            place: format!("{item}.{place}"),
            reason,
        },
        other => other,
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(body: &str) -> Result<Draft, ApiError> {
        serde_json::from_str::<PlanBody>(body).unwrap().into_draft()
    }

    #[test]
    fn the_rules_run_over_all_groups_when_they_change_and_when_nothing_else_does() {
        assert!(draft("{}").unwrap().rerun);
        assert!(draft(r#"{"rules": []}"#).unwrap().rerun);
        assert!(!draft(r#"{"settings": {"on_rename": "apply"}}"#).unwrap().rerun);
        assert!(draft(r#"{"settings": {}, "rerun": true}"#).unwrap().rerun);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = |body: &str| draft(body).unwrap_err().to_string();
        let rule = r#"{"match": {"kind": "all"}, "role": "No Role"}"#;
        assert!(wrong(&format!(r#"{{"rules": [{rule}]}}"#)).starts_with("`rules[0].role`"));
        let create = r#"{"mappings": [{"action": "create"}]}"#;
        assert_eq!(
            wrong(create),
            "`mappings[0].action`: `create` takes `group_id` and `target`"
        );
    }
}
