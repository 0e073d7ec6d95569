//! Stored formats outlive code: what a release wrote, every later one reads.
//!
//! `tests/fixtures/entries-v1.hex` holds the entries of a story that meets every kind of fact and consequence, one encoded
//! entry a line. What is there is never changed: the story goes on behind it. A new format gets a file and a test of its own.
//! `entries-v1-conflicts-one-by-one.hex` is the same story up to where one consequence began to tell the conflicts of many users:
//! until then each conflict had one of its own. Nothing is added to it.

use std::collections::BTreeSet;

use rolecall_engine::plan::Draft;
use rolecall_engine::registry::{
    AdminRole, AttributeDefinition, AttributeMeaning, AttributeType, ConnectionChange, ConnectionSettings,
    ExtendedResource, ExtensionDefinition, RegistryCommand, RegistryFact, TokenHash, TokenScope,
};
use rolecall_engine::rules::{EntityType, Example, ExampleTarget, Pattern, RuleDefinition};
use rolecall_engine::{
    Command, DraftRule, Effect, Entry, ExceptionKind, ExceptionSubject, Fact, Keep, MappingTarget, MembersChange,
    PlanId, SettingsChange, State, Timestamp,
};

use crate::world::{World, match_all};

const FIXTURE: &str = include_str!("../fixtures/entries-v1.hex");
const ONE_BY_ONE: &str = include_str!("../fixtures/entries-v1-conflicts-one-by-one.hex");

fn stored(fixture: &str) -> Vec<Entry> {
    let decode = |line: &str| Entry::decode(&from_hex(line)).unwrap();
    fixture.lines().map(decode).collect()
}

fn replayed(fixture: &str) -> State {
    let entries = stored(fixture);
    entries
        .iter()
        .fold(State::default(), |state, entry| state.replay(entry))
}

fn from_hex(line: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&line[at..at + 2], 16).unwrap();
    (0..line.len()).step_by(2).map(byte).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn entries_of_version_1_are_read_and_replayed() {
    let state = replayed(FIXTURE);
    assert_eq!(state.position().get(), 92);
    let mut world = World::default();
    world.state = state;
    assert_eq!(
        (world.role("ana").as_deref(), world.role("ben").as_deref()),
        (Some("user"), Some("user"))
    );
    assert!(
        world.placed("ben").is_empty(),
        "the snapshot took him out of his groups"
    );
    assert_eq!(
        world.all_mappings(),
        [
            "concurrency_group cg-three: ended(group_deleted)",
            "concurrency_group fast: ended(rules_changed)",
            "team Builders: approved",
            "concurrency_group cg-TWO-b: ended(group_deleted)",
            "sub_organization Berlin: approved",
            "concurrency_group cg-six: ended(group_deleted)",
            "concurrency_group cg-seven: ended(group_deleted)",
            "team Staff: ended(group_deleted)"
        ]
    );
    assert_eq!(world.state.conflicts().count(), 1);
    assert_eq!(world.state.registry().organizations().count(), 1);
}

#[test]
fn conflicts_are_the_same_whether_they_were_recorded_one_by_one_or_together() {
    let conflicts = |state: &State| -> Vec<_> {
        let rows = state.conflicts();
        let facts = rows.map(|row| (row.slot, row.user, row.claimed.clone(), row.current, row.opened));
        facts.collect()
    };
    let recorded = stored(ONE_BY_ONE);
    let last = recorded.len();
    let together = stored(FIXTURE).into_iter().take(last);
    let (mut one_by_one, mut as_today, mut most) = (State::default(), State::default(), 0);
    for (old, new) in recorded.iter().zip(together) {
        one_by_one = one_by_one.replay(old);
        as_today = as_today.replay(&new);
        assert_eq!(conflicts(&one_by_one), conflicts(&as_today));
        assert_eq!(one_by_one.counts(), as_today.counts());
        most = most.max(conflicts(&as_today).len());
    }
    assert!(last == 89 && most > 0);
}

#[test]
fn version_1_is_what_is_written_today() {
    let written: Vec<String> = story().entries.iter().map(|entry| to_hex(&entry.encode())).collect();
    let differs = written
        .iter()
        .zip(FIXTURE.lines())
        .position(|(written, stored)| written != stored);
    assert!(
        differs.is_none() && written.len() == FIXTURE.lines().count(),
        "entry {differs:?} is written in another way now: that is a new format version, with a fixture of its own:\n{}",
        written.join("\n")
    );
}

#[test]
fn the_fixture_meets_every_kind() {
    let entries = [stored(FIXTURE), stored(ONE_BY_ONE)].concat();
    let facts: BTreeSet<&str> = entries.iter().flat_map(|entry| &entry.facts).map(Fact::kind).collect();
    let effects = entries.iter().flat_map(|entry| &entry.consequences);
    let effects: BTreeSet<&str> = effects.map(|consequence| consequence.effect.kind()).collect();
    assert_eq!(facts, BTreeSet::from(Fact::KINDS));
    assert_eq!(effects, BTreeSet::from(Effect::KINDS));
}

fn story() -> World {
    let mut world = World::default();
    rules_and_people(&mut world);
    groups(&mut world);
    mappings_by_hand(&mut world);
    endings(&mut world);
    registry(&mut world);
    connection_settings(&mut world);
    safeguards(&mut world);
    examples(&mut world);
    plans(&mut world);
    conflicts(&mut world);
    ceilings(&mut world);
    holds(&mut world);
    exceptions(&mut world);
    discards(&mut world);
    drift(&mut world);
    world
}

fn rules_and_people(world: &mut World) {
    let rule = world.rule(RuleDefinition {
        matching: Pattern::prefix("cg-"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
    let role = Some("admin".parse().unwrap());
    let definition = RuleDefinition {
        role,
        priority: 7,
        ..match_all(EntityType::ConcurrencyGroup)
    };
    world.done(&Command::ChangeRule { rule, definition });
    world.user("ana");
    world.user("ben");
    world.user("cleo");
    world.set_user("cleo", false, Some("guest"));
    world.set_user("cleo", true, None);
    let mut renamed = crate::world::user_input("cleo", true, None);
    renamed.person.display_name = None;
    let user = world.user_named("cleo").id;
    world.done(&Command::ChangeUser {
        user,
        expected: None,
        to: renamed,
    });
    world.delete_user("cleo");
    world.settings(SettingsChange {
        username_immutable: Some(true),
        ..SettingsChange::default()
    });
    world.done(&Command::DeleteRule { rule });
    world.rule(RuleDefinition {
        matching: Pattern::prefix("cg-"),
        ..match_all(EntityType::ConcurrencyGroup)
    });
}

fn groups(world: &mut World) {
    world.group_with_roles("cg-one", &["ana", "ben"], &["admin"]);
    world.group("cg-two", &["ana"]);
    world.remove("cg-one", "ana");
    world.rename("cg-one", "cg-three");
    world.entity(EntityType::ConcurrencyGroup, "cg-TWO-b");
    world.rename("cg-three", "cg-TWO-b");
    world.rename("cg-two", "fast");
    let members = MembersChange {
        add: vec!["nobody".to_owned()],
        ..MembersChange::default()
    };
    world.change_members("fast", members);
    world.set_group_roles("cg-TWO-b", &["guest"]);
    world.set_group_roles("cg-TWO-b", &["admin"]);
}

fn mappings_by_hand(world: &mut World) {
    world.entity(EntityType::Team, "taken");
    let group = world.group("Builders", &["ben"]);
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "Builders".to_owned(),
    };
    world.done(&Command::CreateMapping { group, target });
    let mapping = world.mappings("Builders")[0].id;
    world.done(&Command::PauseMapping { mapping });
    world.done(&Command::ResumeMapping { mapping });
    world.done(&Command::RejectMapping { mapping });
    world.approve(mapping);
}

fn endings(world: &mut World) {
    world.delete_group("cg-TWO-b");
    world.group_with_roles("cg-TWO-b", &["ben"], &["admin"]);
    world.add("fast", "ben");
    let entity = world.entity(EntityType::Team, "short-lived").id;
    world.done(&Command::DeleteEntity { entity });
}

fn registry(world: &mut World) {
    let mut done = |command| match world.done(&Command::Registry(command)).facts.as_slice() {
        [Fact::Registry(fact)] => fact.clone(),
        facts => panic!("one fact of the registry: {facts:?}"),
    };
    let name = || "Example".to_owned();
    let RegistryFact::OrganizationCreated { organization, .. } =
        done(RegistryCommand::CreateOrganization { name: name() })
    else {
        panic!("an organization")
    };
    let connect = RegistryCommand::CreateConnection {
        organization,
        name: name(),
        provider: "okta".to_owned(),
        settings: ConnectionSettings::default(),
    };
    let RegistryFact::ConnectionCreated { connection, .. } = done(connect) else {
        panic!("a connection")
    };
    let change = ConnectionChange {
        group_provisioning: Some(false),
        ..ConnectionChange::default()
    };
    done(RegistryCommand::ChangeConnection {
        organization,
        connection,
        change,
    });
    let (scim, admin) = (
        TokenScope::Scim {
            organization,
            connection,
        },
        TokenScope::Admin {
            organization,
            role: AdminRole::Auditor,
        },
    );
    for (number, scope) in [(1, TokenScope::Root), (2, scim), (3, admin)] {
        let (hash, suffix) = (TokenHash([number; 32]), "abcd".to_owned());
        let expires_at = Some(Timestamp::from_milliseconds(2_000_000));
        let create = RegistryCommand::CreateToken {
            scope,
            name: name(),
            hash,
            suffix,
            expires_at,
        };
        let RegistryFact::TokenCreated { token, .. } = done(create) else {
            panic!("a token")
        };
        if scope != scim {
            done(RegistryCommand::RevokeToken {
                organization: scope.organization(),
                token,
            });
        }
    }
    done(RegistryCommand::DeleteConnection {
        organization,
        connection,
    });
}

fn ceilings(world: &mut World) {
    let mut change = SettingsChange::default();
    change.safeguards.auto_approve_ceiling.max_members = Some(Some(1));
    world.settings(change);
    world.user("emil");
    world.user("fay");
    world.group("cg-six", &["emil"]);
    world.add("cg-six", "fay");
    world.remove("cg-six", "emil");
    world.group("cg-seven", &["emil", "fay"]);
}

fn examples(world: &mut World) {
    let target = |name: &str| ExampleTarget {
        entity_type: EntityType::ConcurrencyGroup,
        name: name.to_owned(),
    };
    let decided = Example {
        group: "cg-five".to_owned(),
        rule: Some("everything".to_owned()),
        targets: Some(vec![target("cg-five")]),
        role: None,
    };
    let undecided = Example {
        group: "elsewhere".to_owned(),
        rule: None,
        targets: None,
        role: None,
    };
    let as_it_is = world.state.rules().iter().map(|stored| DraftRule {
        id: Some(stored.id),
        definition: stored.rule.definition().clone(),
    });
    let save = Command::SaveRuleSet {
        rules: as_it_is.collect(),
        examples: Some(vec![decided, undecided]),
    };
    world.done(&save);
}

fn holds(world: &mut World) {
    let mut change = SettingsChange::default();
    let limit = &mut change.safeguards.brake.organization;
    (limit.min_count, limit.max_percent) = (Some(1), Some(0));
    world.settings(change);
    let people = ["hana", "ivan", "jo"];
    for name in people {
        world.user(name);
    }
    let group = world.group("Staff", &people);
    let target = MappingTarget::Named {
        entity_type: EntityType::Team,
        name: "Staff".to_owned(),
    };
    world.done(&Command::CreateMapping { group, target });
    world.remove("Staff", "hana");
    world.remove("Staff", "ivan");
    world.remove("Staff", "jo");
    world.add("Staff", "jo");
    let hold = world.state.holds().next().unwrap().id;
    world.done(&Command::ReleaseHold { hold, users: None });
}

fn connection_settings(world: &mut World) {
    let organization = world.state.registry().organizations().next().unwrap().id;
    let attribute = |name: &str, attribute_type, multi_valued, meaning| AttributeDefinition {
        name: name.to_owned(),
        attribute_type,
        multi_valued,
        meaning,
    };
    let extension = |resource_type: ExtendedResource, attributes| ExtensionDefinition {
        urn: format!(
            "urn:ietf:params:scim:schemas:extension:example:2.0:{}",
            resource_type.as_str()
        ),
        resource_type,
        attributes,
    };
    let role = Some(AttributeMeaning::OrganizationRole);
    let place = Some(AttributeMeaning::ConcurrencyGroup);
    let of_user = vec![
        attribute("role", AttributeType::String, false, role),
        attribute("pool", AttributeType::String, false, place),
        attribute("badge", AttributeType::Integer, false, None),
        attribute("hired", AttributeType::DateTime, false, None),
        attribute("parking", AttributeType::Boolean, false, None),
        attribute("rate", AttributeType::Decimal, false, None),
        attribute("desks", AttributeType::Reference, true, None),
    ];
    let roles = Some(AttributeMeaning::Roles);
    let of_group = vec![attribute("roles", AttributeType::String, true, roles)];
    let settings = ConnectionSettings {
        group_provisioning: true,
        strict: true,
        users_only: true,
        default_entity: Some(world.entity(EntityType::Team, "Newcomers").id),
        extensions: vec![
            extension(ExtendedResource::User, of_user),
            extension(ExtendedResource::Group, of_group),
        ],
    };
    world.done(&Command::Registry(RegistryCommand::CreateConnection {
        organization,
        name: "Example".to_owned(),
        provider: "flosum".to_owned(),
        settings,
    }));
    let default_entity = Some(world.entity_named(EntityType::Team, "Newcomers").id);
    world.done(&Command::CreateUser {
        connection: None,
        default_entity,
        user: crate::world::user_input("dora", true, None),
    });
}

fn safeguards(world: &mut World) {
    let mut change = SettingsChange::default();
    change.safeguards.min_admins = Some(1);
    change.safeguards.auto_approve_ceiling.max_members = Some(Some(500));
    world.settings(change);
}

fn plans(world: &mut World) {
    let rule = RuleDefinition {
        matching: Pattern::prefix("cg-"),
        priority: 2,
        ..match_all(EntityType::ConcurrencyGroup)
    };
    crate::plans::applied(world, crate::plans::rules(vec![rule]));
    let command = crate::plans::apply(Draft::default(), world);
    world.done(&command);
    let plan = PlanId::new(uuid::Uuid::nil());
    world.done(&Command::StopPlan { plan });
}

fn conflicts(world: &mut World) {
    let group = world.group_named("Builders").id;
    let target = MappingTarget::Entity(world.entity(EntityType::SubOrganization, "Berlin").id);
    world.done(&Command::CreateMapping { group, target });
    let conflict = world.state.conflicts().next().unwrap().id;
    world.done(&Command::ResolveConflict {
        conflict,
        keep: Keep::Incoming(None),
        everyone: true,
    });
    world.done(&Command::ForgetDecision { decision: conflict });
}

fn exceptions(world: &mut World) {
    let (pin, exclusion) = (ExceptionKind::Pin, ExceptionKind::Exclusion);
    let slow = world.entity(EntityType::ConcurrencyGroup, "slow").id;
    world.give(slow, "dora").unwrap().unwrap();
    world.take(slow, "dora").unwrap().unwrap();
    let role = || ExceptionSubject::Role("admin".parse().unwrap());
    world.except(pin, "dora", role()).unwrap();
    let berlin = world.entity_named(EntityType::SubOrganization, "Berlin").id;
    let exception = world
        .except(exclusion, "ben", ExceptionSubject::Entity(berlin))
        .unwrap();
    let builders = world.entity_named(EntityType::Team, "Builders").id;
    world.take(builders, "ben").unwrap().unwrap();
    world.done(&Command::RemoveException { exception });
    let expires = Timestamp::from_milliseconds(world.state.at().milliseconds() + 10);
    world.except_until(exclusion, "ben", role(), Some(expires)).unwrap();
    world.wait_milliseconds(10);
    world.done(&Command::Tick);
}

fn discards(world: &mut World) {
    for user in ["hana", "ivan"] {
        world.add("Staff", user);
        world.remove("Staff", user);
    }
    let hold = world.state.holds().next().unwrap().id;
    world.done(&Command::DiscardHold { hold, users: None });
}

fn drift(world: &mut World) {
    let groups = [
        ("Cooks".to_owned(), vec!["ana".to_owned()]),
        ("Builders".to_owned(), vec!["dora".to_owned()]),
    ];
    let draft = crate::reconcile::snapshot_draft(&world.state, &groups, true);
    crate::plans::applied(world, draft);
}
