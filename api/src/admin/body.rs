//! The JSON body of a request to the admin API.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::object::Object;
use crate::app::App;
use crate::body;
use crate::error::ApiError;
use crate::limits::ADMIN_BODY_BYTES_MAX;
use crate::problem::Problem;

/// A body of this type. No body at all counts as `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, ADMIN_BODY_BYTES_MAX).await?;
        if bytes.is_empty() {
            return Ok(Self(parse(b"{}")?));
        }
        if !is_json(&parts.headers) {
            return Err(ApiError::MediaType {
                expected: "application/json",
            }
            .into());
        }
        Ok(Self(parse(&bytes)?))
    }
}

/// The value that the bytes hold, as an object.
///
/// # Errors
/// When they are no JSON, or not of the type.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ApiError> {
    let parsed = serde_json::from_slice(bytes).map(|Object(value)| value);
    parsed.map_err(|error| {
        let text = error.to_string();
        // The place is told apart from the reason.
        let reason = text.split_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
        ApiError::Json {
            line: error.line(),
            column: error.column(),
            reason: for_people(reason),
        }
    })
}

/// What the parser says in the words of Rust, in those of JSON.
fn for_people(reason: &str) -> String {
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
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "a sequence" => "a list",
        "a map" => "an object",
        other => other,
    };
    format!("{expected} is expected here, not {found}")
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
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(parse::<Example>(body.as_bytes()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_fault_is_reported_with_its_place_and_in_words_of_json() {
        check(
            "{\"count\":\n \"x\"}",
            "line 2, column 4 of the body: a whole number that is not negative is expected here, not string \"x\"",
        );
        check(
            r#"{"count": 1, "names": {}}"#,
            "line 1, column 22 of the body: a list is expected here, not an object",
        );
        check("{}", "line 1, column 2 of the body: missing field `count`");
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
