//! The settings of a connection: what is refused, and what is recorded.

use rolecall_engine::registry::{
    AttributeDefinition, AttributeMeaning, AttributeType, ConnectionChange, ConnectionSettings, ExtendedResource,
    ExtensionDefinition, RegistryCommand, RegistryFact,
};
use rolecall_engine::{Command, ConnectionId, Fact, OrganizationId, Rejection};

use crate::world::World;

const URN: &str = "urn:ietf:params:scim:schemas:extension:example:2.0:User";

fn attribute(name: &str, meaning: Option<AttributeMeaning>) -> AttributeDefinition {
    AttributeDefinition {
        name: name.to_owned(),
        attribute_type: AttributeType::String,
        multi_valued: false,
        meaning,
    }
}

fn of_user(urn: &str, attributes: Vec<AttributeDefinition>) -> ExtensionDefinition {
    ExtensionDefinition {
        urn: urn.to_owned(),
        resource_type: ExtendedResource::User,
        attributes,
    }
}

/// A server with an organization and a connection.
fn connected() -> (World, OrganizationId, ConnectionId) {
    let mut world = World::default();
    world.done(&Command::Registry(RegistryCommand::CreateOrganization {
        name: "Example Corp".to_owned(),
    }));
    let organization = world.state.registry().organizations().next().unwrap().id;
    world.done(&Command::Registry(RegistryCommand::CreateConnection {
        organization,
        name: "Okta".to_owned(),
        provider: "okta".to_owned(),
        settings: ConnectionSettings::default(),
    }));
    let connection = world.state.registry().connections(organization).next().unwrap().id;
    (world, organization, connection)
}

/// The places of all that is wrong with these extensions.
fn places(extensions: Vec<ExtensionDefinition>) -> Vec<String> {
    let (mut world, organization, connection) = connected();
    let change = ConnectionChange {
        extensions: Some(extensions),
        ..ConnectionChange::default()
    };
    let command = RegistryCommand::ChangeConnection {
        organization,
        connection,
        change,
    };
    match world.run(&Command::Registry(command)) {
        Ok(_) => Vec::new(),
        Err(Rejection::Extensions(problems)) => problems.iter().map(|problem| problem.place.clone()).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn check(extensions: Vec<ExtensionDefinition>, expected: &[&str]) {
    assert_eq!(places(extensions), expected);
}

#[test]
fn a_urn_is_a_urn_that_nobody_else_defines() {
    let one = |urn: &str| vec![of_user(urn, vec![attribute("badge", None)])];
    for urn in [
        URN,
        "URN:Example:x",
        "urn:okta:dev-1_app_1:1.0:user:custom",
        "urn:ietf:params:scim:schemas:extension:example:2.0:User",
        "urn:scim:schemas:extension:cost.center:1.0:Staff-Member_2",
    ] {
        check(one(urn), &[]);
    }
    for urn in [
        "",
        "example",
        "urn:",
        "urn:x:y",
        "urn:example",
        "urn:example:",
        "urn:example:a:",
        "urn:-x:y",
        "urn:example:a b",
        "urn:example:é",
        "urn:example:cost.center",
        "urn:example:badge:1.0",
        "urn:example:1",
        "urn:example:_x",
        "https://example.com/User",
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:User:name",
        "urn:ietf:params:scim:schemas:core:Own",
        "URN:IETF:params:scim:schemas:Extension:Enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        "urn:ietf:params:scim:schemas:extension:rolecall:2.0:User",
        "urn:ietf:params:scim:schemas:extension:LambdaTest:2.0:Group",
        "urn:ietf:params:scim:api:messages:2.0:Error",
        &format!("urn:example:{}", "x".repeat(256)),
    ] {
        check(one(urn), &["extensions[0].urn"]);
    }
}

#[test]
fn names_follow_the_grammar() {
    let one = |name: &str| vec![of_user(URN, vec![attribute(name, None)])];
    for name in ["a", "cost-center_1"] {
        check(one(name), &[]);
    }
    for name in ["", "1a", "$ref", "cost$", "a b", "a.b", "a:b", "é", &"x".repeat(65)] {
        check(one(name), &["extensions[0].attributes[0].name"]);
    }
}

#[test]
fn no_attribute_is_named_like_another_extension_as_a_whole() {
    let outer = || of_user("urn:example:a", vec![attribute("x", None), attribute("b", None)]);
    let inner = |urn: &str| of_user(urn, vec![attribute("x", None)]);
    for urn in ["urn:example:a:b", "URN:Example:A:B"] {
        check(vec![outer(), inner(urn)], &["extensions[0].attributes[1].name"]);
        check(vec![inner(urn), outer()], &["extensions[1].attributes[1].name"]);
    }
    check(vec![outer(), inner("urn:example:a:c")], &[]);
    check(vec![outer(), inner("urn:example:a:b:c")], &[]);
}

#[test]
fn a_meaning_fits_its_attribute_and_is_given_once() {
    let with = |meaning| of_user(URN, vec![attribute("a", Some(meaning))]);
    check(vec![with(AttributeMeaning::OrganizationRole)], &[]);
    check(vec![with(AttributeMeaning::ConcurrencyGroup)], &[]);
    check(
        vec![with(AttributeMeaning::Roles)],
        &["extensions[0].attributes[0].meaning"],
    );
    let mut of_group = with(AttributeMeaning::Roles);
    of_group.resource_type = ExtendedResource::Group;
    of_group.attributes[0].multi_valued = true;
    check(vec![of_group], &[]);
    let mut twisted = with(AttributeMeaning::OrganizationRole);
    twisted.attributes[0].attribute_type = AttributeType::Integer;
    twisted.attributes[0].multi_valued = true;
    check(
        vec![twisted],
        &[
            "extensions[0].attributes[0].type",
            "extensions[0].attributes[0].multi_valued",
        ],
    );
    let mut second = with(AttributeMeaning::OrganizationRole);
    second.urn = "urn:example:other".to_owned();
    check(
        vec![with(AttributeMeaning::OrganizationRole), second],
        &["extensions[1].attributes[0].meaning"],
    );
}

#[test]
fn every_problem_is_reported_with_its_place() {
    let repeated = of_user(
        &URN.to_uppercase(),
        vec![attribute("Badge", None), attribute("bADGE", None)],
    );
    check(
        vec![
            of_user(URN, Vec::new()),
            repeated,
            of_user("x", vec![attribute("?", None); 101]),
        ],
        &[
            "extensions[0].attributes",
            "extensions[1].urn",
            "extensions[1].attributes[1].name",
            "extensions[2].urn",
            "extensions[2].attributes",
        ],
    );
    check(vec![of_user("", Vec::new()); 17], &["extensions"]);
}

#[test]
fn what_is_left_out_stays_and_what_is_so_already_is_no_change() {
    let (mut world, organization, connection) = connected();
    let mut change = |change: ConnectionChange| {
        let command = RegistryCommand::ChangeConnection {
            organization,
            connection,
            change,
        };
        let entry = world.run(&Command::Registry(command)).unwrap();
        let settings = world.state.registry().connection(connection).unwrap().settings.clone();
        (entry.map(|entry| entry.facts), settings.as_ref().clone())
    };
    let strict = ConnectionChange {
        strict: Some(true),
        ..ConnectionChange::default()
    };
    let mut expected = ConnectionSettings {
        strict: true,
        ..ConnectionSettings::default()
    };
    let recorded = |name: &str, settings: &ConnectionSettings| {
        Some(vec![Fact::Registry(RegistryFact::ConnectionSettingsChanged {
            connection,
            name: name.to_owned(),
            settings: settings.clone(),
        })])
    };
    assert_eq!(change(strict.clone()), (recorded("Okta", &expected), expected.clone()));
    assert_eq!(change(strict).0, None);
    let renamed = ConnectionChange {
        name: Some(" Ping ".to_owned()),
        users_only: Some(true),
        ..ConnectionChange::default()
    };
    expected.users_only = true;
    assert_eq!(change(renamed), (recorded("Ping", &expected), expected.clone()));
    let off = ConnectionChange {
        group_provisioning: Some(false),
        ..ConnectionChange::default()
    };
    expected.group_provisioning = false;
    let (facts, settings) = change(off);
    assert!(matches!(
        facts.as_deref(),
        Some([Fact::Registry(RegistryFact::ConnectionChanged { .. })])
    ));
    assert_eq!(settings, expected);
}
