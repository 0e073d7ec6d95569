//! A rule's definition, checked whole and compiled: every problem is found in one round, so that a rule can be mended in one.
//!
//! What is wrong with one text is found by `matcher` and `template`; here it gets its place.

use crate::entity_type::EntityType;
use crate::error::{Fault, NameError, Problem, ProblemKind, Problems};
use crate::extent::Extents;
use crate::limits::{EXCLUDES_MAX, RULE_NAME_CHARACTERS_MAX, TARGETS_MAX};
use crate::matcher::Matcher;
use crate::pattern::Pattern;
use crate::rule::RuleDefinition;
use crate::target::{NameTemplate, Target, check_types};
use crate::template::Template;

/// How a pattern is compiled: as one to be saved, or as one that was saved.
type Compile<'a> = &'a mut dyn FnMut(&Pattern) -> Result<Matcher, Fault>;

#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) matching: Matcher,
    pub(crate) exclude: Vec<Matcher>,
    pub(crate) targets: Vec<CompiledTarget>,
}

#[derive(Debug)]
pub(crate) struct CompiledTarget {
    pub(crate) entity_type: EntityType,
    pub(crate) template: Template,
    pub(crate) name_template: NameTemplate,
}

impl Compiled {
    /// A definition that somebody wants to save.
    pub(crate) fn of(definition: &RuleDefinition) -> Result<Self, Problems> {
        Self::to_save(definition, &mut Matcher::compile)
    }

    /// A definition that somebody wants to save, whose patterns are compiled like this.
    pub(crate) fn to_save(definition: &RuleDefinition, compile: Compile<'_>) -> Result<Self, Problems> {
        Self::by(definition, compile, true)
    }

    /// A definition that was saved once.
    pub(crate) fn stored(definition: &RuleDefinition) -> Result<Self, Problems> {
        Self::by(definition, &mut Matcher::stored, false)
    }

    /// What its regular expressions take.
    pub(crate) fn weight(&self) -> usize {
        let patterns = [&self.matching].into_iter().chain(&self.exclude);
        patterns.map(Matcher::weight).sum()
    }

    fn by(definition: &RuleDefinition, compile: Compile<'_>, is_new: bool) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        problems.extend(check_name(&definition.name));
        let matching = gather(&mut problems, compile_pattern(&definition.matching, "match", compile));
        let exclude = gather(&mut problems, compile_excludes(&definition.exclude, compile));
        let extents = matching
            .as_ref()
            .filter(|_| is_new)
            .map(|_| Extents::of(&definition.matching));
        let targets = gather(
            &mut problems,
            compile_targets(definition, matching.as_ref(), extents.as_ref()),
        );
        match (matching, exclude, targets) {
            (Some(matching), Some(exclude), Some(targets)) if problems.is_empty() => Ok(Self {
                matching,
                exclude,
                targets,
            }),
            _ => Err(Problems(problems)),
        }
    }
}

/// Keeps the value and moves its problems to the others, so that the parts after it are checked as well.
fn gather<T>(problems: &mut Vec<Problem>, result: Result<T, Vec<Problem>>) -> Option<T> {
    result.map_err(|found| problems.extend(found)).ok()
}

fn check_name(name: &str) -> Option<Problem> {
    let error = if name.trim().is_empty() {
        NameError::Empty
    } else if name.chars().count() > RULE_NAME_CHARACTERS_MAX {
        NameError::TooLong {
            characters_max: RULE_NAME_CHARACTERS_MAX,
        }
    } else {
        NameError::Character {
            found: name.chars().find(|character| character.is_control())?,
        }
    };
    Some(Fault::from(ProblemKind::Name(error)).at_place("name"))
}

fn compile_pattern(pattern: &Pattern, place: &str, compile: Compile<'_>) -> Result<Matcher, Vec<Problem>> {
    compile(pattern).map_err(|fault| vec![fault.at_place(format!("{place}.pattern"))])
}

fn compile_excludes(patterns: &[Pattern], compile: Compile<'_>) -> Result<Vec<Matcher>, Vec<Problem>> {
    if patterns.len() > EXCLUDES_MAX {
        return Err(vec![Fault::from(ProblemKind::TooManyExcludes).at_place("exclude")]);
    }
    let compiled = patterns
        .iter()
        .enumerate()
        .map(|(index, pattern)| compile_pattern(pattern, &format!("exclude[{index}]"), compile));
    all_or_problems(compiled)
}

fn compile_targets(
    definition: &RuleDefinition,
    matching: Option<&Matcher>,
    extents: Option<&Extents>,
) -> Result<Vec<CompiledTarget>, Vec<Problem>> {
    match definition.targets.len() {
        0 => return Err(vec![Fault::from(ProblemKind::NoTarget).at_place("targets")]),
        1..=TARGETS_MAX => {}
        _ => return Err(vec![Fault::from(ProblemKind::TooManyTargets).at_place("targets")]),
    }
    let compiled = definition.targets.iter().enumerate().map(|(index, target)| {
        let template = compile_template(target, matching, extents).map_err(|faults| at_target_name(faults, index))?;
        let name_template = NameTemplate::new(&definition.matching, target.name.as_deref());
        Ok(CompiledTarget {
            entity_type: target.entity_type,
            template,
            name_template,
        })
    });
    let mut problems = check_types(&definition.targets);
    let targets = gather(&mut problems, all_or_problems(compiled)).unwrap_or_default();
    if matching.is_some() {
        problems.extend(duplicate_teams(&targets));
    }
    if problems.is_empty() {
        Ok(targets)
    } else {
        Err(problems)
    }
}

/// The template of a target; with the extents of its pattern it also has to be one that can be filled.
fn compile_template(
    target: &Target,
    matching: Option<&Matcher>,
    extents: Option<&Extents>,
) -> Result<Template, Vec<Fault>> {
    let Some(text) = &target.name else {
        return Ok(Template::display_name());
    };
    let template = Template::parse(text, matching)?;
    match extents.and_then(|extents| template.never_filled(extents)) {
        Some(fault) => Err(vec![fault]),
        None => Ok(template),
    }
}

fn at_target_name(faults: Vec<Fault>, index: usize) -> Vec<Problem> {
    faults
        .into_iter()
        .map(|fault| fault.at_place(format!("targets[{index}].name")))
        .collect()
}

/// Of the other types there is at most one target anyway.
fn duplicate_teams(targets: &[CompiledTarget]) -> Vec<Problem> {
    let folded: Vec<_> = targets
        .iter()
        .map(|target| (target.entity_type, target.template.folded()))
        .collect();
    let duplicates = folded.iter().enumerate().filter_map(|(index, target)| {
        let first = folded.iter().position(|earlier| earlier == target)?;
        let duplicate = first < index && target.0 == EntityType::Team;
        duplicate.then(|| Fault::from(ProblemKind::DuplicateTarget { first }).at_place(format!("targets[{index}]")))
    });
    duplicates.collect()
}

fn all_or_problems<T>(results: impl Iterator<Item = Result<T, Vec<Problem>>>) -> Result<Vec<T>, Vec<Problem>> {
    let mut problems = Vec::new();
    let values = results.filter_map(|result| gather(&mut problems, result)).collect();
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(template: &str) -> Target {
        Target {
            entity_type: EntityType::Team,
            name: Some(template.to_owned()),
        }
    }

    fn definition(matching: Pattern, exclude: Vec<Pattern>, targets: Vec<Target>) -> RuleDefinition {
        RuleDefinition {
            name: "Teams".to_owned(),
            matching,
            exclude,
            targets,
            role: None,
            auto_approve: true,
            priority: 0,
            enabled: true,
        }
    }

    #[track_caller]
    fn check_problems(definition: RuleDefinition, expected: &[&str]) {
        let problems = Compiled::of(&definition).unwrap_err();
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(texts, expected);
        assert_eq!(problems.to_string(), expected.join("; "));
    }

    #[test]
    fn every_problem_is_reported_with_its_place() {
        let mut rule = definition(
            Pattern::regex("(eng"),
            vec![Pattern::prefix("x"), Pattern::prefix("")],
            vec![team("${a"), team("${1}"), team("${2}"), team("$")],
        );
        rule.name = " ".to_owned();
        check_problems(
            rule,
            &[
                "`name`: a name is needed",
                "`match.pattern` at byte 0: not a valid regular expression: unclosed group",
                "`exclude[1].pattern`: an empty pattern matches every name; write the kind `all` if that is meant",
                "`targets[0].name` at byte 0: the variable is not closed; add `}`",
                "`targets[3].name` at byte 0: `$` starts a variable such as `${display_name}`; write `$$` for a dollar sign",
            ],
        );
    }

    #[test]
    fn a_rule_needs_a_readable_name() {
        let named = |name: &str| RuleDefinition {
            name: name.to_owned(),
            ..definition(Pattern::all(), vec![], vec![team("x")])
        };
        check_problems(named(""), &["`name`: a name is needed"]);
        check_problems(named("a\nb"), &["`name`: the name cannot contain '\\n'"]);
        check_problems(
            named(&"\u{e9}".repeat(129)),
            &["`name`: the name is longer than 128 characters"],
        );
        assert!(Compiled::of(&named(&"\u{e9}".repeat(128))).is_ok());
    }

    #[test]
    fn lists_have_limits() {
        let teams = |count: usize| {
            (0..count)
                .map(|index| team(&format!("Team {index}")))
                .collect::<Vec<_>>()
        };
        let excludes = |count: usize| vec![Pattern::prefix("x"); count];
        assert!(Compiled::of(&definition(Pattern::all(), excludes(32), teams(32))).is_ok());
        check_problems(
            definition(Pattern::all(), excludes(33), teams(33)),
            &[
                "`exclude`: a rule has at most 32 exclude patterns; join some into one regular expression",
                "`targets`: a rule has at most 32 targets",
            ],
        );
        check_problems(
            definition(Pattern::all(), vec![], vec![]),
            &["`targets`: a rule needs at least one target"],
        );
    }

    #[track_caller]
    fn check_types(types: &[EntityType], expected: &[&str]) {
        let targets = types.iter().enumerate().map(|(index, entity_type)| Target {
            entity_type: *entity_type,
            name: Some(format!("Target {index}")),
        });
        let problems = Compiled::of(&definition(Pattern::all(), vec![], targets.collect())).err();
        let places: Vec<String> = problems
            .iter()
            .flat_map(Problems::iter)
            .map(|problem| problem.place.clone())
            .collect();
        assert_eq!(places, expected);
    }

    #[test]
    fn exclusive_types_limit_what_a_rule_may_target() {
        use EntityType::{ConcurrencyGroup, SubOrganization, Team};

        check_types(&[Team, ConcurrencyGroup, Team], &[]);
        check_types(&[SubOrganization], &[]);
        check_types(
            &[ConcurrencyGroup, Team, ConcurrencyGroup, ConcurrencyGroup],
            &["targets[2].type", "targets[3].type"],
        );
        check_types(&[Team, SubOrganization], &["targets[1].type"]);
        check_types(&[SubOrganization, SubOrganization], &["targets[0].type"]);
    }

    #[test]
    fn targets_that_name_the_same_team_are_refused() {
        let same = "`targets[1]`: the same type and name as `targets[0]`; remove one of the two";
        let rule = |one, other| definition(Pattern::regex("(?<name>.+)"), vec![], vec![one, other]);
        let display_name = Target {
            entity_type: EntityType::Team,
            name: None,
        };
        check_problems(rule(team("${1}"), team("${name}")), &[same]);
        check_problems(rule(team("Ops"), team("OPS")), &[same]);
        check_problems(rule(display_name, team("${display_name}")), &[same]);
        assert!(Compiled::of(&rule(team("${0}"), team("${1}"))).is_ok());
    }

    #[test]
    fn a_template_that_no_name_fills_is_refused_when_it_is_saved_and_stays_where_it_is_stored() {
        #[track_caller]
        fn check(pattern: &str, template: &str, refused: Option<&str>) {
            let rule = definition(Pattern::regex(pattern), vec![], vec![team(template)]);
            assert!(Compiled::stored(&rule).is_ok());
            match refused {
                Some(text) => check_problems(rule, &[&format!("`targets[0].name`: {text}")]),
                None => assert!(Compiled::of(&rule).is_ok()),
            }
        }
        let empty = "every name from this template is empty, as what it takes from the pattern matches nothing but white space; let a \
                     capture match a part of the name, or add text";
        check("^eng-()", "${1}", Some(empty));
        check(r"^eng-(\s*)x", " ${1}", Some(empty));
        check("^eng-(a{0})()", "${2}${2}", Some(empty));
        check("^eng-()", "x${1}", None);
        check("^eng-()", "${1}${display_name}", None);
        check(r"^eng-(\s*|x)", "${1}", None);
        let long = "every name from this template is longer than 256 characters; shorten it";
        let text = "x".repeat(200);
        check("^[a-z]{60,}$", &(text.clone() + "${0}"), Some(long));
        check("^[a-z]{57}$", &(text.clone() + "${0}"), Some(long));
        check("^[a-z]{56,}$", &(text.clone() + "${0}"), None);
        check("^([a-z]{60,})?$", &(text.clone() + "${1}"), None);
        check("^([a-z]{60,}|eng)$", &(text.clone() + "${1}"), None);
        check("^[a-z ]{60,}$", &(text.clone() + "${0}"), None);
        // Three letters of what the capture holds might become marks on the last `x`.
        check("^[a-z\u{300}-\u{302}]{59}$", &(text.clone() + "${0}"), None);
        check("^[a-z\u{300}-\u{302}]{60}$", &(text + "${0}"), Some(long));
    }
}
