//! The token endpoint through the router: every answer of RFC 6749 sections 5.1 and 5.2, and what an access token opens.

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::config::RequestsPerSecond;
use crate::test_server::{Answer, ROOT, TestServer};

/// A server with one connection.
struct World {
    server: TestServer,
    /// The path of the organization in the admin API.
    organization: String,
    /// The id of the connection: the `client_id`.
    id: String,
    /// A token of the connection: the `client_secret`.
    token: String,
    token_id: String,
}

impl World {
    async fn new() -> Self {
        Self::on(TestServer::start().await).await
    }

    async fn on(server: TestServer) -> Self {
        let (organization, _) = server.organization("Example Corp").await;
        let (id, token, token_id) = connection(&server, &organization).await;
        Self {
            server,
            organization,
            id,
            token,
            token_id,
        }
    }

    async fn post(&self, authorization: Option<&str>, form: &str) -> Answer {
        let request = Request::post("/oauth/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = match authorization {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        };
        self.server
            .send(request.body(Body::from(form.to_owned())).unwrap())
            .await
    }

    /// By `client_secret_post`.
    async fn ask(&self, id: &str, secret: &str) -> Answer {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        self.post(None, &form).await
    }

    async fn access_token(&self) -> String {
        let granted = self.ask(&self.id, &self.token).await.expect(200);
        granted["access_token"].as_str().unwrap().to_owned()
    }

    async fn users(&self, id: &str, authorization: &str) -> Answer {
        let request = Request::get(format!("/scim/v2/{id}/Users")).header(header::AUTHORIZATION, authorization);
        self.server.send(request.body(Body::empty()).unwrap()).await
    }
}

/// A new connection of an organization: its id, a token, and the id of the token.
async fn connection(server: &TestServer, organization: &str) -> (String, String, String) {
    let body = json!({"name": "Okta", "provider": "okta"});
    let connections = format!("{organization}/connections");
    let connection = server.json("POST", &connections, ROOT, body).await.expect(201);
    let id = connection["id"].as_str().unwrap().to_owned();
    let token = server
        .json("POST", &format!("{connections}/{id}/tokens"), ROOT, json!({}))
        .await;
    let token = token.expect(201);
    let text = |name: &str| token[name].as_str().unwrap().to_owned();
    (id, text("token"), text("id"))
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[track_caller]
fn check_error(answer: Answer, status: u16, word: &str, description: &str) {
    let challenge = answer.headers.get(header::WWW_AUTHENTICATE);
    assert_eq!(
        challenge.is_some_and(|value| value == "Basic realm=\"rolecall\""),
        status == 401
    );
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let body = answer.expect(status);
    assert_eq!(body["error"], word, "{body}");
    let text = body["error_description"].as_str().unwrap();
    assert!(text.contains(description), "{text}");
    assert!(!text.contains(['"', '\\']), "RFC 6749 5.2 keeps these out: {text}");
}

#[tokio::test]
async fn a_client_gets_an_access_token_for_an_hour_by_basic_or_in_the_body() {
    let world = World::new().await;
    let in_header = basic(&world.id, &world.token);
    let encoded = basic(&world.id.replace('-', "%2D"), &world.token.replace('_', "%5F"));
    let with_id = format!("grant_type=client_credentials&scope=a+b&client_id={}", world.id);
    for answer in [
        world.ask(&world.id, &world.token).await,
        world.post(Some(&in_header), "grant_type=client_credentials").await,
        world
            .post(Some(&encoded), "grant_type=client_credentials&unknown=1")
            .await,
        world.post(Some(&in_header), &with_id).await,
    ] {
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        let body = answer.expect(200);
        assert_eq!(
            (&body["token_type"], &body["expires_in"], &body["scope"]),
            (&json!("Bearer"), &json!(3600), &json!("scim"))
        );
        let token = body["access_token"].as_str().unwrap();
        world.users(&world.id, &format!("Bearer {token}")).await.expect(200);
        world.users(&world.id, &format!("OAuth {token}")).await.expect(200);
    }
}

#[tokio::test]
async fn who_is_no_client_is_told_what_to_put_where() {
    let world = World::new().await;
    let (other, other_token, _) = connection(&world.server, &world.organization).await;
    let admin = world.server.token(&world.organization, "admin").await;
    let grant = "grant_type=client_credentials";
    let access = world.access_token().await;
    for (answer, description) in [
        (world.post(None, grant).await, "no client credentials"),
        (world.post(Some("Bearer x"), grant).await, "no Basic credentials"),
        (world.post(Some("Basic ???"), grant).await, "no Basic credentials"),
        (
            world
                .post(Some(&basic(&world.id, &format!("{}&junk", world.token))), grant)
                .await,
            "mistyped",
        ),
        (
            world
                .post(Some(&basic(&world.id, &format!("{}=junk", world.token))), grant)
                .await,
            "mistyped",
        ),
        (
            world
                .post(Some(&basic(&format!("{}=x", world.id), &world.token)), grant)
                .await,
            "client_id is not the id",
        ),
        (
            world
                .post(Some(&basic(&format!("{}&", world.id), &world.token)), grant)
                .await,
            "client_id is not the id",
        ),
        (world.ask("someone", &world.token).await, "client_id is not the id"),
        (world.ask(&world.id, "guess").await, "mistyped"),
        (
            world.ask(&world.id, &other_token).await,
            "not a token of this connection",
        ),
        (world.ask(&other, &world.token).await, "not a token of this connection"),
        (world.ask(&world.id, &admin).await, "not a token of this connection"),
        (world.ask(&world.id, ROOT).await, "mistyped"),
        (world.ask(&world.id, &access).await, "access token"),
        (
            world.post(Some(&basic(&world.id, &access)), grant).await,
            "access token",
        ),
    ] {
        check_error(answer, 401, "invalid_client", description);
    }
}

#[tokio::test]
async fn a_request_that_is_not_one_is_told_why() {
    let world = World::new().await;
    let client = format!("client_id={}&client_secret={}", world.id, world.token);
    let in_header = basic(&world.id, &world.token);
    let check = async |authorization, form: &str, status, word, description| {
        check_error(world.post(authorization, form).await, status, word, description);
    };
    check(None, &client, 400, "invalid_request", "`grant_type` is missing").await;
    check(
        None,
        &format!("{client}&grant_type="),
        400,
        "invalid_request",
        "missing",
    )
    .await;
    let password = format!("{client}&grant_type=password");
    check(None, &password, 400, "unsupported_grant_type", "client_credentials").await;
    let twice = format!("{client}&grant_type=a&grant_type=b");
    check(None, &twice, 400, "invalid_request", "more than once").await;
    let both = format!("{client}&grant_type=client_credentials");
    check(Some(in_header.as_str()), &both, 400, "invalid_request", "two ways").await;
    check(
        Some(in_header.as_str()),
        "client_id=x",
        400,
        "invalid_request",
        "two ways",
    )
    .await;
    let large = format!("{client}&grant_type=client_credentials&pad={}", "x".repeat(20_000));
    check(None, &large, 413, "invalid_request", "bytes").await;
}

#[tokio::test]
async fn other_media_types_and_methods_are_refused_as_oauth_refuses() {
    let world = World::new().await;
    let as_json = world
        .server
        .json("POST", "/oauth/token", "x", json!({"grant_type": "client_credentials"}))
        .await;
    check_error(as_json, 400, "invalid_request", "x-www-form-urlencoded");
    for (method, path, allowed) in [
        ("GET", "/oauth/token", "POST"),
        ("POST", "/.well-known/oauth-authorization-server", "GET,HEAD"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = world.server.send(request).await;
        assert_eq!(answer.headers[header::ALLOW], allowed);
        check_error(answer, 405, "invalid_request", "method");
    }
}

#[tokio::test]
async fn an_access_token_opens_its_connection_and_nothing_else() {
    let world = World::new().await;
    let (other, ..) = connection(&world.server, &world.organization).await;
    let bearer = format!("Bearer {}", world.access_token().await);
    world.users(&world.id, &bearer).await.expect(200);
    world.users(&other, &bearer).await.expect(404);
    let by_basic = world
        .users(&world.id, &basic(&world.id, bearer.strip_prefix("Bearer ").unwrap()))
        .await;
    assert!(by_basic.expect(401)["detail"].to_string().contains("access token"));
    let request = Request::get(&world.organization).header(header::AUTHORIZATION, &bearer);
    let refused = world
        .server
        .send(request.body(Body::empty()).unwrap())
        .await
        .expect(401);
    assert_eq!(refused["type"], "urn:rolecall:problem:access_token");
}

#[tokio::test]
async fn revoking_a_token_ends_its_access_tokens_at_once() {
    let world = World::new().await;
    let bearer = format!("Bearer {}", world.access_token().await);
    world.users(&world.id, &bearer).await.expect(200);
    let path = format!("{}/tokens/{}", world.organization, world.token_id);
    world.server.json("DELETE", &path, ROOT, Value::Null).await.expect(204);
    world.users(&world.id, &bearer).await.expect(401);
    check_error(
        world.ask(&world.id, &world.token).await,
        401,
        "invalid_client",
        "revoked",
    );
}

#[tokio::test]
async fn what_is_done_with_an_access_token_is_done_by_the_token_behind_it() {
    let world = World::new().await;
    let request = Request::post(format!("/scim/v2/{}/Users", world.id))
        .header(header::AUTHORIZATION, format!("Bearer {}", world.access_token().await));
    let body = Body::from(json!({"userName": "ana@example.com"}).to_string());
    world.server.send(request.body(body).unwrap()).await.expect(201);
    let events = world
        .server
        .json("GET", &format!("{}/events", world.organization), ROOT, Value::Null)
        .await;
    let text = events.expect(200)["items"][0]["actor"].to_string();
    assert!(text.contains(&world.token_id), "{text}");
}

#[tokio::test]
async fn the_token_endpoint_is_announced() {
    let server = TestServer::start().await;
    let request = Request::get("/.well-known/oauth-authorization-server").body(Body::empty());
    let document = server.send(request.unwrap()).await.expect(200);
    assert_eq!(document["issuer"], "https://scim.example.com");
    assert_eq!(document["token_endpoint"], "https://scim.example.com/oauth/token");
    assert_eq!(document["grant_types_supported"], json!(["client_credentials"]));
    let request = Request::get("/.well-known/oauth-authorization-server/other").body(Body::empty());
    server.send(request.unwrap()).await.expect(404);
}

#[tokio::test]
async fn an_access_token_is_charged_and_a_refusal_is_not() {
    let world = World::on(TestServer::limited(RequestsPerSecond(1)).await).await;
    let mut answer = world.ask(&world.id, &world.token).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-rate-limit-limit"], "2");
    // One a second is let through, and what goes through a router in memory is far more.
    while answer.status == 200 {
        answer = world.ask(&world.id, &world.token).await;
    }
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(answer.headers["x-rate-limit-remaining"], "0");
    check_error(answer, 429, "temporarily_unavailable", "sends more requests");
    let refused = world.ask(&world.id, "guess").await;
    assert!(!refused.headers.contains_key("x-rate-limit-limit"));
    check_error(refused, 401, "invalid_client", "mistyped");
}

#[tokio::test]
async fn the_announcement_is_found_with_and_without_the_path_of_the_public_url() {
    let server = TestServer::reached_at("https://example.com/identity/eu").await;
    for (path, status) in [
        ("", 200),
        ("/identity/eu", 200),
        ("/identity", 404),
        ("/identity/eu/x", 404),
    ] {
        let request = Request::get(format!("/.well-known/oauth-authorization-server{path}")).body(Body::empty());
        let document = server.send(request.unwrap()).await.expect(status);
        if status == 200 {
            assert_eq!(document["issuer"], "https://example.com/identity/eu");
            assert_eq!(
                document["token_endpoint"],
                "https://example.com/identity/eu/oauth/token"
            );
        }
    }
}
