//! How a snapshot of the provider differs from what is here, in JSON.

use rolecall_engine::plan::DriftReport;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

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
    surplus_group_ids: Vec<Uuid>,
    /// Groups that have another name, or another spelling of it, here. They keep it.
    groups_renamed: u64,
    /// Memberships that are missing here.
    members_missing: u64,
    /// Memberships that the snapshot lacks, in groups that it has.
    members_extra: u64,
    /// Members that name no user here. They are left out: users come from the provider alone.
    users_unknown: u64,
    /// Where in the snapshot the first of them stand.
    #[schema(example = json!(["line 7"]))]
    unknown_places: Vec<String>,
    /// Users of the snapshot who are not active here; their memberships count all the same.
    users_inactive: u64,
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
            surplus_group_ids: report.surplus.iter().map(|group| group.uuid()).collect(),
            groups_renamed: report.groups_renamed,
            members_missing: report.members_missing,
            members_extra: report.members_extra,
            users_unknown: report.users_unknown,
            unknown_places: report.unknown.iter().map(ToString::to_string).collect(),
            users_inactive: report.users_inactive,
        }
    }
}
