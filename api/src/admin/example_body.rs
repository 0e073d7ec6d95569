//! An example in JSON: a group name, and what the rules are expected to make of it.

use rolecall_engine::rules::{Example, ExampleTarget};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::described::RoleText;
use super::object;
use super::rule_body::TypeWord;
use super::settings::role;
use crate::error::ApiError;

/// A group name, and what is expected of the rules for it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExampleBody {
    /// The display name of a group.
    #[schema(example = "eng-search")]
    group: String,
    /// The name of the rule that decides it; left out: no rule does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// All that the rule puts its members into, in any order; left out: whatever that is.
    #[serde(
        default,
        deserialize_with = "object::optional_list",
        skip_serializing_if = "Option::is_none"
    )]
    targets: Option<Vec<ExampleTargetBody>>,
    /// The role that the rule grants; left out: whether it grants one or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RoleText>)]
    role: Option<String>,
}

/// One target with its name, as a group gets it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExampleTargetBody {
    r#type: TypeWord,
    name: String,
}

impl ExampleBody {
    /// The body that says what the example says.
    pub(crate) fn of(example: &Example) -> Self {
        let target = |target: &ExampleTarget| ExampleTargetBody {
            r#type: target.entity_type.into(),
            name: target.name.clone(),
        };
        Self {
            group: example.group.clone(),
            rule: example.rule.clone(),
            targets: example
                .targets
                .as_ref()
                .map(|targets| targets.iter().map(target).collect()),
            role: example.role.as_ref().map(ToString::to_string),
        }
    }

    /// The example, not checked yet.
    ///
    /// # Errors
    /// When the role is no name of a role.
    pub(crate) fn into_example(self) -> Result<Example, ApiError> {
        let target = |target: ExampleTargetBody| ExampleTarget {
            entity_type: target.r#type.into(),
            name: target.name,
        };
        Ok(Example {
            group: self.group,
            rule: self.rule,
            targets: self.targets.map(|targets| targets.into_iter().map(target).collect()),
            role: self.role.map(|name| role("role", &name)).transpose()?,
        })
    }
}

/// The examples of a set, in its order.
///
/// # Errors
/// When a value cannot be what it should, with its place.
pub(super) fn examples(bodies: Vec<ExampleBody>) -> Result<Vec<Example>, ApiError> {
    let bodies = bodies.into_iter().enumerate();
    bodies
        .map(|(index, body)| {
            body.into_example()
                .map_err(|error| error.within(&format!("examples[{index}]")))
        })
        .collect()
}
