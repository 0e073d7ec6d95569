//! What an analysis reports, and how it is said.

use std::fmt;

/// What there is to know about a rule set before somebody relies on it. A finding is advice, never an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// What was found: first by kind, in the order of [`Finding`]'s variants, and then in the order in which rules decide.
    pub findings: Vec<Finding>,
    /// Findings that are not listed because there are too many of their kind.
    pub left_out: usize,
    /// Whether there are even more overlaps and ties than `left_out` counts.
    pub more: bool,
    /// How the rules were looked at.
    pub method: Method,
    /// Rules about which something is left open although the method is exact: names that would show it turned out to be
    /// none. At most as many as findings of one kind.
    pub unsure: Vec<RuleName>,
}

/// How far the findings go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All names were seen, for all rules together. What is not reported is not so.
    Exact,
    /// There was too much to see at once, so rules were compared by twos. What is reported is true; more may be.
    Pairwise {
        /// Pairs of rules that were compared.
        checked: u64,
        /// Pairs of rules that there are.
        of: u64,
    },
}

/// A rule, as a finding names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleName {
    /// Its place in the list that was passed.
    pub index: usize,
    /// Its name.
    pub name: String,
}

/// One thing to know, with a name that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No name is decided by this rule.
    NeverWins {
        /// The rule.
        rule: RuleName,
        /// A rule that is asked before it and matches all that it matches, or the first few of several that do so together;
        /// empty if the rule matches no name at all.
        shadowed_by: Vec<RuleName>,
        /// A name that the rule matches and another decides; `None` if it matches none.
        witness: Option<Witness>,
    },
    /// Two rules of equal priority match one name, and the one created first is asked first.
    Tie(Overlap),
    /// A regular expression is found anywhere in a name, which is seldom meant.
    Unanchored {
        /// The rule.
        rule: RuleName,
        /// The field, as a path into the rule's JSON.
        place: String,
        /// A name in which it is found behind the start.
        witness: String,
    },
    /// A name that no rule matches.
    Uncovered {
        /// The name.
        witness: String,
    },
    /// Two rules of different priority match one name.
    Overlap(Overlap),
}

/// Two rules that match one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The one that is asked first.
    pub first: RuleName,
    /// The other one.
    pub second: RuleName,
    /// A name that both match.
    pub witness: Witness,
}

/// A name that shows something, and the rule that decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The name of a group, as it would be matched.
    pub name: String,
    /// The rule that decides a group of this name.
    pub winner: RuleName,
}

impl Analysis {
    /// How far the findings go, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![match self.method {
            Method::Exact => {
                "exact: every possible name was considered, for all rules together; there is nothing else to report"
                    .to_owned()
            }
            Method::Pairwise { checked, of } => format!(
                "the rules were compared by twos, {checked} of {of} pairs: what is reported is true, and there may be more"
            ),
        }];
        match (self.left_out, self.more) {
            (0, false) => {}
            (left_out, false) => notes.push(format!("findings that are not listed: {left_out}")),
            (left_out, true) => notes.push(format!("findings that are not listed: more than {left_out}")),
        }
        if !self.unsure.is_empty() {
            let names: Vec<String> = self.unsure.iter().map(ToString::to_string).collect();
            notes.push(format!("something stayed open about {}", names.join(", ")));
        }
        notes
    }
}

impl Finding {
    /// The word for its kind, in JSON and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NeverWins { .. } => "never_wins",
            Self::Tie(_) => "tie",
            Self::Unanchored { .. } => "unanchored",
            Self::Uncovered { .. } => "uncovered",
            Self::Overlap(_) => "overlap",
        }
    }
}

impl Method {
    /// The word for it in JSON.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Pairwise { .. } => "pairwise",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverWins {
                rule,
                witness: Some(witness),
                shadowed_by,
            } => {
                write!(
                    f,
                    "{rule} never decides: {} always asked before it and {} what it matches, such as `{}`",
                    list(shadowed_by),
                    if shadowed_by.len() == 1 { "matches" } else { "match" },
                    witness.name
                )
            }
            Self::NeverWins { rule, .. } => write!(f, "{rule} never decides: no name matches it"),
            Self::Tie(overlap) => {
                write!(
                    f,
                    "{overlap}; both have the same priority, so the one created first comes first"
                )
            }
            Self::Unanchored { rule, place, witness } => write!(
                f,
                "{rule}: `{place}` is found anywhere in a name, also in `{witness}`; start it with `^` if that is not meant"
            ),
            Self::Uncovered { witness } => write!(f, "no rule decides `{witness}`"),
            Self::Overlap(overlap) => overlap.fmt(f),
        }
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, second, witness } = self;
        write!(
            f,
            "{first} and {second} both match `{}`, which {} decides",
            witness.name, witness.winner
        )
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Pairwise { checked, of } => write!(f, "pairwise, {checked} of {of} pairs of rules"),
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)
    }
}

fn list(rules: &[RuleName]) -> String {
    let names: Vec<String> = rules.iter().map(ToString::to_string).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
