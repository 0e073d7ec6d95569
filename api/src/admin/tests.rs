//! The admin API through its router: who may do what, and what it answers.

use axum::body::Body;
use axum::http::{StatusCode, header};
use rolecall_engine::rules::limits::RULES_MAX;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::limits::{ADMIN_BODY_BYTES_MAX, RULES_BODY_BYTES_MAX};
use crate::test_server::{ROOT, TestServer, request};

/// Every route below an organization, as method and path in that organization.
fn routes_in(organization: &str) -> Vec<(String, String)> {
    let table = super::table().into_iter().filter_map(|(method, path)| {
        let rest = path.strip_prefix("/v1/organizations/{organization}")?;
        let id = Uuid::from_u128(7).to_string();
        let rest = rest.replace("{connection}", &format!("con-{id}"));
        let rest = [
            "{user}",
            "{group}",
            "{rule}",
            "{entity}",
            "{mapping}",
            "{plan}",
            "{hold}",
            "{exception}",
            "{conflict}",
            "{decision}",
            "{token}",
        ]
        .into_iter()
        .fold(rest, |rest, parameter| rest.replace(parameter, &id));
        assert!(!rest.contains('{'), "a parameter of {path} is not known here");
        Some((method.to_string(), format!("{organization}{rest}")))
    });
    table.collect()
}

#[tokio::test]
async fn a_token_of_one_organization_finds_no_other_on_any_route() {
    let server = TestServer::start().await;
    let (_, token) = server.organization("ours").await;
    let (theirs, _) = server.organization("theirs").await;
    let nowhere = format!("/v1/organizations/{}", Uuid::from_u128(9));
    for (existing, missing) in routes_in(&theirs).into_iter().zip(routes_in(&nowhere)) {
        let existing = server.json(&existing.0, &existing.1, &token, Value::Null).await;
        let missing = server.json(&missing.0, &missing.1, &token, Value::Null).await;
        assert_eq!(existing.status, StatusCode::NOT_FOUND, "{}", existing.body);
        // Nothing tells one that exists from one that does not.
        assert_eq!(existing.body, missing.body);
    }
}

#[tokio::test]
async fn no_route_of_an_organization_answers_without_a_token() {
    let server = TestServer::start().await;
    let (ours, _) = server.organization("ours").await;
    for (method, path) in routes_in(&ours) {
        for token in ["", "unheard of", "rc_admin_000000000000000000000000_000000"] {
            let answer = server.json(&method, &path, token, Value::Null).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let (viewer, auditor) = (
        server.token(&ours, "viewer").await,
        server.token(&ours, "auditor").await,
    );
    let approver = server.token(&ours, "approver").await;
    let mapping = format!("{ours}/mappings/{}/approve", Uuid::from_u128(7));
    for (token, status) in [(&viewer, 403), (&auditor, 403), (&approver, 404), (&admin, 404)] {
        server.json("POST", &mapping, token, json!({})).await.expect(status);
    }
    for (token, status) in [(&viewer, 403), (&auditor, 200), (&approver, 200)] {
        server
            .json("GET", &format!("{ours}/events"), token, Value::Null)
            .await
            .expect(status);
    }
    for (token, status) in [(&viewer, 403), (&approver, 403), (&admin, 200)] {
        server
            .json("PATCH", &format!("{ours}/settings"), token, json!({}))
            .await
            .expect(status);
    }
    server
        .json("GET", &format!("{ours}/rules"), &viewer, Value::Null)
        .await
        .expect(200);
    server
        .json("POST", "/v1/organizations", &admin, json!({"name": "x"}))
        .await
        .expect(403);
}

#[tokio::test]
async fn a_token_works_until_it_is_revoked_and_shows_its_secret_once() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let tokens = format!("{ours}/tokens");
    let new = server
        .json("POST", &tokens, &admin, json!({"name": "b", "role": "viewer"}))
        .await
        .expect(201);
    let secret = new["token"].as_str().unwrap();
    server.json("GET", &ours, secret, Value::Null).await.expect(200);

    let listed = server.json("GET", &tokens, &admin, Value::Null).await.expect(200);
    assert!(!listed.to_string().contains(secret));
    let known = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["id"] == new["id"])
        .unwrap();
    assert!(
        secret.ends_with(known["suffix"].as_str().unwrap()) && known["last_used_at"].is_string(),
        "{known}"
    );

    server
        .json(
            "DELETE",
            &format!("{tokens}/{}", new["id"].as_str().unwrap()),
            &admin,
            Value::Null,
        )
        .await
        .expect(204);
    server.json("GET", &ours, secret, Value::Null).await.expect(401);
}

#[tokio::test]
async fn a_token_that_has_expired_already_is_not_created() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let body = json!({"name": "b", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z"});
    let refused = server
        .json("POST", &format!("{ours}/tokens"), &admin, body)
        .await
        .expect(400);
    assert_eq!(refused["type"], "urn:rolecall:problem:value");
}

#[tokio::test]
async fn a_connection_is_called_by_a_name_without_underscores() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let connections = format!("{ours}/connections");
    let new = server
        .json("POST", &connections, &admin, json!({"name": "O", "provider": "okta"}))
        .await
        .expect(201);
    let id = new["id"].as_str().unwrap();
    assert_eq!(new["scim_base_url"], format!("https://scim.example.com/scim/v2/{id}"));
    assert!(id.starts_with("con-") && !id.contains('_'), "{id}");

    let one = format!("{connections}/{id}");
    let off = server
        .json("PATCH", &one, &admin, json!({"group_provisioning": false}))
        .await
        .expect(200);
    assert_eq!((&off["group_provisioning"], &off["name"]), (&json!(false), &json!("O")));
    server.json("DELETE", &one, &admin, Value::Null).await.expect(204);
    server.json("GET", &one, &admin, Value::Null).await.expect(404);
}

#[tokio::test]
async fn rules_that_can_be_saved_can_be_looked_at_before() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let post = async |path: &str, body: String| {
        let request =
            request("POST", &format!("{ours}/{path}"), &admin).header(header::CONTENT_TYPE, "application/json");
        server.send(request.body(Body::from(body)).unwrap()).await
    };
    let rules = [json!({"name": "all", "match": {"kind": "all"}, "targets": [{"type": "team"}]})];
    let many = vec![&rules[0]; RULES_MAX + 1];
    for (path, names, status) in [
        ("plans", Value::Null, 201),
        ("backtests", Value::Null, 200),
        ("rules/try", json!(["eng"]), 200),
    ] {
        let body = |rules: Value| match &names {
            Value::Null => json!({"rules": rules}).to_string(),
            names => json!({"rules": rules, "names": names}).to_string(),
        };
        let padded = |bytes: usize| {
            let body = body(json!(rules));
            let padding = " ".repeat(bytes - body.len());
            body + &padding
        };
        post(path, padded(RULES_BODY_BYTES_MAX)).await.expect(status);
        post(path, padded(RULES_BODY_BYTES_MAX + 1)).await.expect(413);
        let refused = post(path, body(json!(many))).await.expect(400);
        assert_eq!(refused["type"], "urn:rolecall:problem:limit_reached", "{path}");
    }
}

#[tokio::test]
async fn bad_requests_are_refused_with_the_place_of_the_fault() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let rules = format!("{ours}/rules");
    let post = |content_type: &'static str, body: String| {
        request("POST", &rules, &admin)
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .unwrap()
    };
    let broken = server
        .send(post("application/json", "{\n  \"name\": }".to_owned()))
        .await
        .expect(400);
    assert_eq!(broken["detail"], "line 2, column 11 of the body: expected value");
    let text = server.send(post("text/plain", "x".to_owned())).await.expect(415);
    assert_eq!(text["type"], "urn:rolecall:problem:media_type");
    server
        .send(post("application/json", " ".repeat(ADMIN_BODY_BYTES_MAX + 1)))
        .await
        .expect(413);
    server
        .json("GET", &format!("{ours}/groups?limit=0"), &admin, Value::Null)
        .await
        .expect(400);
    server
        .json("GET", &format!("{ours}/groups?colour=red"), &admin, Value::Null)
        .await
        .expect(400);
    server
        .json("GET", &format!("{ours}/groups/not-an-id"), &admin, Value::Null)
        .await
        .expect(404);
    server
        .json("PUT", "/v1/organizations", ROOT, Value::Null)
        .await
        .expect(405);
    let lost = server.json("GET", "/nowhere", ROOT, Value::Null).await;
    assert_eq!(lost.headers[header::CONTENT_TYPE], "application/problem+json");
    lost.expect(404);
}

#[tokio::test]
async fn a_rule_with_three_faults_shows_three() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let rule = json!({"match": {"kind": "regex", "pattern": "a(("}, "targets": [
        {"type": "sub_organization"}, {"type": "team", "name": "${unclosed"}]});
    let refused = server
        .json("POST", &format!("{ours}/rules"), &admin, rule)
        .await
        .expect(400);
    let places: Vec<_> = refused["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| &problem["place"])
        .collect();
    assert!(
        places.len() >= 3 && places.contains(&&json!("match.pattern")),
        "{refused}"
    );
    assert_eq!(
        server
            .json("GET", &format!("{ours}/rules"), &admin, Value::Null)
            .await
            .expect(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    let entities = format!("{ours}/entities");
    for name in ["a", "b", "c"] {
        server
            .json("POST", &entities, &admin, json!({"type": "team", "name": name}))
            .await
            .expect(201);
    }
    let first = server
        .json("GET", &format!("{entities}?limit=2"), &admin, Value::Null)
        .await
        .expect(200);
    assert_eq!(
        (first["items"].as_array().unwrap().len(), &first["items"][1]["name"]),
        (2, &json!("b"))
    );
    let next = format!("{entities}?limit=2&after={}", first["next"].as_str().unwrap());
    let second = server.json("GET", &next, &admin, Value::Null).await.expect(200);
    assert_eq!(
        (&second["items"][0]["name"], &second["next"]),
        (&json!("c"), &Value::Null)
    );
    let named = server
        .json("GET", &format!("{entities}?name=B&type=team"), &admin, Value::Null)
        .await
        .expect(200);
    assert_eq!(named["items"][0]["name"], "b");
}

#[tokio::test]
async fn the_record_is_read_in_pages_and_verified() {
    let server = TestServer::start().await;
    let (ours, admin) = server.organization("ours").await;
    for name in ["a", "b", "c"] {
        let body = json!({"type": "team", "name": name});
        server
            .json("POST", &format!("{ours}/entities"), &admin, body)
            .await
            .expect(201);
    }
    let page = server
        .json("GET", &format!("{ours}/events?limit=2"), &admin, Value::Null)
        .await
        .expect(200);
    assert_eq!((&page["items"][1]["position"], &page["next"]), (&json!(2), &json!("2")));
    assert_eq!(page["items"][0]["facts"][0]["kind"], "entity_registered");
    let rest = server
        .json("GET", &format!("{ours}/events?after=2"), &admin, Value::Null)
        .await
        .expect(200);
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), &rest["next"]),
        (1, &Value::Null)
    );
    let report = server
        .json("POST", &format!("{ours}/audit/verify"), &admin, Value::Null)
        .await
        .expect(200);
    assert_eq!((&report["outcome"], &report["entries"]), (&json!("equal"), &json!(3)));
}

#[tokio::test]
async fn the_reserved_organization_is_read_but_not_written_like_others() {
    let server = TestServer::start().await;
    server.organization("ours").await;
    let reserved = format!("/v1/organizations/{}", Uuid::nil());
    let events = server
        .json("GET", &format!("{reserved}/events"), ROOT, Value::Null)
        .await
        .expect(200);
    assert_eq!(events["items"][0]["facts"][0]["kind"], "organization_created");
    assert!(!events.to_string().contains("hash"), "{events}");
    let body = json!({"type": "team", "name": "a"});
    server
        .json("POST", &format!("{reserved}/entities"), ROOT, body)
        .await
        .expect(404);
}
