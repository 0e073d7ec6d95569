//! The JSON body of a request to the admin API.

use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use rolecall_engine::NotAnId;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::object::Object;
use crate::app::App;
use crate::body;
use crate::error::ApiError;
use crate::limits::{ADMIN_BODY_BYTES_MAX, RULES_BODY_BYTES_MAX};
use crate::organization::{LongWorks, aside};
use crate::problem::Problem;

/// A body of this type. No body at all counts as `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let bytes = read(request, ADMIN_BODY_BYTES_MAX).await?;
        Ok(Self(parse_or_empty(&bytes)?))
    }
}

/// A body of this type that may hold all rules: read, and not parsed yet, as that takes a while.
pub(crate) struct RulesBody<T> {
    bytes: Bytes,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + 'static> FromRequest<Arc<App>> for RulesBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let bytes = read(request, RULES_BODY_BYTES_MAX).await?;
        Ok(Self { bytes, of: PhantomData })
    }
}

impl<T: DeserializeOwned> RulesBody<T> {
    /// What becomes of its value; that of a large one is worked out aside of the threads that answer requests.
    ///
    /// # Errors
    /// When the body is not of the type, and those of `into` and of [`aside::long`].
    pub(super) async fn parsed<R: Send + 'static>(
        self,
        works: &LongWorks,
        into: impl FnOnce(T) -> Result<R, ApiError> + Send + 'static,
    ) -> Result<R, ApiError> {
        let Self { bytes, .. } = self;
        aside::run(works, bytes.len() as u64, move || into(parse_or_empty(&bytes)?)).await?
    }
}

/// The bytes of a body that is JSON, or not there.
async fn read(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body, limit).await?;
    if bytes.is_empty() || is_json(&parts.headers) {
        return Ok(bytes);
    }
    Err(ApiError::MediaType {
        expected: "application/json",
    })
}

fn parse_or_empty<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return parse(b"{}").map_err(|_| ApiError::BodyMissing);
    }
    parse(bytes)
}

/// The value that the bytes hold, as an object.
///
/// # Errors
/// When they are no JSON, or not of the type.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ApiError> {
    let bytes = body::without_mark(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(ApiError::BodyMissing);
    }
    let parsed = serde_json::from_slice(bytes).map(|Object(value)| value);
    parsed.map_err(|error| ApiError::Json {
        line: error.line(),
        column: error.column(),
        reason: reason(&error),
    })
}

/// What the parser has against the JSON, without its place.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    for_people(text.split_once(" at line ").map_or(text.as_str(), |(reason, _)| reason))
}

/// What the parser says in the words of Rust, in those of JSON.
fn for_people(reason: &str) -> String {
    if reason.starts_with("UUID parsing failed") {
        return NotAnId.to_string();
    }
    let of_type = ["invalid type: ", "invalid value: "]
        .into_iter()
        .find_map(|start| reason.strip_prefix(start)?.rsplit_once(", expected "));
    let Some((found, expected)) = of_type else {
        return reason.to_owned();
    };
    let found = match found {
        "sequence" => "a list",
        "map" => "an object",
        other => other,
    };
    let expected = match expected {
        "u8" => numbers(u8::MIN, u8::MAX),
        "u16" => numbers(u16::MIN, u16::MAX),
        "u32" => numbers(u32::MIN, u32::MAX),
        "u64" => numbers(u64::MIN, u64::MAX),
        "usize" => numbers(usize::MIN, usize::MAX),
        "i8" => numbers(i8::MIN, i8::MAX),
        "i16" => numbers(i16::MIN, i16::MAX),
        "i32" => numbers(i32::MIN, i32::MAX),
        "i64" => numbers(i64::MIN, i64::MAX),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "a formatted UUID string" => "an id in quotation marks".to_owned(),
        other => other.to_owned(),
    };
    format!("{expected} is expected here, not {found}")
}

fn numbers<N: Display>(least: N, most: N) -> String {
    format!("a whole number from {least} to {most}")
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || media_type.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Example {
        #[serde(rename = "count")]
        _count: u32,
        #[serde(rename = "names", default)]
        _names: Vec<String>,
        #[serde(rename = "id", default)]
        _id: Option<uuid::Uuid>,
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(parse::<Example>(body.as_bytes()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_fault_is_reported_with_its_place_and_in_words_of_json() {
        check(
            "{\"count\":\n \"x\"}",
            "line 2, column 4 of the body: a whole number from 0 to 4294967295 is expected here, not string \"x\"",
        );
        check(
            r#"{"count": 10000000000}"#,
            "line 1, column 21 of the body: a whole number from 0 to 4294967295 is expected here, not integer `10000000000`",
        );
        check(
            r#"{"count": 1, "id": "nobody"}"#,
            "line 1, column 27 of the body: an id is a UUID in lower case with hyphens",
        );
        check(
            r#"{"count": 1, "id": 7}"#,
            "line 1, column 20 of the body: an id in quotation marks is expected here, not integer `7`",
        );
        check(" ", "a JSON body is missing");
        check(
            r#"{"count": 1, "names": {}}"#,
            "line 1, column 22 of the body: a list is expected here, not an object",
        );
        check("{}", "line 1, column 2 of the body: missing field `count`");
    }

    #[test]
    fn a_body_from_a_file_may_begin_with_a_byte_order_mark() {
        parse::<Example>("\u{feff}{\"count\": 1}".as_bytes()).unwrap();
        check(
            "\u{feff}{\"count\": x}",
            "line 1, column 11 of the body: expected value",
        );
    }

    #[test]
    fn a_list_is_no_object() {
        check(
            "[1, []]",
            "line 1, column 0 of the body: an object is expected here, not a list",
        );
        check(
            "7",
            "line 1, column 1 of the body: an object is expected here, not integer `7`",
        );
        let rule = r#"{"match": ["all"]}"#;
        let error = parse::<crate::admin::RuleBody>(rule.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("an object is expected here, not a list"), "{error}");
        let rule = r#"{"match": {"kind": "all"}, "targets": [["team", null]]}"#;
        let error = parse::<crate::admin::RuleBody>(rule.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("an object is expected here, not a list"), "{error}");
    }
}
