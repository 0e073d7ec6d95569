//! Access tokens (RFC 6749 section 1.4): `rc_access_<token id and end>_<seal>`, both in hexadecimal.
//!
//! They are stored nowhere. The seal, a keyed hash under a key of the server, proves that we gave one out; whether the
//! token that it was given for is still there is asked again with each request, so revoking that one ends it at once.

use rolecall_engine::{Timestamp, TokenId};
use uuid::Uuid;

use super::Secret;
use crate::error::ApiError;
use crate::keys::ServerKeys;
use crate::limits::ACCESS_TOKEN_DURATION;

const PREFIX: &str = "rc_access_";
const PURPOSE: &str = "rolecall 2026 scim access token";
/// A UUID, and a time in milliseconds.
const BODY_CHARACTERS: usize = 32 + 16;
const ID_CHARACTERS: usize = 32;

/// When an access token ends that is given out now for a token that ends at `last`, if ever.
pub(crate) fn end(now: Timestamp, last: Option<Timestamp>) -> Timestamp {
    let duration = u64::try_from(ACCESS_TOKEN_DURATION.as_millis()).unwrap_or(u64::MAX);
    let end = Timestamp::from_milliseconds(now.milliseconds().saturating_add(duration));
    last.map_or(end, |last| last.min(end))
}

/// An access token of the holder of a token.
pub(crate) fn issue(keys: &ServerKeys, token: TokenId, end: Timestamp) -> Secret {
    let body = format!("{}{:016x}", token.uuid().simple(), end.milliseconds());
    let seal = seal(keys, &body);
    Secret::given(format!("{PREFIX}{body}_{}", seal.to_hex()))
}

/// Whether the text is meant as an access token.
pub(crate) fn is_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// The token that an access token was given out for.
///
/// # Errors
/// When it is mistyped, not of this server, or at its end.
pub(crate) fn read(keys: &ServerKeys, text: &str, now: Timestamp) -> Result<TokenId, ApiError> {
    let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
    let (body, shown) = parts.ok_or(ApiError::TokenMalformed)?;
    let shown = blake3::Hash::from_hex(shown).map_err(|_| ApiError::TokenMalformed)?;
    // INVARIANT: nothing of the body is believed before its seal is; comparing hashes of blake3 takes the same time always.
    if seal(keys, body) != shown {
        return Err(ApiError::TokenUnknown);
    }
    let (token, end) = parse(body).ok_or(ApiError::TokenMalformed)?;
    if end <= now {
        return Err(ApiError::TokenExpired);
    }
    Ok(token)
}

fn parse(body: &str) -> Option<(TokenId, Timestamp)> {
    if body.len() != BODY_CHARACTERS {
        return None;
    }
    let (id, end) = body.split_at_checked(ID_CHARACTERS)?;
    let end = u64::from_str_radix(end, 16).ok()?;
    Some((
        TokenId::new(Uuid::try_parse(id).ok()?),
        Timestamp::from_milliseconds(end),
    ))
}

fn seal(keys: &ServerKeys, body: &str) -> blake3::Hash {
    blake3::keyed_hash(&keys.derive(PURPOSE), body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: TokenId = TokenId::new(Uuid::from_u128(7));

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds)
    }

    #[test]
    fn it_names_its_token_until_its_end() {
        let keys = ServerKeys::draw();
        let text = issue(&keys, TOKEN, at(1_000));
        assert!(is_one(text.reveal()));
        assert_eq!(read(&keys, text.reveal(), at(999)).unwrap(), TOKEN);
        assert!(matches!(
            read(&keys, text.reveal(), at(1_000)),
            Err(ApiError::TokenExpired)
        ));
    }

    #[test]
    fn it_ends_after_an_hour_or_with_its_token() {
        assert_eq!(end(at(5), None), at(5 + 3_600_000));
        assert_eq!(end(at(5), Some(at(90))), at(90));
        assert_eq!(end(at(5), Some(at(u64::MAX))), at(5 + 3_600_000));
    }

    #[test]
    fn one_changed_character_is_enough_to_refuse_it() {
        let keys = ServerKeys::draw();
        let text = issue(&keys, TOKEN, at(1_000)).reveal().to_owned();
        for index in 0..text.len() {
            let mut typo = text.as_bytes().to_vec();
            typo[index] = if typo[index] == b'0' { b'1' } else { b'0' };
            let typo = String::from_utf8(typo).unwrap();
            assert!(read(&keys, &typo, at(0)).is_err(), "character {index} of {text}");
            assert!(read(&keys, &text[..index], at(0)).is_err(), "{}", &text[..index]);
        }
    }

    #[test]
    fn another_server_does_not_know_it() {
        let text = issue(&ServerKeys::draw(), TOKEN, at(1_000));
        let read = read(&ServerKeys::draw(), text.reveal(), at(0));
        assert!(matches!(read, Err(ApiError::TokenUnknown)), "{read:?}");
    }
}
