//! What applying a plan does to the groups that there are (SEMANTICS 3.5 and 8.1).

use rolecall_engine::plan::{self, Draft, ExceptionChange, MappingChange};
use rolecall_engine::rules::{EntityType, Example, Pattern, RuleDefinition, Target};
use rolecall_engine::state::PlanEnd;
use rolecall_engine::{
    Actor, Command, DraftRule, ExceptionInput, ExceptionKind, ExceptionSubject, Fact, GroupIndex, MappingStatus,
    MappingTarget, PlanId, Rejection, SettingsChange,
};

use crate::world::{World, match_all};

/// The rules that are to be, and nothing else.
pub(crate) fn rules(definitions: Vec<RuleDefinition>) -> Draft {
    let draft = |definition| DraftRule { id: None, definition };
    Draft {
        rules: Some(definitions.into_iter().map(draft).collect()),
        rerun: true,
        ..Draft::default()
    }
}

pub(crate) fn up_to_date() -> Draft {
    Draft {
        rerun: true,
        ..Draft::default()
    }
}

fn teams(name: &str) -> RuleDefinition {
    with_target(EntityType::Team, name)
}

fn with_target(entity_type: EntityType, name: &str) -> RuleDefinition {
    RuleDefinition {
        targets: vec![Target {
            entity_type,
            name: Some(name.to_owned()),
        }],
        ..match_all(entity_type)
    }
}

fn by_person(definition: RuleDefinition) -> RuleDefinition {
    RuleDefinition {
        auto_approve: false,
        ..definition
    }
}

pub(crate) fn apply(draft: Draft, world: &World) -> Command {
    Command::ApplyPlan {
        plan: PlanId::new(uuid::Uuid::nil()),
        draft,
        author: Actor::Root,
        expected: world.state.position(),
    }
}

/// Applies a draft to its end.
pub(crate) fn applied(world: &mut World, draft: Draft) {
    let command = apply(draft, world);
    world.done(&command);
    go_on(world);
}

/// Takes the steps that are left.
pub(crate) fn go_on(world: &mut World) {
    while world.run(&Command::ContinuePlan).unwrap().is_some() {}
    let run = world.state.plan_run().unwrap();
    assert_eq!((run.ended, run.groups_done()), (Some(PlanEnd::Finished), run.groups));
}

/// The mappings of a group that are stale and do not stand beside one that waits to replace them.
pub(crate) fn stale(world: &World) -> Vec<MappingStatus> {
    let groups = world.state.groups_from(GroupIndex::from(0));
    let waits = |group: &&_| {
        let mut mappings = world.state.mappings_of(group);
        mappings.any(|mapping| {
            let reason = mapping.status.reason().filter(|_| mapping.status.is_pending());
            reason.is_some_and(|reason| reason == "rule_changed" || reason.starts_with("ceiling_"))
        })
    };
    let groups = groups.filter(|group| !waits(group));
    let mappings = groups.flat_map(|group| world.state.mappings_of(group));
    let stale = mappings.filter(|mapping| world.state.is_stale(mapping));
    stale.map(|mapping| mapping.status).collect()
}

/// A world of one group, `eng` with `ana` in it, that this rule has decided; then these rules are applied.
fn changed(before: RuleDefinition, after: Vec<RuleDefinition>) -> World {
    let mut world = World::default();
    world.rule(before);
    world.user("ana");
    world.group("eng", &["ana"]);
    applied(&mut world, rules(after));
    assert_eq!(stale(&world), []);
    world
}

/// Settings without the role `lead`, which a rule has granted to Ana.
fn without_lead(after: RuleDefinition) -> (World, Draft) {
    let role = |name: &str| name.parse().unwrap();
    let mut world = World::default();
    world.settings(SettingsChange {
        roles: Some(["guest", "user", "lead", "admin"].map(role).to_vec()),
        ..SettingsChange::default()
    });
    world.rule(leads());
    world.user("ana");
    world.group("eng", &["ana"]);
    assert_eq!(world.role("ana").as_deref(), Some("lead"));
    let settings = SettingsChange {
        roles: Some(["guest", "user", "admin"].map(role).to_vec()),
        ..SettingsChange::default()
    };
    let draft = Draft {
        settings,
        ..rules(vec![after])
    };
    (world, draft)
}

fn leads() -> RuleDefinition {
    RuleDefinition {
        role: Some("lead".parse().unwrap()),
        ..match_all(EntityType::Team)
    }
}

#[test]
fn a_plan_drops_a_role_together_with_the_rule_that_grants_it() {
    let (mut world, draft) = without_lead(match_all(EntityType::Team));
    let alone = Command::ChangeSettings {
        change: draft.settings.clone(),
    };
    assert!(matches!(
        world.run(&alone),
        Err(Rejection::Setting { setting: "roles", .. })
    ));
    applied(&mut world, draft);
    assert_eq!(world.role("ana").as_deref(), Some("user"));
    assert_eq!(world.placed("ana"), ["team eng"]);
}

#[test]
fn a_plan_does_not_drop_a_role_that_its_rules_still_grant() {
    let (mut world, draft) = without_lead(leads());
    let refused = world.run(&apply(draft, &world)).unwrap_err();
    let Rejection::RuleSet(problems) = refused else {
        panic!("{refused}");
    };
    assert_eq!(problems.to_string().matches("rules[0].role").count(), 1, "{problems}");
}

#[test]
fn a_plan_tells_its_effect_and_leaves_the_state_alone() {
    let mut world = World::default();
    let rule = world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    let definition = RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..teams("Team ${display_name}")
    };
    let draft = Draft {
        rules: Some(vec![DraftRule {
            id: Some(rule),
            definition,
        }]),
        ..up_to_date()
    };
    let effect = world.rehearse(&draft).unwrap();
    assert_eq!(
        (effect.rules.created, effect.rules.changed, effect.rules.deleted),
        (0, 1, 0)
    );
    assert_eq!(effect.groups_decided, 1);
    let words: Vec<_> = effect
        .mappings
        .iter()
        .map(|mapping| (mapping.word(), mapping.entity.name.as_deref().unwrap()))
        .collect();
    assert_eq!(words, [("ended", "eng"), ("auto_approved", "Team eng")]);
    let names: Vec<_> = effect
        .entities
        .iter()
        .map(|entity| (&entity.entity.entity, entity.entity.name.as_deref()))
        .collect();
    assert_eq!(names, [(&None, Some("Team eng"))]);
    let members: Vec<_> = effect
        .members
        .iter()
        .map(|members| (members.added.len(), members.removed.len()))
        .collect();
    assert_eq!(members, [(0, 1), (1, 0)]);
    let [role] = effect.roles.as_slice() else {
        panic!("one change of roles: {effect:?}")
    };
    assert!(role.raised && role.users.len() == 1);
    assert_eq!(world.placed("ana"), ["team eng"]);
    applied(&mut world, draft);
    assert!(world.rehearse(&up_to_date()).unwrap().is_nothing());
}

#[test]
fn the_hash_of_a_plan_is_of_its_state_its_draft_and_its_effect() {
    let mut world = World::default();
    world.user("ana");
    world.group("eng", &["ana"]);
    let hash = |world: &World, draft: &Draft| {
        plan::measure(world.state.position(), draft, &world.rehearse(draft).unwrap()).hash
    };
    let draft = rules(vec![match_all(EntityType::Team)]);
    let first = hash(&world, &draft);
    assert_eq!(hash(&world, &draft), first);
    assert_ne!(hash(&world, &rules(vec![teams("other")])), first);
    world.user("ben");
    assert_ne!(hash(&world, &draft), first);
}

#[test]
fn groups_that_no_rule_had_decided_are_decided() {
    let mut world = World::default();
    world.user("ana");
    world.group("eng", &["ana"]);
    applied(&mut world, rules(vec![match_all(EntityType::Team)]));
    assert_eq!(world.placed("ana"), ["team eng"]);
    assert!(world.group_named("eng").decided_by.is_some());
}

#[test]
fn a_mapping_that_the_rules_would_make_too_stays_and_is_no_longer_stale() {
    let admin = RuleDefinition {
        role: Some("admin".parse().unwrap()),
        priority: 3,
        ..match_all(EntityType::Team)
    };
    let world = changed(match_all(EntityType::Team), vec![admin]);
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(
        (world.placed("ana"), world.role("ana").as_deref()),
        (vec!["team eng".to_owned()], Some("admin"))
    );
}

#[test]
fn a_mapping_stays_under_another_rule_that_makes_it_too() {
    let other = RuleDefinition {
        name: "other".to_owned(),
        ..teams("${display_name}")
    };
    let world = changed(match_all(EntityType::Team), vec![other]);
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
}

#[test]
fn a_mapping_stays_though_its_rule_no_longer_approves() {
    let world = changed(
        match_all(EntityType::Team),
        vec![by_person(match_all(EntityType::Team))],
    );
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team eng"]);
}

#[test]
fn new_mappings_are_built_and_those_that_no_rule_makes_end() {
    let world = changed(match_all(EntityType::Team), vec![teams("Team ${display_name}")]);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(rules_changed)", "team Team eng: auto_approved"]
    );
    assert_eq!(world.placed("ana"), ["team Team eng"]);
    assert!(
        world.state.entities_named(EntityType::Team, "eng").next().is_some(),
        "entities stay"
    );
}

#[test]
fn mappings_end_when_no_rule_is_left() {
    let world = changed(match_all(EntityType::Team), Vec::new());
    assert_eq!(world.all_mappings(), ["team eng: ended(rules_changed)"]);
    assert!(world.placed("ana").is_empty() && world.group_named("eng").decided_by.is_none());
}

#[test]
fn what_a_person_has_to_approve_waits_beside_what_it_replaces() {
    let mut world = changed(match_all(EntityType::Team), vec![by_person(teams("new"))]);
    assert_eq!(
        world.all_mappings(),
        ["team eng: auto_approved", "team new: pending(rule_changed)"]
    );
    assert_eq!(world.placed("ana"), ["team eng"]);
    let mapping = world.mappings("eng")[1].id;
    world.approve(mapping);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(replaced)", "team new: approved"]
    );
    assert_eq!(world.placed("ana"), ["team new"]);
    assert_eq!(stale(&world), []);
}

#[test]
fn what_a_person_approved_is_replaced_like_what_a_rule_approved() {
    let mut world = World::default();
    world.rule(by_person(match_all(EntityType::Team)));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    world.approve(mapping);
    applied(&mut world, rules(vec![by_person(teams("new"))]));
    assert_eq!(
        world.all_mappings(),
        ["team eng: approved", "team new: pending(rule_changed)"]
    );
    let mapping = world.mappings("eng")[1].id;
    world.approve(mapping);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(replaced)", "team new: approved"]
    );
    applied(&mut world, rules(vec![teams("newer")]));
    assert_eq!(world.placed("ana"), ["team newer"]);
}

#[test]
fn a_target_that_is_dropped_ends_though_nothing_takes_its_place() {
    let both = RuleDefinition {
        targets: vec![
            Target {
                entity_type: EntityType::Team,
                name: Some("a".to_owned()),
            },
            Target {
                entity_type: EntityType::Team,
                name: Some("b".to_owned()),
            },
        ],
        ..match_all(EntityType::Team)
    };
    let world = changed(both, vec![by_person(teams("b"))]);
    assert_eq!(
        world.all_mappings(),
        ["team a: ended(rules_changed)", "team b: auto_approved"]
    );
}

#[test]
fn a_proposal_that_waits_is_approved_once_its_rule_approves() {
    let world = changed(
        by_person(match_all(EntityType::Team)),
        vec![match_all(EntityType::Team)],
    );
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team eng"]);
}

#[test]
fn a_proposal_that_is_void_ends() {
    let world = changed(by_person(match_all(EntityType::Team)), vec![by_person(teams("new"))]);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(superseded)", "team new: pending(approval_required)"]
    );
}

#[test]
fn what_is_missing_is_found_by_the_next_plan() {
    let mut world = World::default();
    world.rule(with_target(EntityType::SubOrganization, "west"));
    world.user("ana");
    world.group("eng", &["ana"]);
    assert_eq!(world.all_mappings(), ["sub_organization west: pending(target_missing)"]);
    world.entity(EntityType::SubOrganization, "west");
    applied(&mut world, up_to_date());
    assert_eq!(world.all_mappings(), ["sub_organization west: auto_approved"]);
}

#[test]
fn a_rejected_mapping_stays_rejected() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    world.done(&Command::RejectMapping { mapping });
    let raised = RuleDefinition {
        priority: 9,
        ..match_all(EntityType::Team)
    };
    applied(&mut world, rules(vec![raised]));
    assert_eq!(world.all_mappings(), ["team eng: rejected"]);
    assert_eq!(stale(&world), []);
}

#[test]
fn an_entity_that_was_deleted_is_not_made_again() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.group("eng", &[]);
    let entity = world.entity_named(EntityType::Team, "eng").id;
    world.done(&Command::DeleteEntity { entity });
    applied(&mut world, rules(vec![teams("${display_name}")]));
    assert_eq!(world.all_mappings(), ["team eng: pending(target_deleted)"]);
}

#[test]
fn mappings_by_hand_are_never_touched_and_stand_for_what_a_rule_makes() {
    let mut world = World::default();
    world.user("ana");
    let group = world.group("eng", &["ana"]);
    for name in ["eng", "mine"] {
        let entity = world.entity(EntityType::Team, name).id;
        let target = MappingTarget::Entity(entity);
        world.done(&Command::CreateMapping { group, target });
    }
    applied(&mut world, rules(vec![match_all(EntityType::Team)]));
    assert_eq!(world.all_mappings(), ["team eng: approved", "team mine: approved"]);
    applied(&mut world, rules(Vec::new()));
    assert_eq!(world.all_mappings(), ["team eng: approved", "team mine: approved"]);
}

#[test]
fn groups_may_take_over_the_entities_of_each_other() {
    let parts = |name: &str| RuleDefinition {
        matching: Pattern::regex("^(?<one>[a-z]+)-(?<two>[a-z]+)$"),
        ..teams(name)
    };
    let mut world = World::default();
    world.rule(parts("${one}"));
    world.user("ana");
    world.group("web-ops", &["ana"]);
    world.group("ops-web", &[]);
    applied(&mut world, rules(vec![parts("${two}")]));
    assert_eq!(world.placed("ana"), ["team ops"]);
    assert_eq!(world.mappings("ops-web")[0].status, MappingStatus::AutoApproved);
    assert_eq!(stale(&world), []);
}

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
    assert_eq!(
        refused,
        Rejection::Planned {
            place: "mappings[1]".to_owned(),
            reason: Box::new(Rejection::EntityOwned { by: one }),
        }
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
    assert_eq!(world.run(&Command::StopPlan { plan }), Err(Rejection::UnknownPlan));
    let plan = PlanId::new(uuid::Uuid::nil());
    world.done(&Command::StopPlan { plan });
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
