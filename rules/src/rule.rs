//! One rule: as an administrator writes it, and what it gives to a group that it matches.
//!
//! Checking it is `compiled`'s job, and which of several rules decides is `ruleset`'s; ids and versions of rules are the engine's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::compiled::Compiled;
use crate::entity_type::EntityType;
use crate::error::{Problem, Problems, TemplateError};
use crate::name::{MatchName, NameKey};
use crate::pattern::Pattern;
use crate::role::RoleName;
use crate::room::Room;
use crate::target::{NameTemplate, Target};

/// A rule as it is written and stored. [`Rule::compile`] checks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDefinition {
    /// What administrators call it.
    pub name: String,
    /// The names it is for.
    pub matching: Pattern,
    /// Names it is not for, though `matching` matches them.
    pub exclude: Vec<Pattern>,
    /// What the members of a group are put into.
    pub targets: Vec<Target>,
    /// A role for the members of a group, besides.
    pub role: Option<RoleName>,
    /// Whether a match takes effect without an administrator's approval.
    pub auto_approve: bool,
    /// The higher one is asked first.
    pub priority: i32,
    /// Whether the rule is asked at all.
    pub enabled: bool,
}

/// A checked and compiled rule. Cloning shares it. Two rules are equal when their definitions are.
#[derive(Clone, Debug)]
pub struct Rule(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    definition: RuleDefinition,
    compiled: Compiled,
}

/// Whether a rule is for groups of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Matches,
    /// Its pattern matches, but an exclude does, too.
    Excluded {
        /// The first one that does: its place among the excludes, from 0.
        exclude: usize,
    },
    /// Its pattern does not match.
    NoMatch,
}

/// What a rule gives to one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The targets in the order of the rule. Targets of one type that come out with one name (compared by key) are one.
    pub targets: Vec<MatchedTarget>,
}

/// One target with its name filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedTarget {
    /// The type of entity.
    pub entity_type: EntityType,
    /// The entity's name for this group, or why there is none.
    pub name: Result<String, TemplateError>,
    /// What to keep in order to fill the name again when the group is renamed.
    pub template: NameTemplate,
}

impl RuleDefinition {
    /// Its patterns, the excludes last.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        [&self.matching].into_iter().chain(&self.exclude)
    }
}

impl Rule {
    /// What its regular expressions take: bytes of memory when compiled, to which the time to compile them is in proportion.
    pub fn weight(&self) -> usize {
        self.0.compiled.weight()
    }

    /// Checks and compiles a definition. Fails with every problem of it, each with its place.
    pub fn compile(definition: RuleDefinition) -> Result<Self, Problems> {
        let compiled = Compiled::of(&definition)?;
        Ok(Self::new(definition, compiled))
    }

    pub(crate) fn new(definition: RuleDefinition, compiled: Compiled) -> Self {
        Self(Arc::new(Parts { definition, compiled }))
    }

    /// Checks and compiles several definitions. Fails with every problem of all of them; places are like `rules[3].match.pattern`.
    pub fn compile_all(definitions: Vec<RuleDefinition>) -> Result<Vec<Self>, Problems> {
        let (mut rules, mut problems) = (Vec::with_capacity(definitions.len()), Vec::new());
        let mut room = Room::default();
        for (index, definition) in definitions.into_iter().enumerate() {
            match room.compile(definition) {
                Ok(rule) => rules.push(rule),
                Err(Problems(of_rule)) => problems.extend(of_rule.into_iter().map(|problem| Problem {
                    place: format!("rules[{index}].{}", problem.place),
                    ..problem
                })),
            }
            if room.is_used_up() {
                break;
            }
        }
        if problems.is_empty() {
            Ok(rules)
        } else {
            Err(Problems(problems))
        }
    }

    /// Compiles a definition that [`Rule::compile`] accepted once, with room to spare. Fails only when it never did.
    pub fn stored(definition: RuleDefinition) -> Result<Self, Problems> {
        let compiled = Compiled::stored(&definition)?;
        Ok(Self::new(definition, compiled))
    }

    /// The definition that this rule was compiled from, unchanged.
    pub fn definition(&self) -> &RuleDefinition {
        &self.0.definition
    }

    /// Whether the rule is for groups of this name: its pattern matches and no exclude does. Says nothing about `enabled`.
    pub fn matches(&self, name: &MatchName) -> bool {
        self.verdict(name) == Verdict::Matches
    }

    /// Whether the rule is for groups of this name, and why not. Says nothing about `enabled`.
    pub fn verdict(&self, name: &MatchName) -> Verdict {
        if !self.0.compiled.matching.matches(name) {
            return Verdict::NoMatch;
        }
        let mut exclude = self.0.compiled.exclude.iter();
        match exclude.position(|exclude| exclude.matches(name)) {
            Some(exclude) => Verdict::Excluded { exclude },
            None => Verdict::Matches,
        }
    }

    /// What this rule, asked alone, gives to a group of this name; `None` when it is not for it. Says nothing about
    /// `enabled`, so that a rule can be tried before it is switched on.
    pub fn decide(&self, name: &MatchName) -> Option<Match> {
        if !self.matches(name) {
            return None;
        }
        let found = self.0.compiled.matching.find(name)?;
        let mut targets: Vec<MatchedTarget> = Vec::with_capacity(self.0.compiled.targets.len());
        for target in &self.0.compiled.targets {
            let matched = MatchedTarget {
                entity_type: target.entity_type,
                name: target.template.fill(name, Some(&found)),
                template: target.name_template.clone(),
            };
            if !targets.iter().any(|earlier| earlier.is_same_entity(&matched)) {
                targets.push(matched);
            }
        }
        Some(Match { targets })
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.0.definition == other.0.definition
    }
}

impl Eq for Rule {}

impl MatchedTarget {
    fn is_same_entity(&self, other: &Self) -> bool {
        let same_name = match (&self.name, &other.name) {
            (Ok(one), Ok(other)) => NameKey::of(one) == NameKey::of(other),
            _ => false,
        };
        self.entity_type == other.entity_type && same_name
    }
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
    fn check(definition: RuleDefinition, name: &str, expected: Option<&[&str]>) {
        let rule = Rule::compile(definition).unwrap();
        let name = MatchName::of(name);
        let matched = rule.decide(&name);
        let names: Option<Vec<String>> =
            matched.map(|matched| matched.targets.into_iter().map(|target| target.name.unwrap()).collect());
        assert_eq!(
            names,
            expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect())
        );
        assert_eq!(rule.matches(&name), expected.is_some());
    }

    #[test]
    fn a_stored_rule_has_room_to_spare() {
        let large = definition(Pattern::regex(r"\w{40}"), Vec::new(), vec![team("x")]);
        assert!(Rule::compile(large.clone()).is_err());
        assert!(Rule::stored(large).is_ok());
        let broken = definition(Pattern::regex("("), Vec::new(), vec![team("x")]);
        assert!(Rule::stored(broken).is_err());
    }

    #[test]
    fn a_matching_name_fills_every_target() {
        let rule = definition(
            Pattern::prefix("eng-"),
            vec![],
            vec![team("${rest}"), team("Engineering")],
        );
        check(rule.clone(), "Eng-Search", Some(&["Search", "Engineering"]));
        check(rule, "ops", None);
    }

    #[test]
    fn an_exclude_of_any_kind_keeps_a_name_out() {
        let exclude = vec![Pattern::prefix("svc-"), Pattern::regex("bot$")];
        let rule = definition(Pattern::all(), exclude, vec![team("${display_name}")]);
        check(rule.clone(), "search", Some(&["search"]));
        check(rule.clone(), "SVC-search", None);
        check(rule, "search bot", None);
        check(
            definition(Pattern::all(), vec![Pattern::all()], vec![team("x")]),
            "search",
            None,
        );
    }

    #[test]
    fn a_verdict_names_the_first_exclude_that_matches() {
        let exclude = vec![Pattern::prefix("svc-"), Pattern::regex("bot$")];
        let rule = Rule::compile(definition(Pattern::regex("^s"), exclude, vec![team("x")])).unwrap();
        let verdict = |name| rule.verdict(&MatchName::of(name));
        assert_eq!(verdict("search"), Verdict::Matches);
        assert_eq!(verdict("ops"), Verdict::NoMatch);
        assert_eq!(verdict("search bot"), Verdict::Excluded { exclude: 1 });
        assert_eq!(verdict("svc-bot"), Verdict::Excluded { exclude: 0 });
    }

    #[test]
    fn targets_that_come_out_as_one_entity_are_one() {
        let concurrency_group = Target {
            entity_type: EntityType::ConcurrencyGroup,
            name: Some("${1}".to_owned()),
        };
        let targets = vec![team("${1}"), team("${2}"), concurrency_group];
        let rule = definition(Pattern::regex(r"^(\w+)-(\w+)$"), vec![], targets);
        check(rule.clone(), "web-ops", Some(&["web", "ops", "web"]));
        check(rule, "web-WEB", Some(&["web", "web"]));
    }

    #[test]
    fn a_match_carries_what_fills_the_name_again_after_a_rename() {
        let rule = Rule::compile(definition(Pattern::prefix("eng-"), vec![], vec![team("Team ${rest}")])).unwrap();
        let matched = rule.decide(&MatchName::of("eng-search")).unwrap();
        assert_eq!(
            matched.targets[0].template.fill(&MatchName::of("eng-find")),
            Ok("Team find".to_owned())
        );
    }

    #[test]
    fn a_name_that_cannot_be_filled_is_reported_and_the_others_stand() {
        let rule = Rule::compile(definition(
            Pattern::prefix("eng-"),
            vec![],
            vec![team("${rest}"), team("x")],
        ))
        .unwrap();
        let matched = rule.decide(&MatchName::of("eng-")).unwrap();
        let names: Vec<_> = matched.targets.into_iter().map(|target| target.name).collect();
        assert_eq!(names, [Err(TemplateError::Empty), Ok("x".to_owned())]);
    }

    #[test]
    fn several_rules_are_compiled_in_their_order_or_refused_with_every_problem() {
        let named = |name: &str| definition(Pattern::all(), vec![], vec![team(name)]);
        let compiled = Rule::compile_all(vec![named("x"), named("y")]).unwrap();
        assert_eq!(
            compiled.iter().map(Rule::definition).collect::<Vec<_>>(),
            [&named("x"), &named("y")]
        );
        let broken = definition(Pattern::prefix(""), vec![], vec![]);
        let problems = Rule::compile_all(vec![broken.clone(), named("x"), broken]).unwrap_err();
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "rules[0].match.pattern",
                "rules[0].targets",
                "rules[2].match.pattern",
                "rules[2].targets"
            ]
        );
    }

    #[test]
    fn rules_with_equal_definitions_are_equal() {
        let rule = |name| Rule::compile(definition(Pattern::all(), vec![], vec![team(name)])).unwrap();
        assert_eq!(rule("x"), rule("x"));
        assert_ne!(rule("x"), rule("y"));
        assert_eq!(rule("x").clone(), rule("x"));
    }
}
