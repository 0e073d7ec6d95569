//! Answers of the endpoints, all of them `application/scim+json`.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::scim::error::scim_json;

/// What is answered when nothing went wrong. Bodies are texts: whoever makes a long one writes it out, too.
#[derive(Debug)]
pub(crate) enum Answer {
    /// 200: a list, or a document of discovery.
    Document(String),
    /// 200: a resource.
    Resource(Shown),
    /// 201 with its location: a resource that is new (RFC 7644 3.3).
    Created(Shown),
    /// 204.
    Done,
}

/// A resource as the client wants to see it.
#[derive(Debug)]
pub(crate) struct Shown {
    body: String,
    location: String,
    version: String,
}

impl Answer {
    /// A list, or a document of discovery.
    pub(crate) fn document(document: &Value) -> Self {
        Self::Document(document.to_string())
    }
}

impl Shown {
    /// The text of the selected attributes of a resource; location and version are told whether they are selected or not.
    pub(crate) fn new(body: String, location: String, version: String) -> Self {
        Self {
            body,
            location,
            version,
        }
    }

    /// RFC 7644 3.14: the version goes into the `ETag`, too.
    fn respond(self, status: StatusCode) -> Response {
        let mut response = scim_json(status, self.body);
        set(&mut response, header::ETAG, &self.version);
        if status == StatusCode::CREATED {
            set(&mut response, header::LOCATION, &self.location);
        }
        response
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Document(document) => scim_json(StatusCode::OK, document),
            Self::Resource(shown) => shown.respond(StatusCode::OK),
            Self::Created(shown) => shown.respond(StatusCode::CREATED),
            Self::Done => StatusCode::NO_CONTENT.into_response(),
        }
    }
}
