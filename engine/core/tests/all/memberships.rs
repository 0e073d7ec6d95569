//! Memberships given and taken by hand (SEMANTICS section 5).

use rolecall_engine::limits::{REQUEST_MEMBERS_MAX, TAKEN_MEMBERSHIPS_MAX};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition};
use rolecall_engine::{
    Actor, Because, Command, Consequence, Effect, EntityId, Entry, ExceptionKind, ExceptionSubject, Fact, IdSeed,
    Prevailing, Rejection, SettingsChange, UnmappedSource, Unplaced, UserId, UserSet,
};

use crate::world::{World, group_input, match_all, user_input};

/// Ana and Ben, and a rule that makes a team of every group.
pub(crate) fn with_teams() -> World {
    let mut world = World::default();
    world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.user("ben");
    world
}

/// Ana, and a rule that makes a concurrency group of every group named `cg-...`.
fn with_concurrency_groups() -> World {
    let mut world = World::default();
    world.rule(RuleDefinition {
        matching: Pattern::prefix("cg-"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    world.user("ana");
    world
}

#[track_caller]
pub(crate) fn done(outcome: Result<Option<Entry>, Rejection>) -> Entry {
    outcome.expect("accepted").expect("something to change")
}

pub(crate) fn reasons(entry: &Entry) -> Vec<Unplaced> {
    let effects = entry.consequences.iter().map(|consequence| &consequence.effect);
    effects
        .filter_map(|effect| match effect {
            Effect::MembersUnplaced { reason, .. } => Some(*reason),
            _ => None,
        })
        .collect()
}

fn sources(world: &World, user: &str, entity: EntityId) -> Vec<UnmappedSource> {
    let entity = world.state.entity(entity).unwrap().index;
    let user = world.user_named(user);
    Prevailing::of(user, &world.state).unmapped_sources(entity, user, &world.state)
}

#[test]
fn what_is_given_by_hand_stays_until_it_is_taken_by_hand() {
    let mut world = with_teams();
    let team = world.entity(EntityType::Team, "Guild").id;
    let entry = done(world.give(team, "ana"));
    let users = UserSet::of(world.user_named("ana").index);
    assert_eq!(entry.facts, [Fact::MembershipsGiven { entity: team, users }]);
    assert_eq!(world.placed("ana"), ["team Guild"]);
    assert_eq!(sources(&world, "ana", team), [UnmappedSource::Manual]);
    assert_eq!(world.give(team, "ana"), Ok(None), "once is enough");
    world.group("eng", &["ana"]);
    world.delete_group("eng");
    assert_eq!(world.placed("ana"), ["team Guild"], "groups take only what they gave");
    assert_eq!(reasons(&done(world.take(team, "ana"))), [Unplaced::NoClaim]);
    assert!(world.placed("ana").is_empty());
    assert_eq!(world.take(team, "ana"), Ok(None));
    assert_eq!(world.state.manual_count(), 0);
}

#[test]
fn a_group_and_a_hand_hold_a_member_of_a_team_each_by_itself() {
    let mut world = with_teams();
    world.group("eng", &["ana"]);
    let team = world.entity_named(EntityType::Team, "eng").id;
    assert!(done(world.give(team, "ana")).consequences.is_empty());
    world.remove("eng", "ana");
    assert_eq!(world.placed("ana"), ["team eng"]);
    done(world.take(team, "ana"));
    assert!(world.placed("ana").is_empty());
}

#[test]
fn whoever_is_in_an_entity_that_a_rule_adopts_stays_there_by_hand() {
    let mut world = with_teams();
    let team = world.entity(EntityType::Team, "eng").id;
    done(world.give(team, "ana"));
    world.group("eng", &["ben"]);
    assert_eq!(world.all_mappings(), ["team eng: auto_approved"]);
    assert_eq!(
        (world.placed("ana"), world.placed("ben")),
        (vec!["team eng".to_owned()], vec!["team eng".to_owned()])
    );
    world.delete_group("eng");
    assert_eq!(world.placed("ana"), ["team eng"]);
    assert!(world.placed("ben").is_empty());
}

#[test]
fn a_user_has_one_entity_of_an_exclusive_type_by_hand() {
    let mut world = World::default();
    world.user("ana");
    for entity_type in [EntityType::ConcurrencyGroup, EntityType::SubOrganization] {
        let (first, second) = (
            world.entity(entity_type, "first").id,
            world.entity(entity_type, "second").id,
        );
        done(world.give(first, "ana"));
        let entry = done(world.give(second, "ana"));
        let users = UserSet::of(world.user_named("ana").index);
        let taken = Fact::MembershipsTaken {
            entity: first,
            users: users.clone(),
        };
        assert_eq!(entry.facts, [taken, Fact::MembershipsGiven { entity: second, users }]);
        assert_eq!(reasons(&entry), [Unplaced::Replaced]);
    }
    assert_eq!(
        world.placed("ana"),
        ["concurrency_group second", "sub_organization second"]
    );
}

#[test]
fn in_a_slot_a_group_counts_more_and_a_default_less() {
    let mut world = with_concurrency_groups();
    let slow = world.entity(EntityType::ConcurrencyGroup, "slow").id;
    let chosen = world.entity(EntityType::ConcurrencyGroup, "chosen").id;
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(slow)),
        ..SettingsChange::default()
    });
    done(world.give(chosen, "ana"));
    assert_eq!(world.placed("ana"), ["concurrency_group chosen"]);
    world.group("cg-one", &["ana"]);
    assert_eq!(world.placed("ana"), ["concurrency_group cg-one"]);
    assert_eq!(world.state.conflicts().count(), 0, "a hand contests nothing");
    world.delete_group("cg-one");
    assert_eq!(world.placed("ana"), ["concurrency_group chosen"]);
    done(world.take(chosen, "ana"));
    assert_eq!(world.placed("ana"), ["concurrency_group slow"]);
}

#[test]
fn a_slot_that_something_else_fills_is_not_emptied_by_hand() {
    let mut world = with_concurrency_groups();
    world.group("cg-one", &["ana"]);
    let entity = world.entity_named(EntityType::ConcurrencyGroup, "cg-one").id;
    let refused = Rejection::MemberNotByHand {
        entity_type: "concurrency group",
    };
    assert_eq!(world.take(entity, "ana"), Err(refused.clone()));
    done(world.give(entity, "ana"));
    assert!(
        done(world.take(entity, "ana")).consequences.is_empty(),
        "the group still holds the user"
    );
    assert_eq!(world.take(entity, "ana"), Err(refused));
}

#[test]
fn an_inactive_user_is_there_once_it_is_back() {
    let mut world = with_teams();
    let team = world.entity(EntityType::Team, "Guild").id;
    world.set_user("ana", false, None);
    assert!(done(world.give(team, "ana")).consequences.is_empty());
    world.set_user("ana", true, None);
    assert_eq!(world.placed("ana"), ["team Guild"]);
    world.set_user("ana", false, None);
    assert!(world.placed("ana").is_empty());
    done(world.take(team, "ana"));
    world.set_user("ana", true, None);
    assert!(world.placed("ana").is_empty());
}

#[test]
fn what_was_given_goes_with_its_entity_and_with_its_user() {
    let mut world = with_teams();
    let (first, second) = (
        world.entity(EntityType::Team, "first").id,
        world.entity(EntityType::Team, "second").id,
    );
    done(world.give(first, "ana"));
    done(world.give(second, "ana"));
    done(world.give(first, "ben"));
    world.done(&Command::DeleteEntity { entity: first });
    assert_eq!(world.state.manual_count(), 1);
    assert_eq!(world.placed("ana"), ["team second"]);
    world.delete_user("ana");
    assert_eq!(world.state.manual_count(), 0);
}

#[test]
fn many_are_given_at_once_or_nobody() {
    let mut world = with_teams();
    let team = world.entity(EntityType::Team, "Guild").id;
    let (ana, ben) = (world.user_named("ana").id, world.user_named("ben").id);
    let give = |users: Vec<UserId>| Command::GiveMembership { entity: team, users };
    let nobody = UserId::new(team.uuid());
    assert_eq!(
        world.run(&give(vec![ana, nobody])),
        Err(Rejection::UnknownMember { user: nobody })
    );
    let limit = REQUEST_MEMBERS_MAX;
    assert_eq!(
        world.run(&give(vec![ana; limit + 1])),
        Err(Rejection::TooManyMembers { limit })
    );
    let subject = ExceptionSubject::Entity(team);
    let by = world.except(ExceptionKind::Exclusion, "ben", subject).unwrap();
    assert_eq!(
        world.run(&give(vec![ana, ben])),
        Err(Rejection::MemberExcluded { user: ben, by })
    );
    assert_eq!(world.state.manual_count(), 0);
    world.done(&Command::RemoveException { exception: by });
    assert_eq!(world.done(&give(vec![ana, ben, ana])).facts.len(), 1);
    assert_eq!(world.state.manual_count(), 2);
    assert_eq!(world.run(&give(Vec::new())), Ok(None));
}

#[test]
fn what_is_not_there_can_be_neither_given_nor_taken() {
    let mut world = with_teams();
    let team = world.entity(EntityType::Team, "Guild").id;
    let unknown = EntityId::new(world.user_named("ana").id.uuid());
    assert_eq!(world.give(unknown, "ana"), Err(Rejection::UnknownEntity));
    assert_eq!(world.take(unknown, "ana"), Err(Rejection::UnknownEntity));
    let ana = world.user_named("ana").id;
    world.delete_user("ana");
    let take = Command::TakeMembership {
        entity: team,
        user: ana,
    };
    assert_eq!(world.run(&take), Err(Rejection::UnknownUser));
}

#[test]
fn the_attribute_of_the_user_counts_less_than_a_hand() {
    let mut world = with_concurrency_groups();
    world.entity(EntityType::ConcurrencyGroup, "named");
    let chosen = world.entity(EntityType::ConcurrencyGroup, "chosen").id;
    let mut to = user_input("ana", true, None);
    to.person.concurrency_group = Some("named".to_owned());
    let user = world.user_named("ana").id;
    world.done(&Command::ChangeUser {
        user,
        expected: None,
        to,
    });
    assert_eq!(world.placed("ana"), ["concurrency_group named"]);
    done(world.give(chosen, "ana"));
    assert_eq!(world.placed("ana"), ["concurrency_group chosen"]);
    assert_eq!(sources(&world, "ana", chosen), [UnmappedSource::Manual]);
}

#[test]
fn a_group_that_claims_the_entity_of_a_hand_is_told_beside_it() {
    let mut world = with_concurrency_groups();
    let entity = world.entity(EntityType::ConcurrencyGroup, "cg-one").id;
    done(world.give(entity, "ana"));
    let members = vec![world.user_named("ana").id.to_string()];
    world.done(&Command::CreateGroup {
        group: group_input("cg-one", members, &[]),
    });
    assert_eq!(world.placed("ana"), ["concurrency_group cg-one"]);
    assert_eq!(sources(&world, "ana", entity), [UnmappedSource::Manual]);
    world.delete_group("cg-one");
    assert_eq!(world.placed("ana"), ["concurrency_group cg-one"]);
}

/// An organization in which as many memberships were taken by hand as are remembered, from teams and users of their own:
/// as if it were on the record in one entry.
fn with_the_most_taken() -> World {
    const TEAMS: usize = 100;
    let mut world = with_teams();
    let mut users = UserSet::default();
    for user in 0..TAKEN_MEMBERSHIPS_MAX / TEAMS {
        world.user(&format!("user {user}"));
        users.insert(world.user_named(&format!("user {user}")).index);
    }
    let teams: Vec<EntityId> = (0..TEAMS)
        .map(|team| world.entity(EntityType::Team, &format!("team {team}")).id)
        .collect();
    let taken = teams.iter().map(|team| Fact::MembershipsTaken {
        entity: *team,
        users: users.clone(),
    });
    let left = (0..).zip(&teams).map(|(fact, team)| Consequence {
        because: Because {
            fact,
            mapping: None,
            rule: None,
        },
        effect: Effect::MembersUnplaced {
            entity: *team,
            users: users.clone(),
            reason: Unplaced::RemovedByHand,
        },
    });
    let entry = Entry {
        position: world.state.position().next(),
        at: world.state.at(),
        actor: Actor::System,
        seed: IdSeed::new([0; 16]),
        facts: taken.collect(),
        consequences: left.collect(),
    };
    world.state = world.state.replay(&entry);
    world
}

#[test]
fn what_is_taken_and_comes_back_is_limited_whatever_brings_it_back() {
    let mut world = with_the_most_taken();
    let team = world.entity(EntityType::Team, "Guild").id;
    world.done(&Command::CreateUser {
        connection: None,
        default_entity: Some(team),
        user: user_input("cleo", true, None),
    });
    world.group("eng", &["ana"]);
    let eng = world.entity_named(EntityType::Team, "eng").id;
    for (user, team) in [("cleo", team), ("ana", eng)] {
        let refused = world.take(team, user);
        assert!(
            matches!(refused, Err(Rejection::LimitReached { limit, .. }) if limit == TAKEN_MEMBERSHIPS_MAX),
            "{user}: {refused:?}"
        );
    }
}

#[test]
fn what_is_taken_and_stays_away_is_not_limited() {
    let mut world = with_the_most_taken();
    let team = world.entity(EntityType::Team, "Guild").id;
    done(world.give(team, "ana"));
    done(world.take(team, "ana"));
    assert!(world.placed("ana").is_empty());
    world.group("eng", &["ana", "ben"]);
    let eng = world.entity_named(EntityType::Team, "eng").id;
    done(world.give(eng, "ana"));
    world
        .except(ExceptionKind::Pin, "ana", ExceptionSubject::Entity(eng))
        .unwrap();
    done(world.take(eng, "ana"));
    assert_eq!(world.placed("ana"), ["team eng"], "by the pin");
    done(world.give(eng, "ben"));
    world.set_user("ben", false, None);
    done(world.take(eng, "ben"));
    assert!(world.placed("ben").is_empty());
}

#[test]
fn what_is_taken_though_a_mapping_holds_the_slot_or_waits_for_the_other_side_is_not_limited() {
    let mut world = with_the_most_taken();
    for entity_type in [EntityType::ConcurrencyGroup, EntityType::SubOrganization] {
        let entity = world.entity(entity_type, &format!("the {entity_type}"));
        world.rule(RuleDefinition {
            matching: Pattern::prefix(&entity.name),
            priority: 1,
            ..match_all(entity_type)
        });
    }
    world.group("the concurrency_group", &["ana"]);
    world.group("the sub_organization", &["ben"]);
    world.group("eng", &["ben"]);
    for (user, entity_type, name) in [
        ("ana", EntityType::ConcurrencyGroup, "the concurrency_group"),
        ("ben", EntityType::Team, "eng"),
    ] {
        let entity = world.entity_named(entity_type, name).id;
        done(world.give(entity, user));
        done(world.take(entity, user));
    }
    assert_eq!(world.placed("ana"), ["concurrency_group the concurrency_group"]);
    assert_eq!(world.placed("ben"), ["sub_organization the sub_organization"]);
}
