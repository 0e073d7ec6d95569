//! Sorted lists (RFC 7644 3.4.2.3), and users and groups in one list (3.4.2.1).

use serde_json::{Value, json};

use super::world::{Reply, World};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The names of the listed resources, users and groups alike.
#[track_caller]
fn names(reply: &Reply) -> Vec<&str> {
    let resources = reply.expect(200)["Resources"].as_array().unwrap();
    resources.iter().map(name).collect()
}

fn name(resource: &Value) -> &str {
    let name = resource["userName"].as_str().or(resource["displayName"].as_str());
    name.unwrap()
}

/// Created in this order: cy, Ben, ana, dora; the groups Sales and eng.
async fn people() -> World {
    let world = World::new().await;
    let users = [
        json!({"userName": "cy", "name": {"familyName": "Zett"}, "title": "x", ENTERPRISE: {"department": "b"},
            "emails": [{"value": "1@x.example"}, {"value": "9@x.example", "primary": true}], "urn:x:Ext": {"badge": 10}}),
        json!({"userName": "Ben", "name": {"familyName": "abel"}, "active": false, ENTERPRISE: {"department": "A"},
            "emails": [{"value": "5@x.example", "type": "work"}, {"value": "0@x.example"}], "urn:x:Ext": {"badge": 9}}),
        json!({"userName": "ana", "name": {"givenName": "Ana"}, "title": "X"}),
        json!({"userName": "dora", "name": {"familyName": "Épée"}}),
    ];
    for user in users {
        world.post("/Users", user).await.expect(201);
    }
    world.group("Sales", &[]).await;
    world.group("eng", &[]).await;
    world
}

#[tokio::test]
async fn users_are_sorted_by_any_attribute_in_the_order_of_its_type() {
    let world = people().await;
    for (sort_by, ascending) in [
        ("userName", ["ana", "Ben", "cy", "dora"]),
        ("USERNAME", ["ana", "Ben", "cy", "dora"]),
        (
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
            ["ana", "Ben", "cy", "dora"],
        ),
        ("name.familyName", ["Ben", "cy", "dora", "ana"]),
        ("emails", ["Ben", "cy", "ana", "dora"]),
        ("emails.value", ["Ben", "cy", "ana", "dora"]),
        ("emails.type", ["Ben", "cy", "ana", "dora"]),
        ("department", ["Ben", "cy", "ana", "dora"]),
        (&format!("{ENTERPRISE}:department"), ["Ben", "cy", "ana", "dora"]),
        ("urn:x:Ext:badge", ["Ben", "cy", "ana", "dora"]),
        ("active", ["Ben", "cy", "ana", "dora"]),
        ("title", ["cy", "ana", "Ben", "dora"]),
        ("meta.created", ["cy", "Ben", "ana", "dora"]),
        ("meta.resourceType", ["cy", "Ben", "ana", "dora"]),
        ("groups", ["cy", "Ben", "ana", "dora"]),
    ] {
        let sorted = world.get(&format!("/Users?sortBy={sort_by}")).await;
        assert_eq!(names(&sorted), ascending, "{sort_by}");
    }
}

#[tokio::test]
async fn without_a_value_a_resource_is_last_or_descending_first_and_equal_ones_stay_as_created() {
    let world = people().await;
    for (query, expected) in [
        (
            "sortBy=name.familyName&sortOrder=descending",
            ["ana", "dora", "cy", "Ben"],
        ),
        (
            "sortBy=name.familyName&sortOrder=Ascending",
            ["Ben", "cy", "dora", "ana"],
        ),
        ("sortBy=title&sortOrder=DESCENDING", ["Ben", "dora", "cy", "ana"]),
        ("sortBy=&sortOrder=descending", ["cy", "Ben", "ana", "dora"]),
    ] {
        assert_eq!(names(&world.get(&format!("/Users?{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn sorting_goes_with_filters_pages_and_selections() {
    let world = people().await;
    let page = world
        .get("/Users?filter=userName+pr+and+active+eq+true&sortBy=userName&startIndex=2&count=2&attributes=userName")
        .await;
    assert_eq!(names(&page), ["cy", "dora"]);
    assert_eq!(
        (&page.body["totalResults"], &page.body["startIndex"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(page.body["Resources"][0].get("name"), None);
    let unseen = world
        .get("/Users?sortBy=userName&excludedAttributes=name,emails&count=1")
        .await;
    assert_eq!(names(&unseen), ["ana"]);
    let search =
        json!({"sortBy": "name.familyName", "sortOrder": "descending", "attributes": ["userName"], "count": 2});
    assert_eq!(names(&world.post("/Users/.search", search).await), ["ana", "dora"]);
}

#[tokio::test]
async fn groups_are_sorted_too() {
    let world = people().await;
    assert_eq!(names(&world.get("/Groups?sortBy=displayName").await), ["eng", "Sales"]);
    let member = world.user("eve").await;
    world.group("all", &[member]).await;
    let by_members = world.get("/Groups?sortBy=members&sortOrder=descending").await;
    assert_eq!(names(&by_members), ["Sales", "eng", "all"]);
}

#[tokio::test]
async fn what_cannot_be_sorted_is_told_so() {
    let world = World::new().await;
    world
        .get("/Users?sortBy=shoeSize")
        .await
        .expect_error(400, Some("invalidPath"));
    world
        .get("/Users?sortBy=name")
        .await
        .expect_error(400, Some("invalidPath"));
    world
        .get("/Groups?sortBy=userName")
        .await
        .expect_error(400, Some("invalidPath"));
    let sideways = world.get("/Users?sortBy=userName&sortOrder=sideways").await;
    sideways.expect_error(400, Some("invalidValue"));
}

#[tokio::test]
async fn the_base_url_lists_users_and_groups_together() {
    let world = people().await;
    for (query, expected) in [
        ("", &["cy", "Ben", "ana", "dora", "Sales", "eng"][..]),
        ("/?startIndex=4&count=2", &["dora", "Sales"]),
        ("?filter=meta.resourceType+eq+%22Group%22", &["Sales", "eng"]),
        ("?filter=userName+eq+%22ana%22", &["ana"]),
        (
            "/?filter=displayName+eq+%22ENG%22+or+userName+sw+%22c%22",
            &["cy", "eng"],
        ),
        ("?filter=not+(active+eq+true)", &["Ben", "Sales", "eng"]),
        ("?sortBy=displayName&count=3", &["eng", "Sales", "cy"]),
        (
            "?sortBy=userName&sortOrder=descending&count=3",
            &["Sales", "eng", "dora"],
        ),
        ("?sortBy=meta.resourceType&count=3", &["Sales", "eng", "cy"]),
    ] {
        assert_eq!(names(&world.get(query).await), expected, "{query}");
    }
    let all = world.get("").await;
    assert_eq!(
        (&all.body["totalResults"], &all.body["itemsPerPage"]),
        (&json!(6), &json!(6))
    );
    let types: Vec<_> = all.body["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["meta"]["resourceType"])
        .collect();
    assert_eq!(types, ["User", "User", "User", "User", "Group", "Group"]);
    let search = json!({"filter": "displayName pr", "attributes": ["displayName"]});
    let found = world.post("/.search", search).await;
    assert_eq!(names(&found), ["Sales", "eng"]);
    assert_eq!(found.body["Resources"][0].get("meta"), None);
    world
        .get("?filter=shoeSize+pr")
        .await
        .expect_error(400, Some("invalidFilter"));
    world
        .get("?sortBy=shoeSize")
        .await
        .expect_error(400, Some("invalidPath"));
    world
        .post("/.search", json!({"filter": 1}))
        .await
        .expect_error(400, Some("invalidSyntax"));
    world.put("", json!({})).await.expect_error(405, None);
}

#[tokio::test]
async fn where_only_users_are_pushed_only_users_are_found() {
    let world = people().await;
    world.set(json!({"users_only": true})).await;
    assert_eq!(names(&world.get("").await), ["cy", "Ben", "ana", "dora"]);
    assert_eq!(
        names(&world.post("/.search", json!({"filter": "id pr"})).await).len(),
        4
    );
    let unknown = world.get("?filter=members+pr").await;
    unknown.expect_error(400, Some("invalidFilter"));
}

#[tokio::test]
async fn the_extensions_of_the_connection_and_the_role_in_force_are_filtered_and_sorted_by() {
    const BADGES: &str = "urn:ietf:params:scim:schemas:extension:example:2.0:User";
    const OURS: &str = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:User";
    let world = World::new().await;
    let extension = json!({"urn": BADGES, "resource_type": "user", "attributes": [
        {"name": "hired", "type": "date_time", "multi_valued": false, "meaning": null},
        {"name": "level", "type": "integer", "multi_valued": false, "meaning": null}]});
    world.set(json!({"extensions": [extension]})).await;
    for (name, hired, level) in [
        ("ana", "2026-05-13T06:00:00+02:00", 10),
        ("ben", "2026-05-13T05:00:00Z", 9),
        ("cy", "2026-05-13T03:59:59.5Z", 11),
    ] {
        let user = json!({"userName": name, BADGES: {"hired": hired, "level": level}});
        world.post("/Users", user).await.expect(201);
    }
    for (query, expected) in [
        ("sortBy=hired", &["cy", "ana", "ben"][..]),
        ("sortBy=level&sortOrder=descending", &["cy", "ana", "ben"]),
        (&format!("sortBy={BADGES}:level"), &["ben", "ana", "cy"]),
        ("filter=hired+ge+%222026-05-13T04:00:00Z%22", &["ana", "ben"]),
        (
            &format!("filter={BADGES}:level+gt+9&sortBy=userName&sortOrder=descending"),
            &["cy", "ana"],
        ),
        (&format!("filter={OURS}:roles+eq+%22user%22"), &["ana", "ben", "cy"]),
        (
            &format!("filter={OURS}:roles+pr&sortBy={OURS}:roles"),
            &["ana", "ben", "cy"],
        ),
        (&format!("filter={OURS}:roles+ne+%22user%22"), &[]),
    ] {
        assert_eq!(names(&world.get(&format!("/Users?{query}")).await), expected, "{query}");
    }
    let text = world.get("/Users?filter=level+co+1").await;
    text.expect_error(400, Some("invalidFilter"));
}
