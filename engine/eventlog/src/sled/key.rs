//! Where a block is kept: stream, first position, part; big-endian, so that keys sort as entries do.

use crate::{Position, Stream};

/// The key of a block. A block of whole entries is part 0 of the first of them; an entry over several blocks has parts from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) stream: Stream,
    pub(super) position: Position,
    pub(super) part: u16,
}

/// Holds the block of the start-up test. It is shorter than any key and sorts before all of them, so no scan of entries meets it.
pub(super) const SELF_TEST_KEY: &[u8] = &[0];

const KEY_BYTES: usize = 16 + 8 + 2;

impl Key {
    /// The first key that `position` of `stream` can have.
    pub(super) fn first(stream: Stream, position: Position) -> Key {
        Key {
            stream,
            position,
            part: 0,
        }
    }

    /// The last key that `position` of `stream` can have.
    pub(super) fn last(stream: Stream, position: Position) -> Key {
        Key {
            stream,
            position,
            part: u16::MAX,
        }
    }

    pub(super) fn encode(&self) -> [u8; KEY_BYTES] {
        let mut bytes = [0; KEY_BYTES];
        let parts = [
            &self.stream.bytes()[..],
            &self.position.get().to_be_bytes(),
            &self.part.to_be_bytes(),
        ];
        for (target, source) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *target = *source;
        }
        bytes
    }

    /// `None` for what is no key of an entry.
    pub(super) fn decode(bytes: &[u8]) -> Option<Key> {
        let (stream, rest) = bytes.split_first_chunk()?;
        let (position, rest) = rest.split_first_chunk()?;
        let part = rest.try_into().ok()?;
        Some(Key {
            stream: Stream::new(*stream),
            position: Position::new(u64::from_be_bytes(*position)),
            part: u16::from_be_bytes(part),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> impl Strategy<Value = Key> {
        (any::<[u8; 16]>(), any::<u64>(), any::<u16>()).prop_map(|(stream, position, part)| Key {
            stream: Stream::new(stream),
            position: Position::new(position),
            part,
        })
    }

    proptest! {
        #[test]
        fn keys_come_back_and_sort_as_their_bytes_do(one in keys(), other in keys()) {
            prop_assert_eq!(Key::decode(&one.encode()), Some(one));
            prop_assert_eq!(one.cmp(&other), one.encode().cmp(&other.encode()));
            prop_assert!(SELF_TEST_KEY < one.encode().as_slice());
        }
    }

    #[test]
    fn the_key_of_the_start_up_test_is_no_key_of_an_entry() {
        assert_eq!(Key::decode(SELF_TEST_KEY), None);
    }
}
