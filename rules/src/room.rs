//! How much the regular expressions of an organization may take together, in memory and in time to compile.
//!
//! A pattern is limited by itself, and an organization has room for hundreds of thousands of them: all together would take the
//! memory of a server, again whenever it starts.

use crate::compiled::Compiled;
use crate::error::{Fault, ProblemKind, Problems};
use crate::limits::{REGEX_COMPILED_BYTES_MAX, REGEX_TEXT_WEIGHT, REGEXES_WEIGHT_MAX};
use crate::matcher::Matcher;
use crate::pattern::Pattern;
use crate::rule::{Rule, RuleDefinition};

/// The room that is left for rules.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// `None`: something found no room.
    left: Option<usize>,
}

impl Default for Room {
    /// All of it.
    fn default() -> Self {
        Self::beside(0)
    }
}

impl Room {
    /// What is left beside rules of this weight; nothing when they take more than all of it.
    pub fn beside(weight: usize) -> Self {
        Self {
            left: Some(REGEXES_WEIGHT_MAX.saturating_sub(weight)),
        }
    }

    /// Compiles a rule that is to be saved, and takes its room, also when it is refused: what counts is the work.
    ///
    /// # Errors
    /// With all its problems; a pattern for which there is no room is one of them, and the room is used up.
    pub fn compile(&mut self, definition: RuleDefinition) -> Result<Rule, Problems> {
        let compiled = Compiled::to_save(&definition, &mut |pattern| self.matcher(pattern))?;
        Ok(Rule::new(definition, compiled))
    }

    /// Whether something found no room. What comes after it need not be looked at.
    pub fn is_used_up(&self) -> bool {
        self.left.is_none()
    }

    fn matcher(&mut self, pattern: &Pattern) -> Result<Matcher, Fault> {
        let matcher = Matcher::compile(pattern);
        let weight = match &matcher {
            Ok(matcher) => matcher.weight(),
            Err(fault) if fault.kind == ProblemKind::RegexTooLarge => REGEX_COMPILED_BYTES_MAX,
            Err(_) => REGEX_TEXT_WEIGHT * pattern.pattern.len(),
        };
        if weight == 0 {
            return matcher;
        }
        self.left = self.left.and_then(|left| left.checked_sub(weight));
        match self.left {
            Some(_) => matcher,
            None => Err(ProblemKind::RegexesTooLarge.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity_type::EntityType;
    use crate::pattern::Pattern;
    use crate::target::Target;

    fn rule(pattern: Pattern) -> RuleDefinition {
        RuleDefinition {
            name: "x".to_owned(),
            matching: pattern,
            exclude: Vec::new(),
            targets: vec![Target {
                entity_type: EntityType::Team,
                name: None,
            }],
            role: None,
            auto_approve: false,
            priority: 0,
            enabled: true,
        }
    }

    #[track_caller]
    fn check_weight(pattern: &str, expected: std::ops::Range<usize>) {
        let weight = Rule::compile(rule(Pattern::regex(pattern))).unwrap().weight();
        assert!(expected.contains(&weight), "{weight} bytes for `{pattern}`");
    }

    #[test]
    fn a_rule_weighs_what_its_regular_expressions_take() {
        check_weight(r"\w{9}", 480_000..530_000);
        check_weight(r"^eng-(?<team>\w+)$", 55_000..62_000);
        check_weight(r"^(eng|ops|web)-[a-z0-9]+$", 3_500..3_700);
        check_weight(r"[\pL&&a][\pL&&b][\pL&&c]", 1_500..1_600);
    }

    #[test]
    fn what_is_refused_takes_room_as_well() {
        let mut room = Room::beside(REGEXES_WEIGHT_MAX - 2 * REGEX_COMPILED_BYTES_MAX);
        let refused = |room: &mut Room, pattern: &str| {
            let problems = room.compile(rule(Pattern::regex(pattern))).unwrap_err();
            (problems.iter().next().unwrap().kind.clone(), room.is_used_up())
        };
        let too_large = (ProblemKind::RegexTooLarge, false);
        assert_eq!(refused(&mut room, r"\w{1000}"), too_large);
        assert_eq!(refused(&mut room, r"\w{1000}"), too_large);
        assert_eq!(refused(&mut room, "("), (ProblemKind::RegexesTooLarge, true));
    }

    #[test]
    fn what_cannot_be_read_takes_room_by_its_length() {
        let mut room = Room::beside(REGEXES_WEIGHT_MAX - 40 * REGEX_TEXT_WEIGHT);
        let refused = |room: &mut Room, characters| {
            let problems = room.compile(rule(Pattern::regex("(".repeat(characters)))).unwrap_err();
            problems.iter().next().unwrap().kind == ProblemKind::RegexesTooLarge
        };
        assert!(!refused(&mut room, 30));
        assert!(!refused(&mut room, 10));
        assert!(refused(&mut room, 1));
    }

    #[test]
    fn prefixes_take_no_room() {
        let mut room = Room::beside(usize::MAX);
        assert!(room.compile(rule(Pattern::prefix("eng-"))).is_ok());
        let problems = room.compile(rule(Pattern::regex("^eng-"))).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().kind, ProblemKind::RegexesTooLarge);
        assert!(room.is_used_up());
    }
}
