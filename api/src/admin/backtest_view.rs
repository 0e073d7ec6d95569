//! A backtest in JSON: what it found in total, by day, and one by one.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rolecall_engine::Position;
use rolecall_engine::plan::backtest::{Day, Difference, Place, Report};
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::{Stamp, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::reference::UserRef;
use super::rule_body::TypeWord;
use crate::limits::DIFFERING_ENTITIES_SHOWN_MAX;
use crate::time::Time;

/// What a backtest found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BacktestView {
    /// Whether it came to the last entry that there was when it began.
    complete: bool,
    /// The entry after which the draft took effect; `null`: the time was over before it came there.
    from: Option<Moment>,
    /// The last entry that it came to.
    reached: Option<Moment>,
    /// How many entries it went through.
    entries: u64,
    /// How many users would have been elsewhere, or would have had another role, at any time.
    users: u64,
    /// How many differences began. A difference is what one user had, for as long as it was the same.
    began: u64,
    /// How many of them ended, or turned into another one; the others went on.
    ended: u64,
    /// How many began and ended on each day that has any.
    days: Vec<DayView>,
    /// The first differences, in the order of their beginning.
    differences: Vec<UserDifferenceView>,
    /// How many are not listed.
    left_out: u64,
    /// Recorded changes that the draft stands in for, by kind.
    replaced: Vec<KindCount>,
    /// Recorded decisions of people that would have meant nothing, as what they name would not have been there, by kind.
    not_carried_over: Vec<KindCount>,
}

/// An entry and its time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moment {
    position: u64,
    /// `null` for position 0, which is before the first entry.
    at: Option<Time>,
}

/// The differences of one day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayView {
    /// The day (UTC).
    #[schema(example = "2026-07-01")]
    day: String,
    began: u64,
    ended: u64,
}

/// What a user had in the one way and not in the other.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserDifferenceView {
    user: UserRef,
    /// The entities that the user was in, and would not have been in.
    recorded: Vec<PlaceView>,
    /// The entities that the user would have been in, and was not in.
    draft: Vec<PlaceView>,
    /// How many further entities are not listed.
    entities_left_out: u64,
    /// The role, where it would have been another one.
    role: Option<RolesView>,
    /// The entry that it began with.
    from: Moment,
    /// The entry that it ended with; `null`: it went on.
    until: Option<Moment>,
}

/// An entity by what both know of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceView {
    r#type: TypeWord,
    name: String,
}

/// A role, and another one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolesView {
    /// The role that the user had.
    recorded: Option<String>,
    /// The role that the user would have had.
    draft: Option<String>,
}

/// How many facts of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindCount {
    #[schema(example = "mapping_approved")]
    kind: &'static str,
    count: u64,
}

impl BacktestView {
    /// A report of a backtest up to this entry, with the names of today.
    pub(super) fn of(report: Option<Report>, end: Position, state: &State) -> Self {
        let moments = report.as_ref().map(|report| (report.from, report.reached));
        let report = report.unwrap_or_default();
        let listed = report.differences.len() as u64;
        let differences = report
            .differences
            .into_iter()
            .map(|one| UserDifferenceView::of(one, state));
        Self {
            complete: moments.is_some_and(|(_, reached)| reached.position == end),
            from: moments.map(|(from, _)| from.into()),
            reached: moments.map(|(_, reached)| reached.into()),
            entries: report.entries,
            users: report.users,
            began: report.began,
            ended: report.ended,
            days: report.days.into_iter().map(DayView::of).collect(),
            differences: differences.collect(),
            left_out: report.began.saturating_sub(listed),
            replaced: counts(report.replaced),
            not_carried_over: counts(report.not_carried_over),
        }
    }
}

fn counts(kinds: BTreeMap<&'static str, u64>) -> Vec<KindCount> {
    let counts = kinds.into_iter();
    counts.map(|(kind, count)| KindCount { kind, count }).collect()
}

impl From<Stamp> for Moment {
    fn from(stamp: Stamp) -> Self {
        Self {
            position: stamp.position.get(),
            at: (stamp.position > Position::START).then_some(Time(stamp.at)),
        }
    }
}

impl DayView {
    fn of((day, counts): (u64, Day)) -> Self {
        let days = jiff::Span::new().try_days(i64::try_from(day).unwrap_or(i64::MAX));
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = days.and_then(|days| epoch.checked_add(days)).unwrap_or(Date::MAX);
        Self {
            day: date.to_string(),
            began: counts.began,
            ended: counts.ended,
        }
    }
}

impl UserDifferenceView {
    fn of(difference: Difference, state: &State) -> Self {
        let text = |role: Option<RoleName>| role.map(|role| role.to_string());
        let apart = difference.apart;
        let left_out = |places: &[Place]| places.len().saturating_sub(DIFFERING_ENTITIES_SHOWN_MAX) as u64;
        let shown = |places: Vec<Place>| {
            let places = places.into_iter().take(DIFFERING_ENTITIES_SHOWN_MAX);
            places.map(PlaceView::of).collect()
        };
        Self {
            user: UserRef::of_id(difference.user, state),
            entities_left_out: left_out(&apart.recorded) + left_out(&apart.draft),
            recorded: shown(apart.recorded),
            draft: shown(apart.draft),
            role: apart.roles.map(|(recorded, draft)| RolesView {
                recorded: text(recorded),
                draft: text(draft),
            }),
            from: difference.began.into(),
            until: difference.ended.map(Moment::from),
        }
    }
}

impl PlaceView {
    fn of(place: Place) -> Self {
        Self {
            r#type: place.entity_type.into(),
            name: place.name,
        }
    }
}
