//! What applying a plan does to the groups that there are (SEMANTICS 3.5 and 8.1).

mod drafts;
mod effect;
mod ground;
mod mappings;

use rolecall_engine::plan::Draft;
use rolecall_engine::rules::{EntityType, RuleDefinition, Target};
use rolecall_engine::state::PlanEnd;
use rolecall_engine::{Actor, Command, GroupIndex, MappingStatus, PlanId, SettingsChange};

use crate::world::{World, match_all, rule_drafts};

/// The rules that are to be, and nothing else.
pub(crate) fn rules(definitions: Vec<RuleDefinition>) -> Draft {
    Draft {
        rules: Some(rule_drafts(definitions)),
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
    apply_as(PlanId::new(uuid::Uuid::nil()), draft, world)
}

/// Applies a draft as the plan of this id.
pub(crate) fn apply_as(plan: PlanId, draft: Draft, world: &World) -> Command {
    Command::ApplyPlan {
        plan,
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
