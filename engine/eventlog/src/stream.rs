//! The name of a list of entries: the identifier of an organization, opaque here.

use std::fmt;

/// Names one list of entries. It is the identifier of an organization, which this crate does not look into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream([u8; 16]);

impl Stream {
    /// The stream with this identifier.
    pub const fn new(id: [u8; 16]) -> Stream {
        Stream(id)
    }

    /// The bytes of the identifier.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Written as identifiers are everywhere else, so that a line of the operator's log can be matched with an organization.
impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stream({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_written_like_the_identifier_of_its_organization() {
        let bytes = std::array::from_fn(|index| u8::try_from(index * 17).unwrap());
        assert_eq!(Stream::new(bytes).to_string(), "00112233-4455-6677-8899-aabbccddeeff");
    }
}
