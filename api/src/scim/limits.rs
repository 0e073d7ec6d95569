//! Every limit of the SCIM layer, in one place. Names and members are limited by the engine, bodies by HTTP.

use std::time::Duration;

use crate::limits::{REQUEST_DURATION_MAX, SHUTDOWN_DURATION_MAX};

/// Bytes of one filter, or of one PATCH path. Okta, Entra and PingOne stay far below 1 KiB.
pub(crate) const FILTER_BYTES_MAX: usize = 4 * 1024;
/// Characters of a filter or a path that an error shows.
pub(crate) const EXCERPT_CHARS_MAX: usize = 200;
/// Operations in one PATCH. authentik sends one operation per member, all of them in one request.
pub(crate) const PATCH_OPERATIONS_MAX: usize = 10_000;
/// Values of one multi-valued attribute other than a group's members.
pub(crate) const ATTRIBUTE_VALUES_MAX: usize = 1_000;
/// Attributes of a resource or of one of its extensions, and attributes that one operation of a PATCH names.
pub(crate) const ATTRIBUTES_MAX: usize = 1_000;
/// Bytes of all paths of one PATCH: each is read by a grammar. Ten thousand members are selected with half of it.
pub(crate) const PATCH_PATHS_BYTES_MAX: usize = 1024 * 1024;
/// Looks of the operations of one PATCH on a document, each about 100 ns: a look at a value, or at 16 bytes of a text. One selection
/// with a comparison takes four looks for each value of the list; lists of some ten values are selected in by 10,000 operations.
pub(crate) const PATCH_LOOKS_MAX: usize = 1_000_000;
/// Comparisons in one filter, each of which looks at every resource of a scan.
pub(crate) const FILTER_COMPARISONS_MAX: usize = 100;
/// Resources in one page, announced in the ServiceProviderConfig.
pub(crate) const PAGE_RESOURCES_MAX: usize = 1_000;
/// Resources in one page when the client names no `count`; authentik relies on it being stable.
pub(crate) const PAGE_RESOURCES_DEFAULT: usize = 100;
/// How long a cursor can be used, announced in the ServiceProviderConfig. Each page brings a new one.
pub(crate) const CURSOR_TIMEOUT: Duration = Duration::from_secs(3_600);
/// Bytes of a text that count when lists are sorted by it; they stand in the cursor.
pub(crate) const SORT_KEY_BYTES_MAX: usize = 256;
/// Members of groups, or groups of users, in one page: it ends before the resource that would bring more. One resource
/// alone is shown whole, however large.
pub(crate) const PAGE_MEMBERS_MAX: u64 = 50_000;
/// Members of a group that a PUT or PATCH answers with; larger groups are answered without a body.
pub(crate) const ANSWER_MEMBERS_MAX: u64 = 1_000;
/// How long a list may take from where it has a place to be worked on: nobody waits much longer for it.
pub(crate) const LIST_DURATION_MAX: Duration = Duration::from_secs(10);
const _: () = assert!(
    LIST_DURATION_MAX.as_secs() < REQUEST_DURATION_MAX.as_secs(),
    "a list ends before its request"
);
/// Bytes of a body that take as long to read as a step, at worst: those of many short paths.
pub(crate) const STEP_BYTES: usize = 4;
/// Bytes of a body times bytes of a stored resource that a PATCH works on as long as a step takes, at worst.
pub(crate) const STEP_SQUARE_BYTES: usize = 512;
/// How often a command is computed again because others were faster. Of all that come at one time, one gets through in
/// each round.
pub(crate) const ATTEMPTS_MAX: usize = 100;
/// Profiles of connections with extensions of their own that are kept; beyond that each new one takes the place of another.
pub(crate) const PROFILES_MAX: usize = 256;
/// Operations of one Bulk, announced in the ServiceProviderConfig. Each is made durable before the next one is done.
pub(crate) const BULK_OPERATIONS_MAX: usize = 1_000;
/// How long after the start of the request no further operation of a Bulk begins; its body is read in this time, too. What is
/// left of the time for a request is for the operation under way, and for the answer.
pub(crate) const BULK_DURATION_MAX: Duration = Duration::from_secs(20);
const _: () = assert!(
    BULK_DURATION_MAX.as_secs() < REQUEST_DURATION_MAX.as_secs()
        && BULK_DURATION_MAX.as_secs() < SHUTDOWN_DURATION_MAX.as_secs(),
    "a Bulk is answered in time, also when the server stops"
);
