//! What rules propose, and what becomes of it by hand.

use rolecall_engine::rules::{EntityType, RuleDefinition, Target};
use rolecall_engine::{Command, MappingTarget, Rejection, SettingsChange};

use super::by_hand;
use crate::world::{World, match_all};

#[test]
fn an_auto_approving_rule_creates_the_entity_and_places_the_members() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    assert_eq!(world.all_mappings(), ["team Engineering: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team Engineering"]);
}

#[test]
fn a_group_that_no_rule_matches_is_stored_unmapped() {
    let mut world = World::default();
    world.user("ana");
    world.group("Engineering", &["ana"]);
    assert_eq!(world.group_named("Engineering").decided_by, None);
    assert!(world.all_mappings().is_empty() && world.placed("ana").is_empty());
}

#[test]
fn a_rule_without_auto_approve_waits_for_a_person() {
    let mut world = World::default();
    world.rule(by_hand(match_all(EntityType::Team)));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    assert_eq!(world.all_mappings(), ["team Engineering: pending(approval_required)"]);
    assert!(world.placed("ana").is_empty());
    let mapping = world.mappings("Engineering")[0].id;
    world.approve(mapping);
    assert_eq!(world.all_mappings(), ["team Engineering: approved"]);
    assert_eq!(world.placed("ana"), ["team Engineering"]);
}

#[test]
fn a_sub_organization_is_never_created() {
    let mut world = World::default();
    world.rule(match_all(EntityType::SubOrganization));
    world.user("ana");
    world.group("Berlin", &["ana"]);
    assert_eq!(
        world.all_mappings(),
        ["sub_organization Berlin: pending(target_missing)"]
    );
    let mapping = world.mappings("Berlin")[0].id;
    let refused = world.run(&Command::ApproveMapping { mapping, target: None });
    assert_eq!(
        refused,
        Err(Rejection::TargetMissing {
            entity_type: EntityType::SubOrganization,
            name: "Berlin".to_owned()
        })
    );
    world.entity(EntityType::SubOrganization, "Berlin");
    world.approve(mapping);
    assert_eq!(world.placed("ana"), ["sub_organization Berlin"]);
}

#[test]
fn a_target_chosen_on_approval_exists_and_is_of_the_same_type() {
    let mut world = World::default();
    world.rule(by_hand(match_all(EntityType::Team)));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    let named = |entity_type, name: &str| MappingTarget::Named {
        entity_type,
        name: name.to_owned(),
    };
    let mut approve = |target: MappingTarget| {
        let target = Some(target);
        world.run(&Command::ApproveMapping { mapping, target })
    };
    assert_eq!(
        approve(named(EntityType::Team, "Fresh")),
        Err(Rejection::TargetMissing {
            entity_type: EntityType::Team,
            name: "Fresh".to_owned()
        })
    );
    let other_type = Err(Rejection::TargetType {
        mapping: EntityType::Team,
        target: EntityType::ConcurrencyGroup,
    });
    assert_eq!(approve(named(EntityType::ConcurrencyGroup, "Engineering")), other_type);
    world.entity(EntityType::ConcurrencyGroup, "Pool");
    let pool = {
        let mut named = world.state.entities_named(EntityType::ConcurrencyGroup, "Pool");
        named.next().unwrap().id
    };
    let target = Some(MappingTarget::Entity(pool));
    assert_eq!(world.run(&Command::ApproveMapping { mapping, target }), other_type);

    world.entity(EntityType::Team, "Fresh");
    let target = Some(named(EntityType::Team, "Fresh"));
    world.done(&Command::ApproveMapping { mapping, target });
    assert_eq!(world.placed("ana"), ["team Fresh"]);
}

#[test]
fn a_sub_organization_that_exists_is_adopted() {
    let mut world = World::default();
    world.entity(EntityType::SubOrganization, "Berlin");
    world.rule(match_all(EntityType::SubOrganization));
    world.user("ana");
    world.group("berlin", &["ana"]);
    assert_eq!(world.placed("ana"), ["sub_organization Berlin"]);
}

#[test]
fn an_entity_of_another_group_is_not_taken() {
    let mut world = World::default();
    world.rule(RuleDefinition {
        targets: vec![Target {
            entity_type: EntityType::Team,
            name: Some("Everybody".to_owned()),
        }],
        ..match_all(EntityType::Team)
    });
    world.group("Engineering", &[]);
    world.group("Sales", &[]);
    assert_eq!(
        world.all_mappings(),
        ["team Everybody: auto_approved", "team Everybody: pending(entity_owned)"]
    );
    let mapping = world.mappings("Sales")[0].id;
    let refused = world.run(&Command::ApproveMapping { mapping, target: None });
    assert!(matches!(refused, Err(Rejection::EntityOwned { .. })));
}

#[test]
fn without_ownership_several_groups_feed_one_entity() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    world.rule(RuleDefinition {
        targets: vec![Target {
            entity_type: EntityType::Team,
            name: Some("Everybody".to_owned()),
        }],
        ..match_all(EntityType::Team)
    });
    world.user("ana");
    world.group("Engineering", &["ana"]);
    world.group("Sales", &["ana"]);
    assert_eq!(world.placed("ana"), ["team Everybody"]);
    world.remove("Sales", "ana");
    assert_eq!(world.placed("ana"), ["team Everybody"], "held by the other group");
    world.remove("Engineering", "ana");
    assert!(world.placed("ana").is_empty());
}

#[test]
fn several_entities_of_the_name_leave_it_to_a_person() {
    let mut world = World::default();
    for external_id in ["1", "2"] {
        let (entity_type, external_id) = (EntityType::Team, Some(external_id.to_owned()));
        world.done(&Command::CreateEntity {
            entity_type,
            name: "Engineering".to_owned(),
            external_id,
        });
    }
    world.rule(match_all(EntityType::Team));
    world.group("Engineering", &[]);
    assert_eq!(world.all_mappings(), ["team Engineering: pending(ambiguous_name)"]);
    let (mapping, entity) = (
        world.mappings("Engineering")[0].id,
        world.entity_named(EntityType::Team, "Engineering").id,
    );
    let refused = world.run(&Command::ApproveMapping { mapping, target: None });
    assert_eq!(
        refused,
        Err(Rejection::TargetAmbiguous {
            name: "Engineering".to_owned()
        })
    );
    world.done(&Command::ApproveMapping {
        mapping,
        target: Some(MappingTarget::Entity(entity)),
    });
    assert_eq!(world.all_mappings(), ["team Engineering: approved"]);
}

#[test]
fn a_rejected_mapping_removes_its_members_and_is_not_proposed_again() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    world.done(&Command::RejectMapping { mapping });
    assert!(world.placed("ana").is_empty());
    world.rename("Engineering", "Engineers");
    assert_eq!(world.all_mappings(), ["team Engineering: rejected"]);
}

#[test]
fn a_deleted_entity_is_never_created_again_for_its_mapping() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let entity = world.entity_named(EntityType::Team, "Engineering").id;
    world.done(&Command::DeleteEntity { entity });
    assert_eq!(world.all_mappings(), ["team Engineering: pending(target_deleted)"]);
    assert!(world.placed("ana").is_empty());
    world.rename("Engineering", "Engineers");
    assert_eq!(world.all_mappings(), ["team Engineering: pending(target_deleted)"]);
}

#[test]
fn one_group_is_not_mapped_to_one_entity_twice() {
    let mut world = World::default();
    world.rule(by_hand(match_all(EntityType::Team)));
    let group = world.group("Engineering", &[]);
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "Engineering".to_owned(),
    };
    world.done(&Command::CreateMapping { group, target });
    let mapping = world.mappings("Engineering")[0].id;
    let refused = world.run(&Command::ApproveMapping { mapping, target: None });
    assert_eq!(refused, Err(Rejection::AlreadyMapped));
}

#[test]
fn ownership_is_switched_on_only_where_nothing_is_shared() {
    let mut world = World::default();
    let shared = |on| SettingsChange {
        one_group_per_entity: Some(on),
        ..SettingsChange::default()
    };
    world.settings(shared(false));
    world.rule(RuleDefinition {
        targets: vec![Target {
            entity_type: EntityType::Team,
            name: Some("Everybody".to_owned()),
        }],
        ..match_all(EntityType::Team)
    });
    world.group("Engineering", &[]);
    world.group("Sales", &[]);
    let refused = world.run(&Command::ChangeSettings { change: shared(true) });
    assert!(matches!(
        refused,
        Err(Rejection::Setting {
            setting: "one_group_per_entity",
            ..
        })
    ));
    world.delete_group("Sales");
    world.settings(shared(true));
}

#[test]
fn a_paused_mapping_lets_its_members_go_until_it_is_resumed() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    world.done(&Command::PauseMapping { mapping });
    assert!(world.placed("ana").is_empty());
    world.done(&Command::ResumeMapping { mapping });
    assert_eq!(world.placed("ana"), ["team Engineering"]);
}

#[test]
fn a_group_can_be_mapped_by_hand() {
    let mut world = World::default();
    world.user("ana");
    let group = world.group("Engineering", &["ana"]);
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "Builders".to_owned(),
    };
    world.done(&Command::CreateMapping {
        group,
        target: target.clone(),
    });
    assert_eq!(world.placed("ana"), ["team Builders"]);
    assert_eq!(
        world.run(&Command::CreateMapping { group, target }),
        Err(Rejection::AlreadyMapped)
    );
    world.rename("Engineering", "Engineers");
    assert_eq!(world.placed("ana"), ["team Engineers"], "renamed with its group");
}

#[test]
fn a_proposal_that_is_rejected_places_nobody_and_can_be_approved_after_all() {
    let mut world = World::default();
    world.rule(by_hand(match_all(EntityType::Team)));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    world.done(&Command::RejectMapping { mapping });
    assert_eq!(world.all_mappings(), ["team Engineering: rejected"]);
    assert!(world.placed("ana").is_empty());
    world.approve(mapping);
    assert_eq!(world.placed("ana"), ["team Engineering"]);
}

#[test]
fn a_person_can_have_an_entity_made_anew_that_was_deleted() {
    let mut world = World::default();
    world.user("ana");
    let group = world.group("Engineering", &["ana"]);
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "Builders".to_owned(),
    };
    world.done(&Command::CreateMapping { group, target });
    let first = world.entity_named(EntityType::Team, "Builders").id;
    world.done(&Command::DeleteEntity { entity: first });
    assert_eq!(world.all_mappings(), ["team Builders: pending(target_deleted)"]);
    let mapping = world.mappings("Engineering")[0].id;
    let refused = world.run(&Command::ApproveMapping { mapping, target: None });
    assert_eq!(refused, Err(Rejection::TargetDeleted), "never without being named");
    world.done(&Command::ApproveMapping {
        mapping,
        target: Some(MappingTarget::Named {
            entity_type: EntityType::Team,
            name: "Builders".to_owned(),
        }),
    });
    assert_eq!(world.placed("ana"), ["team Builders"]);
    assert_ne!(world.entity_named(EntityType::Team, "Builders").id, first);
}
