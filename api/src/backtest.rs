//! Walking through the record of an organization with a draft, from some entry on.

use std::ops::ControlFlow;
use std::sync::{Arc, Weak};
use std::time::Instant;

use rolecall_engine::plan::Draft;
use rolecall_engine::plan::backtest::{Backtest, Report};
use rolecall_engine::{Entry, OrganizationId, Position, Rejection, State, Timestamp};
use rolecall_eventlog::EventLog;

use crate::limits::{BACKTEST_DURATION_MAX, BACKTEST_ENTRIES_MAX};
use crate::replay::{self, ReplayError};

/// The entries of a backtest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Its first entry.
    pub(crate) start: Start,
    /// Its last entry.
    pub(crate) end: Position,
}

/// The first entry of a backtest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// The one at this position.
    Position(Position),
    /// The first one that is not older.
    Time(Timestamp),
}

/// How far a backtest goes, whatever its window is.
#[derive(Debug)]
pub(crate) struct Limits {
    until: Instant,
    entries: u64,
    waiting: Weak<()>,
}

/// What became of a backtest; `None`: its time was over before it came to its first entry.
pub(crate) type Walked = Result<Option<Report>, Refused>;

/// Why a draft cannot be applied where a backtest starts.
#[derive(Debug)]
pub(crate) struct Refused {
    /// What the engine has against it.
    pub(crate) rejection: Rejection,
    /// The last entry before the start.
    pub(crate) at: Position,
}

/// A walk through a record.
enum Walk {
    Before(Box<State>),
    Within(Box<Backtest>),
    Refused(Refused),
    GivenUp,
}

/// Replays the record up to the start, and walks on with the draft up to the end, or until a limit is reached. Blocks while it
/// reads.
///
/// # Errors
/// When the record is damaged or cannot be read.
pub(crate) fn run(
    log: &dyn EventLog,
    organization: OrganizationId,
    window: Window,
    draft: &Draft,
    limits: &Limits,
) -> Result<Walked, ReplayError> {
    let (mut walk, mut entries) = (Walk::Before(Box::default()), 0);
    replay::each_entry(log, organization, |entry| {
        if entry.position > window.end || entries == limits.entries || limits.are_reached() {
            return ControlFlow::Break(());
        }
        if let Walk::Before(state) = &walk
            && window.start.is_reached(entry)
        {
            walk = Walk::begin(state, draft, limits);
        }
        match &mut walk {
            Walk::Before(state) => **state = state.replay(entry),
            Walk::Within(backtest) if !backtest.is_full() => {
                backtest.follow(entry);
                entries += 1;
            }
            Walk::Within(_) | Walk::Refused(_) | Walk::GivenUp => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    })?;
    if let Walk::Before(state) = &walk
        && state.position() == window.end
    {
        // All entries are older than the start.
        walk = Walk::begin(state, draft, limits);
    }
    Ok(match walk {
        Walk::Before(_) | Walk::GivenUp => Ok(None),
        Walk::Within(backtest) => Ok(Some(backtest.into_report())),
        Walk::Refused(refused) => Err(refused),
    })
}

impl Walk {
    fn begin(state: &State, draft: &Draft, limits: &Limits) -> Self {
        match Backtest::begin(state.clone(), draft, || !limits.are_reached()) {
            Ok(Some(backtest)) => Self::Within(Box::new(backtest)),
            Ok(None) => Self::GivenUp,
            Err(rejection) => Self::Refused(Refused {
                rejection,
                at: state.position(),
            }),
        }
    }
}

impl Start {
    fn is_reached(self, entry: &Entry) -> bool {
        match self {
            Self::Position(first) => entry.position >= first,
            Self::Time(first) => entry.at >= first,
        }
    }
}

impl Limits {
    /// Those of somebody who waits from now on, until what is returned beside them is dropped.
    pub(crate) fn of_a_caller() -> (Arc<()>, Self) {
        let waiting = Arc::new(());
        let limits = Self {
            until: Instant::now() + BACKTEST_DURATION_MAX,
            entries: BACKTEST_ENTRIES_MAX,
            waiting: Arc::downgrade(&waiting),
        };
        (waiting, limits)
    }

    fn are_reached(&self) -> bool {
        self.waiting.strong_count() == 0 || Instant::now() > self.until
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rolecall_engine::{Actor, Command, Context, GroupInput, IdSeed, handle};
    use rolecall_eventlog::{Append, MemoryLog};
    use uuid::Uuid;

    use super::*;
    use crate::organization::{stream, to_log};

    const ID: OrganizationId = OrganizationId::new(Uuid::from_u128(1));
    const ENTRIES: u64 = 5;

    /// A record of groups that came, one in each second.
    fn recorded() -> MemoryLog {
        let log = MemoryLog::new();
        let mut state = State::default();
        for number in 1..=ENTRIES {
            let group = GroupInput {
                display_name: format!("group {number}"),
                external_id: None,
                roles: Vec::new(),
                extensions: "{}".to_owned(),
                members: Vec::new(),
            };
            let context = Context {
                at: Timestamp::from_milliseconds(number * 1_000),
                actor: Actor::Root,
                seed: IdSeed::new([u8::try_from(number).unwrap(); 16]),
            };
            let (next, entry) = handle(&state, &Command::CreateGroup { group }, context)
                .unwrap()
                .unwrap();
            let append = Append {
                stream: stream(ID),
                after: to_log(state.position()),
                entries: vec![entry.encode()],
            };
            log.append(append, Box::new(|outcome| assert!(outcome.is_ok())));
            state = next;
        }
        log
    }

    /// The positions that a walk began after and came to, and how many entries it went through.
    #[track_caller]
    fn check(start: Start, end: u64, limits: &Limits, expected: Option<(u64, u64, u64)>) {
        let end = Position::new(end);
        let walked = run(&recorded(), ID, Window { start, end }, &Draft::default(), limits);
        let report = walked.unwrap().unwrap();
        let found = report.map(|found| (found.from.position.get(), found.reached.position.get(), found.entries));
        assert_eq!(found, expected);
    }

    fn at(position: u64) -> Start {
        Start::Position(Position::new(position))
    }

    fn since(milliseconds: u64) -> Start {
        Start::Time(Timestamp::from_milliseconds(milliseconds))
    }

    #[test]
    fn it_walks_from_its_start_to_its_end() {
        let (_waiting, limits) = Limits::of_a_caller();
        check(at(0), ENTRIES, &limits, Some((0, ENTRIES, 5)));
        check(at(1), ENTRIES, &limits, Some((0, ENTRIES, 5)));
        check(at(3), ENTRIES, &limits, Some((2, ENTRIES, 3)));
        check(at(3), 4, &limits, Some((2, 4, 2)));
        check(since(2_000), ENTRIES, &limits, Some((1, ENTRIES, 4)));
        check(since(2_001), ENTRIES, &limits, Some((2, ENTRIES, 3)));
        // Nothing happened since: the draft alone, on what there is.
        check(since(6_000), ENTRIES, &limits, Some((ENTRIES, ENTRIES, 0)));
    }

    #[test]
    fn it_ends_where_its_limits_are() {
        let (waiting, mut limits) = Limits::of_a_caller();
        limits.entries = 2;
        check(at(2), ENTRIES, &limits, Some((1, 3, 2)));
        limits.until = Instant::now() - Duration::from_secs(1);
        check(at(2), ENTRIES, &limits, None);
        drop(waiting);
    }

    #[test]
    fn it_ends_when_the_caller_has_gone() {
        let (waiting, limits) = Limits::of_a_caller();
        drop(waiting);
        check(at(1), ENTRIES, &limits, None);
        // Also while it applies the draft.
        let begun = Walk::begin(&State::default(), &Draft::default(), &limits);
        assert!(matches!(begun, Walk::GivenUp));
    }
}
