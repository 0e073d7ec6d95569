//! Who is where with which role, against the oracle.

use proptest::prelude::*;

use super::histories;
use crate::operations::{after, operations};
use crate::oracle::{self, Known};

proptest! {
    #![proptest_config(histories(64))]

    /// Invariant 2.
    #[test]
    fn the_effective_role_is_what_the_oracle_says_of_the_claims(operations in operations(60)) {
        after(&operations, |_, _, world| oracle::roles::check(&Known::of(&world.state, &world.entries)));
    }

    /// Invariant 3.
    #[test]
    fn a_user_is_in_a_team_where_some_claim_says_so(operations in operations(60)) {
        after(&operations, |_, _, world| oracle::teams::check(&Known::of(&world.state, &world.entries)));
    }

    /// Invariant 4.
    #[test]
    fn an_exclusive_slot_holds_exactly_one_value_and_the_incumbent_stays(operations in operations(60)) {
        after(&operations, |before, _, world| {
            oracle::slots::check(&Known::of(&world.state, &world.entries));
            oracle::incumbents::check(before, &world.entries, &world.state);
        });
    }

    /// Invariant 5.
    #[test]
    fn an_entity_has_one_owner_with_the_setting_on(operations in operations(60)) {
        after(&operations, |_, _, world| oracle::owners::check(&world.state));
    }
}
