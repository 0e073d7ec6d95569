//! The limits of the log, all in one place. Exceeding one is refused with a named error.

/// The largest entry, in bytes.
pub const ENTRY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most bytes that one append may bring, over all its entries.
pub const APPEND_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most entries that one append may bring.
pub const APPEND_ENTRIES_MAX: usize = 100_000;

/// One call of `read` returns no more entries once it holds this many bytes.
pub const READ_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most appends that wait for the committer; a further one is refused as busy.
pub const WAITING_APPENDS_MAX: usize = 65_536;

/// The most bytes that wait for the committer; a further append is refused as busy.
pub const WAITING_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The most appends that share one commit.
pub const COMMIT_APPENDS_MAX: usize = 4_096;

/// A commit takes no further append once it holds this many bytes.
pub const COMMIT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The largest value handed to sled.
///
/// sled writes up to 17 values together with their keys, and puts what is above 128 KiB into a file of its own that it never syncs.
/// With 18 values of this size there is still room.
pub(crate) const BLOCK_BYTES_MAX: usize = 7_000;

const _: () = assert!(
    ENTRY_BYTES_MAX <= APPEND_BYTES_MAX,
    "the largest entry fits into an append"
);
const _: () = assert!(
    APPEND_BYTES_MAX <= WAITING_BYTES_MAX,
    "the largest append fits into the queue"
);
const _: () = assert!(
    ENTRY_BYTES_MAX / BLOCK_BYTES_MAX < u16::MAX as usize / 2,
    "the parts of an entry are counted in 16 bits"
);
