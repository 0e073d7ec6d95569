//! How a snapshot of the provider differs from what is here, in JSON.

use rolecall_engine::plan::{DriftReport, RenamedGroup, UnknownMember};
use serde::Serialize;
use utoipa::ToSchema;

use super::reference::GroupRef;

/// How a snapshot differs. The changes of the plan say what is brought into line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftView {
    /// Members that the snapshot lists.
    members_read: u64,
    /// Those that it lists more than once; they count once.
    members_repeated: u64,
    /// Groups that are the same on both sides.
    groups_equal: u64,
    /// Groups that are missing here. Applying the plan creates them.
    groups_missing: u64,
    /// Groups with other members.
    groups_different: u64,
    /// Groups here that the snapshot lacks. Applying the plan deletes them only with `delete_missing_groups=true`.
    groups_surplus: u64,
    /// The first of them.
    surplus_groups: Vec<GroupRef>,
    /// Groups that have another name, or another spelling of it, here. They keep it.
    groups_renamed: u64,
    /// The first of them.
    renamed_groups: Vec<RenamedGroupView>,
    /// Memberships that are missing here.
    members_missing: u64,
    /// Memberships that the snapshot lacks, in groups that it has.
    members_extra: u64,
    /// Members that name no user here. They are left out: users come from the provider alone.
    users_unknown: u64,
    /// The first of them.
    unknown_users: Vec<UnknownUserView>,
    /// Users of the snapshot who are not active here; their memberships count all the same.
    users_inactive: u64,
}

/// A member of the snapshot that is nobody here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnknownUserView {
    /// Where in the snapshot it stands.
    #[schema(example = "line 7")]
    place: String,
    /// What the snapshot calls it, by at most 256 characters: its user name, else its external id or id.
    name: String,
}

/// A group that the snapshot calls otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RenamedGroupView {
    /// Where in the snapshot it stands first.
    #[schema(example = "line 7")]
    place: String,
    /// What the snapshot calls it, by at most 256 characters.
    given: String,
    /// The group with its name here.
    group: GroupRef,
}

impl DriftView {
    /// The report in JSON.
    pub(super) fn of(report: &DriftReport) -> Self {
        Self {
            members_read: report.members_read,
            members_repeated: report.members_repeated,
            groups_equal: report.groups_equal,
            groups_missing: report.groups_missing,
            groups_different: report.groups_different,
            groups_surplus: report.groups_surplus,
            surplus_groups: report.surplus.iter().map(GroupRef::planned).collect(),
            groups_renamed: report.groups_renamed,
            renamed_groups: report.renamed.iter().map(RenamedGroupView::of).collect(),
            members_missing: report.members_missing,
            members_extra: report.members_extra,
            users_unknown: report.users_unknown,
            unknown_users: report.unknown.iter().map(UnknownUserView::of).collect(),
            users_inactive: report.users_inactive,
        }
    }
}

impl UnknownUserView {
    fn of(member: &UnknownMember) -> Self {
        Self {
            place: member.place.to_string(),
            name: member.name.clone(),
        }
    }
}

impl RenamedGroupView {
    fn of(renamed: &RenamedGroup) -> Self {
        Self {
            place: renamed.place.to_string(),
            given: renamed.given.clone(),
            group: GroupRef::planned(&renamed.group),
        }
    }
}
