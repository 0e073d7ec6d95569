//! The rows of the table of mappings (SEMANTICS section 4), one test each.

mod approvals;
mod entity_names;
mod groups;
mod proposals;
mod renames;
mod replacements;

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};

use crate::world::match_all;

fn prefix(prefix: &str, entity_type: EntityType, template: Option<&str>) -> RuleDefinition {
    RuleDefinition {
        name: format!("{prefix} groups"),
        matching: Pattern::prefix(prefix),
        targets: vec![Target {
            entity_type,
            name: template.map(str::to_owned),
        }],
        ..match_all(entity_type)
    }
}

fn by_hand(definition: RuleDefinition) -> RuleDefinition {
    RuleDefinition {
        auto_approve: false,
        ..definition
    }
}
