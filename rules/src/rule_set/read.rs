//! A rule set file -> the rule set, or all that is wrong with it.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::fields::{At, Fields, Findings, listed};
use super::nearest::nearest;
use super::places::Places;
use super::{FileProblems, RuleSet};
use crate::entity_type::EntityType;
use crate::error::{NameError, Problem, ProblemKind};
use crate::example::{Example, ExampleTarget, check_examples, failed_examples};
use crate::limits::{EXAMPLE_TRIES_MAX, RULE_SET_BYTES_MAX, RULES_MAX};
use crate::pattern::{Pattern, PatternKind};
use crate::role::RoleName;
use crate::room::Room;
use crate::rule::{Rule, RuleDefinition};
use crate::target::Target;

const SET_FIELDS: [&str; 2] = ["rules", "examples"];
const RULE_FIELDS: [&str; 8] = [
    "name",
    "match",
    "exclude",
    "targets",
    "role",
    "auto_approve",
    "priority",
    "enabled",
];
const PATTERN_FIELDS: [&str; 2] = ["kind", "pattern"];
const TARGET_FIELDS: [&str; 2] = ["type", "name"];
const EXAMPLE_FIELDS: [&str; 4] = ["group", "rule", "targets", "role"];
const KINDS: [PatternKind; 3] = [PatternKind::Prefix, PatternKind::Regex, PatternKind::All];

pub(super) fn read(text: &str, places: Places<'_>) -> Result<RuleSet, FileProblems> {
    let mut findings = Findings::new(places);
    if text.len() > RULE_SET_BYTES_MAX {
        let limit = RULE_SET_BYTES_MAX / 1024 / 1024;
        findings.at_byte(0, "", format!("the file is larger than {limit} MiB"));
        return Err(findings.into_problems());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let byte = error.span().map_or(0, |span| span.start);
        findings.at_byte(byte, "", format!("this is not TOML: {}", error.message()));
    }
    // What the parser makes of a broken file is not what was meant.
    if !errors.is_empty() {
        return Err(findings.into_problems());
    }
    let fields = Fields::new(String::new(), 0..0, table.get_ref(), (&mut findings, &SET_FIELDS));
    let rules = rules(&fields, &mut findings);
    let examples = examples(&fields, &mut findings);
    if let (Some(rules), Some(examples)) = (&rules, &examples) {
        note_failed(rules, examples, &mut findings);
    }
    match (rules, examples) {
        (Some(rules), Some(examples)) if findings.is_empty() => Ok(RuleSet {
            rules: rules.iter().map(|rule| rule.definition().clone()).collect(),
            examples,
        }),
        _ => Err(findings.into_problems()),
    }
}

/// Reads the file once more, for the places of its fields alone.
pub(super) fn locate(
    text: &str,
    places: Places<'_>,
    problems: impl IntoIterator<Item = (String, Option<usize>, String)>,
) -> FileProblems {
    let mut findings = Findings::new(places);
    let (table, _) = DeTable::parse_recoverable(text);
    let fields = Fields::new(String::new(), 0..0, table.get_ref(), (&mut findings, &SET_FIELDS));
    if let Some(rules) = fields.get(&mut findings, "rules") {
        for rule in rules.items(&mut findings).unwrap_or_default() {
            if let Some(fields) = rule.table(&mut findings, &RULE_FIELDS) {
                definition(&fields, &mut findings);
            }
        }
    }
    examples(&fields, &mut findings);
    for (place, offset, text) in problems {
        findings.at_place(&place, offset, text);
    }
    findings.into_problems()
}

/// The rules; `None` unless all of them compile.
fn rules(fields: &Fields<'_>, findings: &mut Findings<'_>) -> Option<Vec<Rule>> {
    let hint = "add `[[rules]]`, or write `rules = []` for a set without any";
    let items = fields.needed(findings, "rules", hint)?.items(findings)?;
    if items.len() > RULES_MAX {
        findings.at_place("rules", None, format!("an organization has at most {RULES_MAX} rules"));
        return None;
    }
    let mut room = Room::default();
    let mut rules = Vec::new();
    let mut names = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let read = rule(item, &mut room, findings);
        if let Some(rule) = &read
            && let Some(first) = first_of(&mut names, rule.definition().name.clone(), index)
        {
            let text = ProblemKind::RuleNameTwice { first }.to_string();
            findings.at_place(&format!("{}.name", item.path), None, text);
        }
        rules.push(read);
        if room.is_used_up() {
            break;
        }
    }
    rules.into_iter().collect()
}

fn rule(item: &At<'_>, room: &mut Room, findings: &mut Findings<'_>) -> Option<Rule> {
    let read = definition(&item.table(findings, &RULE_FIELDS)?, findings);
    let rule = room.compile(read.definition);
    if let Err(problems) = &rule {
        let is_read = |problem: &&Problem| !read.unread.iter().any(|field| problem.place.starts_with(field));
        note(problems.iter().filter(is_read), Some(&item.path), findings);
    }
    rule.ok().filter(|_| read.unread.is_empty())
}

/// The index that the name was met at before; else it is noted.
fn first_of(names: &mut BTreeMap<String, usize>, name: String, index: usize) -> Option<usize> {
    let first = *names.entry(name).or_insert(index);
    (first < index).then_some(first)
}

/// A definition whose unread fields hold something in their place, so that the other fields are checked all the same.
struct Read {
    definition: RuleDefinition,
    unread: Vec<&'static str>,
}

fn definition(fields: &Fields<'_>, findings: &mut Findings<'_>) -> Read {
    let mut unread = Vec::new();
    let name = fields
        .needed(findings, "name", "say what administrators call the rule")
        .and_then(|at| at.text(findings));
    let matching = fields
        .needed(
            findings,
            "match",
            "write for example `match = { kind = \"prefix\", pattern = \"eng-\" }`",
        )
        .and_then(|at| pattern(&at, findings));
    let exclude = list(fields, findings, "exclude", pattern);
    let targets = list(fields, findings, "targets", target);
    let role = optional(fields, findings, "role", role);
    let auto_approve = optional(fields, findings, "auto_approve", At::yes_or_no);
    let priority = optional(fields, findings, "priority", At::number);
    let enabled = optional(fields, findings, "enabled", At::yes_or_no);
    let definition = RuleDefinition {
        name: or_note(name, "name", &mut unread).to_owned(),
        // What does not compile gives no names that templates could be checked for.
        matching: matching.unwrap_or_else(|| {
            unread.push("match");
            Pattern::regex("")
        }),
        exclude: or_note(exclude, "exclude", &mut unread),
        targets: or_note(targets, "targets", &mut unread),
        role: or_note(role, "role", &mut unread),
        auto_approve: or_note(auto_approve, "auto_approve", &mut unread).unwrap_or(false),
        priority: or_note(priority, "priority", &mut unread).unwrap_or(0),
        enabled: or_note(enabled, "enabled", &mut unread).unwrap_or(true),
    };
    Read { definition, unread }
}

fn or_note<T: Default>(value: Option<T>, field: &'static str, unread: &mut Vec<&'static str>) -> T {
    value.unwrap_or_else(|| {
        unread.push(field);
        T::default()
    })
}

fn pattern(at: &At<'_>, findings: &mut Findings<'_>) -> Option<Pattern> {
    let fields = at.table(findings, &PATTERN_FIELDS)?;
    let kinds = KINDS.map(PatternKind::as_str);
    let kind = fields
        .needed(findings, "kind", &format!("write one of {}", listed(&kinds)))
        .and_then(|at| word(&at, findings, &kinds))
        .and_then(|word| KINDS.into_iter().find(|kind| kind.as_str() == word));
    // Where a key was mistyped it may be this one.
    let text = optional(&fields, findings, "pattern", At::text).filter(|_| fields.all_known);
    Some(Pattern {
        kind: kind?,
        pattern: text?.unwrap_or_default().to_owned(),
    })
}

fn target(at: &At<'_>, findings: &mut Findings<'_>) -> Option<Target> {
    let fields = at.table(findings, &TARGET_FIELDS)?;
    let entity_type = entity_type(&fields, findings);
    let name = optional(&fields, findings, "name", At::text);
    Some(Target {
        entity_type: entity_type?,
        name: name?.map(str::to_owned),
    })
}

fn entity_type(fields: &Fields<'_>, findings: &mut Findings<'_>) -> Option<EntityType> {
    let types = EntityType::ALL.map(EntityType::as_str);
    let at = fields.needed(findings, "type", &format!("write one of {}", listed(&types)))?;
    word(&at, findings, &types)?.parse().ok()
}

fn role(at: &At<'_>, findings: &mut Findings<'_>) -> Option<RoleName> {
    let text = at.text(findings)?;
    text.parse()
        .map_err(|error: NameError| findings.at_place(&at.path, None, error.to_string()))
        .ok()
}

/// The examples; `None` unless all of them can be examples.
fn examples(fields: &Fields<'_>, findings: &mut Findings<'_>) -> Option<Vec<Example>> {
    let examples = list(fields, findings, "examples", example)?;
    check_examples(&examples)
        .map_err(|problems| note(problems.iter(), None, findings))
        .ok()?;
    Some(examples)
}

fn example(at: &At<'_>, findings: &mut Findings<'_>) -> Option<Example> {
    let fields = at.table(findings, &EXAMPLE_FIELDS)?;
    let group = fields
        .needed(findings, "group", "write the name of a group")
        .and_then(|at| at.text(findings));
    let rule = optional(&fields, findings, "rule", At::text);
    let targets = match fields.get(findings, "targets") {
        None => Some(None),
        Some(_) => list(&fields, findings, "targets", example_target).map(Some),
    };
    let role = optional(&fields, findings, "role", role);
    Some(Example {
        group: group?.to_owned(),
        rule: rule?.map(str::to_owned),
        targets: targets?,
        role: role?,
    })
}

fn example_target(at: &At<'_>, findings: &mut Findings<'_>) -> Option<ExampleTarget> {
    let fields = at.table(findings, &TARGET_FIELDS)?;
    let entity_type = entity_type(&fields, findings);
    let name = fields
        .needed(findings, "name", "write the name that the entity gets")
        .and_then(|at| at.text(findings));
    Some(ExampleTarget {
        entity_type: entity_type?,
        name: name?.to_owned(),
    })
}

/// A field that may be left out; `None` when it is there and wrong.
fn optional<'a, T>(
    fields: &Fields<'a>,
    findings: &mut Findings<'_>,
    key: &str,
    read: impl Fn(&At<'a>, &mut Findings<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match fields.get(findings, key) {
        None => Some(None),
        Some(at) => read(&at, findings).map(Some),
    }
}

/// A list that may be left out; `None` when it or any item of it is wrong.
fn list<'a, T>(
    fields: &Fields<'a>,
    findings: &mut Findings<'_>,
    key: &str,
    read: impl Fn(&At<'a>, &mut Findings<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(at) = fields.get(findings, key) else {
        return Some(Vec::new());
    };
    let items: Vec<Option<T>> = at.items(findings)?.iter().map(|item| read(item, findings)).collect();
    items.into_iter().collect()
}

/// A text that is one of these words.
fn word<'a>(at: &At<'a>, findings: &mut Findings<'_>, known: &[&str]) -> Option<&'a str> {
    let text = at.text(findings)?;
    if known.contains(&text) {
        return Some(text);
    }
    let hint = match nearest(text, known) {
        Some(nearest) => format!("write `{nearest}`, if that is meant"),
        None => format!("write one of {}", listed(known)),
    };
    findings.at_place(&at.path, None, format!("`{text}` is not known here; {hint}"));
    None
}

/// Notes the problems of a rule or of examples, whose places are paths below `within`.
fn note<'a>(problems: impl Iterator<Item = &'a Problem>, within: Option<&str>, findings: &mut Findings<'_>) {
    for problem in problems {
        let place = match within {
            Some(within) => format!("{within}.{}", problem.place),
            None => problem.place.clone(),
        };
        findings.at_place(&place, problem.offset, problem.kind.to_string());
    }
}

fn note_failed(rules: &[Rule], examples: &[Example], findings: &mut Findings<'_>) {
    if examples.len().saturating_mul(rules.len()) > EXAMPLE_TRIES_MAX {
        let (examples, rules) = (examples.len(), rules.len());
        let text = format!(
            "{examples} examples are too many for {rules} rules: each is tried with all of them, {EXAMPLE_TRIES_MAX} times at most; \
             remove examples"
        );
        return findings.at_place("examples", None, text);
    }
    for failed in failed_examples(examples, rules.iter().enumerate()) {
        findings.at_place(&format!("examples[{}]", failed.index), None, failed.to_string());
    }
}
