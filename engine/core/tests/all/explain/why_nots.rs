//! Why a user is not where a claim would have it.

use rolecall_engine::explain::{self, WhyNot};
use rolecall_engine::rules::EntityType;
use rolecall_engine::{Command, Position, SettingsChange};

use super::{rule_for, why, why_not};
use crate::world::{World, match_all, user_input};

#[test]
fn what_blocks_a_mapping_is_told() {
    let mut world = World::default();
    world.rule(rule_for("eng", EntityType::Team, true));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    world.done(&Command::PauseMapping { mapping });
    let before = "team eng: mapping of eng";
    assert_eq!(
        why_not(&world, "ana"),
        [format!(
            "{before}; paused; member@3 rule@1 mapping@3 approved@3 paused@4"
        )]
    );
    world.done(&Command::RejectMapping { mapping });
    assert_eq!(
        why_not(&world, "ana"),
        [format!("{before}; rejected; member@3 rule@1 mapping@3 rejected@5")]
    );
    world.approve(mapping);
    world.set_user("ana", false, None);
    assert_eq!(
        why_not(&world, "ana"),
        [format!(
            "{before}; inactive; member@3 rule@1 mapping@3 approved@6 inactive@7"
        )]
    );
    assert_eq!(why(&world, "ana"), [""; 0]);
}

#[test]
fn a_pause_stays_the_cause_whatever_becomes_of_a_ceiling() {
    let mut world = World::default();
    let mut change = SettingsChange::default();
    change.safeguards.auto_approve_ceiling.max_members = Some(Some(1));
    world.settings(change);
    world.rule(rule_for("eng", EntityType::Team, true));
    world.user("ana");
    world.user("ben");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    world.done(&Command::PauseMapping { mapping });
    let paused = "team eng: mapping of eng; paused; member@5 rule@2 mapping@5 approved@5 paused@6";
    assert_eq!(why_not(&world, "ana"), [paused]);
    world.add("eng", "ben");
    assert!(world.mappings("eng")[0].limited_to.is_some());
    assert_eq!(why_not(&world, "ana"), [paused]);
    world.remove("eng", "ben");
    assert!(world.mappings("eng")[0].limited_to.is_none());
    assert_eq!(why_not(&world, "ana"), [paused]);
}

#[test]
fn a_contested_slot_tells_who_holds_it() {
    let mut world = World::default();
    world.rule(match_all(EntityType::ConcurrencyGroup));
    world.user("ana");
    world.group("one", &["ana"]);
    world.group("two", &["ana"]);
    assert_eq!(
        why_not(&world, "ana"),
        ["concurrency_group two: mapping of two; conflict; member@4 rule@1 mapping@4 approved@4 conflict@4"]
    );
    let explained = explain::user(&world.state, world.user_named("ana"));
    let one = world.entity_named(EntityType::ConcurrencyGroup, "one").index;
    assert!(matches!(explained.absences.items[0].why, WhyNot::Conflict { current, .. } if current == one));
    let two = world.entity_named(EntityType::ConcurrencyGroup, "two");
    let two = explain::entity(&world.state, two);
    assert_eq!((two.conflicts.total, two.conflicts.items[0].is_current), (1, false));
}

#[test]
fn what_counts_less_than_a_claim_is_outranked() {
    let mut world = World::default();
    let fallback = world.entity(EntityType::ConcurrencyGroup, "everybody");
    let default_concurrency_group = Some(Some(fallback.id));
    world.settings(SettingsChange {
        default_concurrency_group,
        ..SettingsChange::default()
    });
    world.user("ana");
    assert_eq!(
        why(&world, "ana")[1..],
        ["concurrency_group everybody: default; default@2"]
    );
    let mut to = user_input("ana", true, None);
    to.person.concurrency_group = Some("web".to_owned());
    let user = world.user_named("ana").id;
    world.done(&Command::ChangeUser {
        user,
        expected: None,
        to,
    });
    assert_eq!(
        why_not(&world, "ana"),
        ["concurrency_group web?: attribute; unknown name; attribute@4"]
    );
    world.entity(EntityType::ConcurrencyGroup, "web");
    assert_eq!(
        why(&world, "ana")[1..],
        ["concurrency_group web: attribute; attribute@4"]
    );
    assert_eq!(
        why_not(&world, "ana"),
        ["concurrency_group everybody: default; outranked; default@2"]
    );
}

#[test]
fn who_waits_because_the_group_grew_is_told_so_and_not_that_anybody_paused_the_mapping() {
    let mut world = World::default();
    let mut change = SettingsChange::default();
    change.safeguards.auto_approve_ceiling.max_members = Some(Some(1));
    world.settings(change);
    world.rule(rule_for("eng", EntityType::Team, true));
    world.user("ana");
    world.user("ben");
    world.group("eng", &["ana"]);
    world.add("eng", "ben");
    assert_eq!(
        why_not(&world, "ben"),
        ["team eng: mapping of eng; limited; member@6 rule@2 mapping@5 approved@5 limited@6"]
    );
    assert_eq!(why_not(&world, "ana"), [""; 0]);
    let mapping = |world: &World| {
        explain::group(&world.state, world.group_named("eng"))
            .mappings
            .items
            .remove(0)
    };
    let explained = mapping(&world);
    assert!(matches!(explained.why_not, Some(WhyNot::Limited { .. })));
    assert_eq!((explained.members, explained.waiting), (1, 1));
    assert_eq!(explained.chain.last().unwrap().position, Some(Position::new(6)));
    world.done(&Command::PauseMapping {
        mapping: world.mappings("eng")[0].id,
    });
    let explained = mapping(&world);
    assert_eq!((explained.why_not, explained.waiting), (Some(WhyNot::Paused), 0));
}
