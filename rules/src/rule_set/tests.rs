//! Files that are read and written.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::limits::{EXAMPLE_TRIES_MAX, EXAMPLES_MAX, RULE_SET_BYTES_MAX, RULE_SET_PROBLEMS_MAX, RULES_MAX};
use crate::pattern::Pattern;
use crate::target::Target;
use crate::{EntityType, ExampleTarget, Rule, check_examples, failed_examples};

const FILE: &str = r#"[[rules]]
name = "Engineering"
match = { kind = "regex", pattern = '^eng-(?<team>\w+)$' }
exclude = [
    { kind = "prefix", pattern = "eng-bot" },
    { kind = "regex", pattern = "it's \"\\\\d\"" },
]
targets = [
    { type = "team", name = "Team ${team}" },
    { type = "concurrency_group" },
]
role = "admin"
auto_approve = true
priority = 10

[[rules]]
name = 'The "rest"'
match = { kind = "all" }
targets = [{ type = "team" }]
auto_approve = false
priority = -1
enabled = false

[[examples]]
group = "eng-search"
rule = "Engineering"
targets = [
    { type = "team", name = "Team search" },
    { type = "concurrency_group", name = "eng-search" },
]
role = "admin"

[[examples]]
group = "sales"
"#;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found = RuleSet::read(text).unwrap_err();
    let found: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_file_is_read_and_written_as_it_was() {
    let set = RuleSet::read(FILE).unwrap();
    assert_eq!(set.rules.len(), 2);
    assert_eq!(set.rules[0].exclude[1], Pattern::regex("it's \"\\\\d\""));
    assert!(set.rules[0].enabled && !set.rules[1].enabled && set.rules[0].auto_approve);
    assert_eq!(set.examples[1].rule, None);
    assert_eq!(set.write(), FILE);
}

#[test]
fn each_rule_of_a_file_has_a_name_of_its_own() {
    let rule = |name: &str| {
        format!("[[rules]]\nname = '{name}'\nmatch = {{ kind = 'all' }}\ntargets = [{{ type = 'team' }}]\n")
    };
    let text = ["one", "two", "one", "One", "one"].map(rule).concat();
    check(
        &text,
        &[
            "10:8: `rules[2].name`: the same name as `rules[0]`; rules are told apart by their names",
            "18:8: `rules[4].name`: the same name as `rules[0]`; rules are told apart by their names",
        ],
    );
}

#[test]
fn what_others_find_wrong_gets_its_line_and_column() {
    let found = [
        ("rules[1]", None, "one"),
        ("rules[0].role", None, "two"),
        ("rules[0].match.pattern", Some(2), "three"),
        ("examples[1]", None, "four"),
        ("rules[9].name", None, "five"),
    ];
    let found = found.map(|(place, offset, text)| (place.to_owned(), offset, text.to_owned()));
    let located = RuleSet::locate(FILE, found);
    let located: Vec<String> = located.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        located,
        [
            "1:1: `rules[9].name`: five",
            "3:40: `rules[0].match.pattern`: three",
            "12:8: `rules[0].role`: two",
            "16:1: `rules[1]`: one",
            "33:1: `examples[1]`: four",
        ]
    );
}

#[test]
fn a_set_without_rules_says_so() {
    let empty = RuleSet::default();
    assert_eq!(empty.write(), "rules = []\n");
    assert_eq!(RuleSet::read("rules = []").unwrap(), empty);
    check(
        "",
        &["1:1: `rules`: this is missing; add `[[rules]]`, or write `rules = []` for a set without any"],
    );
}

#[test]
fn every_problem_is_told_with_its_line_and_column() {
    let text = r#"[[rules]]
nam = "Engineering"
match = { kind = "regx", pattern = 7 }
targets = [{ type = "team", name = "${a" }]
auto_approve = "yes"
priority = 99999999999

[[rules]]
name = "é"
match = { kind = "regex", pattern = 'é(eng' }
targets = [{ type = "team", name = "é $x" }, { type = "crew" }, "team"]
role = "no role"

[[rules]]
name = "Third"
match = { kind = "regex", pattern = 'é(eng' }
targets = [{ type = "team", name = "é ${x" }, { type = "team", name = "\u00e9 ${x" }]

[[exmples]]
"#;
    check(
        text,
        &[
            "1:1: `rules[0].name`: this is missing; say what administrators call the rule",
            "2:1: `rules[0].nam`: nothing is called `nam` here; write `name`, if that is meant",
            "3:18: `rules[0].match.kind`: `regx` is not known here; write `regex`, if that is meant",
            "3:36: `rules[0].match.pattern`: a text in quotation marks is expected here, not this number",
            "4:37: `rules[0].targets[0].name`: the variable is not closed; add `}`",
            "5:16: `rules[0].auto_approve`: `true` or `false` is expected here, not a text",
            "6:12: `rules[0].priority`: a whole number from -2147483648 to 2147483647 is expected here, not this number",
            "10:39: `rules[1].match.pattern`: not a valid regular expression: unclosed group",
            "11:55: `rules[1].targets[1].type`: `crew` is not known here; write one of `team`, `concurrency_group`, \
             `sub_organization`",
            "11:65: `rules[1].targets[2]`: a table is expected here, not a text",
            "12:8: `rules[1].role`: the name cannot contain ' '",
            "16:39: `rules[2].match.pattern`: not a valid regular expression: unclosed group",
            "17:39: `rules[2].targets[0].name`: the variable is not closed; add `}`",
            "17:71: `rules[2].targets[1].name`: the variable is not closed; add `}`",
            "19:3: `exmples`: nothing is called `exmples` here; write `examples`, if that is meant",
        ],
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    check(
        "rules = []\n[[examples]\n",
        &["2:12: this is not TOML: unclosed array table, expected `]`"],
    );
    check("rules = []\nrules = []\n", &["2:1: this is not TOML: duplicate key"]);
    check(
        &" ".repeat(RULE_SET_BYTES_MAX + 1),
        &["1:1: the file is larger than 4 MiB"],
    );
}

#[test]
fn a_file_may_be_as_large_as_the_limits_say() {
    let empty = "rules = []\n#";
    let largest = empty.to_owned() + &" ".repeat(RULE_SET_BYTES_MAX - empty.len());
    assert_eq!(RuleSet::read(&largest), Ok(RuleSet::default()));

    let rules = |number| RuleSet::read(&format!("rules = [{}]", "1,".repeat(number))).unwrap_err();
    assert_eq!(rules(RULES_MAX).left_out, RULES_MAX - RULE_SET_PROBLEMS_MAX);
    let too_many = "1:9: `rules`: an organization has at most 10000 rules";
    assert_eq!(rules(RULES_MAX + 1).to_string(), too_many);
    assert_eq!(rules(RULES_MAX + 2).to_string(), too_many);
}

/// It is no sound set; leaving the text out would make another one of it.
#[test]
fn a_text_beside_the_kind_all_is_written_and_refused() {
    let mut set =
        RuleSet::read("[[rules]]\nname = \"x\"\nmatch = { kind = \"all\" }\ntargets = [{ type = \"team\" }]\n")
            .unwrap();
    set.rules[0].matching.pattern = "eng".to_owned();
    let problems = RuleSet::read(&set.write()).unwrap_err().problems;
    assert_eq!(problems[0].place, "rules[0].match.pattern");
}

#[test]
fn examples_times_rules_are_limited() {
    let read = |rules: usize| {
        let rule = |number| format!("{{name=\"{number}\", match={{kind=\"all\"}}, targets=[{{type=\"team\"}}]}},");
        let rules: String = (0..rules).map(rule).collect();
        let examples = "{group=\"x\", rule=\"0\"},".repeat(EXAMPLES_MAX);
        RuleSet::read(&format!("rules=[{rules}]\nexamples=[{examples}]"))
    };
    let most = EXAMPLE_TRIES_MAX / EXAMPLES_MAX;
    assert_eq!(read(most).map(|set| set.rules.len()), Ok(most));
    let refused = read(most + 1).unwrap_err();
    assert_eq!(refused.problems[0].place, "examples");
    assert_eq!((refused.problems.len(), refused.left_out), (1, 0), "{refused}");
}

#[test]
fn a_failed_example_is_a_problem_of_the_file() {
    let text = FILE.replace("group = \"sales\"", "group = \"eng-x\"");
    check(
        &text,
        &[
            "33:1: `examples[1]`: for the group `eng-x`, expected is: no rule decides it; but it would be: rule `Engineering`",
        ],
    );
    check(
        "rules = []\n[[examples]]\ngroup = \"\"\nrole = \"admin\"\n",
        &[
            "2:1: `examples[0].rule`: what is given to a group is given by a rule; name the rule, or leave out the targets and \
             the role",
            "3:9: `examples[0].group`: a name is needed",
        ],
    );
}

#[test]
fn many_problems_are_counted() {
    let found = RuleSet::read(&"[[rules]]\n".repeat(80)).unwrap_err();
    assert_eq!(found.problems.len(), RULE_SET_PROBLEMS_MAX);
    assert_eq!(found.left_out, 3 * 80 - RULE_SET_PROBLEMS_MAX);
    assert!(found.to_string().ends_with("\nand 140 more"), "{found}");
}

/// Texts with all that a writer can get wrong.
fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex(r#"[a-z'"\\\[\]{}=#$\u{e9}\u{85}\u{7f}\n\t ]{1,12}"#).unwrap()
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        text().prop_map(Pattern::regex),
        text().prop_map(Pattern::prefix),
        Just(Pattern::all())
    ]
}

fn entity_type() -> impl Strategy<Value = EntityType> {
    proptest::sample::select(EntityType::ALL.to_vec())
}

fn any_rule() -> impl Strategy<Value = RuleDefinition> {
    let target = (entity_type(), option::of(text())).prop_map(|(entity_type, name)| Target { entity_type, name });
    let parts = (
        text(),
        any_pattern(),
        vec(any_pattern(), 0..3),
        vec(target, 1..3),
        option::of("[a-z0-9_-]{1,8}"),
        any::<(bool, i32, bool)>(),
    );
    parts.prop_map(
        |(name, matching, exclude, targets, role, (auto_approve, priority, enabled))| RuleDefinition {
            name,
            matching,
            exclude,
            targets,
            role: role.map(|role| role.parse().unwrap()),
            auto_approve,
            priority,
            enabled,
        },
    )
}

fn any_example() -> impl Strategy<Value = Example> {
    let target = (entity_type(), text()).prop_map(|(entity_type, name)| ExampleTarget { entity_type, name });
    let parts = (
        text(),
        option::of(text()),
        option::of(vec(target, 0..3)),
        option::of("[a-z0-9_-]{1,8}"),
    );
    parts.prop_map(|(group, rule, targets, role)| Example {
        group,
        rule,
        targets,
        role: role.map(|role| role.parse().unwrap()),
    })
}

proptest! {
    /// Sets that can be no sets at all are written so that reading them tells their problems, and no others.
    #[test]
    fn what_was_written_reads_as_the_same_set(rules in vec(any_rule(), 0..4), examples in vec(any_example(), 0..4)) {
        let set = RuleSet { rules, examples };
        let compiled: Vec<_> = set.rules.iter().map(|rule| Rule::compile(rule.clone())).collect();
        let compile = compiled.iter().all(Result::is_ok);
        let rules: Vec<Rule> = compiled.into_iter().flatten().collect();
        let names: BTreeSet<&str> = set.rules.iter().map(|rule| rule.name.as_str()).collect();
        let sound = compile
            && names.len() == set.rules.len()
            && check_examples(&set.examples).is_ok()
            && failed_examples(&set.examples, rules.iter().enumerate()).is_empty();
        match RuleSet::read(&set.write()) {
            Ok(read) => prop_assert_eq!(read, set),
            Err(problems) => {
                prop_assert!(!sound, "{}", problems);
                prop_assert!(problems.problems.iter().all(|problem| !problem.text.contains("TOML")), "{}", problems);
            }
        }
    }

    #[test]
    fn sound_sets_are_read_back(rules in vec(any_rule(), 0..6)) {
        let mut names = BTreeSet::new();
        let is_sound = |rule: &RuleDefinition| Rule::compile(rule.clone()).is_ok() && names.insert(rule.name.clone());
        let rules: Vec<_> = rules.into_iter().filter(is_sound).collect();
        let set = RuleSet { rules, examples: Vec::new() };
        prop_assert_eq!(RuleSet::read(&set.write()), Ok(set));
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>()) {
        let _ = RuleSet::read(&text);
    }

    #[test]
    fn no_damage_to_a_file_makes_reading_panic(at in 0..FILE.len(), length in 0..40usize, new in "[\\[\\]={}'\"\\n a1.]{0,6}") {
        let mut text = FILE.to_owned();
        if FILE.is_char_boundary(at) {
            text.replace_range(at..(at + length).min(FILE.len()), &new);
        }
        if let Err(problems) = RuleSet::read(&text) {
            prop_assert!(problems.problems.iter().all(|problem| problem.line > 0 && problem.column > 0));
        }
    }
}
