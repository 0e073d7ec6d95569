//! The key of the server: 32 random bytes in the data folder, from which every key that has a purpose is derived.
//!
//! What is sealed with it lives for hours at most (access tokens, cursors), so a server that lost it draws another one.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::random;

/// The file in the data folder.
const FILE: &str = "server.key";
/// For the user who runs the server, and nobody else.
const MODE: u32 = 0o600;

/// The key of one server. It does not show itself.
#[derive(Clone)]
pub(crate) struct ServerKeys([u8; 32]);

impl ServerKeys {
    /// The key in this folder; a new one where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not a key.
    pub(crate) fn of_folder(folder: &Path) -> io::Result<Self> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => Self::read(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Self::draw();
                keys.write(folder)?;
                Ok(keys)
            }
            Err(error) => Err(error),
        }
    }

    /// A new key that nobody can guess.
    pub(crate) fn draw() -> Self {
        let mut key = [0; 32];
        random::fill(&mut key);
        Self(key)
    }

    /// The key for one purpose. The purpose is a text fixed in the code: whoever has one of the derived keys can compute
    /// neither another one nor the key of the server.
    pub(crate) fn derive(&self, purpose: &'static str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.0)
    }

    fn read(bytes: &[u8]) -> io::Result<Self> {
        let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not 32 bytes long");
        bytes.try_into().map(Self).map_err(wrong)
    }

    /// Written aside, put on disk, and only then given its name: there is a whole key or none.
    fn write(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(FILE);
        let aside = path.with_extension("key.new");
        // One that an interrupted start left may have another mode.
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&aside)?;
        file.write_all(&self.0)?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        File::open(folder)?.sync_all()
    }
}

impl fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKeys")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PURPOSE: &str = "rolecall 2026 tests";

    #[test]
    fn a_folder_keeps_its_key_for_the_one_who_runs_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let first = ServerKeys::of_folder(folder.path()).unwrap();
        let again = ServerKeys::of_folder(folder.path()).unwrap();
        assert_eq!(first.derive(PURPOSE), again.derive(PURPOSE));
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
        fs::remove_file(&path).unwrap();
        let other = ServerKeys::of_folder(folder.path()).unwrap();
        assert_ne!(first.derive(PURPOSE), other.derive(PURPOSE));
    }

    #[test]
    fn a_start_that_was_interrupted_leaves_nothing_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.key.new"), "half").unwrap();
        ServerKeys::of_folder(folder.path()).unwrap();
    }

    #[test]
    fn what_is_not_a_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "short").unwrap();
        let error = ServerKeys::of_folder(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "it is not 32 bytes long");
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let keys = ServerKeys([7; 32]);
        assert_ne!(keys.derive(PURPOSE), keys.derive("rolecall 2026 other tests"));
        assert_eq!(format!("{keys:?}"), "ServerKeys");
    }
}
