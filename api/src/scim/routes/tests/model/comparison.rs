//! The server and the model, side by side: each operation is done in both, and all that a client can read is compared.

use std::collections::BTreeMap;

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::super::world::{PUBLIC_URL, Reply, World};
use super::asking::questions;
use super::naive::{Expected, Model};
use super::operation::Operation;

/// Both, and what the server showed last.
pub(super) struct Pair {
    pub(super) world: World,
    pub(super) model: Model,
    shown: BTreeMap<String, Value>,
}

impl Pair {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let model = Model::new(format!("{PUBLIC_URL}{}", world.base_path));
        Self {
            world,
            model,
            shown: BTreeMap::new(),
        }
    }

    /// Does an operation in both, and compares everything.
    pub(super) async fn step(&mut self, operation: &Operation) {
        let entries = self.world.entries();
        let reply = self.send(operation).await;
        let expected = self
            .model
            .apply(operation, reply.body["id"].as_str().unwrap_or_default());
        let path = check_status(&reply, &expected);
        let shown = read_all(&self.world).await;
        self.check_versions(&shown, entries);
        if let Expected::Refused(_) = expected {
            assert_eq!(self.world.entries(), entries, "a refusal leaves nothing behind");
        }
        self.shown = shown;
        self.check_resources();
        if let Some(path) = path {
            self.check_answer(&path, &reply).await;
        }
    }

    async fn send(&self, operation: &Operation) -> Reply {
        let (method, path, body) = operation.request(&self.model);
        match method {
            Method::POST => self.world.post(&path, body).await,
            Method::PUT => self.world.put(&path, body).await,
            Method::PATCH => self.world.patch(&path, body).await,
            _ => self.world.delete(&path).await,
        }
    }

    /// RFC 7644 3.14: a version is there to tell that a resource has changed, and says so exactly then.
    fn check_versions(&self, shown: &BTreeMap<String, Value>, entries: u64) {
        for (path, before) in &self.shown {
            let Some(now) = shown.get(path) else { continue };
            let is_same = without_meta(before) == without_meta(now);
            let version = |resource: &Value| resource["meta"]["version"].clone();
            assert_eq!(
                is_same,
                version(before) == version(now),
                "{path}: {before} became {now}"
            );
            assert_eq!(before["meta"]["created"], now["meta"]["created"], "{path}");
            if is_same {
                assert_eq!(before["meta"], now["meta"], "{path}");
            } else {
                assert_eq!(version(now), json!(format!("W/\"{}\"", self.world.entries())), "{path}");
                assert!(self.world.entries() > entries, "{path}");
            }
        }
    }

    fn check_resources(&self) {
        let expected = self.model.resources();
        assert!(self.shown.keys().eq(expected.keys()), "{:?}", self.shown.keys());
        for (path, resource) in &self.shown {
            let (found, expected) = (without_meta(resource), &expected[path]);
            assert!(found == *expected, "{path} is\n{found}\nand should be\n{expected}");
        }
    }

    /// The answer to a write is what a GET would show, and its headers say the same as its `meta`.
    async fn check_answer(&self, path: &str, reply: &Reply) {
        let read = self.world.get(path).await;
        for reply in [reply, &read] {
            let body = &self.shown[path];
            assert_eq!(&reply.body, body);
            assert_eq!(reply.header(header::ETAG), body["meta"]["version"]);
            assert_eq!(body["meta"]["location"], format!("{}{path}", self.model.base));
        }
    }

    /// Asks for everything by each value that there may be.
    pub(super) async fn check_filters(&self) {
        for question in questions(&self.model) {
            let path = format!("/{}?filter={}", question.of, encoded(&question.filter));
            let reply = self.world.get(&path).await;
            let found = listed(question.of, &reply);
            let found: Vec<&String> = found.keys().collect();
            let resources = self.model.resources();
            let expected = resources.iter().filter(|(path, resource)| {
                path.starts_with(&format!("/{}/", question.of)) && question.is_true_of(resource)
            });
            let expected: Vec<&String> = expected.map(|(path, _)| path).collect();
            assert_eq!(found, expected, "{}", question.filter);
        }
    }

    /// A PUT of what a GET shows, for everything that there is.
    pub(super) async fn check_echoes(&self) {
        for (path, resource) in &self.shown {
            // Ids that named nobody are not shown, and forgotten by the first PUT that does not name them.
            let ignored = path.starts_with("/Groups/");
            for may_forget in [ignored, false] {
                let entries = self.world.entries();
                let reply = self.world.put(path, resource.clone()).await;
                assert_eq!(reply.expect(200), resource);
                assert!(may_forget || self.world.entries() == entries, "{path}");
            }
        }
    }
}

/// The path of the resource that is in the answer.
fn check_status(reply: &Reply, expected: &Expected) -> Option<String> {
    match expected {
        Expected::Created => {
            let body = reply.expect(201);
            let of = body["meta"]["resourceType"].as_str().unwrap();
            Some(format!("/{of}s/{}", body["id"].as_str().unwrap()))
        }
        Expected::Shown(path) => {
            reply.expect(200);
            Some(path.clone())
        }
        Expected::Deleted => {
            assert_eq!((reply.status, &reply.body), (204, &Value::Null));
            None
        }
        Expected::Refused(refusals) => {
            let found = (reply.status, reply.body["scimType"].as_str());
            assert!(
                refusals.contains(&found),
                "{found:?} is none of {refusals:?}: {}",
                reply.body
            );
            None
        }
    }
}

async fn read_all(world: &World) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for of in ["Users", "Groups"] {
        let reply = world.get(&format!("/{of}")).await;
        all.extend(listed(of, &reply));
    }
    all
}

fn listed(of: &str, reply: &Reply) -> BTreeMap<String, Value> {
    let list = reply.expect(200);
    let resources = list["Resources"].as_array().cloned().unwrap_or_default();
    assert_eq!(list["totalResults"], json!(resources.len()));
    let path = |resource: &Value| format!("/{of}/{}", resource["id"].as_str().unwrap());
    let by_path: BTreeMap<_, _> = resources
        .iter()
        .map(|resource| (path(resource), resource.clone()))
        .collect();
    assert_eq!(by_path.len(), resources.len(), "each is listed once");
    by_path
}

/// What the model knows too, with lists that have no order in one.
pub(super) fn without_meta(resource: &Value) -> Value {
    let mut resource = resource.clone();
    drop(resource.as_object_mut().unwrap().remove("meta"));
    for (name, by) in [("schemas", ""), ("groups", "/value"), ("members", "/value")] {
        if let Some(Value::Array(values)) = resource.get_mut(name) {
            values.sort_by_key(|value| value.pointer(by).map(Value::to_string));
        }
    }
    resource
}

fn encoded(filter: &str) -> String {
    filter.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
