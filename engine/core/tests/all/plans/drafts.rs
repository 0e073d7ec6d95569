//! What a draft changes, and how it is carried out.

use rolecall_engine::plan::{Draft, ExceptionChange, MappingChange};
use rolecall_engine::rules::{EntityType, Example, RuleDefinition};
use rolecall_engine::{
    Command, ExceptionInput, ExceptionKind, ExceptionSubject, Fact, MappingTarget, PlanId, Rejection, SettingsChange,
};

use super::{applied, apply, by_person, go_on, rules, up_to_date};
use crate::world::{World, match_all};

#[test]
fn settings_and_mappings_change_with_the_rules_in_one_entry() {
    let mut world = World::default();
    world.user("ana");
    let group = world.group("eng", &["ana"]);
    let owner = RuleDefinition {
        role: Some("owner".parse().unwrap()),
        ..match_all(EntityType::Team)
    };
    let roles = ["guest", "user", "admin", "owner"].map(|role| role.parse().unwrap());
    let draft = Draft {
        settings: SettingsChange {
            roles: Some(roles.to_vec()),
            ..SettingsChange::default()
        },
        mappings: vec![MappingChange::Create {
            group,
            target: MappingTarget::Named {
                entity_type: EntityType::Team,
                name: "by hand".to_owned(),
            },
        }],
        ..rules(vec![owner])
    };
    let command = apply(draft, &world);
    let first = world.done(&command);
    let kinds: Vec<_> = first.facts.iter().map(Fact::kind).collect();
    assert_eq!(
        kinds,
        ["settings_changed", "rule_created", "mapping_requested", "plan_started"]
    );
    go_on(&mut world);
    assert_eq!(world.placed("ana"), ["team by hand", "team eng"]);
    assert_eq!(world.role("ana").as_deref(), Some("owner"));
}

#[test]
fn each_change_of_a_draft_is_judged_by_what_those_before_it_lead_to() {
    let mut world = World::default();
    let [one, two] = ["one", "two"].map(|name| world.group(name, &[]));
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "shared".to_owned(),
    };
    let bind = |group| MappingChange::Create {
        group,
        target: target.clone(),
    };
    let draft = Draft {
        mappings: vec![bind(one), bind(two)],
        ..Draft::default()
    };
    let command = apply(draft.clone(), &world);
    let refused = world.run(&command).unwrap_err();
    let Rejection::Planned { place, reason } = refused else {
        panic!("placed: {refused:?}")
    };
    assert_eq!(place, "mappings[1]");
    assert!(
        matches!(*reason, Rejection::EntityOwned { by, .. } if by == one),
        "{reason}"
    );
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    applied(&mut world, draft);
    assert_eq!(world.all_mappings(), ["team shared: approved", "team shared: approved"]);
    assert_eq!(world.state.entities_named(EntityType::Team, "shared").count(), 1);
}

fn example(group: &str, rule: Option<&str>) -> Example {
    Example {
        group: group.to_owned(),
        rule: rule.map(str::to_owned),
        targets: None,
        role: None,
    }
}

#[test]
fn rules_and_the_examples_that_they_break_change_in_one_plan() {
    let mut world = World::default();
    let rule = match_all(EntityType::Team);
    let name = rule.name.clone();
    let first = Draft {
        examples: Some(vec![example("eng", Some(&name))]),
        ..rules(vec![rule])
    };
    applied(&mut world, first);
    let refused = world.rehearse(&rules(Vec::new())).unwrap_err();
    assert!(matches!(refused, Rejection::Examples(_)), "{refused}");
    let both = Draft {
        examples: Some(vec![example("eng", None)]),
        ..rules(Vec::new())
    };
    assert!(world.rehearse(&both).unwrap().examples);
    applied(&mut world, both);
    assert_eq!(world.state.rules().examples(), [example("eng", None)]);
    // Examples alone leave the rules as they are.
    let broken = Draft {
        examples: Some(vec![example("eng", Some(&name))]),
        ..Draft::default()
    };
    assert!(matches!(world.rehearse(&broken), Err(Rejection::Examples(_))));
}

#[test]
fn exceptions_are_set_and_end_with_the_rules() {
    let mut world = World::default();
    let user = world.user("ana");
    world.group("eng", &["ana"]);
    let role = RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..match_all(EntityType::Team)
    };
    let exclusion = |reason: &str| {
        ExceptionChange::Set(ExceptionInput {
            kind: ExceptionKind::Exclusion,
            user,
            subject: ExceptionSubject::Role("admin".parse().unwrap()),
            reason: reason.to_owned(),
            expires: None,
        })
    };
    let draft = |exceptions| Draft {
        exceptions,
        ..rules(vec![role.clone()])
    };
    let refused = world.rehearse(&draft(vec![exclusion("left the board"), exclusion("twice")]));
    assert!(
        matches!(&refused, Err(Rejection::Planned { place, .. }) if place == "exceptions[1]"),
        "{refused:?}"
    );
    let effect = world.rehearse(&draft(vec![exclusion("left the board")])).unwrap();
    assert_eq!((effect.exceptions.set, effect.roles), (1, Vec::new()));
    applied(&mut world, draft(vec![exclusion("left the board")]));
    assert_eq!(
        (world.role("ana").as_deref(), world.placed("ana")),
        (Some("user"), vec!["team eng".to_owned()])
    );

    let set = world.state.exceptions().after(None).next().unwrap().id;
    let end = Draft {
        exceptions: vec![ExceptionChange::Remove(set)],
        ..Draft::default()
    };
    let effect = world.rehearse(&end).unwrap();
    assert_eq!((effect.exceptions.removed, effect.roles.len()), (1, 1));
    applied(&mut world, end);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}

#[test]
fn a_mapping_is_named_once() {
    let mut world = World::default();
    world.rule(by_person(match_all(EntityType::Team)));
    world.group("eng", &[]);
    let mapping = world.mappings("eng")[0].id;
    let draft = Draft {
        mappings: vec![
            MappingChange::Reject { mapping },
            MappingChange::Approve { mapping, target: None },
        ],
        ..Draft::default()
    };
    let command = apply(draft, &world);
    let refused = world.run(&command).unwrap_err();
    assert!(matches!(refused, Rejection::Planned { reason, .. } if *reason == Rejection::MappingTwice));
}

#[test]
fn a_plan_is_for_the_state_it_was_made_for_and_runs_alone() {
    let mut world = World::default();
    let command = apply(up_to_date(), &world);
    world.group("eng", &[]);
    assert!(matches!(world.run(&command), Err(Rejection::PlanOutdated { .. })));
    let command = apply(up_to_date(), &world);
    world.done(&command);
    let another = apply(up_to_date(), &world);
    assert_eq!(world.run(&another), Err(Rejection::PlanRuns));
    let plan = PlanId::new(uuid::Uuid::max());
    let stop = Command::StopPlan { plan };
    assert_eq!(world.run(&stop), Err(Rejection::PlanNotRunning));
    let plan = PlanId::new(uuid::Uuid::nil());
    let stop = Command::StopPlan { plan };
    world.done(&stop);
    assert_eq!(world.run(&stop), Err(Rejection::PlanNotRunning));
    assert_eq!(world.run(&Command::ContinuePlan), Ok(None));
}

#[test]
fn a_step_takes_on_whole_groups_and_a_bounded_number_of_members() {
    let mut world = World::default();
    let names: Vec<String> = (0..10).map(|number| format!("user-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in &names {
        world.user(name);
    }
    for number in 0..600 {
        world.group(&format!("group {number}"), &names);
    }
    let command = apply(rules(vec![match_all(EntityType::Team)]), &world);
    world.done(&command);
    let mut reached = Vec::new();
    while let Some(entry) = world.run(&Command::ContinuePlan).unwrap() {
        if let [Fact::PlanStepped { to, .. }] = entry.facts.as_slice() {
            reached.push(u32::from(*to));
            assert_eq!(world.placed("user-0").len(), reached.last().copied().unwrap() as usize);
        }
    }
    assert_eq!(reached, [256, 512, 600]);
    applied(&mut world, up_to_date());
    let last: Vec<_> = world
        .entries
        .iter()
        .rev()
        .take(3)
        .map(|entry| entry.consequences.len())
        .collect();
    assert_eq!(
        last,
        [0, 0, 0],
        "a second plan has one step over all groups, and changes nothing"
    );
}
