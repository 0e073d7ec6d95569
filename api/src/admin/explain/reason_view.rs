//! A reason in JSON: where it comes from, the chain that leads to it, and what would remove it.

use rolecall_engine::explain::{Found, Link, Reason, Removal, Source, Step};
use rolecall_engine::state::State;
use rolecall_engine::{ExceptionId, HoldId, MappingIndex, RuleVersion};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reading::Cited;
use super::words::Words;
use crate::admin::reference::PlanRef;
use crate::entry_view;
use crate::time::Time;

/// An entry of the record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryRef {
    /// Its position.
    position: u64,
    at: Time,
    /// Who asked; the server takes the steps of a plan, and `plan` says who applied it.
    actor: Value,
    /// The plan that the entry is a step of.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanRef>,
}

/// One step of what led to a reason.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// `member`: the user became a member of the group; `group_role`: the group got its roles; `role_attribute`,
    /// `concurrency_group_attribute`: the user got the attribute; `user_created`; `inactive`; `rule`: this version was saved;
    /// `mapping`: it came to be; `refreshed`: a plan let it follow from this version of the rule; `approval`; `blocked`: the
    /// mapping got the status that it has, or was paused, or its group had more members than a rule may approve alone;
    /// `conflict`: it opened; `decision`: it was resolved; `held`: a brake began to hold the user; `default_role`,
    /// `default_concurrency_group`: it was chosen; `exception`: it was set; `given`, `taken_out`: an administrator put the user
    /// into the entity by hand, or took it out.
    #[schema(example = "approval")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<Uuid>,
    /// The entry that records it; `null` for a default that nobody chose, and when it is too long ago to look for it.
    entry: Option<EntryRef>,
    /// The step in words.
    text: String,
}

/// A way to remove a reason.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovalView {
    /// `leave_group`, `reject_mapping`, `pause_mapping`, `take_role_from_group`, `clear_role_attribute`,
    /// `clear_concurrency_group_attribute`, `delete_entity`, `release_hold`, `change_default_role`,
    /// `clear_default_concurrency_group`, `end_exception`, `take_out_by_hand` or `exclude`.
    #[schema(example = "leave_group")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<Uuid>,
    /// What to do, in words.
    text: String,
}

/// One reason.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonView {
    /// `mapping`: a group of the user is mapped to the entity, or its mapping grants the role; `group_role`: the identity
    /// provider gave the role to a group of the user; `role_attribute`: the user's own attribute asks for the role;
    /// `default_role`; `concurrency_group_attribute`: the user's own attribute names the concurrency group;
    /// `connection_default`: it was the default entity of the connection that created the user; `organization_default`;
    /// `hold`: nothing else does, but a brake holds what would take it away; `pin`: an administrator pinned the user to it;
    /// `manual`: an administrator put the user there by hand.
    #[schema(example = "mapping")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<Uuid>,
    /// The reason in one sentence.
    text: String,
    /// What led to it, in order: the request, the membership, the rule, the approval.
    chain: Vec<StepView>,
    /// What would remove it. One of them is enough.
    would_remove: Vec<RemovalView>,
}

impl EntryRef {
    /// The entry.
    pub(super) fn of(found: Found, state: &State) -> Self {
        let plan = found.plan.and_then(|plan| state.plan_started(plan));
        Self {
            position: found.position.get(),
            at: Time(found.at),
            actor: entry_view::actor(found.actor),
            plan: plan.map(PlanRef::of),
        }
    }
}

impl StepView {
    fn of(step: &Step, cited: &Cited, state: &State) -> Self {
        let found = cited.of(step);
        let (group, mapping) = match step.link {
            Link::Member { group } | Link::GroupRole { group } => (Some(group), None),
            Link::Mapping { mapping }
            | Link::Refreshed { mapping }
            | Link::Approval { mapping }
            | Link::Blocked { mapping, .. } => (None, Some(mapping)),
            _ => (None, None),
        };
        let rule = match step.link {
            Link::Rule { rule } => Some(rule),
            _ => None,
        };
        let exception = match step.link {
            Link::Exception { exception } => Some(exception),
            _ => None,
        };
        let hold = match step.link {
            Link::Held { hold } => Some(hold),
            _ => None,
        };
        Self {
            kind: kind_of_step(step.link),
            group_id: group.map(|group| state.group_at(group).id.uuid()),
            mapping_id: mapping.map(|mapping| state.mapping_at(mapping).id.uuid()),
            rule_id: rule.map(|rule| rule.rule.uuid()),
            rule_version: rule.map(|rule| rule.version),
            exception_id: exception.map(ExceptionId::uuid),
            hold_id: hold.map(HoldId::uuid),
            entry: found.map(|found| EntryRef::of(found, state)),
            text: Words(state).step(step.link, found, cited.names()),
        }
    }
}

/// The steps, and each in words.
pub(super) fn chain(steps: &[Step], cited: &Cited, state: &State) -> (Vec<StepView>, Vec<String>) {
    let views: Vec<StepView> = steps.iter().map(|step| StepView::of(step, cited, state)).collect();
    let words = views.iter().map(|view| view.text.clone()).collect();
    (views, words)
}

impl ReasonView {
    /// The reason for what the beginning says.
    pub(super) fn of(beginning: &str, reason: &Reason, cited: &Cited, state: &State) -> Self {
        let (chain, steps) = chain(&reason.chain, cited, state);
        let words = Words(state);
        let beginning = format!("{beginning} {}", words.because(reason.source));
        let mapping = mapping_of(reason.source).map(|mapping| state.mapping_at(mapping));
        let rule: Option<RuleVersion> = mapping.and_then(|mapping| mapping.origin.rule());
        let group = reason.source.group(state);
        let exception = match reason.source {
            Source::Pin(exception) => Some(exception),
            _ => None,
        };
        let hold = match reason.source {
            Source::Hold(hold) => Some(hold),
            _ => None,
        };
        Self {
            kind: kind_of_source(reason.source),
            group_id: group.map(|group| state.group_at(group).id.uuid()),
            mapping_id: mapping.map(|mapping| mapping.id.uuid()),
            rule_id: rule.map(|rule| rule.rule.uuid()),
            rule_version: rule.map(|rule| rule.version),
            exception_id: exception.map(ExceptionId::uuid),
            hold_id: hold.map(HoldId::uuid),
            text: words.sentence(&beginning, &steps),
            chain,
            would_remove: reason.removals.iter().map(|one| RemovalView::of(one, state)).collect(),
        }
    }
}

impl RemovalView {
    fn of(removal: &Removal, state: &State) -> Self {
        let (group, mapping, entity) = match removal {
            Removal::LeaveGroup(group) | Removal::TakeRoleFromGroup(group, _) => (Some(*group), None, None),
            Removal::RejectMapping(mapping) | Removal::PauseMapping(mapping) => (None, Some(*mapping), None),
            Removal::DeleteEntity(entity) | Removal::TakeOutByHand(entity) | Removal::Exclude(entity) => {
                (None, None, Some(*entity))
            }
            _ => (None, None, None),
        };
        let exception = match removal {
            Removal::EndException(exception) => Some(*exception),
            _ => None,
        };
        let hold = match removal {
            Removal::ReleaseHold(hold) => Some(*hold),
            _ => None,
        };
        Self {
            kind: kind_of_removal(removal),
            group_id: group.map(|group| state.group_at(group).id.uuid()),
            mapping_id: mapping.map(|mapping| state.mapping_at(mapping).id.uuid()),
            entity_id: entity.map(|entity| entity.uuid()),
            exception_id: exception.map(ExceptionId::uuid),
            hold_id: hold.map(HoldId::uuid),
            text: Words(state).removal(removal),
        }
    }
}

/// The mapping of a source, where it is one.
pub(super) fn mapping_of(source: Source) -> Option<MappingIndex> {
    match source {
        Source::Mapping(mapping) => Some(mapping),
        _ => None,
    }
}

/// The word for a source.
pub(super) fn kind_of_source(source: Source) -> &'static str {
    match source {
        Source::Mapping(_) => "mapping",
        Source::GroupRole(_) => "group_role",
        Source::RoleAttribute => "role_attribute",
        Source::DefaultRole => "default_role",
        Source::ConcurrencyGroupAttribute => "concurrency_group_attribute",
        Source::ConnectionDefault => "connection_default",
        Source::OrganizationDefault => "organization_default",
        Source::Hold(_) => "hold",
        Source::Pin(_) => "pin",
        Source::Manual(_) => "manual",
    }
}

fn kind_of_step(link: Link) -> &'static str {
    match link {
        Link::Member { .. } => "member",
        Link::GroupRole { .. } => "group_role",
        Link::RoleAttribute => "role_attribute",
        Link::ConcurrencyGroupAttribute => "concurrency_group_attribute",
        Link::UserCreated => "user_created",
        Link::Inactive => "inactive",
        Link::Rule { .. } => "rule",
        Link::Mapping { .. } => "mapping",
        Link::Refreshed { .. } => "refreshed",
        Link::Approval { .. } => "approval",
        Link::Blocked { .. } => "blocked",
        Link::Conflict => "conflict",
        Link::Decision => "decision",
        Link::Held { .. } => "held",
        Link::DefaultRole => "default_role",
        Link::DefaultConcurrencyGroup => "default_concurrency_group",
        Link::RoleChanged => "role_changed",
        Link::Exception { .. } => "exception",
        Link::Given { .. } => "given",
        Link::TakenOut { .. } => "taken_out",
    }
}

fn kind_of_removal(removal: &Removal) -> &'static str {
    match removal {
        Removal::LeaveGroup(_) => "leave_group",
        Removal::RejectMapping(_) => "reject_mapping",
        Removal::PauseMapping(_) => "pause_mapping",
        Removal::TakeRoleFromGroup(..) => "take_role_from_group",
        Removal::ClearRoleAttribute => "clear_role_attribute",
        Removal::ClearConcurrencyGroupAttribute => "clear_concurrency_group_attribute",
        Removal::DeleteEntity(_) => "delete_entity",
        Removal::ReleaseHold(_) => "release_hold",
        Removal::ChangeDefaultRole => "change_default_role",
        Removal::ClearDefaultConcurrencyGroup => "clear_default_concurrency_group",
        Removal::EndException(_) => "end_exception",
        Removal::TakeOutByHand(_) => "take_out_by_hand",
        Removal::Exclude(_) => "exclude",
    }
}
