//! `rolecall rules check`: rule set files are checked without a server, as before a review.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use rolecall_engine::rules::analysis::{Analysis, Budget, Finding, Method, analyze};
use rolecall_engine::rules::limits::RULE_SET_BYTES_MAX;
use rolecall_engine::rules::{FileProblem, MatchName, MatchedTarget, Rule, RuleSet, first_match};
use serde_json::{Value, json};

use super::failed;
use super::input::{self, Unread};
use crate::config::{ReportFormat, RulesCheckOptions};
use crate::exit_code::FOUND;

/// What was found in one file.
struct Checked {
    file: String,
    rules: usize,
    examples: usize,
    problems: Vec<FileProblem>,
    left_out: usize,
    /// Advice about the rules as a whole, of a file without problems.
    analysis: Option<Analysis>,
    /// What the rules make of each name.
    names: Vec<(String, String)>,
}

impl Checked {
    fn findings(&self) -> &[Finding] {
        self.analysis
            .as_ref()
            .map_or(&[], |analysis| analysis.findings.as_slice())
    }
}

/// Checks the files, and says what was found.
pub(super) fn check(options: &RulesCheckOptions) -> ExitCode {
    match checked(options) {
        Ok(all) => {
            match options.format {
                ReportFormat::Text => all.iter().for_each(print),
                ReportFormat::Json => {
                    let files: Vec<Value> = all.iter().map(as_json).collect();
                    say(&json!({ "files": files }).to_string());
                }
            }
            let advised = |checked: &Checked| options.strict && !checked.findings().is_empty();
            let sound = all
                .iter()
                .all(|checked| checked.problems.is_empty() && !advised(checked));
            if sound {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(FOUND)
            }
        }
        Err(error) => failed(&error),
    }
}

fn checked(options: &RulesCheckOptions) -> Result<Vec<Checked>, Unread> {
    let names = options.names.as_deref().map(read).transpose()?.unwrap_or_default();
    let names: Vec<&str> = names.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    let files = options.files.iter();
    files.map(|file| Ok(check_file(file, &read(file)?, &names))).collect()
}

/// Of a file that is too large for a rule set, that is told like any other problem.
fn read(file: &Path) -> Result<String, Unread> {
    input::text(file, 16 * RULE_SET_BYTES_MAX)
}

fn check_file(file: &Path, text: &str, names: &[&str]) -> Checked {
    let file = input::name(file).display().to_string();
    match RuleSet::read(text) {
        Ok(set) => {
            let (rules, examples) = (set.rules.len(), set.examples.len());
            // INVARIANT: a set that was read compiles.
            let compiled = Rule::compile_all(set.rules).unwrap_or_default();
            let made = |name: &&str| ((*name).to_owned(), made_of(name, &compiled));
            Checked {
                file,
                rules,
                examples,
                problems: Vec::new(),
                left_out: 0,
                analysis: Some(analyze(&compiled.iter().collect::<Vec<_>>(), &Budget::default())),
                names: names.iter().map(made).collect(),
            }
        }
        Err(found) => Checked {
            file,
            rules: 0,
            examples: 0,
            problems: found.problems,
            left_out: found.left_out,
            analysis: None,
            names: Vec::new(),
        },
    }
}

fn made_of(name: &str, rules: &[Rule]) -> String {
    let Some(decision) = first_match(rules.iter().enumerate(), &MatchName::of(name)) else {
        return "no rule".to_owned();
    };
    let target = |target: &MatchedTarget| match &target.name {
        Ok(name) => format!("{} \"{name}\"", target.entity_type),
        Err(error) => format!("{} ({error})", target.entity_type),
    };
    let definition = decision.rule.definition();
    let mut given: Vec<String> = decision.matched.targets.iter().map(target).collect();
    given.extend(definition.role.iter().map(|role| format!("role {role}")));
    format!("{}: {}", definition.name, given.join(", "))
}

fn print(checked: &Checked) {
    let file = &checked.file;
    for problem in &checked.problems {
        say(&format!("{file}:{problem}"));
    }
    if checked.left_out > 0 {
        say(&format!("{file}: and {} more", checked.left_out));
    }
    if checked.problems.is_empty() {
        let (rules, examples) = (checked.rules, checked.examples);
        say(&format!(
            "{file}: sound; rules: {rules}, examples: {examples}, all fulfilled"
        ));
    }
    for finding in checked.findings() {
        say(&format!("{file}: advice ({}): {finding}", finding.kind()));
    }
    for note in checked.analysis.iter().flat_map(Analysis::notes) {
        say(&format!("{file}: analysis: {note}"));
    }
    for (name, made) in &checked.names {
        say(&format!("  {name} -> {made}"));
    }
}

fn as_json(checked: &Checked) -> Value {
    let problem = |problem: &FileProblem| {
        json!({
            "line": problem.line, "column": problem.column, "place": problem.place, "text": problem.text,
        })
    };
    let finding = |finding: &Finding| json!({ "kind": finding.kind(), "text": finding.to_string() });
    let name = |(name, made): &(String, String)| json!({ "name": name, "result": made });
    json!({
        "file": checked.file,
        "rules": checked.rules,
        "examples": checked.examples,
        "problems": checked.problems.iter().map(problem).collect::<Vec<_>>(),
        "problems_left_out": checked.left_out,
        "findings": checked.findings().iter().map(finding).collect::<Vec<_>>(),
        "analysis": checked.analysis.as_ref().map(analysis_as_json),
        "names": checked.names.iter().map(name).collect::<Vec<_>>(),
    })
}

/// How far the findings go.
fn analysis_as_json(analysis: &Analysis) -> Value {
    let pairs = match analysis.method {
        Method::Exact => Value::Null,
        Method::Pairwise { checked, of } => json!({ "checked": checked, "of": of }),
    };
    json!({
        "method": analysis.method.kind(),
        "pairs": pairs,
        "left_out": analysis.left_out,
        "more": analysis.more,
        "unsure": analysis.unsure.iter().map(|rule| &rule.name).collect::<Vec<_>>(),
        "notes": analysis.notes(),
    })
}

fn say(line: &str) {
    // When standard output is gone, the exit code still tells the outcome.
    drop(writeln!(io::stdout().lock(), "{line}"));
}
