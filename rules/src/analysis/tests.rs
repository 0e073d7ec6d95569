//! Rule sets and what is found in them.

use super::*;
use crate::limits::{FINDINGS_PER_KIND_MAX, OVERLAPS_MAX, SHADOWING_RULES_MAX};
use crate::{EntityType, MatchName, Pattern, RuleDefinition, Target};

/// Rules from lines such as `5 prefix eng- - regex bot$`: the priority, the pattern, and after ` - ` each exclude. A rule is
/// called by its place.
pub(super) fn rules(lines: &[impl AsRef<str>]) -> Vec<Rule> {
    let rules = lines.iter().enumerate().map(|(index, line)| {
        let mut parts = line.as_ref().split(" - ");
        let (priority, matching) = parts.next().unwrap().split_once(' ').unwrap();
        Rule::compile(RuleDefinition {
            name: index.to_string(),
            matching: pattern(matching),
            exclude: parts.map(pattern).collect(),
            targets: vec![Target {
                entity_type: EntityType::Team,
                name: None,
            }],
            role: None,
            auto_approve: false,
            priority: priority.parse().unwrap(),
            enabled: true,
        })
        .unwrap()
    });
    rules.collect()
}

fn pattern(text: &str) -> Pattern {
    match text.split_once(' ') {
        Some(("prefix", text)) => Pattern::prefix(text),
        Some(("regex", text)) => Pattern::regex(text),
        _ => Pattern::all(),
    }
}

pub(super) fn analyze_lines(lines: &[impl AsRef<str>], budget: &Budget) -> Analysis {
    let rules = rules(lines);
    analyze(&rules.iter().collect::<Vec<_>>(), budget)
}

#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let analysis = analyze_lines(lines, &Budget::default());
    let found: Vec<String> = analysis.findings.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
    assert_eq!(
        (analysis.method, analysis.left_out, analysis.more),
        (Method::Exact, 0, false)
    );
    assert_eq!(analysis.unsure, []);
}

#[test]
fn without_rules_no_name_is_decided() {
    check(&[], &["no rule decides `a`"]);
    check(&["0 all"], &[]);
    check(&["0 all - prefix a"], &["no rule decides `a`"]);
    check(&["0 all - regex ^[^a-z]"], &["no rule decides `0`"]);
}

#[test]
fn a_rule_never_decides_behind_one_that_matches_more() {
    check(
        &["0 all", "0 prefix eng"],
        &[
            "`1` never decides: `0` is always asked before it and matches what it matches, such as `eng`",
            "`0` and `1` both match `eng`, which `0` decides; both have the same priority, so the one created first comes first",
        ],
    );
    check(
        &["0 regex ^eng-ops", "5 prefix eng", "-1 all"],
        &[
            "`0` never decides: `1` is always asked before it and matches what it matches, such as `eng-ops`",
            "`1` and `0` both match `eng-ops`, which `1` decides",
            "`1` and `2` both match `eng`, which `1` decides",
            "`0` and `2` both match `eng-ops`, which `1` decides",
        ],
    );
}

#[test]
fn several_rules_together_keep_one_from_deciding() {
    check(
        &["2 regex ^[a-m]", "1 regex ^[n-z]", "0 regex ^[a-z]", "-1 all"],
        &[
            "`2` never decides: `0`, `1` are always asked before it and match what it matches, such as `a`",
            "`0` and `2` both match `a`, which `0` decides",
            "`0` and `3` both match `a`, which `0` decides",
            "`1` and `2` both match `n`, which `1` decides",
            "`1` and `3` both match `n`, which `1` decides",
            "`2` and `3` both match `a`, which `0` decides",
        ],
    );
}

#[test]
fn an_exclude_leaves_names_to_the_next_rule() {
    check(
        &["1 prefix eng - prefix eng-ops", "0 prefix eng-ops"],
        &["no rule decides `a`"],
    );
    check(
        &["1 prefix eng - regex bot$", "0 prefix eng-ops"],
        &[
            "no rule decides `a`",
            "`0` and `1` both match `eng-ops`, which `0` decides",
        ],
    );
}

#[test]
fn a_rule_that_matches_no_name_is_found() {
    check(
        &["0 prefix eng - prefix e", "-1 all"],
        &["`0` never decides: no name matches it"],
    );
    check(
        &["0 regex ^eng\\n", "-1 all"],
        &["`0` never decides: no name matches it"],
    );
    check(
        &["0 regex ^[a-z]+$ - regex ^.{3,} - regex ^..?$", "-1 all"],
        &["`0` never decides: no name matches it"],
    );
    // Names are matched without their outer white space, and in NFC.
    check(
        &["0 regex ^eng $", "-1 all"],
        &["`0` never decides: no name matches it"],
    );
}

#[test]
fn the_name_that_shows_an_overlap_is_one_that_the_first_of_the_two_decides_if_there_is_one() {
    check(
        &["2 regex ^e", "1 regex ^[ef]", "0 regex ^[efg]"],
        &[
            "no rule decides `a`",
            "`0` and `1` both match `e`, which `0` decides",
            "`0` and `2` both match `e`, which `0` decides",
            "`1` and `2` both match `f`, which `1` decides",
        ],
    );
}

#[test]
fn disabled_rules_take_no_part() {
    let mut definition = rules(&["9 all"]).remove(0).definition().clone();
    definition.enabled = false;
    let off = Rule::compile(definition).unwrap();
    let other = rules(&["0 prefix eng"]).remove(0);
    let analysis = analyze(&[&off, &other], &Budget::default());
    assert_eq!(
        analysis.findings,
        [Finding::Uncovered {
            witness: "a".to_owned()
        }]
    );
}

#[test]
fn a_regular_expression_that_is_found_anywhere_is_pointed_out() {
    let found = |place: &str, name: &str| {
        format!("`0`: `{place}` is found anywhere in a name, also in `{name}`; start it with `^` if that is not meant")
    };
    check(
        &["0 regex eng"],
        &[&found("match.pattern", "aeng"), "no rule decides `a`"],
    );
    check(
        &["0 all - regex bot"],
        &[&found("exclude[0].pattern", "abot"), "no rule decides `bot`"],
    );
    check(
        &["0 regex ^eng|ops"],
        &[&found("match.pattern", "aops"), "no rule decides `a`"],
    );
    for meant in [
        "^eng",
        "-bots$",
        "^eng|ops$",
        r"\bops\b",
        ".*eng",
        "^(eng|ops)",
        "(?i)^eng",
        "^.+eng",
    ] {
        check(&[format!("0 regex {meant}").as_str()], &["no rule decides `a`"]);
    }
}

#[test]
fn boundaries_between_words_are_known_in_all_of_unicode() {
    check(&[r"0 regex ^\w+$", r"0 regex ^.\b.$"], &["no rule decides `-`"]);
    check(
        &[r"1 regex ^é\b", r"0 regex ^é[-é]"],
        &["no rule decides `a`", "`0` and `1` both match `é-`, which `0` decides"],
    );
    check(
        &[r"1 regex ^é", r"0 regex ^é\bé", "-1 all"],
        &[
            "`1` never decides: no name matches it",
            "`0` and `2` both match `é`, which `0` decides",
        ],
    );
}

#[test]
fn a_boundary_is_known_where_no_class_tells_words_apart() {
    check(&[r"0 regex ^é\b."], &["no rule decides `a`"]);
}

/// NFC makes an omega of the sign for ohm, and leaves the one for mho as it is.
#[test]
fn a_character_that_no_name_has_shows_nothing() {
    check(&[r"0 regex ^[\x{2126}\x{2127}]$"], &["no rule decides `a`"]);
}

/// The shortest name is none, as it changes in NFC: another one that the same rules match is tried.
#[test]
fn where_one_name_shows_nothing_another_is_tried() {
    check(&[r"0 regex ^(\x{2126}|bbc*)$"], &["no rule decides `a`"]);
}

#[test]
fn the_first_few_of_many_rules_that_keep_one_from_deciding_are_named() {
    let mut lines: Vec<String> = (0..10).map(|digit| format!("1 regex ^a{digit}$")).collect();
    lines.push("0 regex ^a[0-9]$".to_owned());
    let analysis = analyze_lines(&lines, &Budget::default());
    let named = analysis.findings.iter().find_map(|finding| match finding {
        Finding::NeverWins { shadowed_by, .. } => Some(shadowed_by.len()),
        _ => None,
    });
    assert_eq!(named, Some(SHADOWING_RULES_MAX));
}

/// A name of 256 characters may have 768 in NFC. So long ones are looked at, and not shown.
#[test]
fn names_are_looked_at_as_long_as_they_can_become() {
    let unsure = analyze_lines(&["0 regex ^[a-z]{768}$"], &Budget::default()).unsure;
    assert_eq!(unsure.len(), 1);
    check(
        &["0 regex ^[a-z]{769}$"],
        &["`0` never decides: no name matches it", "no rule decides `a`"],
    );
}

#[test]
fn names_are_compared_in_any_case_for_prefixes_only() {
    check(
        &["1 prefix ENG", "0 regex ^eng", "0 regex ^Eng", "-1 all"],
        &[
            "`1` never decides: `0` is always asked before it and matches what it matches, such as `eng`",
            "`2` never decides: `0` is always asked before it and matches what it matches, such as `Eng`",
            "`0` and `1` both match `eng`, which `0` decides",
            "`0` and `2` both match `Eng`, which `0` decides",
            "`0` and `3` both match `eng`, which `0` decides",
            "`1` and `3` both match `eng`, which `0` decides",
            "`2` and `3` both match `Eng`, which `0` decides",
        ],
    );
}

/// A capital `J` and a caron stay two characters, and are one when folded.
#[test]
fn an_accent_that_joins_its_letter_only_when_folded_is_thought_of() {
    let lines = ["1 prefix J", "0 regex ^J", "0 regex ^j"];
    let rules = rules(&lines);
    let name = MatchName::of("J\u{30c}ira");
    assert!(!rules[0].matches(&name) && rules[1].matches(&name));

    let analysis = analyze_lines(&lines, &Budget::default());
    let found: Vec<String> = analysis.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "`2` never decides: `0` is always asked before it and matches what it matches, such as `j`",
            "no rule decides `a`",
            "`0` and `1` both match `J`, which `0` decides",
            "`0` and `2` both match `j`, which `0` decides",
        ]
    );
    assert_eq!(
        analysis.unsure,
        [RuleName {
            index: 1,
            name: "1".to_owned()
        }]
    );
    assert_eq!(
        analysis.notes(),
        [
            "exact: every possible name was considered, for all rules together; there is nothing else to report",
            "something stayed open about `1`",
        ]
    );
}

#[test]
fn a_space_at_the_end_of_a_prefix_is_followed_by_something() {
    check(
        &["1 prefix eng ", "0 prefix eng"],
        &[
            "no rule decides `a`",
            "`0` and `1` both match `eng a`, which `0` decides",
        ],
    );
}

#[test]
fn ten_thousand_prefixes_are_seen_exactly() {
    let lines: Vec<String> = (0..10_000).map(|number| format!("0 prefix team {number}")).collect();
    let analysis = analyze_lines(&lines, &Budget::default());
    assert_eq!(analysis.method, Method::Exact);
    let ties = analysis
        .findings
        .iter()
        .filter(|finding| finding.kind() == "tie")
        .count();
    // Each number with two digits or more goes on from a shorter one.
    assert_eq!((ties, analysis.more), (FINDINGS_PER_KIND_MAX, false));
    let shorter = 90 + 900 * 2 + 9000 * 3;
    let never_win = 10_000 - 10 - 1_000;
    assert!(analysis.left_out > shorter / 2, "{} of {never_win}", analysis.left_out);
}

#[test]
fn overlaps_are_counted_up_to_a_limit() {
    let analysis = analyze_lines(&vec!["0 all"; 1_000], &Budget::default());
    assert_eq!((analysis.method, analysis.more), (Method::Exact, true));
    assert_eq!(analysis.findings.len(), 2 * FINDINGS_PER_KIND_MAX);
    assert_eq!(analysis.left_out, 999 + OVERLAPS_MAX - 2 * FINDINGS_PER_KIND_MAX);
    assert_eq!(analysis.notes()[1], "findings that are not listed: more than 99999");
}

#[test]
fn what_is_too_large_to_be_seen_at_once_is_compared_by_twos() {
    let mut lines: Vec<String> = (0..15).map(|number| format!("0 regex k{number}x")).collect();
    lines.extend(["0 prefix eng", "0 prefix eng-ops", "0 regex ^eng-ops-"].map(str::to_owned));
    let analysis = analyze_lines(&lines, &Budget::default());
    assert_eq!(analysis.method, Method::Pairwise { checked: 153, of: 153 });
    let never_win: Vec<String> = analysis
        .findings
        .iter()
        .filter(|finding| finding.kind() == "never_wins")
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        never_win,
        [
            "`16` never decides: `15` is always asked before it and matches what it matches, such as `eng-ops`",
            "`17` never decides: `15` is always asked before it and matches what it matches, such as `eng-ops-`",
        ]
    );
}

#[test]
fn what_is_found_until_the_steps_end_is_reported() {
    let lines: Vec<String> = (0..100).map(|number| format!("0 regex word{number}x")).collect();
    let analysis = analyze_lines(&lines, &Budget::default());
    let Method::Pairwise { checked, of: 4_950 } = analysis.method else {
        panic!("{:?}", analysis.method);
    };
    let ties = analysis
        .findings
        .iter()
        .filter(|finding| finding.kind() == "tie")
        .count();
    assert!(
        0 < checked && checked < 4_950 && ties > 0,
        "{checked} pairs, {ties} ties"
    );
}

#[test]
fn hostile_patterns_end_within_the_budget_and_the_report_says_so() {
    let lines: Vec<String> = (0..6)
        .map(|number| format!("0 regex (a|b)*a(a|b){{40}}{number}"))
        .collect();
    let budget = Budget {
        steps: 50_000,
        ..Budget::default()
    };
    let analysis = analyze_lines(&lines, &budget);
    assert_eq!(analysis.method, Method::Pairwise { checked: 0, of: 15 });
    assert_eq!(
        analysis.notes(),
        ["the rules were compared by twos, 0 of 15 pairs: what is reported is true, and there may be more"]
    );
}
