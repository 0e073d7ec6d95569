//! The full check of one stream, from its first entry to its head, as an auditor asks for it.

use crate::{EventLog, Head, LogError, Position, Stream};

const PAGE_ENTRIES: usize = 1_000;

/// What a full check has covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The last entry; all before it are in its hash.
    pub head: Head,
    /// Bytes of all entries.
    pub bytes: u64,
}

/// Walks the whole chain of `stream`, derives every hash again, and compares with the head and with what was noted apart from the entries.
///
/// `progress` is told the last position checked, page by page. Fails with the first damage.
pub fn verify(log: &dyn EventLog, stream: Stream, mut progress: impl FnMut(Position)) -> Result<Verified, LogError> {
    // Entries that are appended meanwhile are left for the next check.
    let anchor = log.anchor(stream)?;
    let end = log.head(stream)?;
    let mut verified = Verified {
        head: Head::START,
        bytes: 0,
    };
    while verified.head.position < end.position {
        let page = log.read(stream, verified.head.position, PAGE_ENTRIES)?;
        if page.is_empty() {
            return Err(corrupt(stream, verified.head.position.next(), "it is missing"));
        }
        for record in page {
            let derived = verified.head.link(stream, &record.bytes);
            if derived
                != (Head {
                    position: record.position,
                    hash: record.hash,
                })
            {
                return Err(corrupt(
                    stream,
                    derived.position,
                    "its hash does not follow from the entries before",
                ));
            }
            if derived.position == anchor.position && derived != anchor {
                return Err(corrupt(
                    stream,
                    derived.position,
                    "it is not the entry that the anchor names",
                ));
            }
            verified = Verified {
                head: derived,
                bytes: verified.bytes + record.bytes.len() as u64,
            };
            if derived.position == end.position {
                break;
            }
        }
        progress(verified.head.position);
    }
    if verified.head != end {
        return Err(corrupt(stream, end.position, "it is not the entry that the head names"));
    }
    if anchor.position > end.position {
        return Err(LogError::LostTail {
            stream,
            anchored: anchor.position,
            found: end.position,
        });
    }
    Ok(verified)
}

fn corrupt(stream: Stream, position: Position, reason: &str) -> LogError {
    LogError::Corrupt {
        stream,
        position,
        reason: reason.to_owned(),
    }
}
