//! What a rule may not approve by itself (ceilings), also when a group grows later.

use proptest::prelude::*;
use rolecall_engine::rules::{EntityType, RuleDefinition};
use rolecall_engine::state::StoredRule;
use rolecall_engine::{
    AutoApproveCeilingChange, Command, Effect, MappingIndex, MembersChange, OnRename, SafeguardsChange, SettingsChange,
};

use crate::operations::{Operation, operations};
use crate::world::{World, match_all, show_status};

const PEOPLE: [&str; 6] = ["ana", "ben", "cleo", "dora", "emil", "fay"];

fn ceiling(ceiling: AutoApproveCeilingChange) -> SettingsChange {
    let safeguards = SafeguardsChange {
        auto_approve_ceiling: ceiling,
        ..SafeguardsChange::default()
    };
    SettingsChange {
        safeguards,
        ..SettingsChange::default()
    }
}

fn at_most(members: Option<u32>) -> SettingsChange {
    ceiling(AutoApproveCeilingChange {
        max_members: Some(members),
        ..AutoApproveCeilingChange::default()
    })
}

/// An organization with people, a rule that approves a team for every group, and a ceiling.
fn world(change: SettingsChange) -> World {
    let mut world = World::default();
    PEOPLE.into_iter().for_each(|name| {
        world.user(name);
    });
    world.settings(change);
    world.rule(match_all(EntityType::Team));
    world
}

fn in_team(world: &World, team: &str) -> Vec<&'static str> {
    let team = format!("team {team}");
    let is_in = |name: &&str| world.placed(name).contains(&team);
    PEOPLE.into_iter().filter(is_in).collect()
}

fn replace_members(world: &mut World, group: &str, members: &[&str]) {
    let add = members
        .iter()
        .map(|name| world.user_named(name).id.to_string())
        .collect();
    let members = MembersChange {
        replace: true,
        add,
        remove: Vec::new(),
    };
    world.change_members(group, members);
}

fn highest_role() -> SettingsChange {
    ceiling(AutoApproveCeilingChange {
        highest_role: Some(true),
        ..AutoApproveCeilingChange::default()
    })
}

#[test]
fn a_rule_that_grants_the_highest_role_waits_for_a_person() {
    let mut world = world(highest_role());
    let role = Some("admin".parse().unwrap());
    world.rule(RuleDefinition {
        role,
        priority: 1,
        ..match_all(EntityType::Team)
    });
    world.group("eng", &["ana"]);
    assert_eq!(world.all_mappings(), ["team eng: pending(ceiling_highest_role)"]);
    assert_eq!(world.role("ana").as_deref(), Some("user"));
    let mapping = world.mappings("eng")[0].id;
    world.approve(mapping);
    assert_eq!(world.all_mappings(), ["team eng: approved"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}

#[test]
fn a_group_that_brings_the_highest_role_waits_and_lower_roles_do_not() {
    let mut world = world(highest_role());
    world.group_with_roles("admins", &["ana"], &["Admin"]);
    world.group_with_roles("guests", &["ben"], &["guest"]);
    assert_eq!(
        world.all_mappings(),
        [
            "team admins: pending(ceiling_highest_role)",
            "team guests: auto_approved"
        ]
    );
}

#[test]
fn a_group_of_more_members_waits_and_one_of_as_many_does_not() {
    let mut world = world(at_most(Some(2)));
    world.group("large", &["ana", "ben", "cleo"]);
    world.group("small", &["ana", "ben"]);
    assert_eq!(
        world.all_mappings(),
        ["team large: pending(ceiling_members)", "team small: auto_approved"]
    );
}

#[test]
fn an_entity_that_an_administrator_made_known_is_not_adopted() {
    let mut world = world(ceiling(AutoApproveCeilingChange {
        adoption: Some(true),
        ..AutoApproveCeilingChange::default()
    }));
    world.entity(EntityType::Team, "eng");
    world.group("eng", &["ana"]);
    assert_eq!(world.all_mappings(), ["team eng: pending(ceiling_adoption)"]);
    world.group("ops", &["ana"]);
    world.delete_group("ops");
    world.group("ops", &["ana"]);
    assert_eq!(
        world.placed("ana"),
        ["team ops"],
        "what a rule created it may have again"
    );
    let mapping = world.mappings("eng")[0].id;
    world.approve(mapping);
    assert_eq!(in_team(&world, "eng"), ["ana"]);
}

#[test]
fn without_a_ceiling_nothing_waits() {
    let mut world = World::default();
    world.user("ana");
    world.rule(RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..match_all(EntityType::Team)
    });
    world.entity(EntityType::Team, "eng");
    world.group("eng", &["ana"]);
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
}

#[test]
fn of_a_group_that_grows_those_who_are_placed_stay_and_newcomers_wait() {
    let mut world = world(at_most(Some(2)));
    world.group("eng", &[]);
    world.add("eng", "ana");
    world.add("eng", "ben");
    world.add("eng", "cleo");
    world.add("eng", "dora");
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(in_team(&world, "eng"), ["ana", "ben"]);
    let mapping = world.mappings("eng")[0].clone();
    assert_eq!(world.state.waiting_members(&mapping), 2);
}

#[test]
fn a_group_that_is_filled_at_once_waits_whole() {
    let mut world = world(at_most(Some(2)));
    world.group("eng", &[]);
    replace_members(&mut world, "eng", &["ana", "ben", "cleo"]);
    assert!(in_team(&world, "eng").is_empty());
    assert_eq!(world.state.waiting_members(&world.mappings("eng")[0]), 3);
}

fn grown() -> World {
    let mut world = world(at_most(Some(2)));
    world.group("eng", &[]);
    PEOPLE.into_iter().take(4).for_each(|name| {
        world.add("eng", name);
    });
    world
}

#[test]
fn approving_lets_everybody_in() {
    let mut world = grown();
    let mapping = world.mappings("eng")[0].id;
    world.approve(mapping);
    assert_eq!(world.all_mappings(), ["team eng: approved"]);
    assert_eq!(in_team(&world, "eng"), ["ana", "ben", "cleo", "dora"]);
    world.add("eng", "emil");
    assert_eq!(
        in_team(&world, "eng").len(),
        5,
        "a person approved the group, whatever its size"
    );
    assert!(world.run(&Command::ApproveMapping { mapping, target: None }).is_err());
}

#[test]
fn who_leaves_the_group_loses_the_place_in_it() {
    let mut world = grown();
    world.remove("eng", "ana");
    world.add("eng", "ana");
    assert_eq!(in_team(&world, "eng"), ["ben"]);
    world.delete_user("ben");
    assert_eq!(world.state.waiting_members(&world.mappings("eng")[0]), 3);
}

#[test]
fn a_group_that_shrinks_below_the_ceiling_is_held_whole_again() {
    let mut world = grown();
    world.remove("eng", "ana");
    assert_eq!(in_team(&world, "eng"), ["ben"]);
    world.remove("eng", "ben");
    assert_eq!(in_team(&world, "eng"), ["cleo", "dora"]);
    assert_eq!(world.mappings("eng")[0].limited_to, None);
}

#[test]
fn a_deleted_user_makes_room_too() {
    let mut world = grown();
    world.remove("eng", "cleo");
    assert_eq!(in_team(&world, "eng"), ["ana", "ben"]);
    let entry = world.delete_user("ben");
    let lifted = |effect: &Effect| matches!(effect, Effect::MappingLimitLifted { .. });
    assert!(entry.consequences.iter().any(|consequence| lifted(&consequence.effect)));
    assert_eq!(world.placed("dora"), ["team eng"]);
}

#[test]
fn who_waits_has_no_role_of_the_rule_either() {
    let mut world = World::default();
    PEOPLE.into_iter().for_each(|name| {
        world.user(name);
    });
    world.settings(at_most(Some(1)));
    world.rule(RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..match_all(EntityType::Team)
    });
    world.group("eng", &["ana"]);
    world.add("eng", "ben");
    assert_eq!(
        (world.role("ana").as_deref(), world.role("ben").as_deref()),
        (Some("admin"), Some("user"))
    );
}

#[test]
fn changing_the_ceiling_counts_from_the_next_change_of_the_members() {
    let mut world = world(at_most(Some(9)));
    world.group("eng", &["ana", "ben", "cleo"]);
    world.settings(at_most(Some(1)));
    assert_eq!(in_team(&world, "eng").len(), 3);
    world.add("eng", "dora");
    assert_eq!(in_team(&world, "eng"), ["ana", "ben", "cleo"]);
    world.settings(at_most(None));
    world.add("eng", "emil");
    assert_eq!(in_team(&world, "eng").len(), 5);
}

#[test]
fn a_rename_to_a_rule_beyond_a_ceiling_keeps_the_mapping_until_somebody_approves() {
    let mut world = world(highest_role());
    world.settings(SettingsChange {
        on_rename: Some(OnRename::Apply),
        ..SettingsChange::default()
    });
    let role = Some("admin".parse().unwrap());
    world.rule(RuleDefinition {
        matching: rolecall_engine::rules::Pattern::prefix("adm"),
        role,
        priority: 1,
        ..match_all(EntityType::ConcurrencyGroup)
    });
    world.group("eng", &["ana"]);
    world.rename("eng", "adm");
    assert_eq!(world.placed("ana"), ["team adm"]);
    let waiting = world.mappings("adm")[1].id;
    world.approve(waiting);
    assert_eq!(world.placed("ana"), ["concurrency_group adm"]);
    assert_eq!(
        world.all_mappings(),
        ["team adm: ended(replaced)", "concurrency_group adm: approved"]
    );
}

#[test]
fn a_plan_keeps_what_a_group_beyond_a_ceiling_has_until_somebody_approves() {
    let mut world = world(at_most(Some(9)));
    world.group("eng", &["ana", "ben"]);
    world.settings(at_most(Some(1)));
    let other = match_all(EntityType::ConcurrencyGroup);
    crate::plans::applied(&mut world, crate::plans::rules(vec![other]));
    assert_eq!(world.placed("ana"), ["team eng"]);
    let waiting = world.mappings("eng")[1].clone();
    assert_eq!(show_status(waiting.status), "pending(ceiling_members)");
    world.approve(waiting.id);
    assert_eq!(world.placed("ana"), ["concurrency_group eng"]);
}

/// A group whose team a rule approved, and the plan that is to bring the highest role to it.
fn raised() -> World {
    let mut world = world(highest_role());
    world.group("eng", &["ana"]);
    crate::plans::applied(&mut world, crate::plans::rules(vec![admins()]));
    assert_eq!(
        world.all_mappings(),
        ["team eng: auto_approved", "team eng: pending(ceiling_highest_role)"]
    );
    assert_eq!(
        (world.role("ana").as_deref(), world.placed("ana")),
        (Some("user"), vec!["team eng".to_owned()])
    );
    world
}

fn admins() -> RuleDefinition {
    RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..match_all(EntityType::Team)
    }
}

#[test]
fn a_plan_brings_the_highest_role_to_a_mapping_in_force_when_somebody_approves() {
    let mut world = raised();
    let waiting = world.mappings("eng")[1].id;
    world.approve(waiting);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(replaced)", "team eng: approved"]
    );
    assert_eq!(
        (world.role("ana").as_deref(), world.placed("ana")),
        (Some("admin"), vec!["team eng".to_owned()])
    );
    crate::plans::applied(&mut world, crate::plans::rules(vec![admins()]));
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(replaced)", "team eng: approved"]
    );
}

#[test]
fn a_second_plan_leaves_what_waits_for_the_highest_role_alone() {
    let world = raised();
    assert!(world.rehearse(&crate::plans::up_to_date()).unwrap().is_nothing());
}

#[test]
fn who_rejects_the_highest_role_leaves_the_place_as_it_is() {
    let mut world = raised();
    let mapping = world.mappings("eng")[1].id;
    world.done(&Command::RejectMapping { mapping });
    crate::plans::applied(&mut world, crate::plans::up_to_date());
    assert_eq!(world.all_mappings(), ["team eng: auto_approved", "team eng: rejected"]);
    assert_eq!(world.role("ana").as_deref(), Some("user"));
}

/// As [`raised`], with the ceiling switched off since.
fn raised_before() -> World {
    let mut world = raised();
    world.settings(ceiling(AutoApproveCeilingChange {
        highest_role: Some(false),
        ..AutoApproveCeilingChange::default()
    }));
    world
}

#[test]
fn without_the_ceiling_the_mapping_in_force_takes_the_highest_role_and_what_waited_ends() {
    let mut world = raised_before();
    crate::plans::applied(&mut world, crate::plans::up_to_date());
    assert_eq!(
        world.all_mappings(),
        ["team eng: auto_approved", "team eng: ended(superseded)"]
    );
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}

#[test]
fn of_two_mappings_to_one_entity_the_one_that_is_approved_stays() {
    let mut world = raised_before();
    let waiting = world.mappings("eng")[1].id;
    world.approve(waiting);
    assert_eq!(
        world.all_mappings(),
        ["team eng: ended(replaced)", "team eng: approved"]
    );
}

#[test]
fn each_place_gets_the_highest_role_by_an_approval_of_its_own() {
    let two = |definition: RuleDefinition| {
        let targets =
            [EntityType::Team, EntityType::ConcurrencyGroup].map(|entity_type| match_all(entity_type).targets);
        RuleDefinition {
            targets: targets.concat(),
            ..definition
        }
    };
    let mut world = world(highest_role());
    crate::plans::applied(&mut world, crate::plans::rules(vec![two(match_all(EntityType::Team))]));
    world.group("eng", &["ana"]);
    crate::plans::applied(&mut world, crate::plans::rules(vec![two(admins())]));
    let waiting = world.mappings("eng")[2].id;
    world.approve(waiting);
    assert_eq!(
        world.all_mappings(),
        [
            "team eng: ended(replaced)",
            "concurrency_group eng: auto_approved",
            "team eng: approved",
            "concurrency_group eng: pending(ceiling_highest_role)"
        ]
    );
    assert_eq!(world.placed("ana"), ["team eng", "concurrency_group eng"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_rule_ever_places_more_of_a_group_than_the_ceiling(operations in operations(60), most in 0..4u32) {
        let mut world = World::default();
        world.settings(at_most(Some(most)));
        for operation in &operations {
            let Some(command) = operation.command(&world) else { continue };
            // The ceiling stays what it is.
            if matches!(command, Command::ChangeSettings { .. }) {
                continue;
            }
            let _ = world.run(&command);
            for mapping in world.state.mappings_from(MappingIndex::from(0)) {
                if mapping.status.as_str() == "auto_approved" {
                    let group = world.state.group_at(mapping.group);
                    let held = group.members.iter().filter(|member| mapping.holds(*member)).count();
                    prop_assert!(held <= most as usize, "{:?}", mapping);
                }
            }
        }
    }

    #[test]
    fn no_rule_ever_brings_the_highest_role_by_itself(operations in operations(60)) {
        let mut world = World::default();
        world.settings(highest_role());
        let raised = |world: &World| {
            let raise = |stored: &StoredRule| RuleDefinition {
                role: Some("admin".parse().unwrap()),
                ..stored.rule.definition().clone()
            };
            crate::plans::rules(world.state.rules().iter().map(raise).collect())
        };
        for operation in &operations {
            let command = match operation {
                // Plans bring the highest role to all that there is.
                Operation::ApplyPlan { .. } => Some(crate::plans::apply(raised(&world), &world)),
                _ => operation.command(&world),
            };
            // The ceiling stays what it is.
            let Some(command) = command.filter(|command| !matches!(command, Command::ChangeSettings { .. })) else {
                continue;
            };
            let _ = world.run(&command);
            let highest = world.state.settings().highest_role();
            for mapping in world.state.mappings_from(MappingIndex::from(0)) {
                let by_itself = mapping.status.as_str() == "auto_approved" && mapping.role.as_ref() == highest;
                prop_assert!(!by_itself, "{:?}", mapping);
            }
        }
    }
}
