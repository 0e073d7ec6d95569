//! Who asked, and where that stands on the record.

use crate::entry::Actor;
use crate::state::Stamp;

/// What the facts of one entry have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Who asked.
    pub(crate) by: Actor,
    /// When, and the position of the entry.
    pub(crate) stamp: Stamp,
}
