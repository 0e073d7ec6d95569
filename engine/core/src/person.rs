//! What the identity provider says about a person, kept apart from ids and decisions.
//!
//! In an entry a person travels as one opaque field, so that it can be made unreadable without rewriting history.

use serde::{Deserialize, Serialize};

use crate::codec;

/// The attributes of a user that identify a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// SCIM `userName`, as it came.
    pub user_name: String,
    /// SCIM `externalId`.
    pub external_id: Option<String>,
    /// SCIM `displayName`.
    pub display_name: Option<String>,
    /// The values of SCIM `emails`, in order.
    pub emails: Vec<String>,
    /// The concurrency group that the user's own attribute names.
    pub concurrency_group: Option<String>,
    /// All attributes as one canonical JSON object; opaque to this crate.
    pub attributes: String,
}

/// A [`Person`] as it stands in an entry. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPerson(Vec<u8>);

impl SealedPerson {
    pub(crate) fn seal(person: &Person) -> Self {
        Self(codec::encode(person))
    }

    /// The person, or `None` when the field can no longer be read.
    pub fn open(&self) -> Option<Person> {
        codec::decode(&self.0).ok()
    }
}

impl std::fmt::Debug for SealedPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedPerson({} bytes)", self.0.len())
    }
}
