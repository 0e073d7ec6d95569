//! What consequences are concluded from.

use crate::consequence::Because;
use crate::state::Mapping;

impl Because {
    /// A fact, by nothing but itself.
    pub(super) fn fact(fact: u32) -> Self {
        Self {
            fact,
            mapping: None,
            rule: None,
        }
    }

    /// A fact, by a mapping and the rule that made it.
    pub(super) fn mapping(fact: u32, mapping: &Mapping) -> Self {
        Self {
            fact,
            mapping: Some(mapping.id),
            rule: mapping.origin.rule(),
        }
    }
}
