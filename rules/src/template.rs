//! A name template such as `Team ${team}`: fixed text and variables, checked against the pattern that gives the variables.
//!
//! Which text belongs to which target, and what is stored of it, is `target`'s job.

use crate::error::{Fault, ProblemKind, TemplateError};
use crate::extent::Extents;
use crate::limits::{ENTITY_NAME_CHARACTERS_MAX, TEMPLATE_BYTES_MAX};
use crate::matcher::{Found, Matcher};
use crate::name::{MatchName, compose, fold};
use crate::token::{TokenKind, tokens};

/// So many characters at most become a part of the one before them in NFC, where two texts meet: no letter has more than three
/// marks, and no syllable more than three parts.
const JOINED_CHARACTERS_MAX: usize = 3;

/// A checked template. Two of them are equal when they always give the same name: the number and the name of a capture are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    DisplayName,
    Rest,
    Capture(usize),
}

impl Template {
    /// The template of a target that names none: the group's display name.
    pub(crate) fn display_name() -> Self {
        Self(vec![Piece::DisplayName])
    }

    /// Checks a template. Without a matcher, because the pattern itself is refused, the variables are not looked up.
    pub(crate) fn parse(text: &str, matcher: Option<&Matcher>) -> Result<Self, Vec<Fault>> {
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(vec![Fault {
                offset: Some(TEMPLATE_BYTES_MAX),
                kind: ProblemKind::TemplateTooLong,
            }]);
        }
        let mut pieces = Vec::new();
        let mut faults: Vec<Fault> = control_character(text).into_iter().collect();
        for token in tokens(text) {
            let piece = match (token.kind, matcher) {
                (TokenKind::Literal(literal), _) => Ok(Piece::Literal(literal.to_owned())),
                (TokenKind::Variable(name), Some(matcher)) => resolve(name, matcher),
                (TokenKind::Variable(_), None) => Ok(Piece::DisplayName),
                (TokenKind::Fault(kind), _) => Err(kind),
            };
            match piece {
                Ok(piece) => push(&mut pieces, piece),
                Err(kind) => faults.push(Fault {
                    offset: Some(token.offset),
                    kind,
                }),
            }
        }
        let template = Self(pieces);
        if faults.is_empty() {
            faults.extend(template.never_a_name().map(Fault::from));
        }
        if faults.is_empty() { Ok(template) } else { Err(faults) }
    }

    /// The template with the case of its fixed text folded: two templates that are equal so give names with equal keys.
    pub(crate) fn folded(&self) -> Self {
        let fold_piece = |piece: &Piece| match piece {
            Piece::Literal(text) => Piece::Literal(fold(text)),
            other => other.clone(),
        };
        Self(self.0.iter().map(fold_piece).collect())
    }

    /// The name for a group. A capture that took no part in the match is empty, and the rest of a prefix is taken without
    /// its outer white space, as is the whole. Fails when the pattern found nothing that is needed, and when the result is
    /// empty or too long.
    pub(crate) fn fill(&self, name: &MatchName, found: Option<&Found<'_>>) -> Result<String, TemplateError> {
        let mut filled = String::new();
        for piece in &self.0 {
            filled.push_str(match (piece, found) {
                (Piece::Literal(text), _) => text,
                (Piece::DisplayName, _) => name.as_str(),
                (Piece::Rest, Some(Found::Rest(rest))) => rest.trim(),
                (Piece::Capture(index), Some(Found::Captures(captures))) => captures.get(*index).unwrap_or_default(),
                (Piece::Rest | Piece::Capture(_), _) => return Err(TemplateError::NoMatch),
            });
        }
        let filled = compose(filled.trim());
        match filled.chars().count() {
            0 => Err(TemplateError::Empty),
            1..=ENTITY_NAME_CHARACTERS_MAX => Ok(filled),
            _ => Err(TemplateError::TooLong),
        }
    }

    /// What keeps the template from giving a name whatever the pattern finds; `None` where something may be found that fills it.
    /// Only for a template that is to be saved: a later release may know better, and what is saved has to stay as it is.
    pub(crate) fn never_filled(&self, extents: &Extents) -> Option<Fault> {
        let blank = |piece: &Piece| match piece {
            Piece::Literal(text) => text.trim().is_empty(),
            Piece::Capture(index) => !extents.get(*index).shows,
            Piece::DisplayName | Piece::Rest => false,
        };
        if self.0.iter().all(blank) {
            return Some(ProblemKind::TemplateAlwaysEmpty.into());
        }
        let least = self.0.iter().map(|piece| piece.least(extents));
        let least = least.fold(0, usize::saturating_add);
        let joined = self.0.iter().skip(1).filter(|piece| piece.may_join(extents)).count();
        let least = least.saturating_sub(joined * JOINED_CHARACTERS_MAX);
        (least > ENTITY_NAME_CHARACTERS_MAX).then(|| ProblemKind::TemplateNameTooLong.into())
    }

    /// Variables may turn out empty, and then what is left is the fixed text alone: if that is too long, every name is.
    fn never_a_name(&self) -> Option<ProblemKind> {
        let mut fixed = String::new();
        for piece in &self.0 {
            if let Piece::Literal(text) = piece {
                fixed.push_str(text);
            }
        }
        let fixed = compose(fixed.trim());
        let has_variable = self.0.iter().any(|piece| !matches!(piece, Piece::Literal(_)));
        if fixed.is_empty() && !has_variable {
            Some(ProblemKind::TemplateEmpty)
        } else if fixed.chars().count() > ENTITY_NAME_CHARACTERS_MAX {
            Some(ProblemKind::TemplateNameTooLong)
        } else {
            None
        }
    }
}

impl Piece {
    /// How many characters of a name it makes at least, the outer white space aside that may be trimmed.
    fn least(&self, extents: &Extents) -> usize {
        match self {
            Self::Literal(text) => compose(text.trim()).chars().count(),
            Self::Capture(index) => extents.get(*index).least,
            Self::DisplayName | Self::Rest => 0,
        }
    }

    /// Whether its first characters may compose with what is before it.
    fn may_join(&self, extents: &Extents) -> bool {
        match self {
            Self::Literal(text) => !text.starts_with(|first: char| first.is_ascii()),
            Self::Capture(index) => extents.get(*index).beyond_ascii,
            Self::DisplayName | Self::Rest => true,
        }
    }
}

fn control_character(text: &str) -> Option<Fault> {
    let (offset, found) = text.char_indices().find(|(_, character)| character.is_control())?;
    Some(Fault {
        offset: Some(offset),
        kind: ProblemKind::TemplateControl { found },
    })
}

/// Neighbouring literals become one, so that equal templates have equal pieces.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
        (_, piece) => pieces.push(piece),
    }
}

/// Finds a variable. A capture called `display_name` or `rest` is that capture: whoever wrote the pattern meant it.
fn resolve(name: &str, matcher: &Matcher) -> Result<Piece, ProblemKind> {
    if let Some(index) = capture(name, matcher) {
        return Ok(Piece::Capture(index));
    }
    match (name, matcher) {
        ("display_name", _) => Ok(Piece::DisplayName),
        ("rest", Matcher::Prefix(_)) => Ok(Piece::Rest),
        ("rest", Matcher::All) => Err(ProblemKind::RestWithoutPrefix { regex: false }),
        ("rest", Matcher::Regex(_)) => Err(ProblemKind::RestWithoutPrefix { regex: true }),
        _ => Err(ProblemKind::UnknownVariable {
            name: name.to_owned(),
            known: known_variables(matcher),
        }),
    }
}

fn capture(name: &str, matcher: &Matcher) -> Option<usize> {
    let Matcher::Regex(regex) = matcher else { return None };
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return name.parse().ok().filter(|index| *index < regex.captures_len());
    }
    regex.capture_names().position(|known| known == Some(name))
}

fn known_variables(matcher: &Matcher) -> String {
    let mut known = vec!["`${display_name}`".to_owned()];
    match matcher {
        Matcher::All => {}
        Matcher::Prefix(_) => known.push("`${rest}`".to_owned()),
        Matcher::Regex(regex) => {
            known.extend((0..regex.captures_len()).map(|index| format!("`${{{index}}}`")));
            known.extend(regex.capture_names().flatten().map(|name| format!("`${{{name}}}`")));
        }
    }
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::Pattern;

    fn fill(pattern: &Pattern, template: &str, name: &str) -> Result<String, TemplateError> {
        let matcher = Matcher::compile(pattern).unwrap();
        let name = MatchName::of(name);
        Template::parse(template, Some(&matcher))
            .unwrap()
            .fill(&name, matcher.find(&name).as_ref())
    }

    #[track_caller]
    fn check(pattern: Pattern, template: &str, name: &str, expected: Result<&str, TemplateError>) {
        assert_eq!(fill(&pattern, template, name), expected.map(str::to_owned));
    }

    #[test]
    fn variables_are_filled_and_the_text_around_them_kept() {
        check(Pattern::all(), "Team ${display_name}!", "Ops", Ok("Team Ops!"));
        check(
            Pattern::prefix("eng-"),
            "${rest} of ${display_name}",
            "Eng-Search",
            Ok("Search of Eng-Search"),
        );
        let regex = Pattern::regex(r"^(?<product>\w+)-(\w+)");
        check(regex.clone(), "${product}/${2}", "web-search-x", Ok("web/search"));
        check(regex.clone(), "${1} ${0}", "web-search-x", Ok("web web-search"));
        check(regex, "$$${1}$$", "web-search", Ok("$web$"));
    }

    #[test]
    fn outer_white_space_is_trimmed() {
        check(Pattern::prefix("eng"), "x-${rest}", "eng  ops", Ok("x-ops"));
        check(Pattern::regex("^eng( \\w*)( .*)?"), " ${1} ${2} ", "eng ops", Ok("ops"));
    }

    #[test]
    fn a_capture_that_took_no_part_is_empty() {
        check(Pattern::regex("^(a)|(b)"), "x${1}y${2}", "b", Ok("xyb"));
    }

    #[test]
    fn a_capture_may_have_the_name_of_a_variable() {
        check(Pattern::regex("(?<rest>..)$"), "${rest}", "abcd", Ok("cd"));
        check(
            Pattern::regex("(?<display_name>..)$"),
            "${display_name}",
            "abcd",
            Ok("cd"),
        );
    }

    #[test]
    fn a_filled_name_is_in_nfc() {
        check(Pattern::regex("^(e)"), "${1}\u{301}", "eng", Ok("\u{e9}"));
    }

    #[test]
    fn a_name_that_cannot_be_filled_says_why() {
        check(Pattern::prefix("eng-"), "${rest}", "ops", Err(TemplateError::NoMatch));
        check(Pattern::regex("^eng(x)"), "${1}", "eng", Err(TemplateError::NoMatch));
        check(Pattern::prefix("eng-"), "${rest}", "eng-", Err(TemplateError::Empty));
        check(
            Pattern::all(),
            "${display_name}",
            &"x".repeat(256),
            Ok(&"x".repeat(256)),
        );
        check(
            Pattern::all(),
            "${display_name}",
            &"x".repeat(257),
            Err(TemplateError::TooLong),
        );
    }

    #[track_caller]
    fn check_faults(pattern: Pattern, template: &str, expected: &[(Option<usize>, &str)]) {
        let matcher = Matcher::compile(&pattern).unwrap();
        let faults = Template::parse(template, Some(&matcher)).unwrap_err();
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.offset, fault.kind.to_string()))
            .collect();
        assert_eq!(
            found,
            expected
                .iter()
                .map(|(offset, text)| (*offset, (*text).to_owned()))
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_broken_template_is_refused_at_each_fault() {
        let lone = "`$` starts a variable such as `${display_name}`; write `$$` for a dollar sign";
        let unclosed = "the variable is not closed; add `}`";
        check_faults(Pattern::all(), "a$b", &[(Some(1), lone)]);
        check_faults(Pattern::all(), "a${display_name", &[(Some(1), unclosed)]);
        check_faults(
            Pattern::all(),
            "${a${display_name} $",
            &[(Some(0), unclosed), (Some(19), lone)],
        );
        check_faults(
            Pattern::all(),
            "a\tb",
            &[(Some(1), "a name has no control characters; remove '\\t'")],
        );
    }

    #[test]
    fn a_variable_that_the_pattern_does_not_give_is_refused() {
        check_faults(
            Pattern::all(),
            "x${team}",
            &[(Some(1), "nothing is called `team` here; known are `${display_name}`")],
        );
        check_faults(
            Pattern::prefix("eng-"),
            "${1}",
            &[(
                Some(0),
                "nothing is called `1` here; known are `${display_name}`, `${rest}`",
            )],
        );
        let known = "known are `${display_name}`, `${0}`, `${1}`, `${team}`";
        for name in ["2", "Team", "+1", "99999999999999999999999", ""] {
            let expected = format!("nothing is called `{name}` here; {known}");
            check_faults(
                Pattern::regex("(?<team>x)"),
                &format!("${{{name}}}"),
                &[(Some(0), &expected)],
            );
        }
    }

    #[test]
    fn the_rest_is_refused_where_there_is_no_prefix() {
        let text = "`${rest}` is what follows a prefix, and this rule's pattern is not a prefix; use `${display_name}`";
        check_faults(Pattern::all(), "${rest}", &[(Some(0), text)]);
        check_faults(
            Pattern::regex("x"),
            "${rest}",
            &[(Some(0), &format!("{text} or a capture"))],
        );
    }

    #[test]
    fn a_template_that_can_never_be_a_name_is_refused() {
        let empty = "the name template gives an empty name; leave it out to use the group's display name";
        check_faults(Pattern::all(), "", &[(None, empty)]);
        check_faults(Pattern::all(), "  ", &[(None, empty)]);
        check_faults(
            Pattern::all(),
            &("x".repeat(257) + "${display_name}"),
            &[(
                None,
                "every name from this template is longer than 256 characters; shorten it",
            )],
        );
        check_faults(
            Pattern::all(),
            &"x".repeat(1025),
            &[(Some(1024), "the name template is longer than 1024 bytes; shorten it")],
        );
    }

    #[test]
    fn a_template_may_be_as_long_as_the_limits_say() {
        check(Pattern::all(), &"x".repeat(256), "Ops", Ok(&"x".repeat(256)));
        // Variables have no length until they are filled.
        let longest = format!("{}{}", "${0}".repeat(250), "x".repeat(24));
        check(Pattern::regex("$"), &longest, "Ops", Ok(&"x".repeat(24)));
    }

    #[test]
    fn equal_templates_are_those_that_always_give_the_same_name() {
        let matcher = Matcher::compile(&Pattern::regex("(?<team>x)(y)")).unwrap();
        let parse = |text| Template::parse(text, Some(&matcher)).unwrap();
        assert_eq!(parse("a$$${team}"), parse("a$$${1}"));
        assert_ne!(parse("${1}"), parse("${2}"));
        assert_ne!(parse("Team ${1}"), parse("team ${1}"));
        assert_eq!(parse("Team ${1}").folded(), parse("team ${1}").folded());
        assert_eq!(parse("${display_name}"), Template::display_name());
    }

    /// One piece of a random template, as it is written here and as it is meant.
    #[derive(Clone, Debug)]
    enum Part {
        Text(String),
        Dollar,
        Variable(&'static str),
    }

    fn parts() -> impl Strategy<Value = Vec<Part>> {
        let part = prop_oneof![
            "[a-z {}\u{e9}-]{1,4}".prop_map(Part::Text),
            Just(Part::Dollar),
            prop::sample::select(vec!["0", "1", "2", "3", "first", "last", "display_name"]).prop_map(Part::Variable),
        ];
        prop::collection::vec(part, 1..6)
    }

    fn written(parts: &[Part]) -> String {
        let write = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Dollar => "$$".to_owned(),
            Part::Variable(name) => format!("${{{name}}}"),
        };
        parts.iter().map(write).collect()
    }

    proptest! {
        #[test]
        fn filling_a_template_puts_each_part_in_its_place(
            parts in parts(),
            first in "[a-z]{0,3}",
            middle in "[A-Z]{0,2}",
            last in "[a-z]{0,3}",
        ) {
            let pattern = Pattern::regex("^(?<first>[a-z]*)-([A-Z]+)?-(?<last>[a-z]*)$");
            let name = format!("{first}-{middle}-{last}");
            let meant = |part: &Part| match part {
                Part::Text(text) => text.clone(),
                Part::Dollar => "$".to_owned(),
                Part::Variable("0" | "display_name") => name.clone(),
                Part::Variable("1" | "first") => first.clone(),
                Part::Variable("2") => middle.clone(),
                Part::Variable(_) => last.clone(),
            };
            let expected: String = parts.iter().map(meant).collect();
            prop_assume!(parts.iter().any(|part| !matches!(part, Part::Text(text) if text.trim().is_empty())));
            let expected = match expected.trim() {
                "" => Err(TemplateError::Empty),
                text => Ok(text.to_owned()),
            };
            prop_assert_eq!(fill(&pattern, &written(&parts), &name), expected);
        }

        #[test]
        fn captures_are_filled_as_the_regex_crate_expands_them(parts in parts(), name in "[a-c-]{0,9}") {
            let parts: Vec<Part> = parts.into_iter().filter(|part| !matches!(part, Part::Variable("display_name"))).collect();
            let has_variable = parts.iter().any(|part| matches!(part, Part::Variable(_)));
            let template = written(&parts);
            prop_assume!(!template.trim().is_empty());
            let text = "(?<first>a+)?(b)|(?<last>c)";
            let mut expanded = String::new();
            let found = regex::Regex::new(text).unwrap().captures(&name).map(|captures| captures.expand(&template, &mut expanded));
            let expected = match (found, expanded.trim()) {
                (None, _) if has_variable => Err(TemplateError::NoMatch),
                (None, _) => Ok(template.replace("$$", "$").trim().to_owned()),
                (Some(()), "") => Err(TemplateError::Empty),
                (Some(()), expanded) => Ok(expanded.to_owned()),
            };
            prop_assert_eq!(fill(&Pattern::regex(text), &template, &name), expected);
        }

        #[test]
        fn no_template_text_panics(template in "[${}a1\\t \u{e9}]{0,12}", name in any::<String>()) {
            let matcher = Matcher::compile(&Pattern::regex("(a)?.*")).unwrap();
            let name = MatchName::of(&name);
            match Template::parse(&template, Some(&matcher)) {
                Ok(parsed) => { let _ = parsed.fill(&name, matcher.find(&name).as_ref()); }
                Err(faults) => {
                    prop_assert!(!faults.is_empty());
                    for fault in faults {
                        prop_assert!(fault.offset.is_none_or(|offset| template.is_char_boundary(offset)));
                    }
                }
            }
        }
    }
}
