//! What a rule puts a group's members into: a type and a name template, as an administrator writes them, and what a mapping
//! keeps of them so that its entity can be renamed with the group.

use serde::{Deserialize, Serialize};

use crate::entity_type::EntityType;
use crate::error::{Fault, Problem, ProblemKind, TemplateError};
use crate::matcher::Matcher;
use crate::name::MatchName;
use crate::pattern::Pattern;
use crate::template::Template;

/// One target of a rule, not checked yet: `Rule::compile` does that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The type of entity.
    pub entity_type: EntityType,
    /// The template of its name; `None` is the group's display name.
    pub name: Option<String>,
}

/// A name template together with the pattern that gives its variables, so that the name of an entity can be found again
/// when its group is renamed, whatever has become of the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameTemplate {
    pattern: Pattern,
    template: Option<String>,
}

impl NameTemplate {
    /// The group's display name, as for a mapping made by hand.
    pub fn display_name() -> Self {
        Self {
            pattern: Pattern::all(),
            template: None,
        }
    }

    pub(crate) fn new(pattern: &Pattern, template: Option<&str>) -> Self {
        Self {
            pattern: pattern.clone(),
            template: template.map(str::to_owned),
        }
    }

    /// The template as it was written; `None` is the group's display name.
    pub fn text(&self) -> Option<&str> {
        self.template.as_deref()
    }

    /// The name that the entity of a group of this name has. A template that takes nothing from the pattern is filled whether
    /// the pattern matches or not.
    ///
    /// Fails when the pattern does not match and the template needs it to, and when the filled name is empty or too long. The
    /// pattern is compiled anew: a rename is rare, and thousands of mappings share few patterns.
    pub fn fill(&self, name: &MatchName) -> Result<String, TemplateError> {
        let Some(text) = &self.template else {
            return Template::display_name().fill(name, None);
        };
        let matcher = Matcher::stored(&self.pattern).map_err(|_| TemplateError::Invalid)?;
        let template = Template::parse(text, Some(&matcher)).map_err(|_| TemplateError::Invalid)?;
        template.fill(name, matcher.find(name).as_ref())
    }
}

/// What is wrong with the types of a rule's targets, taken together.
pub(crate) fn check_types(targets: &[Target]) -> Vec<Problem> {
    let place = |index: usize| format!("targets[{index}].type");
    let places_of = |entity_type| {
        let of_type = move |(_, target): &(usize, &Target)| target.entity_type == entity_type;
        targets.iter().enumerate().filter(of_type).map(|(index, _)| index)
    };
    let mut problems = Vec::new();
    for index in places_of(EntityType::ConcurrencyGroup).skip(1) {
        problems.push(Fault::from(ProblemKind::SecondConcurrencyGroup).at_place(place(index)));
    }
    if targets.len() > 1
        && let Some(index) = places_of(EntityType::SubOrganization).next()
    {
        problems.push(Fault::from(ProblemKind::SubOrganizationNotAlone).at_place(place(index)));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: Pattern, template: Option<&str>, name: &str, expected: Result<&str, TemplateError>) {
        let filled = NameTemplate::new(&pattern, template).fill(&MatchName::of(name));
        assert_eq!(filled, expected.map(str::to_owned));
    }

    #[test]
    fn a_renamed_group_fills_its_template_again() {
        check(
            Pattern::prefix("eng-"),
            Some("Team ${rest}"),
            "ENG-Find",
            Ok("Team Find"),
        );
        check(
            Pattern::regex("^eng-(?<team>.+)"),
            Some("${team}"),
            "eng-find",
            Ok("find"),
        );
        check(
            Pattern::regex("^eng-(?<team>.+)"),
            Some("${team}"),
            "ops-find",
            Err(TemplateError::NoMatch),
        );
    }

    #[test]
    fn a_template_that_takes_nothing_from_the_pattern_needs_no_match() {
        check(Pattern::prefix("eng-"), None, " Ops ", Ok("Ops"));
        check(
            Pattern::prefix("eng-"),
            Some("Team ${display_name}"),
            "Ops",
            Ok("Team Ops"),
        );
        check(Pattern::prefix("eng-"), Some("Engineering"), "Ops", Ok("Engineering"));
    }

    #[test]
    fn a_mapping_by_hand_follows_the_display_name() {
        assert_eq!(
            NameTemplate::display_name().fill(&MatchName::of(" Ops ")),
            Ok("Ops".to_owned())
        );
        assert_eq!(
            NameTemplate::display_name().fill(&MatchName::of(" ")),
            Err(TemplateError::Empty)
        );
    }

    #[test]
    fn a_template_is_told_as_it_was_written() {
        let written = NameTemplate::new(&Pattern::all(), Some("Team $$ ${display_name}"));
        assert_eq!(written.text(), Some("Team $$ ${display_name}"));
        assert_eq!(NameTemplate::display_name().text(), None);
    }

    #[test]
    fn a_stored_template_that_is_not_valid_any_more_says_so() {
        check(Pattern::regex("("), Some("x"), "ops", Err(TemplateError::Invalid));
        check(Pattern::all(), Some("${rest}"), "ops", Err(TemplateError::Invalid));
    }
}
