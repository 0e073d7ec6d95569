//! The root token of the operator, which nothing prints.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::limits::ROOT_TOKEN_CHARACTERS_MIN;

/// A root token that the operator chose, not checked yet: the command line shows a value that it refuses, and this one is secret.
/// Its `Debug` does not show it either.
#[derive(Clone)]
pub struct RootToken(String);

/// Why a root token of the operator's cannot be used. It never shows the token.
#[derive(Debug, thiserror::Error)]
pub enum RootTokenError {
    /// It can be guessed.
    #[error("the root token has to have at least {ROOT_TOKEN_CHARACTERS_MIN} characters")]
    Short,
    /// A header cannot carry it.
    #[error("the root token has to consist of visible ASCII characters, as a header carries them")]
    Unfit,
}

impl RootToken {
    /// The token itself, once it is checked.
    ///
    /// # Errors
    /// When it is too short, or no header can carry it.
    pub(crate) fn reveal(&self) -> Result<&str, RootTokenError> {
        if self.0.chars().count() < ROOT_TOKEN_CHARACTERS_MIN {
            return Err(RootTokenError::Short);
        }
        if !self.0.chars().all(|character| character.is_ascii_graphic()) {
            return Err(RootTokenError::Unfit);
        }
        Ok(&self.0)
    }
}

impl FromStr for RootToken {
    type Err = Infallible;

    /// White space around it comes from files and from copying.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for RootToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_token_is_long_and_is_not_printed() {
        let token = |text: &str| text.parse::<RootToken>().unwrap();
        assert!(matches!(token(&"x".repeat(31)).reveal(), Err(RootTokenError::Short)));
        assert!(matches!(token(&"x y".repeat(12)).reveal(), Err(RootTokenError::Unfit)));
        assert_eq!(
            token(&format!(" {}\n", "x".repeat(32))).reveal().unwrap(),
            "x".repeat(32)
        );
        assert_eq!(format!("{:?}", token("x")), "RootToken");
    }
}
