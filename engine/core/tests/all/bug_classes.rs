//! The bugs that systems of this kind have again and again (end of SEMANTICS section 9), each with the ways on which
//! it could come back.

use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition};
use rolecall_engine::{
    Command, ExceptionKind, ExceptionSubject, GroupChange, Keep, MappingTarget, MembersChange, SettingsChange,
    Timestamp,
};

use crate::world::{World, match_all};

#[test]
fn a_rename_recomputes_also_when_the_entity_cannot_follow() {
    let mut world = World::default();
    world.entity(EntityType::Team, "ops");
    let admin = Some("admin".parse().unwrap());
    world.settings(SettingsChange {
        on_rename: Some(rolecall_engine::OnRename::Apply),
        ..SettingsChange::default()
    });
    world.rule(RuleDefinition {
        matching: Pattern::prefix("eng"),
        role: admin,
        ..match_all(EntityType::Team)
    });
    world.rule(RuleDefinition {
        matching: Pattern::prefix("ops"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    world.user("ana");
    world.group("eng", &["ana"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    world.rename("eng", "ops");
    assert_eq!(
        world.role("ana").as_deref(),
        Some("user"),
        "the rule that granted the role decides no more"
    );
    assert_eq!(world.placed("ana"), ["concurrency_group ops"]);
}

#[test]
fn a_weaker_claim_that_remains_lowers_the_role() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("admins", &["ana"], &["admin"]);
    world.group_with_roles("guests", &["ana"], &["guest"]);
    world.delete_group("admins");
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
}

#[test]
fn precedence_does_not_follow_the_order_of_storage() {
    for order in [["admins", "guests"], ["guests", "admins"]] {
        let mut world = World::default();
        world.user("ana");
        for group in order {
            let role = group.trim_end_matches('s');
            world.group_with_roles(group, &["ana"], &[role]);
        }
        assert_eq!(world.role("ana").as_deref(), Some("admin"));
    }
}

#[test]
fn nothing_changes_without_an_entry() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    let before = world.state.clone();
    assert_eq!(world.add("eng", "ana"), None);
    let same = GroupChange {
        display_name: Some("eng".to_owned()),
        ..GroupChange::default()
    };
    assert_eq!(world.change_group("eng", same), None);
    assert_eq!(world.state, before);
}

#[test]
fn a_mapping_takes_only_what_a_mapping_gave() {
    let mut world = World::default();
    world.user("ana");
    let (eng, ops) = (world.group("eng", &["ana"]), world.group("ops", &["ana"]));
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    let target = || MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "builders".to_owned(),
    };
    world.done(&Command::CreateMapping {
        group: eng,
        target: target(),
    });
    world.done(&Command::CreateMapping {
        group: ops,
        target: target(),
    });
    let members = MembersChange {
        replace: true,
        ..MembersChange::default()
    };
    world.change_members("eng", members);
    assert_eq!(world.placed("ana"), ["team builders"], "the other group still holds it");
}

#[test]
fn a_removal_that_leaves_no_claim_says_so_when_it_raises_a_role() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("guests", &["ana"], &["guest"]);
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
    world.remove("guests", "ana");
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("user"), vec!["default_fallback"])
    );
}

#[test]
fn a_deleted_user_leaves_everything_and_its_name_is_free() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    let old = world.user("ana");
    world.group("eng", &["ana"]);
    world.delete_user("ana");
    assert!(world.state.user(old).is_none() && world.group_named("eng").members.is_empty());
    assert!(world.entity_named(EntityType::Team, "eng").members.is_empty());
    assert_ne!(world.user("ana"), old);
}

/// By the end of an exception, too.
#[test]
fn a_weaker_claim_that_remains_lowers_the_role_when_a_pin_ends() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("guests", &["ana"], &["guest"]);
    pin_for_a_second(&mut world, "admin");
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    world.wait(2);
    world.done(&Command::Tick);
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
}

/// By the release of a hold, too.
#[test]
fn a_weaker_claim_that_remains_lowers_the_role_when_a_hold_ends() {
    let mut world = World::default();
    world.user("ana");
    world.group_with_roles("guests", &["ana"], &["guest"]);
    hold_admin(&mut world);
    release(&mut world);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("guest"), vec!["hold_ended"])
    );
}

#[test]
fn a_hold_or_a_pin_that_ends_without_a_claim_says_that_it_is_the_default() {
    let mut world = World::default();
    world.user("ana");
    hold_admin(&mut world);
    release(&mut world);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("user"), vec!["default_fallback"])
    );
    pin_for_a_second(&mut world, "guest");
    world.wait(2);
    world.done(&Command::Tick);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes()),
        (Some("user"), vec!["default_fallback"])
    );
}

#[test]
fn while_a_hold_keeps_a_role_a_removal_does_not_raise_it() {
    let mut world = World::default();
    world.settings(SettingsChange {
        default_role: Some("guest".parse().unwrap()),
        ..SettingsChange::default()
    });
    world.user("ana");
    world.group_with_roles("users", &["ana"], &["user"]);
    hold_admin(&mut world);
    world.remove("users", "ana");
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    release(&mut world);
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
}

/// A mapping that holds only some members is renamed like any other.
#[test]
fn a_rename_recomputes_also_those_whom_a_ceiling_keeps_waiting() {
    let mut world = World::default();
    let ceiling = |members| {
        let mut change = SettingsChange {
            on_rename: Some(rolecall_engine::OnRename::Apply),
            ..SettingsChange::default()
        };
        change.safeguards.auto_approve_ceiling.max_members = Some(members);
        change
    };
    world.settings(ceiling(Some(1)));
    for (prefix, entity_type, role) in [
        ("eng", EntityType::Team, Some("admin")),
        ("ops", EntityType::ConcurrencyGroup, None),
    ] {
        world.rule(RuleDefinition {
            matching: Pattern::prefix(prefix),
            role: role.map(|role| role.parse().unwrap()),
            ..match_all(entity_type)
        });
    }
    world.user("ana");
    world.user("ben");
    world.group("eng", &["ana"]);
    world.add("eng", "ben");
    assert_eq!((world.placed("ana").len(), world.placed("ben").len()), (1, 0));
    world.settings(ceiling(None));
    world.rename("eng", "ops");
    for name in ["ana", "ben"] {
        assert_eq!(world.placed(name), ["concurrency_group ops"]);
        assert_eq!(world.role(name).as_deref(), Some("user"));
    }
}

#[test]
fn a_tick_and_a_plan_without_anything_to_do_leave_no_entry() {
    let mut world = World::default();
    world.user("ana");
    pin_for_a_second(&mut world, "admin");
    let before = world.state.clone();
    for command in [Command::Tick, Command::ContinuePlan] {
        assert_eq!(world.run(&command), Ok(None));
    }
    assert_eq!(world.state, before);
}

#[test]
fn what_a_hand_gave_stays_when_mapping_group_hold_and_plan_are_over() {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    let team = world.entity_named(EntityType::Team, "eng").id;
    world.give(team, "ana").unwrap().expect("new");
    crate::plans::applied(&mut world, crate::plans::rules(Vec::new()));
    assert_eq!(world.all_mappings(), ["team eng: ended(rules_changed)"]);
    assert_eq!(world.placed("ana"), ["team eng"]);
    world.delete_group("eng");
    hold_admin(&mut world);
    release(&mut world);
    assert_eq!(world.placed("ana"), ["team eng"]);
}

#[test]
fn forgetting_a_decision_leaves_what_holds_and_moves_no_role() {
    let mut world = World::default();
    world.rule(RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    world.user("ana");
    world.group("one", &["ana"]);
    world.group("two", &["ana"]);
    let conflict = world.state.conflicts().next().unwrap().id;
    world.done(&Command::ResolveConflict {
        conflict,
        keep: Keep::Incoming(None),
        everyone: false,
    });
    assert_eq!(world.placed("ana"), ["concurrency_group two"]);
    world.done(&Command::ForgetDecision { decision: conflict });
    assert_eq!(world.placed("ana"), ["concurrency_group two"]);
    assert_eq!(
        (world.role("ana").as_deref(), world.role_causes().len()),
        (Some("admin"), 0)
    );
}

/// Pins ana to a role that the next tick takes away.
fn pin_for_a_second(world: &mut World, role: &str) {
    let expires = Timestamp::from_milliseconds(world.state.at().milliseconds() + 1_000);
    let role = ExceptionSubject::Role(role.parse().unwrap());
    world
        .except_until(ExceptionKind::Pin, "ana", role, Some(expires))
        .unwrap();
}

/// Makes ana an admin whom only the floor keeps one.
fn hold_admin(world: &mut World) {
    let mut change = SettingsChange::default();
    change.safeguards.min_admins = Some(1);
    world.settings(change);
    world.group_with_roles("admins", &["ana"], &["admin"]);
    world.remove("admins", "ana");
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}

fn release(world: &mut World) {
    let hold = world.state.holds().next().unwrap().id;
    world.done(&Command::ReleaseHold { hold, users: None });
}
