//! Members that name no user (SEMANTICS section 2.5).

use rolecall_engine::{Fact, GroupChange, MembersChange};

use crate::world::World;

fn change(add: &[&str], remove: &[&str]) -> GroupChange {
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    GroupChange {
        members: MembersChange {
            replace: false,
            add: owned(add),
            remove: owned(remove),
        },
        ..GroupChange::default()
    }
}

#[test]
fn an_unknown_member_is_left_out_and_counted_and_the_others_are_added() {
    let mut world = World::default();
    let ana = world.user("ana").to_string();
    world.group("eng", &[]);
    world.change_group("eng", change(&["nobody", &ana], &[]));
    assert_eq!(
        (
            world.group_named("eng").members.len(),
            world.group_named("eng").ignored.len()
        ),
        (1, 1)
    );
    assert_eq!(
        world.change_group("eng", change(&["nobody"], &[])),
        None,
        "the same again is nothing"
    );
    world.change_group("eng", change(&[], &["nobody"]));
    assert!(world.group_named("eng").ignored.is_empty());
}

#[test]
fn an_address_sent_as_a_member_does_not_reach_the_record() {
    let mut world = World::default();
    world.group("eng", &[]);
    let entry = world.change_group("eng", change(&["ana@example.com"], &[])).unwrap();
    let [Fact::IgnoredMembersChanged { ignored, .. }] = entry.facts.as_slice() else {
        panic!("{entry:?}")
    };
    assert!(ignored.len() == 1 && !ignored[0].contains("ana"), "{ignored:?}");
}
