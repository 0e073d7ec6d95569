//! Randomness from the system. The engine takes it as an argument.

use rolecall_engine::IdSeed;

/// Fills the bytes with what nobody can guess.
///
/// # Panics
/// When the system has no randomness to give, as without `getrandom(2)` and `/dev/urandom`: nothing safe can be done then.
pub(crate) fn fill(bytes: &mut [u8]) {
    #[expect(
        clippy::expect_used,
        reason = "without randomness there are no unguessable tokens and ids"
    )]
    getrandom::fill(bytes).expect("the system has randomness to give");
}

/// What the ids of one entry are drawn from.
pub(crate) fn id_seed() -> IdSeed {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    IdSeed::new(bytes)
}
