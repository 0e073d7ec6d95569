//! What a server has against a file, as compilers write it.

use std::path::Path;

use serde_json::Value;

use super::client::ClientError;

/// What the server has against the file, one line each; `None` when it was refused for something else. The server tells a
/// bounded number of them, and how many more there are.
pub(super) fn of(file: &Path, error: &ClientError) -> Option<String> {
    let ClientError::Refused { body, .. } = error else {
        return None;
    };
    let problems = body.get("problems")?.as_array()?;
    let mut text: String = problems.iter().map(|problem| line(file, problem)).collect();
    if let Some(more) = body.get("problems_left_out") {
        text.push_str(&format!("\nand {more} more"));
    }
    Some(text)
}

fn line(file: &Path, problem: &Value) -> String {
    let of = |field: &str| problem.get(field).and_then(Value::as_str).unwrap_or_default();
    let number = |field: &str| problem.get(field).and_then(Value::as_u64);
    let mut text = format!("\n{}:", file.display());
    match (number("line"), number("column")) {
        (Some(line), Some(column)) => text.push_str(&format!("{line}:{column}:")),
        (Some(line), None) => text.push_str(&format!("{line}:")),
        (None, _) => {}
    }
    match of("place") {
        "" => {}
        // The line is the place.
        place if number("line").is_some_and(|line| place == format!("line {line}")) => {}
        place => text.push_str(&format!(" `{place}`:")),
    }
    format!("{text} {}", of("text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fault_begins_with_its_file_and_as_much_of_its_place_as_is_known() {
        for (problem, expected) in [
            (
                json!({"place": "rules[0]", "line": 3, "column": 7, "text": "x"}),
                "f:3:7: `rules[0]`: x",
            ),
            (json!({"place": "line 3", "line": 3, "text": "x"}), "f:3: x"),
            (json!({"place": "groups[1]", "text": "x"}), "f: `groups[1]`: x"),
            (json!({"place": "", "text": "x"}), "f: x"),
        ] {
            assert_eq!(line(Path::new("f"), &problem), format!("\n{expected}"));
        }
    }
}
