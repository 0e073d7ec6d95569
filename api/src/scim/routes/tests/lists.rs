//! Lists: filters, pages, selections.

use serde_json::{Value, json};

use super::world::{Reply, World};

/// The values of an attribute in the resources of a list.
#[track_caller]
fn names(reply: &Reply, attribute: &str) -> Vec<String> {
    let resources = reply.expect(200)["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| resource[attribute].as_str().unwrap().to_owned())
        .collect()
}

/// A query with this filter, encoded as Java clients do: `+` for a space.
fn filtered(collection: &str, filter: &str) -> String {
    let encoded = filter
        .replace('%', "%25")
        .replace('"', "%22")
        .replace(' ', "+")
        .replace('[', "%5B")
        .replace(']', "%5D");
    format!("/{collection}?filter={encoded}")
}

async fn people() -> World {
    let world = World::new().await;
    for (name, email, external_id) in [
        ("ana", "ana@work.example", "1"),
        ("Ben", "ben@home.example", "2"),
        ("cy", "cy@work.example", "2"),
    ] {
        let body = json!({"userName": name, "displayName": format!("Mx {name}"), "externalId": external_id,
            "emails": [{"value": email, "type": "work"}], "active": name != "cy"});
        world.post("/Users", body).await.expect(201);
    }
    world
}

#[tokio::test]
async fn users_are_found_by_every_filter_that_clients_send() {
    let world = people().await;
    let ana = world.get(&filtered("Users", "userName eq \"ana\"")).await.expect(200)["Resources"][0]["id"].clone();
    for (filter, expected) in [
        ("userName eq \"BEN\"", &["Ben"][..]),
        ("USERNAME Eq \"ben\"", &["Ben"]),
        ("userName eq \"nobody\"", &[]),
        ("externalId eq \"2\"", &["Ben", "cy"]),
        ("externalId eq \"2\" and active eq false", &["cy"]),
        ("emails[type eq \"work\"].value eq \"ben@home.example\"", &["Ben"]),
        ("emails eq \"CY@work.example\"", &["cy"]),
        ("email Co \"work.example\"", &["ana", "cy"]),
        ("displayName eq \"mx ana\"", &["ana"]),
        ("displayName sw \"Mx\"", &["ana", "Ben", "cy"]),
        ("active eq \"False\"", &["cy"]),
        ("not (active eq true)", &["cy"]),
        ("userName eq \"ana\" or userName eq \"ben\"", &["ana", "Ben"]),
        ("title pr", &[]),
        (&format!("id eq {ana}"), &["ana"]),
        ("id eq \"5b0e4f0c-8b43-4fc1-8c0b-5ad7f1c7a3ff\"", &[]),
        ("id eq \"x\"", &[]),
    ] {
        let reply = world.get(&filtered("Users", filter)).await;
        assert_eq!(names(&reply, "userName"), expected, "{filter}");
        assert_eq!(reply.body["totalResults"], json!(expected.len()), "{filter}");
    }
}

#[tokio::test]
async fn a_manager_is_checked_as_entra_does() {
    let world = World::new().await;
    let boss = world.user("boss").await;
    let body = json!({"userName": "ana", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": boss}}});
    let ana = world.post("/Users", body).await.expect(201)["id"].clone();
    let filter = format!("id eq {ana} and manager eq \"{boss}\"");
    let found = world
        .get(&format!("{}&attributes=id", filtered("Users", &filter)))
        .await;
    let schemas = &found.body["Resources"][0]["schemas"];
    assert_eq!(found.expect(200)["Resources"], json!([{"id": ana, "schemas": schemas}]));
    let filter = format!("id eq {ana} and manager eq {ana}");
    assert_eq!(
        world.get(&filtered("Users", &filter)).await.expect(200)["totalResults"],
        json!(0)
    );
}

#[tokio::test]
async fn groups_are_found_by_name_and_by_member() {
    let world = World::new().await;
    let users = world.users("u", 2).await;
    let eng = world.group("Eng", users.get(..1).unwrap()).await;
    world.group("All, of \"us\"", &users).await;
    world.group("Gone", &users).await;
    let gone = world
        .get(&filtered("Groups", "displayName eq \"gone\""))
        .await
        .expect(200)["Resources"][0]["id"]
        .clone();
    world
        .delete(&format!("/Groups/{}", gone.as_str().unwrap()))
        .await
        .expect(204);
    let eng = eng.strip_prefix("/Groups/").unwrap();
    for (filter, expected) in [
        ("displayName eq \"ENG\"".to_owned(), &["Eng"][..]),
        ("displayName eq \"All, of \\\"us\\\"\"".to_owned(), &["All, of \"us\""]),
        ("displayName eq \"gone\"".to_owned(), &[]),
        (format!("members eq \"{}\"", users[0]), &["Eng", "All, of \"us\""]),
        (format!("members[value eq \"{}\"]", users[1]), &["All, of \"us\""]),
        (format!("members.value eq \"{}\"", users[1]), &["All, of \"us\""]),
        ("members eq \"x\"".to_owned(), &[]),
        ("members pr".to_owned(), &["Eng", "All, of \"us\""]),
        (format!("id eq \"{eng}\" and members eq \"{}\"", users[0]), &["Eng"]),
        (format!("id eq \"{eng}\" and members eq \"{}\"", users[1]), &[]),
        ("displayName sw \"a\"".to_owned(), &["All, of \"us\""]),
    ] {
        let reply = world.get(&filtered("Groups", &filter)).await;
        assert_eq!(names(&reply, "displayName"), expected, "{filter}");
    }
}

#[tokio::test]
async fn members_are_listed_where_they_are_wanted() {
    let world = World::new().await;
    let users = world.users("u", 1).await;
    world.group("Eng", &users).await;
    let with = world.get("/Groups").await;
    assert_eq!(with.expect(200)["Resources"][0]["members"][0]["value"], json!(users[0]));
    for query in ["excludedAttributes=members", "attributes=displayName"] {
        let without = world.get(&format!("/Groups?{query}")).await;
        assert_eq!(without.expect(200)["Resources"][0].get("members"), None, "{query}");
    }
}

#[tokio::test]
async fn pages_are_cut_from_a_stable_order() {
    let world = World::new().await;
    world.users("u", 7).await;
    world
        .delete(&format!("/Users/{}", world.user("gone").await))
        .await
        .expect(204);
    world
        .patch(
            &first_user(&world).await,
            json!([{"op": "replace", "path": "active", "value": false}]),
        )
        .await
        .expect(200);
    for (query, start, expected) in [
        ("", 1, &["u0", "u1", "u2", "u3", "u4", "u5", "u6"][..]),
        ("startIndex=1&count=2", 1, &["u0", "u1"]),
        ("startIndex=6&count=5", 6, &["u5", "u6"]),
        ("startIndex=8&count=5", 8, &[]),
        ("startIndex=-1&count=1", 1, &["u0"]),
        ("count=0", 1, &[]),
        ("count=-1", 1, &[]),
    ] {
        for filter in ["", "filter=userName+sw+%22u%22&"] {
            let reply = world.get(&format!("/Users?{filter}{query}")).await;
            assert_eq!(names(&reply, "userName"), expected, "{filter}{query}");
            let counts = [
                &reply.body["totalResults"],
                &reply.body["startIndex"],
                &reply.body["itemsPerPage"],
            ];
            assert_eq!(
                counts,
                [&json!(7), &json!(start), &json!(expected.len())],
                "{filter}{query}"
            );
        }
    }
    world
        .get("/Users?count=x")
        .await
        .expect_error(400, Some("invalidValue"));
}

async fn first_user(world: &World) -> String {
    let reply = world.get("/Users?count=1").await;
    format!("/Users/{}", reply.expect(200)["Resources"][0]["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_long_scan_gives_what_a_short_one_does() {
    let world = World::new().await;
    world.users("u", 1_200).await;
    let reply = world.get(&filtered("Users", "userName ew \"99\"")).await;
    let expected: Vec<_> = (0..12).map(|hundreds| format!("u{}", hundreds * 100 + 99)).collect();
    assert_eq!(names(&reply, "userName"), expected);
    let page = world.get("/Users?startIndex=1101&count=1000").await;
    assert_eq!(
        (&page.body["totalResults"], &page.body["itemsPerPage"]),
        (&json!(1_200), &json!(100))
    );
}

#[tokio::test]
async fn a_search_is_a_list_by_post() {
    let world = people().await;
    let request = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName sw \"b\"",
        "attributes": ["userName"], "startIndex": 1, "count": 10});
    let found = world.post("/Users/.search", request).await;
    assert_eq!(names(&found, "userName"), ["Ben"]);
    assert_eq!(found.body["Resources"][0].get("meta"), None);
    world.group("Eng", &[]).await;
    let found = world.post("/Groups/.search", json!({})).await;
    assert_eq!(names(&found, "displayName"), ["Eng"]);
}

#[tokio::test]
async fn what_cannot_be_a_filter_is_told_so() {
    let world = World::new().await;
    for filter in ["userName eq", "shoeSize eq \"x\"", "userName zz \"x\"", "(userName pr"] {
        world
            .get(&filtered("Users", filter))
            .await
            .expect_error(400, Some("invalidFilter"));
    }
    let both: Value = world
        .get("/Users?attributes=userName&excludedAttributes=title")
        .await
        .body;
    assert_eq!(both["scimType"], json!("invalidValue"));
}
