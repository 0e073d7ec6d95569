//! The hash chain: each entry's hash covers the one before it, so that no entry can change, move or vanish unnoticed.

use std::fmt;

use crate::{Position, Stream};

/// The hash of an entry and, through the chain, of all entries before it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first entry of a stream follows.
    pub const START: Hash = Hash([0; 32]);

    /// The hash with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of the entry `bytes` at `position`, which follows an entry with this hash.
    // INVARIANT: this is the format of the chain. All parts but the last have a fixed length, so no two entries look alike.
    #[must_use]
    pub fn link(&self, stream: Stream, position: Position, bytes: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(stream.bytes());
        hasher.update(&position.get().to_be_bytes());
        hasher.update(bytes);
        Hash(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}

/// The last entry of a stream: where it is, and its hash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// Its position; [`Position::START`] for an empty stream.
    pub position: Position,
    /// Its hash; [`Hash::START`] for an empty stream.
    pub hash: Hash,
}

impl Head {
    /// The head of a stream without entries.
    pub const START: Head = Head {
        position: Position::START,
        hash: Hash::START,
    };

    /// The head once `bytes` follow it.
    #[must_use]
    pub fn link(&self, stream: Stream, bytes: &[u8]) -> Head {
        let position = self.position.next();
        Head {
            position,
            hash: self.hash.link(stream, position, bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Stream = Stream::new([1; 16]);

    #[test]
    fn the_chain_depends_on_stream_position_and_every_entry_before() {
        let first = Head::START.link(STREAM, b"a");
        assert_eq!(first, Head::START.link(STREAM, b"a"));
        assert_ne!(first.hash, Head::START.link(Stream::new([2; 16]), b"a").hash);
        assert_ne!(first.hash, Hash::START.link(STREAM, Position::new(2), b"a"));
        assert_ne!(
            first.link(STREAM, b"b").hash,
            Head::START.link(STREAM, b"x").link(STREAM, b"b").hash
        );
    }

    #[test]
    fn the_chain_is_the_one_that_stored_logs_were_written_with() {
        let head = Head::START.link(STREAM, b"a").link(STREAM, b"b");
        assert_eq!(
            head.hash.to_string(),
            "4b120a964ad64891a0e24af87d5bb38ce9d72eee58737b812698301cc08fe116"
        );
    }
}
