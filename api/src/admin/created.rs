//! What an accepted command on the registry created.

use rolecall_engine::Fact;
use rolecall_engine::registry::RegistryFact;

pub(super) use crate::created::created as created_in;
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
