//! The changes of a plan one by one. There may be millions, so a page begins where the one before it ended, and nothing before
//! that is gone through again.

use std::fmt;
use std::str::FromStr;

use axum::Json;
use rolecall_engine::plan::PlanEffect;
use rolecall_engine::{PlanId, State, UserIndex, UserSet};
use serde::Deserialize;
use utoipa::IntoParams;

use super::described::PageLimit;
use super::id::Id;
use super::page::{self, Page};
use super::planned_change::{ChangeKind, PlannedChangeView};
use super::query::Query;
use crate::auth::{Caller, Viewer};
use crate::error::ApiError;
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};

/// What a change in a list takes.
const STEPS_PER_CHANGE: u64 = 2;
/// Rows of an effect without a change of the wanted kind that are passed in one step, at least.
const ROWS_PER_STEP: usize = 16;

/// The kinds of changes that the rows of each list of an effect have, in the order in which they are listed.
const SECTIONS: [&[ChangeKind]; 7] = [
    &[
        ChangeKind::GroupCreated,
        ChangeKind::GroupDeleted,
        ChangeKind::GroupMemberAdded,
        ChangeKind::GroupMemberRemoved,
    ],
    &[ChangeKind::Entity],
    &[ChangeKind::Mapping],
    &[ChangeKind::MemberAdded, ChangeKind::MemberRemoved],
    &[ChangeKind::Role],
    &[ChangeKind::ConflictOpened, ChangeKind::ConflictClosed],
    &[ChangeKind::Held],
];

/// Which changes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(pattern = "^[0-9]{1,2}\\.[0-9]{1,9}(\\.[0-9]{1,9})?$")]
    after: Option<String>,
    /// Only changes of this kind.
    #[param(inline)]
    kind: Option<ChangeKind>,
}

/// Where a change stands in the effect of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What kind of change it is, and so in which list of the effect it stands.
    pub(super) kind: ChangeKind,
    /// The row of that list.
    pub(super) row: usize,
    /// The user, of a change of users.
    pub(super) user: Option<UserIndex>,
}

/// What changes of one kind a row of an effect has.
enum Changes<'a> {
    None,
    One,
    OfUsers(&'a UserSet),
}

/// List the changes of a plan one by one.
#[utoipa::path(get, path = "/v1/organizations/{organization}/plans/{plan}/changes", tag = "plans", operation_id = "changes",
    params(("organization" = Uuid, Path), ("plan" = Uuid, Path), ChangesQuery), responses(
    (status = 200, description = "Changes: of entities, mappings, members, roles, conflicts and holds", body = Page<PlannedChangeView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Id(plan): Id<PlanId>,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<Page<PlannedChangeView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let after: Option<Place> = query.after.as_deref().map(str::parse).transpose()?;
    let kept = caller.organization.plans().get(plan);
    let plan = kept.ok_or_else(|| gone(&state, plan))?;
    if after.is_some_and(|after| !after.is_in(&plan.effect)) {
        return Err(no_place().into());
    }
    let passed = query.kind.map_or(0, |kind| rows(&plan.effect, kind) / ROWS_PER_STEP);
    let steps = page::steps(limit, STEPS_PER_CHANGE) + passed as u64;
    let page = move || {
        let places = places_after(&plan.effect, after, query.kind);
        let views = places.filter_map(|place| Some((place, PlannedChangeView::of(&plan.effect, place, &state)?)));
        Page::of(views, limit, |(place, _)| place.to_string(), |(_, view)| view)
    };
    Ok(Json(aside::run(caller.organization.long_works(), steps, page).await?))
}

/// Why there are no changes of a plan that is not kept.
fn gone(state: &State, plan: PlanId) -> ApiError {
    let run = state.plan_run().filter(|run| run.plan == plan);
    run.map_or(ApiError::PlanUnknown, |run| ApiError::PlanChangesGone {
        first: run.started.position,
        last: run.stepped.position,
    })
}

/// The places of the changes after this one, in order; of all kinds, or of one.
fn places_after(
    effect: &PlanEffect,
    after: Option<Place>,
    only: Option<ChangeKind>,
) -> impl Iterator<Item = Place> + use<'_> {
    let reached = after.and_then(|after| SECTIONS.iter().position(|kinds| kinds.contains(&after.kind)));
    let of_section = move |kinds: &'static [ChangeKind]| {
        let after = after.filter(|after| kinds.contains(&after.kind));
        let wanted = move |kind: &&ChangeKind| only.is_none_or(|only| only == **kind);
        let end = kinds.iter().find(wanted).map_or(0, |kind| rows(effect, *kind));
        let first = after.map_or(0, |after| after.row);
        (first..end).flat_map(move |row| {
            let after = after.filter(|after| after.row == row);
            let left = kinds
                .iter()
                .filter(move |kind| after.is_none_or(|after| after.kind <= **kind));
            left.filter(wanted).flat_map(move |kind| {
                let after = after.filter(|after| after.kind == *kind);
                in_row(effect, *kind, row, after)
            })
        })
    };
    let sections = SECTIONS.into_iter().skip(reached.unwrap_or(0));
    sections.flat_map(of_section)
}

/// The places of the changes of a kind in a row, behind the one that was reached in it.
fn in_row(
    effect: &PlanEffect,
    kind: ChangeKind,
    row: usize,
    after: Option<Place>,
) -> impl Iterator<Item = Place> + use<'_> {
    let (itself, users) = match changes(effect, kind, row) {
        Changes::None => (false, None),
        Changes::One => (after.is_none(), None),
        Changes::OfUsers(users) => (false, Some(users)),
    };
    let users = users.map(|users| users.iter_after(after.and_then(|after| after.user)));
    let users = users.into_iter().flatten().map(Some);
    let itself = itself.then_some(None);
    itself
        .into_iter()
        .chain(users)
        .map(move |user| Place { kind, row, user })
}

/// How many rows the list has that holds changes of a kind.
fn rows(effect: &PlanEffect, kind: ChangeKind) -> usize {
    match kind {
        ChangeKind::GroupCreated
        | ChangeKind::GroupDeleted
        | ChangeKind::GroupMemberAdded
        | ChangeKind::GroupMemberRemoved => effect.groups.len(),
        ChangeKind::Mapping => effect.mappings.len(),
        ChangeKind::Entity => effect.entities.len(),
        ChangeKind::MemberAdded | ChangeKind::MemberRemoved => effect.members.len(),
        ChangeKind::Role => effect.roles.len(),
        ChangeKind::ConflictOpened | ChangeKind::ConflictClosed => effect.conflicts.len(),
        ChangeKind::Held => effect.holds.len(),
    }
}

fn changes(effect: &PlanEffect, kind: ChangeKind, row: usize) -> Changes<'_> {
    let one = |is: bool| if is { Changes::One } else { Changes::None };
    let found = match kind {
        ChangeKind::GroupCreated => effect.groups.get(row).map(|group| one(group.is_new())),
        ChangeKind::GroupDeleted => effect.groups.get(row).map(|group| one(group.deleted)),
        ChangeKind::GroupMemberAdded => effect.groups.get(row).map(|group| Changes::OfUsers(&group.added)),
        ChangeKind::GroupMemberRemoved => effect.groups.get(row).map(|group| Changes::OfUsers(&group.removed)),
        ChangeKind::Mapping => effect.mappings.get(row).map(|_| Changes::One),
        ChangeKind::Entity => effect.entities.get(row).map(|_| Changes::One),
        ChangeKind::MemberAdded => effect.members.get(row).map(|members| Changes::OfUsers(&members.added)),
        ChangeKind::MemberRemoved => effect
            .members
            .get(row)
            .map(|members| Changes::OfUsers(&members.removed)),
        ChangeKind::Role => effect.roles.get(row).map(|role| Changes::OfUsers(&role.users)),
        ChangeKind::ConflictOpened => effect
            .conflicts
            .get(row)
            .map(|conflict| Changes::OfUsers(&conflict.opened)),
        ChangeKind::ConflictClosed => effect
            .conflicts
            .get(row)
            .map(|conflict| Changes::OfUsers(&conflict.closed)),
        ChangeKind::Held => effect.holds.get(row).map(|_| Changes::One),
    };
    found.unwrap_or(Changes::None)
}

impl Place {
    /// Whether a change of this plan stands there.
    fn is_in(self, effect: &PlanEffect) -> bool {
        match (changes(effect, self.kind, self.row), self.user) {
            (Changes::One, None) => true,
            (Changes::OfUsers(users), Some(user)) => users.contains(user),
            _ => false,
        }
    }
}

fn kinds() -> impl Iterator<Item = ChangeKind> {
    SECTIONS.into_iter().flatten().copied()
}

/// As a cursor: the number of the kind, the row, and the user.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = kinds().take_while(|kind| *kind != self.kind).count();
        write!(f, "{kind}.{}", self.row)?;
        match self.user {
            Some(user) => write!(f, ".{}", u32::from(user)),
            None => Ok(()),
        }
    }
}

impl FromStr for Place {
    type Err = ApiError;

    fn from_str(cursor: &str) -> Result<Self, ApiError> {
        let read = || {
            let mut parts = cursor.splitn(3, '.');
            let kind = kinds().nth(parts.next()?.parse().ok()?)?;
            let row = parts.next()?.parse().ok()?;
            let user = parts.next().map(|user| user.parse::<u32>().map(UserIndex::from));
            let user = user.transpose().ok()?;
            Some(Self { kind, row, user })
        };
        // As it was written, and not `+3` or `03`.
        read().filter(|place| place.to_string() == cursor).ok_or_else(no_place)
    }
}

fn no_place() -> ApiError {
    ApiError::Query {
        reason: "`after` has to be the `next` of the page before".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rolecall_engine::plan::{
        ConflictEffect, EntityEffect, EntityName, GroupEffect, GroupName, HoldEffect, MembersEffect, RoleEffect,
    };
    use rolecall_engine::rules::EntityType;
    use rolecall_engine::{GroupId, Slot};
    use uuid::Uuid;

    use super::*;

    fn users(indexes: &[u32]) -> UserSet {
        indexes.iter().copied().map(UserIndex::from).collect()
    }

    fn team() -> EntityName {
        EntityName {
            entity_type: EntityType::Team,
            name: Some("eng".to_owned()),
            entity: None,
        }
    }

    fn group(group: Option<u128>, deleted: bool, added: &[u32], removed: &[u32]) -> GroupEffect {
        GroupEffect {
            group: GroupName {
                display_name: "eng".to_owned(),
                group: group.map(|id| GroupId::new(Uuid::from_u128(id))),
            },
            deleted,
            added: users(added),
            removed: users(removed),
        }
    }

    /// Some of everything but mappings, and rows without changes of some of their kinds.
    fn effect() -> PlanEffect {
        let members = |added: &[u32], removed: &[u32]| MembersEffect {
            entity: team(),
            added: users(added),
            removed: users(removed),
        };
        let entity = EntityEffect {
            entity: team(),
            from: None,
        };
        let role = RoleEffect {
            from: None,
            to: None,
            raised: true,
            users: users(&[4, 5]),
        };
        let conflict = ConflictEffect {
            slot: Slot::ConcurrencyGroup,
            claimed: vec![team()],
            opened: users(&[]),
            closed: users(&[6, 100_000]),
        };
        let hold = HoldEffect {
            kind: "organization",
            entity: None,
            group: None,
            before: 0,
            after: 3,
        };
        PlanEffect {
            groups: vec![group(None, false, &[1, 2], &[]), group(Some(7), true, &[], &[3])],
            entities: vec![entity.clone(), entity],
            members: vec![members(&[], &[8]), members(&[70_000, 70_001], &[0, 9])],
            roles: vec![role],
            conflicts: vec![conflict],
            holds: vec![hold],
            ..PlanEffect::default()
        }
    }

    fn all(effect: &PlanEffect, only: Option<ChangeKind>) -> Vec<Place> {
        places_after(effect, None, only).collect()
    }

    #[test]
    fn every_change_has_one_place_in_the_order_of_the_effect() {
        use ChangeKind as Kind;
        let listed: Vec<_> = all(&effect(), None)
            .into_iter()
            .map(|place| (place.kind, place.row, place.user.map(u32::from)))
            .collect();
        let expected = [
            (Kind::GroupCreated, 0, None),
            (Kind::GroupMemberAdded, 0, Some(1)),
            (Kind::GroupMemberAdded, 0, Some(2)),
            (Kind::GroupDeleted, 1, None),
            (Kind::GroupMemberRemoved, 1, Some(3)),
            (Kind::Entity, 0, None),
            (Kind::Entity, 1, None),
            (Kind::MemberRemoved, 0, Some(8)),
            (Kind::MemberAdded, 1, Some(70_000)),
            (Kind::MemberAdded, 1, Some(70_001)),
            (Kind::MemberRemoved, 1, Some(0)),
            (Kind::MemberRemoved, 1, Some(9)),
            (Kind::Role, 0, Some(4)),
            (Kind::Role, 0, Some(5)),
            (Kind::ConflictClosed, 0, Some(6)),
            (Kind::ConflictClosed, 0, Some(100_000)),
            (Kind::Held, 0, None),
        ];
        assert_eq!(listed, expected);
    }

    #[test]
    fn the_list_goes_on_behind_each_place_whatever_is_asked_for() {
        let effect = effect();
        let whole = all(&effect, None);
        for (index, place) in whole.iter().enumerate() {
            let rest: Vec<_> = places_after(&effect, Some(*place), None).collect();
            assert_eq!(rest.as_slice(), &whole[index + 1..], "behind {place}");
            for kind in kinds() {
                let rest: Vec<_> = places_after(&effect, Some(*place), Some(kind)).collect();
                let expected: Vec<_> = whole
                    .iter()
                    .skip(index + 1)
                    .filter(|place| place.kind == kind)
                    .collect();
                assert_eq!(rest.iter().collect::<Vec<_>>(), expected, "{kind:?} behind {place}");
            }
        }
    }

    #[test]
    fn a_cursor_is_the_place_it_was_made_of_and_no_other_text_is_one() {
        let effect = effect();
        for place in all(&effect, None) {
            assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
            assert!(place.is_in(&effect));
        }
        for wrong in [
            "",
            "1",
            "12.0",
            "0.0.",
            "0.-1",
            "+0.0",
            "00.0",
            "2.0.x",
            "2.0.1.1",
            "x.0",
            "2.0.99999999999",
        ] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
        // A user who is not there, a row that is not there, no user where there has to be one, and the reverse.
        for elsewhere in ["2.0.3", "0.2", "2.0", "0.0.1", "0.1", "5.0"] {
            let place: Place = elsewhere.parse().unwrap();
            assert!(!place.is_in(&effect), "{elsewhere}");
        }
    }
}
