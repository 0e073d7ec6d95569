//! Who may open a data folder, and when.

use std::fs;

use super::open;
use crate::LogError;
use crate::sled::{Options, SledLog};

#[test]
fn a_folder_in_use_cannot_be_opened_a_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let second = SledLog::open(Options::new(folder.path())).err().unwrap();
    assert!(matches!(second, LogError::Locked { .. }), "{second:?}");
    let expected = format!(
        "the data folder `{}` is in use by another process",
        folder.path().display()
    );
    assert_eq!(second.to_string(), expected);
    drop(first);
    open(folder.path());
}

#[test]
fn a_folder_can_be_opened_right_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..30 {
        open(folder.path());
    }
}

#[test]
fn a_folder_whose_creation_was_broken_off_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    fs::remove_file(folder.path().join("VERSION")).unwrap();
    fs::remove_file(folder.path().join("anchor")).unwrap();
    drop(open(folder.path()));
    assert!(folder.path().join("VERSION").exists());
}

#[test]
fn a_folder_of_another_layout_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    fs::write(folder.path().join("VERSION"), "rolecall data 2\n").unwrap();
    let refused = SledLog::open(Options::new(folder.path())).err().unwrap();
    assert!(refused.to_string().contains("newer"), "{refused}");
}

#[test]
fn a_file_where_the_folder_should_be_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "no folder").unwrap();
    let refused = SledLog::open(Options::new(&path)).err().unwrap();
    assert!(matches!(refused, LogError::Unusable { .. }), "{refused:?}");
}
