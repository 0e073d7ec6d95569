//! What an accepted command created: its id stands in the facts of the entry.

use rolecall_engine::Fact;
use rolecall_engine::registry::RegistryFact;

use crate::error::ApiError;
use crate::organization::Submitted;

/// The id in a fact of the registry.
///
/// # Errors
/// When the entry has no such fact, which would be a bug.
pub(crate) fn created<T>(submitted: &Submitted, id: impl Fn(&RegistryFact) -> Option<T>) -> Result<T, ApiError> {
    created_in(submitted, |fact| match fact {
        Fact::Registry(fact) => id(fact),
        _ => None,
    })
}

/// The id in a fact of an organization.
///
/// # Errors
/// When the entry has no such fact, which would be a bug.
pub(crate) fn created_in<T>(submitted: &Submitted, id: impl Fn(&Fact) -> Option<T>) -> Result<T, ApiError> {
    let facts = submitted.entry.iter().flat_map(|entry| &entry.facts);
    facts.into_iter().find_map(id).ok_or(ApiError::Internal)
}
