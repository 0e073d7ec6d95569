//! A rule set as one readable file, for review and for moving it between organizations: TOML, with the field names of the JSON
//! of the admin API.
//!
//! ```toml
//! [[rules]]
//! name = "Engineering"
//! match = { kind = "regex", pattern = '^eng-(?<team>\w+)$' }
//! targets = [{ type = "team", name = "Team ${team}" }]
//! auto_approve = true
//! priority = 10
//!
//! [[examples]]
//! group = "eng-search"
//! rule = "Engineering"
//! ```
//!
//! Reading tells every problem at once, each with its line, its column and its path; what was written reads back as the same set.

mod fields;
mod nearest;
mod places;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;

use self::places::Places;
use crate::example::Example;
use crate::rule::RuleDefinition;

/// Rules, with the examples that they fulfil.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSet {
    /// The rules. Of equal priority the earlier one is asked first, unless an organization has them in another order already.
    pub rules: Vec<RuleDefinition>,
    /// The examples.
    pub examples: Vec<Example>,
}

impl RuleSet {
    /// Reads a file. The rules of the set compile, and they fulfil its examples.
    ///
    /// # Errors
    /// With all that is wrong, in the order of the file.
    pub fn read(text: &str) -> Result<Self, FileProblems> {
        let places = Places::of(text);
        read::read(text, places)
    }

    /// Gives what is wrong with the set of a file, for reasons that are not in the file, its lines and columns.
    ///
    /// Each problem is the path of a field, the byte in its text if one can be named, and what is wrong.
    pub fn locate(text: &str, problems: impl IntoIterator<Item = (String, Option<usize>, String)>) -> FileProblems {
        let places = Places::of(text);
        read::locate(text, places, problems)
    }

    /// Writes the file: the same text for the same set.
    pub fn write(&self) -> String {
        write::write(self)
    }
}

/// One thing that is wrong with a rule set file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// The field, as a path into the file, such as `rules[3].match.pattern`; empty where the file is no TOML.
    pub place: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            place,
            text,
        } = self;
        if place.is_empty() {
            write!(f, "{line}:{column}: {text}")
        } else {
            write!(f, "{line}:{column}: `{place}`: {text}")
        }
    }
}

/// All that is wrong with a rule set file, in its order; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblems {
    /// The first of them.
    pub problems: Vec<FileProblem>,
    /// How many more there are.
    pub left_out: usize,
}

impl fmt::Display for FileProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for FileProblems {}
