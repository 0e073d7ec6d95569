//! A token of one organization cannot tell whether another exists: every route answers 404, and nothing changes.
//!
//! The routes come from the server's own OpenAPI document, so a new one is tested from the day it is written.

use rolecall_tests::admin::{Connection, Organization};
use rolecall_tests::rule;
use rolecall_tests::scim::{self, Scim};
use rolecall_tests::server::Server;
use serde_json::{Value, json};

/// An organization with one of everything, and the ids to fill into routes.
struct Tenant {
    organization: Organization,
    connection: Connection,
    user: String,
    group: String,
    ids: Vec<(&'static str, String)>,
}

impl Tenant {
    async fn new(server: &Server, name: &str) -> Tenant {
        let organization = server.organization(name).await;
        let rule = text(&organization.add_rule(rule::every_group_is_a_team()).await, "id");
        let connection = organization.connect(&server.public(), "okta").await;
        let user = connection.scim.create_user("ana@example.com").await;
        let group = connection.scim.create_group("Engineering", &[&user]).await;
        let mapping = text(&organization.list("/mappings").await[0], "id");
        let entity = json!({ "type": "team", "name": "Everybody" });
        let entity = organization
            .http
            .post("/entities", &entity)
            .await
            .expect(201)
            .text("id");
        let exception = json!({ "kind": "pin", "user_id": user, "entity_id": entity, "reason": "a trial" });
        let exception = organization
            .http
            .post("/exceptions", &exception)
            .await
            .expect(201)
            .text("id");
        let token = json!({ "name": "reader", "role": "viewer" });
        let token = organization.http.post("/tokens", &token).await.expect(201).text("id");
        let plan = organization
            .http
            .post("/plans", &json!({}))
            .await
            .expect(201)
            .text("id");
        let ids = vec![
            ("organization", organization.id.clone()),
            ("connection", connection.id.clone()),
            ("rule", rule),
            ("user", user.clone()),
            ("group", group.clone()),
            ("entity", entity),
            ("mapping", mapping),
            ("exception", exception),
            ("token", token),
            // Both tenants have none, and the one asks for what the other might have.
            ("hold", "01890a5d-0000-7000-8000-000000000000".to_owned()),
            ("plan", plan),
            ("conflict", "01890a5d-0000-7000-8000-000000000000".to_owned()),
            ("decision", "01890a5d-0000-7000-8000-000000000000".to_owned()),
        ];
        Tenant {
            organization,
            connection,
            user,
            group,
            ids,
        }
    }

    /// A route of the OpenAPI document, with the ids of this tenant for its parameters.
    fn fill(&self, route: &str) -> String {
        self.ids.iter().fold(route.to_owned(), |route, (name, id)| {
            route.replace(&format!("{{{name}}}"), id)
        })
    }
}

#[tokio::test]
async fn every_route_of_another_organization_is_not_found() {
    let server = Server::start().await;
    let (acme, other) = (Tenant::new(&server, "Acme").await, Tenant::new(&server, "Other").await);
    let head = acme.organization.head_after(0).await;
    let intruder = server.public().with_token(&admin_token(&other).await);

    let routes = server.public().get("/v1/openapi.json").await.expect(200).json();
    let mut tried = 0;
    for (route, methods) in routes["paths"].as_object().unwrap() {
        if !route.starts_with("/v1/organizations/{") {
            continue;
        }
        for method in methods.as_object().unwrap().keys().filter(|key| is_method(key)) {
            let method = method.to_uppercase();
            let body = (method != "GET" && method != "DELETE").then(|| json!({}));
            let theirs = acme.fill(route);
            assert!(!theirs.contains('{'), "the test has no id for {theirs}");
            let answer = intruder.send(&method, &theirs, body.as_ref()).await;
            assert_eq!(answer.status, 404, "{method} {theirs}: {}", answer.body);
            assert_eq!(answer.media_type(), "application/problem+json");
            tried += 1;
        }
    }
    assert!(tried >= 25, "only {tried} routes were found");
    assert_eq!(
        acme.organization.head_after(0).await,
        head,
        "nothing happened to the other organization"
    );
}

#[tokio::test]
async fn the_things_of_another_organization_are_not_found_in_ones_own() {
    let server = Server::start().await;
    let (acme, other) = (Tenant::new(&server, "Acme").await, Tenant::new(&server, "Other").await);
    let head = acme.organization.head_after(0).await;

    let routes = server.public().get("/v1/openapi.json").await.expect(200).json();
    let own = format!("/v1/organizations/{}", other.organization.id);
    let mut tried = 0;
    for (route, methods) in routes["paths"].as_object().unwrap() {
        let inner = route
            .strip_prefix("/v1/organizations/{")
            .and_then(|rest| rest.split_once('}'))
            .map(|(_, rest)| rest);
        let Some(inner) = inner.filter(|inner| inner.contains('{')) else {
            continue;
        };
        for method in methods.as_object().unwrap().keys().filter(|key| is_method(key)) {
            let theirs = acme.fill(inner);
            // Sound bodies, so that nothing but the id can be refused.
            let body = match method.as_str() {
                "put" => Some(rule::every_group_is_a_team()),
                "post" if route.ends_with("/members") => Some(json!({ "user_ids": [] })),
                "post" if route.ends_with("/resolve") => Some(json!({ "keep": "current" })),
                "post" | "patch" => Some(json!({})),
                _ => None,
            };
            let answer = other
                .organization
                .http
                .send(&method.to_uppercase(), &theirs, body.as_ref())
                .await;
            assert_eq!(answer.status, 404, "{method} {own}{theirs}: {}", answer.body);
            tried += 1;
        }
    }
    assert!(tried >= 8, "only {tried} routes were found");
    assert_eq!(acme.organization.head_after(0).await, head);
}

#[tokio::test]
async fn the_scim_service_of_another_organization_is_not_found() {
    let server = Server::start().await;
    let (acme, other) = (Tenant::new(&server, "Acme").await, Tenant::new(&server, "Other").await);
    let head = acme.organization.head_after(0).await;
    let token = other.organization.connection_token(&other.connection.id).await;
    let intruder = Scim {
        http: acme.connection.scim.http.with_token(&token),
    };

    let (user, group) = (format!("/Users/{}", acme.user), format!("/Groups/{}", acme.group));
    let (user_body, group_body) = (scim::user("mallory@example.com"), scim::group("Mallory", &[]));
    let patch = scim::patch(scim::rename("Mallory"));
    let delete = json!([{ "method": "DELETE", "path": user }]);
    let bulk_body = json!({ "Operations": delete });
    let search = json!({});
    let requests: [(&str, &str, Option<&Value>); 19] = [
        ("GET", "", None),
        ("POST", "/.search", Some(&search)),
        ("POST", "/Users/.search", Some(&search)),
        ("POST", "/Groups/.search", Some(&search)),
        ("GET", "/Users", None),
        ("POST", "/Users", Some(&user_body)),
        ("GET", &user, None),
        ("PUT", &user, Some(&user_body)),
        ("PATCH", &user, Some(&patch)),
        ("DELETE", &user, None),
        ("GET", "/Groups", None),
        ("POST", "/Groups", Some(&group_body)),
        ("GET", &group, None),
        ("PUT", &group, Some(&group_body)),
        ("PATCH", &group, Some(&patch)),
        ("DELETE", &group, None),
        ("POST", "/Bulk", Some(&bulk_body)),
        ("GET", "/Schemas", None),
        ("GET", "/ServiceProviderConfig", None),
    ];
    for (method, path, body) in requests {
        let answer = intruder.http.send(method, path, body).await;
        assert_eq!(answer.status, 404, "their service: {method} {path}: {}", answer.body);
        assert_eq!(answer.media_type(), "application/scim+json");
        if path.matches('/').count() == 2 && !path.ends_with(".search") {
            let answer = other.connection.scim.http.send(method, path, body).await;
            assert_eq!(
                answer.status, 404,
                "their thing in our service: {method} {path}: {}",
                answer.body
            );
        }
    }
    let answer = other.connection.scim.bulk(delete).await;
    assert_eq!(
        scim::statuses(&answer),
        ["404"],
        "their thing in an operation of our Bulk"
    );
    assert_eq!(acme.organization.head_after(0).await, head);
}

#[tokio::test]
async fn the_same_names_in_two_organizations_are_two_things() {
    let server = Server::start().await;
    let (acme, other) = (Tenant::new(&server, "Acme").await, Tenant::new(&server, "Other").await);
    assert_ne!(acme.user, other.user);
    assert_ne!(acme.group, other.group);
    let stranger = json!([{ "op": "add", "path": "members", "value": [{ "value": acme.user }] }]);
    other
        .connection
        .scim
        .patch_group(&other.group, stranger)
        .await
        .expect_success();
    let members = other
        .connection
        .scim
        .http
        .get(&format!("/Groups/{}", other.group))
        .await
        .expect(200)
        .json();
    assert_eq!(
        members["members"].as_array().unwrap().len(),
        1,
        "the user of another organization is left out"
    );
}

async fn admin_token(tenant: &Tenant) -> String {
    let admin = json!({ "name": "intruder", "role": "admin" });
    tenant
        .organization
        .http
        .post("/tokens", &admin)
        .await
        .expect(201)
        .text("token")
}

fn is_method(key: &str) -> bool {
    ["get", "post", "put", "patch", "delete"].contains(&key)
}

fn text(item: &Value, member: &str) -> String {
    item[member].as_str().unwrap().to_owned()
}
