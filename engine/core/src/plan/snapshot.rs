//! Comparing what a provider says that it has with what is here.
//!
//! The snapshot is told line by line and never held whole: of each group only the set of its users is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rolecall_rules::NameKey;

use crate::admit::check_name;
use crate::id::{GroupId, GroupIndex, UserId, UserIndex};
use crate::limits::{
    GROUPS_MAX, SNAPSHOT_ITEMS_SHOWN_MAX, SNAPSHOT_MEMBERS_MAX, SNAPSHOT_NAME_CHARACTERS_SHOWN_MAX,
    SNAPSHOT_PROBLEMS_MAX,
};
use crate::plan::{GroupDrift, GroupName};
use crate::rejection::Rejection;
use crate::state::{Group, State, User};
use crate::user_set::UserSet;

/// Where something stands in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1.
    Line(u64),
    /// A group of a list, from 0.
    Group(u64),
    /// A member of a group of a list.
    Member(u64, u64),
}

/// Something that is wrong with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each text says it")]
pub enum SnapshotProblem {
    #[error("a group takes a name or an external id")]
    GroupUnnamed,
    #[error("no group here has this external id; give its name, too, so that it can be created")]
    NewGroupUnnamed,
    #[error("several groups here have this external id; give the name, too")]
    GroupAmbiguous,
    #[error("a member takes a user name, an external id or an id")]
    UserUnnamed,
    #[error("several users here have this external id; give the user name, too")]
    UserAmbiguous,
    #[error("{0}")]
    Name(Rejection),
    #[error("{0}")]
    Form(String),
}

/// All that is wrong with a snapshot: the first ones, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotProblems {
    first: Vec<(Place, SnapshotProblem)>,
    total: u64,
}

/// How a snapshot and what is here differ, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftReport {
    /// Members that the snapshot lists, each as often as it does.
    pub members_read: u64,
    /// Those that it lists more than once.
    pub members_repeated: u64,
    /// Groups that are the same on both sides.
    pub groups_equal: u64,
    /// Groups that are missing here.
    pub groups_missing: u64,
    /// Groups with other members.
    pub groups_different: u64,
    /// Groups that the snapshot lacks.
    pub groups_surplus: u64,
    /// The first of them.
    pub surplus: Vec<GroupName>,
    /// Groups that have another name here.
    pub groups_renamed: u64,
    /// The first of them.
    pub renamed: Vec<RenamedGroup>,
    /// Memberships that are missing here, those of missing groups included.
    pub members_missing: u64,
    /// Memberships that the snapshot lacks, in groups that it has.
    pub members_extra: u64,
    /// Members that name no user here. They are never created.
    pub users_unknown: u64,
    /// The first of them.
    pub unknown: Vec<UnknownMember>,
    /// Users of the snapshot who are not active here.
    pub users_inactive: u64,
}

/// A member of a snapshot that is nobody here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMember {
    /// Where it stands.
    pub place: Place,
    /// What the snapshot calls it, or as much of that as is shown.
    pub name: String,
}

/// A group that a snapshot calls otherwise than it is called here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedGroup {
    /// Where it stands first.
    pub place: Place,
    /// The group.
    pub group: GroupName,
    /// What the snapshot calls it, or as much of that as is shown.
    pub given: String,
}

/// A group of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Here(GroupIndex),
    Missing(NameKey),
}

/// A group that members can be told of.
#[derive(Clone, Debug)]
pub struct SnapshotGroup(Side);

/// What is known of a group of the snapshot.
#[derive(Default)]
struct Wanted {
    display_name: String,
    external_id: Option<String>,
    members: UserSet,
}

/// A member, as a snapshot names it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnapshotMember<'a> {
    /// The id of the user here.
    pub id: Option<&'a str>,
    /// Its name, compared by its key.
    pub user_name: Option<&'a str>,
    /// Its external id, compared exactly; asked only where the name finds nobody.
    pub external_id: Option<&'a str>,
}

/// A comparison on its way.
pub struct Reconciliation<'a> {
    state: &'a State,
    groups: BTreeMap<Side, Wanted>,
    report: DriftReport,
    problems: SnapshotProblems,
}

impl<'a> Reconciliation<'a> {
    /// Begins to compare with this state.
    pub fn new(state: &'a State) -> Self {
        Self {
            state,
            groups: BTreeMap::new(),
            report: DriftReport::default(),
            problems: SnapshotProblems::default(),
        }
    }

    /// Notes that something is wrong with the form of the snapshot.
    pub fn problem(&mut self, place: Place, problem: SnapshotProblem) {
        self.problems.add(place, problem);
    }

    /// A group of the snapshot, with or without members. `None`: it cannot be told which, and that is a problem.
    pub fn group(&mut self, place: Place, name: Option<&str>, external_id: Option<&str>) -> Option<SnapshotGroup> {
        match self.side(name, external_id) {
            Ok(side) => {
                if !self.groups.contains_key(&side) {
                    self.note_rename(place, &side, name);
                    self.groups.insert(side.clone(), Wanted::of(name, external_id));
                }
                Some(SnapshotGroup(side))
            }
            Err(problem) => {
                self.problems.add(place, problem);
                None
            }
        }
    }

    /// A member of a group.
    pub fn member(&mut self, place: Place, group: &SnapshotGroup, member: SnapshotMember<'_>) {
        self.report.members_read += 1;
        let user = match self.user(member) {
            Ok(user) => user,
            Err(problem) => return self.problems.add(place, problem),
        };
        let Some(user) = user else {
            self.report.users_unknown += 1;
            if self.report.unknown.len() < SNAPSHOT_ITEMS_SHOWN_MAX {
                let name = shown(member.name());
                self.report.unknown.push(UnknownMember { place, name });
            }
            return;
        };
        let wanted = self.groups.entry(group.0.clone()).or_default();
        if !wanted.members.insert(user) {
            self.report.members_repeated += 1;
        }
    }

    /// Whether the snapshot names no group at all, and nothing is wrong with it otherwise.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.problems.total == 0
    }

    /// The differences, as far as a plan brings them into line, and a report of all of them.
    ///
    /// # Errors
    /// When anything is wrong with the snapshot: all of it is told at once.
    pub fn finish(mut self, delete_missing: bool) -> Result<(Vec<GroupDrift>, DriftReport), Rejection> {
        if self.report.members_read > SNAPSHOT_MEMBERS_MAX {
            return Err(Rejection::TooLong {
                attribute: "members",
                limit: usize::try_from(SNAPSHOT_MEMBERS_MAX).unwrap_or(usize::MAX),
                unit: "rows",
            });
        }
        if self.problems.total > 0 {
            return Err(Rejection::Snapshot(self.problems));
        }
        let mut users = UserSet::default();
        let mut drift = Vec::new();
        for (side, wanted) in std::mem::take(&mut self.groups) {
            users.extend(&wanted.members);
            drift.extend(self.compare(side.clone(), wanted));
            if let Side::Here(group) = side {
                self.groups.insert(Side::Here(group), Wanted::default());
            }
        }
        let mut users = users.iter().map(|user| self.state.user_at(user));
        self.report.users_inactive = users.by_ref().filter(|user| !user.active).count() as u64;
        let surplus = self.surplus();
        if delete_missing {
            drift.extend(surplus.into_iter().map(|group| GroupDrift::Surplus { group }));
        }
        let groups = self.state.table_lengths().1 as usize;
        if groups + usize::try_from(self.report.groups_missing).unwrap_or(usize::MAX) > GROUPS_MAX {
            let (what, limit) = ("groups", GROUPS_MAX);
            return Err(Rejection::LimitReached { what, limit });
        }
        Ok((drift, self.report))
    }

    /// The name decides; the external id is asked where there is none, or none here has it.
    fn side(&self, given: Option<&str>, external_id: Option<&str>) -> Result<Side, SnapshotProblem> {
        let given = given.filter(|name| !name.trim().is_empty());
        let external_id = external_id.filter(|external_id| !external_id.is_empty());
        if given.is_none() && external_id.is_none() {
            return Err(SnapshotProblem::GroupUnnamed);
        }
        if let Some(group) = given.and_then(|name| self.state.group_by_name(name)) {
            return Ok(Side::Here(group.index));
        }
        let mut alike = external_id
            .into_iter()
            .flat_map(|external_id| self.state.groups_by_external_id(external_id));
        match (alike.next(), alike.next(), given) {
            (Some(group), None, _) => Ok(Side::Here(group.index)),
            (Some(_), Some(_), _) => Err(SnapshotProblem::GroupAmbiguous),
            (None, _, None) => Err(SnapshotProblem::NewGroupUnnamed),
            (None, _, Some(given)) => {
                check_name("displayName", given).map_err(SnapshotProblem::Name)?;
                external_id
                    .map_or(Ok(()), |external_id| check_name("externalId", external_id))
                    .map_err(SnapshotProblem::Name)?;
                Ok(Side::Missing(NameKey::of(given)))
            }
        }
    }

    fn note_rename(&mut self, place: Place, side: &Side, given: Option<&str>) {
        let (Side::Here(group), Some(given)) = (side, given) else {
            return;
        };
        let group = self.state.group_at(*group);
        if group.display_name == given || given.trim().is_empty() {
            return;
        }
        self.report.groups_renamed += 1;
        if self.report.renamed.len() < SNAPSHOT_ITEMS_SHOWN_MAX {
            let (group, given) = (name_of(group), shown(given));
            self.report.renamed.push(RenamedGroup { place, group, given });
        }
    }

    fn user(&self, member: SnapshotMember<'_>) -> Result<Option<UserIndex>, SnapshotProblem> {
        let given = |text: Option<&'_ str>| text.is_some_and(|text| !text.trim().is_empty());
        if !given(member.id) && !given(member.user_name) && !given(member.external_id) {
            return Err(SnapshotProblem::UserUnnamed);
        }
        let by_id = |id: &str| self.state.user(id.parse::<UserId>().ok()?);
        let by_name = |name: &str| self.state.user_by_name(name);
        let found = member.id.and_then(by_id).or_else(|| member.user_name.and_then(by_name));
        if let Some(user) = found {
            return Ok(Some(user.index));
        }
        let external_id = member.external_id.filter(|external_id| !external_id.is_empty());
        let mut alike = external_id
            .into_iter()
            .flat_map(|external_id| self.state.users_by_external_id(external_id));
        match (alike.next(), alike.next()) {
            (Some(_), Some(_)) => Err(SnapshotProblem::UserAmbiguous),
            (found, _) => Ok(found.map(|user: &User| user.index)),
        }
    }

    fn compare(&mut self, side: Side, wanted: Wanted) -> Option<GroupDrift> {
        let group = match side {
            Side::Missing(_) => {
                self.report.groups_missing += 1;
                self.report.members_missing += wanted.members.len();
                return Some(GroupDrift::Missing {
                    display_name: wanted.display_name,
                    external_id: wanted.external_id,
                    members: wanted.members,
                });
            }
            Side::Here(group) => self.state.group_at(group),
        };
        let (mut added, mut removed) = (wanted.members.clone(), group.members.clone());
        added.subtract(&group.members);
        removed.subtract(&wanted.members);
        if added.is_empty() && removed.is_empty() {
            self.report.groups_equal += 1;
            return None;
        }
        self.report.groups_different += 1;
        self.report.members_missing += added.len();
        self.report.members_extra += removed.len();
        let group = group.id;
        Some(GroupDrift::Differs { group, added, removed })
    }

    /// The groups here that the snapshot lacks.
    fn surplus(&mut self) -> Vec<GroupId> {
        let listed: BTreeSet<GroupIndex> = self.groups.keys().filter_map(Side::here).collect();
        let groups = self.state.groups_from(GroupIndex::from(0));
        let surplus = groups.filter(|group: &&Group| !listed.contains(&group.index));
        let surplus: Vec<&Group> = surplus.collect();
        self.report.groups_surplus = surplus.len() as u64;
        let first = surplus.iter().take(SNAPSHOT_ITEMS_SHOWN_MAX);
        self.report.surplus = first.map(|group| name_of(group)).collect();
        surplus.into_iter().map(|group| group.id).collect()
    }
}

fn name_of(group: &Group) -> GroupName {
    GroupName {
        display_name: group.display_name.clone(),
        group: Some(group.id),
    }
}

/// As much of a name as a report shows: in a snapshot it may be of any length.
fn shown(name: &str) -> String {
    name.chars().take(SNAPSHOT_NAME_CHARACTERS_SHOWN_MAX).collect()
}

impl Wanted {
    fn of(given: Option<&str>, external_id: Option<&str>) -> Self {
        Self {
            display_name: given.unwrap_or_default().to_owned(),
            external_id: external_id.filter(|id| !id.is_empty()).map(str::to_owned),
            members: UserSet::default(),
        }
    }
}

impl<'a> SnapshotMember<'a> {
    /// What to call it: by its user name, or by what else there is.
    fn name(&self) -> &'a str {
        let given = [self.user_name, self.external_id, self.id].into_iter().flatten();
        given
            .into_iter()
            .find(|name| !name.trim().is_empty())
            .unwrap_or_default()
    }
}

impl Side {
    fn here(&self) -> Option<GroupIndex> {
        match self {
            Self::Here(group) => Some(*group),
            Self::Missing(_) => None,
        }
    }
}

impl SnapshotProblems {
    /// The first of them, each with its place.
    pub fn iter(&self) -> impl Iterator<Item = &(Place, SnapshotProblem)> {
        self.first.iter()
    }

    /// How many more there are.
    pub fn left_out(&self) -> usize {
        usize::try_from(self.total).unwrap_or(usize::MAX) - self.first.len()
    }

    fn add(&mut self, place: Place, problem: SnapshotProblem) {
        self.total += 1;
        if self.first.len() < SNAPSHOT_PROBLEMS_MAX {
            self.first.push((place, problem));
        }
    }
}

impl fmt::Display for SnapshotProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (place, problem)) in self.first.iter().take(3).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{place}: {problem}")?;
        }
        let more = self.total.saturating_sub(3);
        if more > 0 {
            write!(f, "; and {more} more")
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Group(group) => write!(f, "groups[{group}]"),
            Self::Member(group, member) => write!(f, "groups[{group}].members[{member}]"),
        }
    }
}
