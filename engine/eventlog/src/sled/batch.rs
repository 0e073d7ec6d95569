//! What one commit writes: the waiting appends, judged one after another and packed into blocks. Pure: the committer does the writing.

use std::collections::BTreeMap;

use super::block::{PART_BYTES, ROOM, encode_part, encode_whole, entry_bytes};
use super::key::Key;
use crate::{Append, Hash, Head, LogError, Position, Stream};

/// The heads of all streams that have entries.
pub(super) type Heads = BTreeMap<Stream, Head>;

/// The appends of one commit, packed.
#[derive(Default)]
pub(super) struct Batch {
    drafts: BTreeMap<Stream, Draft>,
    blocks: Vec<(Key, Vec<u8>)>,
    entries: usize,
    bytes: usize,
}

/// A batch that takes no further append.
pub(super) struct Packed {
    pub(super) blocks: Vec<(Key, Vec<u8>)>,
    /// The heads that are new once the blocks are durable.
    pub(super) heads: Heads,
    pub(super) entries: usize,
    pub(super) bytes: usize,
}

/// The block of a stream that is being filled.
struct Draft {
    key: Key,
    before: Hash,
    entries: Vec<Vec<u8>>,
    room: usize,
    head: Head,
}

impl Batch {
    /// Takes an append, or refuses it if its stream, with what this batch adds, ends elsewhere. Gives the position of its last entry.
    pub(super) fn add(&mut self, heads: &Heads, append: Append) -> Result<Position, LogError> {
        let stream = append.stream;
        let draft = self.drafts.get(&stream).map(|draft| draft.head);
        let head = draft.or_else(|| heads.get(&stream).copied()).unwrap_or(Head::START);
        if append.after != head.position {
            return Err(LogError::Conflict {
                expected: append.after,
                actual: head.position,
            });
        }
        if append.entries.is_empty() {
            return Ok(head.position);
        }
        self.entries += append.entries.len();
        self.bytes += append.bytes();
        let draft = self.drafts.entry(stream).or_insert_with(|| Draft::after(stream, head));
        for entry in append.entries {
            draft.add(entry, &mut self.blocks);
        }
        Ok(draft.head.position)
    }

    pub(super) fn pack(mut self) -> Packed {
        let mut heads = Heads::new();
        for (stream, mut draft) in self.drafts {
            draft.finish_block(&mut self.blocks);
            heads.insert(stream, draft.head);
        }
        Packed {
            blocks: self.blocks,
            heads,
            entries: self.entries,
            bytes: self.bytes,
        }
    }
}

impl Draft {
    fn after(stream: Stream, head: Head) -> Draft {
        let key = Key::first(stream, head.position.next());
        Draft {
            key,
            before: head.hash,
            entries: Vec::new(),
            room: ROOM,
            head,
        }
    }

    fn add(&mut self, entry: Vec<u8>, blocks: &mut Vec<(Key, Vec<u8>)>) {
        let needed = entry_bytes(entry.len());
        if needed > self.room {
            self.finish_block(blocks);
        }
        let before = self.head.hash;
        self.head = self.head.link(self.key.stream, &entry);
        if needed > ROOM {
            self.add_parts(before, &entry, blocks);
        } else {
            self.entries.push(entry);
            self.room -= needed;
        }
    }

    /// An entry that is too large for a block, after a block was finished.
    fn add_parts(&mut self, before: Hash, entry: &[u8], blocks: &mut Vec<(Key, Vec<u8>)>) {
        // The limit on entries keeps the number of parts below `u16::MAX`; see `limits`.
        for (part, bytes) in (0_u16..).zip(entry.chunks(PART_BYTES)) {
            let key = Key { part, ..self.key };
            blocks.push((key, encode_part(&key, before, entry.len(), bytes)));
        }
        *self = Draft::after(self.key.stream, self.head);
    }

    fn finish_block(&mut self, blocks: &mut Vec<(Key, Vec<u8>)>) {
        if !self.entries.is_empty() {
            blocks.push((self.key, encode_whole(&self.key, self.before, &self.entries)));
            *self = Draft::after(self.key.stream, self.head);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BLOCK_BYTES_MAX;

    const STREAM: Stream = Stream::new([3; 16]);

    fn append(after: u64, sizes: &[usize]) -> Append {
        let entries = sizes.iter().map(|size| vec![1; *size]).collect();
        Append {
            stream: STREAM,
            after: Position::new(after),
            entries,
        }
    }

    #[track_caller]
    fn check(appends: Vec<Append>, expected: &[(u64, u16)]) {
        let mut batch = Batch::default();
        for append in appends {
            batch.add(&Heads::new(), append).unwrap();
        }
        let blocks = batch.pack().blocks;
        let keys: Vec<_> = blocks.iter().map(|(key, _)| (key.position.get(), key.part)).collect();
        assert_eq!(keys, expected);
        assert!(blocks.iter().all(|(_, block)| block.len() <= BLOCK_BYTES_MAX));
    }

    #[test]
    fn small_entries_of_several_appends_share_a_block() {
        check(vec![append(0, &[10, 20]), append(2, &[30])], &[(1, 0)]);
    }

    #[test]
    fn a_full_block_is_followed_by_another() {
        check(vec![append(0, &[4_000, 2_900, 100])], &[(1, 0), (3, 0)]);
    }

    #[test]
    fn a_large_entry_takes_blocks_of_its_own_between_small_ones() {
        check(
            vec![append(0, &[10, 20_000, 10, 10])],
            &[(1, 0), (2, 0), (2, 1), (2, 2), (3, 0)],
        );
    }

    #[test]
    fn an_append_is_judged_after_those_before_it_in_the_batch() {
        let mut batch = Batch::default();
        batch.add(&Heads::new(), append(0, &[1, 1])).unwrap();
        let refused = batch.add(&Heads::new(), append(0, &[1])).unwrap_err();
        assert!(matches!(refused, LogError::Conflict { actual, .. } if actual == Position::new(2)));
        assert_eq!(batch.add(&Heads::new(), append(2, &[1])).unwrap(), Position::new(3));
    }

    #[test]
    fn an_append_of_nothing_only_checks_its_condition() {
        check(vec![append(0, &[])], &[]);
        assert!(Batch::default().add(&Heads::new(), append(1, &[])).is_err());
    }
}
