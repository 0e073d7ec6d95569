//! Files that commands are given; `-` is standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::body::without_mark;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {}", file.display())]
pub(super) struct Unread {
    file: PathBuf,
    source: io::Error,
}

/// What to call the file.
pub(super) fn name(file: &Path) -> PathBuf {
    if is_standard(file) {
        return PathBuf::from("standard input");
    }
    file.to_path_buf()
}

/// Its bytes, without a byte order mark. What is larger than the limit is not read to its end.
///
/// # Errors
/// When it cannot be read, or is larger than that many bytes.
pub(super) fn bytes(file: &Path, limit: usize) -> Result<Vec<u8>, Unread> {
    read(file, limit).map_err(|source| unread(file, source))
}

/// Its text, as [`bytes`].
///
/// # Errors
/// As [`bytes`], and when it is not UTF-8.
pub(super) fn text(file: &Path, limit: usize) -> Result<String, Unread> {
    let not_text = |_| unread(file, io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"));
    String::from_utf8(bytes(file, limit)?).map_err(not_text)
}

fn read(file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let from: Box<dyn Read> = if is_standard(file) {
        Box::new(io::stdin())
    } else {
        Box::new(std::fs::File::open(file)?)
    };
    let mut bytes = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(too_large(limit));
    }
    let mark = bytes.len() - without_mark(&bytes).len();
    bytes.drain(..mark);
    Ok(bytes)
}

fn too_large(limit: usize) -> io::Error {
    let text = format!("it is larger than {limit} bytes, which is the most that is taken");
    io::Error::new(io::ErrorKind::FileTooLarge, text)
}

fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

fn unread(file: &Path, source: io::Error) -> Unread {
    Unread {
        file: name(file),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("names");
        std::fs::write(&file, "\u{feff}eng-web\n\u{feff}").unwrap();
        assert_eq!(text(&file, 100).unwrap(), "eng-web\n\u{feff}");
    }

    #[test]
    fn what_is_missing_or_too_large_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.toml");
        let named = format!("failed to read {}", file.display());
        assert_eq!(bytes(&file, 3).unwrap_err().to_string(), named);
        std::fs::write(&file, "abc").unwrap();
        assert_eq!(text(&file, 3).unwrap(), "abc");
        let large = text(&file, 2).unwrap_err();
        assert_eq!(large.to_string(), named);
        assert_eq!(
            large.source.to_string(),
            "it is larger than 2 bytes, which is the most that is taken"
        );
        std::fs::write(&file, b"\xff").unwrap();
        assert_eq!(text(&file, 3).unwrap_err().source.to_string(), "it is not UTF-8");
    }
}
