//! Every limit of the engine, in one place. Exceeding one is a named [`Rejection`](crate::Rejection).

pub use rolecall_rules::limits::{EXAMPLE_TRIES_MAX, RULES_MAX};

/// Characters in a user name, an external id or the name of a group or entity.
pub const NAME_CHARACTERS_MAX: usize = 256;
/// Bytes of the attributes of one user or group.
pub const ATTRIBUTES_BYTES_MAX: usize = 64 * 1024;
/// Members that one request may add and remove, to a group or by hand to an entity.
pub const REQUEST_MEMBERS_MAX: usize = 50_000;
/// Unknown member ids that a group remembers having left out.
pub const IGNORED_MEMBERS_MAX: usize = 1_000;
/// Roles that the provider may give a group.
pub const GROUP_ROLES_MAX: usize = 32;
/// Users of one organization, deleted ones included.
pub const USERS_MAX: usize = 4_000_000;
/// Groups of one organization, deleted ones included.
pub const GROUPS_MAX: usize = 1_000_000;
/// Entities of one organization, deleted ones included.
pub const ENTITIES_MAX: usize = 1_000_000;
/// Mappings of one group that have not ended.
pub const GROUP_MAPPINGS_MAX: usize = 1_000;
/// Remembered decisions on conflicts of one organization.
pub const DECISIONS_MAX: usize = 100_000;
/// Memberships of one organization that were given by hand.
pub const MANUAL_MEMBERSHIPS_MAX: usize = 1_000_000;
/// Memberships of one organization that were taken by hand although something else holds them, until they come back.
pub const TAKEN_MEMBERSHIPS_MAX: usize = 10_000;
/// Pins and exclusions of one organization.
pub const EXCEPTIONS_MAX: usize = 100_000;
/// Users who keep a role by one request that discards a hold: each of them gets a pin.
pub const DISCARDED_ROLES_MAX: u64 = 1_000;
/// Characters in the reason of an exception.
pub const EXCEPTION_REASON_CHARACTERS_MAX: usize = 500;
/// Exceptions that one entry ends because their time is over; the next entry takes the rest.
pub const TICK_EXPIRIES_MAX: usize = 100;
/// Roles in the ordered list of an organization.
pub const ROLES_MAX: usize = 32;
/// Seconds that a brake may look back.
pub const BRAKE_WINDOW_SECONDS_MAX: u32 = 24 * 60 * 60;
/// Active users of the highest role that an organization may insist on.
pub const MIN_ADMINS_MAX: u32 = 1_000;
/// Allowed e-mail domains of an organization.
pub const EMAIL_DOMAINS_MAX: usize = 100;
/// Organizations of one server.
pub const ORGANIZATIONS_MAX: usize = 100_000;
/// Connections of one organization.
pub const CONNECTIONS_MAX: usize = 100;
/// Schema extensions of one connection.
pub const CONNECTION_EXTENSIONS_MAX: usize = 16;
/// Attributes of one schema extension.
pub const EXTENSION_ATTRIBUTES_MAX: usize = 100;
/// Characters in the name of an attribute of a schema extension.
pub const EXTENSION_ATTRIBUTE_CHARACTERS_MAX: usize = 64;
/// Bytes of the URN of a schema extension.
pub const EXTENSION_URN_BYTES_MAX: usize = 256;
/// Tokens of one organization, and root tokens.
pub const TOKENS_MAX: usize = 1_000;
/// Mappings that one plan makes or decides on.
pub const PLAN_MAPPINGS_MAX: usize = 1_000;
/// Pins and exclusions that one plan sets or ends.
pub const PLAN_EXCEPTIONS_MAX: usize = 1_000;
/// Groups that are changed by one step of a plan.
pub const PLAN_STEP_GROUPS_MAX: u64 = 256;
/// Members of the groups that one step of a plan changes; a group that has more is a step alone.
pub const PLAN_STEP_MEMBERS_MAX: u64 = 5_000;
/// Rules that one step of a plan asks about groups, at most about.
pub const PLAN_STEP_TRIES_MAX: usize = 100_000;
/// Differences that a backtest lists, the first ones; all are counted.
pub const BACKTEST_DIFFERENCES_MAX: usize = 1_000;
/// Users who may differ at one time in a backtest; with more it ends.
pub const BACKTEST_DIFFERING_MAX: usize = 1_000_000;
/// Members that one snapshot of a provider lists.
pub const SNAPSHOT_MEMBERS_MAX: u64 = 1_000_000;
/// Problems of one snapshot that are told one by one.
pub const SNAPSHOT_PROBLEMS_MAX: usize = 100;
/// Unknown users, groups that a snapshot lacks, and groups of another name, that a report names one by one.
pub const SNAPSHOT_ITEMS_SHOWN_MAX: usize = 100;
/// Characters of a name in a snapshot that a report shows.
pub const SNAPSHOT_NAME_CHARACTERS_SHOWN_MAX: usize = 256;
/// Bytes that the changes of roles of one entry may take; with more of them the lists of claims are shortened.
pub const ROLE_CHANGES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of one encoded entry.
pub const ENTRY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Entities, groups, mappings or rules that one explanation lists of each kind.
pub const EXPLAINED_ITEMS_MAX: usize = 100;
/// Reasons for one role or membership that an explanation lists.
pub const EXPLAINED_REASONS_MAX: usize = 20;
/// Entries of the history of a user in which an explanation looks for requests.
pub const EXPLAINED_HISTORY_ENTRIES_MAX: usize = 1_000;
