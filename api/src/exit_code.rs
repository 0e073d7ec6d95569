//! The exit codes of all commands: one table, which docs/operations.md tells those who write scripts. A command that did what it
//! was asked, and found nothing to look at, ends with 0.

/// It could not be done.
pub(crate) const FAILED: u8 = 1;
/// It was done, and found something that waits for somebody: changes that are not applied, a file that is not sound, a record that
/// would be derived otherwise.
pub(crate) const FOUND: u8 = 2;
/// It was done, and found that the record is damaged.
pub(crate) const DAMAGED: u8 = 3;
/// The arguments make no command: `EX_USAGE` of `sysexits.h`.
pub(crate) const USAGE: u8 = 64;
