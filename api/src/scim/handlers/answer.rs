//! Answers of the endpoints, all of them `application/scim+json`.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
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
    /// 204: a resource that is too large to be shown after each change of it.
    Changed(Kept),
    /// 204: a resource that is no more.
    Deleted,
    /// 304: the client has this version of the resource already (RFC 9110 15.4.5).
    NotModified(Kept),
}

/// A resource, where it is and which version it has.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) location: String,
    pub(crate) version: String,
}

/// A resource as the client wants to see it.
#[derive(Debug)]
pub(crate) struct Shown {
    body: String,
    kept: Kept,
}

impl Answer {
    /// A list, or a document of discovery.
    pub(crate) fn document(document: &Value) -> Self {
        Self::Document(document.to_string())
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Document(_) | Self::Resource(_) => StatusCode::OK,
            Self::Created(_) => StatusCode::CREATED,
            Self::Changed(_) | Self::Deleted => StatusCode::NO_CONTENT,
            Self::NotModified(_) => StatusCode::NOT_MODIFIED,
        }
    }

    /// The resource that there is now, if the answer is about one.
    pub(crate) fn kept(&self) -> Option<&Kept> {
        match self {
            Self::Resource(shown) | Self::Created(shown) => Some(&shown.kept),
            Self::Changed(kept) | Self::NotModified(kept) => Some(kept),
            Self::Document(_) | Self::Deleted => None,
        }
    }
}

impl Shown {
    /// The text of the selected attributes of a resource; location and version are told whether they are selected or not.
    pub(crate) fn new(body: String, kept: Kept) -> Self {
        Self { body, kept }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = self.status();
        let version = self.kept().and_then(|kept| HeaderValue::from_str(&kept.version).ok());
        let location = self.kept().and_then(|kept| HeaderValue::from_str(&kept.location).ok());
        let mut response = match self {
            Self::Document(body) | Self::Resource(Shown { body, .. }) | Self::Created(Shown { body, .. }) => {
                scim_json(status, body)
            }
            Self::Changed(_) | Self::Deleted => status.into_response(),
            Self::NotModified(_) => (status, of_unknown_length()).into_response(),
        };
        // RFC 7644 3.14: the version goes into the `ETag`, too.
        set(&mut response, header::ETAG, version);
        set(
            &mut response,
            header::LOCATION,
            location.filter(|_| status == StatusCode::CREATED),
        );
        response
    }
}

/// RFC 9110 8.6: the `Content-Length` of a 304 would be that of the 200, and is not known. The router writes one into every answer
/// whose body has a length, if only that of nothing.
fn of_unknown_length() -> Body {
    Body::from_stream(stream::empty::<Result<Bytes, Infallible>>())
}

fn set(response: &mut Response, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        response.headers_mut().insert(name, value);
    }
}
