//! A mapping, explained, in JSON: for its group, and for its entity.

use std::collections::BTreeSet;

use rolecall_engine::Position;
use rolecall_engine::explain::{First, MappingExplained, WhyNot};
use rolecall_engine::state::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::reading::Cited;
use super::reason_view::{StepView, chain};
use super::user::word;
use super::words::Words;
use crate::admin::mapping_view::MappingView;

/// A mapping, explained.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingExplanation {
    mapping: MappingView,
    /// How many members of the entity it holds there.
    held_members: u64,
    /// What keeps it from being in force: `pending`, `rejected` or `paused`; or `limited`: it is in force, but
    /// `waiting_members` of its group wait.
    #[schema(example = "pending")]
    why_not: Option<&'static str>,
    /// Why the entity kept its name when its group was renamed last, if it did: `name_taken`, `template` or `shared`.
    rename_skipped: Option<&'static str>,
    /// All of it in one sentence.
    text: String,
    /// What led to it, and what keeps it from being in force.
    chain: Vec<StepView>,
}

impl MappingExplanation {
    /// The mapping in this state.
    pub(super) fn of(one: MappingExplained, cited: &Cited, state: &State) -> Self {
        let words = Words(state);
        let mapping = state.mapping_at(one.mapping);
        let (chain, steps) = chain(&one.chain, cited, state);
        let (group, entity) = (words.group(mapping.group), words.entity_of(mapping));
        let beginning = match one.why_not {
            None => format!("The members of group {group} are put into {entity}"),
            Some(why @ WhyNot::Limited { .. }) => format!(
                "The members of group {group} are put into {entity}, but {} {}",
                waiting(one.waiting),
                words.why_not(why)
            ),
            Some(why) => format!(
                "The members of group {group} are not put into {entity} {}",
                words.why_not(why)
            ),
        };
        let stale = match one.stale {
            true => vec!["the rules have changed since".to_owned()],
            false => Vec::new(),
        };
        Self {
            mapping: MappingView::of(mapping, state),
            held_members: one.members,
            why_not: one.why_not.map(word),
            rename_skipped: mapping.entity.and_then(|entity| state.entity_at(entity).rename_skipped),
            text: words.sentence(&beginning, &[steps, stale].concat()),
            chain,
        }
    }
}

fn waiting(members: u64) -> String {
    match members {
        1 => "1 member waits".to_owned(),
        more => format!("{more} members wait"),
    }
}

/// The positions that these mappings cite.
pub(super) fn positions(mappings: &First<MappingExplained>) -> BTreeSet<Position> {
    let steps = mappings.items.iter().flat_map(|one| &one.chain);
    steps.filter_map(|step| step.position).collect()
}
