//! A server over a log in memory with one organization and one connection, and a client that has its token.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use rolecall_engine::OrganizationId;
use serde_json::{Value, json};

use crate::app::App;
use crate::config::RequestsPerSecond;
use crate::test_server::{ROOT, TestServer, request};

pub(super) const PUBLIC_URL: &str = "https://scim.example.com";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A server, and an identity provider that pushes into it.
#[derive(Clone)]
pub(super) struct World {
    server: Arc<TestServer>,
    organization: OrganizationId,
    /// Where the admin API has the connection.
    connection: String,
    /// The path of the SCIM base URL.
    pub(super) base_path: String,
    pub(super) token: String,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// `null` when there is none.
    pub(super) body: Value,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::in_new_organization(Arc::new(TestServer::start().await)).await
    }

    /// On a server that limits how many requests each organization may send.
    pub(super) async fn limited(rate: RequestsPerSecond) -> Self {
        Self::in_new_organization(Arc::new(TestServer::limited(rate).await)).await
    }

    /// Another organization of the same server.
    pub(super) async fn neighbour(&self) -> Self {
        Self::in_new_organization(Arc::clone(&self.server)).await
    }

    async fn in_new_organization(server: Arc<TestServer>) -> Self {
        let create = async |path: &str, body| server.json("POST", path, ROOT, body).await.expect(201);
        let organization = create("/v1/organizations", json!({"name": "Acme"})).await;
        let organization = organization["id"].as_str().unwrap();
        let connections = format!("/v1/organizations/{organization}/connections");
        let connection = create(&connections, json!({"name": "Okta", "provider": "okta"})).await;
        let base_path = connection["scim_base_url"].as_str().unwrap().strip_prefix(PUBLIC_URL);
        let base_path = base_path.unwrap().to_owned();
        let connection = format!("{connections}/{}", connection["id"].as_str().unwrap());
        let token = create(&format!("{connection}/tokens"), json!({"name": "okta"})).await;
        Self {
            organization: organization.parse().unwrap(),
            connection,
            base_path,
            token: token["token"].as_str().unwrap().to_owned(),
            server,
        }
    }

    /// Switches the group provisioning of the connection.
    pub(super) async fn provision_groups(&self, on: bool) {
        let change = json!({"group_provisioning": on});
        let changed = self.server.json("PATCH", &self.connection, ROOT, change).await;
        assert_eq!(changed.expect(200)["group_provisioning"], json!(on));
    }

    /// Changes settings of the connection.
    pub(super) async fn set(&self, change: Value) {
        self.server
            .json("PATCH", &self.connection, ROOT, change)
            .await
            .expect(200);
    }

    /// Makes the connection strict.
    pub(super) async fn strict(&self) {
        let changed = self
            .server
            .json("PATCH", &self.connection, ROOT, json!({"strict": true}))
            .await;
        assert_eq!(changed.expect(200)["strict"], json!(true));
    }

    pub(super) fn app(&self) -> &Arc<App> {
        &self.server.app
    }

    /// How many entries the organization has.
    pub(super) fn entries(&self) -> u64 {
        let state = self.app().supervisor.get(self.organization).unwrap().head();
        state.position().get()
    }

    /// A request below the base URL, as the provider sends it.
    pub(super) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        request(method.as_str(), &format!("{}{path}", self.base_path), &self.token)
    }

    pub(super) async fn answer(&self, request: Request<Body>) -> Reply {
        let answer = self.server.send(request).await;
        Reply {
            status: answer.status.as_u16(),
            headers: answer.headers,
            body: answer.body,
        }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = self.request(method, path);
        let request = request.header(header::CONTENT_TYPE, "application/scim+json; charset=utf-8");
        self.answer(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        let request = self.request(Method::GET, path);
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        let request = self.request(Method::DELETE, path);
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, &body).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, &body).await
    }

    /// A PATCH with these operations.
    pub(super) async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({"schemas": [PATCH_OP], "Operations": operations});
        self.send(Method::PATCH, path, &body).await
    }

    /// A new user; answers the id.
    pub(super) async fn user(&self, name: &str) -> String {
        let reply = self.post("/Users", json!({"userName": name})).await;
        reply.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// New users called `<prefix><number>`; answers their ids.
    pub(super) async fn users(&self, prefix: &str, count: usize) -> Vec<String> {
        let mut ids = Vec::with_capacity(count);
        for number in 0..count {
            ids.push(self.user(&format!("{prefix}{number}")).await);
        }
        ids
    }

    /// A new group with these members; answers the path.
    pub(super) async fn group(&self, name: &str, members: &[String]) -> String {
        let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
        let reply = self
            .post("/Groups", json!({"displayName": name, "members": members}))
            .await;
        format!("/Groups/{}", reply.expect(201)["id"].as_str().unwrap())
    }

    /// The ids of the members of a group, as a client reads them.
    pub(super) async fn members(&self, group: &str) -> Vec<String> {
        let reply = self.get(group).await;
        let members = reply.expect(200)["members"].as_array().cloned().unwrap_or_default();
        members
            .iter()
            .map(|member| member["value"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Reply {
    /// The body of an answer with this status.
    #[track_caller]
    pub(super) fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.body);
        &self.body
    }

    #[track_caller]
    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        let value = self
            .headers
            .get(&name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        value.to_str().unwrap()
    }

    /// Asserts a SCIM error with this status and keyword.
    #[track_caller]
    pub(super) fn expect_error(&self, status: u16, keyword: Option<&str>) {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/scim+json");
        let body = self.expect(status);
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(body["status"], json!(status.to_string()));
        assert_eq!(body.get("scimType").and_then(Value::as_str), keyword, "{body}");
        assert!(
            body["detail"].as_str().is_some_and(|detail| !detail.is_empty()),
            "{body}"
        );
    }
}
