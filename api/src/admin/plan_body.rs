//! What a plan is to change, in JSON.

use rolecall_engine::plan::{Draft, ExceptionChange, MappingChange};
use rolecall_engine::{ExceptionId, GroupId, MappingId, MappingTarget};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::described::Target;
use super::example_body::{self, ExampleBody};
use super::exception_body::ExceptionBody;
use super::mappings::TargetChoice;
use super::object;
use super::set_rule::{self, SetRule};
use super::settings::SettingsBody;
use crate::error::ApiError;

/// What a plan is to change. `{}` brings the existing groups up to date with the rules as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanBody {
    /// All rules that there are to be; a rule that is not among them is deleted. Left out: the rules stay.
    #[serde(default, deserialize_with = "object::optional_list")]
    rules: Option<Vec<SetRule>>,
    /// All examples that there are to be, which the rules then fulfil. Left out: those that there are.
    #[serde(default, deserialize_with = "object::optional_list")]
    examples: Option<Vec<ExampleBody>>,
    /// Settings to change.
    #[serde(default, deserialize_with = "object::optional")]
    settings: Option<SettingsBody>,
    /// Mappings to make or to decide on, each once.
    #[serde(default, deserialize_with = "object::list")]
    mappings: Vec<PlannedMapping>,
    /// Pins and exclusions to set or to end, after everything else.
    #[serde(default, deserialize_with = "object::list")]
    exceptions: Vec<PlannedException>,
    /// Whether the rules run over all groups that there are. Left out: they do when the plan has `rules`, and when it has
    /// nothing else.
    rerun: Option<bool>,
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

/// A pin or an exclusion to set or to end: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedException {
    /// What to set.
    #[serde(default, deserialize_with = "object::optional")]
    #[schema(value_type = Option<ExceptionBody>)]
    set: Option<ExceptionBody>,
    /// The exception to end.
    remove: Option<Uuid>,
}

impl PlanBody {
    /// The draft, not checked yet.
    ///
    /// # Errors
    /// When a value cannot be what it should.
    pub(super) fn into_draft(self) -> Result<Draft, ApiError> {
        let of_rules = self.rules.is_some() || self.examples.is_some();
        let of_some = !self.mappings.is_empty() || !self.exceptions.is_empty();
        let alone = !of_rules && self.settings.is_none() && !of_some;
        let rerun = self.rerun.unwrap_or(self.rules.is_some() || alone);
        let examples = self.examples.map(example_body::examples).transpose()?;
        let mappings = self.mappings.into_iter().enumerate();
        let mappings = mappings.map(|(index, mapping)| {
            let change = mapping.into_change();
            change.map_err(|error| error.within(&format!("mappings[{index}]")))
        });
        let exceptions = self.exceptions.into_iter().enumerate();
        let exceptions = exceptions.map(|(index, exception)| {
            let change = exception.into_change();
            change.map_err(|error| error.within(&format!("exceptions[{index}]")))
        });
        Ok(Draft {
            settings: self.settings.unwrap_or_default().into_change()?,
            rules: self.rules.map(set_rule::drafts).transpose()?,
            examples,
            mappings: mappings.collect::<Result<_, _>>()?,
            exceptions: exceptions.collect::<Result<_, _>>()?,
            rerun,
            drift: Vec::new(),
        })
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

impl PlannedException {
    fn into_change(self) -> Result<ExceptionChange, ApiError> {
        match (self.set, self.remove) {
            (Some(body), None) => match body.into_input() {
                Ok(exception) => Ok(ExceptionChange::Set(exception)),
                Err(error) => Err(error.within("set")),
            },
            (None, Some(exception)) => Ok(ExceptionChange::Remove(ExceptionId::new(exception))),
            (Some(_), Some(_)) | (None, None) => Err(ApiError::Value {
                place: "set".to_owned(),
                reason: "an exception is either to be `set` or to be ended with `remove`".to_owned(),
            }),
        }
    }
}

fn wrong(reason: &str) -> ApiError {
    ApiError::Value {
        place: "action".to_owned(),
        reason: reason.to_owned(),
    }
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
        assert!(!draft(r#"{"examples": []}"#).unwrap().rerun);
        assert!(!draft(r#"{"settings": {"on_rename": "apply"}}"#).unwrap().rerun);
        assert!(draft(r#"{"settings": {}, "rerun": true}"#).unwrap().rerun);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = |body: &str| draft(body).unwrap_err().to_string();
        let rule = r#"{"match": {"kind": "all"}, "role": "No Role"}"#;
        assert!(wrong(&format!(r#"{{"rules": [{rule}]}}"#)).starts_with("`rules[0].role`"));
        let example = r#"{"group": "eng", "role": "No Role"}"#;
        assert!(wrong(&format!(r#"{{"examples": [{example}]}}"#)).starts_with("`examples[0].role`"));
        let neither = r#"{"exceptions": [{}]}"#;
        assert!(wrong(neither).starts_with("`exceptions[0].set`: an exception is either"));
        let create = r#"{"mappings": [{"action": "create"}]}"#;
        assert_eq!(
            wrong(create),
            "`mappings[0].action`: `create` takes `group_id` and `target`"
        );
    }
}
