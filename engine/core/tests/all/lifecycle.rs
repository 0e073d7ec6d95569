//! The rows of the table of mappings (SEMANTICS section 4), one test each.

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::{Command, Effect, MappingTarget, OnRename, Rejection, RenameSkipped, SettingsChange};

use crate::world::{World, group_input, match_all, show_status};

fn prefix(prefix: &str, entity_type: EntityType, template: Option<&str>) -> RuleDefinition {
    RuleDefinition {
        name: format!("{prefix} groups"),
        matching: Pattern::prefix(prefix),
        targets: vec![Target {
            entity_type,
            name: template.map(str::to_owned),
        }],
        ..match_all(entity_type)
    }
}

fn by_hand(definition: RuleDefinition) -> RuleDefinition {
    RuleDefinition {
        auto_approve: false,
        ..definition
    }
}

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
            name: "Berlin".to_owned()
        })
    );
    world.entity(EntityType::SubOrganization, "Berlin");
    world.approve(mapping);
    assert_eq!(world.placed("ana"), ["sub_organization Berlin"]);
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
fn a_rename_that_the_same_rule_decides_renames_the_entity() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, Some("Team ${rest}")));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    let entity = world.entity_named(EntityType::Team, "Team web").id;
    world.rename("eng-web", "eng-mobile");
    assert_eq!(world.entity_named(EntityType::Team, "Team mobile").id, entity);
    assert_eq!(world.all_mappings(), ["team Team mobile: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team Team mobile"]);
}

#[test]
fn a_rename_that_another_rule_decides_leaves_the_new_match_beside_the_old_mapping() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team ops-web: auto_approved",
            "concurrency_group ops-web: pending(rule_changed)"
        ]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
    let waiting = world.mappings("ops-web")[1].id;
    let entry = world.approve(waiting);
    assert_eq!(
        world.all_mappings(),
        ["team ops-web: ended(replaced)", "concurrency_group ops-web: approved"]
    );
    assert_eq!(world.placed("ana"), ["concurrency_group ops-web"]);
    let moves = entry
        .consequences
        .iter()
        .filter_map(|consequence| match &consequence.effect {
            Effect::MappingMoved { to, .. } => Some(show_status(*to)),
            _ => None,
        });
    assert_eq!(
        moves.collect::<Vec<_>>(),
        ["approved", "ended(replaced)"],
        "the new one is built before the old one ends"
    );
}

#[test]
fn a_rename_back_voids_the_proposal() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.group("eng-web", &[]);
    world.rename("eng-web", "ops-web");
    world.rename("ops-web", "eng-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team eng-web: auto_approved",
            "concurrency_group ops-web: ended(superseded)"
        ]
    );
}

#[test]
fn on_rename_apply_lets_the_new_rule_take_over_at_once() {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team ops-web: ended(replaced)",
            "concurrency_group ops-web: auto_approved"
        ]
    );
    assert_eq!(world.placed("ana"), ["concurrency_group ops-web"]);
}

#[test]
fn on_rename_apply_ends_nothing_before_its_replacement_is_built() {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::Team, Some("Operations")));
    world.user("ana");
    world.group("ops-first", &[]);
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    world.rename("ops-web", "ops-mobile");
    assert_eq!(
        world.placed("ana"),
        ["team ops-mobile"],
        "the entity of the new rule belongs to another group"
    );
    let waiting = world.mappings("ops-mobile")[1].id;
    world.done(&Command::RejectMapping { mapping: waiting });
    world.rename("ops-mobile", "ops-desktop");
    assert_eq!(
        world.placed("ana"),
        ["team ops-desktop"],
        "a person rejected the replacement"
    );
}

/// `eng-web` in a team by a rule, renamed so that an auto-approving rule decides that has to wait.
fn renamed_to(other: RuleDefinition, prepare: impl FnOnce(&mut World)) -> World {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(other);
    prepare(&mut world);
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(world.placed("ana"), ["team ops-web"]);
    world
}

#[track_caller]
fn assert_replaced(world: &World, placed: &str) {
    assert_eq!(show_status(world.state.mapping_at(0.into()).status), "ended(replaced)");
    assert_eq!(world.placed("ana"), [placed]);
}

#[test]
fn what_waited_for_a_sub_organization_replaces_the_old_mapping_when_it_is_approved() {
    let mut world = renamed_to(prefix("ops-", EntityType::SubOrganization, Some("Operations")), |_| {});
    let waiting = &world.mappings("ops-web")[1];
    assert_eq!(show_status(waiting.status), "pending(target_missing)");
    let mapping = waiting.id;
    world.entity(EntityType::SubOrganization, "Operations");
    world.approve(mapping);
    assert_replaced(&world, "sub_organization Operations");
}

#[test]
fn what_waited_for_the_name_of_its_entity_replaces_the_old_mapping_when_it_is_approved() {
    let mut world = renamed_to(prefix("ops-", EntityType::Team, Some("Operations")), |world| {
        for external_id in ["1", "2"] {
            world.done(&Command::CreateEntity {
                entity_type: EntityType::Team,
                name: "Operations".to_owned(),
                external_id: Some(external_id.to_owned()),
            });
        }
    });
    let waiting = &world.mappings("ops-web")[1];
    assert_eq!(show_status(waiting.status), "pending(ambiguous_name)");
    let mapping = waiting.id;
    let entity = world.state.entity_by_external_id(EntityType::Team, "2").unwrap().id;
    let target = Some(MappingTarget::Entity(entity));
    world.done(&Command::ApproveMapping { mapping, target });
    assert_replaced(&world, "team Operations");
}

#[test]
fn what_waited_for_an_entity_of_another_group_replaces_the_old_mapping_when_it_is_approved() {
    let mut world = renamed_to(prefix("ops-", EntityType::Team, Some("Operations")), |world| {
        world.group("ops-first", &[]);
    });
    let waiting = &world.mappings("ops-web")[1];
    assert_eq!(show_status(waiting.status), "pending(entity_owned)");
    let mapping = waiting.id;
    world.delete_group("ops-first");
    world.approve(mapping);
    assert_eq!(
        world.all_mappings().last().map(String::as_str),
        Some("team Operations: approved")
    );
    assert_eq!(world.placed("ana"), ["team Operations"]);
}

#[test]
fn what_was_rejected_replaces_the_old_mapping_when_it_is_approved_after_all() {
    let mut world = renamed_to(by_hand(prefix("ops-", EntityType::ConcurrencyGroup, None)), |_| {});
    let mapping = world.mappings("ops-web")[1].id;
    world.done(&Command::RejectMapping { mapping });
    world.approve(mapping);
    assert_replaced(&world, "concurrency_group ops-web");
}

#[test]
fn what_waits_for_the_entity_of_its_own_group_takes_it_over_when_it_is_approved() {
    let same = by_hand(prefix("ops-", EntityType::Team, None));
    let mut world = renamed_to(same, |_| {});
    let mapping = world.mappings("ops-web")[1].id;
    world.approve(mapping);
    assert_replaced(&world, "team ops-web");
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
fn approving_after_a_rename_takes_over_the_same_entity() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::Team, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    let waiting = world.mappings("ops-web")[1].id;
    world.approve(waiting);
    assert_eq!(
        world.all_mappings(),
        ["team ops-web: ended(replaced)", "team ops-web: approved"]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
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
fn a_rename_that_no_rule_matches_leaves_the_mapping_stale() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "web");
    assert_eq!(world.all_mappings(), ["team web: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team web"]);
    assert!(world.state.is_stale(&world.mappings("web")[0]));
}

#[test]
fn what_a_person_approved_stays_through_a_rename() {
    let mut world = World::default();
    world.rule(by_hand(prefix("eng-", EntityType::Team, None)));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.group("eng-web", &[]);
    let mapping = world.mappings("eng-web")[0].id;
    world.approve(mapping);
    world.rename("eng-web", "ops-web");
    assert_eq!(world.all_mappings(), ["team ops-web: approved"]);
}

#[test]
fn a_waiting_proposal_follows_the_name_of_its_group() {
    let mut world = World::default();
    world.rule(by_hand(match_all(EntityType::Team)));
    world.group("Engineering", &[]);
    world.rename("Engineering", "Engineers");
    assert_eq!(
        world.all_mappings(),
        [
            "team Engineering: ended(superseded)",
            "team Engineers: pending(approval_required)"
        ]
    );
}

#[test]
fn a_deleted_group_ends_its_mappings_and_releases_its_members() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    world.delete_group("Engineering");
    assert_eq!(world.all_mappings(), ["team Engineering: ended(group_deleted)"]);
    assert!(world.placed("ana").is_empty());
    assert!(world.state.group_by_name("Engineering").is_none());
}

#[test]
fn a_group_pushed_again_is_restored_with_the_new_members_only() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.user("ben");
    let group = world.group("Engineering", &["ana"]);
    world.delete_group("Engineering");
    assert_eq!(world.group("ENGINEERING", &["ben"]), group, "the old id");
    assert_eq!(
        world.all_mappings(),
        [
            "team Engineering: ended(group_deleted)",
            "team Engineering: auto_approved"
        ]
    );
    assert!(world.placed("ana").is_empty());
    assert_eq!(world.placed("ben"), ["team Engineering"]);
}

#[test]
fn a_rename_to_a_taken_name_keeps_the_name_of_the_entity() {
    let mut world = World::default();
    world.entity(EntityType::Team, "Sales");
    world.rule(match_all(EntityType::Team));
    world.group("Engineering", &[]);
    let entry = world.rename("Engineering", "Sales");
    let skipped = entry.consequences.iter().any(|consequence| {
        matches!(
            consequence.effect,
            Effect::EntityRenameSkipped {
                reason: RenameSkipped::NameTaken,
                ..
            }
        )
    });
    assert!(skipped);
    assert_eq!(world.all_mappings(), ["team Engineering: auto_approved"]);
    assert_eq!(world.group_named("Sales").display_name, "Sales");
}

#[test]
fn a_name_that_cannot_fill_the_template_keeps_the_name_of_the_entity() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, Some("Team ${rest}")));
    world.group("eng-web", &[]);
    let entry = world.rename("eng-web", "web");
    let skipped = entry.consequences.iter().any(|consequence| {
        matches!(
            consequence.effect,
            Effect::EntityRenameSkipped {
                reason: RenameSkipped::Template,
                ..
            }
        )
    });
    assert!(skipped);
    assert_eq!(world.all_mappings(), ["team Team web: auto_approved"]);
}

#[test]
fn a_sub_organization_is_never_renamed() {
    let mut world = World::default();
    world.entity(EntityType::SubOrganization, "Berlin");
    world.rule(match_all(EntityType::SubOrganization));
    world.group("Berlin", &[]);
    world.rename("Berlin", "Hamburg");
    assert_eq!(world.all_mappings(), ["sub_organization Berlin: auto_approved"]);
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

#[test]
fn a_rename_to_a_rule_that_a_person_has_to_approve_waits_also_with_on_rename_apply() {
    let mut world = World::default();
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(by_hand(prefix("ops-", EntityType::ConcurrencyGroup, None)));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    assert_eq!(
        world.all_mappings(),
        [
            "team ops-web: auto_approved",
            "concurrency_group ops-web: pending(rule_changed)"
        ]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
}

#[test]
fn rejecting_what_waits_after_a_rename_keeps_the_old_mapping() {
    let mut world = World::default();
    world.rule(prefix("eng-", EntityType::Team, None));
    world.rule(prefix("ops-", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.rename("eng-web", "ops-web");
    let mapping = world.mappings("ops-web")[1].id;
    world.done(&Command::RejectMapping { mapping });
    assert_eq!(
        world.all_mappings(),
        ["team ops-web: auto_approved", "concurrency_group ops-web: rejected"]
    );
    assert_eq!(world.placed("ana"), ["team ops-web"]);
}

#[test]
fn an_entity_of_several_groups_is_renamed_when_all_of_them_agree() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    world.rule(RuleDefinition {
        matching: Pattern::regex("^(?<team>[a-z]+)-"),
        targets: vec![Target {
            entity_type: EntityType::Team,
            name: Some("${team}".to_owned()),
        }],
        ..match_all(EntityType::Team)
    });
    world.user("ana");
    world.group("eng-web", &["ana"]);
    world.group("eng-api", &[]);
    let entry = world.rename("eng-web", "ops-web");
    let skipped = entry.consequences.iter().any(|consequence| {
        matches!(
            consequence.effect,
            Effect::EntityRenameSkipped {
                reason: RenameSkipped::Shared,
                ..
            }
        )
    });
    assert!(skipped);
    assert_eq!(world.placed("ana"), ["team eng"]);
    world.rename("eng-api", "ops-api");
    assert_eq!(world.placed("ana"), ["team ops"]);
}

#[test]
fn a_rename_in_spelling_alone_is_a_rename() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("engineering", &["ana"]);
    world.rename("engineering", "Engineering");
    assert_eq!(world.all_mappings(), ["team Engineering: auto_approved"]);
    assert_eq!(world.placed("ana"), ["team Engineering"]);
}

#[test]
fn a_paused_mapping_is_renamed_and_stays_paused() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    world.done(&Command::PauseMapping { mapping });
    world.rename("Engineering", "Engineers");
    assert!(world.placed("ana").is_empty());
    world.done(&Command::ResumeMapping { mapping });
    assert_eq!(world.placed("ana"), ["team Engineers"]);
}

#[test]
fn a_member_of_a_deleted_group_stays_where_another_group_holds_it() {
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
    world.user("ben");
    world.group("Engineering", &["ana", "ben"]);
    world.group("Sales", &["ana"]);
    world.delete_group("Engineering");
    assert_eq!(world.placed("ana"), ["team Everybody"]);
    assert!(world.placed("ben").is_empty());
}

#[test]
fn a_restored_group_is_decided_by_the_rules_of_today() {
    let mut world = World::default();
    let rule = world.rule(by_hand(match_all(EntityType::Team)));
    world.user("ana");
    world.group("Engineering", &["ana"]);
    let mapping = world.mappings("Engineering")[0].id;
    world.approve(mapping);
    world.delete_group("Engineering");
    let definition = match_all(EntityType::ConcurrencyGroup);
    world.done(&Command::ChangeRule { rule, definition });
    world.group("Engineering", &["ana"]);
    assert_eq!(
        world.all_mappings(),
        [
            "team Engineering: ended(group_deleted)",
            "concurrency_group Engineering: auto_approved"
        ]
    );
    assert_eq!(world.placed("ana"), ["concurrency_group Engineering"]);
}

#[test]
fn group_provisioning_off_refuses_and_removes_nothing_until_it_is_on() {
    let mut world = World::default();
    let provisioning = |on| SettingsChange {
        group_provisioning: Some(on),
        ..SettingsChange::default()
    };
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    let group = world.group("Engineering", &["ana"]);
    world.settings(provisioning(false));
    let create = Command::CreateGroup {
        group: group_input("Sales", Vec::new(), &[]),
    };
    let delete = Command::DeleteGroup { group, expected: None };
    for command in [&create, &delete] {
        assert_eq!(world.run(command), Err(Rejection::GroupProvisioningOff));
    }
    assert_eq!(world.placed("ana"), ["team Engineering"]);
    world.settings(provisioning(true));
    world.done(&create);
    world.remove("Engineering", "ana").expect("provisioned again");
    assert!(world.placed("ana").is_empty());
}

#[test]
fn a_user_who_comes_back_is_where_its_groups_are_by_then() {
    let mut world = World::default();
    world.rule(prefix("eng", EntityType::Team, None));
    world.rule(prefix("cg", EntityType::ConcurrencyGroup, None));
    world.user("ana");
    world.group("eng", &["ana"]);
    world.group("eng-old", &["ana"]);
    world.group_with_roles("cg", &["ana"], &["admin"]);
    world.set_user("ana", false, None);
    assert!(world.placed("ana").is_empty() && world.role("ana").is_none());
    world.remove("eng-old", "ana");
    world.set_user("ana", true, None);
    assert_eq!(world.placed("ana"), ["team eng", "concurrency_group cg"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}
