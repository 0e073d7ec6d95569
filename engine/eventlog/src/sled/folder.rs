//! The data folder: which files are in it, who may open it, and whether it is whole.
//!
//! `LOCK` is held while a process has the folder open. `VERSION` names the layout and is written last when a folder is created, so
//! that without it creation was broken off. `anchor` holds the noted heads. `log/` belongs to sled.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::batch::Heads;
use super::{anchor, durable, patience};
use crate::LogError;

const VERSION: &str = "rolecall data 1\n";

/// A data folder that this process has to itself until the value is dropped.
pub(super) struct Folder {
    path: PathBuf,
    is_new: bool,
    _lock: File,
}

impl Folder {
    /// Takes the folder for this process, creating it if need be.
    pub(super) fn open(path: &Path) -> Result<Folder, LogError> {
        fs::create_dir_all(path).map_err(|error| unusable(path, &error))?;
        let lock = lock(path)?;
        let mut folder = Folder {
            path: path.to_owned(),
            is_new: false,
            _lock: lock,
        };
        folder.is_new = folder.check_version()?;
        if !folder.is_new && !folder.log().join("db").exists() {
            return Err(damaged(
                &folder.log().join("db"),
                "it is missing; restore the folder from a backup",
            ));
        }
        Ok(folder)
    }

    /// Takes a folder that was created before; nothing is written where there is none.
    pub(super) fn existing(path: &Path) -> Result<Folder, LogError> {
        if !path.join("VERSION").exists() {
            return Err(LogError::Missing {
                folder: path.to_owned(),
            });
        }
        Folder::open(path)
    }

    /// Whether the folder has still to be completed.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Where sled keeps its files.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    fn anchor(&self) -> PathBuf {
        self.path.join("anchor")
    }

    /// Puts a newly created folder on disk: what sled created and never syncs, then the anchor, and the version last.
    pub(super) fn complete(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.log())? {
            durable::sync(&entry?.path())?;
        }
        durable::sync(&self.log())?;
        self.write_anchor(&Heads::new())?;
        durable::replace(&self.path.join("VERSION"), VERSION.as_bytes())?;
        // The folder's own name, in the folder above.
        self.path.canonicalize()?.parent().map_or(Ok(()), durable::sync)
    }

    /// The heads that were noted. A file that is missing or damaged is an error: without it a lost tail would go unnoticed.
    pub(super) fn read_anchor(&self) -> Result<Heads, LogError> {
        let path = self.anchor();
        let bytes = durable::read(&path).map_err(LogError::unavailable)?;
        let advice =
            "the last entries may be lost without a trace; restore the folder from a backup, or accept what is there";
        let bytes = bytes.ok_or_else(|| damaged(&path, format!("it is missing: {advice}")))?;
        anchor::decode(&bytes).map_err(|reason| damaged(&path, format!("{reason}: {advice}")))
    }

    /// Whether there is an anchor that says that there were entries.
    pub(super) fn has_noted_heads(&self) -> Result<bool, LogError> {
        Ok(self.anchor().exists() && !self.read_anchor()?.is_empty())
    }

    /// Notes the heads, and returns when that is on disk.
    pub(super) fn write_anchor(&self, heads: &Heads) -> io::Result<()> {
        durable::replace(&self.anchor(), &anchor::encode(heads))
    }

    fn check_version(&self) -> Result<bool, LogError> {
        let path = self.path.join("VERSION");
        match durable::read(&path).map_err(LogError::unavailable)? {
            None => Ok(true),
            Some(bytes) if bytes == VERSION.as_bytes() => Ok(false),
            Some(_) => Err(damaged(
                &path,
                "it names no layout that this release knows; use the release that wrote it, or a newer one",
            )),
        }
    }
}

fn unusable(path: &Path, error: &io::Error) -> LogError {
    LogError::Unusable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// The folder or file at `path` is not what this log left there.
pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> LogError {
    LogError::Damaged {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

fn lock(folder: &Path) -> Result<File, LogError> {
    let path = folder.join("LOCK");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| unusable(&path, &error))?;
    match patience::attempt(|| file.try_lock(), |error| matches!(error, TryLockError::WouldBlock)) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LogError::Locked {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(unusable(&path, &error)),
    }
}
