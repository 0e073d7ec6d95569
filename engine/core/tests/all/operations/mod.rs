//! Random operations on a small organization, for the properties.

mod command;
mod draft;
mod random;
mod settings;

use rolecall_engine::state::{Entity, Group, User};
use rolecall_engine::{EntityIndex, Entry, ExceptionKind, GroupIndex, State, UserIndex};

use crate::world::World;

pub(crate) use draft::{definition, plan_draft};
pub(crate) use random::{braked_operations, operations, taking_operations, unbraked_operations};

/// Something to do. Numbers choose among what there is when its turn comes.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    CreateUser {
        name: usize,
        active: bool,
        role: Option<usize>,
        concurrency_group: Option<usize>,
        default_entity: Option<usize>,
    },
    ChangeUser {
        user: usize,
        active: bool,
        role: Option<usize>,
        concurrency_group: Option<usize>,
    },
    RenameUser {
        user: usize,
        name: usize,
    },
    DeleteUser {
        user: usize,
    },
    CreateGroup {
        name: usize,
        members: Vec<usize>,
        role: Option<usize>,
    },
    Members {
        group: usize,
        replace: bool,
        add: Vec<usize>,
        remove: Vec<usize>,
    },
    /// An id that names nobody comes or goes.
    Stranger {
        group: usize,
        added: bool,
    },
    ExternalId {
        group: usize,
        external_id: usize,
    },
    Rename {
        group: usize,
        name: usize,
    },
    GroupRole {
        group: usize,
        role: Option<usize>,
    },
    DeleteGroup {
        group: usize,
    },
    CreateRule {
        rule: usize,
        role: Option<usize>,
        auto_approve: bool,
        priority: i32,
    },
    DeleteRule {
        rule: usize,
    },
    ChangeRule {
        rule: usize,
        enabled: bool,
        priority: i32,
    },
    SaveRuleSet {
        rules: Vec<(usize, i32)>,
    },
    /// Examples of what the rules do now; none without a name.
    SaveExamples {
        name: Option<usize>,
    },
    ApplyPlan {
        rules: Option<Vec<(usize, bool)>>,
        /// Which mapping to approve, and whose exception to set or to end.
        decide: Option<usize>,
        min_admins: Option<u32>,
    },
    ContinuePlan,
    /// A snapshot of the provider: groups by name with members.
    Reconcile {
        groups: Vec<(usize, Vec<usize>)>,
        delete_missing: bool,
    },
    StopPlan,
    CreateEntity {
        entity_type: usize,
        name: usize,
        /// The product's own id: several of one name need it.
        external_id: Option<usize>,
    },
    DeleteEntity {
        entity: usize,
    },
    Map {
        group: usize,
        entity: usize,
    },
    /// To an entity that may have to be created.
    MapByName {
        group: usize,
        entity_type: usize,
        name: usize,
    },
    Approve {
        mapping: usize,
        /// Another one than the proposed.
        entity: Option<usize>,
    },
    Reject {
        mapping: usize,
    },
    Pause {
        mapping: usize,
        paused: bool,
    },
    Resolve {
        conflict: usize,
        incoming: Option<usize>,
        everyone: bool,
    },
    Forget {
        decision: usize,
    },
    DefaultConcurrencyGroup {
        entity: Option<usize>,
    },
    ApplyOnRename {
        apply: bool,
    },
    OneGroupPerEntity {
        on: bool,
    },
    /// Perhaps another highest role, and another default.
    Roles {
        owner: bool,
        default: usize,
    },
    TwoPersons {
        on: bool,
    },
    /// Somebody else asks from now on.
    Person {
        person: usize,
    },
    /// Time passes.
    Wait {
        seconds: u64,
    },
    Ceiling {
        members: Option<u32>,
        highest_role: bool,
        adoption: bool,
    },
    NoBrake,
    Brake {
        /// Which scopes have one: the organization, the highest role, entities, parts of them by group.
        scopes: [bool; 4],
        min_count: u32,
        max_percent: u32,
    },
    Release {
        hold: usize,
        user: Option<usize>,
    },
    Discard {
        hold: usize,
        user: Option<usize>,
    },
    Floor {
        min_admins: u32,
    },
    Give {
        entity: usize,
        users: Vec<usize>,
    },
    Take {
        entity: usize,
        user: usize,
    },
    SetException {
        kind: ExceptionKind,
        user: usize,
        entity: usize,
        /// About a role instead.
        role: Option<usize>,
        /// So many milliseconds from now; each command takes one.
        lasts: Option<u64>,
    },
    RemoveException {
        exception: usize,
    },
    Tick,
}

pub(crate) const NAMES: [&str; 8] = [
    "eng-web",
    "eng-api",
    "ENG-Ops",
    "sales",
    "sales-east",
    "org-one",
    "org-two",
    "x",
];
/// So many names of users.
const USERS: usize = 12;
const ROLES: [&str; 3] = ["guest", "user", "Admin"];

/// A world after some operations; `each` sees the state before and the entry of every one that changed something.
pub(crate) fn after(operations: &[Operation], each: impl FnMut(&State, &Entry, &World)) -> World {
    after_in(World::default(), operations, each)
}

/// The same in a world that is there already.
pub(crate) fn after_in(
    mut world: World,
    operations: &[Operation],
    mut each: impl FnMut(&State, &Entry, &World),
) -> World {
    for operation in operations {
        operation.prepare(&mut world);
        let Some(command) = operation.command(&world) else {
            continue;
        };
        let before = world.state.clone();
        if let Ok(Some(entry)) = world.run(&command) {
            each(&before, &entry, &world);
        }
    }
    world
}

fn role_name(role: usize) -> &'static str {
    ROLES[role % ROLES.len()]
}

fn pick<'a, T>(all: impl Iterator<Item = &'a T>, number: usize) -> Option<&'a T> {
    let all: Vec<&T> = all.collect();
    all.get(number % all.len().max(1)).copied()
}

fn all_entities(state: &State) -> impl Iterator<Item = &Entity> {
    state.entities_from(EntityIndex::from(0))
}

fn some_entity(state: &State, number: usize) -> Option<&Entity> {
    pick(all_entities(state), number)
}

fn some_user(state: &State, number: usize) -> Option<&User> {
    pick(state.users_from(UserIndex::from(0)), number)
}

fn some_group(state: &State, number: usize) -> Option<&Group> {
    pick(state.groups_from(GroupIndex::from(0)), number)
}
