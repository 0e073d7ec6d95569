//! Every limit of the server itself, in one place. The engine, the log, the rules and SCIM have their own.

use std::time::Duration;

use rolecall_engine::rules::limits::RULE_SET_BYTES_MAX;

/// Bytes of the body of a request to the admin API.
pub(crate) const ADMIN_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of the body of a request to the admin API that may hold all rules, in JSON. A rule set file of the largest size fits: a
/// character of it is two at most in JSON, and what a rule or an example need not say in the file is less than a third of this.
pub(crate) const RULES_BODY_BYTES_MAX: usize = 3 * RULE_SET_BYTES_MAX;
/// Bytes of a snapshot of a provider.
pub(crate) const SNAPSHOT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of a snapshot that is read on a thread that answers requests; a larger one is read aside.
pub(crate) const INLINE_SNAPSHOT_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the body of a request for an access token.
pub(crate) const OAUTH_BODY_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the body of a SCIM request.
pub(crate) const SCIM_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a body beyond its limit is read and thrown away after its refusal, so that its sender gets to read that.
pub(crate) const DISCARDING_DURATION_MAX: Duration = Duration::from_secs(30);
/// Bytes of a body beyond its limit that are thrown away, at most.
pub(crate) const DISCARDED_BODY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// How long a request may take from its first byte to its answer.
pub(crate) const REQUEST_DURATION_MAX: Duration = Duration::from_secs(30);
/// How long a new connection may take to send the headers of its first request. It is short, as whoever has no token can open
/// connections, too.
pub(crate) const FIRST_HEADERS_DURATION_MAX: Duration = Duration::from_secs(15);
/// How long a connection may take to send the headers of a further request, idle time included. Much less would cut off clients
/// that reuse idle connections; much more would let silent ones keep their place.
pub(crate) const HEADERS_DURATION_MAX: Duration = Duration::from_secs(75);
/// How long the verification of a whole record may take.
pub(crate) const VERIFICATION_DURATION_MAX: Duration = Duration::from_secs(3_600);
/// Long scans and long answers that are worked on at one time, in the whole server; fewer where there are fewer cores.
pub(crate) const LONG_WORKS_MAX: usize = 8;
/// Those of one organization that wait for a place; a further one is refused. They should get to it within the time of a request.
pub(crate) const LONG_WORKS_WAITING_MAX: usize = 64;
/// Threads that read the log for requests; further reads wait for one.
pub(crate) const READING_THREADS_MAX: usize = 16;
/// Bytes of the target of a request: its path and its query. A filter as long as can be fits, also when all of it is escaped.
pub(crate) const TARGET_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the target and all headers of a request.
pub(crate) const HEADERS_BYTES_MAX: usize = 48 * 1024;
/// Bytes that a connection buffers. Headers that do not fit are refused by the HTTP library, in no format of ours.
pub(crate) const BUFFER_BYTES_MAX: usize = 64 * 1024;
const _: () = assert!(
    HEADERS_BYTES_MAX < BUFFER_BYTES_MAX,
    "what is too large can be read as a whole, and told why"
);
/// Connections that are open at one time on the public listener, where the system allows that many open files. A further one
/// waits to be accepted.
pub(crate) const CONNECTIONS_MAX: u32 = 4_096;
/// Connections that are open at one time on the operator's listener.
pub(crate) const OPS_CONNECTIONS_MAX: u32 = 32;
/// Descriptors that are kept from connections: standard streams, listeners, the event loop, the files of the log and what it opens
/// for a moment to note its heads and to measure the disk, and one for each reading thread. These are less than 40.
pub(crate) const RESERVED_DESCRIPTORS: u32 = 64;
/// How long a listener waits when the system cannot accept a connection, as when it is out of file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long a listener is silent about connections that it cannot accept after it has said so.
pub(crate) const ACCEPT_LOG_PAUSE: Duration = Duration::from_secs(1);
/// Commands that wait for the writer of one organization.
pub(crate) const QUEUE_COMMANDS_MAX: usize = 1_024;
/// Commands that share one append.
pub(crate) const BATCH_COMMANDS_MAX: usize = 256;
/// An append takes no further entry once it holds this many bytes.
pub(crate) const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long the own work of a writer rests after the log refused an append, as when its disk is full.
pub(crate) const OWN_WORK_REST: Duration = Duration::from_secs(1);
/// How long a writer waits before it tries again to end what is due, after that failed.
pub(crate) const TICK_REST: Duration = Duration::from_secs(60);
/// How long a writer waits for what falls due until it looks at the clock again, which may have been set.
pub(crate) const CLOCK_TRUST_MAX: Duration = Duration::from_secs(60);
/// Backtests that run at one time, in the whole server; one of each organization. Each holds two states of its organization.
pub(crate) const BACKTESTS_MAX: usize = 2;
const _: () = assert!(
    LONG_WORKS_MAX + BACKTESTS_MAX < READING_THREADS_MAX,
    "threads are left to read for everybody else"
);
/// How long a backtest goes on, with the entries that it replays before its window.
pub(crate) const BACKTEST_DURATION_MAX: Duration = Duration::from_secs(300);
/// How long the request for a backtest may take, with its wait for those of other organizations.
pub(crate) const BACKTEST_REQUEST_DURATION_MAX: Duration = Duration::from_secs(600);
/// Entries of the window of a backtest.
pub(crate) const BACKTEST_ENTRIES_MAX: u64 = 1_000_000;
/// Days that a backtest may go back by; the whole record may be longer.
pub(crate) const BACKTEST_DAYS_MAX: u32 = 3_650;
/// Plans of one organization that are kept to be applied; the oldest gives way to a new one.
pub(crate) const PLANS_MAX: usize = 16;
/// Bytes of memory that one plan may take, its draft and its effect; a larger one is refused. A group that a rule gives a new
/// team is about 1.5 KiB of a plan.
pub(crate) const PLAN_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of the plans that are kept of one organization; the oldest give way to a new one.
pub(crate) const ORGANIZATION_PLANS_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Bytes of the plans that are kept of all organizations; the oldest of whoever takes most give way to a new one.
pub(crate) const SERVER_PLANS_BYTES_MAX: u64 = 1024 * 1024 * 1024;
const _: () = assert!(
    2 * PLAN_BYTES_MAX <= ORGANIZATION_PLANS_BYTES_MAX && ORGANIZATION_PLANS_BYTES_MAX <= SERVER_PLANS_BYTES_MAX,
    "a plan that is being applied leaves room for another one"
);
/// How long the request that makes a plan, or looks at its effect again, may take, with its wait for a place to work at.
pub(crate) const PLAN_REQUEST_DURATION_MAX: Duration = Duration::from_secs(300);
/// How long a plan is kept to be applied.
pub(crate) const PLAN_DURATION: Duration = Duration::from_secs(3_600);
/// How long whoever applies a plan waits for its end before the answer says that it goes on.
pub(crate) const PLAN_APPLYING_WAIT: Duration = Duration::from_secs(5);
/// How long the command line waits before it asks again how far a plan is.
pub(crate) const PLAN_POLL_PAUSE: Duration = Duration::from_millis(500);
/// How long a writer judges commands before it leaves a turn to others; one command is never broken off.
pub(crate) const JUDGING_DURATION_MAX: Duration = Duration::from_millis(5);
/// Appends of one organization that may be on their way to the disk at one time.
pub(crate) const BATCHES_IN_FLIGHT_MAX: usize = 2;
/// Items of one page of a list.
pub(crate) const PAGE_ITEMS_MAX: usize = 1_000;
/// Items of one page when the caller names no limit.
pub(crate) const PAGE_ITEMS_DEFAULT: usize = 100;
/// A page of entries takes no further one once it has this many bytes of JSON: users are few bytes in an entry, but many in JSON.
pub(crate) const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// An entry that names more users than this is rendered aside of the threads that answer requests.
pub(crate) const INLINE_USERS_MAX: u64 = 1_000;
/// Steps, of about a microsecond each, that are taken on a thread that answers requests; longer work goes to another one. A
/// page of 100 ordinary users is a few thousand steps, and so is a group of 10,000 members.
pub(crate) const INLINE_STEPS_MAX: u64 = 10_000;
/// Entries that an explanation reads without a place for long work.
pub(crate) const INLINE_ENTRIES_MAX: usize = 100;
/// How long an explanation looks for the entries that it cites.
pub(crate) const CITING_DURATION_MAX: Duration = Duration::from_secs(5);
/// Entries that are read from the log in one go.
pub(crate) const READ_ENTRIES_MAX: usize = 500;
/// Event streams that are open at one time.
pub(crate) const STREAM_CLIENTS_MAX: usize = 1_000;
/// How often an event stream says that it is still there.
pub(crate) const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);
/// How long open requests may take to end when the server stops.
pub(crate) const SHUTDOWN_DURATION_MAX: Duration = Duration::from_secs(25);
/// How long a caller is asked to wait when an organization is being reloaded.
pub(crate) const RETRY_AFTER_RELOAD: Duration = Duration::from_secs(2);
/// How long a caller is asked to wait when a queue is full.
pub(crate) const RETRY_AFTER_BUSY: Duration = Duration::from_secs(1);
/// How long the supervisor waits before it reloads an organization again, at first; it doubles up to the second value.
pub(crate) const RELOAD_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// Characters of a root token given by the operator.
pub(crate) const ROOT_TOKEN_CHARACTERS_MIN: usize = 32;
/// SCIM requests that each organization may send per second, unless the operator says otherwise.
pub(crate) const SCIM_REQUESTS_PER_SECOND_DEFAULT: u32 = 500;
/// What the operator may say at most: more is no limit that could ever be reached, and a typing error.
pub(crate) const SCIM_REQUESTS_PER_SECOND_MAX: u32 = 1_000_000;
/// How many seconds' worth of its requests an organization may send at once.
pub(crate) const SCIM_BURST_DURATION: Duration = Duration::from_secs(2);
/// How long an access token opens its connection.
pub(crate) const ACCESS_TOKEN_DURATION: Duration = Duration::from_secs(3_600);
/// Role names that get a label of their own in metrics; further ones share `other`.
pub(crate) const ROLE_LABELS_MAX: usize = 32;
/// Entities that a difference of a backtest is shown with, of each world.
pub(crate) const DIFFERING_ENTITIES_SHOWN_MAX: usize = 100;
/// Users that are shown by their ids in an answer about many.
pub(crate) const USERS_SHOWN_MAX: usize = 100;
/// Group names that rules are tried on in one request.
pub(crate) const TRIED_NAMES_MAX: usize = 100;
/// Rules that are shown as tried before the one that decides, for each name.
pub(crate) const TRIED_RULES_SHOWN_MAX: usize = 100;
/// Ended mappings that a group is shown with.
pub(crate) const ENDED_MAPPINGS_SHOWN_MAX: usize = 100;
