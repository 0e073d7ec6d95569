//! Pages by cursor (RFC 9865).

use serde_json::{Value, json};

use super::world::{Reply, World};

#[track_caller]
fn ids(reply: &Reply) -> Vec<String> {
    let resources = reply.expect(200)["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| resource["id"].as_str().unwrap().to_owned())
        .collect()
}

/// All pages of a query, from the first one on; between them, `meanwhile` is called.
async fn walk(world: &World, query: &str, mut meanwhile: impl AsyncFnMut(usize)) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{query}&cursor={cursor}")).await;
        pages.push(ids(&page));
        assert_eq!(page.body.get("startIndex"), None);
        assert_eq!(page.body["itemsPerPage"], json!(pages.last().unwrap().len()));
        let Some(next) = page.body.get("nextCursor") else {
            return pages;
        };
        cursor = next.as_str().unwrap().to_owned();
        meanwhile(pages.len()).await;
        assert!(pages.len() < 100, "a walk has an end");
    }
}

async fn pages(world: &World, query: &str) -> Vec<Vec<String>> {
    walk(world, query, async |_| {}).await
}

#[tokio::test]
async fn cursors_lead_through_the_whole_list_in_its_order() {
    let world = World::new().await;
    world.users("u", 5).await;
    world.group("Eng", &[]).await;
    for query in [
        "/Users?count=2",
        "/Users?count=5",
        "/Users?count=1",
        "/Users?count=2&filter=userName+sw+%22u%22",
        "/Users?count=2&sortBy=userName&sortOrder=descending",
        "/Users?count=2&sortBy=title",
        "/Users?count=2&sortBy=title&sortOrder=descending&attributes=id",
        "?count=2",
        "/?count=4&sortBy=displayName",
    ] {
        let whole = world.get(&query.replace("count=", "x=")).await;
        let pages = pages(&world, query).await;
        assert_eq!(pages.concat(), ids(&whole), "{query}");
        let (last, full) = pages.split_last().unwrap();
        assert!(
            !last.is_empty() && full.iter().all(|page| page.len() == full[0].len()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_first_page_is_asked_for_in_every_way_and_counts_all() {
    let world = World::new().await;
    world.users("u", 3).await;
    for query in ["cursor&count=2", "cursor=&count=2", "count=2&cursor=&filter="] {
        let page = world.get(&format!("/Users?{query}")).await;
        assert_eq!(ids(&page).len(), 2);
        assert_eq!(page.body["totalResults"], json!(3), "{query}");
    }
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "cursor": "", "count": 2});
    for path in ["/Users/.search", "/.search"] {
        let first = world.post(path, search.clone()).await;
        assert_eq!(ids(&first).len(), 2);
        let mut search = search.clone();
        search["cursor"] = first.body["nextCursor"].clone();
        let second = world.post(path, search).await;
        assert_eq!((ids(&second).len(), second.body.get("nextCursor")), (1, None));
    }
    let none = world.get("/Groups?cursor").await;
    assert_eq!((ids(&none).len(), none.body.get("nextCursor")), (0, None));
    assert_eq!(world.get("/Users?count=2").await.body.get("nextCursor"), None);
}

#[tokio::test]
async fn what_stays_is_seen_once_whatever_comes_and_goes() {
    let world = World::new().await;
    let staying = world.users("s", 6).await;
    let mut going = world.users("g", 3).await;
    let more = world.users("t", 3).await;
    let staying = [staying, more].concat();
    for query in [
        "/Users?count=2",
        "/Users?count=2&sortBy=userName&sortOrder=descending",
        "/Users?count=2&filter=userName+pr",
    ] {
        let seen = walk(&world, query, async |page| {
            // Later than this, nobody comes: a walk in the order of creation sees them all.
            if page > 4 {
                return;
            }
            world.user(&format!("a{}-{page}", query.len())).await;
            world.user(&format!("z{}-{page}", query.len())).await;
            if let Some(id) = going.pop() {
                world.delete(&format!("/Users/{id}")).await.expect(204);
            }
        });
        let seen = seen.await.concat();
        for id in &staying {
            assert_eq!(seen.iter().filter(|seen| *seen == id).count(), 1, "{query}");
        }
    }
}

#[tokio::test]
async fn a_walk_goes_on_where_the_last_resource_was_deleted() {
    let world = World::new().await;
    let users = world.users("u", 4).await;
    for (query, expected) in [
        ("sortBy=userName", &users[2..]),
        ("sortBy=userName&filter=title+eq+null", &users[3..]),
    ] {
        let first = world.get(&format!("/Users?count=2&cursor=&{query}")).await;
        let shown = ids(&first);
        world.delete(&format!("/Users/{}", shown[1])).await.expect(204);
        let cursor = first.body["nextCursor"].as_str().unwrap();
        let second = world.get(&format!("/Users?count=2&cursor={cursor}&{query}")).await;
        assert_eq!(ids(&second), expected, "{query}");
    }
}

#[tokio::test]
async fn a_cursor_is_refused_where_it_does_not_belong() {
    let world = World::new().await;
    world.users("u", 3).await;
    world.group("Eng", &[]).await;
    world.group("Ops", &[]).await;
    let first = world.get("/Users?count=1&cursor=&filter=userName+pr").await;
    let cursor = first.expect(200)["nextCursor"].as_str().unwrap();
    for query in [
        format!("/Users?count=1&cursor={cursor}"),
        format!("/Users?count=1&cursor={cursor}&filter=userName+pr&sortBy=userName"),
        format!("/Users?count=1&cursor={cursor}&filter=userName+pr&sortOrder=descending"),
        format!("?count=1&cursor={cursor}&filter=userName+pr"),
        format!(
            "/Users?count=1&cursor={}&filter=userName+pr",
            cursor.replace(char::is_numeric, "a")
        ),
        "/Users?count=1&cursor=5".to_owned(),
    ] {
        world.get(&query).await.expect_error(400, Some("invalidCursor"));
    }
    let neighbour = world.neighbour().await;
    let elsewhere = neighbour
        .get(&format!("/Users?count=1&cursor={cursor}&filter=userName+pr"))
        .await;
    elsewhere.expect_error(400, Some("invalidCursor"));
    let more = world
        .get(&format!(
            "/Users?count=2&attributes=id&cursor={cursor}&filter=userName+pr"
        ))
        .await;
    assert_eq!(ids(&more).len(), 2);
    world
        .get("/Users?cursor=&count=0")
        .await
        .expect_error(400, Some("invalidCount"));
    world
        .get("/Users?cursor=&startIndex=1")
        .await
        .expect_error(400, Some("invalidValue"));
    let wrong: Value = world.post("/Users/.search", json!({"cursor": 7})).await.body;
    assert_eq!(wrong["scimType"], json!("invalidSyntax"));
}
