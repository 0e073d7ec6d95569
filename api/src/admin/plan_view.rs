//! A plan in JSON: its counts, its progress, and its changes one by one.

use rolecall_engine::plan::{ConflictEffect, EntityName, GroupEffect, MembersEffect, PlanEffect, RoleEffect};
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::{PlanEnd, PlanRun, State};
use rolecall_engine::{EntityId, GroupId, MappingId, UserIndex, UserSet};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::drift_view::DriftView;
use super::rule_body::TypeWord;
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

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeKind {
    /// A group is created.
    GroupCreated,
    /// A group is deleted.
    GroupDeleted,
    /// A user becomes a member of a group.
    GroupMemberAdded,
    /// A user is no longer a member of a group.
    GroupMemberRemoved,
    /// A mapping comes or changes.
    Mapping,
    /// An entity is created or renamed.
    Entity,
    /// A user joins an entity.
    MemberAdded,
    /// A user leaves an entity.
    MemberRemoved,
    /// The role of a user changes.
    Role,
    /// A conflict opens.
    ConflictOpened,
    /// A conflict closes.
    ConflictClosed,
}

/// One change of a plan. Which fields it has depends on its kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlannedChangeView {
    kind: ChangeKind,
    /// The user who joins, leaves, has another role or a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    /// The entity that a mapping is for, that is created or renamed, or that the user joins or leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<PlannedEntity>,
    /// The entities that claim the user, of a conflict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claimed: Vec<PlannedEntity>,
    /// The mapping; a new one has no id yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_id: Option<Uuid>,
    /// The group, or the group of the mapping; a new one has no id yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<Uuid>,
    /// The name of the group, of changes of groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// What becomes of the mapping: its new status, `paused` or `refreshed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Why the mapping waits or ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The name of the rule that the mapping follows from then.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// The role, the status of the mapping, or the name of the entity before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The role then.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// An entity, which may be one that the plan creates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlannedEntity {
    /// `null`: it is not there yet.
    id: Option<Uuid>,
    r#type: TypeWord,
    name: Option<String>,
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
            groups_created: count(effect.groups.iter().filter(|group| group.group.is_none())),
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
        }
    }
}

fn count(items: impl Iterator) -> u64 {
    items.count() as u64
}

/// One change, before it is written out: a plan may have millions.
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    Group(ChangeKind, &'a GroupEffect),
    GroupMember(ChangeKind, &'a GroupEffect, UserIndex),
    Mapping(&'a rolecall_engine::plan::MappingEffect),
    Entity(&'a rolecall_engine::plan::EntityEffect),
    Member(ChangeKind, &'a MembersEffect, UserIndex),
    Role(&'a RoleEffect, UserIndex),
    Conflict(ChangeKind, &'a ConflictEffect, UserIndex),
}

impl<'a> Change<'a> {
    /// All changes of a plan, in order.
    pub(super) fn all(effect: &'a PlanEffect) -> impl Iterator<Item = Self> {
        let added = |members: &'a MembersEffect| {
            let users = members.added.iter();
            users.map(move |user| Self::Member(ChangeKind::MemberAdded, members, user))
        };
        let removed = |members: &'a MembersEffect| {
            let users = members.removed.iter();
            users.map(move |user| Self::Member(ChangeKind::MemberRemoved, members, user))
        };
        let roles = |role: &'a RoleEffect| role.users.iter().map(move |user| Self::Role(role, user));
        let opened = |conflict: &'a ConflictEffect| {
            let users = conflict.opened.iter();
            users.map(move |user| Self::Conflict(ChangeKind::ConflictOpened, conflict, user))
        };
        let closed = |conflict: &'a ConflictEffect| {
            let users = conflict.closed.iter();
            users.map(move |user| Self::Conflict(ChangeKind::ConflictClosed, conflict, user))
        };
        let entities = effect.entities.iter().map(Self::Entity);
        let mappings = effect.mappings.iter().map(Self::Mapping);
        let members = effect.members.iter();
        let members = members.flat_map(move |members| added(members).chain(removed(members)));
        let conflicts = effect.conflicts.iter();
        let conflicts = conflicts.flat_map(move |conflict| opened(conflict).chain(closed(conflict)));
        let roles = effect.roles.iter().flat_map(roles);
        let groups = effect.groups.iter().flat_map(Self::of_group);
        groups
            .chain(entities)
            .chain(mappings)
            .chain(members)
            .chain(roles)
            .chain(conflicts)
    }

    fn of_group(group: &'a GroupEffect) -> impl Iterator<Item = Self> {
        let created = group.group.is_none().then_some(ChangeKind::GroupCreated);
        let deleted = group.deleted.then_some(ChangeKind::GroupDeleted);
        let itself = created.or(deleted).map(|kind| Self::Group(kind, group));
        let members = |users: &'a UserSet, kind| users.iter().map(move |user| Self::GroupMember(kind, group, user));
        let added = members(&group.added, ChangeKind::GroupMemberAdded);
        itself
            .into_iter()
            .chain(added)
            .chain(members(&group.removed, ChangeKind::GroupMemberRemoved))
    }

    /// What kind of change it is.
    pub(super) fn kind(self) -> ChangeKind {
        match self {
            Self::Mapping(_) => ChangeKind::Mapping,
            Self::Entity(_) => ChangeKind::Entity,
            Self::Group(kind, _) | Self::GroupMember(kind, ..) | Self::Member(kind, ..) | Self::Conflict(kind, ..) => {
                kind
            }
            Self::Role(..) => ChangeKind::Role,
        }
    }

    /// The change written out, by a state that knows its users.
    pub(super) fn view(self, state: &State) -> PlannedChangeView {
        let user = |user: UserIndex| Some(state.user_at(user).id.uuid());
        let blank = PlannedChangeView::blank(self.kind());
        let of_group = |group: &GroupEffect| (group.group.map(GroupId::uuid), Some(group.display_name.clone()));
        match self {
            Self::Group(_, effect) => {
                let (group_id, group) = of_group(effect);
                PlannedChangeView {
                    group_id,
                    group,
                    ..blank
                }
            }
            Self::GroupMember(_, effect, index) => {
                let (group_id, group) = of_group(effect);
                PlannedChangeView {
                    user_id: user(index),
                    group_id,
                    group,
                    ..blank
                }
            }
            Self::Mapping(mapping) => PlannedChangeView {
                entity: Some(PlannedEntity::of(&mapping.entity)),
                mapping_id: mapping.mapping.map(MappingId::uuid),
                group_id: Some(mapping.group.uuid()),
                outcome: Some(mapping.word()),
                reason: mapping.to.reason(),
                rule: mapping.rule.clone(),
                from: mapping.from.map(|from| from.as_str().to_owned()),
                to: None,
                ..blank
            },
            Self::Entity(entity) => PlannedChangeView {
                entity: Some(PlannedEntity::of(&entity.entity)),
                from: entity.from.clone(),
                ..blank
            },
            Self::Member(_, members, index) => PlannedChangeView {
                user_id: user(index),
                entity: Some(PlannedEntity::of(&members.entity)),
                ..blank
            },
            Self::Role(role, index) => PlannedChangeView {
                user_id: user(index),
                from: role.from.as_ref().map(RoleName::to_string),
                to: role.to.as_ref().map(RoleName::to_string),
                ..blank
            },
            Self::Conflict(_, conflict, index) => PlannedChangeView {
                user_id: user(index),
                claimed: conflict.claimed.iter().map(PlannedEntity::of).collect(),
                ..blank
            },
        }
    }
}

impl PlannedChangeView {
    fn blank(kind: ChangeKind) -> Self {
        Self {
            kind,
            user_id: None,
            entity: None,
            claimed: Vec::new(),
            mapping_id: None,
            group_id: None,
            group: None,
            outcome: None,
            reason: None,
            rule: None,
            from: None,
            to: None,
        }
    }
}

impl PlannedEntity {
    fn of(entity: &EntityName) -> Self {
        Self {
            id: entity.entity.map(EntityId::uuid),
            r#type: entity.entity_type.into(),
            name: entity.name.clone(),
        }
    }
}
