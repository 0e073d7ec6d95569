//! How much there is to a document or an operation, so that work is bounded before it is done.
//!
//! A body may hold hundreds of thousands of values. What compares each of them with each value of a document would keep a
//! thread for minutes; `Work` counts what an operation comes to before it is done, and refuses beyond the limit.

use rolecall_engine::limits::ATTRIBUTES_BYTES_MAX;
use scim_v2::filter::ValFilter;
use scim_v2::models::others::{OperationTarget, PatchOperation};
use serde_json::{Map, Value};

use super::error::ScimError;
use super::limits::{ATTRIBUTES_MAX, PATCH_LOOKS_MAX};

/// The size of a JSON value: how many values stand in it, itself included, and at least how many bytes its text has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) parts: usize,
    pub(crate) bytes: usize,
}

impl Weight {
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self { parts: 1, bytes: 1 },
            Value::String(text) => Self {
                parts: 1,
                bytes: text.len() + 2,
            },
            Value::Array(values) => values.iter().map(Self::of).fold(Self { parts: 1, bytes: 2 }, Self::and),
            Value::Object(members) => Self::of_object(members),
        }
    }

    pub(crate) fn of_object(members: &Map<String, Value>) -> Self {
        let named = members.iter().map(|(name, value)| {
            let value = Self::of(value);
            Self {
                bytes: value.bytes + name.len() + 3,
                ..value
            }
        });
        named.fold(Self { parts: 1, bytes: 2 }, Self::and)
    }

    fn of_operation(operation: &PatchOperation) -> Self {
        let value = match operation {
            PatchOperation::Add(target) | PatchOperation::Replace(target) => match target {
                OperationTarget::WithoutPath { value } => return Self::of_object(value),
                OperationTarget::WithPath { value, .. } => value,
            },
            PatchOperation::Remove { value, .. } => value,
        };
        value.as_ref().map(Self::of).unwrap_or_default()
    }

    fn and(self, other: Self) -> Self {
        Self {
            parts: self.parts + other.parts,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// How many comparisons a selection makes of each value.
pub(crate) fn comparisons(filter: &ValFilter) -> usize {
    match filter {
        ValFilter::And(operands) | ValFilter::Or(operands) => operands.iter().map(comparisons).sum(),
        ValFilter::Not(inner) => comparisons(inner),
        ValFilter::Attr(_) => 1,
    }
}

/// What the operations of one PATCH have come to so far, in looks at one value, or at some bytes of a text.
#[derive(Debug, Default)]
pub(crate) struct Work(usize);

/// At each value of a list that is written: whether it is there already, which one is primary, whether it is empty.
const LOOKS: usize = 3;
/// Bytes of text that are compared in a look, also where their letters have to be folded.
const TEXT_BYTES: usize = 16;
/// Values of a document that are weighed in a look.
const WEIGHED: usize = 32;

impl Work {
    /// Counts an operation by itself: what it writes, and the document it is written to.
    ///
    /// # Errors
    /// `tooMany` when the operations come to more than one PATCH may ask for, `invalidValue` when either is larger than
    /// what could be stored.
    pub(crate) fn operation(
        &mut self,
        document: &Map<String, Value>,
        operation: &PatchOperation,
    ) -> Result<(), ScimError> {
        let (document, operation) = (Weight::of_object(document), Weight::of_operation(operation));
        // Between two operations a document may be larger than at the end: one may add what the next makes room for.
        check_bytes(operation.bytes.max(document.bytes / 2))?;
        self.spend(1 + operation.parts + document.parts / WEIGHED)
    }

    /// Counts that all values of a list meet each of so many comparisons, or of other values.
    ///
    /// # Errors
    /// `tooMany` as above.
    pub(crate) fn list(&mut self, elements: &[Value], comparisons: usize) -> Result<(), ScimError> {
        let bytes: usize = elements.iter().map(|element| Weight::of(element).bytes).sum();
        let looks = elements.len() + bytes / TEXT_BYTES;
        self.spend(looks.saturating_mul(LOOKS + comparisons))
    }

    fn spend(&mut self, looks: usize) -> Result<(), ScimError> {
        self.0 = self.0.saturating_add(looks);
        if self.0 > PATCH_LOOKS_MAX {
            return Err(ScimError::too_many(
                "the operations touch too many values; send them in several PATCH requests",
            ));
        }
        Ok(())
    }
}

/// Refuses attributes that are too many, or together too large, to be those of a resource.
///
/// # Errors
/// `tooMany` or `invalidValue`.
pub(crate) fn check_attributes(attributes: &Map<String, Value>) -> Result<(), ScimError> {
    check_count(attributes)?;
    check_bytes(Weight::of_object(attributes).bytes)
}

/// Refuses an object with more attributes than `ATTRIBUTES_MAX`.
///
/// # Errors
/// `tooMany`.
pub(crate) fn check_count(attributes: &Map<String, Value>) -> Result<(), ScimError> {
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(ScimError::too_many(format!(
            "an object takes at most {ATTRIBUTES_MAX} attributes"
        )));
    }
    Ok(())
}

/// Refuses a value whose copies cannot be stored together.
///
/// # Errors
/// `invalidValue`.
pub(crate) fn check_copies(value: &Value, copies: usize) -> Result<(), ScimError> {
    check_bytes(Weight::of(value).bytes.saturating_mul(copies))
}

fn check_bytes(bytes: usize) -> Result<(), ScimError> {
    if bytes > ATTRIBUTES_BYTES_MAX {
        return Err(ScimError::invalid_value(format!(
            "the attributes are longer than {ATTRIBUTES_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_weighs_at_most_what_its_text_does() {
        for value in [
            json!(null),
            json!({"a": [1, "b", {"c": true}], "d": {}}),
            json!([[], ["x\n"]]),
        ] {
            assert!(Weight::of(&value).bytes <= value.to_string().len(), "{value}");
        }
        assert_eq!(Weight::of(&json!({"a": [1, "b", {"c": true}], "d": {}})).parts, 7);
    }
}
