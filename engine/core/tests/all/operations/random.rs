//! Which operations, and how often each.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rolecall_engine::ExceptionKind;

use super::Operation;

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

/// Operations on an organization without brakes, where everything that is asked for happens at once.
pub(crate) fn unbraked_operations(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    operations(length).prop_map(|mut operations| {
        operations.retain(|operation| !matches!(operation, Operation::Brake { .. } | Operation::Floor { .. }));
        for operation in &mut operations {
            if let Operation::ApplyPlan { min_admins, .. } = operation {
                *min_admins = None;
            }
        }
        operations.insert(0, Operation::NoBrake);
        operations
    })
}

/// Operations on an organization with brakes that few users are enough for: many of them take members out of groups, and put
/// some back.
pub(crate) fn braked_operations(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    let rules = vec(create_rule(), 1..4);
    let users = vec(create_user(), 10..16);
    let groups = vec(create_group(6..16), 2..5);
    let one_owner = any::<bool>().prop_map(|on| vec![Operation::OneGroupPerEntity { on }]);
    let beginning = (brake(), one_owner, rules, users, groups);
    let next = prop_oneof![2 => operation(), 3 => removal()];
    (beginning, vec(next, 1..length)).prop_map(|((brake, one_owner, rules, users, groups), operations)| {
        let parts = [vec![brake], one_owner, rules, users, groups, operations];
        parts.into_iter().flatten().collect()
    })
}

/// What moves users in and out of what has a brake, and what comes between.
fn removal() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => (some(), vec(some(), 0..2), vec(some(), 1..5))
            .prop_map(|(group, add, remove)| Operation::Members { group, replace: false, add, remove }),
        3 => (some(), vec(some(), 1..5))
            .prop_map(|(group, add)| Operation::Members { group, replace: false, add, remove: Vec::new() }),
        2 => (some(), some()).prop_map(|(group, entity)| Operation::Map { group, entity }),
        1 => (0u64..600).prop_map(|seconds| Operation::Wait { seconds }),
        2 => some().prop_map(|hold| Operation::Release { hold, user: None }),
    ]
}

/// Operations of which many take a user out of an entity by hand, and many are writes of a provider that move nobody by themselves.
pub(crate) fn taking_operations(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    let take = (some(), some()).prop_map(|(entity, user)| Operation::Take { entity, user });
    let next = prop_oneof![2 => operation(), 3 => take, 3 => write()];
    let rules = vec(create_rule(), 1..3);
    let users = vec(create_user(), 3..6);
    let groups = vec(create_group(2..6), 1..4);
    (rules, users, groups, vec(next, 1..length)).prop_map(|(rules, users, groups, operations)| {
        let parts = [rules, users, groups, operations];
        parts.into_iter().flatten().collect()
    })
}

fn write() -> impl Strategy<Value = Operation> {
    let nobody = Vec::new;
    prop_oneof![
        (some(), any::<bool>()).prop_map(|(group, added)| Operation::Stranger { group, added }),
        (some(), some()).prop_map(|(group, external_id)| Operation::ExternalId { group, external_id }),
        (some(), some()).prop_map(|(group, name)| Operation::Rename { group, name }),
        (some(), some()).prop_map(|(user, name)| Operation::RenameUser { user, name }),
        (some(), option::of(some())).prop_map(|(group, role)| Operation::GroupRole { group, role }),
        (some(), vec(some(), 1..2)).prop_map(move |(group, add)| Operation::Members {
            group,
            replace: false,
            add,
            remove: nobody(),
        }),
        (some(), vec(some(), 1..2)).prop_map(move |(group, remove)| Operation::Members {
            group,
            replace: false,
            add: nobody(),
            remove,
        }),
    ]
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
        2 => (option::of(vec((some(), any::<bool>()), 0..4)), option::of(some()), option::of(0u32..3))
            .prop_map(|(rules, decide, min_admins)| Operation::ApplyPlan { rules, decide, min_admins }),
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
        2 => brake(),
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

fn brake() -> impl Strategy<Value = Operation> {
    let scopes = prop::array::uniform4(prop::bool::weighted(0.7));
    (scopes, 0u32..4, 0u32..80).prop_map(|(scopes, min_count, max_percent)| Operation::Brake {
        scopes,
        min_count,
        max_percent,
    })
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
