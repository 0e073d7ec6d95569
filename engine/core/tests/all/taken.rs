//! Who was taken out of a team by hand, and comes back (SEMANTICS section 5).

use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, Fact, MembersChange, Unplaced};

use crate::memberships::{done, reasons, with_teams};
use crate::world::{World, user_input};

/// Something that a provider does next.
type Write = fn(&mut World);

#[test]
fn a_member_of_a_team_taken_out_by_hand_comes_back_with_the_next_write_to_the_user_or_the_group() {
    let nothing: [(&str, Write); 3] = [
        ("another user", |world| {
            world.set_user("ben", true, Some("admin"));
        }),
        ("another group", |world| {
            world.add("ops", "ben");
        }),
        ("an entity", |world| {
            world.entity(EntityType::Team, "elsewhere");
        }),
    ];
    let something: [(&str, Write); 10] = [
        ("the role of the user", |world| {
            world.set_user("ana", true, Some("admin"));
        }),
        ("an attribute of the user", |world| {
            let mut to = user_input("ana", true, None);
            to.person.display_name = Some("Ana".to_owned());
            let user = world.user_named("ana").id;
            let expected = None;
            world.done(&Command::ChangeUser { user, expected, to });
        }),
        ("the user is deactivated and activated", |world| {
            world.set_user("ana", false, None);
            assert!(world.placed("ana").is_empty());
            world.set_user("ana", true, None);
        }),
        ("a member of the group that nobody knows", |world| {
            let members = MembersChange {
                add: vec![uuid::Uuid::from_u128(7).to_string()],
                ..MembersChange::default()
            };
            let entry = world.change_members("eng", members).unwrap();
            assert!(matches!(entry.facts[..], [Fact::IgnoredMembersChanged { .. }]));
        }),
        ("another group of the user", |world| {
            world.add("ops", "ana");
        }),
        ("a member of the group", |world| {
            world.add("eng", "ben");
        }),
        ("a member less of the group", |world| {
            world.remove("eng", "cleo");
        }),
        ("the name of the group", |world| {
            world.rename("eng", "engineering");
        }),
        ("the roles of the group", |world| {
            world.set_group_roles("eng", &["admin"]);
        }),
        ("the user leaves and comes", |world| {
            world.remove("eng", "ana");
            assert!(world.placed("ana").is_empty());
            world.add("eng", "ana");
        }),
    ];
    let all = nothing
        .iter()
        .map(|write| (write, false))
        .chain(something.iter().map(|write| (write, true)));
    for ((what, write), returns) in all {
        let mut world = with_teams();
        world.user("cleo");
        world.group("eng", &["ana", "cleo"]);
        world.group("ops", &[]);
        let team = world.entity_named(EntityType::Team, "eng").clone();
        let entry = done(world.take(team.id, "ana"));
        assert_eq!(reasons(&entry), [Unplaced::RemovedByHand], "{what}");
        assert!(world.placed("ana").is_empty(), "{what}: leaves now");
        assert_eq!(world.take(team.id, "ana"), Ok(None), "{what}: is out");
        let ana = world.user_named("ana").index;
        let since = world.state.removed_by_hand(ana, team.index).expect("remembered");
        assert_eq!(since.position, entry.position);
        write(&mut world);
        let is_back = world.state.entity(team.id).unwrap().members.contains(ana);
        assert_eq!(is_back, returns, "{what}");
        assert_eq!(
            world.state.removed_by_hand(ana, team.index).is_none(),
            returns,
            "{what}"
        );
    }
}

#[test]
fn who_was_taken_out_is_forgotten_with_the_claim() {
    let ends: [(&str, Write); 4] = [
        ("the user leaves the group", |world| {
            world.remove("eng", "ana");
        }),
        ("the user leaves the group while inactive", |world| {
            world.set_user("ana", false, None);
            world.remove("eng", "ana");
        }),
        ("the group goes", |world| {
            world.delete_group("eng");
        }),
        ("the mapping is rejected", |world| {
            let mapping = world.mappings("eng").first().unwrap().id;
            world.done(&Command::RejectMapping { mapping });
        }),
    ];
    for (what, end) in ends {
        let mut world = with_teams();
        world.group("eng", &["ana"]);
        let team = world.entity_named(EntityType::Team, "eng").clone();
        done(world.take(team.id, "ana"));
        let ana = world.user_named("ana").index;
        assert!(world.state.removed_by_hand(ana, team.index).is_some());
        end(&mut world);
        assert!(world.placed("ana").is_empty(), "{what}");
        assert!(world.state.removed_by_hand(ana, team.index).is_none(), "{what}");
    }
}

#[test]
fn who_was_taken_out_stays_known_while_a_group_holds_the_user() {
    let mut world = with_teams();
    world.group("eng", &["ana"]);
    world.group("ops", &["ben"]);
    let team = world.entity_named(EntityType::Team, "eng").clone();
    done(world.take(team.id, "ana"));
    world.delete_group("ops");
    let ana = world.user_named("ana").index;
    assert!(world.state.removed_by_hand(ana, team.index).is_some());
}
