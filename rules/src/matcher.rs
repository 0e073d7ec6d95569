//! A pattern that was checked and compiled: does a name match, and which parts of it may a template use?
//!
//! Filling those parts into a name is `template`'s job.

use crate::error::{Fault, ProblemKind};
use crate::expression::{Captures, Expression};
use crate::limits::{PATTERN_BYTES_MAX, REGEX_COMPILED_BYTES_MAX, REGEX_STORED_BYTES_MAX};
use crate::name::{MatchName, fold};
use crate::pattern::{Pattern, PatternKind};

#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    All,
    Prefix(Prefix),
    Regex(Expression),
}

/// The parts of a name that a pattern found.
#[derive(Debug)]
pub(crate) enum Found<'name> {
    Whole,
    Rest(&'name str),
    Captures(Captures<'name>),
}

impl Matcher {
    /// Compiles a pattern that somebody wants to save.
    pub(crate) fn compile(pattern: &Pattern) -> Result<Self, Fault> {
        Self::within(pattern, REGEX_COMPILED_BYTES_MAX)
    }

    /// Compiles a pattern that was saved once. It has more room than it was checked for, so that it goes on compiling
    /// when a later release of the regex engine takes more memory for the same pattern.
    pub(crate) fn stored(pattern: &Pattern) -> Result<Self, Fault> {
        Self::within(pattern, REGEX_STORED_BYTES_MAX)
    }

    fn within(pattern: &Pattern, compiled_bytes_max: usize) -> Result<Self, Fault> {
        let text = pattern.pattern.as_str();
        match pattern.kind {
            PatternKind::All if text.is_empty() => Ok(Self::All),
            PatternKind::All => Err(ProblemKind::PatternUnused.into()),
            PatternKind::Prefix | PatternKind::Regex if text.is_empty() => Err(ProblemKind::PatternEmpty.into()),
            PatternKind::Prefix | PatternKind::Regex if text.len() > PATTERN_BYTES_MAX => Err(Fault {
                offset: Some(PATTERN_BYTES_MAX),
                kind: ProblemKind::PatternTooLong,
            }),
            PatternKind::Prefix => Prefix::new(text).map(Self::Prefix),
            PatternKind::Regex => Expression::compile(text, compiled_bytes_max).map(Self::Regex),
        }
    }

    pub(crate) fn matches(&self, name: &MatchName) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => prefix.rest_of(name).is_some(),
            Self::Regex(regex) => regex.is_match(name.as_str()),
        }
    }

    /// What it takes to compile and to keep.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::All | Self::Prefix(_) => 0,
            Self::Regex(regex) => regex.weight(),
        }
    }

    pub(crate) fn find<'name>(&self, name: &'name MatchName) -> Option<Found<'name>> {
        match self {
            Self::All => Some(Found::Whole),
            Self::Prefix(prefix) => prefix.rest_of(name).map(Found::Rest),
            Self::Regex(regex) => regex.captures(name.as_str()).map(Found::Captures),
        }
    }
}

/// A prefix in folded form, as the keys of names are.
#[derive(Clone, Debug)]
pub(crate) struct Prefix {
    folded: String,
    characters: usize,
}

impl Prefix {
    fn new(text: &str) -> Result<Self, Fault> {
        if text.starts_with(char::is_whitespace) {
            return Err(Fault {
                offset: Some(0),
                kind: ProblemKind::PrefixStartsWithSpace,
            });
        }
        // White space at the end counts: `eng ` asks for a name that goes on after the space.
        let folded = fold(text);
        Ok(Self {
            characters: folded.chars().count(),
            folded,
        })
    }

    /// What follows the prefix, in the name's own spelling. A name matches if one of its beginnings is the prefix when both
    /// are folded; a prefix never ends inside a composed character, so `e` is no prefix of `é`.
    fn rest_of<'name>(&self, name: &'name MatchName) -> Option<&'name str> {
        if !name.key().as_str().starts_with(&self.folded) {
            return None;
        }
        // Folding composes characters now and then but splits none, so no beginning of fewer characters than the prefix
        // has can be it; nearly always the first one tried is.
        let text = name.as_str();
        let ends = text.char_indices().map(|(start, _)| start).chain([text.len()]);
        ends.skip(self.characters)
            .filter_map(|end| text.split_at_checked(end))
            .find(|(beginning, _)| fold(beginning) == self.folded)
            .map(|(_, rest)| rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prefix(text: &str) -> Matcher {
        Matcher::compile(&Pattern::prefix(text)).unwrap()
    }

    #[track_caller]
    fn check_rest(pattern: &str, name: &str, expected: Option<&str>) {
        let name = MatchName::of(name);
        let rest = match prefix(pattern).find(&name) {
            Some(Found::Rest(rest)) => Some(rest),
            _ => None,
        };
        assert_eq!(rest, expected);
        assert_eq!(prefix(pattern).matches(&name), expected.is_some());
    }

    #[test]
    fn a_prefix_leaves_the_rest_in_its_own_spelling() {
        check_rest("eng-", "eng-Search", Some("Search"));
        check_rest("eng-", "ENG-Search", Some("Search"));
        check_rest("Eng-", " eng-Search ", Some("Search"));
        check_rest("eng-", "eng-", Some(""));
        check_rest("eng-", "engineering", None);
        check_rest("eng-", "x-eng-", None);
        check_rest("eng-search", "eng", None);
    }

    #[test]
    fn the_space_at_the_end_of_a_prefix_counts() {
        check_rest("eng ", "eng search", Some("search"));
        check_rest("eng ", "eng", None);
        check_rest("eng ", "engineering", None);
    }

    #[test]
    fn a_prefix_sees_letters_not_their_encoding() {
        check_rest("Ren\u{e9}", "rene\u{301} ops", Some(" ops"));
        check_rest("rene\u{301}", "REN\u{c9} ops", Some(" ops"));
        check_rest("rene", "ren\u{e9}", None);
        check_rest("\u{1f0}", "J\u{30c}ira", Some("ira"));
        check_rest("J\u{30c}", "\u{1f0}ira", Some("ira"));
        check_rest("j", "J\u{30c}ira", None);
    }

    #[track_caller]
    fn check_regex(pattern: &str, name: &str, expected: bool) {
        let matcher = Matcher::compile(&Pattern::regex(pattern)).unwrap();
        assert_eq!(matcher.matches(&MatchName::of(name)), expected);
        assert_eq!(matcher.find(&MatchName::of(name)).is_some(), expected);
    }

    #[test]
    fn a_regex_is_searched_for_and_minds_the_case() {
        check_regex("gine", "Engineering", true);
        check_regex("^gine", "Engineering", false);
        check_regex("engine", "Engineering", false);
        check_regex("(?i)engine", "Engineering", true);
        check_regex("e\u{301}$", "Ren\u{e9}", true);
        check_regex("\u{e9}$", " Rene\u{301} ", true);
    }

    #[test]
    fn regexes_of_ordinary_size_are_not_too_large() {
        check_regex(
            r"(?i)^(?<product>\w+)-(?<team>[\w ]+)-(?<role>admin|user|guest)s?$",
            "Web-Search-Admins",
            true,
        );
        check_regex(r"^(\w+)-(\w+)-(\w+)-(\w+)-(\w+)-(.+)$", "a-b-c-d-e-f", true);
    }

    #[track_caller]
    fn check_fault(pattern: Pattern, offset: Option<usize>, expected: &str) {
        let fault = Matcher::compile(&pattern).unwrap_err();
        assert_eq!((fault.offset, fault.kind.to_string().as_str()), (offset, expected));
    }

    #[test]
    fn a_pattern_that_matches_all_by_accident_is_refused() {
        let text = "an empty pattern matches every name; write the kind `all` if that is meant";
        check_fault(Pattern::prefix(""), None, text);
        check_fault(Pattern::regex(""), None, text);
    }

    #[test]
    fn a_pattern_that_cannot_mean_what_it_says_is_refused() {
        check_fault(
            Pattern {
                kind: PatternKind::All,
                pattern: "eng".to_owned(),
            },
            None,
            "the kind `all` takes no pattern; leave it empty, or write the kind `prefix` or `regex`",
        );
        check_fault(
            Pattern::prefix(" eng"),
            Some(0),
            "names are matched without their outer white space, so a prefix that starts with some matches none; remove it",
        );
    }

    #[test]
    fn a_broken_regex_is_refused_at_its_fault() {
        check_fault(
            Pattern::regex("^eng-(a"),
            Some(5),
            "not a valid regular expression: unclosed group",
        );
        check_fault(
            Pattern::regex("\u{e9}[z-a]"),
            Some(3),
            "not a valid regular expression: invalid character class range, the start must be <= the end",
        );
        check_fault(
            Pattern::regex("eng(?=-)"),
            Some(3),
            "not a valid regular expression: look-around, including look-ahead and look-behind, is not supported",
        );
        check_fault(
            Pattern::regex(r"\p{Nope}"),
            Some(0),
            "not a valid regular expression: Unicode property not found",
        );
    }

    #[test]
    fn a_pattern_beyond_a_limit_is_refused_with_what_to_do() {
        check_fault(
            Pattern::prefix("e".repeat(PATTERN_BYTES_MAX + 1)),
            Some(PATTERN_BYTES_MAX),
            "the pattern is longer than 1024 bytes; split the rule in two",
        );
        check_fault(
            Pattern::regex(r"(\w{100}){100}"),
            None,
            "the regular expression takes more than 512 KiB when compiled; lower its repetition counts, or write `[a-z0-9]` for `\\w`",
        );
        check_fault(
            Pattern::regex("(".repeat(60) + &")".repeat(60)),
            Some(50),
            "the regular expression nests deeper than 50 levels; flatten it",
        );
    }

    #[test]
    fn a_pattern_may_be_as_long_as_the_limit_says() {
        let longest = "e".repeat(PATTERN_BYTES_MAX);
        check_rest(&longest, &longest, Some(""));
        check_regex(&longest, &longest, true);
    }

    /// The meaning of a prefix: the name can be cut, between two characters also when folded, so that the first part is it.
    fn naive_rest<'name>(prefix: &str, name: &'name MatchName) -> Option<&'name str> {
        let text = name.as_str();
        let ends = (0..=text.len()).filter(|end| text.is_char_boundary(*end));
        let is_cut = |(start, rest): &(&str, &str)| fold(start) + &fold(rest) == name.key().as_str();
        let found = ends
            .map(|end| text.split_at(end))
            .filter(is_cut)
            .find(|(start, _)| fold(start) == fold(prefix));
        found.map(|(_, rest)| rest)
    }

    proptest! {
        #[test]
        fn a_prefix_matches_as_if_each_beginning_was_compared(
            start in "[ aAjJ\u{e9}\u{c9}\u{1f0}\u{212a}k\u{391}\u{3b1}\u{1fbc}\u{301}\u{30c}\u{345}\u{327}\u{3b9}-]{0,5}",
            pattern in "[aAjJe\u{e9}\u{c9}\u{1f0}\u{212a}k\u{391}\u{3b1}\u{1fbc}][ aAjJ\u{e9}\u{c9}\u{301}\u{30c}\u{345}\u{327}\u{3b9}-]{0,4}",
            start_is_the_pattern in any::<bool>(),
            end in "[ aAjJ\u{e9}\u{301}\u{30c}\u{345}-]{0,5}",
        ) {
            let start = if start_is_the_pattern { pattern.to_uppercase() } else { start };
            let name = MatchName::of(&(start + &end));
            let rest = match prefix(&pattern).find(&name) { Some(Found::Rest(rest)) => Some(rest), _ => None };
            prop_assert_eq!(rest, naive_rest(&pattern, &name));
            prop_assert_eq!(prefix(&pattern).matches(&name), rest.is_some());
        }
    }
}
