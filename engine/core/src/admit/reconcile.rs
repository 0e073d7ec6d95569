//! Bringing groups into line with a snapshot of the provider, a bounded number of them in one entry.
//!
//! The record may have moved since the plan began, so what a group lacks is looked at again when its turn comes.

use super::check_limit;
use crate::fact::{Fact, GroupAttributes};
use crate::id::{GroupId, NewIds};
use crate::limits::{GROUPS_MAX, PLAN_STEP_GROUPS_MAX, PLAN_STEP_MEMBERS_MAX};
use crate::plan::GroupDrift;
use crate::rejection::Rejection;
use crate::state::{PlanRun, State};
use crate::user_set::UserSet;

/// What a plan keeps of the groups that it is to bring into line.
pub(super) fn plan(state: &State, drift: &[GroupDrift]) -> Result<Option<Fact>, Rejection> {
    if drift.is_empty() {
        return Ok(None);
    }
    if !state.settings().group_provisioning {
        return Err(Rejection::GroupProvisioningOff);
    }
    let groups = drift.to_vec();
    Ok(Some(Fact::DriftPlanned { groups }))
}

/// The next groups; `None` when there is none left.
pub(super) fn step(state: &State, run: &PlanRun, ids: &mut NewIds) -> Option<Vec<Fact>> {
    let mut rest = (0u32..).zip(state.drift()).skip(run.drift_done as usize).peekable();
    rest.peek()?;
    let (mut facts, mut to, mut members) = (Vec::new(), run.drift_done, 0);
    for (place, drift) in rest {
        members += work(state, drift);
        let groups = u64::from(place - run.drift_done);
        if to > run.drift_done && (groups >= PLAN_STEP_GROUPS_MAX || members > PLAN_STEP_MEMBERS_MAX) {
            break;
        }
        facts.extend(of_group(state, drift, ids));
        to = place + 1;
    }
    let plan = run.plan;
    facts.push(Fact::DriftReconciled { plan, to });
    Some(facts)
}

fn work(state: &State, drift: &GroupDrift) -> u64 {
    match drift {
        GroupDrift::Missing { members, .. } => members.len(),
        GroupDrift::Differs { added, removed, .. } => added.len() + removed.len(),
        GroupDrift::Surplus { group } => state.group(*group).map_or(0, |group| group.members.len()),
    }
}

fn of_group(state: &State, drift: &GroupDrift, ids: &mut NewIds) -> Vec<Fact> {
    match drift {
        GroupDrift::Missing {
            display_name,
            external_id,
            members,
        } => match state.group_by_name(display_name) {
            Some(group) => members_changed(state, group.id, members, &UserSet::default()),
            None => created(state, display_name, external_id.clone(), members, ids),
        },
        GroupDrift::Differs { group, added, removed } => members_changed(state, *group, added, removed),
        GroupDrift::Surplus { group } => {
            let live = state.group(*group).map(|group| group.id);
            live.map(|group| Fact::GroupDeleted { group }).into_iter().collect()
        }
    }
}

fn created(
    state: &State,
    display_name: &str,
    external_id: Option<String>,
    members: &UserSet,
    ids: &mut NewIds,
) -> Vec<Fact> {
    let attributes = GroupAttributes {
        external_id,
        roles: Vec::new(),
        extensions: "{}".to_owned(),
    };
    let display_name = display_name.to_owned();
    let (group, first) = match state.deleted_group_by_name(&display_name) {
        Some(deleted) => {
            let group = deleted.id;
            let restored = Fact::GroupRestored {
                group,
                display_name,
                attributes,
            };
            (group, restored)
        }
        None if check_limit("groups", state.table_lengths().1 as usize, GROUPS_MAX).is_ok() => {
            let group = GroupId::new(ids.draw());
            let created = Fact::GroupCreated {
                group,
                display_name,
                attributes,
            };
            (group, created)
        }
        None => return Vec::new(),
    };
    let users = live(state, members);
    let added = (!users.is_empty()).then_some(Fact::MembersAdded { group, users });
    [first].into_iter().chain(added).collect()
}

fn members_changed(state: &State, group: GroupId, added: &UserSet, removed: &UserSet) -> Vec<Fact> {
    let Some(row) = state.group(group) else {
        return Vec::new();
    };
    let mut added = live(state, added);
    added.subtract(&row.members);
    let removed = removed.intersection(&row.members);
    let removed = (!removed.is_empty()).then_some(Fact::MembersRemoved { group, users: removed });
    let added = (!added.is_empty()).then_some(Fact::MembersAdded { group, users: added });
    removed.into_iter().chain(added).collect()
}

/// Those of the users who are not deleted.
fn live(state: &State, users: &UserSet) -> UserSet {
    users.iter().filter(|user| !state.user_at(*user).deleted).collect()
}
