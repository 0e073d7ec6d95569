//! With two persons, whoever approves a mapping is not the author of what it follows from.

use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::{
    Actor, Command, Fact, MappingId, MappingTarget, Rejection, SafeguardsChange, SettingsChange, TokenId,
};
use uuid::Uuid;

use crate::world::{World, match_all};

const ANA: Actor = Actor::Token(TokenId::new(Uuid::from_u128(1)));
const BEN: Actor = Actor::Token(TokenId::new(Uuid::from_u128(2)));

fn two_persons(on: bool) -> SettingsChange {
    let safeguards = SafeguardsChange {
        two_person_approval: Some(on),
        ..SafeguardsChange::default()
    };
    SettingsChange {
        safeguards,
        ..SettingsChange::default()
    }
}

fn by_hand() -> RuleDefinition {
    RuleDefinition {
        auto_approve: false,
        ..match_all(EntityType::Team)
    }
}

/// An organization with two persons, in which Ana wrote a rule and a group waits.
fn waiting(on: bool) -> (World, MappingId) {
    let mut world = World::default();
    world.user("cleo");
    if on {
        world.settings(two_persons(true));
    }
    world.actor = Some(ANA);
    world.rule(by_hand());
    world.actor = None;
    world.group("eng", &["cleo"]);
    let mapping = world.mappings("eng")[0].id;
    (world, mapping)
}

#[track_caller]
fn check(world: &mut World, actor: Actor, command: &Command, refused: Option<&Rejection>) {
    let before = world.state.clone();
    world.actor = Some(actor);
    let done = world.run(command);
    assert_eq!(done.as_ref().err(), refused);
    assert_eq!(world.state == before, refused.is_some());
}

fn approve(mapping: MappingId) -> Command {
    Command::ApproveMapping { mapping, target: None }
}

#[test]
fn it_is_off_by_default() {
    let (mut world, mapping) = waiting(false);
    check(&mut world, ANA, &approve(mapping), None);
}

#[test]
fn the_author_of_the_rule_cannot_approve_and_another_person_can() {
    let (mut world, mapping) = waiting(true);
    check(&mut world, ANA, &approve(mapping), Some(&Rejection::SecondPerson));
    check(&mut world, BEN, &approve(mapping), None);
    assert_eq!(world.placed("cleo"), ["team eng"]);
}

#[test]
fn the_root_token_is_one_person() {
    let (mut world, mapping) = waiting(true);
    check(&mut world, Actor::Root, &approve(mapping), None);
    let mut world = World::default();
    world.settings(two_persons(true));
    world.actor = Some(Actor::Root);
    world.rule(by_hand());
    world.group("eng", &[]);
    let mapping = world.mappings("eng")[0].id;
    check(
        &mut world,
        Actor::Root,
        &approve(mapping),
        Some(&Rejection::SecondPerson),
    );
}

#[test]
fn the_author_is_that_of_the_version_that_made_the_mapping() {
    let (mut world, mapping) = waiting(true);
    let rule = world.state.rules().iter().next().unwrap().id;
    world.actor = Some(BEN);
    let definition = RuleDefinition {
        name: "other".to_owned(),
        ..by_hand()
    };
    world.done(&Command::ChangeRule { rule, definition });
    world.done(&Command::DeleteRule { rule });
    check(&mut world, ANA, &approve(mapping), Some(&Rejection::SecondPerson));
    check(&mut world, BEN, &approve(mapping), None);
}

#[test]
fn who_asks_for_a_mapping_by_hand_waits_for_another() {
    let mut world = World::default();
    world.user("cleo");
    let group = world.group("eng", &["cleo"]);
    let entity = world.entity(EntityType::Team, "web").id;
    world.settings(two_persons(true));
    world.actor = Some(ANA);
    world.done(&Command::CreateMapping {
        group,
        target: MappingTarget::Entity(entity),
    });
    assert_eq!(world.all_mappings(), ["team web: pending(approval_required)"]);
    let mapping = world.mappings("eng")[0].id;
    check(&mut world, ANA, &approve(mapping), Some(&Rejection::SecondPerson));
    check(&mut world, BEN, &approve(mapping), None);
    assert_eq!(world.placed("cleo"), ["team web"]);
}

#[test]
fn what_waits_by_hand_outlives_a_rename_and_is_for_the_entity_that_was_named() {
    let mut world = World::default();
    let group = world.group("eng", &[]);
    for external_id in ["1", "2"] {
        world.done(&Command::CreateEntity {
            entity_type: EntityType::Team,
            name: "web".to_owned(),
            external_id: Some(external_id.to_owned()),
        });
    }
    let wanted = world.state.entity_by_external_id(EntityType::Team, "2").unwrap().id;
    world.settings(two_persons(true));
    world.actor = Some(ANA);
    let target = MappingTarget::Entity(wanted);
    world.done(&Command::CreateMapping { group, target });
    world.rename("eng", "engineering");
    let mapping = world.mappings("engineering")[0].id;
    world.actor = Some(BEN);
    let entry = world.done(&approve(mapping));
    assert_eq!(
        entry.facts,
        [Fact::MappingApproved {
            mapping,
            entity: Some(wanted)
        }]
    );
}

#[test]
fn no_entity_is_created_before_the_second_person_agrees() {
    let mut world = World::default();
    let group = world.group("eng", &[]);
    world.settings(two_persons(true));
    world.actor = Some(ANA);
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "new".to_owned(),
    };
    world.done(&Command::CreateMapping { group, target });
    assert_eq!(world.state.entities_named(EntityType::Team, "new").count(), 0);
    let mapping = world.mappings("eng")[0].id;
    check(&mut world, BEN, &approve(mapping), None);
    assert_eq!(world.state.entities_named(EntityType::Team, "new").count(), 1);
}

#[test]
fn the_second_person_cannot_choose_another_target_alone() {
    let (mut world, mapping) = waiting(true);
    let other = world.entity(EntityType::Team, "other").id;
    let alike = world.entity(EntityType::Team, "ENG").id;
    let to = |entity| Command::ApproveMapping {
        mapping,
        target: Some(MappingTarget::Entity(entity)),
    };
    check(&mut world, BEN, &to(other), Some(&Rejection::SecondPersonTarget));
    check(&mut world, BEN, &to(alike), None);
}

#[test]
fn a_request_whose_entity_was_deleted_is_not_approved_without_a_target() {
    let mut world = World::default();
    world.user("cleo");
    let group = world.group("eng", &["cleo"]);
    let entity = world.entity(EntityType::Team, "web").id;
    world.settings(two_persons(true));
    world.actor = Some(ANA);
    let target = MappingTarget::Entity(entity);
    world.done(&Command::CreateMapping { group, target });
    world.done(&Command::DeleteEntity { entity });
    assert_eq!(world.all_mappings(), ["team web: pending(target_deleted)"]);
    let mapping = world.mappings("eng")[0].id;
    check(&mut world, BEN, &approve(mapping), Some(&Rejection::TargetDeleted));
    let anew = Command::ApproveMapping {
        mapping,
        target: Some(MappingTarget::Named {
            entity_type: EntityType::Team,
            name: "web".to_owned(),
        }),
    };
    check(&mut world, BEN, &anew, None);
    assert_eq!(world.placed("cleo"), ["team web"]);
}

#[test]
fn what_was_rejected_for_a_deleted_entity_is_not_approved_without_a_target() {
    let (mut world, mapping) = waiting(false);
    world.actor = None;
    world.approve(mapping);
    world.done(&Command::RejectMapping { mapping });
    let entity = world.entity_named(EntityType::Team, "eng").id;
    world.done(&Command::DeleteEntity { entity });
    check(&mut world, BEN, &approve(mapping), Some(&Rejection::TargetDeleted));
}

#[test]
fn what_was_rejected_is_approved_by_a_second_person_too() {
    let (mut world, mapping) = waiting(true);
    check(&mut world, ANA, &Command::RejectMapping { mapping }, None);
    check(&mut world, ANA, &approve(mapping), Some(&Rejection::SecondPerson));
    check(&mut world, BEN, &approve(mapping), None);
}

#[test]
fn what_was_rejected_is_approved_by_the_name_that_its_entity_has_by_now() {
    let (mut world, mapping) = waiting(true);
    check(&mut world, BEN, &approve(mapping), None);
    world.actor = None;
    world.rename("eng", "engineers");
    world.done(&Command::RejectMapping { mapping });
    let named = |name: &str| Command::ApproveMapping {
        mapping,
        target: Some(MappingTarget::Named {
            entity_type: EntityType::Team,
            name: name.to_owned(),
        }),
    };
    check(&mut world, BEN, &named("eng"), Some(&Rejection::SecondPersonTarget));
    check(&mut world, BEN, &named("engineers"), None);
    assert_eq!(world.placed("cleo"), ["team engineers"]);
}

#[test]
fn switching_it_off_is_on_the_record() {
    let (mut world, mapping) = waiting(true);
    world.actor = Some(ANA);
    let entry = world.settings(two_persons(false));
    assert_eq!(entry.actor, ANA);
    assert!(matches!(entry.facts.as_slice(), [Fact::SafeguardsChanged { .. }]));
    check(&mut world, ANA, &approve(mapping), None);
}
