//! The text of a token: `rc_<kind>_<random>_<checksum>`.
//!
//! The kind says what a token is for to whoever finds one, the random part makes it unguessable, and the checksum tells a
//! mistyped token from an unknown one before anything is looked up. Only hashes are kept, so a lost token cannot be shown.

use std::fmt;

use rolecall_engine::registry::{AdminRole, TokenHash, TokenScope};

use crate::random;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 24 characters of 62 carry 142 bits.
const RANDOM_CHARACTERS: usize = 24;
/// Six characters of 62 hold 32 bits.
const CHECKSUM_CHARACTERS: usize = 6;
const SUFFIX_CHARACTERS: usize = 4;
const PREFIX: &str = "rc_";

/// The secret of a token. It is shown once, to whoever creates it, and its `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// A new secret for a token of this scope.
    pub(crate) fn draw(scope: TokenScope) -> Self {
        let random: String = (0..RANDOM_CHARACTERS).map(|_| random_character()).collect();
        let body = format!("{PREFIX}{}_{random}", kind(scope));
        let checksum = checksum(&body);
        Self(format!("{body}_{checksum}"))
    }

    /// A secret that was made elsewhere.
    pub(crate) fn given(text: String) -> Self {
        Self(text)
    }

    /// The secret as its owner gets it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> TokenHash {
        hash(&self.0)
    }

    /// Its last characters, by which people tell tokens apart.
    pub(crate) fn suffix(&self) -> String {
        self.0.chars().skip(self.0.len() - SUFFIX_CHARACTERS).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret(...{})", self.suffix())
    }
}

/// The hash under which a token is known.
pub(crate) fn hash(token: &str) -> TokenHash {
    TokenHash(*blake3::hash(token.as_bytes()).as_bytes())
}

/// Whether the text can be one of our tokens: nothing was mistyped or cut off.
pub(crate) fn is_well_formed(token: &str) -> bool {
    let Some((body, found)) = token.rsplit_once('_') else {
        return false;
    };
    body.starts_with(PREFIX) && found == checksum(body)
}

/// Finds typing errors only: it guards nothing, and whoever knows the rest can compute it.
fn checksum(body: &str) -> String {
    let hash = blake3::hash(body.as_bytes());
    let mut rest = hash
        .as_bytes()
        .iter()
        .take(4)
        .fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    let mut text = String::with_capacity(CHECKSUM_CHARACTERS);
    for _ in 0..CHECKSUM_CHARACTERS {
        text.push(character(rest % 62));
        rest /= 62;
    }
    text
}

fn random_character() -> char {
    let mut byte = [0];
    loop {
        random::fill(&mut byte);
        let [value] = byte;
        // 248 is four times 62: higher values would make some characters likelier than others.
        if value < 248 {
            return character(u32::from(value) % 62);
        }
    }
}

fn character(value: u32) -> char {
    usize::try_from(value)
        .ok()
        .and_then(|value| ALPHABET.get(value))
        .map_or('0', |byte| char::from(*byte))
}

fn kind(scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Root => "root",
        TokenScope::Admin {
            role: AdminRole::Admin, ..
        } => "admin",
        TokenScope::Admin {
            role: AdminRole::Approver,
            ..
        } => "approver",
        TokenScope::Admin {
            role: AdminRole::Auditor,
            ..
        } => "auditor",
        TokenScope::Admin {
            role: AdminRole::Viewer,
            ..
        } => "viewer",
        TokenScope::Scim { .. } => "scim",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_is_well_formed_and_never_the_same() {
        let secret = Secret::draw(TokenScope::Root);
        assert!(is_well_formed(secret.reveal()), "{}", secret.reveal());
        assert!(secret.reveal().starts_with("rc_root_"));
        assert_ne!(secret.reveal(), Secret::draw(TokenScope::Root).reveal());
    }

    #[test]
    fn a_mistyped_or_cut_token_is_not_well_formed() {
        let secret = Secret::draw(TokenScope::Root);
        let text = secret.reveal();
        for index in 0..text.len() {
            let mut typo = text.as_bytes().to_vec();
            typo[index] = if typo[index] == b'x' { b'y' } else { b'x' };
            assert!(
                !is_well_formed(&String::from_utf8(typo).unwrap()),
                "character {index} of {text}"
            );
            assert!(!is_well_formed(&text[..index]), "{}", &text[..index]);
        }
    }

    #[test]
    fn a_printed_secret_shows_its_last_characters_only() {
        let secret = Secret::draw(TokenScope::Root);
        let printed = format!("{secret:?}");
        assert_eq!(
            printed,
            format!("Secret(...{})", &secret.reveal()[secret.reveal().len() - 4..])
        );
    }
}
