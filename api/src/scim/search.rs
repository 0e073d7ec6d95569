//! What a list holds: candidates by an index where the filter has one, and the page of those that match, in the order of
//! their creation or sorted (RFC 7644 3.4.2).

use std::cmp::Ordering;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use rolecall_engine::state::{Group, User};
use rolecall_engine::{ConnectionId, GroupIndex, State, Timestamp, UserId, UserIndex};
use serde_json::{Map, Value};

use super::cost;
use super::cursor::{CursorScope, CursorSeal, ListPlace, PageEnd};
use super::error::ScimError;
use super::filter::{Filter, Hint};
use super::limits::LIST_DURATION_MAX;
use super::list::{ListRequest, Page, Search, within_members};
use super::resource;
use super::schema::ResourceType;
use super::sort::{SortKey, SortOrder};
use super::wanted::Wanted;
use crate::limits::INLINE_STEPS_MAX;

/// A query, and the state that answers it.
pub(crate) struct List {
    base_url: String,
    state: Arc<State>,
    request: ListRequest,
    seal: CursorSeal,
    scope: CursorScope,
    /// Where the page before this one ended, if there was one.
    before: Option<PageEnd>,
    now: Timestamp,
}

/// What bounds the making of one page.
pub(crate) struct Bounds<'a> {
    /// Members of groups, or groups of users, that the page shows.
    pub(crate) members: u64,
    /// How long it has taken so far.
    pub(crate) elapsed: &'a dyn Fn() -> Duration,
}

impl Bounds<'_> {
    fn has_time(&self) -> bool {
        (self.elapsed)() < LIST_DURATION_MAX
    }
}

/// A resource that may be in the list.
#[derive(Clone, Copy)]
struct Candidate<'l> {
    search: &'l Search,
    resource: Resource<'l>,
}

#[derive(Clone, Copy)]
enum Resource<'l> {
    User(&'l User),
    Group(&'l Group),
}

/// A resource that is in the list, with its key where that is sorted.
struct Found<'l> {
    key: Option<SortKey>,
    candidate: Candidate<'l>,
}

/// What decides where a resource stands: its key where the list is sorted, and its place.
type Rank<'l> = (Option<&'l SortKey>, ListPlace);

impl List {
    /// The part of a list that a connection asks for.
    ///
    /// # Errors
    /// When the cursor of the page is not one that this query was answered with.
    pub(crate) fn open(
        connection: (ConnectionId, String),
        state: Arc<State>,
        request: ListRequest,
        seal: CursorSeal,
        now: Timestamp,
    ) -> Result<Self, ScimError> {
        let (connection, base_url) = connection;
        let scope = request.scope(connection);
        let before = match &request.page {
            Page::ByCursor { cursor, .. } if !cursor.is_empty() => Some(seal.open(scope, cursor, now)?),
            Page::ByCursor { .. } | Page::ByIndex { .. } => None,
        };
        Ok(Self {
            base_url,
            state,
            request,
            seal,
            scope,
            before,
            now,
        })
    }

    /// How many steps the list takes at most, counted only as far as it matters.
    pub(crate) fn steps(&self) -> u64 {
        let page = &self.request.page;
        if !self.is_plain() {
            return sum(self.candidates().map(|candidate| self.steps_of(candidate)));
        }
        let passed_over = page.skip().min(self.live());
        let shown = self.candidates().skip(passed_over).take(page.count());
        sum(iter::once(cost::passed_over(passed_over)).chain(shown.map(|shown| shown.steps_to_show())))
    }

    /// Each candidate may be one of those that match.
    fn steps_of(&self, candidate: Candidate<'_>) -> u64 {
        let shown = self.request.page.count() > 0;
        let show = if shown { candidate.steps_to_show() } else { 0 };
        candidate.steps_to_check().saturating_add(show)
    }

    /// The text of the answer.
    ///
    /// # Errors
    /// `tooMany` when it takes too long (RFC 7644 3.12: more than the server is willing to process).
    pub(crate) fn text(&self, bounds: &Bounds<'_>) -> Result<String, ScimError> {
        let (total, found) = self.found(bounds);
        let page: Vec<_> = found.iter().take(self.request.page.count()).collect();
        let shown = within_members(page, bounds.members, |found| found.candidate.weight());
        let shown: Vec<_> = shown.collect();
        let next = shown.last().filter(|_| shown.len() < found.len());
        let next = next.map(|last| self.seal.seal(self.scope, &last.page_end(), self.now));
        let in_time = shown.iter().take_while(|_| bounds.has_time());
        let texts: Vec<_> = in_time.map(|found| self.show(found.candidate)).collect();
        // What was left out for lack of time was not counted, either.
        if !bounds.has_time() {
            return Err(took_too_long());
        }
        Ok(self.request.page.response(total, &texts, next))
    }

    /// How many resources there are in all, and those of the page; with one more where that tells that there is a next one.
    fn found(&self, bounds: &Bounds<'_>) -> (usize, Vec<Found<'_>>) {
        let searches = &self.request.searches;
        if searches.iter().any(|search| search.sort.is_some()) {
            return self.sorted(bounds);
        }
        if !self.is_plain() {
            return self.filtered(bounds);
        }
        let all = self.candidates().map(|candidate| Found { key: None, candidate });
        (self.live(), self.cut(all).collect())
    }

    fn filtered(&self, bounds: &Bounds<'_>) -> (usize, Vec<Found<'_>>) {
        let mut total = 0;
        let mut matches = self.matches(bounds).inspect(|_| total += 1);
        let page = self.cut(matches.by_ref()).collect();
        matches.for_each(drop);
        (total, page)
    }

    fn sorted(&self, bounds: &Bounds<'_>) -> (usize, Vec<Found<'_>>) {
        let mut all: Vec<_> = self.matches(bounds).collect();
        let total = all.len();
        all.sort_unstable_by(|left, right| self.compare(left.rank(), right.rank()));
        (total, self.cut(all.into_iter()).collect())
    }

    /// The part of a list in order that belongs to the page.
    fn cut<'l>(&'l self, found: impl Iterator<Item = Found<'l>>) -> impl Iterator<Item = Found<'l>> {
        let page = &self.request.page;
        let length = match page {
            Page::ByIndex { count, .. } => *count,
            Page::ByCursor { count, .. } => count.saturating_add(1),
        };
        let behind = move |found: &Found<'_>| {
            let before = self.before.as_ref();
            before.is_none_or(|before| self.compare(found.rank(), (before.key.as_ref(), before.place)).is_gt())
        };
        found.filter(behind).skip(page.skip()).take(length)
    }

    /// RFC 7644 3.4.2.3. Of equal ones the first created comes first, whatever the order.
    fn compare(&self, left: Rank<'_>, right: Rank<'_>) -> Ordering {
        let keys = match self.request.order {
            SortOrder::Ascending => left.0.cmp(&right.0),
            SortOrder::Descending => right.0.cmp(&left.0),
        };
        keys.then(left.1.cmp(&right.1))
    }

    /// Those that match, as far as there is time.
    fn matches<'l, 'b>(&'l self, bounds: &'b Bounds<'b>) -> impl Iterator<Item = Found<'l>> {
        let in_time = self.candidates().take_while(|_| bounds.has_time());
        in_time.filter_map(|candidate| self.check(candidate))
    }

    fn check<'l>(&'l self, candidate: Candidate<'l>) -> Option<Found<'l>> {
        let (filter, sort) = (&candidate.search.filter, &candidate.search.sort);
        let resource = self.read(candidate);
        let belonging = |id: &str| self.belonging(candidate.resource, id);
        if filter
            .as_ref()
            .is_some_and(|filter| !filter.matches(&resource, &belonging))
        {
            return None;
        }
        let key = sort.as_ref().map(|sort| sort.key(&resource));
        Some(Found { key, candidate })
    }

    /// The resource with as much as filter and sorting look at.
    fn read(&self, candidate: Candidate<'_>) -> Map<String, Value> {
        let (base, state, wanted) = (&self.base_url, &self.state, &candidate.search.wanted);
        match candidate.resource {
            Resource::User(user) => resource::user(base, state, user, wanted),
            Resource::Group(group) => resource::group_with(base, state, group, wanted),
        }
    }

    /// What a user says of a group that it is in, or a group of a user that is its member.
    fn belonging(&self, resource: Resource<'_>, id: &str) -> Option<Value> {
        match resource {
            Resource::User(user) => {
                let group = group_of(&self.state, id).filter(|group| group.members.contains(user.index))?;
                Some(resource::group_of_user(&self.base_url, group))
            }
            Resource::Group(group) => {
                let user = user_of(&self.state, id).filter(|user| group.members.contains(user.index))?;
                Some(resource::user_of_group(&self.base_url, user))
            }
        }
    }

    fn show(&self, candidate: Candidate<'_>) -> String {
        let (base, state, selection) = (&self.base_url, &self.state, &candidate.search.selection);
        match candidate.resource {
            Resource::User(user) => {
                let mut resource = resource::user(base, state, user, &Wanted::shown(selection));
                selection.apply(&mut resource);
                Value::Object(resource).to_string()
            }
            Resource::Group(group) => resource::group_text(base, state, group, selection),
        }
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        let of = |search| {
            let resources = resources(&self.state, search, self.first(search.of));
            resources.map(move |resource| Candidate { search, resource })
        };
        self.request.searches.iter().flat_map(of)
    }

    /// How many resources of the types that are searched there are.
    fn live(&self) -> usize {
        let searches = self.request.searches.iter();
        searches.map(|search| live(&self.state, search.of)).sum()
    }

    /// Whether the list holds everything, in the order of creation.
    fn is_plain(&self) -> bool {
        let is_plain = |search: &Search| search.filter.is_none() && search.sort.is_none();
        self.request.searches.iter().all(is_plain)
    }

    /// The first index of a type that the page can hold. A plain list is counted without a walk, so it is walked from where
    /// the page before ended: reading all of it by cursor takes as many steps as it has resources.
    fn first(&self, of: ResourceType) -> u32 {
        let Some(before) = self.before.as_ref().filter(|_| self.is_plain()) else {
            return 0;
        };
        match before.place.of.cmp(&of) {
            Ordering::Less => 0,
            Ordering::Equal => before.place.index.saturating_add(1),
            Ordering::Greater => u32::MAX,
        }
    }
}

impl Candidate<'_> {
    /// How many members or groups it takes to show it.
    fn weight(&self) -> u64 {
        let selection = &self.search.selection;
        match self.resource {
            Resource::User(user) => resource::groups_shown(user, selection),
            Resource::Group(group) => resource::members_shown(group, selection),
        }
    }

    fn steps_to_check(&self) -> u64 {
        match self.resource {
            Resource::User(user) => cost::check_user(user, self.search),
            Resource::Group(group) => cost::check_group(group, self.search),
        }
    }

    fn steps_to_show(&self) -> u64 {
        match self.resource {
            Resource::User(user) => cost::show_user(user),
            Resource::Group(group) => cost::show_group(group, &self.search.selection),
        }
    }

    fn place(&self) -> ListPlace {
        let (of, index) = match self.resource {
            Resource::User(user) => (ResourceType::User, user.index.into()),
            Resource::Group(group) => (ResourceType::Group, group.index.into()),
        };
        ListPlace { of, index }
    }
}

impl Found<'_> {
    fn rank(&self) -> Rank<'_> {
        (self.key.as_ref(), self.candidate.place())
    }

    fn page_end(&self) -> PageEnd {
        PageEnd {
            key: self.key.clone(),
            place: self.candidate.place(),
        }
    }
}

/// The resources of a type that may match, those before the first index aside.
fn resources<'s>(state: &'s State, search: &'s Search, first: u32) -> Box<dyn Iterator<Item = Resource<'s>> + 's> {
    let hint = search.filter.as_ref().and_then(Filter::hint);
    match search.of {
        ResourceType::User => Box::new(users(state, hint, first).map(Resource::User)),
        ResourceType::Group => Box::new(groups(state, hint, first).map(Resource::Group)),
    }
}

/// Every user that may match, without a scan where the hint names an index; in the order of their creation.
fn users<'s>(state: &'s State, hint: Option<Hint<'s>>, first: u32) -> Box<dyn Iterator<Item = &'s User> + 's> {
    match hint {
        Some(Hint::Nothing) => Box::new(iter::empty()),
        Some(Hint::Id(id)) => Box::new(user_of(state, id).into_iter()),
        Some(Hint::UserName(name)) => Box::new(state.user_by_name(name).into_iter()),
        Some(Hint::ExternalId(id)) => Box::new(state.users_by_external_id(id)),
        Some(Hint::Email(address)) => Box::new(state.users_by_email(address)),
        Some(Hint::DisplayName(name)) => Box::new(state.users_by_display_name(name)),
        Some(Hint::Belongs(id)) => match group_of(state, id) {
            Some(group) => Box::new(group.members.iter().map(|index| state.user_at(index))),
            None => Box::new(iter::empty()),
        },
        None => Box::new(state.users_from(UserIndex::from(first))),
    }
}

/// Every group that may match, without a scan where the hint names an index; in the order of their creation.
fn groups<'s>(state: &'s State, hint: Option<Hint<'s>>, first: u32) -> Box<dyn Iterator<Item = &'s Group> + 's> {
    match hint {
        Some(Hint::Nothing) => Box::new(iter::empty()),
        Some(Hint::Id(id)) => Box::new(group_of(state, id).into_iter()),
        Some(Hint::DisplayName(name)) => Box::new(state.group_by_name(name).into_iter()),
        Some(Hint::ExternalId(id)) => Box::new(state.groups_by_external_id(id)),
        Some(Hint::Belongs(id)) => match user_of(state, id) {
            Some(user) => Box::new(user.groups().map(|index| state.group_at(index))),
            None => Box::new(iter::empty()),
        },
        Some(Hint::UserName(_) | Hint::Email(_)) | None => Box::new(state.groups_from(GroupIndex::from(first))),
    }
}

fn user_of<'s>(state: &'s State, id: &str) -> Option<&'s User> {
    let id: UserId = id.parse().ok()?;
    state.user(id)
}

fn group_of<'s>(state: &'s State, id: &str) -> Option<&'s Group> {
    state.group(id.parse().ok()?)
}

fn live(state: &State, of: ResourceType) -> usize {
    let counts = state.counts();
    let live = match of {
        ResourceType::User => counts.active_users.values().sum::<u64>() + counts.inactive_users,
        ResourceType::Group => counts.groups,
    };
    usize::try_from(live).unwrap_or(usize::MAX)
}

/// The sum, as far as it tells whether they are more than are taken at once.
fn sum(steps: impl Iterator<Item = u64>) -> u64 {
    let mut sum = 0_u64;
    for steps in steps {
        sum = sum.saturating_add(steps);
        if sum > INLINE_STEPS_MAX {
            break;
        }
    }
    sum
}

fn took_too_long() -> ScimError {
    let seconds = LIST_DURATION_MAX.as_secs();
    ScimError::too_many(format!(
        "looking through the list took more than {seconds} seconds; filter by `eq` on an attribute that has an index (`id`, \
         `userName`, `externalId`, `emails`, `displayName`, `members`, `groups`), or read all pages by `cursor`, without \
         `filter` and `sortBy`"
    ))
}

#[cfg(test)]
mod tests;
