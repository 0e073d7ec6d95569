//! A pattern over group names, as an administrator writes it. Matching with it is `matcher`'s job.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a pattern's text is read.
///
/// The order of the variants is part of stored formats: add new ones at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    /// The name starts with the text, whatever its case.
    Prefix,
    /// The regular expression is found somewhere in the name.
    Regex,
    /// Every name; the text is empty.
    All,
}

impl PatternKind {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Regex => "regex",
            Self::All => "all",
        }
    }
}

impl fmt::Display for PatternKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind and its text, not checked yet: `Rule::compile` does that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// How the text is read.
    pub kind: PatternKind,
    /// The prefix or the regular expression; empty for `all`.
    pub pattern: String,
}

impl Pattern {
    /// Names that start with `text`, whatever its case.
    pub fn prefix(text: impl Into<String>) -> Self {
        Self {
            kind: PatternKind::Prefix,
            pattern: text.into(),
        }
    }

    /// Names in which the regular expression is found.
    pub fn regex(text: impl Into<String>) -> Self {
        Self {
            kind: PatternKind::Regex,
            pattern: text.into(),
        }
    }

    /// Every name.
    pub fn all() -> Self {
        Self {
            kind: PatternKind::All,
            pattern: String::new(),
        }
    }
}
