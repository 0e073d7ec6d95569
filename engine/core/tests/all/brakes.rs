//! Brakes and the floor of administrators: what is held, how it is let go, and what passes.

use rolecall_engine::limits::REQUEST_MEMBERS_MAX;
use rolecall_engine::rules::EntityType;
use rolecall_engine::{
    BrakeLimitChange, BrakeScope, Command, Entry, ExceptionKind, ExceptionSubject, Fact, HoldId, Keep, MappingTarget,
    MembersChange, Rejection, SafeguardsChange, SettingsChange,
};

use crate::world::{World, match_all};

pub(crate) fn safeguards(safeguards: SafeguardsChange) -> Command {
    Command::ChangeSettings {
        change: SettingsChange {
            safeguards,
            ..SettingsChange::default()
        },
    }
}

#[test]
fn safeguards_are_one_fact_beside_the_other_settings() {
    let mut change = SettingsChange {
        username_immutable: Some(true),
        ..SettingsChange::default()
    };
    change.safeguards.two_person_approval = Some(true);
    change.safeguards.brake.entity.enabled = Some(true);
    let mut world = World::default();
    let entry = world.settings(change.clone());
    let kinds: Vec<&str> = entry.facts.iter().map(Fact::kind).collect();
    assert_eq!(kinds, ["settings_changed", "safeguards_changed"]);
    let now = world.state.safeguards();
    assert!(now.two_person_approval && now.brake.scopes.entity.enabled && now.brake.scopes.organization.enabled);
    assert_eq!(world.run(&Command::ChangeSettings { change }), Ok(None));
}

#[test]
fn safeguards_out_of_range_are_refused() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut SafeguardsChange), setting: &str, text: &str) {
        let mut wanted = SafeguardsChange::default();
        change(&mut wanted);
        let refused = World::default().run(&safeguards(wanted)).unwrap_err();
        assert!(
            matches!(refused, Rejection::Setting { setting: named, .. } if named == setting),
            "{refused}"
        );
        assert!(refused.to_string().contains(text), "{refused}");
    }
    check(
        |change| change.brake.window_seconds = Some(0),
        "brake",
        "between 1 and 86400",
    );
    check(
        |change| change.brake.window_seconds = Some(86_401),
        "brake",
        "between 1 and 86400",
    );
    check(
        |change| change.brake.group_entity.max_percent = Some(101),
        "brake",
        "`group_entity`",
    );
    check(
        |change| change.min_admins = Some(1_001),
        "min_admins",
        "between 0 and 1000",
    );
}

pub(crate) fn limit(min_count: u32, max_percent: u32) -> BrakeLimitChange {
    BrakeLimitChange {
        enabled: Some(true),
        min_count: Some(min_count),
        max_percent: Some(max_percent),
        min_size: Some(0),
    }
}

/// An organization of ten users `0` to `9`, all in the team `eng` by the group of that name, and the first four admins,
/// whose role has no brake unless the change says so.
pub(crate) fn ten(change: impl FnOnce(&mut SafeguardsChange)) -> World {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    let names: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    for name in &names {
        world.user(name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.group("eng", &names);
    world.group_with_roles("admins", &names[..4], &["admin"]);
    let mut wanted = SafeguardsChange::default();
    wanted.brake.highest_role.enabled = Some(false);
    change(&mut wanted);
    world.run(&safeguards(wanted)).unwrap();
    world
}

/// Empties a group by one request.
pub(crate) fn empty(world: &mut World, group: &str) -> Entry {
    let members = MembersChange {
        replace: true,
        ..MembersChange::default()
    };
    world.change_members(group, members).expect("somebody to remove")
}

/// The open holds, each as `kind: changes`.
pub(crate) fn holds(world: &World) -> Vec<String> {
    let show = |hold: &rolecall_engine::state::Hold| format!("{}: {}", hold.scope.kind(), hold.changes);
    world.state.holds().map(show).collect()
}

pub(crate) fn hold(world: &World, scope: BrakeScope) -> HoldId {
    world.state.hold_of(scope).expect("an open hold").id
}

pub(crate) fn release(world: &mut World, scope: BrakeScope) -> Entry {
    let hold = hold(world, scope);
    world.done(&Command::ReleaseHold { hold, users: None })
}

pub(crate) fn in_eng(world: &World) -> usize {
    let users = (0..10).map(|number| number.to_string());
    users
        .filter(|user| world.placed(user).contains(&"team eng".to_owned()))
        .count()
}

pub(crate) fn admins(world: &World) -> usize {
    let users = (0..10).map(|number| number.to_string());
    users
        .filter(|user| world.role(user).as_deref() == Some("admin"))
        .count()
}

#[test]
fn emptying_everything_is_held_until_the_provider_puts_it_back() {
    let mut world = ten(|change| change.brake.organization = limit(2, 20));
    world.delete_group("admins");
    assert_eq!(holds(&world), [""; 0], "everybody is in another entity still");
    empty(&mut world, "eng");
    assert_eq!(
        world.group_named("eng").members.len(),
        0,
        "the provider's wish is stored"
    );
    assert_eq!(
        (in_eng(&world), holds(&world)),
        (10, vec!["organization: 10".to_owned()])
    );
    for user in ["3", "4"] {
        world.add("eng", user);
    }
    assert_eq!(
        (in_eng(&world), holds(&world)),
        (10, vec!["organization: 8".to_owned()])
    );
    let ids = (0..10).map(|number| world.user_named(&number.to_string()).id.to_string());
    let members = MembersChange {
        add: ids.collect(),
        ..MembersChange::default()
    };
    world.change_members("eng", members);
    assert_eq!((in_eng(&world), holds(&world)), (10, Vec::new()));
}

#[test]
fn what_a_hold_keeps_happens_when_it_is_released_and_the_scope_counts_anew() {
    let mut world = ten(|change| change.brake.organization = limit(2, 20));
    world.delete_group("admins");
    empty(&mut world, "eng");
    let user = world.user_named("7").id;
    let only = Command::ReleaseHold {
        hold: hold(&world, BrakeScope::Organization),
        users: Some(vec![user]),
    };
    world.done(&only);
    assert_eq!((in_eng(&world), holds(&world)), (9, vec!["organization: 9".to_owned()]));
    assert_eq!(world.run(&only), Ok(None), "whoever is not held has what was asked for");
    release(&mut world, BrakeScope::Organization);
    assert_eq!((in_eng(&world), holds(&world)), (0, Vec::new()));
    for number in 0..5 {
        world.add("eng", &number.to_string());
    }
    world.remove("eng", "0");
    assert_eq!((in_eng(&world), holds(&world)), (4, Vec::new()));
}

#[test]
fn a_release_names_users_up_to_its_limit() {
    let mut world = ten(|change| change.brake.organization = limit(2, 20));
    world.delete_group("admins");
    empty(&mut world, "eng");
    let hold = hold(&world, BrakeScope::Organization);
    let user = world.user_named("7").id;
    let named = |count: usize| Command::ReleaseHold {
        hold,
        users: Some(vec![user; count]),
    };
    assert_eq!(
        world.run(&named(REQUEST_MEMBERS_MAX + 1)),
        Err(Rejection::TooManyMembers {
            limit: REQUEST_MEMBERS_MAX
        })
    );
    world.done(&named(REQUEST_MEMBERS_MAX));
    assert_eq!(holds(&world), ["organization: 9"]);
}

#[test]
fn removals_pass_until_the_window_has_too_many_and_again_when_it_has_moved_on() {
    let mut world = ten(|change| change.brake.organization = limit(2, 20));
    world.delete_group("admins");
    for user in ["0", "1"] {
        world.remove("eng", user);
    }
    assert_eq!((in_eng(&world), holds(&world)), (8, Vec::new()));
    world.wait(901);
    world.remove("eng", "2");
    world.remove("eng", "3");
    assert_eq!((in_eng(&world), holds(&world)), (6, Vec::new()));
    world.wait(899);
    world.remove("eng", "4");
    assert_eq!((in_eng(&world), holds(&world)), (6, vec!["organization: 1".to_owned()]));
    world.wait(2_000);
    world.remove("eng", "5");
    assert_eq!(
        (in_eng(&world), holds(&world)),
        (6, vec!["organization: 2".to_owned()]),
        "it is open still"
    );
}

#[test]
fn deactivation_deletion_and_what_persons_do_pass() {
    let mut world = ten(|change| change.brake.organization = limit(0, 0));
    world.delete_group("admins");
    empty(&mut world, "eng");
    assert_eq!(holds(&world), ["organization: 10"]);
    world.set_user("0", false, None);
    world.delete_user("1");
    assert_eq!(holds(&world), ["organization: 8"]);
    world.set_user("0", true, None);
    assert_eq!(
        world.placed("0"),
        [""; 0],
        "nothing holds a place while its user is inactive"
    );
    let entity = world.entity_named(EntityType::Team, "eng").id;
    world.done(&Command::DeleteEntity { entity });
    assert_eq!(holds(&world), [""; 0]);

    let mut world = ten(|change| change.brake.organization = limit(0, 0));
    world.delete_group("admins");
    let mapping = world.mappings("eng")[0].id;
    world.done(&Command::RejectMapping { mapping });
    assert_eq!((in_eng(&world), holds(&world)), (0, Vec::new()));
}

#[test]
fn losing_the_highest_role_is_a_scope_of_its_own() {
    let mut world = ten(|change| change.brake.highest_role = limit(3, 50));
    world.set_group_roles("admins", &[]);
    assert_eq!((admins(&world), holds(&world)), (4, vec!["highest_role: 4".to_owned()]));
    world.set_group_roles("admins", &["admin"]);
    assert_eq!((admins(&world), holds(&world)), (4, Vec::new()));
    world.delete_group("admins");
    assert_eq!((admins(&world), holds(&world)), (4, vec!["highest_role: 4".to_owned()]));
    world.set_user("2", true, Some("admin"));
    assert_eq!(holds(&world), ["highest_role: 3"]);
    release(&mut world, BrakeScope::HighestRole);
    assert_eq!((admins(&world), holds(&world)), (1, Vec::new()));
    assert_eq!(world.role_causes(), ["default_fallback"]);
}

#[test]
fn an_entity_and_a_part_of_it_have_brakes_when_they_are_given_limits() {
    let both = |change: &mut SafeguardsChange| {
        change.brake.entity = limit(3, 50);
        change.brake.group_entity = limit(1, 10);
    };
    let mut world = ten(both);
    let (entity, group) = (
        world.entity_named(EntityType::Team, "eng").id,
        world.group_named("eng").id,
    );
    empty(&mut world, "eng");
    assert_eq!(
        (in_eng(&world), holds(&world)),
        (10, vec!["entity: 10".to_owned(), "group_entity: 10".to_owned()])
    );
    release(&mut world, BrakeScope::Entity(entity));
    assert_eq!(in_eng(&world), 10, "it goes when all let it go");
    release(&mut world, BrakeScope::GroupEntity { entity, group });
    assert_eq!((in_eng(&world), holds(&world)), (0, Vec::new()));
}

#[test]
fn members_whom_a_ceiling_has_waiting_are_no_part_of_what_their_group_gave() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    let mut rule = match_all(EntityType::Team);
    rule.targets[0].name = Some("shared".to_owned());
    world.rule(rule);
    for user in ["0", "1", "2"] {
        world.user(user);
    }
    world.group("one", &["0", "1"]);
    world.group("two", &["2"]);
    let mut change = SafeguardsChange::default();
    change.auto_approve_ceiling.max_members = Some(Some(2));
    change.brake.group_entity = limit(0, 50);
    world.run(&safeguards(change)).unwrap();
    let members = MembersChange {
        add: ["0", "1"].map(|user| world.user_named(user).id.to_string()).to_vec(),
        ..MembersChange::default()
    };
    world.change_members("two", members);
    world.remove("two", "2");
    assert_eq!(
        (world.placed("2"), holds(&world)),
        (vec!["team shared".to_owned()], vec!["group_entity: 1".to_owned()]),
        "the others are there by another group"
    );
}

#[test]
fn new_members_who_leave_their_teams_by_a_decision_for_everyone_are_held_too() {
    let mut world = ten(|change| change.brake.entity = limit(3, 50));
    let berlin = world.entity(EntityType::SubOrganization, "Berlin").id;
    let group = world.group("berlin", &["9"]);
    let mapping = world.mappings("berlin")[0].id;
    world.done(&Command::RejectMapping { mapping });
    world.done(&Command::CreateMapping {
        group,
        target: MappingTarget::Entity(berlin),
    });
    let conflict = world.state.conflicts().next().unwrap().id;
    world.done(&Command::ResolveConflict {
        conflict,
        keep: Keep::Incoming(None),
        everyone: true,
    });
    assert_eq!((in_eng(&world), holds(&world)), (9, Vec::new()), "a person decided");
    let add = (4..9).map(|number| world.user_named(&number.to_string()).id.to_string());
    let members = MembersChange {
        add: add.collect(),
        ..MembersChange::default()
    };
    world.change_members("berlin", members);
    assert_eq!((in_eng(&world), holds(&world)), (9, vec!["entity: 5".to_owned()]));
}

#[test]
fn a_hold_keeps_a_slot_from_the_default_and_from_nothing_else() {
    let mut world = ten(|change| change.brake.organization = limit(1, 0));
    let default = world.entity(EntityType::ConcurrencyGroup, "default").id;
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(default)),
        ..SettingsChange::default()
    });
    for group in ["eng", "admins"] {
        let mapping = world.mappings(group)[0].id;
        world.done(&Command::RejectMapping { mapping });
    }
    let users: Vec<&str> = vec!["0", "1", "2"];
    let fast = world.group("fast", &users);
    let mapping = world.mappings("fast")[0].id;
    world.done(&Command::RejectMapping { mapping });
    let named = |name: &str| MappingTarget::Named {
        entity_type: EntityType::ConcurrencyGroup,
        name: name.to_owned(),
    };
    world.done(&Command::CreateMapping {
        group: fast,
        target: named("fast"),
    });
    empty(&mut world, "fast");
    assert_eq!(holds(&world), ["organization: 3"]);
    assert_eq!(world.placed("0"), ["concurrency_group fast"]);
    let slow = world.group("slow", &["0"]);
    let mapping = world.mappings("slow")[0].id;
    world.done(&Command::RejectMapping { mapping });
    world.done(&Command::CreateMapping {
        group: slow,
        target: named("slow"),
    });
    assert_eq!(
        (world.placed("0"), holds(&world)),
        (
            vec!["concurrency_group slow".to_owned()],
            vec!["organization: 2".to_owned()]
        )
    );
    release(&mut world, BrakeScope::Organization);
    assert_eq!(world.placed("1"), ["concurrency_group default"]);
}

#[test]
fn the_last_admins_stay_until_others_are_there() {
    let mut world = ten(|change| {
        change.brake.enabled = Some(false);
        change.min_admins = Some(2);
    });
    world.remove("admins", "3");
    world.remove("admins", "1");
    assert_eq!((admins(&world), holds(&world)), (2, Vec::new()));
    world.remove("admins", "2");
    world.remove("admins", "0");
    assert_eq!((admins(&world), holds(&world)), (2, vec!["min_admins: 2".to_owned()]));
    world.set_user("8", true, Some("admin"));
    assert_eq!(
        (admins(&world), world.role("2").as_deref()),
        (2, Some("user")),
        "the one held longest goes first"
    );
    assert_eq!(holds(&world), ["min_admins: 1"]);
    world.set_user("8", false, Some("admin"));
    assert_eq!(admins(&world), 1, "a deactivation is never held");
    release(&mut world, BrakeScope::MinAdmins);
    assert_eq!((admins(&world), holds(&world)), (0, Vec::new()));
}

#[test]
fn a_lower_floor_lets_admins_go_and_other_roles_end_the_hold() {
    let floor = |change: &mut SafeguardsChange| {
        change.brake.enabled = Some(false);
        change.min_admins = Some(3);
    };
    let mut world = ten(floor);
    world.delete_group("admins");
    assert_eq!((admins(&world), holds(&world)), (3, vec!["min_admins: 3".to_owned()]));
    world.done(&safeguards(SafeguardsChange {
        min_admins: Some(1),
        ..SafeguardsChange::default()
    }));
    assert_eq!((admins(&world), holds(&world)), (1, vec!["min_admins: 1".to_owned()]));
    let roles = ["guest", "user", "admin", "owner"]
        .map(|role| role.parse().unwrap())
        .to_vec();
    world.settings(SettingsChange {
        roles: Some(roles),
        ..SettingsChange::default()
    });
    assert_eq!(
        (admins(&world), holds(&world)),
        (0, Vec::new()),
        "only the highest role is held"
    );
}

#[test]
fn whom_the_floor_lets_go_the_brake_does_not_judge_again() {
    let mut world = ten(|change| {
        change.brake.highest_role = limit(0, 0);
        change.min_admins = Some(4);
    });
    let role = ExceptionSubject::Role("admin".parse().unwrap());
    world.except(ExceptionKind::Exclusion, "0", role).unwrap();
    assert_eq!((admins(&world), holds(&world)), (4, vec!["min_admins: 1".to_owned()]));
    world.set_user("8", true, Some("admin"));
    assert_eq!(
        (world.role("0").as_deref(), admins(&world), holds(&world)),
        (Some("user"), 4, Vec::new()),
        "a person decided it, and another admin has appeared"
    );
}
