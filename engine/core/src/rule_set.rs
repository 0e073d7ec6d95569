//! A whole rule set as somebody wants it to be, and what can be wrong with one.

use std::fmt;

use rolecall_rules::{ProblemKind, RoleName, RuleDefinition};

use serde::Serialize;

use crate::id::RuleId;
use crate::state::StoredRule;

/// One rule of a rule set that is to be saved as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DraftRule {
    /// The rule that it is to be. `None`: the first one of the same name that no other draft is for, else a new one.
    pub id: Option<RuleId>,
    /// What it says from now on.
    pub definition: RuleDefinition,
}

impl DraftRule {
    /// A rule as it is.
    pub(crate) fn of(stored: &StoredRule) -> Self {
        Self {
            id: Some(stored.id),
            definition: stored.rule.definition().clone(),
        }
    }
}

/// All that is wrong with a rule set, in its order. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetProblems(pub(crate) Vec<RuleSetProblem>);

impl RuleSetProblems {
    /// The problems, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &RuleSetProblem> {
        self.0.iter()
    }
}

impl fmt::Display for RuleSetProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a rule set, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetProblem {
    /// The field, as a path into the rule set: `rules[3].match.pattern`.
    pub place: String,
    /// The byte in that field's text at which the fault begins, where one byte can be named.
    pub offset: Option<usize>,
    /// What is wrong.
    pub kind: RuleSetProblemKind,
}

impl fmt::Display for RuleSetProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "`{}` at byte {offset}: {}", self.place, self.kind),
            None => write!(f, "`{}`: {}", self.place, self.kind),
        }
    }
}

/// What is wrong with one rule of a rule set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each text says it")]
pub enum RuleSetProblemKind {
    #[error(transparent)]
    Rule(ProblemKind),
    #[error("there is no such rule; leave the id out for a new one")]
    UnknownRule,
    #[error("the same rule as `rules[{first}]`; remove one of the two")]
    RuleTwice { first: usize },
    #[error("`{role}` is none of the roles of this organization: {known}")]
    UnknownRole { role: RoleName, known: String },
}
