//! The name of an organization-wide role. Which roles an organization has, and their order, is the engine's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::NameError;
use crate::limits::ROLE_NAME_CHARACTERS_MAX;

/// A role by name: 1 to 64 lower-case letters, digits, `-` and `_`. `Admin` is read as `admin`, as identity providers write both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleName(String);

impl RoleName {
    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = NameError;

    /// Fails on an empty or overlong name, and on any character that a role name has not.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = text.to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        match name.chars().find(|c| !allowed(*c)) {
            Some(found) => Err(NameError::Character { found }),
            None if name.is_empty() => Err(NameError::Empty),
            None if name.len() > ROLE_NAME_CHARACTERS_MAX => Err(NameError::TooLong {
                characters_max: ROLE_NAME_CHARACTERS_MAX,
            }),
            None => Ok(Self(name)),
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RoleName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<RoleName> for String {
    fn from(role: RoleName) -> Self {
        role.0
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error as ValueError;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, NameError>) {
        assert_eq!(text.parse::<RoleName>().map(String::from), expected.map(str::to_owned));
    }

    #[test]
    fn letters_digits_and_dashes_make_a_role_in_lower_case() {
        check("admin", Ok("admin"));
        check("Admin", Ok("admin"));
        check("tier-2_lead", Ok("tier-2_lead"));
        check(&"a".repeat(64), Ok(&"a".repeat(64)));
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        check("", Err(NameError::Empty));
        check(&"a".repeat(65), Err(NameError::TooLong { characters_max: 64 }));
        check("team lead", Err(NameError::Character { found: ' ' }));
        check("\u{212a}ing", Err(NameError::Character { found: '\u{212a}' }));
    }

    #[test]
    fn reading_checks_a_stored_role_as_well() {
        let read =
            |text: &str| RoleName::deserialize(text.into_deserializer()).map_err(|error: ValueError| error.to_string());
        assert_eq!(read("Admin"), Ok("admin".parse().unwrap()));
        assert_eq!(read("team lead"), Err("the name cannot contain ' '".to_owned()));
    }
}
