//! A mapping in JSON: in its own list, and in its group.

use rolecall_engine::RuleId;
use rolecall_engine::state::{Mapping, State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reference::{EntityRef, GroupRef};
use crate::time::Time;

/// A mapping.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingView {
    id: Uuid,
    /// `pending`, `approved`, `auto_approved`, `rejected` or `ended`.
    #[schema(example = "pending")]
    status: &'static str,
    /// Why it waits or ended.
    #[schema(example = "approval_required")]
    reason: Option<&'static str>,
    /// Whether an administrator paused it.
    paused: bool,
    /// How many members of the group wait, because the group grew beyond what a rule may approve; `null` when none has to. They
    /// come in when somebody approves the mapping, or the group shrinks.
    waiting_members: Option<u64>,
    /// Whether it follows from a rule that is no longer what it was, or no longer decides the group.
    stale: bool,
    /// The rule that made it; `null` for an administrator.
    rule_id: Option<Uuid>,
    /// The version of that rule.
    rule_version: Option<u32>,
    /// The role that it grants to members of the group while it is in force.
    role: Option<String>,
    group: GroupRef,
    /// The entity; its `id` is `null` until there is one.
    entity: EntityRef,
    created_at: Time,
    modified_at: Time,
}

impl MappingView {
    /// The mapping in this state.
    pub(crate) fn of(mapping: &Mapping, state: &State) -> Self {
        let rule = mapping.origin.rule();
        Self {
            id: mapping.id.uuid(),
            status: mapping.status.as_str(),
            reason: mapping.status.reason(),
            paused: mapping.paused,
            waiting_members: mapping.limited_to.as_ref().map(|_| state.waiting_members(mapping)),
            stale: state.is_stale(mapping),
            rule_id: rule.map(|rule| RuleId::uuid(rule.rule)),
            rule_version: rule.map(|rule| rule.version),
            role: mapping.role.as_ref().map(ToString::to_string),
            group: GroupRef::at(mapping.group, state),
            entity: EntityRef::of_mapping(mapping, state),
            created_at: Time(mapping.created.at),
            modified_at: Time(mapping.modified.at),
        }
    }
}
