//! What clients write beside the grammar of `scim_v2`: read first with it, and on failure once more after a repair.
//!
//! A repair rewrites text and never decides what it means; `scim_v2` holds the only grammar. Repaired are `not(...)` and `$ref`,
//! which the RFCs have and the grammar does not; and unless the connection is strict `emails[type eq "work"].value eq "x"`
//! (Entra), values without quotes (Microsoft's Postman collection), and `True`.

use std::str::FromStr;

use scim_v2::filter::{Filter, ParseError, PatchPath};

use super::error::ScimError;
use super::limits::{EXCERPT_CHARS_MAX, FILTER_BYTES_MAX};
use super::profile::Mode;

/// Reads a filter.
///
/// # Errors
/// `invalidFilter` with the place of the fault, also when the text is too long.
pub(crate) fn filter(mode: Mode, text: &str) -> Result<Filter, ScimError> {
    check_length("filter", text).map_err(ScimError::invalid_filter)?;
    read(mode, text).map_err(|fault| ScimError::invalid_filter(explain("filter", text, &fault)))
}

/// Reads a PATCH path.
///
/// # Errors
/// `invalidPath` with the place of the fault, also when the text is too long.
pub(crate) fn path(mode: Mode, text: &str) -> Result<PatchPath, ScimError> {
    check_length("path", text).map_err(ScimError::invalid_path)?;
    // The grammar knows no `$` in names, though RFC 7643 2.4 has `$ref`.
    if let Some(Ok(mut path)) = text.trim().strip_suffix(".$ref").map(|stem| read(mode, stem)) {
        let sub = match &mut path {
            PatchPath::Attr(path) => &mut path.sub_attr,
            PatchPath::Value(path) => &mut path.sub_attr,
        };
        if sub.is_none() {
            *sub = Some("$ref".to_owned());
            return Ok(path);
        }
    }
    read(mode, text).map_err(|fault| ScimError::invalid_path(explain("path", text, &fault)))
}

/// Reads the text as it is, or else repaired; a fault is that of the text as it is.
fn read<T: FromStr<Err = ParseError>>(mode: Mode, text: &str) -> Result<T, ParseError> {
    let fault = match text.parse() {
        Ok(parsed) => return Ok(parsed),
        Err(fault) => fault,
    };
    let completed = spaced_negations(&plain_references(text));
    let repaired = match mode {
        Mode::Strict => completed,
        Mode::Lenient => repair(&completed),
    };
    repaired.parse().map_err(|_| fault)
}

fn check_length(what: &str, text: &str) -> Result<(), String> {
    if text.len() <= FILTER_BYTES_MAX {
        return Ok(());
    }
    Err(format!(
        "the {what} is longer than {FILTER_BYTES_MAX} bytes; ask in smaller parts"
    ))
}

fn explain(what: &str, text: &str, fault: &ParseError) -> String {
    let place = match fault {
        ParseError::InvalidToken { location } | ParseError::UnrecognizedEof { location, .. } => Some(*location),
        ParseError::UnrecognizedToken { token: (start, ..), .. } | ParseError::ExtraToken { token: (start, ..) } => {
            Some(*start)
        }
        ParseError::User { error } => return format!("the {what} is not valid: {error}; it is `{}`", excerpt(text, 0)),
    };
    let before = place.and_then(|place| text.trim_start().get(..place));
    let before = before.map(|before| before.chars().count());
    let place = before
        .map(|before| format!(" near character {}", before + 1))
        .unwrap_or_default();
    format!(
        "the {what} is not valid{place}; write for example {}; it is `{}`",
        example(what),
        excerpt(text.trim_start(), before.unwrap_or_default())
    )
}

/// What stands around this place; of a short text all.
fn excerpt(text: &str, place: usize) -> String {
    if text.chars().count() <= EXCERPT_CHARS_MAX {
        return text.to_owned();
    }
    let start = place.saturating_sub(EXCERPT_CHARS_MAX / 2);
    let part: String = text.chars().skip(start).take(EXCERPT_CHARS_MAX).collect();
    let (before, after) = (
        if start > 0 { "..." } else { "" },
        if text.chars().nth(start + EXCERPT_CHARS_MAX).is_some() {
            "..."
        } else {
            ""
        },
    );
    format!("{before}{part}{after}")
}

fn example(what: &str) -> &'static str {
    match what {
        "filter" => r#"userName eq "ana@example.com""#,
        _ => r#"emails[type eq "work"].value"#,
    }
}

/// The text with the known deviations put right.
fn repair(text: &str) -> String {
    move_comparisons(&quote_values(&words(text))).concat()
}

/// `not(title pr)` becomes `not (title pr)`: RFC 7644 Figure 1 has no space there, the grammar wants one.
fn spaced_negations(text: &str) -> String {
    let words = words(text);
    let next = words.iter().skip(1).map(Some).chain([None]);
    let spaced = words.iter().zip(next).map(|(word, next)| match next {
        Some(&"(") if word.eq_ignore_ascii_case("not") => format!("{word} "),
        _ => (*word).to_owned(),
    });
    spaced.collect()
}

/// `members.$ref` becomes `members.ref`, as the grammar knows no `$` in names (RFC 7643 2.4 has it in this one).
fn plain_references(text: &str) -> String {
    let word = |word: &str| match word.strip_suffix("$ref") {
        Some(before) if before.is_empty() || before.ends_with('.') => format!("{before}ref"),
        _ => word.to_owned(),
    };
    words(text).into_iter().map(word).collect()
}

/// Splits into quoted strings, single brackets, white space, and runs of anything else; together they are the text.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted_length(rest),
            '\'' => single_quoted_length(rest).unwrap_or_else(|| run_length(rest)),
            '(' | ')' | '[' | ']' => first.len_utf8(),
            _ if first.is_whitespace() => rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()),
            _ => run_length(rest),
        };
        let (word, after) = rest.split_at(length);
        words.push(word);
        rest = after;
    }
    words
}

fn run_length(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || "\"()[]".contains(c))
        .unwrap_or(text.len())
}

/// The length of a value in single quotes: they end where a value may end, so that `'O'Hara'` is one value.
fn single_quoted_length(text: &str) -> Option<usize> {
    let closing = |(index, _): &(usize, &str)| {
        let after = text.get(index + 1..).and_then(|after| after.chars().next());
        *index > 0 && after.is_none_or(|after| after.is_whitespace() || ")]".contains(after))
    };
    text.match_indices('\'').find(closing).map(|(index, _)| index + 1)
}

fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return index + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// `userName eq ana` becomes `userName eq "ana"`, and `active eq True` becomes `active eq true`.
fn quote_values(words: &[&str]) -> Vec<String> {
    let mut after_operator = false;
    let mut quoted = Vec::with_capacity(words.len());
    for word in words {
        let is_value = after_operator && !is_space(word);
        quoted.push(if is_value { value(word) } else { (*word).to_owned() });
        after_operator = if is_space(word) {
            after_operator
        } else {
            takes_value(word)
        };
    }
    quoted
}

fn value(word: &str) -> String {
    let keyword = ["true", "false", "null"]
        .into_iter()
        .find(|keyword| word.eq_ignore_ascii_case(keyword));
    match keyword {
        Some(keyword) => keyword.to_owned(),
        None if in_single_quotes(word).is_some() => serde_json::Value::from(in_single_quotes(word)).to_string(),
        None if word.starts_with(['"', '(', ')', '[', ']']) => word.to_owned(),
        None if serde_json::from_str::<serde_json::Number>(word).is_ok() => word.to_owned(),
        None => serde_json::Value::from(word).to_string(),
    }
}

fn in_single_quotes(word: &str) -> Option<&str> {
    word.strip_prefix('\'')?.strip_suffix('\'')
}

/// `emails[type eq "work"].value eq "x"` becomes `emails[(type eq "work") and value eq "x"]`.
fn move_comparisons(words: &[String]) -> Vec<String> {
    let (mut moved, mut rest) = (Vec::new(), words);
    while let Some((next, after)) = move_comparison(rest) {
        moved.extend(next);
        rest = after;
    }
    moved.extend_from_slice(rest);
    moved
}

/// The words up to the first comparison behind brackets, with it moved into them, and the words after it.
fn move_comparison(words: &[String]) -> Option<(Vec<String>, &[String])> {
    let close = words.windows(4).position(|window| {
        let [bracket, name, space, operator] = window else {
            return false;
        };
        bracket == "]" && name.starts_with('.') && is_space(space) && is_operator(operator)
    })?;
    let (head, tail) = words.split_at(close);
    let open = head.iter().rposition(|word| word == "[")?;
    let (before, inside) = head.split_at(open + 1);
    let length = if tail.get(3).is_some_and(|operator| takes_value(operator)) {
        5
    } else {
        3
    };
    let (comparison, rest) = tail.get(1..)?.split_at_checked(length)?;
    let comparison = comparison.concat();
    let comparison = format!(") and {}]", comparison.trim_start_matches('.'));
    Some(([before, &["(".to_owned()], inside, &[comparison]].concat(), rest))
}

fn is_space(word: &str) -> bool {
    word.chars().all(char::is_whitespace)
}

fn is_operator(word: &str) -> bool {
    takes_value(word) || word.eq_ignore_ascii_case("pr")
}

fn takes_value(word: &str) -> bool {
    ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
        .iter()
        .any(|operator| word.eq_ignore_ascii_case(operator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let found = filter(Mode::Lenient, text)
            .map(|filter| filter.to_string())
            .map_err(|error| error.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn the_grammar_of_the_rfc_needs_no_repair() {
        check(r#"userName Eq "ana""#, Ok(r#"userName eq "ana""#));
        check(
            r#"displayName CO "CN=Staff,OU=(x) [y] and z""#,
            Ok(r#"displayName co "CN=Staff,OU=(x) [y] and z""#),
        );
        check(
            r#"not (title pr) AND active eq true"#,
            Ok("not (title pr) and active eq true"),
        );
    }

    #[test]
    fn a_negation_needs_no_space_in_either_mode() {
        for (text, expected) in [
            (r#"not(userName eq "x")"#, r#"not (userName eq "x")"#),
            (
                r#"title pr and NOT(title eq "not(x)")"#,
                r#"title pr and not (title eq "not(x)")"#,
            ),
            (r#"not(not((title pr)))"#, "not (not (title pr))"),
            (r#"emails[not(type eq "work")]"#, r#"emails[not (type eq "work")]"#),
        ] {
            for mode in [Mode::Lenient, Mode::Strict] {
                assert_eq!(filter(mode, text).unwrap().to_string(), expected, "{text}");
            }
        }
        let path = path(Mode::Strict, r#"emails[not(type eq "work")].value"#).unwrap();
        assert_eq!(path.to_string(), r#"emails[not (type eq "work")].value"#);
        assert!(filter(Mode::Strict, "notes(title pr)").is_err());
    }

    #[test]
    fn strict_connections_get_references_and_no_other_repair() {
        assert!(filter(Mode::Strict, "groups.$ref pr").is_ok());
        assert!(filter(Mode::Strict, "groups[$ref pr]").is_ok());
        for text in [
            "userName eq ana",
            "userName eq 'ana'",
            r#"emails[type eq "work"].value eq "x""#,
        ] {
            assert!(filter(Mode::Strict, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_comparison_behind_the_brackets_moves_into_them() {
        check(
            r#"emails[type eq "work"].value eq "x""#,
            Ok(r#"emails[type eq "work" and value eq "x"]"#),
        );
        check(
            r#"active eq true and (emails[type eq "a" or type eq "b"].value co "]" or title pr)"#,
            Ok(r#"active eq true and (emails[(type eq "a" or type eq "b") and value co "]"] or title pr)"#),
        );
        check(
            r#"emails[type eq "work"].value pr"#,
            Ok(r#"emails[type eq "work" and value pr]"#),
        );
        check(
            r#"emails[type eq "a"].value eq "x" and emails[type eq "b"].value eq "y""#,
            Ok(r#"emails[type eq "a" and value eq "x"] and emails[type eq "b" and value eq "y"]"#),
        );
    }

    #[test]
    fn values_without_quotes_are_strings() {
        check("userName eq ana@example.com", Ok(r#"userName eq "ana@example.com""#));
        check(
            "id eq 2819c223-7f76 and active eq True",
            Ok(r#"id eq "2819c223-7f76" and active eq true"#),
        );
        check(
            "(displayName eq Staff)",
            Ok(r#"(displayName eq "Staff")"#.trim_matches(['(', ')'])),
        );
        check(
            "emails[type eq work].value eq x@y",
            Ok(r#"emails[type eq "work" and value eq "x@y"]"#),
        );
    }

    #[test]
    fn values_in_single_quotes_are_strings() {
        check("userName eq 'ana'", Ok(r#"userName eq "ana""#));
        check(
            "displayName eq 'Staff of O'Hara'",
            Ok(r#"displayName eq "Staff of O'Hara""#),
        );
        check(
            "(title eq 'true') and emails[type eq 'work'].value eq ''",
            Ok(r#"title eq "true" and emails[type eq "work" and value eq ""]"#),
        );
        check("nickName eq 'tis", Ok(r#"nickName eq "'tis""#));
    }

    #[test]
    fn faults_are_shown_with_their_place() {
        check(
            r#"userName eq "ana" xor title pr"#,
            Err(
                r#"the filter is not valid near character 19; write for example userName eq "ana@example.com"; it is `userName eq "ana" xor title pr`"#,
            ),
        );
        check(
            "userName",
            Err(
                r#"the filter is not valid near character 9; write for example userName eq "ana@example.com"; it is `userName`"#,
            ),
        );
        let around = |text: &str| filter(Mode::Lenient, text).unwrap_err().to_string();
        let long = format!("{} xor b pr", vec!["a pr"; 100].join(" or "));
        let error = around(&long);
        assert!(error.contains("near character 798;"), "{error}");
        assert!(
            error.contains("; it is `...") && error.ends_with(" or a pr xor b pr`"),
            "{error}"
        );
        assert!(error.len() < 350, "{error}");
        let error = around(&format!("{}a pr{}", "(".repeat(500), ")".repeat(500)));
        assert!(error.contains("maximum of 64") && error.ends_with("(((...`"), "{error}");
        check(
            &format!("a eq \"{}\"", "x".repeat(FILTER_BYTES_MAX)),
            Err("the filter is longer than 4096 bytes; ask in smaller parts"),
        );
    }

    #[test]
    fn paths_are_read_and_repaired_alike() {
        let read = |text: &str| {
            path(Mode::Lenient, text)
                .map(|path| path.to_string())
                .map_err(|error| error.to_string())
        };
        assert_eq!(read("members").as_deref(), Ok("members"));
        assert_eq!(read("members[value eq u1]").as_deref(), Ok(r#"members[value eq "u1"]"#));
        assert_eq!(read("manager.$ref").as_deref(), Ok("manager.$ref"));
        assert!(
            read("emails[")
                .unwrap_err()
                .starts_with("the path is not valid near character")
        );
    }

    proptest::proptest! {
        #[test]
        fn words_lose_nothing_and_no_text_panics(text in "\\PC{0,40}|[a-e\"\\\\() \\[\\].]{0,40}") {
            proptest::prop_assert_eq!(words(&text).concat(), text.clone());
            let _ = (filter(Mode::Lenient, &text), path(Mode::Lenient, &text));
        }
    }
}
