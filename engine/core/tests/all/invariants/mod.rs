//! What holds in every history: the invariants of SEMANTICS section 9, one test each, named after its sentence.
//!
//! | invariant | file |
//! |---|---|
//! | 1, 9, 10 | `record`: what is written, and what is not |
//! | 2, 3, 4, 5 | `placement`: who is where with which role |
//! | 6, 7, 8 | `order`: other ways to the same end |
//! | 11 | `plans` |
//! | 12 | `rules`; over generated rules of every shape in the package of the rules, `analysis/oracle.rs` |
//! | 13, 14 | `safeguards`: brakes and the floor of administrators |
//! | 15 | `removals` |
//! | 16 | `scratch`: step by step, or from scratch |
//!
//! `coverage` sees to it that they look at something: every kind of command, fact and consequence is among the operations.
//!
//! Each runs over random operations (`operations`), and most against the [`oracle`](crate::oracle). `PROPTEST_CASES=2560` has each
//! look at ten times as many histories.

mod coverage;
mod order;
mod placement;
mod plans;
mod record;
mod removals;
mod rules;
mod safeguards;
mod scratch;

use proptest::prelude::ProptestConfig;

/// So many histories, and in proportion more when `PROPTEST_CASES` asks for more than the usual 256.
pub(crate) fn histories(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig {
        cases: cases * asked.cases / 256,
        ..asked
    }
}
