//! The three types of thing that users are put into.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a target names and an entity is.
///
/// The order of the variants is part of stored formats: add new ones at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityType {
    /// A user is in any number of teams.
    Team,
    /// A user is in exactly one concurrency group.
    ConcurrencyGroup,
    /// A user is in exactly one sub-organization, the root one if nothing else is said.
    SubOrganization,
}

impl EntityType {
    /// All types, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::Team, Self::ConcurrencyGroup, Self::SubOrganization];

    /// The word for it in JSON, in logs and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::ConcurrencyGroup => "concurrency_group",
            Self::SubOrganization => "sub_organization",
        }
    }

    /// What it is called in a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::ConcurrencyGroup => "concurrency group",
            Self::SubOrganization => "sub-organization",
        }
    }
}

impl fmt::Display for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EntityType {
    type Err = UnknownEntityType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| UnknownEntityType(text.to_owned()))
    }
}

/// A word that is none of the entity types.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an entity type; write `team`, `concurrency_group` or `sub_organization`")]
pub struct UnknownEntityType(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_reads_back_from_its_word() {
        for entity_type in EntityType::ALL {
            assert_eq!(entity_type.to_string().parse(), Ok(entity_type));
        }
    }

    #[test]
    fn another_word_is_refused_with_the_words_that_exist() {
        let error = "Team".parse::<EntityType>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Team` is not an entity type; write `team`, `concurrency_group` or `sub_organization`"
        );
    }
}
