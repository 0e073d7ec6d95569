//! What holds for every path: tokens, media types, limits, methods, tolerance, discovery, metrics.

use axum::body::Body;
use axum::http::{HeaderName, Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use serde_json::json;

use super::world::World;
use crate::config::RequestsPerSecond;
use crate::limits::{HEADERS_BYTES_MAX, SCIM_BODY_BYTES_MAX, TARGET_BYTES_MAX};
use crate::scim::extension::USER;
use crate::test_server::ROOT;

/// Every route, by method, with the path of a user and of a group put in.
const ROUTES: [(&str, &str); 24] = [
    ("GET", "/ServiceProviderConfig"),
    ("GET", "/ResourceTypes"),
    ("GET", "/ResourceTypes/User"),
    ("GET", "/Schemas"),
    ("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"),
    ("POST", "/Bulk"),
    ("GET", "/Me"),
    ("PATCH", "/Me"),
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("POST", "/Users/.search"),
    ("GET", "{user}"),
    ("PUT", "{user}"),
    ("PATCH", "{user}"),
    ("DELETE", "{user}"),
    ("GET", "/Groups"),
    ("POST", "/Groups"),
    ("POST", "/Groups/.search"),
    ("GET", "{group}"),
    ("PUT", "{group}"),
    ("PATCH", "{group}"),
    ("DELETE", "{group}"),
    ("GET", "/Nothing"),
    ("DELETE", "/Users"),
];

#[tokio::test]
async fn without_a_valid_token_nothing_is_told() {
    let world = World::new().await;
    for (method, path) in ROUTES {
        let path = path.replace("{user}", "/Users/1").replace("{group}", "/Groups/1");
        let request = Request::builder().method(method);
        let request = request.uri(format!("{}{path}", world.base_path));
        let reply = world.answer(request.body(Body::empty()).unwrap()).await;
        reply.expect_error(401, None);
        let challenges: Vec<_> = reply.headers.get_all(header::WWW_AUTHENTICATE).iter().collect();
        let expected = [
            "Bearer realm=\"rolecall\"",
            "Basic realm=\"rolecall\", charset=\"UTF-8\"",
        ];
        assert_eq!(challenges, expected);
    }
}

#[tokio::test]
async fn a_token_is_taken_in_every_habit_of_sending_it() {
    let world = World::new().await;
    let neighbour = world.neighbour().await;
    let (token, id) = (&world.token, world.base_path.rsplit('/').next().unwrap());
    let other = neighbour.base_path.rsplit('/').next().unwrap();
    let basic = |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let cases = [
        (format!("Bearer {token}"), 200, ""),
        (format!("bearer {token}"), 200, ""),
        (token.clone(), 200, ""),
        (format!("Bearer Bearer {token}"), 200, ""),
        (format!("SSWS {token}"), 200, ""),
        (format!("Token {token}"), 200, ""),
        (format!("Basic {token}"), 200, ""),
        (basic(id, token), 200, ""),
        (basic(&id.to_uppercase().replace("CON-", "con-"), token), 200, ""),
        (basic("", token), 401, "the user name is not the id of the connection"),
        (
            basic("admin", token),
            401,
            "the user name is not the id of the connection",
        ),
        (
            basic(other, token),
            401,
            "the user name is not the id of the connection",
        ),
        (
            basic(id, &neighbour.token),
            401,
            "the password is not a token of this connection",
        ),
        (basic(id, ROOT), 401, "mistyped"),
        (
            basic(id, ""),
            401,
            "for Basic, the user name is the id of the connection",
        ),
        ("Basic ****".to_owned(), 401, "not base64"),
        ("Digest username=ana".to_owned(), 401, "mistyped"),
        ("Bearer".to_owned(), 401, "or by Basic with the id of the connection"),
        (format!("Bearer {}", neighbour.token), 404, "connection"),
    ];
    for (authorization, status, detail) in cases {
        let request = Request::get(format!("{}/Users", world.base_path)).header(header::AUTHORIZATION, &authorization);
        let reply = world.answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, status, "{authorization}: {}", reply.body);
        assert!(
            reply.body["detail"].as_str().unwrap_or_default().contains(detail),
            "{authorization}: {}",
            reply.body
        );
        assert!(!reply.body.to_string().contains(token.as_str()), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_path_that_is_nothing_is_not_called_a_missing_connection() {
    let reply = World::new().await.get("/Nothing").await;
    reply.expect_error(404, None);
    let detail = reply.expect(404)["detail"].to_string();
    assert!(detail.contains("nothing at this path"), "{detail}");
}

#[tokio::test]
async fn a_token_opens_its_own_connection_alone() {
    let world = World::new().await;
    let neighbour = world.neighbour().await;
    let user = format!("/Users/{}", world.user("ana").await);
    let group = world.group("Eng", &[]).await;
    let entries = world.entries();
    for (method, path) in ROUTES {
        let path = path.replace("{user}", &user).replace("{group}", &group);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", world.base_path))
            .header(header::AUTHORIZATION, format!("Bearer {}", neighbour.token));
        let body =
            json!({"userName": "eve", "displayName": "Eve", "Operations": [{"op": "remove", "path": "members"}]});
        let reply = world.answer(request.body(Body::from(body.to_string())).unwrap()).await;
        reply.expect_error(404, None);
        assert!(
            reply.body["detail"].as_str().unwrap().contains("connection"),
            "{method} {path}"
        );
    }
    assert_eq!((world.entries(), neighbour.entries()), (entries, 0));
}

#[tokio::test]
async fn a_resource_of_another_organization_is_not_there() {
    let world = World::new().await;
    let neighbour = world.neighbour().await;
    let user = format!("/Users/{}", world.user("ana").await);
    let group = world.group("Eng", &[]).await;
    for path in [&user, &group] {
        neighbour.get(path).await.expect_error(404, None);
        let body = json!({"userName": "eve", "displayName": "Eve"});
        neighbour.put(path, body.clone()).await.expect_error(404, None);
        let operations = json!([{"op": "replace", "value": body}]);
        neighbour.patch(path, operations).await.expect_error(404, None);
        neighbour.delete(path).await.expect_error(404, None);
    }
    for list in ["/Users", "/Groups"] {
        assert_eq!(neighbour.get(list).await.expect(200)["totalResults"], json!(0));
        assert_eq!(world.get(list).await.expect(200)["totalResults"], json!(1));
    }
}

#[tokio::test]
async fn what_does_not_exist_is_answered_in_scim() {
    let world = World::new().await;
    for path in [
        "/Nothing",
        "/Users/not-an-id",
        "/Groups/not-an-id",
        "/Users/%FF",
        "/Schemas/%FF",
        "/Users/a/b",
        "/Schemas/urn:x",
        "/ResourceTypes/x",
    ] {
        world.get(path).await.expect_error(404, None);
    }
    for path in ["/scim", "/scim/", "/scim/v2", "/scim/v1/con-1/Users", "/scim/v2//Users"] {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", world.token));
        world
            .answer(request.body(Body::empty()).unwrap())
            .await
            .expect_error(404, None);
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_not_called_a_missing_connection() {
    let reply = World::new().await.get("/Users/%FF").await;
    assert_eq!(reply.expect(404)["detail"], json!("there is no such resource"));
}

#[tokio::test]
async fn an_id_in_another_spelling_is_another_id() {
    let world = World::new().await;
    let id = world.user("ana").await;
    for other in [
        id.to_uppercase(),
        id.replace('-', ""),
        format!("%7B{id}%7D"),
        format!("urn:uuid:{id}"),
    ] {
        let path = format!("/Users/{other}");
        world.get(&path).await.expect_error(404, None);
        world.delete(&path).await.expect_error(404, None);
        let group = world.group(&other, std::slice::from_ref(&other)).await;
        assert!(world.members(&group).await.is_empty(), "{other}");
        let found = world.get(&format!("/Groups?filter=members+eq+%22{other}%22")).await;
        assert_eq!(found.expect(200)["totalResults"], json!(0), "{other}");
    }
    world.get(&format!("/Users/{id}")).await.expect(200);
}

#[tokio::test]
async fn documents_cannot_be_filtered() {
    let world = World::new().await;
    for path in [
        "/Schemas",
        "/ResourceTypes",
        "/ServiceProviderConfig",
        "/ResourceTypes/User",
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    ] {
        for filter in ["filter=id+pr", "FILTER=x"] {
            world.get(&format!("{path}?{filter}")).await.expect_error(403, None);
        }
        let plain = world.get(path).await;
        let sorted = world
            .get(&format!("{path}?filter=&sortBy=id&startIndex=2&count=0&cursor="))
            .await;
        assert_eq!(sorted.expect(200), plain.expect(200), "{path}");
    }
}

#[tokio::test]
async fn targets_and_headers_beyond_the_limits_are_refused_in_scim() {
    let world = World::new().await;
    let path = |bytes: usize| format!("/Users?x={}", "x".repeat(bytes));
    world.get(&path(TARGET_BYTES_MAX - 500)).await.expect(200);
    world.get(&path(TARGET_BYTES_MAX)).await.expect_error(414, None);
    let with = |bytes: usize| {
        let request = world.request(Method::GET, "/Users").header("x-long", "x".repeat(bytes));
        world.answer(request.body(Body::empty()).unwrap())
    };
    with(HEADERS_BYTES_MAX - 1_000).await.expect(200);
    with(HEADERS_BYTES_MAX).await.expect_error(431, None);
}

#[tokio::test]
async fn a_connection_is_no_user() {
    let world = World::new().await;
    for (method, path) in [
        (Method::GET, "/Me"),
        (Method::POST, "/Me"),
        (Method::PUT, "/Me"),
        (Method::PATCH, "/Me?attributes=userName"),
        (Method::DELETE, "/Me/"),
    ] {
        let request = world.request(method, path).body(Body::empty()).unwrap();
        world.answer(request).await.expect_error(501, None);
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let world = World::new().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/Users", "GET,HEAD,POST"),
        (Method::POST, "/Users/1", "GET,HEAD,PUT,PATCH,DELETE"),
        (Method::GET, "/Groups/.search", "POST"),
        (Method::POST, "/ServiceProviderConfig", "GET,HEAD"),
        (Method::OPTIONS, "/Schemas/", "GET,HEAD"),
    ] {
        let reply = world
            .answer(world.request(method, path).body(Body::empty()).unwrap())
            .await;
        reply.expect_error(405, None);
        assert_eq!(reply.header(header::ALLOW), allowed, "{path}");
    }
}

#[tokio::test]
async fn where_only_users_are_pushed_no_method_finds_groups() {
    let world = World::new().await;
    world.set(json!({"users_only": true})).await;
    for (method, path) in [
        (Method::GET, "/Groups"),
        (Method::DELETE, "/Groups"),
        (Method::OPTIONS, "/Groups/"),
        (Method::POST, "/Groups/1"),
        (Method::PATCH, "/Groups/.search"),
    ] {
        let request = world.request(method, path).body(Body::empty()).unwrap();
        world.answer(request).await.expect_error(404, None);
    }
}

#[tokio::test]
async fn clients_may_be_untidy_about_paths_and_parameters() {
    let world = World::new().await;
    let user = format!("/Users/{}", world.user("ana").await);
    for path in [
        "/Users/",
        "/Users?",
        "/Users?&",
        "/Users/?aadOptscim062020",
        "/Users?filter=userName+eq+%22ana%22&",
        "/Users?FILTER=userName%20eq%20%22ana%22",
        "/Users?filter=userName+eq+ana",
    ] {
        assert_eq!(world.get(path).await.expect(200)["totalResults"], json!(1), "{path}");
    }
    for tail in ["/", "?", "?x=1", "/?"] {
        assert_eq!(
            world.get(&format!("{user}{tail}")).await.expect(200)["userName"],
            json!("ana"),
            "{tail}"
        );
    }
    world
        .put(&format!("{user}?"), json!({"userName": "ana"}))
        .await
        .expect(200);
    world
        .patch(
            &format!("{user}/"),
            json!([{"op": "add", "path": "title", "value": "x"}]),
        )
        .await
        .expect(200);
    world.post("/Groups/", json!({"displayName": "Eng"})).await.expect(201);
}

#[tokio::test]
async fn bodies_are_json_of_either_type_or_of_none() {
    let world = World::new().await;
    for (name, media_type, status) in [
        ("a", Some("application/json"), 201),
        ("b", Some("application/scim+json;charset=UTF-8"), 201),
        ("c", None, 201),
        ("d", Some("text/xml"), 415),
    ] {
        let request = world.request(Method::POST, "/Users");
        let request = media_type
            .into_iter()
            .fold(request, |request, value| request.header(header::CONTENT_TYPE, value));
        let body = json!({"userName": name}).to_string();
        let reply = world.answer(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(reply.status, status, "{media_type:?}");
        assert_eq!(reply.header(header::CONTENT_TYPE), "application/scim+json");
    }
    let marked = world
        .request(Method::POST, "/Users")
        .body(Body::from("\u{feff}{\"userName\": \"e\"}"))
        .unwrap();
    world.answer(marked).await.expect(201);
    for body in ["", "[]", "{", "\"x\""] {
        let request = world.request(Method::POST, "/Users").body(Body::from(body)).unwrap();
        world.answer(request).await.expect_error(400, Some("invalidSyntax"));
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let world = World::new().await;
    let body = format!("{{\"userName\": \"{}\"}}", "x".repeat(SCIM_BODY_BYTES_MAX));
    let request = world.request(Method::POST, "/Users").body(Body::from(body)).unwrap();
    world.answer(request).await.expect_error(413, None);
}

#[tokio::test]
async fn the_documents_of_discovery_are_served() {
    let world = World::new().await;
    let config = world.get("/ServiceProviderConfig").await;
    assert_eq!(config.header(header::CONTENT_TYPE), "application/scim+json");
    assert_eq!(config.expect(200)["patch"], json!({"supported": true}));
    let types = world.get("/ResourceTypes").await;
    assert_eq!(types.expect(200)["totalResults"], json!(2));
    assert_eq!(
        world.get("/ResourceTypes/Group").await.expect(200)["endpoint"],
        json!("/Groups")
    );
    let schemas = world.get("/Schemas").await;
    let user = &schemas.expect(200)["Resources"][0];
    let urn = user["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("/Schemas/{urn}/")).await.expect(200), user);
}

#[tokio::test]
async fn a_head_is_a_get_without_a_body() {
    let world = World::new().await;
    let path = format!("/Users/{}", world.user("ana").await);
    let request = world.request(Method::HEAD, &path).body(Body::empty()).unwrap();
    let reply = world.answer(request).await;
    assert_eq!(
        (reply.header(header::ETAG), reply.expect(200)),
        ("W/\"1\"", &json!(null))
    );
}

#[tokio::test]
async fn a_strict_connection_takes_the_schemes_of_the_rfcs_alone() {
    let world = World::new().await;
    world.strict().await;
    let (token, id) = (&world.token, world.base_path.rsplit('/').next().unwrap());
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{token}")));
    let cases = [
        (format!("Bearer {token}"), 200),
        (format!("bearer {token}"), 200),
        (basic, 200),
        (token.clone(), 401),
        (format!("Bearer Bearer {token}"), 401),
        (format!("SSWS {token}"), 401),
        (format!("Basic {token}"), 401),
    ];
    for (authorization, status) in cases {
        let request = Request::get(format!("{}/Users", world.base_path)).header(header::AUTHORIZATION, &authorization);
        let reply = world.answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, status, "{authorization}: {}", reply.body);
        let detail = reply.body["detail"].as_str().unwrap_or_default();
        assert_eq!(
            detail.contains("this connection is strict"),
            status == 401,
            "{authorization}"
        );
    }
}

#[tokio::test]
async fn an_organization_that_floods_is_told_when_to_come_again_and_its_neighbour_is_not() {
    let world = World::limited(RequestsPerSecond(1)).await;
    let neighbour = world.neighbour().await;
    let mut reply = world.get("/Users").await;
    assert_eq!(reply.expect(200)["totalResults"], json!(0));
    for name in ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"] {
        reply.header(HeaderName::from_static(name)).parse::<u32>().unwrap();
    }
    // One a second is let through, and what goes through a router in memory is far more.
    while reply.status != 429 {
        reply = world.get("/Users").await;
    }
    reply.expect_error(429, None);
    for name in ["retry-after", "x-rate-limit-retry-after-seconds"] {
        let pause: u64 = reply.header(HeaderName::from_static(name)).parse().unwrap();
        assert!(pause >= 1, "{name}: {pause}");
    }
    assert_eq!(neighbour.get("/Users").await.status, 200);
    let unknown = Request::get(format!("{}/Users", world.base_path)).body(Body::empty());
    let unknown = world.answer(unknown.unwrap()).await;
    assert_eq!(unknown.status, 401, "who is not known is charged to nobody");
    assert!(!unknown.headers.contains_key("x-rate-limit-limit"));
    let supervisor = &world.app().supervisor;
    let metrics = &world.app().metrics;
    let text = metrics.text(&supervisor.population(), &supervisor.log_status());
    assert!(text.contains("rolecall_scim_rate_limited_total 1"), "{text}");
}

#[tokio::test]
async fn a_request_that_is_refused_for_its_rate_is_refused_before_its_body() {
    let world = World::limited(RequestsPerSecond(1)).await;
    let unread = || {
        let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        world.answer(world.request(Method::POST, "/Users").body(body).unwrap())
    };
    while world.get("/Users").await.status != 429 {}
    // Had a second passed by now, the body would be waited for until the request is given up.
    while unread().now_or_never().is_none() {
        while world.get("/Users").await.status != 429 {}
    }
}

#[tokio::test]
async fn requests_are_counted_by_resource_method_and_code() {
    let world = World::new().await;
    let group = world.group("Eng", &[]).await;
    world
        .patch(&group, json!([]))
        .await
        .expect_error(400, Some("invalidSyntax"));
    world.get("/Users/x").await.expect_error(404, None);
    let supervisor = &world.app().supervisor;
    let text = world
        .app()
        .metrics
        .text(&supervisor.population(), &supervisor.log_status());
    for series in [
        "rolecall_scim_requests_total{code=\"201\",method=\"POST\",resource=\"groups\"} 1",
        "rolecall_scim_requests_total{code=\"400\",method=\"PATCH\",resource=\"groups\"} 1",
        "rolecall_scim_requests_total{code=\"404\",method=\"GET\",resource=\"users\"} 1",
        "rolecall_scim_request_duration_seconds_count{method=\"PATCH\",resource=\"groups\"} 1",
    ] {
        assert!(text.contains(series), "{series} is missing from\n{text}");
    }
}

#[tokio::test]
async fn extensions_of_the_connection_are_announced_understood_and_gone_when_they_are_removed() {
    const BADGE: &str = "urn:example:badge:1.0:User";
    let world = World::new().await;
    let level = json!({"name": "level", "type": "string", "multi_valued": false, "meaning": "organization_role"});
    let extension = json!({"urn": BADGE, "resource_type": "user", "attributes": [level]});
    world.set(json!({"extensions": [extension]})).await;
    let schema = world.get(&format!("/Schemas/{BADGE}")).await;
    assert_eq!(schema.expect(200)["attributes"][0]["name"], "level");
    let schemas = world.get("/Schemas").await;
    let ids: Vec<_> = schemas.expect(200)["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|schema| &schema["id"])
        .collect();
    assert!(ids.contains(&&json!(BADGE)), "{ids:?}");
    let user = world.get("/ResourceTypes/User").await;
    assert_eq!(
        user.expect(200)["schemaExtensions"][2],
        json!({"schema": BADGE, "required": false})
    );
    let ana = world
        .post(
            "/Users",
            json!({"userName": "ana", BADGE.to_lowercase(): {"LEVEL": "admin"}}),
        )
        .await;
    assert_eq!(ana.expect(201)[BADGE], json!({"level": "admin"}));
    world.set(json!({"extensions": []})).await;
    world.get(&format!("/Schemas/{BADGE}")).await.expect_error(404, None);
    let path = format!("/Users/{}", ana.body["id"].as_str().unwrap());
    let role = world.get(&format!("{path}?attributes={USER}:roles")).await;
    assert_eq!(role.expect(200)[USER], json!({"roles": ["admin"]}));
    assert_eq!(world.get(&path).await.expect(200)[BADGE], json!({"level": "admin"}));
}
