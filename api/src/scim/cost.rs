//! What it takes to check and to show resources, in steps of about a microsecond: known before it is done, and without
//! reading them.

use rolecall_engine::state::{Group, User};

use super::filter::Filter;
use super::list::Search;
use super::resource;
use super::select::Selection;

/// Bytes of JSON that are read, written, or compared with one operand, in one step.
const BYTES: u64 = 100;
/// What every resource has beside what is stored of it: `id`, `meta`, `schemas` and the like.
const ENVELOPE_BYTES: u64 = 500;
/// A member of a group, or a group of a user, where it is made as a value.
const BELONGING_BYTES: u64 = 100;
/// Members that are written out in one step, where no value is made of them.
const MEMBERS: u64 = 3;
/// Resources that are passed over in one step.
const PASSED_OVER: usize = 20;

/// Steps to read what filter and order look at, and to compare it.
pub(crate) fn check_user(user: &User, search: &Search) -> u64 {
    // The version of a user, which stands in `meta`, is made of all its groups.
    let all = search.wanted.has("meta");
    let groups = if all { u64::MAX } else { search.wanted.belongings() };
    read(stored(user), user.group_count().min(groups)).saturating_mul(passes(search)) / BYTES
}

/// As for a user.
pub(crate) fn check_group(group: &Group, search: &Search) -> u64 {
    let members = group.members.len().min(search.wanted.belongings());
    read(&group.attributes.extensions, members).saturating_mul(passes(search)) / BYTES
}

/// Steps to read a user and to write it. The version has all its groups, whether they are shown or not.
pub(crate) fn show_user(user: &User) -> u64 {
    2 * read(stored(user), user.group_count()) / BYTES
}

/// Steps to read a group and to write what is wanted of it.
pub(crate) fn show_group(group: &Group, selection: &Selection) -> u64 {
    let members = resource::members_shown(group, selection);
    let (made, written) = if selection.narrows("members") {
        (members, 0)
    } else {
        (0, members)
    };
    2 * read(&group.attributes.extensions, made) / BYTES + written / MEMBERS
}

/// Steps to pass over resources that stand before a page.
pub(crate) fn passed_over(resources: usize) -> u64 {
    u64::try_from(resources / PASSED_OVER).unwrap_or(u64::MAX)
}

/// How often what is read of a resource is gone over.
fn passes(search: &Search) -> u64 {
    let comparisons = search.filter.as_ref().map_or(0, Filter::comparisons);
    let sorted = usize::from(search.sort.is_some());
    u64::try_from(1 + comparisons + sorted).unwrap_or(u64::MAX)
}

fn read(stored: &str, belongings: u64) -> u64 {
    let stored = u64::try_from(stored.len()).unwrap_or(u64::MAX);
    stored + ENVELOPE_BYTES + BELONGING_BYTES * belongings
}

fn stored(user: &User) -> &str {
    let person = user.person.as_deref();
    person.map(|person| person.attributes.as_str()).unwrap_or_default()
}
