//! Random operations on a small organization, for the properties.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rolecall_engine::plan::{Draft, ExceptionChange, MappingChange};
use rolecall_engine::rules::{EntityType, Example, Pattern, RuleDefinition, Target};
use rolecall_engine::state::{Mapping, User};
use rolecall_engine::{
    Actor, AutoApproveCeilingChange, BrakeLimitChange, Command, DraftRule, EntityIndex, Entry, ExceptionInput,
    ExceptionKind, ExceptionSubject, GroupChange, GroupIndex, HoldId, Keep, MappingIndex, MappingTarget, MembersChange,
    OnRename, SettingsChange, State, Timestamp, TokenId, UserId, UserIndex, UserInput,
};

use crate::plans::apply;
use crate::reconcile::snapshot_draft;
use crate::world::{World, group_input, user_input};

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
        approve: Option<usize>,
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
const ROLES: [&str; 3] = ["guest", "user", "Admin"];

/// Users in groups with rules, and then so many operations of all kinds.
pub(crate) fn operations(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    (beginning(), vec(operation(), 1..length)).prop_map(|(mut beginning, operations)| {
        beginning.extend(operations);
        beginning
    })
}

/// Without these most operations would find nothing to do.
fn beginning() -> impl Strategy<Value = Vec<Operation>> {
    let rules = vec(create_rule(), 0..4);
    let users = vec(create_user(), 2..8);
    let entities = vec(create_entity(), 0..4);
    let groups = vec(create_group(0..6), 1..6);
    (rules, entities, users, groups).prop_map(|(rules, entities, users, groups)| {
        let parts = [rules, entities, users, groups];
        parts.into_iter().flatten().collect()
    })
}

fn some() -> std::ops::Range<usize> {
    0..64
}

fn create_user() -> impl Strategy<Value = Operation> {
    let named = || option::weighted(0.3, some());
    (some(), prop::bool::weighted(0.8), option::of(some()), named(), named()).prop_map(
        |(name, active, role, concurrency_group, default_entity)| Operation::CreateUser {
            name,
            active,
            role,
            concurrency_group,
            default_entity,
        },
    )
}

fn create_group(members: std::ops::Range<usize>) -> impl Strategy<Value = Operation> {
    (some(), vec(some(), members), option::of(some())).prop_map(|(name, members, role)| Operation::CreateGroup {
        name,
        members,
        role,
    })
}

fn create_rule() -> impl Strategy<Value = Operation> {
    (some(), option::of(some()), prop::bool::weighted(0.7), -2..3i32).prop_map(
        |(rule, role, auto_approve, priority)| Operation::CreateRule {
            rule,
            role,
            auto_approve,
            priority,
        },
    )
}

fn create_entity() -> impl Strategy<Value = Operation> {
    (some(), some(), option::weighted(0.2, some())).prop_map(|(entity_type, name, external_id)| {
        Operation::CreateEntity {
            entity_type,
            name,
            external_id,
        }
    })
}

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

/// Operations on an organization without brakes, where everything that is asked for happens at once.
pub(crate) fn unbraked_operations(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    operations(length).prop_map(|mut operations| {
        operations.retain(|operation| !matches!(operation, Operation::Brake { .. } | Operation::Floor { .. }));
        operations.insert(0, Operation::NoBrake);
        operations
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let role = || option::of(some());
    prop_oneof![
        2 => create_user(),
        3 => (some(), any::<bool>(), role(), option::of(some())).prop_map(|(user, active, role, concurrency_group)| {
            Operation::ChangeUser { user, active, role, concurrency_group }
        }),
        1 => (some(), some()).prop_map(|(user, name)| Operation::RenameUser { user, name }),
        1 => some().prop_map(|user| Operation::DeleteUser { user }),
        2 => create_group(0..4),
        10 => (some(), prop::bool::weighted(0.2), vec(some(), 0..4), vec(some(), 0..3))
            .prop_map(|(group, replace, add, remove)| Operation::Members { group, replace, add, remove }),
        1 => (some(), any::<bool>()).prop_map(|(group, added)| Operation::Stranger { group, added }),
        1 => (some(), some()).prop_map(|(group, external_id)| Operation::ExternalId { group, external_id }),
        3 => (some(), some()).prop_map(|(group, name)| Operation::Rename { group, name }),
        2 => (some(), role()).prop_map(|(group, role)| Operation::GroupRole { group, role }),
        1 => some().prop_map(|group| Operation::DeleteGroup { group }),
        2 => create_rule(),
        1 => some().prop_map(|rule| Operation::DeleteRule { rule }),
        1 => (some(), prop::bool::weighted(0.8), -2..3i32)
            .prop_map(|(rule, enabled, priority)| Operation::ChangeRule { rule, enabled, priority }),
        1 => option::weighted(0.3, some()).prop_map(|name| Operation::SaveExamples { name }),
        1 => vec((some(), -2..3i32), 0..4).prop_map(|rules| Operation::SaveRuleSet { rules }),
        2 => (option::of(vec((some(), any::<bool>()), 0..4)), option::of(some()))
            .prop_map(|(rules, approve)| Operation::ApplyPlan { rules, approve }),
        4 => Just(Operation::ContinuePlan),
        1 => (vec((some(), vec(some(), 0..4)), 0..4), prop::bool::weighted(0.2))
            .prop_map(|(groups, delete_missing)| Operation::Reconcile { groups, delete_missing }),
        1 => Just(Operation::StopPlan),
        2 => create_entity(),
        1 => some().prop_map(|entity| Operation::DeleteEntity { entity }),
        4 => (some(), some()).prop_map(|(group, entity)| Operation::Map { group, entity }),
        1 => (some(), some(), some())
            .prop_map(|(group, entity_type, name)| Operation::MapByName { group, entity_type, name }),
        3 => (some(), option::weighted(0.2, some()))
            .prop_map(|(mapping, entity)| Operation::Approve { mapping, entity }),
        1 => some().prop_map(|mapping| Operation::Reject { mapping }),
        2 => (some(), any::<bool>()).prop_map(|(mapping, paused)| Operation::Pause { mapping, paused }),
        4 => (some(), option::weighted(0.7, some()), any::<bool>())
            .prop_map(|(conflict, incoming, everyone)| Operation::Resolve { conflict, incoming, everyone }),
        1 => some().prop_map(|decision| Operation::Forget { decision }),
        1 => option::of(some()).prop_map(|entity| Operation::DefaultConcurrencyGroup { entity }),
        1 => any::<bool>().prop_map(|apply| Operation::ApplyOnRename { apply }),
        1 => any::<bool>().prop_map(|on| Operation::OneGroupPerEntity { on }),
        1 => (prop::bool::weighted(0.2), 0..3usize).prop_map(|(owner, default)| Operation::Roles { owner, default }),
        1 => prop::bool::weighted(0.3).prop_map(|on| Operation::TwoPersons { on }),
        1 => some().prop_map(|person| Operation::Person { person }),
        2 => (0u64..1_000).prop_map(|seconds| Operation::Wait { seconds }),
        1 => (option::of(0..4u32), prop::bool::weighted(0.2), prop::bool::weighted(0.2)).prop_map(
            |(members, highest_role, adoption)| Operation::Ceiling { members, highest_role, adoption }
        ),
        2 => (0u32..4, 0u32..60).prop_map(|(min_count, max_percent)| Operation::Brake { min_count, max_percent }),
        3 => (some(), option::of(some())).prop_map(|(hold, user)| Operation::Release { hold, user }),
        2 => (some(), option::of(some())).prop_map(|(hold, user)| Operation::Discard { hold, user }),
        1 => (0u32..3).prop_map(|min_admins| Operation::Floor { min_admins }),
        3 => (some(), vec(some(), 1..4)).prop_map(|(entity, users)| Operation::Give { entity, users }),
        3 => (some(), some()).prop_map(|(entity, user)| Operation::Take { entity, user }),
        3 => exception(),
        1 => some().prop_map(|exception| Operation::RemoveException { exception }),
        2 => Just(Operation::Tick),
    ]
}

fn exception() -> impl Strategy<Value = Operation> {
    let kind = prop::sample::select(ExceptionKind::ALL.to_vec());
    let role = option::weighted(0.4, some());
    (kind, some(), some(), role, option::of(1u64..12)).prop_map(|(kind, user, entity, role, lasts)| {
        Operation::SetException {
            kind,
            user,
            entity,
            role,
            lasts,
        }
    })
}

impl Operation {
    /// Lets time pass, or somebody else ask; nothing for all that is a command.
    pub(crate) fn prepare(&self, world: &mut World) {
        match self {
            Self::Wait { seconds } => world.wait(*seconds),
            Self::Person { person } => {
                let token = |number: usize| Actor::Token(TokenId::new(uuid::Uuid::from_u128(number as u128)));
                world.actor = Some(if person % 3 == 0 {
                    Actor::Root
                } else {
                    token(person % 3)
                });
            }
            _ => {}
        }
    }

    /// The command it stands for now; `None` when there is nothing to do it to.
    pub(crate) fn command(&self, world: &World) -> Option<Command> {
        let state = &world.state;
        Some(match self {
            Self::CreateUser {
                name,
                active,
                role,
                concurrency_group,
                default_entity,
            } => {
                let name = format!("user-{}", name % 6);
                let user = in_concurrency_group(user_input(&name, *active, role.map(role_name)), *concurrency_group);
                let entity = |number| pick(state.entities_from(EntityIndex::from(0)), number);
                Command::CreateUser {
                    connection: None,
                    default_entity: default_entity.and_then(entity).map(|entity| entity.id),
                    user,
                }
            }
            Self::ChangeUser {
                user,
                active,
                role,
                concurrency_group,
            } => {
                let user = pick(state.users_from(UserIndex::from(0)), *user)?;
                let name = user.person.as_ref()?.user_name.clone();
                let to = in_concurrency_group(user_input(&name, *active, role.map(role_name)), *concurrency_group);
                Command::ChangeUser {
                    user: user.id,
                    expected: None,
                    to,
                }
            }
            Self::RenameUser { user, name } => {
                let user = pick(state.users_from(UserIndex::from(0)), *user)?;
                let mut person = (**user.person.as_ref()?).clone();
                person.user_name = format!("user-{}", name % 6);
                Command::ChangeUser {
                    user: user.id,
                    expected: None,
                    to: UserInput {
                        person,
                        active: user.active,
                        organization_role: user.organization_role.as_ref().map(ToString::to_string),
                    },
                }
            }
            Self::DeleteUser { user } => Command::DeleteUser {
                user: pick(state.users_from(UserIndex::from(0)), *user)?.id,
                expected: None,
            },
            Self::CreateGroup { name, members, role } => {
                let roles: Vec<&str> = role.map(role_name).into_iter().collect();
                Command::CreateGroup {
                    group: group_input(NAMES[name % NAMES.len()], user_ids(state, members), &roles),
                }
            }
            Self::Members {
                group,
                replace,
                add,
                remove,
            } => {
                let add = user_ids(state, add);
                let remove = user_ids(state, remove)
                    .into_iter()
                    .filter(|id| !add.contains(id))
                    .collect();
                change(state, *group, |change| {
                    change.members = MembersChange {
                        replace: *replace,
                        add,
                        remove,
                    }
                })?
            }
            Self::Stranger { group, added } => {
                let stranger = vec![uuid::Uuid::from_u128(7).to_string()];
                change(state, *group, |change| match added {
                    true => change.members.add = stranger,
                    false => change.members.remove = stranger,
                })?
            }
            Self::ExternalId { group, external_id } => change(state, *group, |change| {
                change.external_id = Some((external_id % 2 == 0).then(|| external_id.to_string()));
            })?,
            Self::Rename { group, name } => change(state, *group, |change| {
                change.display_name = Some(NAMES[name % NAMES.len()].to_owned())
            })?,
            Self::GroupRole { group, role } => {
                let roles = role.map(role_name).into_iter().map(str::to_owned).collect();
                change(state, *group, |change| change.roles = Some(roles))?
            }
            Self::DeleteGroup { group } => Command::DeleteGroup {
                group: pick(state.groups_from(GroupIndex::from(0)), *group)?.id,
                expected: None,
            },
            Self::CreateRule {
                rule,
                role,
                auto_approve,
                priority,
            } => {
                let mut definition = definition(*rule);
                definition.role = role.map(|role| role_name(role).parse().unwrap());
                definition.auto_approve = *auto_approve;
                definition.priority = *priority;
                Command::CreateRule { definition }
            }
            Self::DeleteRule { rule } => Command::DeleteRule {
                rule: pick(state.rules().iter(), *rule)?.id,
            },
            Self::ChangeRule {
                rule,
                enabled,
                priority,
            } => {
                let stored = pick(state.rules().iter(), *rule)?;
                let definition = RuleDefinition {
                    enabled: *enabled,
                    priority: *priority,
                    ..stored.rule.definition().clone()
                };
                Command::ChangeRule {
                    rule: stored.id,
                    definition,
                }
            }
            Self::SaveExamples { name } => {
                let example = |name: usize| {
                    let group = NAMES[name % NAMES.len()].to_owned();
                    let decides = state.rules().decide(&group);
                    let rule = decides.map(|(stored, _)| stored.rule.definition().name.clone());
                    Example {
                        group,
                        rule,
                        targets: None,
                        role: None,
                    }
                };
                let as_it_is = state.rules().iter().map(|stored| DraftRule {
                    id: Some(stored.id),
                    definition: stored.rule.definition().clone(),
                });
                Command::SaveRuleSet {
                    rules: as_it_is.collect(),
                    examples: Some(name.map(example).into_iter().collect()),
                }
            }
            Self::SaveRuleSet { rules } => {
                let draft = |(rule, priority): &(usize, i32)| DraftRule {
                    id: None,
                    definition: RuleDefinition {
                        priority: *priority,
                        ..definition(*rule)
                    },
                };
                let rules = rules.iter().map(draft).collect();
                Command::SaveRuleSet { rules, examples: None }
            }
            Self::ApplyPlan { rules, approve } => apply(plan_draft(state, rules.as_deref(), *approve), world),
            Self::ContinuePlan => Command::ContinuePlan,
            Self::Reconcile { groups, delete_missing } => {
                let name = |(name, members): &(usize, Vec<usize>)| {
                    let picked = members
                        .iter()
                        .filter_map(|user| pick(state.users_from(UserIndex::from(0)), *user));
                    let names = picked.map(|user| user.person.as_ref().unwrap().user_name.clone());
                    (NAMES[name % NAMES.len()].to_owned(), names.collect())
                };
                let groups: Vec<_> = groups.iter().map(name).collect();
                apply(snapshot_draft(state, &groups, *delete_missing), world)
            }
            Self::StopPlan => Command::StopPlan {
                plan: state.plan_run()?.plan,
            },
            Self::CreateEntity {
                entity_type,
                name,
                external_id,
            } => Command::CreateEntity {
                entity_type: EntityType::ALL[entity_type % EntityType::ALL.len()],
                name: NAMES[name % NAMES.len()].to_owned(),
                external_id: external_id.map(|id| id.to_string()),
            },
            Self::DeleteEntity { entity } => Command::DeleteEntity {
                entity: pick(state.entities_from(EntityIndex::from(0)), *entity)?.id,
            },
            Self::Map { group, entity } => Command::CreateMapping {
                group: pick(state.groups_from(GroupIndex::from(0)), *group)?.id,
                target: MappingTarget::Entity(pick(state.entities_from(EntityIndex::from(0)), *entity)?.id),
            },
            Self::MapByName {
                group,
                entity_type,
                name,
            } => Command::CreateMapping {
                group: pick(state.groups_from(GroupIndex::from(0)), *group)?.id,
                target: MappingTarget::Named {
                    entity_type: EntityType::ALL[entity_type % EntityType::ALL.len()],
                    name: NAMES[name % NAMES.len()].to_owned(),
                },
            },
            Self::Approve { mapping, entity } => {
                let entity = entity.and_then(|entity| pick(state.entities_from(EntityIndex::from(0)), entity));
                Command::ApproveMapping {
                    mapping: pick_mapping_that(state, *mapping, |mapping| !mapping.status.is_approved())?.id,
                    target: entity.map(|entity| MappingTarget::Entity(entity.id)),
                }
            }
            Self::Reject { mapping } => Command::RejectMapping {
                mapping: pick_mapping(state, *mapping)?.id,
            },
            Self::Pause { mapping, paused: true } => Command::PauseMapping {
                mapping: pick_mapping_that(state, *mapping, |mapping| mapping.status.is_approved())?.id,
            },
            Self::Pause { mapping, paused: false } => Command::ResumeMapping {
                mapping: pick_mapping_that(state, *mapping, |mapping| mapping.paused)?.id,
            },
            Self::Resolve {
                conflict,
                incoming,
                everyone,
            } => {
                let conflict = pick(state.conflicts(), *conflict)?;
                let entity = |number| pick(conflict.claimed.iter(), number);
                let incoming = incoming.and_then(entity).map(|entity| state.entity_at(*entity).id);
                Command::ResolveConflict {
                    conflict: conflict.id,
                    keep: incoming.map_or(Keep::Current, |entity| Keep::Incoming(Some(entity))),
                    everyone: *everyone,
                }
            }
            Self::Forget { decision } => Command::ForgetDecision {
                decision: pick(state.decisions().after(None), *decision)?.id,
            },
            Self::DefaultConcurrencyGroup { entity } => {
                let groups = || {
                    let all = state.entities_from(EntityIndex::from(0));
                    all.filter(|entity| entity.entity_type == EntityType::ConcurrencyGroup)
                };
                let entity = entity.and_then(|entity| pick(groups(), entity)).map(|entity| entity.id);
                let change = SettingsChange {
                    default_concurrency_group: Some(entity),
                    ..SettingsChange::default()
                };
                Command::ChangeSettings { change }
            }
            Self::Ceiling {
                members,
                highest_role,
                adoption,
            } => {
                let mut change = SettingsChange::default();
                change.safeguards.auto_approve_ceiling = AutoApproveCeilingChange {
                    highest_role: Some(*highest_role),
                    max_members: Some(*members),
                    adoption: Some(*adoption),
                };
                Command::ChangeSettings { change }
            }
            Self::NoBrake => {
                let mut change = SettingsChange::default();
                change.safeguards.brake.enabled = Some(false);
                Command::ChangeSettings { change }
            }
            Self::Brake { min_count, max_percent } => {
                let mut change = SettingsChange::default();
                let limit = BrakeLimitChange {
                    enabled: Some(true),
                    min_count: Some(*min_count),
                    max_percent: Some(*max_percent),
                    min_size: Some(0),
                };
                let brake = &mut change.safeguards.brake;
                (brake.organization, brake.highest_role) = (limit, limit);
                (brake.entity, brake.group_entity) = (limit, limit);
                Command::ChangeSettings { change }
            }
            Self::Release { hold, user } => {
                let (hold, users) = held_by(state, *hold, *user)?;
                Command::ReleaseHold { hold, users }
            }
            Self::Discard { hold, user } => {
                let (hold, users) = held_by(state, *hold, *user)?;
                Command::DiscardHold { hold, users }
            }
            Self::Floor { min_admins } => {
                let mut change = SettingsChange::default();
                change.safeguards.min_admins = Some(*min_admins);
                Command::ChangeSettings { change }
            }
            Self::OneGroupPerEntity { on } => Command::ChangeSettings {
                change: SettingsChange {
                    one_group_per_entity: Some(*on),
                    ..SettingsChange::default()
                },
            },
            Self::Roles { owner, default } => {
                let names = ["guest", "user", "admin", "owner"];
                let roles = names[..3 + usize::from(*owner)]
                    .iter()
                    .map(|role| role.parse().unwrap());
                Command::ChangeSettings {
                    change: SettingsChange {
                        roles: Some(roles.collect()),
                        default_role: Some(names[default % 3].parse().unwrap()),
                        ..SettingsChange::default()
                    },
                }
            }
            Self::TwoPersons { on } => {
                let mut change = SettingsChange::default();
                change.safeguards.two_person_approval = Some(*on);
                Command::ChangeSettings { change }
            }
            Self::Person { .. } | Self::Wait { .. } => return None,
            Self::ApplyOnRename { apply } => {
                let on_rename = Some(if *apply { OnRename::Apply } else { OnRename::Propose });
                Command::ChangeSettings {
                    change: SettingsChange {
                        on_rename,
                        ..SettingsChange::default()
                    },
                }
            }
            Self::Give { entity, users } => {
                let users = users
                    .iter()
                    .filter_map(|user| pick(state.users_from(UserIndex::from(0)), *user));
                Command::GiveMembership {
                    entity: pick(state.entities_from(EntityIndex::from(0)), *entity)?.id,
                    users: users.map(|user| user.id).collect(),
                }
            }
            Self::Take { entity, user } => {
                let entity = pick(state.entities_from(EntityIndex::from(0)), *entity)?;
                let members: Vec<_> = entity.members.iter().map(|member| state.user_at(member)).collect();
                Command::TakeMembership {
                    entity: entity.id,
                    user: pick(members.into_iter(), *user)?.id,
                }
            }
            Self::SetException {
                kind,
                user,
                entity,
                role,
                lasts,
            } => {
                let entity = pick(state.entities_from(EntityIndex::from(0)), *entity)
                    .map(|entity| ExceptionSubject::Entity(entity.id));
                let role = role.map(|role| ExceptionSubject::Role(role_name(role).parse().unwrap()));
                let now = state.at().milliseconds();
                Command::SetException {
                    exception: ExceptionInput {
                        kind: *kind,
                        user: pick(state.users_from(UserIndex::from(0)), *user)?.id,
                        subject: role.or(entity)?,
                        reason: "for a test".to_owned(),
                        expires: lasts.map(|lasts| Timestamp::from_milliseconds(now + 1 + lasts)),
                    },
                }
            }
            Self::RemoveException { exception } => Command::RemoveException {
                exception: pick(state.exceptions().after(None), *exception)?.id,
            },
            Self::Tick => Command::Tick,
        })
    }
}

/// A few rules that overlap: by prefix, by regex with a capture, and for everything.
pub(crate) fn definition(rule: usize) -> RuleDefinition {
    let target = |entity_type, name: Option<&str>| Target {
        entity_type,
        name: name.map(str::to_owned),
    };
    let (matching, targets) = match rule % 6 {
        0 => (Pattern::all(), vec![target(EntityType::Team, None)]),
        1 => (
            Pattern::prefix("eng-"),
            vec![
                target(EntityType::Team, Some("Team ${rest}")),
                target(EntityType::ConcurrencyGroup, Some("shared")),
            ],
        ),
        2 => (
            Pattern::prefix("sales"),
            vec![target(EntityType::ConcurrencyGroup, None)],
        ),
        3 => (
            Pattern::regex("^(?<kind>[a-z]+)-"),
            vec![
                target(EntityType::Team, Some("${kind}")),
                target(EntityType::Team, None),
            ],
        ),
        4 => (Pattern::prefix("org-"), vec![target(EntityType::SubOrganization, None)]),
        _ => (
            Pattern::regex("(?i)^eng"),
            vec![target(EntityType::ConcurrencyGroup, None)],
        ),
    };
    RuleDefinition {
        name: format!("rule {rule}"),
        matching,
        exclude: Vec::new(),
        targets,
        role: None,
        auto_approve: true,
        priority: 0,
        enabled: true,
    }
}

/// A draft of these rules, each with whether it approves, that approves a mapping and sets or ends an exception besides. An odd
/// number of them comes without the examples that there are.
pub(crate) fn plan_draft(state: &State, rules: Option<&[(usize, bool)]>, approve: Option<usize>) -> Draft {
    let rule = |(rule, auto_approve): &(usize, bool)| DraftRule {
        id: None,
        definition: RuleDefinition {
            auto_approve: *auto_approve,
            role: Some(role_name(*rule).parse().unwrap()),
            ..definition(*rule)
        },
    };
    let user = approve.and_then(|user| pick(state.users_from(UserIndex::from(0)), user));
    let mapping = approve.and_then(|mapping| pick_mapping(state, mapping));
    let approve = |mapping: &Mapping| MappingChange::Approve {
        mapping: mapping.id,
        target: None,
    };
    let subject = ExceptionSubject::Role(role_name(0).parse().unwrap());
    let exception = |user: &User| match state.exceptions().about(user.index, &subject) {
        Some(set) => ExceptionChange::Remove(set.id),
        None => ExceptionChange::Set(ExceptionInput {
            kind: ExceptionKind::Exclusion,
            user: user.id,
            subject: subject.clone(),
            reason: "as planned".to_owned(),
            expires: None,
        }),
    };
    Draft {
        rules: rules.map(|rules| rules.iter().map(rule).collect()),
        examples: rules.filter(|rules| rules.len() % 2 == 1).map(|_| Vec::new()),
        exceptions: user.map(exception).into_iter().collect(),
        mappings: mapping.map(approve).into_iter().collect(),
        rerun: true,
        ..Draft::default()
    }
}

fn in_concurrency_group(mut user: UserInput, name: Option<usize>) -> UserInput {
    user.person.concurrency_group = name.map(|name| NAMES[name % NAMES.len()].to_lowercase());
    user
}

fn role_name(role: usize) -> &'static str {
    ROLES[role % ROLES.len()]
}

fn user_ids(state: &State, users: &[usize]) -> Vec<String> {
    let users = users
        .iter()
        .filter_map(|user| pick(state.users_from(UserIndex::from(0)), *user));
    users.map(|user| user.id.to_string()).collect()
}

/// Mostly one that the operation is meant for.
fn pick_mapping_that(state: &State, mapping: usize, is_meant: fn(&Mapping) -> bool) -> Option<&Mapping> {
    if mapping.is_multiple_of(8) {
        return pick_mapping(state, mapping);
    }
    let meant = state
        .mappings_from(MappingIndex::from(0))
        .filter(|mapping| is_meant(mapping));
    pick(meant, mapping)
}

/// A hold, and one of those whom it holds or nobody in particular.
fn held_by(state: &State, hold: usize, user: Option<usize>) -> Option<(HoldId, Option<Vec<UserId>>)> {
    let hold = pick(state.holds(), hold)?;
    let held: Vec<_> = hold.users().iter().map(|user| state.user_at(user).id).collect();
    Some((hold.id, user.map(|user| vec![held[user % held.len()]])))
}

fn pick_mapping(state: &State, mapping: usize) -> Option<&Mapping> {
    pick(state.mappings_from(MappingIndex::from(0)), mapping)
}

fn change(state: &State, group: usize, with: impl FnOnce(&mut GroupChange)) -> Option<Command> {
    let group = pick(state.groups_from(GroupIndex::from(0)), group)?.id;
    let mut change = GroupChange::default();
    with(&mut change);
    Some(Command::ChangeGroup { group, change })
}

fn pick<'a, T>(all: impl Iterator<Item = &'a T>, number: usize) -> Option<&'a T> {
    let all: Vec<&T> = all.collect();
    all.get(number % all.len().max(1)).copied()
}
