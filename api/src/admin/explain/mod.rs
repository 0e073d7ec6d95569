//! Why a user has its role and its entities, and not others; what decided a group; who is in an entity, and through what.
//!
//! What is so and why is the engine's `explain`. Here the entries are read that the explanation cites, and it is put into
//! words.

pub(super) mod entity;
mod exceptions;
pub(super) mod group;
mod mapping;
mod reading;
mod reason_view;
#[cfg(test)]
mod tests;
pub(super) mod user;
mod words;

use rolecall_engine::explain::First;
use serde::Serialize;
use utoipa::ToSchema;

/// The first of many.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirstView<T> {
    /// The first ones, 100 at most (20 reasons).
    items: Vec<T>,
    /// How many there are.
    total: usize,
}

impl<T> From<First<T>> for FirstView<T> {
    fn from(first: First<T>) -> Self {
        Self {
            items: first.items,
            total: first.total,
        }
    }
}
