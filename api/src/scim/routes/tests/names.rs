//! Names of attributes in full, with the URN of the core schema in front, and values of the rarer types.

use serde_json::{Value, json};

use super::world::World;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn create(world: &World, body: Value) -> String {
    let created = world.post("/Users", body).await;
    format!("/Users/{}", created.expect(201)["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_core_attribute_of_a_user_is_named_with_the_urn_of_its_schema() {
    for strict in [false, true] {
        let world = World::new().await;
        world.set(json!({ "strict": strict })).await;
        for family in ["Zola", "Hara"] {
            let body =
                json!({"schemas": [USER], "userName": family, "name": {"familyName": family, "givenName": "Ana"}});
            create(&world, body).await;
        }
        let found = world
            .get(&format!(
                "/Users?filter={USER}:name.familyName+eq+%22hara%22&attributes={USER}:name.familyName"
            ))
            .await;
        let found = &found.expect(200)["Resources"];
        assert_eq!(found[0]["name"], json!({"familyName": "Hara"}));
        assert_eq!((found[0].get("userName"), found.get(1)), (None, None));
        let path = format!("/Users/{}", found[0]["id"].as_str().unwrap());
        let change = json!([{"op": "replace", "path": format!("{USER}:name.familyName"), "value": "Ohara"}]);
        let changed = world.patch(&path, change).await;
        assert_eq!(
            changed.expect(200)["name"],
            json!({"familyName": "Ohara", "givenName": "Ana"})
        );
        let sorted = world
            .get(&format!(
                "/Users?sortBy={USER}:name.familyName&excludedAttributes={USER}:name.givenName"
            ))
            .await;
        let sorted = sorted.expect(200)["Resources"].as_array().unwrap();
        let names: Vec<_> = sorted.iter().map(|user| user["name"].clone()).collect();
        assert_eq!(names, [json!({"familyName": "Ohara"}), json!({"familyName": "Zola"})]);
    }
}

#[tokio::test]
async fn a_core_attribute_of_a_group_is_named_with_the_urn_of_its_schema() {
    let world = World::new().await;
    let users = world.users("u", 1).await;
    world.group("Zebra", &[]).await;
    let staff = world.group("Staff", &users).await;
    let change = json!([{"op": "replace", "path": format!("{GROUP}:displayName"), "value": "Crew"},
        {"op": "remove", "path": format!("{GROUP}:members[value eq \"{}\"]", users[0])}]);
    world.patch(&staff, change).await.expect(200);
    assert!(world.members(&staff).await.is_empty());
    let change = json!([{"op": "add", "path": format!("{GROUP}:members"), "value": users[0]}]);
    world.patch(&staff, change).await.expect(200);
    assert_eq!(world.members(&staff).await, users);
    for query in [
        format!("/Groups?filter={GROUP}:displayName+eq+%22crew%22&attributes={GROUP}:displayName"),
        format!("/Groups?sortBy={GROUP}:displayName&count=1&excludedAttributes={GROUP}:members"),
        format!(
            "/Groups?filter={GROUP}:members+eq+%22{}%22&attributes=displayName",
            users[0]
        ),
    ] {
        let found = world.get(&query).await;
        let found = &found.expect(200)["Resources"];
        assert_eq!(
            (&found[0]["displayName"], found[0].get("members"), found.get(1)),
            (&json!("Crew"), None, None),
            "{query}"
        );
    }
}

/// A user has the attribute after it was sent, and after a PATCH that says the same; the filter finds it.
async fn check(attribute: &str, sent: Value, kept: Value, filter: &str) {
    let world = World::new().await;
    let posted = create(&world, json!({"userName": "ana", attribute: sent})).await;
    let patched = create(&world, json!({"userName": "ben"})).await;
    let add = json!([{"op": "add", "path": attribute, "value": sent}]);
    world.patch(&patched, add).await.expect(200);
    for path in [posted, patched] {
        assert_eq!(world.get(&path).await.expect(200)[attribute], kept);
    }
    let filter = filter.replace(' ', "+").replace('"', "%22");
    let found = world.get(&format!("/Users?filter={filter}")).await;
    assert_eq!(found.expect(200)["totalResults"], json!(2), "{filter}");
}

#[tokio::test]
async fn phone_numbers_of_any_type_are_kept() {
    let phones = json!([{"type": "untyped", "value": "+34 600"}, {"type": "mobile", "value": "tel:+34-700"}]);
    check(
        "phoneNumbers",
        phones.clone(),
        phones,
        "phoneNumbers[type eq \"untyped\" and value co \"600\"]",
    )
    .await;
}

#[tokio::test]
async fn certificates_are_kept_to_the_letter() {
    let certificates = json!([{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjEL+/=="}]);
    check(
        "x509Certificates",
        certificates.clone(),
        certificates,
        "x509Certificates.value sw \"MIIDQzCC\" and not (x509Certificates.value sw \"miidqzcc\")",
    )
    .await;
    check(
        "x509Certificates",
        json!("QUJD"),
        json!([{"value": "QUJD"}]),
        "x509Certificates pr",
    )
    .await;
}

#[tokio::test]
async fn addresses_are_kept_with_their_lines() {
    let formatted = "100 Universal City Plaza\nHollywood, CA 91608 USA";
    let addresses = json!([{"type": "work", "formatted": formatted, "country": "US", "primary": true}]);
    check(
        "addresses",
        addresses.clone(),
        addresses,
        "addresses.formatted co \"Hollywood\" and addresses[primary eq true]",
    )
    .await;
}

#[tokio::test]
async fn a_manager_may_be_a_reference() {
    let world = World::new().await;
    let manager = json!({"value": "m1", "$ref": "../Users/m1"});
    let body = json!({"userName": "ana", ENTERPRISE: {"manager": manager}});
    let path = create(&world, body).await;
    assert_eq!(world.get(&path).await.expect(200)[ENTERPRISE]["manager"], manager);
    let change = json!([{"op": "replace", "path": format!("{ENTERPRISE}:manager.$ref"), "value": "https://example.com/Users/m2"}]);
    let changed = world.patch(&path, change).await;
    assert_eq!(
        changed.expect(200)[ENTERPRISE]["manager"],
        json!({"value": "m1", "$ref": "https://example.com/Users/m2"})
    );
    let found = world
        .get(&format!("/Users?filter={ENTERPRISE}:manager.$ref+ew+%22m2%22"))
        .await;
    assert_eq!(found.expect(200)["totalResults"], json!(1));
    let removed = world
        .patch(
            &path,
            json!([{"op": "remove", "path": format!("{ENTERPRISE}:manager.$ref")}]),
        )
        .await;
    assert_eq!(removed.expect(200)[ENTERPRISE]["manager"], json!({"value": "m1"}));
}

#[tokio::test]
async fn an_address_without_its_value_is_gone() {
    let world = World::new().await;
    let work = json!({"type": "work", "value": "a@work", "primary": true});
    let body = json!({"userName": "ana", "emails": [work, {"type": "home", "value": "a@home"}]});
    let path = create(&world, body).await;
    let removed = world
        .patch(
            &path,
            json!([{"op": "remove", "path": "emails[type eq \"home\"].value"}]),
        )
        .await;
    assert_eq!(removed.expect(200)["emails"], json!([work]));
}
