//! A plan in JSON: its counts and its progress.

use rolecall_engine::plan::PlanEffect;
use rolecall_engine::state::{PlanEnd, PlanRun};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::drift_view::DriftView;
use crate::limits::PLAN_DURATION;
use crate::organization::Plan;
use crate::time::Time;

/// A plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanView {
    id: Uuid,
    /// How far it is.
    status: PlanStatus,
    /// How much it changes; `null` once the server has forgotten what it was to do.
    counts: Option<PlanCounts>,
    /// How the snapshot that it was made from differs; `null` where it was made from none.
    drift: Option<DriftView>,
    /// How far its application is; `null` before it began.
    progress: Option<PlanProgress>,
    /// What tells it from every other plan: its position, what it was to change, and what that comes to.
    hash: Option<String>,
    /// The position of the record that its effect was worked out at. It can be applied as long as that is the last one.
    position: Option<u64>,
    /// When it was made.
    created_at: Option<Time>,
    /// Until when it is kept at most; when the server restarts, it is gone before.
    expires_at: Option<Time>,
}

/// How far a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlanStatus {
    /// Its effect is known, and nothing has changed.
    Computed,
    /// It is being applied.
    Applying,
    /// It has been applied whole.
    Applied,
    /// It was stopped before its end; what it had done stays.
    Stopped,
}

/// How much a plan changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanCounts {
    rules_created: u64,
    rules_changed: u64,
    rules_deleted: u64,
    /// Whether other examples are checked with the rules from then on.
    examples_changed: bool,
    settings_changed: bool,
    /// Pins and exclusions that are set.
    exceptions_set: u64,
    exceptions_removed: u64,
    /// Groups that another rule, or another version of the rule, decides.
    groups_decided: u64,
    groups_created: u64,
    groups_deleted: u64,
    /// Users who become members of groups; entities count apart.
    group_members_added: u64,
    group_members_removed: u64,
    /// Mappings that take effect.
    mappings_approved: u64,
    /// Mappings that wait for an administrator.
    mappings_pending: u64,
    mappings_rejected: u64,
    mappings_ended: u64,
    mappings_paused: u64,
    /// Mappings that follow from the rules as they are then, and are otherwise as before.
    mappings_refreshed: u64,
    entities_created: u64,
    entities_renamed: u64,
    members_added: u64,
    members_removed: u64,
    roles_raised: u64,
    roles_lowered: u64,
    conflicts_opened: u64,
    conflicts_closed: u64,
    /// Removals that are held then and were not before: the users keep what they would lose.
    removals_held: u64,
    /// Removals that are held before and not then.
    removals_let_go: u64,
}

/// How far the application of a plan is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanProgress {
    /// Groups that are up to date with the rules, or in line with the snapshot.
    groups_done: u32,
    groups_total: u32,
    /// Its first entry.
    first_position: u64,
    /// Its last entry so far.
    last_position: u64,
}

impl PlanView {
    /// A plan, and what has become of it.
    pub(super) fn of(plan: &Plan, run: Option<&PlanRun>) -> Self {
        let expires = plan.created.milliseconds() + u64::try_from(PLAN_DURATION.as_millis()).unwrap_or(u64::MAX);
        Self {
            counts: Some(PlanCounts::of(&plan.effect)),
            drift: plan.drift.as_ref().map(DriftView::of),
            hash: Some(plan.hash.clone()),
            position: Some(plan.position.get()),
            created_at: Some(Time(plan.created)),
            expires_at: Some(Time(rolecall_engine::Timestamp::from_milliseconds(expires))),
            ..Self::forgotten(plan.id.uuid(), run)
        }
    }

    /// A plan of which only the record knows.
    pub(super) fn forgotten(id: Uuid, run: Option<&PlanRun>) -> Self {
        Self {
            id,
            status: run.map_or(PlanStatus::Computed, PlanStatus::of),
            counts: None,
            drift: None,
            progress: run.map(PlanProgress::of),
            hash: None,
            position: None,
            created_at: None,
            expires_at: None,
        }
    }

    /// A plan that changes nothing, and so is applied already.
    pub(super) fn nothing(plan: &Plan) -> Self {
        Self {
            status: PlanStatus::Applied,
            ..Self::of(plan, None)
        }
    }

    /// Whether the plan is still being applied.
    pub(super) fn goes_on(&self) -> bool {
        self.status == PlanStatus::Applying
    }
}

impl PlanStatus {
    fn of(run: &PlanRun) -> Self {
        match run.ended {
            None => Self::Applying,
            Some(PlanEnd::Finished) => Self::Applied,
            Some(PlanEnd::Stopped) => Self::Stopped,
        }
    }
}

impl PlanProgress {
    fn of(run: &PlanRun) -> Self {
        Self {
            groups_done: run.groups_done() + run.drift_done,
            groups_total: run.groups + run.drift,
            first_position: run.started.position.get(),
            last_position: run.stepped.position.get(),
        }
    }
}

impl PlanCounts {
    fn of(effect: &PlanEffect) -> Self {
        let mappings = |words: &[&str]| count(effect.mappings.iter().filter(|mapping| words.contains(&mapping.word())));
        let users = |raised: bool| {
            let roles = effect.roles.iter().filter(|role| role.raised == raised);
            roles.map(|role| role.users.len()).sum()
        };
        Self {
            rules_created: effect.rules.created,
            rules_changed: effect.rules.changed,
            rules_deleted: effect.rules.deleted,
            examples_changed: effect.examples,
            settings_changed: effect.settings,
            exceptions_set: effect.exceptions.set,
            exceptions_removed: effect.exceptions.removed,
            groups_decided: effect.groups_decided,
            groups_created: count(effect.groups.iter().filter(|group| group.is_new())),
            groups_deleted: count(effect.groups.iter().filter(|group| group.deleted)),
            group_members_added: effect.groups.iter().map(|group| group.added.len()).sum(),
            group_members_removed: effect.groups.iter().map(|group| group.removed.len()).sum(),
            mappings_approved: mappings(&["approved", "auto_approved"]),
            mappings_pending: mappings(&["pending"]),
            mappings_rejected: mappings(&["rejected"]),
            mappings_ended: mappings(&["ended"]),
            mappings_paused: mappings(&["paused"]),
            mappings_refreshed: mappings(&["refreshed"]),
            entities_created: count(effect.entities.iter().filter(|entity| entity.from.is_none())),
            entities_renamed: count(effect.entities.iter().filter(|entity| entity.from.is_some())),
            members_added: effect.members.iter().map(|members| members.added.len()).sum(),
            members_removed: effect.members.iter().map(|members| members.removed.len()).sum(),
            roles_raised: users(true),
            roles_lowered: users(false),
            conflicts_opened: effect.conflicts.iter().map(|conflict| conflict.opened.len()).sum(),
            conflicts_closed: effect.conflicts.iter().map(|conflict| conflict.closed.len()).sum(),
            removals_held: effect
                .holds
                .iter()
                .map(|hold| hold.after.saturating_sub(hold.before))
                .sum(),
            removals_let_go: effect
                .holds
                .iter()
                .map(|hold| hold.before.saturating_sub(hold.after))
                .sum(),
        }
    }
}

fn count(items: impl Iterator) -> u64 {
    items.count() as u64
}
