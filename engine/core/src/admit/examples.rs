//! Examples: saving them, and refusing rules that would break them.

use rolecall_rules::{Example, check_examples};

use crate::asked::Asked;
use crate::fact::Fact;
use crate::limits::EXAMPLE_TRIES_MAX;
use crate::rejection::{FailedExamples, Rejection};
use crate::state::{Rules, State};

/// Other examples than there are; `None`: those that there are.
pub(super) fn save(state: &State, examples: Option<&[Example]>) -> Result<Option<Fact>, Rejection> {
    let Some(examples) = examples.filter(|examples| *examples != state.rules().examples()) else {
        return Ok(None);
    };
    check_examples(examples).map_err(Rejection::Rule)?;
    Ok(Some(Fact::ExamplesSaved {
        examples: examples.to_vec(),
    }))
}

/// Every change of a rule asks about all rules for each example, and all requests of the organization wait meanwhile.
fn check_tries(rules: &Rules) -> Result<(), Rejection> {
    let (examples, rules) = (rules.examples().len(), rules.len());
    if examples.saturating_mul(rules) > EXAMPLE_TRIES_MAX {
        return Err(Rejection::TooManyExamples { examples, rules });
    }
    Ok(())
}

/// The facts, if the rules fulfil the examples after them.
pub(super) fn keep(state: &State, asked: Asked, facts: Vec<Fact>) -> Result<Vec<Fact>, Rejection> {
    let other_examples = facts.iter().any(|fact| matches!(fact, Fact::ExamplesSaved { .. }));
    if facts.is_empty() || (state.rules().examples().is_empty() && !other_examples) {
        return Ok(facts);
    }
    let after = state.with_facts(asked, &facts);
    check_tries(after.rules())?;
    let failed = after.rules().failed_examples();
    if failed.is_empty() {
        Ok(facts)
    } else {
        Err(Rejection::Examples(FailedExamples(failed)))
    }
}
