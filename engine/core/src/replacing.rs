//! Which mappings the approval of another one ends. Admission asks it too: what is about to end is not in the way.

use crate::mapping::{MappingStatus, RuleVersion};
use crate::state::{Mapping, State};

/// The rule that puts a mapping in the place of others once a person approves it, whatever it has waited for: the one that
/// made it, where that decides the group.
pub(crate) fn replacing(state: &State, mapping: &Mapping) -> Option<RuleVersion> {
    let waits = mapping.status.is_pending() || mapping.status == MappingStatus::Rejected;
    let rule = mapping.origin.rule().filter(|_| waits)?;
    let decides = state.group_at(mapping.group).decided_by;
    decides.is_some_and(|by| by.rule == rule.rule).then_some(rule)
}

/// Whether a mapping in force gives way to one of this rule for the same group and entity: it follows from another rule, or
/// from another version.
pub(crate) fn gives_way(mapping: &Mapping, to: RuleVersion) -> bool {
    mapping.status.is_approved() && mapping.origin.rule().is_some_and(|by| by != to)
}
