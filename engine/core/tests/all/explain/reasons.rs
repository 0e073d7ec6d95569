//! What led to a membership or a role: each reason with its chain.

use rolecall_engine::explain::{self, Found, PlanStep};
use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::{Actor, Command, EndReason, MappingStatus, PlanId, Position, RuleVersion, TokenId};
use uuid::Uuid;

use super::{entry, rule_for, why, why_not};
use crate::plans::{applied, apply_as, go_on, up_to_date};
use crate::reconcile::snapshot_draft;
use crate::world::{World, match_all};

#[test]
fn a_membership_and_a_role_are_led_back_to_request_rule_and_approval() {
    let mut world = World::default();
    let definition = RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..rule_for("eng", EntityType::Team, true)
    };
    world.rule(definition);
    world.user("ana");
    world.group("eng", &[]);
    world.add("eng", "ana");
    assert_eq!(
        why(&world, "ana"),
        [
            "role admin (else user): mapping of eng; member@4 rule@1 mapping@3 approved@3",
            "team eng: mapping of eng; member@4 rule@1 mapping@3 approved@3",
        ]
    );
    assert_eq!(why_not(&world, "ana"), [""; 0]);
}

#[test]
fn a_mapping_that_waited_cites_its_approval_and_the_last_request_that_made_the_user_a_member() {
    let mut world = World::default();
    world.rule(rule_for("eng", EntityType::Team, false));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    assert_eq!(
        why_not(&world, "ana"),
        ["team eng?: mapping of eng; approval_required; member@3 rule@1 mapping@3 pending@3"]
    );
    world.remove("eng", "ana");
    world.add("eng", "ana");
    world.approve(mapping);
    assert_eq!(
        why(&world, "ana")[1..],
        ["team eng: mapping of eng; member@5 rule@1 mapping@3 approved@6"]
    );
}

#[test]
fn a_rule_is_cited_in_the_version_that_made_the_mapping_also_when_it_is_gone() {
    let mut world = World::default();
    let rule = world.rule(match_all(EntityType::Team));
    world.done(&Command::ChangeRule {
        rule,
        definition: RuleDefinition {
            priority: 7,
            ..match_all(EntityType::Team)
        },
    });
    world.user("ana");
    world.group("eng", &["ana"]);
    world.done(&Command::DeleteRule { rule });
    assert_eq!(
        why(&world, "ana")[1..],
        ["team eng: mapping of eng; member@4 rule@2 mapping@4 approved@4"]
    );
    let group = world.group_named("eng");
    let explained = explain::group(&world.state, group);
    assert_eq!(explained.decided_by, Some(RuleVersion { rule, version: 2 }));
    assert_eq!(explained.now, None);
    assert!(explained.mappings.items[0].stale);
    let mapping = world.mappings("eng")[0].index;
    assert_eq!(
        explained.plan.items,
        [PlanStep::Move(mapping, MappingStatus::Ended(EndReason::RulesChanged))]
    );
}

#[test]
fn a_plan_that_let_a_mapping_follow_a_newer_version_is_cited() {
    let mut world = World::default();
    let rule = world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    world.done(&Command::ChangeRule {
        rule,
        definition: RuleDefinition {
            priority: 7,
            ..match_all(EntityType::Team)
        },
    });
    let plan = |world: &World| explain::group(&world.state, world.group_named("eng")).plan.items;
    assert_eq!(plan(&world), [PlanStep::Refresh(world.mappings("eng")[0].index)]);
    applied(&mut world, up_to_date());
    assert_eq!(plan(&world), []);
    assert_eq!(
        why(&world, "ana")[1..],
        ["team eng: mapping of eng; member@3 rule@4 mapping@3 refreshed@6 approved@3"]
    );
}

#[test]
fn what_a_plan_did_leads_to_who_applied_it_also_after_later_plans() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &[]);
    let alice = Actor::Token(TokenId::new(Uuid::from_u128(1)));
    world.actor = Some(alice);
    let draft = snapshot_draft(&world.state, &[("eng".to_owned(), vec!["ana".to_owned()])], false);
    let first = PlanId::new(Uuid::from_u128(7));
    let command = apply_as(first, draft, &world);
    world.done(&command);
    world.actor = None;
    go_on(&mut world);
    assert_eq!(
        why(&world, "ana")[1..],
        ["team eng: mapping of eng; member@5 rule@1 mapping@3 approved@3"]
    );
    applied(&mut world, up_to_date());

    let joined = Found::in_entry(entry(&world, Position::new(5)));
    assert_eq!((joined.actor, joined.plan), (Actor::System, Some(first)));
    let start = world.state.plan_started(first).unwrap();
    assert_eq!((start.by, start.started.position), (alice, Position::new(4)));
    let began = Found::in_entry(entry(&world, Position::new(4)));
    assert_eq!((began.actor, began.plan), (alice, None));
}

#[test]
fn every_reason_for_a_role_is_told_with_what_would_be_without_it() {
    let mut world = World::default();
    world.user("ana");
    assert_eq!(why(&world, "ana"), ["role user (else user): default; default@0"]);
    world.group_with_roles("ops", &["ana"], &["admin", "owner"]);
    world.set_user("ana", true, Some("guest"));
    assert_eq!(
        why(&world, "ana"),
        [
            "role admin (else guest): role of ops; member@2 group role@2",
            "role guest (else admin): attribute; attribute@3",
        ]
    );
    assert_eq!(
        why_not(&world, "ana"),
        ["role owner: role of ops; unknown role; member@2 group role@2"]
    );
    world.set_group_roles("ops", &["user"]);
    assert_eq!(
        why(&world, "ana"),
        [
            "role user (else guest): role of ops; member@2 group role@4",
            "role guest (else user): attribute; attribute@3",
        ]
    );
}
