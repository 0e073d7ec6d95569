//! The anchor: the heads of all streams, noted in a file of our own, so that a tail which sled lost in silence is found at start.

use super::batch::Heads;
use super::reader;
use super::store::Store;
use crate::{Hash, Head, LogError, Position, Stream};

const MAGIC: &[u8; 16] = b"rolecall anchor\x01";
const HEAD_BYTES: usize = 16 + 8 + 32;

/// The file's bytes: magic with version, the heads, a checksum over both.
pub(super) fn encode(heads: &Heads) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for (stream, head) in heads {
        bytes.extend_from_slice(stream.bytes());
        bytes.extend_from_slice(&head.position.get().to_be_bytes());
        bytes.extend_from_slice(head.hash.bytes());
    }
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    bytes
}

/// Reads the file's bytes, or says what is wrong with them.
pub(super) fn decode(bytes: &[u8]) -> Result<Heads, &'static str> {
    let (body, checksum) = bytes.split_last_chunk::<32>().ok_or("it is cut off")?;
    if blake3::hash(body).as_bytes() != checksum {
        return Err("its checksum is wrong");
    }
    let heads = body.strip_prefix(MAGIC).ok_or("it was written by a newer release")?;
    let (heads, rest) = heads.as_chunks::<HEAD_BYTES>();
    if !rest.is_empty() {
        return Err("it is cut off");
    }
    heads
        .iter()
        .map(decode_head)
        .collect::<Option<Heads>>()
        .ok_or("it is cut off")
}

fn decode_head(bytes: &[u8; HEAD_BYTES]) -> Option<(Stream, Head)> {
    let (stream, rest) = bytes.split_first_chunk()?;
    let (position, rest) = rest.split_first_chunk()?;
    let hash = Hash::new(rest.try_into().ok()?);
    Some((
        Stream::new(*stream),
        Head {
            position: Position::new(u64::from_be_bytes(*position)),
            hash,
        },
    ))
}

/// Fails if an entry that the anchor knows is not there, or is another one.
pub(super) fn check(store: &Store, heads: &Heads, anchored: &Heads) -> Result<(), LogError> {
    for (&stream, &anchor) in anchored {
        let head = heads.get(&stream).copied().unwrap_or(Head::START);
        if head.position < anchor.position {
            return Err(LogError::LostTail {
                stream,
                anchored: anchor.position,
                found: head.position,
            });
        }
        if hash_at(store, stream, anchor.position, head)? != anchor.hash {
            return Err(LogError::Corrupt {
                stream,
                position: anchor.position,
                reason: "it is not the entry that the anchor names".to_owned(),
            });
        }
    }
    Ok(())
}

fn hash_at(store: &Store, stream: Stream, position: Position, head: Head) -> Result<Hash, LogError> {
    if position == head.position {
        return Ok(head.hash);
    }
    let before = Position::new(position.get().saturating_sub(1));
    let record = reader::read(store, stream, before, 1, head)?.into_iter().next();
    Ok(record.map_or(Hash::START, |record| record.hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads() -> Heads {
        let head = |n: u8| Head {
            position: Position::new(u64::from(n) * 300),
            hash: Hash::new([n; 32]),
        };
        (1..=3).map(|n| (Stream::new([n; 16]), head(n))).collect()
    }

    #[test]
    fn heads_come_back() {
        assert_eq!(decode(&encode(&heads())), Ok(heads()));
        assert_eq!(decode(&encode(&Heads::new())), Ok(Heads::new()));
    }

    #[test]
    fn any_damage_is_found() {
        let bytes = encode(&heads());
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x10;
            assert_eq!(decode(&damaged), Err("its checksum is wrong"), "byte {place}");
            assert!(decode(&bytes[..place]).is_err(), "cut at {place}");
        }
    }
}
