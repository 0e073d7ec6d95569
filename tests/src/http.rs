//! HTTP requests with a bearer token, and answers that say what was asked when they are not what was expected.

use std::sync::{Arc, RwLock};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

/// Where a listener answers, such as `http://127.0.0.1:8080`; a restarted server may move it.
#[derive(Clone, Debug, Default)]
pub struct Origin(Arc<RwLock<String>>);

impl Origin {
    /// The address as of now.
    pub fn get(&self) -> String {
        self.0.read().expect("nobody panics while holding an address").clone()
    }

    /// Moves everybody who holds this origin to another address.
    pub fn set(&self, address: &str) {
        *self.0.write().expect("nobody panics while holding an address") = address.to_owned();
    }
}

/// A client of one API with one token. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    origin: Origin,
    base: String,
    token: String,
}

impl Http {
    /// Requests go to `base` (such as `/v1`) at `origin`; an empty `token` sends none.
    pub fn new(origin: &Origin, base: &str, token: &str) -> Http {
        Http {
            client: reqwest::Client::new(),
            origin: origin.clone(),
            base: base.to_owned(),
            token: token.to_owned(),
        }
    }

    /// Where the API answers now.
    pub fn origin(&self) -> String {
        self.origin.get()
    }

    /// The same API, deeper down.
    pub fn under(&self, path: &str) -> Http {
        Http {
            base: format!("{}{path}", self.base),
            ..self.clone()
        }
    }

    /// The same API with another token.
    pub fn with_token(&self, token: &str) -> Http {
        Http {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// A request to be completed and sent by hand, with the token already on it.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method
            .parse()
            .unwrap_or_else(|_| panic!("`{method}` is no HTTP method"));
        let request = self
            .client
            .request(method, format!("{}{}{path}", self.origin.get(), self.base));
        if self.token.is_empty() {
            request
        } else {
            request.header(AUTHORIZATION, format!("Bearer {}", self.token))
        }
    }

    /// Sends `body` as it is.
    ///
    /// # Errors
    ///
    /// When there is no whole answer, as when the server is killed meanwhile.
    pub async fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, reqwest::Error> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            let kind = if self.base.starts_with("/scim") {
                "application/scim+json"
            } else {
                "application/json"
            };
            request = request.header(CONTENT_TYPE, kind).body(body.to_string());
        }
        Answer::of(format!("{method} {}{path}", self.base), request).await
    }

    /// Like [`Http::try_send`], where no answer is a failure of the test.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.try_send(method, path, body).await;
        answer.unwrap_or_else(|error| panic!("no answer to {method} {}{path}: {error:?}", self.base))
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// `POST` with a body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    /// `PUT` with a body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    /// `PATCH` with a body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }
}

/// A whole answer, and what it answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Method and path, for messages.
    pub request: String,
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body, as text.
    pub body: String,
}

impl Answer {
    /// Sends a request that was completed by hand.
    ///
    /// # Errors
    ///
    /// When there is no whole answer.
    pub async fn of(name: String, request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer {
            request: name,
            status,
            headers,
            body: response.text().await?,
        })
    }

    /// The answer itself, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "answer to {}: {}", self.request, self.body);
        self
    }

    /// The answer itself, if it is a positive one; RFC 7644 3.5.2 leaves 200 or 204 to the server, for one.
    #[track_caller]
    pub fn expect_success(self) -> Answer {
        assert!(
            (200..300).contains(&self.status),
            "answer to {}: {} {}",
            self.request,
            self.status,
            self.body
        );
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("answer to {} is no JSON ({error}): {}", self.request, self.body))
    }

    /// A member of the body that is a text, such as `id`.
    #[track_caller]
    pub fn text(&self, member: &str) -> String {
        let body = self.json();
        let text = body.get(member).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("answer to {} has no text `{member}`: {body}", self.request))
            .to_owned()
    }

    /// The media type of the body, without its parameters; empty when there is none.
    pub fn media_type(&self) -> &str {
        let field = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        field.split(';').next().unwrap_or_default().trim()
    }
}
