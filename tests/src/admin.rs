//! The admin API as a backend of the product or an administrator's script uses it.

use serde_json::{Value, json};

use crate::http::{Answer, Http};
use crate::scim::Scim;

/// One organization, with a token of its own that may do everything in it.
#[derive(Clone, Debug)]
pub struct Organization {
    /// The organization's part of the admin API, for requests that have no method here.
    pub http: Http,
    /// The organization's id.
    pub id: String,
}

/// One connection of an identity provider.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The connection's id, as in its SCIM base URL.
    pub id: String,
    /// Its SCIM service.
    pub scim: Scim,
}

impl Organization {
    /// Creates an organization with the root token's client of `/v1`, and an administrator's token for it.
    pub async fn create(root: &Http, name: &str) -> Organization {
        let id = root
            .post("/organizations", &json!({ "name": name }))
            .await
            .expect(201)
            .text("id");
        let http = root.under(&format!("/organizations/{id}"));
        let token = http
            .post("/tokens", &json!({ "name": "tests", "role": "admin" }))
            .await
            .expect(201)
            .text("token");
        Organization {
            http: http.with_token(&token),
            id,
        }
    }

    /// Connects an identity provider and gives it a token.
    pub async fn connect(&self, scim_origin: &Http, provider: &str) -> Connection {
        let body = json!({ "name": provider, "provider": provider });
        let id = self.http.post("/connections", &body).await.expect(201).text("id");
        let token = self.connection_token(&id).await;
        let http = scim_origin.under(&format!("/scim/v2/{id}")).with_token(&token);
        Connection {
            id,
            scim: Scim { http },
        }
    }

    /// Changes settings of a connection.
    pub async fn set_up(&self, connection: &str, settings: &Value) {
        let path = format!("/connections/{connection}");
        self.http.patch(&path, settings).await.expect(200);
    }

    /// Creates a team that no rule made, and returns the id.
    pub async fn add_team(&self, name: &str) -> String {
        let body = json!({ "type": "team", "name": name });
        self.http.post("/entities", &body).await.expect(201).text("id")
    }

    /// Another token of a connection.
    pub async fn connection_token(&self, connection: &str) -> String {
        let path = format!("/connections/{connection}/tokens");
        self.http.post(&path, &json!({})).await.expect(201).text("token")
    }

    /// Saves a rule; what the body leaves out has its default.
    pub async fn add_rule(&self, rule: Value) -> Value {
        self.http.post("/rules", &rule).await.expect(201).json()
    }

    /// All items of a list, page by page.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let page = match &cursor {
                Value::Null => self.http.get(path).await,
                cursor => {
                    self.http
                        .get(&format!("{path}{separator}after={}", plain(cursor)))
                        .await
                }
            };
            let page = page.expect(200).json();
            items.extend(page["items"].as_array().expect("a list has items").iter().cloned());
            if page["next"].is_null() {
                return items;
            }
            cursor = page["next"].clone();
        }
    }

    /// The user of this name.
    pub async fn user(&self, user_name: &str) -> Value {
        self.the_only("/users", "user_name", user_name).await
    }

    /// The group of this name.
    pub async fn group(&self, display_name: &str) -> Value {
        self.the_only("/groups", "display_name", display_name).await
    }

    async fn the_only(&self, list: &str, key: &str, value: &str) -> Value {
        let request = self.http.request("GET", list).query(&[(key, value)]);
        let answer = Answer::of(format!("GET {list}?{key}={value}"), request)
            .await
            .expect("no answer");
        let items = answer.expect(200).json()["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        match items.as_slice() {
            [item] => item.clone(),
            found => panic!("{} items of {list} have the {key} `{value}`", found.len()),
        }
    }

    /// All entries after a position, in order.
    pub async fn events_after(&self, position: u64) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.last().map_or(position, position_of);
            let page = self
                .http
                .get(&format!("/events?after={after}"))
                .await
                .expect(200)
                .json();
            let items = page["items"].as_array().expect("a page has items");
            if items.is_empty() {
                return events;
            }
            events.extend(items.iter().cloned());
        }
    }

    /// The position of the last entry, after a known one.
    pub async fn head_after(&self, position: u64) -> u64 {
        self.events_after(position).await.last().map_or(position, position_of)
    }

    /// Every role change of a user, oldest first.
    pub async fn history(&self, user: &str) -> Vec<Value> {
        self.list(&format!("/users/{user}/history?of=role")).await
    }

    /// Derives the whole log again; the report.
    pub async fn verify(&self) -> Value {
        self.http.post("/audit/verify", &json!({})).await.expect(200).json()
    }
}

/// The position of an entry.
pub fn position_of(event: &Value) -> u64 {
    event["position"]
        .as_u64()
        .unwrap_or_else(|| panic!("an entry has a position: {event}"))
}

/// A cursor as it stands in a query.
fn plain(cursor: &Value) -> String {
    cursor.as_str().map_or_else(|| cursor.to_string(), str::to_owned)
}
