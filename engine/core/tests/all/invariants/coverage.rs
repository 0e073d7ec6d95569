//! What the random operations come to: a property over histories in which little happens would say little.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rolecall_engine::{Command, Effect, Fact, RoleCause};

use crate::operations::operations;
use crate::world::World;

/// Every kind of command; a new one is missed here at once.
fn kind(command: &Command) -> &'static str {
    match command {
        Command::CreateUser { .. } => "create_user",
        Command::ChangeUser { .. } => "change_user",
        Command::DeleteUser { .. } => "delete_user",
        Command::CreateGroup { .. } => "create_group",
        Command::ChangeGroup { .. } => "change_group",
        Command::DeleteGroup { .. } => "delete_group",
        Command::CreateRule { .. } => "create_rule",
        Command::ChangeRule { .. } => "change_rule",
        Command::DeleteRule { .. } => "delete_rule",
        Command::SaveRuleSet { .. } => "save_rule_set",
        Command::CreateEntity { .. } => "create_entity",
        Command::DeleteEntity { .. } => "delete_entity",
        Command::CreateMapping { .. } => "create_mapping",
        Command::ApproveMapping { .. } => "approve_mapping",
        Command::RejectMapping { .. } => "reject_mapping",
        Command::PauseMapping { .. } => "pause_mapping",
        Command::ResumeMapping { .. } => "resume_mapping",
        Command::ResolveConflict { .. } => "resolve_conflict",
        Command::ForgetDecision { .. } => "forget_decision",
        Command::GiveMembership { .. } => "give_membership",
        Command::TakeMembership { .. } => "take_membership",
        Command::SetException { .. } => "set_exception",
        Command::RemoveException { .. } => "remove_exception",
        Command::Tick => "tick",
        Command::ChangeSettings { .. } => "change_settings",
        Command::ApplyPlan { .. } => "apply_plan",
        Command::ContinuePlan => "continue_plan",
        Command::StopPlan { .. } => "stop_plan",
        Command::ReleaseHold { .. } => "release_hold",
        Command::DiscardHold { .. } => "discard_hold",
        Command::Registry(_) => "registry",
    }
}

/// How many commands of each kind were asked for, and how many of them changed something.
type Asked = BTreeMap<&'static str, (u32, u32)>;

/// How often each kind of fact and consequence, and each cause of a change of role was on the record.
type Recorded = BTreeMap<&'static str, u32>;

fn run(histories: usize) -> (Asked, Recorded) {
    let mut runner = TestRunner::deterministic();
    let (mut asked, mut recorded) = (Asked::new(), Recorded::new());
    for _ in 0..histories {
        let operations = operations(100).new_tree(&mut runner).unwrap().current();
        let mut world = World::default();
        for operation in operations {
            operation.prepare(&mut world);
            let Some(command) = operation.command(&world) else {
                continue;
            };
            let of_kind = asked.entry(kind(&command)).or_default();
            of_kind.0 += 1;
            if let Ok(Some(entry)) = world.run(&command) {
                of_kind.1 += 1;
                entry
                    .facts
                    .iter()
                    .for_each(|fact| *recorded.entry(fact.kind()).or_default() += 1);
                for consequence in &entry.consequences {
                    *recorded.entry(consequence.effect.kind()).or_default() += 1;
                    if let Effect::RoleChanged { cause, .. } = &consequence.effect {
                        *recorded.entry(cause.as_str()).or_default() += 1;
                    }
                }
            }
        }
    }
    (asked, recorded)
}

/// Of another organization than those that have users and groups.
fn is_of_the_registry(kind: &str) -> bool {
    ["organization_", "connection_", "token_"]
        .iter()
        .any(|start| kind.starts_with(start))
}

#[test]
fn every_kind_of_command_fact_and_consequence_occurs_in_random_histories() {
    let (asked, recorded) = run(300);
    for (kind, (asked, accepted)) in &asked {
        assert!(accepted * 10 >= *asked, "{kind}: {accepted} of {asked}");
    }
    let causes = RoleCause::ALL.map(RoleCause::as_str);
    let kinds = Fact::KINDS.into_iter().chain(Effect::KINDS).chain(causes);
    let written = kinds.filter(|kind| !["conflict_opened", "conflict_closed"].contains(kind));
    let missing = written.filter(|kind| !is_of_the_registry(kind) && !recorded.contains_key(kind));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
}
