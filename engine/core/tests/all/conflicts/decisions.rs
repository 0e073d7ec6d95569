//! For whom a decision is, how long it is remembered, and what is refused.

use rolecall_engine::{Command, Effect, GroupChange, Keep, MembersChange, Rejection};

use super::Step::DeleteEntity;
use super::{entity, names, open, resolve, start, take};
use crate::world::World;

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
