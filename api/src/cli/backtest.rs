//! `rolecall backtest`: asks a running server what a change would have meant had it been made some time ago.

use std::process::ExitCode;

use serde_json::Value;

use super::client::Client;
use super::plan::{self, PlanError, say};
use super::{block_on, draft, failed};
use crate::config::BacktestOptions;
use crate::exit_code::FOUND;

/// Asks, and shows what would have been otherwise.
pub(super) fn run(options: &BacktestOptions) -> ExitCode {
    match block_on(backtest(options)) {
        Ok(code) => code,
        Err(error) => failed(error.as_ref()),
    }
}

async fn backtest(options: &BacktestOptions) -> Result<ExitCode, PlanError> {
    let draft = draft::read(Some(&options.file))?;
    let days = options.days.map(|days| format!("?days={days}"));
    let from = options.from_position.map(|first| format!("?from_position={first}"));
    let query = days.or(from).unwrap_or_default();
    let path = format!("{}/backtests{query}", options.client.path());
    let report = Client::of(&options.client)?.post(&path, &draft).await;
    let report = report.map_err(|error| plan::refused(Some(&options.file), error))?;
    for line in lines(&report, options.differences.into()) {
        say(&line);
    }
    let is_same = is_complete(&report) && number(&report, "began") == 0;
    Ok(if is_same {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    })
}

/// A report, line by line.
fn lines(report: &Value, shown: usize) -> Vec<String> {
    let mut lines = vec![format!("entries: {}", number(report, "entries"))];
    if !is_complete(report) {
        lines.push(match report.pointer("/reached/position") {
            Some(reached) => format!("not complete: it came to entry {reached}"),
            None => "not complete: it did not come to its first entry in time".to_owned(),
        });
    }
    for (name, words) in [
        ("replaced", "on the record, and replaced by the draft"),
        ("not_carried_over", "on the record, and without meaning with the draft"),
    ] {
        let kinds = items(report, name).iter();
        lines.extend(kinds.map(|kind| format!("{words}: {} {}", number(kind, "count"), text(kind, "kind"))));
    }
    let began = number(report, "began");
    if began == 0 {
        lines.push("nothing would have been otherwise".to_owned());
        return lines;
    }
    lines.push(format!("users who differ at any time: {}", number(report, "users")));
    for day in items(report, "days") {
        let (began, ended) = (number(day, "began"), number(day, "ended"));
        lines.push(format!(
            "{}: {began} differences began, {ended} ended",
            text(day, "day")
        ));
    }
    lines.extend(items(report, "differences").iter().take(shown).map(difference));
    if began > shown as u64 {
        lines.push("  ... and more; --differences shows more of them".to_owned());
    }
    lines
}

/// One difference: `-` for where the user would not have been, `+` for where it would have been instead.
fn difference(difference: &Value) -> String {
    let places = |name: &str, sign: char| {
        let places = items(difference, name).iter();
        let place = |place: &Value| format!(" {sign} {}", plan::entity(place));
        places.map(place).collect::<String>()
    };
    let mut line = format!(
        "user {}:",
        difference
            .get("user")
            .map(|user| plan::name(user, "user_name"))
            .unwrap_or_default()
    );
    line.push_str(&places("recorded", '-'));
    line.push_str(&places("draft", '+'));
    if number(difference, "entities_left_out") > 0 {
        line.push_str(" ... and more");
    }
    if let Some(role) = difference.get("role").filter(|role| !role.is_null()) {
        line.push_str(&format!(
            " ~ role {} -> {}",
            text(role, "recorded"),
            text(role, "draft")
        ));
    }
    for name in ["from", "until"] {
        if let Some(position) = difference.get(name).and_then(|moment| moment.get("position")) {
            line.push_str(&format!(" {name} entry {position}"));
        }
    }
    line
}

fn is_complete(report: &Value) -> bool {
    report.get("complete") == Some(&Value::Bool(true))
}

fn items<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn number(of: &Value, name: &str) -> u64 {
    of.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or("nothing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn moved() -> Value {
        json!({"user": {"id": "u", "user_name": "ana"}, "recorded": [{"type": "team", "name": "eng"}], "draft": [{"type": "team", "name": "dev"}],
            "entities_left_out": 0, "role": {"recorded": "admin", "draft": null}, "from": {"position": 3}, "until": {"position": 7}})
    }

    #[test]
    fn a_difference_says_what_would_have_been_instead() {
        assert_eq!(
            difference(&moved()),
            "user `ana`: - team `eng` + team `dev` ~ role admin -> nothing from entry 3 until entry 7"
        );
    }

    #[test]
    fn a_report_says_how_far_it_came() {
        let same =
            json!({"complete": true, "entries": 4, "began": 0, "replaced": [{"kind": "rule_created", "count": 2}]});
        let expected = [
            "entries: 4",
            "on the record, and replaced by the draft: 2 rule_created",
            "nothing would have been otherwise",
        ];
        assert_eq!(lines(&same, 40), expected);
        let broken_off = json!({"complete": false, "entries": 4, "reached": {"position": 9}, "began": 2, "users": 1,
            "days": [{"day": "2026-07-01", "began": 2, "ended": 1}], "differences": [moved(), moved()]});
        let found = lines(&broken_off, 1);
        assert_eq!(found[1], "not complete: it came to entry 9");
        assert_eq!(found[3], "2026-07-01: 2 differences began, 1 ended");
        assert_eq!(
            (found.len(), found[5].as_str()),
            (6, "  ... and more; --differences shows more of them")
        );
    }
}
