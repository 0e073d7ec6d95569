//! A provider that insists on OAuth 2 client credentials: discovery, an access token, requests, restarts, the end.

use rolecall_tests::http::{Answer, Http};
use rolecall_tests::server::Server;
use serde_json::{Value, json};

/// Gets an access token as a provider does that was given an id and a secret.
async fn grant(public: &Http, path: &str, id: &str, secret: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("scope", "scim")];
    let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = public
        .request("POST", path)
        .basic_auth(id, Some(secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.join("&"));
    Answer::of(format!("POST {path}"), request).await.expect("no answer")
}

#[tokio::test]
async fn an_access_token_outlives_the_server_and_not_the_token_behind_it() {
    let mut server = Server::start().await;
    let corp = server.organization("Example Corp").await;
    let connection = corp.connect(&server.public(), "pingone").await;
    let tokens = format!("/connections/{}/tokens", connection.id);
    let created = corp
        .http
        .post(&tokens, &json!({ "name": "client secret" }))
        .await
        .expect(201);
    let (token, secret) = (created.text("id"), created.text("token"));

    let found = server
        .public()
        .get("/.well-known/oauth-authorization-server")
        .await
        .expect(200);
    let endpoint = found.text("token_endpoint");
    let path = endpoint
        .strip_prefix(&server.address())
        .expect("the endpoint is at this server")
        .to_owned();
    let granted = grant(&server.public(), &path, &connection.id, &secret)
        .await
        .expect(200);
    assert_eq!(granted.headers["cache-control"], "no-store");
    assert_eq!(
        (granted.text("token_type"), &granted.json()["expires_in"]),
        ("Bearer".to_owned(), &json!(3600))
    );

    let scim = connection.scim.http.with_token(&granted.text("access_token"));
    scim.post("/Users", &rolecall_tests::scim::user("ana@example.com"))
        .await
        .expect(201);
    let events = corp.events_after(0).await;
    let actor: &Value = &events.last().expect("there is an entry")["actor"];
    assert!(
        actor.to_string().contains(&token),
        "the record names the token behind it: {actor}"
    );

    server.kill();
    server.start_again().await;
    scim.get("/Users").await.expect(200);

    corp.http.delete(&format!("/tokens/{token}")).await.expect(204);
    scim.get("/Users").await.expect(401);
    let refused = grant(&server.public(), &path, &connection.id, &secret)
        .await
        .expect(401);
    assert_eq!(refused.text("error"), "invalid_client");

    for hidden in [secret, granted.text("access_token")] {
        assert!(!server.log().contains(&hidden), "the log shows a secret");
    }
}

#[tokio::test]
async fn access_tokens_end_when_the_key_of_the_server_is_deleted() {
    let mut server = Server::start().await;
    let corp = server.organization("Example Corp").await;
    let connection = corp.connect(&server.public(), "pingone").await;
    let secret = corp.connection_token(&connection.id).await;
    let granted = grant(&server.public(), "/oauth/token", &connection.id, &secret)
        .await
        .expect(200);
    let scim = connection.scim.http.with_token(&granted.text("access_token"));
    scim.get("/Users").await.expect(200);

    assert!(server.terminate().await.success());
    std::fs::remove_file(server.data().join("server.key")).expect("failed to delete the key");
    server.start_again().await;
    scim.get("/Users").await.expect(401);
    scim.with_token(&secret).get("/Users").await.expect(200);
}
