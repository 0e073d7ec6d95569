//! The entries that an explanation cites, read from the record.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use rolecall_engine::explain::{Found, Search, Step};
use rolecall_engine::limits::EXPLAINED_HISTORY_ENTRIES_MAX;
use rolecall_engine::registry::AdminRole;
use rolecall_engine::state::{State, User};
use rolecall_engine::{Entry, Position, TokenId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::limits::{CITING_DURATION_MAX, INLINE_ENTRIES_MAX};

/// The names of tokens, for whoever may list the tokens, and as long as they are not revoked.
pub(super) struct TokenNames(Option<Arc<State>>);

impl TokenNames {
    /// The names that a caller may see.
    pub(super) fn for_caller<R>(caller: &Caller<R>) -> Self {
        Self(caller.may(AdminRole::Admin).then(|| caller.registry.head()))
    }

    /// The name of a token.
    pub(super) fn of(&self, token: TokenId) -> Option<&str> {
        let registry = self.0.as_ref()?.registry();
        registry.token(token).map(|token| token.name.as_str())
    }
}

/// What was read.
pub(super) struct Cited {
    names: TokenNames,
    search: Option<Search>,
    found: BTreeMap<Position, Found>,
    wanted: BTreeSet<Position>,
    until: Instant,
}

impl Cited {
    /// Reads the entries at these positions and, backwards through the history of a user, those that the search wants. It ends
    /// when its time is over: what is not found then is not cited.
    ///
    /// # Errors
    /// When the log cannot be read, or too many of the organization wait already.
    pub(super) async fn read<R>(
        caller: &Caller<R>,
        wanted: BTreeSet<Position>,
        search: Option<(&User, Search)>,
    ) -> Result<Self, ApiError> {
        let organization = &caller.organization;
        let history: Vec<Position> = match &search {
            Some((user, _)) => user
                .history
                .iter()
                .rev()
                .copied()
                .take(EXPLAINED_HISTORY_ENTRIES_MAX)
                .collect(),
            None => Vec::new(),
        };
        let entries = history.len() + wanted.len();
        let _place = match entries > INLINE_ENTRIES_MAX {
            true => Some(organization.long_works().place().await?),
            false => None,
        };
        let cited = Self {
            names: TokenNames::for_caller(caller),
            search: search.map(|(_, search)| search),
            found: BTreeMap::new(),
            wanted,
            until: Instant::now() + CITING_DURATION_MAX,
        };
        let cited = organization.read_each(history, cited, Self::search).await?;
        let rest = cited
            .wanted
            .iter()
            .copied()
            .filter(|position| *position != Position::START);
        let rest = rest.filter(|position| !cited.found.contains_key(position)).collect();
        organization.read_each(rest, cited, Self::cite).await
    }

    /// Where a step is recorded, as far as it was read.
    pub(super) fn of(&self, step: &Step) -> Option<Found> {
        match step.position {
            Some(position) => self.at(position),
            None => self.search.as_ref().and_then(|search| search.found(step.link)),
        }
    }

    /// The entry at a position, as far as it was read.
    pub(super) fn at(&self, position: Position) -> Option<Found> {
        self.found.get(&position).copied()
    }

    /// The names of the tokens that are cited.
    pub(super) fn names(&self) -> &TokenNames {
        &self.names
    }

    /// What was found in the history of the user.
    pub(super) fn searched(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    fn search(&mut self, entry: &Entry) -> ControlFlow<()> {
        if self.wanted.contains(&entry.position) {
            self.found.insert(entry.position, Found::in_entry(entry));
        }
        let Some(search) = &mut self.search else {
            return ControlFlow::Break(());
        };
        search.read(entry);
        match search.is_done() || Instant::now() > self.until {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn cite(&mut self, entry: &Entry) -> ControlFlow<()> {
        self.found.insert(entry.position, Found::in_entry(entry));
        match Instant::now() > self.until {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
