//! Examples: group names, each with what the rules are expected to make of it. They stand beside the rules of an organization,
//! and every change of the rules is checked against them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entity_type::EntityType;
use crate::error::{Fault, NameError, Problem, ProblemKind, Problems};
use crate::limits::{EXAMPLE_GROUP_CHARACTERS_MAX, EXAMPLES_MAX, TARGETS_MAX};
use crate::name::MatchName;
use crate::role::RoleName;
use crate::rule::{MatchedTarget, Rule};
use crate::ruleset::first_match;

/// A group name, and what is expected of the rules for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The display name of a group.
    pub group: String,
    /// The name of the rule that decides it; `None`: no rule does.
    pub rule: Option<String>,
    /// All that the rule puts its members into, in any order; `None`: whatever that is.
    pub targets: Option<Vec<ExampleTarget>>,
    /// The role that the rule grants; `None`: whether it grants one or not.
    pub role: Option<RoleName>,
}

/// One target with its name, as a group gets it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExampleTarget {
    /// The type of entity.
    pub entity_type: EntityType,
    /// Its name.
    pub name: String,
}

/// An example that the rules do not fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedExample {
    /// Its place among the examples, from 0.
    pub index: usize,
    /// The group name.
    pub group: String,
    /// What was expected, as text.
    pub expected: String,
    /// What the rules would do, as text.
    pub found: String,
}

impl fmt::Display for FailedExample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            group, expected, found, ..
        } = self;
        write!(
            f,
            "for the group `{group}`, expected is: {expected}; but it would be: {found}"
        )
    }
}

/// What is wrong with the examples themselves, whatever the rules are; each place is like `examples[2].group`.
///
/// # Errors
/// With all problems at once.
pub fn check_examples(examples: &[Example]) -> Result<(), Problems> {
    if examples.len() > EXAMPLES_MAX {
        return Err(Problems(vec![
            Fault::from(ProblemKind::TooManyExamples).at_place("examples"),
        ]));
    }
    let problems: Vec<Problem> = (0..)
        .zip(examples)
        .flat_map(|(index, example)| check(index, example))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}

fn check(index: usize, example: &Example) -> Vec<Problem> {
    let given = example.targets.as_deref().unwrap_or_default();
    let faults = [
        group_fault(&example.group).map(|error| ("group", ProblemKind::Name(error))),
        (example.rule.is_none() && (example.targets.is_some() || example.role.is_some()))
            .then_some(("rule", ProblemKind::ExampleWithoutRule)),
        (given.len() > TARGETS_MAX).then_some(("targets", ProblemKind::TooManyTargets)),
    ];
    let placed = |(field, kind)| Fault::from(kind).at_place(format!("examples[{index}].{field}"));
    faults.into_iter().flatten().map(placed).collect()
}

fn group_fault(group: &str) -> Option<NameError> {
    if group.trim().is_empty() {
        Some(NameError::Empty)
    } else if group.chars().count() > EXAMPLE_GROUP_CHARACTERS_MAX {
        Some(NameError::TooLong {
            characters_max: EXAMPLE_GROUP_CHARACTERS_MAX,
        })
    } else {
        group
            .chars()
            .find(|character| character.is_control())
            .map(|found| NameError::Character { found })
    }
}

/// The examples that these rules do not fulfil. `Created` orders the rules as in [`first_match`].
pub fn failed_examples<'rules, Created: Ord>(
    examples: &[Example],
    rules: impl IntoIterator<Item = (Created, &'rules Rule)> + Clone,
) -> Vec<FailedExample> {
    let failed = (0..).zip(examples).filter_map(|(index, example)| {
        let decision = first_match(rules.clone(), &MatchName::of(&example.group));
        let found = decision.as_ref().map(|decision| Found {
            rule: &decision.rule.definition().name,
            targets: &decision.matched.targets,
            role: decision.rule.definition().role.as_ref(),
        });
        (!example.is_fulfilled_by(found.as_ref())).then(|| FailedExample {
            index,
            group: example.group.clone(),
            expected: example.expected(),
            found: found.map_or_else(|| "no rule decides it".to_owned(), |found| found.described(example)),
        })
    });
    failed.collect()
}

/// What the rules make of the group of an example.
struct Found<'a> {
    rule: &'a str,
    targets: &'a [MatchedTarget],
    role: Option<&'a RoleName>,
}

impl Example {
    fn is_fulfilled_by(&self, found: Option<&Found<'_>>) -> bool {
        let Some(found) = found else {
            return self.rule.is_none();
        };
        self.rule.as_deref() == Some(found.rule)
            && self.targets.as_ref().is_none_or(|targets| same(targets, found.targets))
            && self.role.as_ref().is_none_or(|role| Some(role) == found.role)
    }

    fn expected(&self) -> String {
        let Some(rule) = &self.rule else {
            return "no rule decides it".to_owned();
        };
        let targets = self.targets.iter().flatten();
        let targets = targets.map(|target| format!("{} \"{}\"", target.entity_type, target.name));
        let given: Vec<String> = targets
            .chain(self.role.iter().map(|role| format!("role {role}")))
            .collect();
        told(rule, &given)
    }
}

impl Found<'_> {
    /// What is found, as far as the example asks for it.
    fn described(&self, example: &Example) -> String {
        let mut given = Vec::new();
        if example.targets.is_some() {
            given.extend(self.targets.iter().map(|target| match &target.name {
                Ok(name) => format!("{} \"{name}\"", target.entity_type),
                Err(error) => format!("{} ({error})", target.entity_type),
            }));
        }
        if example.role.is_some() {
            given.push(
                self.role
                    .map_or_else(|| "no role".to_owned(), |role| format!("role {role}")),
            );
        }
        told(self.rule, &given)
    }
}

fn told(rule: &str, given: &[String]) -> String {
    if given.is_empty() {
        format!("rule `{rule}`")
    } else {
        format!("rule `{rule}`: {}", given.join(", "))
    }
}

fn same(expected: &[ExampleTarget], found: &[MatchedTarget]) -> bool {
    let mut expected: Vec<(EntityType, Result<&str, _>)> = expected
        .iter()
        .map(|target| (target.entity_type, Ok(target.name.as_str())))
        .collect();
    let found = found
        .iter()
        .map(|target| (target.entity_type, target.name.as_deref().map_err(|error| *error)));
    let mut found: Vec<_> = found.collect();
    expected.sort();
    found.sort();
    expected == found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;
    use crate::rule::RuleDefinition;
    use crate::target::Target;

    fn rules() -> Vec<Rule> {
        let target = |entity_type, name: &str| Target {
            entity_type,
            name: Some(name.to_owned()),
        };
        let engineering = RuleDefinition {
            name: "Engineering".to_owned(),
            matching: Pattern::prefix("eng-"),
            exclude: Vec::new(),
            targets: vec![
                target(EntityType::Team, "${rest}"),
                target(EntityType::ConcurrencyGroup, "eng"),
            ],
            role: Some("admin".parse().unwrap()),
            auto_approve: true,
            priority: 0,
            enabled: true,
        };
        vec![Rule::compile(engineering).unwrap()]
    }

    fn example(group: &str, rule: Option<&str>, targets: Option<&[(EntityType, &str)]>, role: Option<&str>) -> Example {
        let target = |(entity_type, name): &(EntityType, &str)| ExampleTarget {
            entity_type: *entity_type,
            name: (*name).to_owned(),
        };
        Example {
            group: group.to_owned(),
            rule: rule.map(str::to_owned),
            targets: targets.map(|targets| targets.iter().map(target).collect()),
            role: role.map(|role| role.parse().unwrap()),
        }
    }

    #[track_caller]
    fn check(example: Example, failure: Option<&str>) {
        let failed = failed_examples(&[example], rules().iter().enumerate());
        let texts: Vec<String> = failed.iter().map(ToString::to_string).collect();
        assert_eq!(texts, Vec::from_iter(failure.map(str::to_owned)));
    }

    #[test]
    fn an_example_asks_for_as_much_as_it_says() {
        let all = [(EntityType::ConcurrencyGroup, "eng"), (EntityType::Team, "web")];
        check(example("eng-web", Some("Engineering"), None, None), None);
        check(example("eng-web", Some("Engineering"), Some(&all), Some("admin")), None);
        check(example("sales", None, None, None), None);
    }

    #[test]
    fn a_failed_example_says_what_was_expected_and_what_would_be() {
        check(
            example("eng-web", None, None, None),
            Some("for the group `eng-web`, expected is: no rule decides it; but it would be: rule `Engineering`"),
        );
        check(
            example("sales", Some("Engineering"), None, None),
            Some("for the group `sales`, expected is: rule `Engineering`; but it would be: no rule decides it"),
        );
        check(
            example(
                "eng-web",
                Some("Engineering"),
                Some(&[(EntityType::Team, "web")]),
                Some("user"),
            ),
            Some(
                "for the group `eng-web`, expected is: rule `Engineering`: team \"web\", role user; but it would be: \
                 rule `Engineering`: team \"web\", concurrency_group \"eng\", role admin",
            ),
        );
        check(
            example("eng-", Some("Engineering"), Some(&[(EntityType::Team, "x")]), None),
            Some(
                "for the group `eng-`, expected is: rule `Engineering`: team \"x\"; but it would be: rule `Engineering`: \
                 team (the filled template is empty), concurrency_group \"eng\"",
            ),
        );
    }

    #[test]
    fn what_cannot_be_an_example_is_refused_with_all_its_problems() {
        let examples = [
            example(" ", None, Some(&[]), None),
            example(&"x".repeat(257), Some("a"), None, None),
            example("a\tb", Some("a"), Some(&[(EntityType::Team, "x"); 33]), None),
        ];
        let problems = check_examples(&examples).unwrap_err();
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "`examples[0].group`: a name is needed",
                "`examples[0].rule`: what is given to a group is given by a rule; name the rule, or leave out the targets and the role",
                "`examples[1].group`: the name is longer than 256 characters",
                "`examples[2].group`: the name cannot contain '\\t'",
                "`examples[2].targets`: a rule has at most 32 targets",
            ]
        );
        let many = vec![example("x", None, None, None); EXAMPLES_MAX + 1];
        let problems = check_examples(&many).unwrap_err();
        assert_eq!(
            problems.to_string(),
            "`examples`: an organization has at most 1000 examples"
        );
    }

    #[test]
    fn an_example_may_be_as_large_as_the_limits_say() {
        let largest = example(&"x".repeat(256), Some("a"), Some(&[(EntityType::Team, "x"); 32]), None);
        assert_eq!(check_examples(&vec![largest; EXAMPLES_MAX]), Ok(()));
    }
}
