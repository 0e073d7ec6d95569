//! Stories of conflicts and of the decisions about them (SEMANTICS sections 6.2 and 6.3).
//!
//! A story is a list of steps, told in the words below; after some of them it says where `ana` is and what is open.

use rolecall_engine::rules::EntityType;
use rolecall_engine::{
    Command, Effect, EntityId, GroupChange, Keep, MappingTarget, MembersChange, Rejection, SettingsChange,
};

use crate::world::World;

/// What is done in a story.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// `ana` joins the group.
    Join(&'static str),
    /// `ana` leaves the group.
    Leave(&'static str),
    /// The one open conflict is resolved for `ana`.
    Keep,
    /// As before, with the entity of this name, where there are several to choose from.
    Use(Option<&'static str>),
    /// The one open conflict is resolved with what is incoming, for everybody.
    UseForEveryone,
    /// The one decision is forgotten.
    Forget,
    /// The entity of this group is deleted.
    DeleteEntity(&'static str),
    DeleteGroup(&'static str),
    Pause(&'static str),
    Resume(&'static str),
    Deactivate,
    Activate,
    /// `ana` is in these entities.
    In(&'static [&'static str]),
    /// These are open, each as `kind: current of claimed`.
    Open(&'static [&'static str]),
}

use Step::{
    Activate, Deactivate, DeleteEntity, DeleteGroup, Forget, In, Join, Leave, Open, Pause, Resume, Use, UseForEveryone,
};

/// Groups and the entity that each feeds; both have the same name.
const FEEDS: [(&str, EntityType); 8] = [
    ("fast", EntityType::ConcurrencyGroup),
    ("slow", EntityType::ConcurrencyGroup),
    ("calm", EntityType::ConcurrencyGroup),
    ("web", EntityType::Team),
    ("ops", EntityType::Team),
    ("Berlin", EntityType::SubOrganization),
    ("Hamburg", EntityType::SubOrganization),
    ("Bremen", EntityType::SubOrganization),
];

fn start() -> World {
    let mut world = World::default();
    world.user("ana");
    for (name, entity_type) in FEEDS {
        let group = world.group(name, &[]);
        let entity = world.entity(entity_type, name).id;
        let target = MappingTarget::Entity(entity);
        world.done(&Command::CreateMapping { group, target });
    }
    world
}

fn entity(world: &World, name: &str) -> EntityId {
    let (_, entity_type) = FEEDS.into_iter().find(|(known, _)| *known == name).expect("an entity");
    world.entity_named(entity_type, name).id
}

/// The open conflicts, each as `kind: current of claimed`, in order.
fn open(world: &World) -> Vec<String> {
    let name = |entity| world.state.entity_at(entity).name.clone();
    let show = |conflict: &rolecall_engine::state::Conflict| {
        let claimed: Vec<String> = conflict.claimed.iter().map(|entity| name(*entity)).collect();
        format!(
            "{}: {} of {}",
            conflict.slot.conflict_kind(),
            name(conflict.current),
            claimed.join(" ")
        )
    };
    let mut open: Vec<String> = world.state.conflicts().map(show).collect();
    open.sort();
    open
}

fn names(world: &World, user: &str) -> Vec<String> {
    let memberships = world.user_named(user).memberships.iter();
    memberships
        .map(|membership| world.state.entity_at(membership.entity).name.clone())
        .collect()
}

fn resolve(world: &mut World, keep: Keep, everyone: bool) {
    let conflict = world.state.conflicts().next().expect("an open conflict").id;
    world.done(&Command::ResolveConflict {
        conflict,
        keep,
        everyone,
    });
}

fn take(world: &mut World, step: Step) {
    match step {
        Join(group) => drop(world.add(group, "ana")),
        Leave(group) => drop(world.remove(group, "ana")),
        Step::Keep => resolve(world, Keep::Current, false),
        Use(named) => {
            let named = named.map(|name| entity(world, name));
            resolve(world, Keep::Incoming(named), false);
        }
        UseForEveryone => resolve(world, Keep::Incoming(None), true),
        Forget => {
            let decision = world.state.decisions().after(None).next().expect("a decision").id;
            world.done(&Command::ForgetDecision { decision });
        }
        DeleteEntity(name) => {
            let entity = entity(world, name);
            world.done(&Command::DeleteEntity { entity });
        }
        DeleteGroup(name) => drop(world.delete_group(name)),
        Pause(group) => {
            let mapping = world.mappings(group)[0].id;
            world.done(&Command::PauseMapping { mapping });
        }
        Resume(group) => {
            let mapping = world.mappings(group)[0].id;
            world.done(&Command::ResumeMapping { mapping });
        }
        Deactivate => drop(world.set_user("ana", false, None)),
        Activate => drop(world.set_user("ana", true, None)),
        In(expected) => assert_eq!(names(world, "ana"), expected, "in"),
        Open(expected) => assert_eq!(open(world), expected, "open"),
    }
}

#[track_caller]
fn check(name: &str, story: &[Step]) {
    let mut world = start();
    for (number, step) in story.iter().enumerate() {
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| take(&mut world, *step)));
        assert!(told.is_ok(), "{name}, step {number}: {step:?}");
    }
}

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
fn a_decision_for_everyone_is_for_those_who_come_later_too_and_ones_own_counts_more() {
    let mut world = start();
    for user in ["ben", "cleo", "dora"] {
        world.user(user);
    }
    for user in ["ana", "ben", "dora"] {
        for group in ["fast", "slow"] {
            world.add(group, user);
        }
    }
    world.set_user("dora", false, None);
    let of_ben = world.state.conflicts_of(world.user_named("ben").id)[0].id;
    let entry = world.done(&Command::ResolveConflict {
        conflict: of_ben,
        keep: Keep::Current,
        everyone: false,
    });
    let closed = |entry: &rolecall_engine::Entry| {
        let effects = entry.consequences.iter();
        let closed = effects.filter_map(|one| match &one.effect {
            Effect::ConflictsClosed { users, .. } => Some(users.len()),
            _ => None,
        });
        closed.sum::<u64>()
    };
    assert_eq!(closed(&entry), 1);
    let of_ana = world.state.conflicts().next().unwrap().id;
    let entry = world.done(&Command::ResolveConflict {
        conflict: of_ana,
        keep: Keep::Incoming(None),
        everyone: true,
    });
    assert_eq!(closed(&entry), 2, "ana's and dora's, who is away");
    for group in ["fast", "slow"] {
        world.add(group, "cleo");
    }
    world.set_user("dora", true, None);
    let places = ["ana", "ben", "cleo", "dora"].map(|user| names(&world, user).concat());
    assert_eq!(places, ["slow", "fast", "slow", "slow"]);
    assert!(open(&world).is_empty());

    world.set_user("dora", false, None);
    world.done(&Command::ForgetDecision { decision: of_ana });
    let users: Vec<_> = world
        .state
        .conflicts()
        .map(|conflict| world.state.user_at(conflict.user).id)
        .collect();
    let expected = ["ana", "cleo", "dora"].map(|user| world.user_named(user).id);
    assert_eq!(users.len(), 3);
    assert!(
        expected.iter().all(|user| users.contains(user)),
        "not ben, who has a decision of his own"
    );
    let places = ["ana", "ben", "cleo"].map(|user| names(&world, user).concat());
    assert_eq!(places, ["slow", "fast", "slow"], "nobody moves");
}

#[test]
fn decisions_go_with_their_user_and_with_an_entity_of_their_set() {
    let decided = |everyone| {
        let mut world = start();
        for group in ["fast", "slow"] {
            world.add(group, "ana");
        }
        resolve(&mut world, Keep::Current, everyone);
        world
    };
    let mut world = decided(false);
    world.delete_user("ana");
    assert!(world.state.decisions().is_empty());
    let mut world = decided(true);
    world.delete_user("ana");
    assert_eq!(world.state.decisions().len(), 1, "it is for the others, too");
    take(&mut world, DeleteEntity("slow"));
    assert!(world.state.decisions().is_empty(), "the set cannot come again");
}

#[test]
fn what_cannot_be_resolved_is_refused() {
    let mut world = start();
    for group in ["fast", "slow", "calm"] {
        world.add(group, "ana");
    }
    let conflict = world.state.conflicts().next().unwrap().id;
    let mut refused = |keep| {
        let everyone = false;
        world
            .run(&Command::ResolveConflict {
                conflict,
                keep,
                everyone,
            })
            .unwrap_err()
    };
    let unnamed = refused(Keep::Incoming(None));
    let Rejection::IncomingUnnamed { incoming } = unnamed.clone() else {
        panic!("{unnamed}")
    };
    assert_eq!(incoming.len(), 2);
    assert!(
        incoming
            .iter()
            .all(|entity| unnamed.to_string().contains(&entity.to_string()))
    );
    let fast = entity(&world, "fast");
    let refused = |world: &mut World, keep, conflict| {
        let everyone = false;
        world
            .run(&Command::ResolveConflict {
                conflict,
                keep,
                everyone,
            })
            .unwrap_err()
    };
    let current = refused(&mut world, Keep::Incoming(Some(fast)), conflict);
    assert_eq!(current, Rejection::NotIncoming { incoming });
    world.remove("calm", "ana");
    let gone = refused(&mut world, Keep::Current, conflict);
    assert_eq!(gone, Rejection::UnknownConflict);
    assert!(gone.to_string().contains("closed by itself"));
    let unknown = world.run(&Command::ForgetDecision { decision: conflict });
    assert_eq!(unknown, Err(Rejection::UnknownDecision));
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

#[test]
fn the_incumbent_is_what_was_in_force_right_before() {
    let mut world = start();
    world.add("fast", "ana");
    let ana = world.user_named("ana").id.to_string();
    let members = |add: bool| MembersChange {
        replace: true,
        add: if add { vec![ana.clone()] } else { Vec::new() },
        remove: Vec::new(),
    };
    world.set_user("ana", false, None);
    for (group, add) in [("slow", true), ("fast", false), ("fast", true)] {
        let change = GroupChange {
            members: members(add),
            ..GroupChange::default()
        };
        world.change_group(group, change);
    }
    assert_eq!(
        open(&world),
        ["exclusive_group: slow of fast slow"],
        "also of somebody who is away"
    );
}
