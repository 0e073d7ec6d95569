//! Pins and exclusions: what they do, what they count against, and how they end (SEMANTICS section 7.4).

use rolecall_engine::limits::{EXCEPTION_REASON_CHARACTERS_MAX, TICK_EXPIRIES_MAX};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition};
use rolecall_engine::{
    Actor, Command, Context, EntityId, ExceptionId, ExceptionInput, ExceptionKind, ExceptionSubject, Fact, IdSeed,
    Prevailing, Rejection, SettingsChange, Timestamp, UnmappedSource, UserId, handle,
};

use crate::world::{World, match_all};

const PIN: ExceptionKind = ExceptionKind::Pin;
const EXCLUSION: ExceptionKind = ExceptionKind::Exclusion;

/// Ana, and rules that make a concurrency group of `cg-...`, a sub-organization of `org-...` and a team of every other group.
fn world() -> World {
    let mut world = World::default();
    for (prefix, entity_type) in [
        ("cg-", EntityType::ConcurrencyGroup),
        ("org-", EntityType::SubOrganization),
    ] {
        world.rule(RuleDefinition {
            matching: Pattern::prefix(prefix),
            ..match_all(entity_type)
        });
    }
    world.rule(RuleDefinition {
        priority: -1,
        ..match_all(EntityType::Team)
    });
    world.user("ana");
    world
}

fn entity(id: EntityId) -> ExceptionSubject {
    ExceptionSubject::Entity(id)
}

fn role(name: &str) -> ExceptionSubject {
    ExceptionSubject::Role(name.parse().unwrap())
}

fn remove(world: &mut World, exception: ExceptionId) {
    world.done(&Command::RemoveException { exception });
}

fn in_milliseconds(world: &World, milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(world.state.at().milliseconds() + milliseconds)
}

#[test]
fn a_pinned_user_is_in_a_team_without_any_group() {
    let mut world = world();
    let guild = world.entity(EntityType::Team, "Guild");
    let pin = world.except(PIN, "ana", entity(guild.id)).unwrap();
    assert_eq!(world.placed("ana"), ["team Guild"]);
    let reasons = |world: &World| {
        let user = world.user_named("ana");
        Prevailing::of(user, &world.state).unmapped_sources(guild.index, user, &world.state)
    };
    assert_eq!(reasons(&world), [UnmappedSource::Pin(pin)]);
    assert_eq!(world.take(guild.id, "ana"), Err(Rejection::MemberPinned { by: pin }));
    world.give(guild.id, "ana").unwrap();
    assert_eq!(reasons(&world), [UnmappedSource::Pin(pin), UnmappedSource::Manual]);
    let taken = world.take(guild.id, "ana").unwrap().unwrap();
    assert!(taken.consequences.is_empty(), "the pin still holds");
    world.give(guild.id, "ana").unwrap();
    remove(&mut world, pin);
    assert_eq!(world.placed("ana"), ["team Guild"], "the hand still holds");
}

#[test]
fn an_excluded_user_is_in_no_team_whatever_claims_it() {
    let mut world = world();
    world.group("eng", &["ana"]);
    let eng = world.entity_named(EntityType::Team, "eng").id;
    world.give(eng, "ana").unwrap();
    let exclusion = world.except(EXCLUSION, "ana", entity(eng)).unwrap();
    assert!(world.placed("ana").is_empty());
    world.group("ops", &["ana"]);
    world.add("eng", "ana");
    world.set_user("ana", false, None);
    world.set_user("ana", true, None);
    assert_eq!(world.placed("ana"), ["team ops"], "it survives syncs");
    remove(&mut world, exclusion);
    assert_eq!(world.placed("ana"), ["team eng", "team ops"]);
}

#[test]
fn in_a_slot_a_pin_counts_more_than_groups_and_settles_their_conflict() {
    let mut world = world();
    world.group("cg-one", &["ana"]);
    world.group("cg-two", &["ana"]);
    assert_eq!(world.state.conflicts().count(), 1);
    let two = world.entity_named(EntityType::ConcurrencyGroup, "cg-two").id;
    let pin = world.except(PIN, "ana", entity(two)).unwrap();
    assert_eq!(world.placed("ana"), ["concurrency_group cg-two"]);
    assert_eq!(world.state.conflicts().count(), 0, "nothing is left to be decided");
    remove(&mut world, pin);
    assert_eq!(world.placed("ana"), ["concurrency_group cg-two"], "the incumbent stays");
    assert_eq!(world.state.conflicts().count(), 1);
    let three = world.entity(EntityType::ConcurrencyGroup, "three").id;
    let pin = world.except(PIN, "ana", entity(three)).unwrap();
    assert_eq!(
        world.placed("ana"),
        ["concurrency_group three"],
        "also where no group claims it"
    );
    remove(&mut world, pin);
    assert_eq!(
        world.placed("ana"),
        ["concurrency_group cg-one"],
        "the claim that was approved first"
    );
}

#[test]
fn an_exclusion_takes_a_claim_out_of_a_slot() {
    let mut world = world();
    let slow = world.entity(EntityType::ConcurrencyGroup, "slow").id;
    world.settings(SettingsChange {
        default_concurrency_group: Some(Some(slow)),
        ..SettingsChange::default()
    });
    world.group("cg-one", &["ana"]);
    world.group("cg-two", &["ana"]);
    let one = world.entity_named(EntityType::ConcurrencyGroup, "cg-one").id;
    let two = world.entity_named(EntityType::ConcurrencyGroup, "cg-two").id;
    world.except(EXCLUSION, "ana", entity(one)).unwrap();
    assert_eq!(world.placed("ana"), ["concurrency_group cg-two"]);
    assert_eq!(world.state.conflicts().count(), 0, "one claim is no conflict");
    world.except(EXCLUSION, "ana", entity(two)).unwrap();
    assert_eq!(world.placed("ana"), ["concurrency_group slow"]);
    world.except(EXCLUSION, "ana", entity(slow)).unwrap();
    assert!(world.placed("ana").is_empty(), "a default is no exception");
}

#[test]
fn a_sub_organization_is_pinned_as_well() {
    let mut world = world();
    let (one, two) = (
        world.entity(EntityType::SubOrganization, "org-one").id,
        world.entity(EntityType::SubOrganization, "org-two").id,
    );
    world.group("org-one", &["ana"]);
    assert_eq!(world.placed("ana"), ["sub_organization org-one"]);
    world.except(PIN, "ana", entity(two)).unwrap();
    assert_eq!(world.placed("ana"), ["sub_organization org-two"]);
    world.except(EXCLUSION, "ana", entity(one)).unwrap();
    assert_eq!(world.placed("ana"), ["sub_organization org-two"]);
}

#[test]
fn a_pinned_role_counts_whatever_groups_say() {
    let mut world = world();
    world.group_with_roles("eng", &["ana"], &["admin"]);
    let pin = world.except(PIN, "ana", role("guest")).unwrap();
    assert_eq!(world.role("ana").as_deref(), Some("guest"), "downwards, too");
    assert_eq!(world.role_causes(), ["exception"]);
    world.set_group_roles("eng", &["user"]);
    world.set_group_roles("eng", &["admin"]);
    assert_eq!(world.role("ana").as_deref(), Some("guest"));
    remove(&mut world, pin);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
    assert_eq!(world.role_causes(), ["exception"]);
    world.delete_group("eng");
    world.except(PIN, "ana", role("admin")).unwrap();
    assert_eq!(world.role("ana").as_deref(), Some("admin"), "upwards without any claim");
}

#[test]
fn an_excluded_role_is_no_claim_but_stays_the_default() {
    let mut world = world();
    world.group_with_roles("eng", &["ana"], &["admin", "guest"]);
    let exclusion = world.except(EXCLUSION, "ana", role("admin")).unwrap();
    assert_eq!(world.role("ana").as_deref(), Some("guest"), "the next highest");
    world.except(EXCLUSION, "ana", role("guest")).unwrap();
    assert_eq!(world.role("ana").as_deref(), Some("user"));
    assert_eq!(world.role_causes(), ["default_fallback"]);
    let refused = Rejection::DefaultRoleExcluded {
        role: "user".parse().unwrap(),
    };
    assert_eq!(world.except(EXCLUSION, "ana", role("user")), Err(refused));
    remove(&mut world, exclusion);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}

#[test]
fn a_pin_waits_for_an_inactive_user() {
    let mut world = world();
    let guild = world.entity(EntityType::Team, "Guild").id;
    world.set_user("ana", false, None);
    world.except(PIN, "ana", entity(guild)).unwrap();
    world.except(PIN, "ana", role("admin")).unwrap();
    assert_eq!((world.placed("ana"), world.role("ana")), (Vec::new(), None));
    world.set_user("ana", true, None);
    assert_eq!(world.placed("ana"), ["team Guild"]);
    assert_eq!(world.role("ana").as_deref(), Some("admin"));
}

#[test]
fn exceptions_go_with_their_entity_and_with_their_user() {
    let mut world = world();
    let guild = world.entity(EntityType::Team, "Guild").id;
    let expires = Some(in_milliseconds(&world, 1_000));
    world.except_until(PIN, "ana", entity(guild), expires).unwrap();
    world.done(&Command::DeleteEntity { entity: guild });
    assert!(world.state.exceptions().is_empty() && world.state.next_due().is_none());
    assert!(world.placed("ana").is_empty());
    world
        .except_until(EXCLUSION, "ana", role("admin"), Some(in_milliseconds(&world, 1_000)))
        .unwrap();
    world.delete_user("ana");
    assert!(world.state.exceptions().is_empty() && world.state.next_due().is_none());
    assert!(world.state.counts().exceptions.is_empty());
    world.wait_milliseconds(10_000);
    assert_eq!(world.run(&Command::Tick), Ok(None));
}

#[test]
fn one_subject_has_one_exception_and_one_slot_one_pin() {
    let mut world = world();
    let (one, two) = (
        world.entity(EntityType::ConcurrencyGroup, "one").id,
        world.entity(EntityType::ConcurrencyGroup, "two").id,
    );
    let (team, other_team) = (
        world.entity(EntityType::Team, "a").id,
        world.entity(EntityType::Team, "b").id,
    );
    let by = world.except(PIN, "ana", entity(one)).unwrap();
    for kind in ExceptionKind::ALL {
        let exists = Rejection::ExceptionExists { by, kind: PIN };
        assert_eq!(world.except(kind, "ana", entity(one)), Err(exists), "{kind}");
    }
    let what = "concurrency_group";
    assert_eq!(
        world.except(PIN, "ana", entity(two)),
        Err(Rejection::PinnedElsewhere { by, what })
    );
    world.except(EXCLUSION, "ana", entity(two)).unwrap();
    world.except(PIN, "ana", entity(team)).unwrap();
    world.except(PIN, "ana", entity(other_team)).unwrap();
    let by = world.except(PIN, "ana", role("guest")).unwrap();
    let what = "role";
    assert_eq!(
        world.except(PIN, "ana", role("admin")),
        Err(Rejection::PinnedElsewhere { by, what })
    );
    world.except(EXCLUSION, "ana", role("admin")).unwrap();
    assert_eq!(world.state.exceptions().len(), 6);
    let of_one: Vec<_> = world
        .state
        .exceptions()
        .of_entity(one)
        .map(|exception| exception.kind)
        .collect();
    assert_eq!(of_one, [PIN]);
}

#[test]
fn what_an_exception_needs_is_checked() {
    let mut world = world();
    let user = world.user_named("ana").id;
    let sound = ExceptionInput {
        kind: PIN,
        user,
        subject: role("admin"),
        reason: " on call ".to_owned(),
        expires: None,
    };
    let refused: [(ExceptionInput, Rejection); 7] = [
        (
            ExceptionInput {
                user: UserId::new(uuid::Uuid::nil()),
                ..sound.clone()
            },
            Rejection::UnknownUser,
        ),
        (
            ExceptionInput {
                subject: entity(EntityId::new(user.uuid())),
                ..sound.clone()
            },
            Rejection::UnknownEntity,
        ),
        (
            ExceptionInput {
                subject: role("owner"),
                ..sound.clone()
            },
            Rejection::UnknownRole {
                role: "owner".parse().unwrap(),
            },
        ),
        (
            ExceptionInput {
                reason: " ".to_owned(),
                ..sound.clone()
            },
            Rejection::Required { attribute: "reason" },
        ),
        (
            ExceptionInput {
                reason: "x".repeat(EXCEPTION_REASON_CHARACTERS_MAX + 1),
                ..sound.clone()
            },
            Rejection::TooLong {
                attribute: "reason",
                limit: EXCEPTION_REASON_CHARACTERS_MAX,
                unit: "characters",
            },
        ),
        (
            ExceptionInput {
                reason: "a\u{7}b".to_owned(),
                ..sound.clone()
            },
            Rejection::ControlCharacter { attribute: "reason" },
        ),
        (
            ExceptionInput {
                expires: Some(world.state.at()),
                ..sound.clone()
            },
            Rejection::ExpiresInThePast,
        ),
    ];
    for (exception, rejection) in refused {
        assert_eq!(world.run(&Command::SetException { exception }), Err(rejection));
    }
    world.done(&Command::SetException { exception: sound });
    let set = world.state.exceptions().after(None).next().unwrap();
    assert_eq!(set.reason, "on call");
    let exception = ExceptionId::new(uuid::Uuid::nil());
    assert_eq!(
        world.run(&Command::RemoveException { exception }),
        Err(Rejection::UnknownException)
    );
}

#[test]
fn a_role_that_somebody_is_pinned_to_or_excluded_from_cannot_be_taken_from_the_settings() {
    let mut world = world();
    let roles = |names: &[&str]| SettingsChange {
        roles: Some(names.iter().map(|name| name.parse().unwrap()).collect()),
        ..SettingsChange::default()
    };
    let change = roles(&["user", "admin"]);
    for kind in ExceptionKind::ALL {
        let exception = world.except(kind, "ana", role("guest")).unwrap();
        let refused = world.run(&Command::ChangeSettings { change: change.clone() });
        assert!(
            matches!(refused, Err(Rejection::Setting { setting: "roles", .. })),
            "{kind}: {refused:?}"
        );
        remove(&mut world, exception);
    }
    world.settings(change);
}

#[test]
fn a_tick_ends_what_is_over_and_nothing_before() {
    let mut world = world();
    let guild = world.entity(EntityType::Team, "Guild").id;
    let expires = in_milliseconds(&world, 1_000);
    let pin = world.except_until(PIN, "ana", entity(guild), Some(expires)).unwrap();
    world.except(PIN, "ana", role("admin")).unwrap();
    assert_eq!(world.state.next_due(), Some(expires));
    world.wait_milliseconds(900);
    assert_eq!(world.run(&Command::Tick), Ok(None), "never early");
    world.wait_milliseconds(100);
    let entry = world.done(&Command::Tick);
    let user = world.user_named("ana").id;
    assert_eq!(entry.facts, [Fact::ExceptionExpired { exception: pin, user }]);
    assert!(entry.at >= expires);
    assert!(world.placed("ana").is_empty());
    assert_eq!(world.role("ana").as_deref(), Some("admin"), "what has no end stays");
    assert_eq!(world.state.next_due(), None);
    assert_eq!(world.run(&Command::Tick), Ok(None));
}

#[test]
fn an_exception_is_over_at_its_time_and_not_a_millisecond_before() {
    let mut world = world();
    let expires = in_milliseconds(&world, 1_000);
    world.except_until(PIN, "ana", role("admin"), Some(expires)).unwrap();
    let ends = |at: u64| {
        let context = Context {
            at: Timestamp::from_milliseconds(at),
            actor: Actor::System,
            seed: IdSeed::new([0; 16]),
        };
        handle(&world.state, &Command::Tick, context).unwrap().is_some()
    };
    assert!(!ends(expires.milliseconds() - 1));
    assert!(ends(expires.milliseconds()));
}

#[test]
fn until_the_tick_an_exception_that_is_over_still_counts() {
    let mut world = world();
    let expires = in_milliseconds(&world, 10);
    let pin = world.except_until(PIN, "ana", role("admin"), Some(expires)).unwrap();
    world.wait_milliseconds(1_000);
    world.group_with_roles("eng", &["ana"], &["user"]);
    assert_eq!(
        world.role("ana").as_deref(),
        Some("admin"),
        "only an entry changes anything"
    );
    let by = pin;
    let exists = Rejection::ExceptionExists { by, kind: PIN };
    assert_eq!(world.except(EXCLUSION, "ana", role("admin")), Err(exists));
    world.done(&Command::Tick);
    assert_eq!(world.role("ana").as_deref(), Some("user"));
    assert_eq!(world.role_causes(), ["exception"]);
}

#[test]
fn one_tick_ends_so_many_and_the_next_one_the_rest() {
    let mut world = world();
    let expires = in_milliseconds(&world, 1_000_000);
    for number in 0..=TICK_EXPIRIES_MAX {
        let name = format!("user-{number}");
        world.user(&name);
        world.except_until(PIN, &name, role("admin"), Some(expires)).unwrap();
    }
    world.wait_milliseconds(1_000_000);
    assert_eq!(world.done(&Command::Tick).facts.len(), TICK_EXPIRIES_MAX);
    assert_eq!(world.state.next_due(), Some(expires), "the rest is due still");
    assert_eq!(world.done(&Command::Tick).facts.len(), 1);
    assert_eq!(world.state.next_due(), None);
}
