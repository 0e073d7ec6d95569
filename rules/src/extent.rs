//! What a capture can hold, as far as its expression says by itself: enough to tell a name template that no name can fill.
//!
//! It never says more than is so: a capture may hold less than it could, where something around it has a say, too.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

use crate::expression::parse;
use crate::name::compose;
use crate::pattern::{Pattern, PatternKind};

/// What a capture can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Whether it can hold anything but white space.
    pub(crate) shows: bool,
    /// How many characters that are no white space it holds at least.
    pub(crate) least: usize,
    /// Whether it can hold anything but ASCII.
    pub(crate) beyond_ascii: bool,
}

/// What the captures of a pattern can hold, by their number.
pub(crate) struct Extents {
    captures: Vec<Extent>,
    white: ClassUnicode,
}

impl Extents {
    /// Of a pattern that is no regular expression, or not a valid one, there are none. Takes time in the length of the pattern.
    pub(crate) fn of(pattern: &Pattern) -> Self {
        let mut extents = Self {
            captures: Vec::new(),
            white: white_space(),
        };
        if pattern.kind == PatternKind::Regex
            && let Ok(parsed) = parse(&compose(&pattern.pattern))
        {
            let whole = extents.add(&parsed, true);
            extents.put(0, whole);
        }
        extents
    }

    /// What a capture can hold. One that the parser dropped, as it can take no part in a match, holds nothing.
    pub(crate) fn get(&self, capture: usize) -> Extent {
        self.captures.get(capture).copied().unwrap_or_default()
    }

    fn put(&mut self, capture: usize, extent: Extent) {
        if self.captures.len() <= capture {
            self.captures.resize(capture + 1, Extent::default());
        }
        if let Some(place) = self.captures.get_mut(capture) {
            *place = extent;
        }
    }

    /// What an expression can match. Adds its captures; `always`: whatever is found, this is a part of it.
    fn add(&mut self, expression: &Hir, always: bool) -> Extent {
        match expression.kind() {
            HirKind::Empty | HirKind::Look(_) => Extent::default(),
            HirKind::Literal(literal) => of_literal(&literal.0),
            HirKind::Class(class) => of_class(class, &self.white),
            HirKind::Capture(capture) => {
                let extent = self.add(&capture.sub, always);
                let least = if always { extent.least } else { 0 };
                self.put(capture.index as usize, Extent { least, ..extent });
                extent
            }
            HirKind::Repetition(repeated) => {
                let once = self.add(&repeated.sub, always && repeated.min > 0);
                let least = once.least.saturating_mul(repeated.min as usize);
                Extent { least, ..once }
            }
            HirKind::Concat(parts) => {
                let each = parts.iter().map(|part| self.add(part, always));
                each.fold(Extent::default(), |one, other| Extent {
                    least: one.least.saturating_add(other.least),
                    ..one.or(other)
                })
            }
            HirKind::Alternation(parts) => {
                let each = parts.iter().map(|part| self.add(part, false));
                each.reduce(Extent::or).unwrap_or_default()
            }
        }
    }
}

fn white_space() -> ClassUnicode {
    let class = parse(r"\s").ok().and_then(|white| match white.into_kind() {
        HirKind::Class(class) => characters(&class),
        _ => None,
    });
    class.unwrap_or_else(ClassUnicode::empty)
}

impl Extent {
    /// What can be of either.
    fn or(self, other: Self) -> Self {
        Self {
            shows: self.shows || other.shows,
            least: self.least.min(other.least),
            beyond_ascii: self.beyond_ascii || other.beyond_ascii,
        }
    }

    /// Of what nothing is known.
    fn unknown() -> Self {
        Self {
            shows: true,
            least: 0,
            beyond_ascii: true,
        }
    }
}

fn of_literal(bytes: &[u8]) -> Extent {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Extent::unknown();
    };
    let least = text.chars().filter(|character| !character.is_whitespace()).count();
    Extent {
        shows: least > 0,
        least,
        beyond_ascii: !text.is_ascii(),
    }
}

fn of_class(class: &Class, white: &ClassUnicode) -> Extent {
    let Some(class) = characters(class) else {
        return Extent::unknown();
    };
    let (mut visible, mut blank) = (class.clone(), class.clone());
    visible.difference(white);
    blank.intersect(white);
    Extent {
        shows: !visible.ranges().is_empty(),
        least: usize::from(blank.ranges().is_empty()),
        beyond_ascii: !class.is_ascii(),
    }
}

fn characters(class: &Class) -> Option<ClassUnicode> {
    match class {
        Class::Unicode(class) => Some(class.clone()),
        Class::Bytes(class) => class.to_unicode_class(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matcher::Matcher;
    use crate::name::MatchName;
    use crate::template::Template;

    #[track_caller]
    fn check(pattern: &str, capture: usize, (shows, least, beyond_ascii): (bool, usize, bool)) {
        let expected = Extent {
            shows,
            least,
            beyond_ascii,
        };
        assert_eq!(
            Extents::of(&Pattern::regex(pattern)).get(capture),
            expected,
            "{pattern}"
        );
    }

    #[test]
    fn a_capture_holds_what_its_expression_can_match() {
        check("^eng-()", 1, (false, 0, false));
        check("^eng-()", 0, (true, 4, false));
        check(r"^eng(\s+)x", 1, (false, 0, true));
        check("^eng( |\t)x", 1, (false, 0, false));
        check("^(a{2,}[bc]|defg)$", 1, (true, 3, false));
        check("^([a-z]{60,})$", 1, (true, 60, false));
        check("^((?:ab){3})", 1, (true, 6, false));
        check(r"^(\w{3})", 1, (true, 3, true));
        check("^(.{3})", 1, (true, 0, true));
        check("^(?-u:([a-z]{3}))", 1, (true, 3, false));
        check("^(?i)(k)", 1, (true, 1, true));
        check("^(caf\u{e9})", 1, (true, 4, true));
        check("^(cafe\u{301})", 1, (true, 4, true));
    }

    #[test]
    fn a_capture_that_may_take_no_part_may_be_empty() {
        check("^(abc)?", 1, (true, 0, false));
        check("^(?:(abc)|x)", 1, (true, 0, false));
        check("^(?:x(abc)){2}", 1, (true, 3, false));
        check("^(?:x(abc)){0,2}", 1, (true, 0, false));
        check("^(?:x(a(bc)?))", 1, (true, 1, false));
        check("^(?:x(a(bc)?))", 2, (true, 0, false));
        check("(a){0}(b)", 2, (true, 1, false));
        check("(a){0}(b)", 1, (false, 0, false));
    }

    #[test]
    fn only_a_regular_expression_has_captures() {
        let none = |pattern| assert!(Extents::of(&pattern).captures.is_empty());
        none(Pattern::all());
        none(Pattern::prefix("(x)"));
        none(Pattern::regex("(x"));
    }

    /// Parts of a pattern, with captures.
    const PATTERNS: [&str; 12] = [
        "()",
        "( *)",
        "(a?)",
        "(b|)",
        "(?:(c)|d)",
        "(\u{301}{0,2})",
        "(\u{301})",
        "(e)",
        "([x-z]{126,130})",
        "([x-z]{126,130})?",
        "(\u{1100})",
        "(?:([ab]){2,3})",
    ];
    const TEMPLATES: [&str; 9] = ["", " ", "e", "\u{301}", "\u{1161}", "${0}", "${1}", "${2}", "${3}"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn no_name_fills_a_template_that_is_said_never_to_be_filled(
            (pattern, name) in prop::collection::vec(prop::sample::select(&PATTERNS[..]), 1..5)
                .prop_map(|parts| parts.concat())
                .prop_flat_map(|pattern| {
                    let name = prop::string::string_regex(&pattern).unwrap();
                    (Just(pattern), name)
                }),
            fixed in 125usize..130,
            parts in prop::collection::vec(prop::sample::select(&TEMPLATES[..]), 1..5),
        ) {
            let pattern = Pattern::regex(pattern);
            let matcher = Matcher::compile(&pattern).unwrap();
            let is_long = parts.len() % 2 == 0;
            let text = if is_long { "x".repeat(fixed) } else { String::new() } + &parts.concat();
            let Ok(template) = Template::parse(&text, Some(&matcher)) else { return Ok(()) };
            if template.never_filled(&Extents::of(&pattern)).is_some() {
                let name = MatchName::of(&name);
                let filled = template.fill(&name, matcher.find(&name).as_ref());
                prop_assert!(filled.is_err(), "{:?} of {:?}", filled, name);
            }
        }
    }
}
