//! A rule set -> its file, as a person would write it: one field a line, regular expressions without escapes.

use super::RuleSet;
use crate::entity_type::EntityType;
use crate::example::{Example, ExampleTarget};
use crate::pattern::{Pattern, PatternKind};
use crate::rule::RuleDefinition;
use crate::target::Target;

pub(super) fn write(set: &RuleSet) -> String {
    let mut blocks: Vec<String> = set.rules.iter().map(rule).collect();
    blocks.extend(set.examples.iter().map(example));
    if set.rules.is_empty() {
        blocks.insert(0, "rules = []\n".to_owned());
    }
    blocks.join("\n")
}

fn rule(rule: &RuleDefinition) -> String {
    let mut lines = vec![
        "[[rules]]".to_owned(),
        format!("name = {}", text(&rule.name)),
        format!("match = {}", pattern(&rule.matching)),
    ];
    lines.extend(list("exclude", rule.exclude.iter().map(pattern).collect()));
    lines.extend(list("targets", rule.targets.iter().map(target).collect()));
    lines.extend(rule.role.iter().map(|role| format!("role = {}", text(role.as_str()))));
    lines.push(format!("auto_approve = {}", rule.auto_approve));
    lines.push(format!("priority = {}", rule.priority));
    if !rule.enabled {
        lines.push("enabled = false".to_owned());
    }
    ended(&lines)
}

fn example(example: &Example) -> String {
    let mut lines = vec!["[[examples]]".to_owned(), format!("group = {}", text(&example.group))];
    lines.extend(example.rule.iter().map(|rule| format!("rule = {}", text(rule))));
    if let Some(targets) = &example.targets {
        let items: Vec<String> = targets.iter().map(example_target).collect();
        // A list that is there and empty asks for something.
        lines.extend(list("targets", items).or_else(|| Some("targets = []".to_owned())));
    }
    lines.extend(
        example
            .role
            .iter()
            .map(|role| format!("role = {}", text(role.as_str()))),
    );
    ended(&lines)
}

fn ended(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A list on one line when it has one item, with one item a line when it has more; none at all when it is empty.
fn list(key: &str, items: Vec<String>) -> Option<String> {
    match items.as_slice() {
        [] => None,
        [item] => Some(format!("{key} = [{item}]")),
        items => {
            let lines: String = items.iter().map(|item| format!("    {item},\n")).collect();
            Some(format!("{key} = [\n{lines}]"))
        }
    }
}

fn pattern(pattern: &Pattern) -> String {
    let written = match pattern.kind {
        PatternKind::All if pattern.pattern.is_empty() => return "{ kind = \"all\" }".to_owned(),
        PatternKind::Regex => literal(&pattern.pattern).unwrap_or_else(|| text(&pattern.pattern)),
        PatternKind::Prefix | PatternKind::All => text(&pattern.pattern),
    };
    format!("{{ kind = \"{}\", pattern = {written} }}", pattern.kind)
}

fn target(target: &Target) -> String {
    match &target.name {
        Some(name) => named(target.entity_type, name),
        None => format!("{{ type = \"{}\" }}", target.entity_type),
    }
}

fn example_target(target: &ExampleTarget) -> String {
    named(target.entity_type, &target.name)
}

fn named(entity_type: EntityType, name: &str) -> String {
    format!("{{ type = \"{entity_type}\", name = {} }}", text(name))
}

/// A text in quotation marks: as it is wherever that is possible, with escapes otherwise.
fn text(value: &str) -> String {
    let plain = !value.contains(['"', '\\']) && !value.contains(char::is_control);
    if plain {
        return format!("\"{value}\"");
    }
    literal(value).unwrap_or_else(|| escaped(value))
}

/// A text as it is, in single quotation marks, where it may stand so.
fn literal(value: &str) -> Option<String> {
    let possible = !value.contains('\'') && !value.contains(char::is_control);
    possible.then(|| format!("'{value}'"))
}

fn escaped(value: &str) -> String {
    let escape = |character: char| match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        control if control.is_control() => format!("\\u{:04X}", u32::from(control)),
        other => other.to_string(),
    };
    let inner: String = value.chars().map(escape).collect();
    format!("\"{inner}\"")
}
