//! Saving a whole set of rules at once.

use rolecall_engine::limits::EXAMPLE_TRIES_MAX;
use rolecall_engine::rules::{EntityType, Example, Pattern, RuleDefinition};
use rolecall_engine::{Command, DraftRule, Fact, Rejection, RuleId, RuleVersion};

use crate::world::{World, match_all};

fn named(name: &str, prefix: &str) -> RuleDefinition {
    RuleDefinition {
        name: name.to_owned(),
        matching: Pattern::prefix(prefix),
        ..match_all(EntityType::Team)
    }
}

fn draft(id: Option<RuleId>, name: &str, prefix: &str) -> DraftRule {
    let definition = named(name, prefix);
    DraftRule { id, definition }
}

fn save(world: &mut World, rules: Vec<DraftRule>) -> Vec<&'static str> {
    let entry = world.run(&Command::SaveRuleSet { rules, examples: None }).unwrap();
    let facts = entry.map(|entry| entry.facts).unwrap_or_default();
    facts.iter().map(Fact::kind).collect()
}

/// The places of all that is wrong.
fn refused(world: &mut World, rules: Vec<DraftRule>) -> Vec<String> {
    let before = world.state.clone();
    let Err(Rejection::RuleSet(problems)) = world.run(&Command::SaveRuleSet { rules, examples: None }) else {
        panic!("refused");
    };
    assert_eq!(world.state, before);
    problems.iter().map(|problem| problem.place.clone()).collect()
}

#[test]
fn rules_are_found_by_id_and_by_name_and_what_is_not_listed_goes() {
    let mut world = World::default();
    let [one, two, _gone] = ["one", "two", "gone"].map(|name| world.rule(named(name, name)));
    let drafts = vec![
        draft(None, "new", "n"),
        draft(None, "two", "2"),
        draft(Some(one), "renamed", "one"),
    ];
    let kinds = save(&mut world, drafts.clone());
    assert_eq!(kinds, ["rule_deleted", "rule_created", "rule_changed", "rule_changed"]);
    assert_eq!(world.state.rules().len(), 3);
    let version = |rule| world.state.rules().get(rule).map(|stored| stored.version);
    assert_eq!((version(one), version(two)), (Some(2), Some(2)));
    assert_eq!(save(&mut world, drafts), Vec::<&str>::new(), "everything is so already");
}

#[test]
fn rules_of_one_name_are_refused() {
    let mut world = World::default();
    let rule = world.rule(named("sales", "sales-"));
    let other = world.rule(named("engineering", "eng-"));
    let taken = Err(Rejection::RuleNameTaken { by: rule });
    let again = named("sales", "s-");
    let create = Command::CreateRule {
        definition: again.clone(),
    };
    assert_eq!(world.run(&create), taken);
    let change = |rule| Command::ChangeRule {
        rule,
        definition: again.clone(),
    };
    assert_eq!(world.run(&change(other)), taken);
    world.done(&change(rule));

    let twice = vec![
        draft(Some(other), "both", "a"),
        draft(None, "ops", "b"),
        draft(None, "both", "c"),
    ];
    let save = Command::SaveRuleSet {
        rules: twice,
        examples: None,
    };
    let Err(Rejection::RuleSet(problems)) = world.run(&save) else {
        panic!("a name twice")
    };
    assert_eq!(
        problems.to_string(),
        "`rules[2].name`: the same name as `rules[0]`; rules are told apart by their names"
    );
}

#[test]
fn two_rules_can_change_their_names_with_each_other_in_one_set() {
    let mut world = World::default();
    let [one, other] = ["a", "b"].map(|name| world.rule(named(name, name)));
    save(
        &mut world,
        vec![draft(Some(one), "b", "a"), draft(Some(other), "a", "b")],
    );
    let name = |rule| world.state.rules().get(rule).unwrap().rule.definition().name.clone();
    assert_eq!((name(one), name(other)), ("b".to_owned(), "a".to_owned()));
}

#[test]
fn of_new_rules_the_one_that_stands_first_decides() {
    let mut world = World::default();
    let drafts: Vec<DraftRule> = (0..20)
        .map(|number| draft(None, &format!("rule {number}"), "e"))
        .collect();
    save(&mut world, drafts);
    let names: Vec<&str> = world
        .state
        .rules()
        .iter()
        .map(|stored| stored.rule.definition().name.as_str())
        .collect();
    let listed: Vec<String> = (0..20).map(|number| format!("rule {number}")).collect();
    assert_eq!(names, listed);
}

#[test]
fn all_problems_of_all_rules_are_told_with_their_places() {
    let mut world = World::default();
    let rule = world.rule(named("one", "one"));
    let mut bad = draft(None, "", "x");
    bad.definition.targets.clear();
    bad.definition.role = Some("emperor".parse().unwrap());
    let unknown = draft(Some(RuleId::new(uuid::Uuid::nil())), "lost", "x");
    let drafts = vec![
        draft(Some(rule), "one", "o"),
        bad,
        unknown,
        draft(Some(rule), "again", "a"),
    ];
    assert_eq!(
        refused(&mut world, drafts),
        [
            "rules[1].name",
            "rules[1].targets",
            "rules[1].role",
            "rules[2].id",
            "rules[3].id"
        ]
    );
}

#[test]
fn saving_a_set_moves_nobody() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    assert_eq!(save(&mut world, Vec::new()), ["rule_deleted"]);
    assert_eq!(world.placed("ana"), ["team eng"]);
    assert!(world.state.is_stale(&world.mappings("eng")[0]));
}

fn example(group: &str, rule: Option<&str>) -> Example {
    Example {
        group: group.to_owned(),
        rule: rule.map(str::to_owned),
        targets: None,
        role: None,
    }
}

/// Rules with examples that they fulfil.
fn with_examples() -> (World, RuleId) {
    let mut world = World::default();
    let rules = vec![draft(None, "eng", "eng-"), draft(None, "all", "e")];
    let examples = Some(vec![example("eng-web", Some("eng")), example("sales", None)]);
    let entry = world.done(&Command::SaveRuleSet { rules, examples });
    let kinds: Vec<&str> = entry.facts.iter().map(Fact::kind).collect();
    assert_eq!(kinds, ["rule_created", "rule_created", "examples_saved"]);
    let rule = world.state.rules().iter().next().unwrap().id;
    (world, rule)
}

/// The failing examples, as text.
fn broken(world: &mut World, command: &Command) -> Vec<String> {
    let before = world.state.clone();
    let Err(Rejection::Examples(failed)) = world.run(command) else {
        panic!("refused");
    };
    assert_eq!(world.state, before);
    failed.iter().map(ToString::to_string).collect()
}

#[test]
fn every_save_that_breaks_an_example_is_refused_with_all_that_fail() {
    let (mut world, rule) = with_examples();
    let eng = "for the group `eng-web`, expected is: rule `eng`; but it would be: rule `all`";
    let sales = "for the group `sales`, expected is: no rule decides it; but it would be: rule `everything`";
    let delete = Command::DeleteRule { rule };
    assert_eq!(broken(&mut world, &delete), [eng]);
    let change = Command::ChangeRule {
        rule,
        definition: named("eng", "engineering-"),
    };
    assert_eq!(broken(&mut world, &change), [eng]);
    let create = Command::CreateRule {
        definition: match_all(EntityType::Team),
    };
    assert_eq!(broken(&mut world, &create), [sales]);
    let set = Command::SaveRuleSet {
        rules: vec![draft(None, "all", "e"), draft(None, "s", "s")],
        examples: None,
    };
    let s = "for the group `sales`, expected is: no rule decides it; but it would be: rule `s`";
    assert_eq!(broken(&mut world, &set), [eng, s]);
}

#[test]
fn a_save_may_bring_the_examples_that_go_with_it() {
    let (mut world, rule) = with_examples();
    let rules = || vec![draft(None, "all", "e")];
    let refused = Command::SaveRuleSet {
        rules: rules(),
        examples: Some(vec![example("sales", Some("all"))]),
    };
    assert_eq!(broken(&mut world, &refused).len(), 1);
    let examples = Some(vec![example("eng-web", Some("all"))]);
    let accepted = Command::SaveRuleSet {
        rules: rules(),
        examples,
    };
    let entry = world.done(&accepted);
    let kinds: Vec<&str> = entry.facts.iter().map(Fact::kind).collect();
    assert_eq!(kinds, ["rule_deleted", "examples_saved"]);
    assert!(world.state.rules().get(rule).is_none());
    assert_eq!(world.run(&accepted), Ok(None), "everything is so already");
}

#[test]
fn the_first_examples_of_all_have_to_be_fulfilled_too() {
    let mut world = World::default();
    let saved = |expected| Command::SaveRuleSet {
        rules: vec![draft(None, "eng", "eng-")],
        examples: Some(vec![example("eng-web", expected)]),
    };
    let failed = "for the group `eng-web`, expected is: no rule decides it; but it would be: rule `eng`";
    assert_eq!(broken(&mut world, &saved(None)), [failed]);
    world.done(&saved(Some("eng")));
}

#[test]
fn what_cannot_be_an_example_is_refused() {
    let mut world = World::default();
    let examples = Some(vec![example(" ", None)]);
    let refused = world.run(&Command::SaveRuleSet {
        rules: Vec::new(),
        examples,
    });
    let Err(Rejection::Rule(problems)) = refused else {
        panic!("refused");
    };
    assert_eq!(problems.to_string(), "`examples[0].group`: a name is needed");
}

#[test]
fn stale_mappings_are_counted_by_rule() {
    let mut world = World::default();
    let rule = world.rule(named("eng", "eng-"));
    world.group("eng-web", &[]);
    world.group("eng-api", &[]);
    assert_eq!(
        (world.state.stale_mappings_of(rule), world.state.stale_mappings()),
        (0, 0)
    );
    world.rename("eng-web", "web");
    assert_eq!(world.state.stale_mappings_of(rule), 1, "decided by no rule any more");
    let definition = named("eng", "eng");
    world.done(&Command::ChangeRule { rule, definition });
    assert_eq!(world.state.stale_mappings_of(rule), 2, "made by an older version");
    world.delete_group("web");
    assert_eq!(world.state.stale_mappings_of(rule), 1);
    world.done(&Command::DeleteRule { rule });
    assert_eq!(
        (world.state.stale_mappings_of(rule), world.state.stale_mappings()),
        (1, 1)
    );
}

fn examples(count: usize) -> Vec<Example> {
    let example = |number| Example {
        group: format!("x{number}"),
        rule: Some("x".to_owned()),
        targets: None,
        role: None,
    };
    (0..count).map(example).collect()
}

#[test]
fn examples_times_rules_are_limited() {
    let rules = EXAMPLE_TRIES_MAX / 1_000;
    let named = |number| draft(None, &format!("{number}"), &format!("n{number}-"));
    let mut drafts: Vec<DraftRule> = (1..rules).map(named).collect();
    drafts.push(draft(None, "x", "x"));
    let mut world = World::default();
    let command = |rules: &[DraftRule], examples| Command::SaveRuleSet {
        rules: rules.to_vec(),
        examples: Some(examples),
    };
    assert!(world.run(&command(&drafts, examples(1_000))).is_ok());
    let one_more = Command::CreateRule {
        definition: self::named("more", "more"),
    };
    let refused = Err(Rejection::TooManyExamples {
        examples: 1_000,
        rules: rules + 1,
    });
    assert_eq!(world.run(&one_more), refused);
    assert!(world.run(&command(&drafts, examples(999))).is_ok());
    assert!(world.run(&one_more).is_ok());
}

#[test]
fn versions_of_rules_are_known_while_they_stand_or_a_mapping_names_them() {
    let mut world = World::default();
    let rule = world.rule(named("one", "eng"));
    let change = |world: &mut World, prefix: &str| {
        let definition = named("one", prefix);
        world.done(&Command::ChangeRule { rule, definition });
    };
    let is_known = |world: &World, version| world.state.rules().saved(RuleVersion { rule, version }).is_some();
    change(&mut world, "eng-");
    assert_eq!((world.state.rules().versions(), is_known(&world, 1)), (1, false));
    world.group("eng-search", &[]);
    change(&mut world, "other");
    change(&mut world, "others");
    assert_eq!(
        [1, 2, 3, 4].map(|version| is_known(&world, version)),
        [false, true, false, true]
    );
    world.done(&Command::DeleteRule { rule });
    assert_eq!([2, 4].map(|version| is_known(&world, version)), [true, false]);
    world.delete_group("eng-search");
    assert_eq!(world.state.rules().versions(), 0);
}
