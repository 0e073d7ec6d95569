//! The one place that knows how values become bytes: a version byte, then bincode.
//!
//! bincode is behind this module alone (docs/decisions/0002-bincode-behind-a-codec.md).

use bincode::config::{self, Config};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::ENTRY_BYTES_MAX;

/// The format that is written today. Older ones are lifted on reading.
const VERSION: u8 = 1;

/// Why bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes were written by a later release, or are not ours.
    #[error(
        "format version {found} is unknown; this release reads version {VERSION}: use the release that wrote the data, or a later one"
    )]
    Version {
        /// The version byte found.
        found: u8,
    },
    /// There are no bytes.
    #[error("the value is empty")]
    Empty,
    /// The bytes do not hold what they should.
    #[error("the value cannot be decoded: {reason}")]
    Malformed {
        /// What the decoder met.
        reason: String,
    },
}

/// Damaged lengths must not ask for memory that is not there. bincode counts what a value would take unpacked, which is up
/// to eight times what it takes: a number that fits one byte counts as the eight that it could have.
const UNPACKED_BYTES_MAX: usize = 8 * ENTRY_BYTES_MAX;

fn bincode() -> impl Config {
    config::standard().with_limit::<UNPACKED_BYTES_MAX>()
}

/// The value as bytes.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    #[expect(
        clippy::expect_used,
        reason = "our own types serialize, and writing to memory does not fail"
    )]
    bincode::serde::encode_into_std_write(value, &mut bytes, config::standard()).expect("a value of ours serializes");
    bytes
}

/// The value that the bytes hold.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let (version, rest) = bytes.split_first().ok_or(CodecError::Empty)?;
    if *version != VERSION {
        return Err(CodecError::Version { found: *version });
    }
    let (value, used) = bincode::serde::decode_from_slice(rest, bincode()).map_err(|error| CodecError::Malformed {
        reason: error.to_string(),
    })?;
    if used != rest.len() {
        return Err(CodecError::Malformed {
            reason: format!("{} bytes are left over", rest.len() - used),
        });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = vec![Some("a".to_owned()), None];
        assert_eq!(decode::<Vec<Option<String>>>(&encode(&value)).unwrap(), value);
    }

    #[test]
    fn other_versions_and_damage_are_named() {
        assert!(matches!(decode::<u64>(&[]), Err(CodecError::Empty)));
        assert!(matches!(decode::<u64>(&[9, 1]), Err(CodecError::Version { found: 9 })));
        assert!(matches!(decode::<u64>(&[1]), Err(CodecError::Malformed { .. })));
        assert!(matches!(decode::<u64>(&[1, 5, 5]), Err(CodecError::Malformed { .. })));
    }
}
