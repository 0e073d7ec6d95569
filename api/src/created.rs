//! What an accepted command created: its id stands in the facts of the entry.

use rolecall_engine::Fact;

use crate::error::ApiError;
use crate::organization::Submitted;

/// The id in the fact that says what was created.
///
/// # Errors
/// When the entry has no such fact, which would be a bug.
pub(crate) fn created<T>(submitted: &Submitted, id: impl Fn(&Fact) -> Option<T>) -> Result<T, ApiError> {
    let facts = submitted.entry.iter().flat_map(|entry| &entry.facts);
    facts.into_iter().find_map(id).ok_or(ApiError::Internal)
}
