//! An explanation agrees with the state, the record, and what comes of the removals that it names.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rolecall_engine::explain::{
    self, Blocked, ExceptionEffect, Found, Link, Removal, Search, Source, Step, UserExplained, Wanted,
};
use rolecall_engine::state::User;
use rolecall_engine::{
    Actor, Command, Context, Effect, EntityIndex, Entry, ExceptionInput, ExceptionKind, ExceptionSubject, Fact,
    GroupChange, HoldId, IdSeed, MembersChange, Position, Prevailing, SettingsChange, State, UserIndex, UserInput,
    handle,
};

use super::{entry, search};
use crate::operations::{after, operations};
use crate::world::World;

/// The command that does what a removal says.
fn removing(state: &State, user: &User, removal: &Removal) -> Command {
    let group_change = |group, change| Command::ChangeGroup {
        group: state.group_at(group).id,
        change,
    };
    let settings = |change| Command::ChangeSettings { change };
    match removal {
        Removal::LeaveGroup(group) => {
            let members = MembersChange {
                remove: vec![user.id.to_string()],
                ..MembersChange::default()
            };
            group_change(
                *group,
                GroupChange {
                    members,
                    ..GroupChange::default()
                },
            )
        }
        Removal::RejectMapping(mapping) => Command::RejectMapping {
            mapping: state.mapping_at(*mapping).id,
        },
        Removal::PauseMapping(mapping) => Command::PauseMapping {
            mapping: state.mapping_at(*mapping).id,
        },
        Removal::TakeRoleFromGroup(group, role) => {
            let roles = state.group_at(*group).attributes.roles.iter();
            let roles = roles
                .filter(|other| !other.eq_ignore_ascii_case(role.as_str()))
                .cloned()
                .collect();
            group_change(
                *group,
                GroupChange {
                    roles: Some(roles),
                    ..GroupChange::default()
                },
            )
        }
        Removal::ClearRoleAttribute | Removal::ClearConcurrencyGroupAttribute => {
            let mut person = user.person.as_deref().unwrap().clone();
            let mut organization_role = user.organization_role.as_ref().map(ToString::to_string);
            match removal {
                Removal::ClearRoleAttribute => organization_role = None,
                _ => person.concurrency_group = None,
            }
            let to = UserInput {
                person,
                active: user.active,
                organization_role,
            };
            Command::ChangeUser {
                user: user.id,
                expected: None,
                to,
            }
        }
        Removal::ReleaseHold(hold) => Command::ReleaseHold {
            hold: *hold,
            users: Some(vec![user.id]),
        },
        Removal::DeleteEntity(entity) => Command::DeleteEntity { entity: *entity },
        Removal::EndException(exception) => Command::RemoveException { exception: *exception },
        Removal::Exclude(entity) => Command::SetException {
            exception: ExceptionInput {
                kind: ExceptionKind::Exclusion,
                user: user.id,
                subject: ExceptionSubject::Entity(*entity),
                reason: "found by the explanation".to_owned(),
                expires: None,
            },
        },
        Removal::TakeOutByHand(entity) => Command::TakeMembership {
            entity: *entity,
            user: user.id,
        },
        Removal::ChangeDefaultRole => {
            let other = state
                .settings()
                .roles
                .iter()
                .find(|role| **role != state.settings().default_role);
            settings(SettingsChange {
                default_role: other.cloned(),
                ..SettingsChange::default()
            })
        }
        Removal::ClearDefaultConcurrencyGroup => settings(SettingsChange {
            default_concurrency_group: Some(None),
            ..SettingsChange::default()
        }),
    }
}

/// The state after the removal, which has to be possible and to change something.
fn removed(state: &State, user: &User, removal: &Removal) -> State {
    let context = Context {
        at: state.at(),
        actor: Actor::System,
        seed: IdSeed::new([7; 16]),
    };
    let done = |state: &State, command: &Command| {
        let done = handle(state, command, context).expect("possible");
        done.expect("something to change").0
    };
    let command = removing(state, user, removal);
    let running = state.plan_run().filter(|run| run.is_running());
    match running {
        // Settings wait for the end of a plan.
        Some(run) if matches!(command, Command::ChangeSettings { .. }) => {
            let stopped = done(state, &Command::StopPlan { plan: run.plan });
            done(&stopped, &command)
        }
        _ => done(state, &command),
    }
}

/// The state after the removal, and after the release of whatever holds it back.
fn removed_at_last(state: &State, user: &User, removal: &Removal) -> State {
    let holding = |state: &State| -> Vec<HoldId> {
        let of_role = state.holds_of_role(user.index);
        of_role.map(|hold| hold.id).collect()
    };
    let before = holding(state);
    let mut after = removed(state, user, removal);
    while let Some(hold) = holding(&after).into_iter().find(|hold| !before.contains(hold)) {
        after = removed(&after, after.user_at(user.index), &Removal::ReleaseHold(hold));
    }
    after
}

/// Whether an entry records what a step of a chain says.
fn records(state: &State, user: &User, link: Link, entry: &Entry) -> bool {
    let fact = |is: &dyn Fn(&Fact) -> bool| entry.facts.iter().any(is);
    let effect = |is: &dyn Fn(&Effect) -> bool| entry.consequences.iter().any(|one| is(&one.effect));
    let group_id = |group| state.group_at(group).id;
    let mapping_id = |mapping| state.mapping_at(mapping).id;
    match link {
        Link::Member { group } => fact(
            &|fact| matches!(fact, Fact::MembersAdded { group: id, users } if *id == group_id(group) && users.contains(user.index)),
        ),
        Link::GroupRole { group } => fact(&|fact| match fact {
            Fact::GroupCreated {
                group: id, attributes, ..
            }
            | Fact::GroupRestored {
                group: id, attributes, ..
            }
            | Fact::GroupAttributesChanged { group: id, attributes } => {
                *id == group_id(group) && attributes.roles == state.group_at(group).attributes.roles
            }
            _ => false,
        }),
        Link::RoleAttribute => fact(&|fact| match fact {
            Fact::UserCreated {
                user: id,
                organization_role,
                ..
            }
            | Fact::UserRoleAttributeChanged {
                user: id,
                organization_role,
            } => *id == user.id && *organization_role == user.organization_role,
            _ => false,
        }),
        Link::ConcurrencyGroupAttribute => fact(&|fact| match fact {
            Fact::UserCreated { user: id, person, .. } | Fact::UserAttributesChanged { user: id, person } => {
                let named = person.open().unwrap().concurrency_group;
                *id == user.id && named == user.person.as_ref().unwrap().concurrency_group
            }
            _ => false,
        }),
        Link::Held { hold } => effect(
            &|effect| matches!(effect, Effect::HoldGrew { hold: id, users, .. } if *id == hold && users.contains(user.index)),
        ),
        Link::UserCreated => fact(&|fact| matches!(fact, Fact::UserCreated { user: id, .. } if *id == user.id)),
        Link::Inactive => fact(&|fact| match fact {
            Fact::UserCreated { user: id, active, .. } => *id == user.id && !active,
            Fact::UserDeactivated { user: id } => *id == user.id,
            _ => false,
        }),
        Link::Rule { rule } => fact(&|fact| match fact {
            Fact::RuleCreated { rule: id, .. } => *id == rule.rule && rule.version == 1,
            Fact::RuleChanged { rule: id, version, .. } => *id == rule.rule && rule.version == *version,
            _ => false,
        }),
        Link::Mapping { mapping } => effect(
            &|effect| matches!(effect, Effect::MappingProposed { mapping: id, .. } if *id == mapping_id(mapping)),
        ),
        Link::Refreshed { mapping } => effect(
            &|effect| matches!(effect, Effect::MappingRefreshed { mapping: id, .. } if *id == mapping_id(mapping)),
        ),
        Link::Approval { mapping } => effect(&|effect| match effect {
            Effect::MappingProposed {
                mapping: id, status, ..
            }
            | Effect::MappingMoved {
                mapping: id,
                to: status,
                ..
            } => *id == mapping_id(mapping) && status.is_approved(),
            _ => false,
        }),
        Link::Blocked { mapping, by } => match by {
            Blocked::Pending | Blocked::Rejected => effect(&|effect| match effect {
                Effect::MappingProposed {
                    mapping: id, status, ..
                }
                | Effect::MappingMoved {
                    mapping: id,
                    to: status,
                    ..
                } => *id == mapping_id(mapping) && *status == state.mapping_at(mapping).status,
                _ => false,
            }),
            Blocked::Paused => {
                fact(&|fact| matches!(fact, Fact::MappingPaused { mapping: id } if *id == mapping_id(mapping)))
            }
            Blocked::Limited => effect(
                &|effect| matches!(effect, Effect::MappingLimited { mapping: id, .. } if *id == mapping_id(mapping)),
            ),
        },
        Link::Exception { exception } => {
            fact(&|fact| matches!(fact, Fact::ExceptionSet { exception: id, .. } if *id == exception))
        }
        Link::Given { entity } => fact(
            &|fact| matches!(fact, Fact::MembershipsGiven { entity: id, users } if *id == state.entity_at(entity).id && users.contains(user.index)),
        ),
        Link::TakenOut { entity } => fact(
            &|fact| matches!(fact, Fact::MembershipsTaken { entity: id, users } if *id == state.entity_at(entity).id && users.contains(user.index)),
        ),
        Link::Conflict => {
            effect(&|effect| matches!(effect, Effect::ConflictsOpened { users, .. } if users.contains(user.index)))
        }
        Link::Decision => fact(&|fact| matches!(fact, Fact::ConflictResolved { .. })),
        Link::DefaultRole | Link::DefaultConcurrencyGroup => fact(&|fact| matches!(fact, Fact::SettingsChanged { .. })),
        Link::RoleChanged => effect(&|effect| match effect {
            Effect::RoleChanged { users, to, .. } => users.contains(user.index) && *to == user.role,
            _ => false,
        }),
    }
}

/// Every step cites an entry that records it; a default that nobody chose was so from the beginning.
fn check_citations(world: &World, user: &User, search: &Search, steps: &[Step]) {
    for step in steps {
        let position = match (step.position, search.found(step.link)) {
            (Some(position), None) => position,
            (None, Some(found)) => {
                assert_eq!(found, Found::in_entry(entry(world, found.position)));
                found.position
            }
            other => panic!("{step:?} of {user:?} is {other:?}"),
        };
        check_plan(world, position);
        let is_default = matches!(step.link, Link::DefaultRole | Link::DefaultConcurrencyGroup);
        if !(is_default && position == Position::START) {
            let cited = entry(world, position);
            assert!(
                records(&world.state, user, step.link, cited),
                "{step:?} is not in {cited:?}"
            );
        }
    }
}

/// Of an entry that a plan wrote, it is known where the plan began, and who applied it.
fn check_plan(world: &World, position: Position) {
    let cited = (position != Position::START).then(|| Found::in_entry(entry(world, position)));
    let Some(plan) = cited.and_then(|cited| cited.plan) else {
        return;
    };
    let start = world.state.plan_started(plan).expect("a plan that goes on began");
    let began = entry(world, start.started.position);
    assert!(
        began
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::PlanStarted { plan: id, .. } if *id == plan))
    );
    assert_eq!((began.actor, began.at), (start.by, start.started.at));
}

fn check_user(world: &World, user: &User) {
    let state = &world.state;
    let explained = explain::user(state, user);
    let search = search(world, user, &explained);
    let role_changed = search.found(Link::RoleChanged);
    assert!(
        role_changed.is_some() || user.role.is_none(),
        "a role is given by an entry"
    );
    if let Some(found) = role_changed {
        assert!(records(state, user, Link::RoleChanged, entry(world, found.position)));
    }
    assert_eq!(explained.memberships.total, user.memberships.len());
    assert_eq!(explained.role.role, user.role);
    assert_eq!(
        explained.role.reasons.items.first().map(|one| one.role.clone()),
        user.role
    );
    for membership in &explained.memberships.items {
        assert_ne!(membership.reasons.total, 0, "{membership:?} has a reason");
        for reason in &membership.reasons.items {
            check_citations(world, user, &search, &reason.chain);
            for removal in &reason.removals {
                let after = removed(state, user, removal);
                let explained = explain::user(&after, after.user(user.id).unwrap());
                let mut others = explained.memberships.items.iter();
                let there = others.find(|other| other.entity == membership.entity);
                let stays =
                    there.is_some_and(|there| there.reasons.items.iter().any(|other| other.source == reason.source));
                assert!(!stays, "{removal:?} does not remove {reason:?}");
                let alone = membership.reasons.total == 1;
                assert!(!alone || there.is_none_or(|there| there.reasons.items[0].source != reason.source));
            }
        }
    }
    for one in &explained.role.reasons.items {
        check_citations(world, user, &search, &one.reason.chain);
        for removal in &one.reason.removals {
            let after = removed_at_last(state, user, removal);
            let user = after.user(user.id).unwrap();
            let explained = explain::user(&after, user);
            let mut others = explained.role.reasons.items.iter();
            match removal {
                Removal::ChangeDefaultRole => assert_ne!(user.role, Some(one.role.clone())),
                Removal::LeaveGroup(_) => {
                    assert!(
                        !others.any(|other| other.reason.source == one.reason.source),
                        "{removal:?}: {one:?}"
                    );
                }
                _ => assert_eq!(user.role, Some(one.without.clone()), "{removal:?}: {one:?}"),
            }
        }
    }
    for absence in &explained.absences.items {
        check_citations(world, user, &search, &absence.chain);
        match &absence.wanted {
            Wanted::Entity(entity) => {
                assert!(
                    user.memberships.iter().all(|membership| membership.entity != *entity),
                    "{absence:?}"
                );
            }
            Wanted::Unsettled(..) => {}
            Wanted::Role(role) => assert_ne!(user.role.as_ref().map(|role| role.as_str()), Some(role.as_str())),
        }
    }
    check_exceptions(world, user, &search, &explained);
    check_nothing_is_left_out(state, user, &explained);
}

/// All exceptions are told, with the entry that set each; and one without effect is one whose end changes nothing.
fn check_exceptions(world: &World, user: &User, search: &Search, explained: &UserExplained) {
    let state = &world.state;
    assert_eq!(
        explained.exceptions.total,
        state.exceptions().of_user(user.index).count()
    );
    let placed = |user: &User| -> BTreeSet<EntityIndex> { user.memberships.iter().map(|one| one.entity).collect() };
    for one in &explained.exceptions.items {
        check_citations(world, user, search, &one.chain);
        let exception = &one.exception;
        let has_it = match &exception.subject {
            ExceptionSubject::Entity(entity) => placed(user).contains(&state.entity(*entity).unwrap().index),
            ExceptionSubject::Role(role) => user.role.as_ref() == Some(role),
        };
        let is_pin = exception.kind == ExceptionKind::Pin;
        match one.effect {
            ExceptionEffect::InForce => assert_eq!(has_it, is_pin, "{one:?}"),
            ExceptionEffect::DefaultRole => assert!(has_it && !is_pin, "{one:?}"),
            ExceptionEffect::Held { .. } => assert_eq!(has_it, !is_pin, "{one:?}"),
            _ => assert!(!has_it, "{one:?}"),
        }
        let may_do_something = matches!(one.effect, ExceptionEffect::InForce | ExceptionEffect::Held { .. });
        if !may_do_something {
            let after = removed(state, user, &Removal::EndException(exception.id));
            let after = after.user(user.id).unwrap();
            let mut placed_after = placed(after);
            // As every write to the user, the end brings back to a team who was taken out of it by hand.
            placed_after.retain(|entity| state.removed_by_hand(user.index, *entity).is_none());
            assert_eq!((&after.role, placed_after), (&user.role, placed(user)), "{one:?}");
        }
    }
}

/// Each mapping of a group of the user is a reason, or it is told why it is none, or the user is there by another.
fn check_nothing_is_left_out(state: &State, user: &User, explained: &UserExplained) {
    for mapping in user.groups().flat_map(|group| state.mappings_of(state.group_at(group))) {
        let source = Source::Mapping(mapping.index);
        let mut reasons = explained.memberships.items.iter().flat_map(|one| &one.reasons.items);
        let is_reason = reasons.any(|reason| reason.source == source);
        let is_absence = explained.absences.items.iter().any(|absence| absence.source == source);
        let is_there = user
            .memberships
            .iter()
            .any(|membership| Some(membership.entity) == mapping.entity);
        assert!(is_reason || is_absence || is_there, "nothing is said of {mapping:?}");
        // Who is there by a default has what a claim that does not hold would give.
        let prevailing = Prevailing::of(user, state);
        let is_there = is_there
            && mapping
                .entity
                .is_some_and(|entity| !prevailing.entities.contains_key(&entity));
        assert!(
            !mapping.holds(user.index) || !user.active || is_reason || is_absence || is_there,
            "nothing is said of {mapping:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_agrees_with_the_state_the_record_and_what_removals_do(operations in operations(60)) {
        let world = after(&operations, |_, _, _| {});
        for user in world.state.users_from(UserIndex::from(0)) {
            check_user(&world, user);
        }
    }
}
