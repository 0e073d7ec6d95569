//! The format of a block: what sled keeps as one value.
//!
//! A block holds whole entries, or one part of an entry that is too large for a block. It starts with its checksum, which covers its key
//! too: a block that sled returns under another key is found out. The hash before its first entry ties it to the block before.

use super::key::Key;
use crate::Hash;
use crate::limits::BLOCK_BYTES_MAX;

const VERSION: u8 = 1;
const KIND_WHOLE: u8 = 0;
const KIND_PART: u8 = 1;
const CHECKSUM_BYTES: usize = 8;
const LENGTH_BYTES: usize = 4;
/// Checksum, version, kind, the hash before.
const HEADER_BYTES: usize = CHECKSUM_BYTES + 2 + 32;

/// What a block of whole entries has room for: their bytes, and [`entry_bytes`] counts what each takes.
pub(super) const ROOM: usize = BLOCK_BYTES_MAX - HEADER_BYTES;

/// The bytes of an entry that one part holds.
pub(super) const PART_BYTES: usize = ROOM - LENGTH_BYTES;

/// What an entry of this many bytes takes of the room in a block.
pub(super) const fn entry_bytes(bytes: usize) -> usize {
    LENGTH_BYTES + bytes
}

/// A block, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block<'a> {
    /// Whole entries, in order, the first at the position of the key.
    Whole { before: Hash, entries: Vec<&'a [u8]> },
    /// Some bytes of the one entry at the position of the key, which has `total` bytes.
    Part {
        before: Hash,
        total: usize,
        bytes: &'a [u8],
    },
}

/// Writes a block of whole entries, or nothing if they do not fit; the caller counts, see [`entry_bytes`].
pub(super) fn encode_whole(key: &Key, before: Hash, entries: &[Vec<u8>]) -> Vec<u8> {
    let mut body = header(KIND_WHOLE, before);
    for entry in entries {
        body.extend_from_slice(&length(entry.len()));
        body.extend_from_slice(entry);
    }
    seal(key, body)
}

/// Writes one part of an entry of `total` bytes.
pub(super) fn encode_part(key: &Key, before: Hash, total: usize, bytes: &[u8]) -> Vec<u8> {
    let mut body = header(KIND_PART, before);
    body.extend_from_slice(&length(total));
    body.extend_from_slice(bytes);
    seal(key, body)
}

/// Reads a block, or says what is wrong with it.
pub(super) fn decode<'a>(key: &Key, block: &'a [u8]) -> Result<Block<'a>, &'static str> {
    let (stored, body) = block.split_first_chunk().ok_or("its block is cut off")?;
    if *stored != checksum(key, body) {
        return Err("the checksum of its block is wrong");
    }
    let (&[version, kind], rest) = body.split_first_chunk().ok_or("its block is cut off")?;
    if version != VERSION {
        return Err("its block was written by a newer release");
    }
    let (before, rest) = rest.split_first_chunk().ok_or("its block is cut off")?;
    let before = Hash::new(*before);
    match kind {
        KIND_WHOLE => Ok(Block::Whole {
            before,
            entries: split_entries(rest)?,
        }),
        KIND_PART => {
            let (total, bytes) = split_length(rest)?;
            Ok(Block::Part { before, total, bytes })
        }
        _ => Err("its block is of an unknown kind"),
    }
}

fn header(kind: u8, before: Hash) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BLOCK_BYTES_MAX);
    bytes.extend_from_slice(&[0; CHECKSUM_BYTES]);
    bytes.extend_from_slice(&[VERSION, kind]);
    bytes.extend_from_slice(before.bytes());
    bytes
}

// Entries are limited to far less than 4 GiB, so that no length is cut off here; one that was would be found on reading.
fn length(bytes: usize) -> [u8; LENGTH_BYTES] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

fn seal(key: &Key, mut block: Vec<u8>) -> Vec<u8> {
    debug_assert!(block.len() <= BLOCK_BYTES_MAX, "a block of {} bytes", block.len());
    if let Some((stored, body)) = block.split_first_chunk_mut() {
        *stored = checksum(key, body);
    }
    block
}

fn checksum(key: &Key, body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key.encode());
    hasher.update(body);
    let mut checksum = [0; CHECKSUM_BYTES];
    hasher.finalize_xof().fill(&mut checksum);
    checksum
}

fn split_entries(mut rest: &[u8]) -> Result<Vec<&[u8]>, &'static str> {
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (bytes, after) = split_length(rest)?;
        let (entry, after) = after
            .split_at_checked(bytes)
            .ok_or("an entry reaches beyond its block")?;
        entries.push(entry);
        rest = after;
    }
    if entries.is_empty() {
        Err("its block is empty")
    } else {
        Ok(entries)
    }
}

fn split_length(bytes: &[u8]) -> Result<(usize, &[u8]), &'static str> {
    let (length, rest) = bytes.split_first_chunk().ok_or("its block is cut off")?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| "its length is beyond this machine")?;
    Ok((length, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Position, Stream};

    const KEY: Key = Key {
        stream: Stream::new([9; 16]),
        position: Position::new(4),
        part: 0,
    };
    const BEFORE: Hash = Hash::new([5; 32]);

    proptest! {
        #[test]
        fn whole_entries_come_back(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..40)) {
            let block = encode_whole(&KEY, BEFORE, &entries);
            let expected = entries.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(decode(&KEY, &block), Ok(Block::Whole { before: BEFORE, entries: expected }));
        }

        #[test]
        fn any_changed_byte_is_found(place in any::<prop::sample::Index>(), flip in 1_u8..) {
            let mut block = encode_whole(&KEY, BEFORE, &[b"one".to_vec(), b"two".to_vec()]);
            let place = place.index(block.len());
            block[place] ^= flip;
            prop_assert_eq!(decode(&KEY, &block), Err("the checksum of its block is wrong"));
        }

        #[test]
        fn any_bytes_at_all_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(&KEY, &bytes).is_err());
            // With the right checksum it depends on the bytes what comes out; that something does is the point.
            let sealed = seal(&KEY, [vec![0; CHECKSUM_BYTES], bytes].concat());
            let outcome = decode(&KEY, &sealed);
            prop_assert_ne!(outcome, Err("the checksum of its block is wrong"));
        }
    }

    #[test]
    fn blocks_are_written_as_stored_logs_were() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let before = "05".repeat(32);
        let whole = hex(encode_whole(&KEY, BEFORE, &[b"a".to_vec(), b"bc".to_vec()]));
        assert_eq!(whole, format!("2ce05c45be465def0100{before}0000000161000000026263"));
        let part = hex(encode_part(&KEY, BEFORE, 20_000, b"a"));
        assert_eq!(part, format!("370ae60804e2403d0101{before}00004e2061"));
    }

    #[test]
    fn a_block_under_another_key_is_found() {
        let block = encode_whole(&KEY, BEFORE, &[b"one".to_vec()]);
        let other = Key {
            position: Position::new(5),
            ..KEY
        };
        assert_eq!(decode(&other, &block), Err("the checksum of its block is wrong"));
    }

    #[test]
    fn the_largest_part_and_the_largest_entry_fill_a_block_exactly() {
        assert_eq!(
            encode_part(&KEY, BEFORE, 100_000, &[1; PART_BYTES]).len(),
            BLOCK_BYTES_MAX
        );
        let entry = vec![1; ROOM - entry_bytes(0)];
        assert_eq!(encode_whole(&KEY, BEFORE, &[entry]).len(), BLOCK_BYTES_MAX);
    }
}
