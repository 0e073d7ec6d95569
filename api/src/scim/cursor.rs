//! Cursors (RFC 9865): where a page of a list ended, so that the next one can begin behind it.
//!
//! Nothing is kept for a cursor: it holds the place itself, with the sort key of the resource that stands there. That key may be a
//! name or an address, and cursors stand in URLs, so it is sealed: nobody can read it, change it, or use it for another
//! query, connection or organization. The seal is deterministic (as in RFC 5297): the tag authenticates, and is the nonce.

use std::fmt::Write;

use rolecall_engine::Timestamp;

use super::error::ScimError;
use super::limits::CURSOR_TIMEOUT;
use super::schema::ResourceType;
use super::sort::SortKey;
use crate::keys::ServerKeys;

/// The form of what is sealed.
const FORM: u8 = 1;
const TAG_BYTES: usize = 32;
const TAG_PURPOSE: &str = "rolecall 2026-11 scim cursor tag";
const VEIL_PURPOSE: &str = "rolecall 2026-11 scim cursor veil";

/// Where a resource stands in a list that is not sorted: users before groups, each in the order of their creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListPlace {
    pub(crate) of: ResourceType,
    pub(crate) index: u32,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageEnd {
    /// The sort key of its last resource, where the list is sorted.
    pub(crate) key: Option<SortKey>,
    /// The place of its last resource.
    pub(crate) place: ListPlace,
}

/// What a cursor can be used for: one query of one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CursorScope([u8; 32]);

/// What cursors are sealed with.
#[derive(Clone)]
pub(crate) struct CursorSeal {
    tag: [u8; 32],
    veil: [u8; 32],
}

impl CursorScope {
    /// The scope that these parts describe.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(&length.to_be_bytes()).update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

impl CursorSeal {
    /// The seal of a server.
    pub(crate) fn of(keys: &ServerKeys) -> Self {
        Self::new(keys.derive("rolecall 2026-11 scim cursors"))
    }

    /// The seal that is derived from this key, which is used for nothing else.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            tag: blake3::derive_key(TAG_PURPOSE, &key),
            veil: blake3::derive_key(VEIL_PURPOSE, &key),
        }
    }

    /// The cursor of the page that follows this end. It holds unreserved characters only (RFC 9865 2).
    pub(crate) fn seal(&self, scope: CursorScope, end: &PageEnd, now: Timestamp) -> String {
        let mut message = write(end, now);
        let tag = self.tag(scope, &message);
        self.veil(tag, &mut message);
        message.iter().fold(tag.to_hex().to_string(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The end of the page that this cursor was given out with.
    ///
    /// # Errors
    /// `invalidCursor` when it is not ours or belongs to another query or connection, which look the same (RFC 9865 5.2);
    /// `expiredCursor` when too much time has gone by.
    pub(crate) fn open(&self, scope: CursorScope, text: &str, now: Timestamp) -> Result<PageEnd, ScimError> {
        let (issued, end) = self.unseal(scope, text).ok_or_else(|| {
            ScimError::invalid_cursor(
                "the cursor is not valid for this query; send `nextCursor` as it came, with all other parameters unchanged, \
                 or an empty `cursor` to start again",
            )
        })?;
        let age = now.milliseconds().saturating_sub(issued.milliseconds());
        if u128::from(age) > CURSOR_TIMEOUT.as_millis() {
            return Err(ScimError::expired_cursor(format!(
                "the cursor is older than {} seconds; send an empty `cursor` to start again",
                CURSOR_TIMEOUT.as_secs()
            )));
        }
        Ok(end)
    }

    fn unseal(&self, scope: CursorScope, text: &str) -> Option<(Timestamp, PageEnd)> {
        let (tag, message) = text.split_at_checked(TAG_BYTES * 2)?;
        let tag = blake3::Hash::from_hex(tag).ok()?;
        let mut message = bytes(message)?;
        self.veil(tag, &mut message);
        // Hashes are compared in constant time.
        (self.tag(scope, &message) == tag).then(|| read(&message))?
    }

    fn tag(&self, scope: CursorScope, message: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.tag);
        hasher.update(&scope.0).update(message);
        hasher.finalize()
    }

    /// Veils a message, or unveils it.
    fn veil(&self, tag: blake3::Hash, message: &mut [u8]) {
        let mut stream = vec![0; message.len()];
        let mut hasher = blake3::Hasher::new_keyed(&self.veil);
        hasher.update(tag.as_bytes()).finalize_xof().fill(&mut stream);
        message.iter_mut().zip(stream).for_each(|(byte, veil)| *byte ^= veil);
    }
}

fn write(end: &PageEnd, now: Timestamp) -> Vec<u8> {
    let of = match end.place.of {
        ResourceType::User => 0,
        ResourceType::Group => 1,
    };
    let mut message = vec![FORM];
    message.extend(now.milliseconds().to_be_bytes());
    message.push(of);
    message.extend(end.place.index.to_be_bytes());
    message.extend(end.key.iter().flat_map(SortKey::as_bytes));
    message
}

fn read(message: &[u8]) -> Option<(Timestamp, PageEnd)> {
    let (&[form], message) = message.split_first_chunk()?;
    let (issued, message) = message.split_first_chunk()?;
    let (&[of], message) = message.split_first_chunk()?;
    let (index, key) = message.split_first_chunk()?;
    let of = match (form, of) {
        (FORM, 0) => ResourceType::User,
        (FORM, 1) => ResourceType::Group,
        _ => return None,
    };
    let index = u32::from_be_bytes(*index);
    let key = (!key.is_empty()).then(|| SortKey::from_bytes(key));
    let end = PageEnd {
        key,
        place: ListPlace { of, index },
    };
    Some((Timestamp::from_milliseconds(u64::from_be_bytes(*issued)), end))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_milliseconds(1_760_000_000_000);

    fn seal() -> CursorSeal {
        CursorSeal::new([7; 32])
    }

    fn scope(filter: &str) -> CursorScope {
        CursorScope::of(&[b"con", filter.as_bytes()])
    }

    fn end() -> PageEnd {
        PageEnd {
            key: Some(SortKey::from_bytes(b"ana@example.com")),
            place: ListPlace {
                of: ResourceType::Group,
                index: 70_000,
            },
        }
    }

    fn after(seconds: u64) -> Timestamp {
        Timestamp::from_milliseconds(NOON.milliseconds() + seconds * 1_000)
    }

    #[track_caller]
    fn check_refused(cursor: &str, filter: &str, now: Timestamp, keyword: &str) {
        let refused = seal().open(scope(filter), cursor, now).unwrap_err();
        assert_eq!(refused.scim_type(), Some(keyword), "{cursor}");
    }

    #[test]
    fn a_cursor_opens_to_what_was_sealed_until_it_expires() {
        let cursor = seal().seal(scope("a"), &end(), NOON);
        let timeout = CURSOR_TIMEOUT.as_secs();
        assert_eq!(seal().open(scope("a"), &cursor, NOON).unwrap(), end());
        assert_eq!(seal().open(scope("a"), &cursor, after(timeout)).unwrap(), end());
        check_refused(&cursor, "a", after(timeout + 1), "expiredCursor");
        let unsorted = PageEnd { key: None, ..end() };
        let cursor = seal().seal(scope("a"), &unsorted, NOON);
        assert_eq!(seal().open(scope("a"), &cursor, NOON).unwrap(), unsorted);
    }

    #[test]
    fn a_cursor_is_good_for_its_own_query_and_key_only() {
        let cursor = seal().seal(scope("a"), &end(), NOON);
        check_refused(&cursor, "b", NOON, "invalidCursor");
        let other = CursorSeal::new([8; 32]).seal(scope("a"), &end(), NOON);
        check_refused(&other, "a", NOON, "invalidCursor");
    }

    #[test]
    fn a_scope_tells_its_parts_apart() {
        let cursor = seal().seal(CursorScope::of(&[b"ab", b"c"]), &end(), NOON);
        let refused = seal().open(CursorScope::of(&[b"a", b"bc"]), &cursor, NOON);
        assert!(refused.is_err());
    }

    #[test]
    fn a_changed_or_cut_cursor_is_not_valid() {
        let cursor = seal().seal(scope("a"), &end(), NOON);
        for index in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[index] = if changed[index] == b'0' { b'1' } else { b'0' };
            check_refused(&String::from_utf8(changed).unwrap(), "a", NOON, "invalidCursor");
            check_refused(&cursor[..index], "a", NOON, "invalidCursor");
        }
        for text in ["x", &"é".repeat(60), &format!("{cursor}00")] {
            check_refused(text, "a", NOON, "invalidCursor");
        }
    }

    #[test]
    fn nobody_reads_in_a_cursor() {
        let cursor = seal().seal(scope("a"), &end(), NOON);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_hexdigit()), "{cursor}");
        let clear = bytes(&cursor).unwrap();
        for part in [b"ana".as_slice(), b"example", &70_000_u32.to_be_bytes()] {
            assert!(!clear.windows(part.len()).any(|window| window == part));
        }
    }
}
