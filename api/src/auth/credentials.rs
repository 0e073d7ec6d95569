//! What a SCIM request shows in its `Authorization` header.
//!
//! There is one secret, the token of the connection, and providers send it in every way that their forms make an
//! administrator type it. Our tokens can be told from anything else, so the token is found wherever it stands.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{access_token, secret};

/// RFC 4648 section 4. Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What was shown, and in which form.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials<'h> {
    /// `Bearer <token>` (RFC 6750 section 2.1).
    Bearer(&'h str),
    /// `Basic <user name and password>` (RFC 7617).
    Basic(UserPassword),
    /// The token by itself, behind `Bearer` twice, or behind a word that the administrator chose: Okta's "HTTP Header" and
    /// PingOne's "Custom" authorization send what was typed, as in `SSWS <token>` or `OAuth <token>`.
    Habit(&'h str),
}

/// User name and password. There is no `Debug`: they go into no log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserPassword {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Why there are no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoCredentials {
    /// Nothing was sent that could be a token.
    Missing,
    /// `Basic`, and then something else than base64 of a user name, a colon and a password.
    BasicMalformed,
}

impl<'h> Credentials<'h> {
    /// The credentials of a SCIM request.
    ///
    /// # Errors
    /// When there are none, or those of `Basic` cannot be read.
    pub(crate) fn of(headers: &'h HeaderMap) -> Result<Self, NoCredentials> {
        let value = headers.get(header::AUTHORIZATION).map(HeaderValue::to_str);
        let value = value.ok_or(NoCredentials::Missing)?;
        let value = value.map_err(|_| NoCredentials::Missing)?.trim();
        let words: Vec<&str> = value.split_whitespace().collect();
        match words.as_slice() {
            [scheme, token] if scheme.eq_ignore_ascii_case("bearer") && !is_scheme(token) => Ok(Self::Bearer(token)),
            [scheme, rest] if scheme.eq_ignore_ascii_case("basic") => Self::basic(rest),
            [_, last] | [last] | [_, _, last] if !is_scheme(last) => Ok(Self::Habit(last)),
            _ => Err(NoCredentials::Missing),
        }
    }

    /// Who chose `Basic` as the word in front of a bare token means the token: base64 has no underscore.
    fn basic(rest: &'h str) -> Result<Self, NoCredentials> {
        match UserPassword::decode(rest) {
            Some(pair) => Ok(Self::Basic(pair)),
            None if is_token(rest) => Ok(Self::Habit(rest)),
            None => Err(NoCredentials::BasicMalformed),
        }
    }
}

impl UserPassword {
    /// From `Basic` credentials (RFC 7617 section 2): the user name ends at the first colon.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Self {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

fn is_token(word: &str) -> bool {
    secret::is_well_formed(word) || access_token::is_one(word)
}

#[cfg(test)]
mod tests {
    use rolecall_engine::registry::TokenScope;

    use super::super::Secret;
    use super::*;

    /// What is expected, written short.
    #[derive(Debug, PartialEq)]
    enum Found {
        Bearer(String),
        Basic(String, String),
        Habit(String),
        Nothing(NoCredentials),
    }

    fn found(value: &str) -> Found {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        match Credentials::of(&HeaderMap::from_iter([(header::AUTHORIZATION, value)])) {
            Ok(Credentials::Bearer(token)) => Found::Bearer(token.to_owned()),
            Ok(Credentials::Basic(UserPassword { user, password })) => Found::Basic(user, password),
            Ok(Credentials::Habit(token)) => Found::Habit(token.to_owned()),
            Err(nothing) => Found::Nothing(nothing),
        }
    }

    #[track_caller]
    fn check(values: &[&str], expected: Found) {
        for value in values {
            assert_eq!(found(value), expected, "{value}");
        }
    }

    #[test]
    fn bearer_is_a_scheme_in_any_case() {
        check(
            &["Bearer abc", "bearer abc", "BEARER   abc ", " Bearer\tabc"],
            Found::Bearer("abc".to_owned()),
        );
    }

    #[test]
    fn a_token_is_found_without_a_scheme_behind_two_and_behind_a_word_of_the_administrators() {
        let values = [
            "abc",
            " abc ",
            "Bearer Bearer abc",
            "SSWS abc",
            "Token abc",
            "OAuth abc",
            "Bearer OAuth abc",
        ];
        check(&values, Found::Habit("abc".to_owned()));
    }

    #[test]
    fn basic_is_a_user_name_and_a_password_with_or_without_padding() {
        let pair = |password: &str| Found::Basic("con-1".to_owned(), password.to_owned());
        check(&["Basic Y29uLTE6cGE6c3M=", "basic Y29uLTE6cGE6c3M"], pair("pa:ss"));
        check(&["Basic Y29uLTE6"], pair(""));
        check(
            &["Basic Y29uLTE=", "Basic ***", "Basic //79", "Basic abc"],
            Found::Nothing(NoCredentials::BasicMalformed),
        );
    }

    #[test]
    fn a_bare_token_behind_basic_is_a_token() {
        let token = Secret::draw(TokenScope::Root);
        check(
            &[&format!("Basic {}", token.reveal())],
            Found::Habit(token.reveal().to_owned()),
        );
    }

    #[test]
    fn what_holds_no_token_holds_none() {
        check(
            &[
                "",
                "Bearer",
                "Bearer ",
                "Basic",
                "bearer bearer",
                "a b c d",
                "Bearer Basic",
                "t\u{f6}ken",
            ],
            Found::Nothing(NoCredentials::Missing),
        );
        assert!(Credentials::of(&HeaderMap::new()) == Err(NoCredentials::Missing));
    }
}
