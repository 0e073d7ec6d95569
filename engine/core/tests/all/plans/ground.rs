//! What a plan was worked out with stays until it has ended: rules, examples and settings.

use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::{Command, MappingIndex, Rejection, SettingsChange};

use super::{applied, apply, go_on, rules, teams, up_to_date};
use crate::world::{World, match_all};

/// A world in which a plan has begun, and has groups before it; and every command that would change what it builds on.
fn begun() -> (World, Vec<Command>) {
    let mut world = World::default();
    world.rule(match_all(EntityType::ConcurrencyGroup));
    world.user("ana");
    world.group("eng", &["ana"]);
    let begin = apply(rules(vec![teams("${display_name}")]), &world);
    world.done(&begin);
    let rule = world.state.rules().iter().next().unwrap().id;
    let commands = vec![
        Command::CreateRule {
            definition: RuleDefinition {
                name: "another".to_owned(),
                ..teams("Team ${display_name}")
            },
        },
        Command::ChangeRule {
            rule,
            definition: teams("Team ${display_name}"),
        },
        Command::DeleteRule { rule },
        Command::SaveRuleSet {
            rules: Vec::new(),
            examples: None,
        },
        Command::SaveRuleSet {
            rules: rules(vec![teams("${display_name}")]).rules.unwrap(),
            examples: Some(Vec::new()),
        },
        Command::ChangeSettings {
            change: SettingsChange {
                one_group_per_entity: Some(true),
                ..SettingsChange::default()
            },
        },
    ];
    (world, commands)
}

#[test]
fn rules_examples_and_settings_wait_for_the_end_of_a_plan() {
    let (mut world, commands) = begun();
    for command in &commands {
        assert_eq!(world.run(command), Err(Rejection::PlanRuns), "{command:?}");
    }
    go_on(&mut world);
    for command in &commands {
        let told = world.run(command);
        assert!(!matches!(told, Err(Rejection::PlanRuns)), "{command:?}");
    }
}

#[test]
fn they_need_not_wait_for_a_plan_that_was_stopped() {
    let (mut world, commands) = begun();
    let plan = world.state.plan_run().unwrap().plan;
    world.done(&Command::StopPlan { plan });
    world.done(&commands[0]);
}

#[test]
fn providers_and_persons_who_decide_on_one_mapping_are_served_meanwhile() {
    let (mut world, _) = begun();
    world.user("ben");
    world.group("ops", &["ben"]);
    let mapping = world.state.mappings_from(MappingIndex::from(0)).next().unwrap().id;
    world.done(&Command::PauseMapping { mapping });
    go_on(&mut world);
    applied(&mut world, up_to_date());
}
