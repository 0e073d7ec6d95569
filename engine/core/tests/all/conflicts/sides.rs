//! A sub-organization on one side, teams and concurrency groups on the other (SEMANTICS 6.3).

use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, Effect, MappingTarget, SettingsChange};

use super::Step::{
    Activate, Deactivate, DeleteEntity, DeleteGroup, Forget, In, Join, Leave, Open, Pause, Resume, Use, UseForEveryone,
};
use super::{Step, check, names, open, start, take};
use crate::world::World;

const ACROSS: &str = "cross_type: fast of fast web Berlin";

const TEAMS_FIRST: [Step; 3] = [Join("web"), Join("fast"), Join("Berlin")];

/// A story that begins with a team and a concurrency group, and a sub-organization that comes in.
#[track_caller]
fn across(name: &str, story: &[Step]) {
    let opened = [In(&["fast", "web"]), Open(&[ACROSS])];
    check(name, &[&TEAMS_FIRST, opened.as_slice(), story].concat());
}

#[test]
fn a_sub_organization_comes_in() {
    across("kept", &[Step::Keep, In(&["fast", "web"]), Open(&[])]);
    across(
        "used, and the teams return when it goes",
        &[
            Use(None),
            In(&["Berlin"]),
            Open(&[]),
            Leave("Berlin"),
            In(&["fast", "web"]),
            Open(&[]),
        ],
    );
    across("used for everyone", &[UseForEveryone, In(&["Berlin"]), Open(&[])]);
    across(
        "the set comes again",
        &[
            Use(None),
            Leave("Berlin"),
            In(&["fast", "web"]),
            Join("Berlin"),
            In(&["Berlin"]),
            Open(&[]),
        ],
    );
    across(
        "the sub-organization goes",
        &[Leave("Berlin"), In(&["fast", "web"]), Open(&[])],
    );
    across(
        "the teams go",
        &[Leave("web"), Leave("fast"), In(&["Berlin"]), Open(&[])],
    );
    across(
        "another team is another set",
        &[
            Use(None),
            Join("ops"),
            In(&["Berlin"]),
            Open(&["cross_type: Berlin of fast web ops Berlin"]),
        ],
    );
    across(
        "forgotten",
        &[
            Use(None),
            Forget,
            In(&["Berlin"]),
            Open(&["cross_type: Berlin of fast web Berlin"]),
        ],
    );
    across(
        "entity deleted",
        &[Use(None), DeleteEntity("Berlin"), In(&["fast", "web"]), Open(&[])],
    );
    across(
        "group deleted",
        &[Use(None), DeleteGroup("Berlin"), In(&["fast", "web"]), Open(&[])],
    );
    across(
        "paused and resumed",
        &[
            Use(None),
            Pause("Berlin"),
            In(&["fast", "web"]),
            Resume("Berlin"),
            In(&["Berlin"]),
            Open(&[]),
        ],
    );
    across(
        "away and back",
        &[
            Deactivate,
            In(&[]),
            Open(&[ACROSS]),
            Activate,
            In(&["fast", "web"]),
            Open(&[ACROSS]),
        ],
    );
    across(
        "away and back with a decision",
        &[Use(None), Deactivate, Activate, In(&["Berlin"]), Open(&[])],
    );
    across(
        "two concurrency groups on the side in force",
        &[
            Join("slow"),
            In(&["fast", "web"]),
            Open(&[
                "cross_type: fast of fast slow web Berlin",
                "exclusive_group: fast of fast slow",
            ]),
        ],
    );
    across(
        "a slot of the side that waits is no conflict",
        &[
            Join("slow"),
            Step::Keep,
            Leave("slow"),
            Use(None),
            Join("slow"),
            Open(&["cross_type: Berlin of fast slow web Berlin"]),
        ],
    );
    across(
        "of two sub-organizations, the one that was chosen",
        &[
            Join("Hamburg"),
            Use(Some("Hamburg")),
            In(&["Hamburg"]),
            Open(&["exclusive_sub_organization: Hamburg of Berlin Hamburg"]),
        ],
    );
}

#[test]
fn teams_come_in() {
    check(
        "the sub-organization stays, and the teams are used together",
        &[
            Join("Berlin"),
            Join("web"),
            Join("ops"),
            In(&["Berlin"]),
            Open(&["cross_type: Berlin of web ops Berlin"]),
            Use(None),
            In(&["web", "ops"]),
            Open(&[]),
        ],
    );
}

fn both_sides_at_once(first: (EntityType, &str), second: (EntityType, &str)) -> World {
    let mut world = World::default();
    world.user("ana");
    let group = world.group("staff", &[]);
    for (entity_type, name) in [first, second] {
        let target = MappingTarget::Entity(world.entity(entity_type, name).id);
        world.done(&Command::CreateMapping { group, target });
    }
    world.add("staff", "ana");
    world
}

#[test]
fn of_both_sides_in_one_request_the_one_approved_first_holds() {
    let (team, organization) = ((EntityType::Team, "web"), (EntityType::SubOrganization, "Berlin"));
    let world = both_sides_at_once(team, organization);
    assert_eq!(
        (names(&world, "ana"), open(&world)),
        (vec!["web".to_owned()], vec!["cross_type: web of web Berlin".to_owned()])
    );
    let world = both_sides_at_once(organization, team);
    assert_eq!(names(&world, "ana"), ["Berlin"]);
}

#[test]
fn defaults_stay_and_roles_hold_while_claims_are_suspended() {
    let mut world = start();
    let default = world.entity(EntityType::ConcurrencyGroup, "everybody else").id;
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(default)),
        ..SettingsChange::default()
    });
    world.set_group_roles("web", &["admin"]);
    for group in ["web", "fast", "Berlin"] {
        world.add(group, "ana");
    }
    take(&mut world, Use(None));
    assert_eq!(names(&world, "ana"), ["Berlin", "everybody else"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    let because = world
        .entries
        .last()
        .unwrap()
        .consequences
        .iter()
        .find_map(|one| match &one.effect {
            Effect::MembersUnplaced { reason, .. } => Some(reason.as_str()),
            _ => None,
        });
    assert_eq!(because, Some("replaced"));
}
