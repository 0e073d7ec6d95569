//! What to do about a state that cannot exist: stop.

/// The value that must be there.
///
/// # Panics
/// When it is not: the record names something that it never created. The caller stops the organization, not the process.
#[track_caller]
pub(crate) fn known<T>(found: Option<T>, what: &'static str) -> T {
    match found {
        Some(found) => found,
        #[expect(
            clippy::panic,
            reason = "a state that cannot exist stops the organization that has it"
        )]
        None => panic!("INVARIANT: the record names a {what} that it did not create"),
    }
}
