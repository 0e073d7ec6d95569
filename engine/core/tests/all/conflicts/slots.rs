//! Two claims on a slot that holds one (SEMANTICS 6.2).

use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, MappingTarget, SettingsChange};

use super::Step::{
    Activate, Deactivate, DeleteEntity, DeleteGroup, Forget, In, Join, Leave, Open, Pause, Resume, Use, UseForEveryone,
};
use super::{Step, check, names};
use crate::world::World;

const GROUPS: &str = "exclusive_group: fast of fast slow";

const BOTH: [Step; 2] = [Join("fast"), Join("slow")];

/// A story that begins with the conflict between `fast`, the incumbent, and `slow`.
#[track_caller]
fn with_groups(name: &str, story: &[Step]) {
    check(
        name,
        &[&BOTH, [In(&["fast"]), Open(&[GROUPS])].as_slice(), story].concat(),
    );
}

#[test]
fn concurrency_groups() {
    with_groups("kept", &[Step::Keep, In(&["fast"]), Open(&[])]);
    with_groups("used", &[Use(None), In(&["slow"]), Open(&[])]);
    with_groups("used for everyone", &[UseForEveryone, In(&["slow"]), Open(&[])]);
    with_groups("the waiting claim moves up", &[Leave("fast"), In(&["slow"]), Open(&[])]);
    with_groups("the waiting claim goes", &[Leave("slow"), In(&["fast"]), Open(&[])]);
    with_groups(
        "another claim makes it another conflict",
        &[
            Join("calm"),
            In(&["fast"]),
            Open(&["exclusive_group: fast of fast slow calm"]),
        ],
    );
    with_groups(
        "a decision is for exactly one set, and remembered",
        &[
            Use(None),
            Join("calm"),
            In(&["slow"]),
            Open(&["exclusive_group: slow of fast slow calm"]),
            Use(Some("fast")),
            In(&["fast"]),
            Leave("calm"),
            In(&["slow"]),
            Open(&[]),
        ],
    );
    with_groups(
        "the set comes again",
        &[
            Use(None),
            Leave("slow"),
            In(&["fast"]),
            Join("slow"),
            In(&["slow"]),
            Open(&[]),
        ],
    );
    with_groups(
        "forgotten",
        &[
            Use(None),
            Forget,
            In(&["slow"]),
            Open(&["exclusive_group: slow of fast slow"]),
        ],
    );
    with_groups(
        "forgotten for everyone",
        &[
            UseForEveryone,
            Forget,
            In(&["slow"]),
            Open(&["exclusive_group: slow of fast slow"]),
        ],
    );
    with_groups("entity deleted", &[DeleteEntity("fast"), In(&["slow"]), Open(&[])]);
    with_groups("group deleted", &[DeleteGroup("fast"), In(&["slow"]), Open(&[])]);
    with_groups(
        "paused and resumed",
        &[
            Pause("fast"),
            In(&["slow"]),
            Open(&[]),
            Resume("fast"),
            In(&["slow"]),
            Open(&["exclusive_group: slow of fast slow"]),
        ],
    );
    with_groups(
        "away and back",
        &[
            Deactivate,
            In(&[]),
            Open(&[GROUPS]),
            Activate,
            In(&["fast"]),
            Open(&[GROUPS]),
        ],
    );
    with_groups(
        "decided while away",
        &[
            Deactivate,
            Use(None),
            In(&[]),
            Open(&[]),
            Activate,
            In(&["slow"]),
            Open(&[]),
        ],
    );
    with_groups(
        "away and back with a decision",
        &[Use(None), Deactivate, Activate, In(&["slow"]), Open(&[])],
    );
    with_groups(
        "a claim goes while away",
        &[Deactivate, Leave("fast"), Open(&[]), Activate, In(&["slow"])],
    );
}

/// An entity that several mappings claim counts as old as the first of their approvals.
#[test]
fn of_the_waiting_claims_the_one_approved_first_moves_up() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    world.user("ana");
    let groups = ["one", "two", "three", "four"].map(|name| world.group(name, &[]));
    let entities = ["current", "first", "second"].map(|name| world.entity(EntityType::ConcurrencyGroup, name).id);
    for (group, fed) in [(3, 0), (2, 1), (1, 2), (0, 1)] {
        world.done(&Command::CreateMapping {
            group: groups[group],
            target: MappingTarget::Entity(entities[fed]),
        });
    }
    for group in ["four", "one", "two", "three"] {
        world.add(group, "ana");
    }
    assert_eq!(names(&world, "ana"), ["current"]);
    world.remove("four", "ana");
    assert_eq!(names(&world, "ana"), ["first"]);
}

#[test]
fn sub_organizations() {
    let organizations = [Join("Berlin"), Join("Hamburg"), In(&["Berlin"])];
    let with = |name, story: &[Step]| {
        let opened = [Open(&["exclusive_sub_organization: Berlin of Berlin Hamburg"])];
        check(name, &[&organizations, opened.as_slice(), story].concat());
    };
    with("kept", &[Step::Keep, In(&["Berlin"]), Open(&[])]);
    with(
        "used",
        &[
            Use(None),
            In(&["Hamburg"]),
            Open(&[]),
            Leave("Hamburg"),
            In(&["Berlin"]),
        ],
    );
    with("used for everyone", &[UseForEveryone, In(&["Hamburg"]), Open(&[])]);
    with("closes by itself", &[Leave("Berlin"), In(&["Hamburg"]), Open(&[])]);
    with("entity deleted", &[DeleteEntity("Berlin"), In(&["Hamburg"]), Open(&[])]);
    with("group deleted", &[DeleteGroup("Hamburg"), In(&["Berlin"]), Open(&[])]);
    with(
        "of three, one has to be named",
        &[
            Join("Bremen"),
            Open(&["exclusive_sub_organization: Berlin of Berlin Hamburg Bremen"]),
            Use(Some("Bremen")),
            In(&["Bremen"]),
            Open(&[]),
        ],
    );
    with("paused", &[Pause("Berlin"), In(&["Hamburg"]), Open(&[])]);
    with(
        "forgotten",
        &[
            Step::Keep,
            Forget,
            In(&["Berlin"]),
            Open(&["exclusive_sub_organization: Berlin of Berlin Hamburg"]),
        ],
    );
    with("away and back", &[Deactivate, In(&[]), Activate, In(&["Berlin"])]);
}
