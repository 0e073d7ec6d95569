//! The findings against all short names, asked one by one.

use proptest::prelude::*;

use super::tests::{analyze_lines, rules};
use super::*;
use crate::{MatchName, first_match};

/// Small sets of rules over few letters, so that they meet often.
fn rule_lines() -> impl Strategy<Value = Vec<String>> {
    let line =
        (-1..2, patterns(), prop::collection::vec(patterns(), 0..2)).prop_map(|(priority, matching, exclude)| {
            format!("{priority} {}", [vec![matching], exclude].concat().join(" - "))
        });
    prop::collection::vec(line, 0..6)
}

fn patterns() -> impl Strategy<Value = String> {
    let prefix = "[abAé]([abA é]{0,1}[abAé])?".prop_map(|text| format!("prefix {text}"));
    prop_oneof![
        3 => prefix,
        3 => regexes().prop_map(|text| format!("regex {text}")),
        1 => Just("all".to_owned()),
    ]
}

fn regexes() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[abAé]",
        Just(".".to_owned()),
        Just("[^a]".to_owned()),
        Just(r"\w".to_owned()),
        Just(r"\b".to_owned()),
        Just(" ".to_owned()),
        Just("(?i:a)".to_owned())
    ];
    let repeated = (
        piece,
        prop_oneof![3 => Just(""), 1 => Just("*"), 1 => Just("+"), 1 => Just("{2}")],
    )
        .prop_map(|(piece, times)| if piece == r"\b" { piece } else { piece + times });
    let text = prop::collection::vec(repeated, 1..4).prop_map(|pieces| pieces.concat());
    (prop::bool::ANY, text, prop::bool::ANY)
        .prop_map(|(start, text, end)| [if start { "^" } else { "" }, &text, if end { "$" } else { "" }].concat())
}

fn short_names() -> Vec<MatchName> {
    names_of(&['a', 'b', 'A', '\u{e9}', ' '], 4)
}

/// All names of some of these characters, up to a length.
fn names_of(characters: &[char], length_max: usize) -> Vec<MatchName> {
    let mut names = vec![String::new()];
    let mut from = 0;
    for _ in 0..length_max {
        let to = names.len();
        for index in from..to {
            let start = names[index].clone();
            names.extend(characters.iter().map(|character| format!("{start}{character}")));
        }
        from = to;
    }
    names.retain(|name| !name.is_empty() && name.trim() == name);
    names.iter().map(|name| MatchName::of(name)).collect()
}

/// Every name that is shown does what is claimed.
fn check_witnesses(rules: &[Rule], analysis: &Analysis) {
    let decides = |witness: &Witness| {
        let name = MatchName::of(&witness.name);
        assert_eq!(name.as_str(), witness.name);
        let decision = first_match(rules.iter().enumerate(), &name).unwrap();
        assert_eq!(decision.created, witness.winner.index);
        name
    };
    for finding in &analysis.findings {
        match finding {
            Finding::NeverWins { rule, witness, .. } => {
                if let Some(witness) = witness {
                    assert!(rules[rule.index].matches(&decides(witness)));
                    assert_ne!(witness.winner.index, rule.index);
                }
            }
            Finding::Tie(overlap) | Finding::Overlap(overlap) => {
                let name = decides(&overlap.witness);
                assert!(rules[overlap.first.index].matches(&name) && rules[overlap.second.index].matches(&name));
                let priority = |rule: &RuleName| rules[rule.index].definition().priority;
                let (first, second) = (priority(&overlap.first), priority(&overlap.second));
                assert_eq!(first == second, finding.kind() == "tie");
                assert!(first >= second);
            }
            Finding::Unanchored { witness, .. } => assert_eq!(MatchName::of(witness).as_str(), witness),
            Finding::Uncovered { witness } => {
                assert!(first_match(rules.iter().enumerate(), &MatchName::of(witness)).is_none());
            }
        }
    }
}

fn never_win(analysis: &Analysis) -> Vec<usize> {
    let rule = |finding: &Finding| match finding {
        Finding::NeverWins { rule, .. } => Some(rule.index),
        _ => None,
    };
    analysis.findings.iter().filter_map(rule).collect()
}

/// Rules that never win, each with the one that keeps it from it alone.
fn shadows(analysis: &Analysis) -> Vec<(usize, usize)> {
    let shadow = |finding: &Finding| match finding {
        Finding::NeverWins { rule, shadowed_by, .. } => match shadowed_by.as_slice() {
            [shadow] => Some((rule.index, shadow.index)),
            _ => None,
        },
        _ => None,
    };
    analysis.findings.iter().filter_map(shadow).collect()
}

fn pairs(analysis: &Analysis) -> Vec<(usize, usize)> {
    let pair = |finding: &Finding| match finding {
        Finding::Tie(overlap) | Finding::Overlap(overlap) => Some((
            overlap.first.index.min(overlap.second.index),
            overlap.first.index.max(overlap.second.index),
        )),
        _ => None,
    };
    analysis.findings.iter().filter_map(pair).collect()
}

/// What the short names show is reported, as far as the analysis claims to know.
fn check_against_names(rules: &[Rule], analysis: &Analysis, names: &[MatchName]) {
    let never_win = never_win(analysis);
    let found = pairs(analysis);
    for (index, pair) in found.iter().enumerate() {
        assert!(!found[..index].contains(pair), "{pair:?} is reported twice");
    }
    let all_pairs = match analysis.method {
        Method::Exact => true,
        Method::Pairwise { checked, of } => checked == of,
    };
    for name in names {
        let matching: Vec<usize> = (0..rules.len()).filter(|rule| rules[*rule].matches(name)).collect();
        for (rule, shadow) in shadows(analysis) {
            assert!(
                !matching.contains(&rule) || matching.contains(&shadow),
                "{shadow} leaves {name:?} to {rule}"
            );
        }
        let winner = first_match(rules.iter().enumerate(), name).map(|decision| decision.created);
        assert!(
            winner.is_none_or(|winner| !never_win.contains(&winner)),
            "{winner:?} wins {name:?}"
        );
        for (place, first) in matching.iter().enumerate() {
            for second in &matching[place + 1..] {
                assert!(
                    !all_pairs || found.contains(&(*first, *second)),
                    "{first} and {second} match {name:?}"
                );
            }
        }
        if winner.is_none() && analysis.method == Method::Exact {
            let uncovered = analysis.findings.iter().any(|finding| finding.kind() == "uncovered");
            assert!(uncovered, "no rule matches {name:?}");
        }
    }
}

proptest! {
    #[test]
    fn all_that_short_names_show_is_found(lines in rule_lines()) {
        let rules = rules(&lines);
        let analysis = analyze_lines(&lines, &Budget::default());
        prop_assert_eq!(analysis.method, Method::Exact);
        prop_assert_eq!(&analysis.unsure, &[]);
        check_witnesses(&rules, &analysis);
        check_against_names(&rules, &analysis, &short_names());
    }

    #[test]
    fn each_rule_wins_a_name_or_is_reported(lines in rule_lines()) {
        let rules = rules(&lines);
        let mut order: Vec<&Rule> = rules.iter().collect();
        order.sort_by_key(|rule| Reverse(rule.definition().priority));
        let mut evidence = Evidence::new(order.clone());
        see_all(&mut evidence, &Budget::default(), &mut Meter::new(u64::MAX)).unwrap();
        let never_win = never_win(&analyze_lines(&lines, &Budget::default()));
        for (rule, of_rule) in order.iter().zip(&evidence.of_rules) {
            let index: usize = rule.definition().name.parse().unwrap();
            prop_assert_eq!(of_rule.wins, !never_win.contains(&index));
        }
    }

    #[test]
    fn what_little_work_finds_is_true(lines in rule_lines(), steps in 0..30_000_u64) {
        let rules = rules(&lines);
        let budget = Budget { steps, ..Budget::default() };
        let analysis = analyze_lines(&lines, &budget);
        check_witnesses(&rules, &analysis);
        check_against_names(&rules, &analysis, &short_names());
    }

    #[test]
    fn comparing_by_twos_finds_every_overlap(lines in rule_lines()) {
        let rules = rules(&lines);
        let mut order: Vec<(usize, &Rule)> = rules.iter().enumerate().collect();
        order.sort_by_key(|(_, rule)| Reverse(rule.definition().priority));
        let mut evidence = Evidence::new(order.iter().map(|(_, rule)| *rule).collect());
        let compared = pairs::compare(&mut evidence, &Budget::default(), &mut Meter::new(10_000_000));
        let analysis = Report::new(&order, &evidence).write(Some(&compared), &[]);
        let of = (rules.len() * rules.len().saturating_sub(1) / 2) as u64;
        prop_assert_eq!(analysis.method, Method::Pairwise { checked: of, of });
        check_witnesses(&rules, &analysis);
        check_against_names(&rules, &analysis, &short_names());
    }

    /// Letters that fold together, and accents that join them only when folded.
    #[test]
    fn a_rule_that_never_wins_wins_no_awkward_name(
        lines in prop::collection::vec(
            (0..2, "(prefix |regex \\^)[jJsx\u{17f}\u{1f0}\u{30c}\u{327}]{1,2}")
                .prop_map(|(priority, pattern)| format!("{priority} {pattern}")),
            2..5,
        ),
    ) {
        let rules = rules(&lines);
        let analysis = analyze_lines(&lines, &Budget::default());
        check_witnesses(&rules, &analysis);
        let never_win = never_win(&analysis);
        for name in names_of(&['j', 'J', 's', 'x', '\u{17f}', '\u{1f0}', '\u{30c}', '\u{327}'], 3) {
            let decision = first_match(rules.iter().enumerate(), &name);
            prop_assert!(decision.is_none_or(|decision| !never_win.contains(&decision.created)), "{:?}", name);
        }
    }
}
