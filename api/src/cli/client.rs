//! A small HTTP client for the commands that ask a running server: one request at a time, JSON both ways but for
//! files.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::config::{ClientOptions, ServerUrl, TokenError};

const JSON: &str = "application/json";

/// Why a server could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The server cannot be reached.
    #[error("failed to reach the server")]
    Connect(#[from] std::io::Error),
    /// The connection broke.
    #[error("failed to send a request to the server")]
    Send(#[from] hyper::Error),
    /// The request could not be made, or the answer not be read.
    #[error("failed to make a request, or to read its answer")]
    Message(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server refused what it should do.
    #[error("{method} {path} was answered with {status}: {}", reason(.body))]
    Refused {
        /// The method.
        method: Method,
        /// The path.
        path: String,
        /// The status.
        status: StatusCode,
        /// The body.
        body: Value,
    },
}

/// What is wrong, as far as the body says it.
fn reason(body: &Value) -> String {
    match body.get("detail") {
        Some(Value::String(detail)) => detail.clone(),
        _ => body.to_string(),
    }
}

/// A client with a token.
#[derive(Clone, Debug)]
pub(super) struct Client {
    url: ServerUrl,
    token: String,
}

impl Client {
    pub(super) fn new(url: ServerUrl, token: &str) -> Self {
        let token = token.to_owned();
        Self { url, token }
    }

    /// The server and the token that the options name.
    pub(super) fn of(options: &ClientOptions) -> Result<Self, ClientError> {
        Ok(Self::new(options.url.clone(), &options.token()?))
    }

    /// The same server with another token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self::new(self.url.clone(), token)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.send(Method::GET, path, &Value::Null).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(Method::POST, path, body).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(Method::PATCH, path, body).await
    }

    /// Posts a file as it is.
    pub(super) async fn post_file(&self, path: &str, media_type: &str, file: Vec<u8>) -> Result<Value, ClientError> {
        let answer = self.exchange(Method::POST, path, media_type, Body::from(file)).await?;
        Ok(json(&answer))
    }

    /// Reads what is answered in another media type than JSON.
    pub(super) async fn get_text(&self, path: &str) -> Result<Bytes, ClientError> {
        self.exchange(Method::GET, path, JSON, Body::empty()).await
    }

    /// Sends what is in another media type than JSON.
    pub(super) async fn put_text(&self, path: &str, media_type: &str, text: String) -> Result<Value, ClientError> {
        let answer = self.exchange(Method::PUT, path, media_type, Body::from(text)).await?;
        Ok(json(&answer))
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value, ClientError> {
        let is_scim = path.starts_with("/scim/");
        let media_type = if is_scim { "application/scim+json" } else { JSON };
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        Ok(json(&self.exchange(method, path, media_type, body).await?))
    }

    /// Sends a request on a connection of its own, and reads the answer.
    async fn exchange(&self, method: Method, path: &str, media_type: &str, body: Body) -> Result<Bytes, ClientError> {
        let request = Request::builder()
            .method(&method)
            .uri(format!("{}{path}", self.url.path()))
            .header(header::HOST, self.url.host())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, media_type);
        let request = request.body(body).map_err(|error| ClientError::Message(error.into()))?;
        let stream = TcpStream::connect(self.url.authority()).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // How the connection ends shows in the answer.
        let connection = tokio::spawn(async move { drop(connection.await) });
        let response = sender.send_request(request).await?;
        let status = response.status();
        let answer = to_bytes(Body::new(response.into_body()), usize::MAX).await;
        let answer = answer.map_err(|error| ClientError::Message(error.into()))?;
        connection.abort();
        if status.is_success() {
            return Ok(answer);
        }
        Err(ClientError::Refused {
            method,
            path: path.to_owned(),
            status,
            body: json(&answer),
        })
    }
}

/// An answer as JSON; `null` where there is none.
fn json(answer: &[u8]) -> Value {
    serde_json::from_slice(answer).unwrap_or(Value::Null)
}
