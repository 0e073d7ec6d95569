//! Stories of conflicts and of the decisions about them (SEMANTICS sections 6.2 and 6.3).
//!
//! A story is a list of steps, told in the words below; after some of them it says where `ana` is and what is open.

mod decisions;
mod sides;
mod slots;

use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, EntityId, Keep, MappingTarget};

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
