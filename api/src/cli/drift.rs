//! How a snapshot differs, line by line: the counts, and of what a plan does not show the first ones by name.

use serde_json::Value;

use super::plan;

/// Items of one kind that are shown.
const SHOWN: usize = 20;

/// What no plan brings into line, one line each.
pub(super) fn lines(drift: &Value) -> Vec<String> {
    let unknown = |user: &Value| format!("- {}: there is no user {}", text(user, "place"), quoted(user, "name"));
    let surplus = |group: &Value| format!("- the file has no group {}", quoted(group, "display_name"));
    let renamed = |group: &Value| {
        let (place, given) = (text(group, "place"), quoted(group, "given"));
        format!(
            "- {place}: group {given} is {} here",
            plan::name(&group["group"], "display_name")
        )
    };
    [
        first(drift, "unknown_users", "users_unknown", unknown),
        first(drift, "surplus_groups", "groups_surplus", surplus),
        first(drift, "renamed_groups", "groups_renamed", renamed),
    ]
    .concat()
}

/// The first items of a list, and how many more the count says that there are.
fn first(drift: &Value, list: &str, count: &str, line: impl Fn(&Value) -> String) -> Vec<String> {
    let items = drift[list].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines: Vec<String> = items.iter().take(SHOWN).map(line).collect();
    let more = drift[count]
        .as_u64()
        .unwrap_or_default()
        .saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("  ... and {more} more ({})", count.replace('_', " ")));
    }
    lines
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn quoted(of: &Value, name: &str) -> String {
    format!("`{}`", text(of, name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_plan_brings_into_line_is_named() {
        let drift = json!({
            "users_unknown": 1, "unknown_users": [{"place": "line 4", "name": "zoe"}],
            "groups_surplus": 1, "surplus_groups": [{"id": "g", "display_name": "sales"}],
            "groups_renamed": 1,
            "renamed_groups": [{"place": "line 2", "given": "Eng", "group": {"id": "e", "display_name": "eng"}}],
        });
        let expected = [
            "- line 4: there is no user `zoe`",
            "- the file has no group `sales`",
            "- line 2: group `Eng` is `eng` here",
        ];
        assert_eq!(lines(&drift), expected);
        assert!(lines(&json!({"users_unknown": 0, "unknown_users": []})).is_empty());
    }

    #[test]
    fn many_are_shown_by_the_first_and_counted() {
        let unknown: Vec<Value> = (0..30)
            .map(|line| json!({"place": format!("line {line}"), "name": "x"}))
            .collect();
        let lines = lines(&json!({"users_unknown": 1_000, "unknown_users": unknown}));
        assert_eq!(lines.len(), SHOWN + 1);
        assert_eq!(lines[SHOWN], "  ... and 980 more (users unknown)");
    }
}
