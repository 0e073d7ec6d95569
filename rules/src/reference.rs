//! Runs the examples of docs/rules.md: each fenced block marked `rules` lists rules, and then what they say to group names, what
//! is wrong with them, or all that the analysis finds.
//!
//! ```text
//! rule Engineering
//!   match prefix eng-
//!   team ${rest}
//!
//! eng-search -> Engineering: team "search"
//! ```

use crate::analysis::{Budget, Method, analyze};
use crate::limits;
use crate::{
    EntityType, MatchName, MatchedTarget, Pattern, PatternKind, Problems, Rule, RuleDefinition, RuleSet, Target,
    first_match,
};

const PAGE: &str = include_str!("../../docs/rules.md");

/// The fenced blocks of the page that are marked with this word.
fn blocks(word: &str) -> Vec<&'static str> {
    let after = PAGE.split(&format!("```{word}\n")).skip(1).collect::<Vec<_>>();
    after
        .into_iter()
        .map(|after| after.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_rule_set_files_of_the_reference_are_read() {
    let files = blocks("toml");
    assert!(!files.is_empty());
    for file in files {
        assert_eq!(RuleSet::read(file).map(|set| set.write()), Ok(file.to_owned()));
    }
}

#[test]
fn the_rule_set_files_that_the_reference_says_are_refused_are_refused() {
    let files = blocks("toml-refused");
    assert!(!files.is_empty());
    for block in files {
        let (file, refused) = block.split_once("\nrefused: ").unwrap();
        let expected: Vec<&str> = refused.trim_end().split("\nrefused: ").collect();
        let problems = RuleSet::read(file).unwrap_err().problems;
        let mut found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_examples_of_the_reference_are_true() {
    let blocks = blocks("rules");
    assert!(blocks.len() >= 10, "only {} examples were found", blocks.len());
    for block in blocks {
        run(block);
    }
}

#[test]
fn the_limits_of_the_reference_are_those_of_the_code() {
    let rows = [
        ("rules of an organization", limits::RULES_MAX, ""),
        ("text of a pattern", limits::PATTERN_BYTES_MAX, " bytes"),
        (
            "a regular expression, compiled",
            limits::REGEX_COMPILED_BYTES_MAX / 1024,
            " KiB",
        ),
        (
            "all regular expressions of an organization",
            limits::REGEXES_WEIGHT_MAX / 1024 / 1024,
            " MiB",
        ),
        (
            "nesting of a regular expression",
            limits::REGEX_NESTING_MAX as usize,
            " levels",
        ),
        ("exclude patterns of a rule", limits::EXCLUDES_MAX, ""),
        ("targets of a rule", limits::TARGETS_MAX, ""),
        ("text of a name template", limits::TEMPLATE_BYTES_MAX, " bytes"),
        ("a rule set file", limits::RULE_SET_BYTES_MAX / 1024 / 1024, " MiB"),
        ("examples of an organization", limits::EXAMPLES_MAX, ""),
        (
            "group name of an example",
            limits::EXAMPLE_GROUP_CHARACTERS_MAX,
            " characters",
        ),
        ("name of a rule", limits::RULE_NAME_CHARACTERS_MAX, " characters"),
        ("name of a role", limits::ROLE_NAME_CHARACTERS_MAX, " characters"),
        (
            "name that a template gives",
            limits::ENTITY_NAME_CHARACTERS_MAX,
            " characters",
        ),
        ("findings of one kind in an analysis", limits::FINDINGS_PER_KIND_MAX, ""),
    ];
    let page = PAGE.replace(',', "");
    for (what, limit, unit) in rows {
        let row = format!("| {} | {limit}{unit}", what.replace(',', ""));
        assert!(page.contains(&row), "the page has no row `{row}`");
    }
}

/// Runs one block. A rule is compiled where the first line after it asks for it.
fn run(block: &str) {
    let mut definitions: Vec<RuleDefinition> = Vec::new();
    let mut refusals: Vec<(RuleDefinition, Vec<&str>)> = Vec::new();
    let mut last_refused = false;
    let mut findings: Vec<&str> = Vec::new();
    for line in block.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("rule ") {
            definitions.push(empty_rule(name));
            last_refused = false;
        } else if let Some(field) = line.strip_prefix("  ") {
            set(definitions.last_mut().expect("a field belongs to a rule"), field);
        } else if let Some(problem) = line.strip_prefix("refused: ") {
            if !last_refused {
                refusals.push((definitions.pop().expect("a refusal follows a rule"), Vec::new()));
                last_refused = true;
            }
            refusals.last_mut().unwrap().1.push(problem);
        } else if let Some(finding) = line.strip_prefix("finding: ") {
            findings.push(finding);
        } else {
            let (name, expected) = line
                .split_once(" -> ")
                .expect("a line is a rule, a field, a refusal, a finding or a group");
            assert_eq!(
                answer(&definitions, name.trim()),
                expected.trim(),
                "for the group `{}` in:\n{block}",
                name.trim()
            );
        }
    }
    if !findings.is_empty() {
        assert_eq!(analyzed(&definitions), findings, "in:\n{block}");
    }
    for (definition, expected) in refusals {
        let problems = Rule::compile(definition).expect_err("this rule is refused");
        assert_eq!(texts(&problems), expected, "in:\n{block}");
    }
}

fn empty_rule(name: &str) -> RuleDefinition {
    RuleDefinition {
        name: name.to_owned(),
        matching: Pattern::all(),
        exclude: Vec::new(),
        targets: Vec::new(),
        role: None,
        auto_approve: false,
        priority: 0,
        enabled: true,
    }
}

fn set(rule: &mut RuleDefinition, field: &str) {
    let (field, value) = field.split_once(' ').unwrap_or((field, ""));
    match field {
        "match" => rule.matching = pattern(value),
        "exclude" => rule.exclude.push(pattern(value)),
        "role" => rule.role = Some(value.parse().unwrap()),
        "priority" => rule.priority = value.parse().unwrap(),
        "disabled" => rule.enabled = false,
        entity_type => rule.targets.push(Target {
            entity_type: entity_type.parse::<EntityType>().unwrap(),
            name: (!value.is_empty()).then(|| value.to_owned()),
        }),
    }
}

fn pattern(value: &str) -> Pattern {
    let (kind, text) = value.split_once(' ').unwrap_or((value, ""));
    let kinds = [PatternKind::Prefix, PatternKind::Regex, PatternKind::All];
    let kind = kinds
        .into_iter()
        .find(|known| known.as_str() == kind)
        .expect("a known kind of pattern");
    Pattern {
        kind,
        pattern: text.to_owned(),
    }
}

fn compiled(definitions: &[RuleDefinition]) -> Vec<Rule> {
    let rules = definitions
        .iter()
        .map(|definition| Rule::compile(definition.clone()).unwrap());
    rules.collect()
}

fn analyzed(definitions: &[RuleDefinition]) -> Vec<String> {
    let rules = compiled(definitions);
    let analysis = analyze(&rules.iter().collect::<Vec<_>>(), &Budget::default());
    assert_eq!(analysis.method, Method::Exact);
    analysis.findings.iter().map(ToString::to_string).collect()
}

fn answer(definitions: &[RuleDefinition], name: &str) -> String {
    let rules = compiled(definitions);
    let Some(decision) = first_match(rules.iter().enumerate(), &MatchName::of(name)) else {
        return "no rule".to_owned();
    };
    let definition = decision.rule.definition();
    let mut given: Vec<String> = decision.matched.targets.iter().map(target).collect();
    given.extend(definition.role.iter().map(|role| format!("role {role}")));
    format!("{}: {}", definition.name, given.join(", "))
}

fn target(target: &MatchedTarget) -> String {
    match &target.name {
        Ok(name) => format!("{} \"{name}\"", target.entity_type),
        Err(error) => format!("{} ({error})", target.entity_type),
    }
}

fn texts(problems: &Problems) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}
