//! What can be wrong with a rule, with a name, and with filling a template.
//!
//! A rule is refused with all its problems at once, each with its place; the texts say what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{
    ENTITY_NAME_CHARACTERS_MAX, EXAMPLES_MAX, EXCLUDES_MAX, PATTERN_BYTES_MAX, REGEX_COMPILED_BYTES_MAX,
    REGEX_NESTING_MAX, REGEXES_WEIGHT_MAX, TARGETS_MAX, TEMPLATE_BYTES_MAX,
};

/// All that is wrong with one rule, in the order of its fields. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    /// The problems, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// One thing that is wrong with a rule, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a path into the rule's JSON: `match.pattern`, `exclude[1].pattern`, `targets[0].name`.
    pub place: String,
    /// The byte in that field's text at which the fault begins, where one byte can be named.
    pub offset: Option<usize>,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "`{}` at byte {offset}: {}", self.place, self.kind),
            None => write!(f, "`{}`: {}", self.place, self.kind),
        }
    }
}

/// What is wrong with one text of a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The rule's own name.
    #[error(transparent)]
    Name(#[from] NameError),

    /// A name that another rule of the set has.
    #[error("the same name as `rules[{first}]`; rules are told apart by their names")]
    RuleNameTwice {
        /// The index of the first rule of that name.
        first: usize,
    },

    /// A `prefix` or `regex` without text.
    #[error("an empty pattern matches every name; write the kind `all` if that is meant")]
    PatternEmpty,
    /// A pattern text of unreasonable length.
    #[error("the pattern is longer than {PATTERN_BYTES_MAX} bytes; split the rule in two")]
    PatternTooLong,
    /// An `all` with a text.
    #[error("the kind `all` takes no pattern; leave it empty, or write the kind `prefix` or `regex`")]
    PatternUnused,
    /// A prefix that starts with white space.
    #[error(
        "names are matched without their outer white space, so a prefix that starts with some matches none; remove it"
    )]
    PrefixStartsWithSpace,
    /// A text that is not a regular expression.
    #[error("not a valid regular expression: {fault}")]
    RegexSyntax {
        /// The parser's own words.
        fault: String,
    },
    /// A regular expression nested too deep.
    #[error("the regular expression nests deeper than {REGEX_NESTING_MAX} levels; flatten it")]
    RegexTooDeep,
    /// A regular expression that would take too much memory.
    #[error(
        "the regular expression takes more than {} KiB when compiled; lower its repetition counts, or write `[a-z0-9]` for `\\w`",
        REGEX_COMPILED_BYTES_MAX / 1024
    )]
    RegexTooLarge,
    /// Regular expressions that together would take too much memory, and time to compile.
    #[error(
        "with this rule the regular expressions of the organization take more than {} MiB when compiled; write prefixes where they \
         do, lower repetition counts, or write `[a-z0-9]` for `\\w`",
        REGEXES_WEIGHT_MAX / 1024 / 1024
    )]
    RegexesTooLarge,
    /// More excludes than a rule may have.
    #[error("a rule has at most {EXCLUDES_MAX} exclude patterns; join some into one regular expression")]
    TooManyExcludes,

    /// A rule without targets.
    #[error("a rule needs at least one target")]
    NoTarget,
    /// More targets than a rule may have.
    #[error("a rule has at most {TARGETS_MAX} targets")]
    TooManyTargets,
    /// A second target that only one may be.
    #[error("a rule has at most one concurrency group, because a user is in exactly one; remove this target")]
    SecondConcurrencyGroup,
    /// A sub-organization next to something else.
    #[error("a sub-organization stands alone in its rule; move it into a rule of its own, or remove the other targets")]
    SubOrganizationNotAlone,
    /// A target that names what an earlier one names.
    #[error("the same type and name as `targets[{first}]`; remove one of the two")]
    DuplicateTarget {
        /// The index of the earlier target.
        first: usize,
    },

    /// A template text of unreasonable length.
    #[error("the name template is longer than {TEMPLATE_BYTES_MAX} bytes; shorten it")]
    TemplateTooLong,
    /// A template whose fixed text alone is no name.
    #[error("the name template gives an empty name; leave it out to use the group's display name")]
    TemplateEmpty,
    /// A template that takes nothing from any name.
    #[error(
        "every name from this template is empty, as what it takes from the pattern matches nothing but white space; let a capture \
         match a part of the name, or add text"
    )]
    TemplateAlwaysEmpty,
    /// A template whose fixed text alone is too long, or together with what its captures match at least.
    #[error("every name from this template is longer than {ENTITY_NAME_CHARACTERS_MAX} characters; shorten it")]
    TemplateNameTooLong,
    /// A control character in a template.
    #[error("a name has no control characters; remove {found:?}")]
    TemplateControl {
        /// The character.
        found: char,
    },
    /// A `$` that starts nothing.
    #[error("`$` starts a variable such as `${{display_name}}`; write `$$` for a dollar sign")]
    LoneDollar,
    /// A `${` without its `}`.
    #[error("the variable is not closed; add `}}`")]
    UnclosedVariable,
    /// `${rest}` where no prefix leaves a rest.
    #[error("`${{rest}}` is what follows a prefix, and this rule's pattern is not a prefix; use `${{display_name}}`{}", captures(*.regex))]
    RestWithoutPrefix {
        /// Whether the rule's pattern is a regular expression, which has captures to offer.
        regex: bool,
    },
    /// A variable that this rule's pattern does not give.
    #[error("nothing is called `{name}` here; known are {known}")]
    UnknownVariable {
        /// The text between the braces.
        name: String,
        /// The variables there are, as a list to read.
        known: String,
    },

    /// More examples than an organization may have.
    #[error("an organization has at most {EXAMPLES_MAX} examples")]
    TooManyExamples,
    /// An example that expects something for a group that no rule is to decide.
    #[error("what is given to a group is given by a rule; name the rule, or leave out the targets and the role")]
    ExampleWithoutRule,
}

fn captures(regex: bool) -> &'static str {
    if regex { " or a capture" } else { "" }
}

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No text, or white space only.
    #[error("a name is needed")]
    Empty,
    /// Too many characters.
    #[error("the name is longer than {characters_max} characters")]
    TooLong {
        /// How many are allowed.
        characters_max: usize,
    },
    /// A character that such a name has not.
    #[error("the name cannot contain {found:?}")]
    Character {
        /// The first such character.
        found: char,
    },
}

/// Why a template gives no name for a group.
///
/// The order of the variants is part of stored formats: add new ones at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TemplateError {
    /// The template needs parts of the name, and the pattern that finds them does not match it.
    #[error("the name does not match the pattern that the template takes its parts from")]
    NoMatch,
    /// Nothing is left when the template is filled.
    #[error("the filled template is empty")]
    Empty,
    /// The filled name is longer than an entity's name may be.
    #[error("the filled template is longer than {ENTITY_NAME_CHARACTERS_MAX} characters")]
    TooLong,
    /// The stored template was checked by another version of this program and is not valid in this one.
    #[error("the stored template is not valid any more")]
    Invalid,
}

/// A problem whose place its finder does not know: a text knows the offset in itself, and the rule knows which text it is.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) offset: Option<usize>,
    pub(crate) kind: ProblemKind,
}

impl Fault {
    pub(crate) fn at_place(self, place: impl Into<String>) -> Problem {
        Problem {
            place: place.into(),
            offset: self.offset,
            kind: self.kind,
        }
    }
}

impl From<ProblemKind> for Fault {
    fn from(kind: ProblemKind) -> Self {
        Self { offset: None, kind }
    }
}
