//! One value against one operand of a filter (RFC 7644 3.4.2.2, table 3), by the type that the schema gives.
//!
//! Which values of a resource are compared, and how comparisons combine, is the business of `filter`.

use std::cmp::Ordering;

use rolecall_rules::{NameKey, fold};
use scim_v2::ScimDateTime;
use scim_v2::filter::{CompValue, CompareOp};
use serde_json::Value;

use super::canonical;
use super::error::ScimError;
use super::profile::Mode;
use super::schema::{Attribute, Kind};

/// The right-hand side of a comparison, in the type of the attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    /// A string as it was written; `folded` where case does not matter.
    Text {
        written: String,
        folded: Option<Folded>,
    },
    Boolean(bool),
    Number(f64),
    Time(ScimDateTime),
    Null,
}

/// A string in the forms that are compared where case does not matter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Folded {
    /// Whole strings are compared as names are, so that a filter finds exactly what an index finds.
    key: NameKey,
    /// Parts of strings keep their outer white space.
    part: String,
}

impl Folded {
    fn of(text: &str) -> Self {
        Self {
            key: NameKey::of(text),
            part: fold(text),
        }
    }
}

impl Operand {
    /// Reads the value of a comparison for this attribute; an unknown attribute is compared by the type of the value. Where the
    /// connection is strict, the value is of the type of the attribute.
    ///
    /// # Errors
    /// `invalidFilter` when the value does not fit the attribute.
    pub(crate) fn read(mode: Mode, attribute: Option<&Attribute>, value: &CompValue) -> Result<Self, ScimError> {
        let lenient = mode == Mode::Lenient;
        let case_exact = attribute.is_some_and(|attribute| attribute.case_exact);
        let operand = match (attribute.map(|attribute| attribute.kind), value) {
            (_, CompValue::Null) => Some(Self::Null),
            // Entra asks for `roles[primary eq "True"]`.
            (Some(Kind::Boolean), CompValue::Str(text)) if lenient => canonical::boolean(&Value::from(text.as_str()))
                .and_then(|flag| flag.as_bool())
                .map(Self::Boolean),
            (Some(Kind::Boolean) | None, CompValue::True) => Some(Self::Boolean(true)),
            (Some(Kind::Boolean) | None, CompValue::False) => Some(Self::Boolean(false)),
            (Some(Kind::Number) | None, CompValue::Number(number)) => number.as_f64().map(Self::Number),
            (Some(Kind::Number), CompValue::Str(text)) if lenient => text.parse().ok().map(Self::Number),
            (Some(Kind::DateTime), CompValue::Str(text)) => time(text).map(Self::Time),
            (Some(Kind::Text) | None, CompValue::Str(text)) => Some(Self::text(text, case_exact)),
            (Some(Kind::Text), value) if lenient => Some(Self::text(&value.to_string(), case_exact)),
            _ => None,
        };
        let name = attribute.map(|attribute| attribute.name.as_str()).unwrap_or_default();
        operand.ok_or_else(|| ScimError::invalid_filter(format!("`{name}` cannot be compared with {value}")))
    }

    fn text(text: &str, case_exact: bool) -> Self {
        Self::Text {
            written: text.to_owned(),
            folded: (!case_exact).then(|| Folded::of(text)),
        }
    }

    /// RFC 7644 3.4.2.2: booleans and binary values have no order, and only strings have parts.
    ///
    /// # Errors
    /// `invalidFilter` when the operator makes no sense for the operand.
    pub(crate) fn check(
        &self,
        attribute: Option<&Attribute>,
        operator: &CompareOp,
        name: &str,
    ) -> Result<(), ScimError> {
        let binary = attribute.is_some_and(|attribute| attribute.binary);
        let sensible = match operator {
            CompareOp::Eq | CompareOp::Ne => true,
            CompareOp::Co | CompareOp::Sw | CompareOp::Ew => matches!(self, Self::Text { .. }),
            CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => {
                !binary && !matches!(self, Self::Boolean(_) | Self::Null)
            }
        };
        if sensible {
            return Ok(());
        }
        Err(ScimError::invalid_filter(format!(
            "`{name}` cannot be compared by {operator} here; see the type of the attribute in /Schemas"
        )))
    }

    /// Whether the value stands in this relation to the operand. Values of another type stand in none but `ne`.
    pub(crate) fn compare(&self, operator: &CompareOp, value: &Value) -> bool {
        match self {
            Self::Text { written, folded } => match (text(value), folded) {
                (None, _) => *operator == CompareOp::Ne,
                (Some(text), None) => compare_text(operator, &text, written),
                (Some(text), Some(folded)) if is_partial(operator) => {
                    compare_text(operator, &fold(&text), &folded.part)
                }
                (Some(text), Some(folded)) => ordered(operator, Some(NameKey::of(&text).cmp(&folded.key))),
            },
            Self::Boolean(flag) => {
                let equal = canonical::boolean(value) == Some(Value::Bool(*flag));
                ordered(operator, equal.then_some(Ordering::Equal))
            }
            Self::Number(number) => {
                let value = value.as_f64().or_else(|| value.as_str()?.parse().ok());
                ordered(operator, value.and_then(|value| value.partial_cmp(number)))
            }
            Self::Time(time) => {
                let value = value.as_str().and_then(self::time);
                ordered(operator, value.and_then(|value| value.xsd_partial_cmp(time)))
            }
            Self::Null => *operator == CompareOp::Ne,
        }
    }
}

/// A time. One without an offset is taken as UTC, so that any two can be compared.
pub(crate) fn time(text: &str) -> Option<ScimDateTime> {
    let time: ScimDateTime = text.parse().ok()?;
    if time.has_offset() {
        return Some(time);
    }
    format!("{time}Z").parse().ok()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn is_partial(operator: &CompareOp) -> bool {
    matches!(operator, CompareOp::Co | CompareOp::Sw | CompareOp::Ew)
}

fn compare_text(operator: &CompareOp, value: &str, operand: &str) -> bool {
    match operator {
        CompareOp::Co => value.contains(operand),
        CompareOp::Sw => value.starts_with(operand),
        CompareOp::Ew => value.ends_with(operand),
        operator => ordered(operator, Some(value.cmp(operand))),
    }
}

/// `None` means that the two cannot be ordered; then they are not equal either.
fn ordered(operator: &CompareOp, ordering: Option<Ordering>) -> bool {
    match operator {
        CompareOp::Eq => ordering == Some(Ordering::Equal),
        CompareOp::Ne => ordering != Some(Ordering::Equal),
        CompareOp::Gt => ordering == Some(Ordering::Greater),
        CompareOp::Ge => ordering.is_some_and(Ordering::is_ge),
        CompareOp::Lt => ordering == Some(Ordering::Less),
        CompareOp::Le => ordering.is_some_and(Ordering::is_le),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
