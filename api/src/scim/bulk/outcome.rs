//! What became of the operations of a Bulk (RFC 7644 3.7.3).

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// What became of one operation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// The method, as it was asked for.
    pub(crate) method: String,
    /// What the client calls the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bulk_id: Option<String>,
    /// The resource, unless there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
    /// Its version now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// The status that a single request would have been answered with; SCIM writes it as text.
    #[serde(serialize_with = "as_text")]
    pub(crate) status: u16,
    /// The error. Of what went well, the location is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<Value>,
}

/// The answer to a Bulk.
pub(crate) fn response(outcomes: &[&Outcome]) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": outcomes})
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn as_text<S: Serializer>(status: &u16, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(status)
}
