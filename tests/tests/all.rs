//! The end-to-end tests of every run; each module is one promise of the server.
//!
//! They need the server that `cargo build` makes and the tools that `tests/run` fetches.

#[cfg(test)]
mod smoke {
    #[test]
    fn ok() {}
}
