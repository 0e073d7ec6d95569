//! The query of a request to the admin API.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use rolecall_engine::NotAnId;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::ApiError;
use crate::problem::Problem;

/// A query of this type.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, app).await;
        let axum::extract::Query(query) = query.map_err(|rejection| {
            let text = rejection.body_text();
            let reason = text
                .strip_prefix("Failed to deserialize query string: ")
                .unwrap_or(&text);
            let reason = for_people(reason);
            ApiError::Query { reason }
        })?;
        Ok(Self(query))
    }
}

/// What the parser of numbers says, with the name of the parameter before it.
fn for_people(reason: &str) -> String {
    let Some((parameter, fault)) = reason.split_once(": ") else {
        return reason.to_owned();
    };
    let fault = match fault {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "has to be a whole number that is not negative"
        }
        "number too large to fit in target type" => "is too large a number",
        fault if fault.starts_with("UUID parsing failed") => return format!("`{parameter}`: {NotAnId}"),
        fault => return format!("`{parameter}`: {fault}"),
    };
    format!("`{parameter}` {fault}")
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::Value;

    use crate::test_server::{ROOT, TestServer};

    #[tokio::test]
    async fn a_wrong_number_is_named_in_words() {
        let server = TestServer::start().await;
        let (ours, _) = server.organization("ours").await;
        for (query, expected) in [
            (
                "limit=x",
                "the query: `limit` has to be a whole number that is not negative",
            ),
            (
                "limit=-1",
                "the query: `limit` has to be a whole number that is not negative",
            ),
            (
                "limit=",
                "the query: `limit` has to be a whole number that is not negative",
            ),
            (
                "after=99999999999999999999999",
                "the query: `after` is too large a number",
            ),
        ] {
            let answer = server
                .json("GET", &format!("{ours}/events?{query}"), ROOT, Value::Null)
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            assert_eq!(answer.body["detail"], expected);
        }
    }
}
