//! Sorting (RFC 7644 3.4.2.3): `sortBy` and `sortOrder`, and the key by which a resource takes its place.
//!
//! Keys are bytes that are in the order of the values, so that a cursor can hold one. Which resources are sorted, and what is
//! shown of them, is decided elsewhere.

use rolecall_rules::NameKey;
use scim_v2::filter::PatchPath;
use serde_json::{Map, Value};

use super::comparison;
use super::error::ScimError;
use super::lenient;
use super::limits::SORT_KEY_BYTES_MAX;
use super::object::member;
use super::path::{Among, Path, comparable};
use super::profile::Mode;
use super::schema::{Kind, Place, ResourceSchema};

/// By which attribute a type of resource is sorted.
#[derive(Debug)]
pub struct SortBy {
    /// Where it is; `None` when only another of the types has it, so that no resource of this one has a value.
    path: Option<Path>,
    kind: Option<Kind>,
    case_exact: bool,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// The least first.
    Ascending,
    /// The least last.
    Descending,
}

impl SortOrder {
    /// Reads `sortOrder` in any case; ascending when it is empty.
    ///
    /// # Errors
    /// `invalidValue` for anything else.
    pub(crate) fn read(text: &str) -> Result<Self, ScimError> {
        match text.to_ascii_lowercase().as_str() {
            "" | "ascending" => Ok(Self::Ascending),
            "descending" => Ok(Self::Descending),
            _ => Err(ScimError::invalid_value(format!(
                "`sortOrder` is `ascending` or `descending`, not `{text}`"
            ))),
        }
    }
}

impl SortBy {
    /// Reads `sortBy` for each of these types, in order.
    ///
    /// # Errors
    /// `invalidPath` when it is no attribute of any of them, or is a complex one that has no value of its own.
    pub(crate) fn read(schemas: &[&ResourceSchema], text: &str) -> Result<Vec<Self>, ScimError> {
        let mode = schemas.first().map_or(Mode::Lenient, |schema| schema.mode);
        let Ok(PatchPath::Attr(path)) = lenient::path(mode, text) else {
            return Err(ScimError::invalid_path(format!(
                "`sortBy` takes the name of an attribute, not `{text}`"
            )));
        };
        let read = |schema: &&ResourceSchema| {
            let place = Among { schema, all: schemas }.place(&path);
            place
                .map_err(ScimError::invalid_path)?
                .map_or(Ok(Self::nowhere()), Self::of)
        };
        schemas.iter().map(read).collect()
    }

    fn nowhere() -> Self {
        let (path, kind, case_exact) = (None, None, false);
        Self { path, kind, case_exact }
    }

    /// RFC 7644 3.4.2.3: of a complex attribute a sub-attribute is named; the `value` goes without saying, as in filters.
    fn of(place: Place<'_>) -> Result<Self, ScimError> {
        let sorted = match (place.attribute, place.sub_attribute) {
            (Some(attribute), None) if attribute.kind == Kind::Complex => {
                let value = attribute.sub_attribute("value");
                Some(value.ok_or_else(|| {
                    let name = &attribute.name;
                    ScimError::invalid_path(format!(
                        "`{name}` has no order as a whole; name one of its sub-attributes"
                    ))
                })?)
            }
            (attribute, sub_attribute) => sub_attribute.or(attribute),
        };
        Ok(Self {
            kind: sorted.map(|attribute| attribute.kind),
            case_exact: sorted.is_some_and(|attribute| attribute.case_exact),
            path: Some(place.into()),
        })
    }

    /// The attribute or extension that is read of a resource.
    pub(crate) fn name(&self) -> Option<&str> {
        self.path.as_ref().map(Path::top)
    }

    /// Whether resources are sorted by a part of this attribute, so that its first value must be in the JSON.
    pub(crate) fn reads(&self, name: &str) -> bool {
        self.path.as_ref().is_some_and(|path| path.is_of(name))
    }

    /// The key of a resource: of several values the primary one counts, or else the first.
    pub(crate) fn key(&self, resource: &Map<String, Value>) -> SortKey {
        let Some(path) = &self.path else {
            return SortKey::absent();
        };
        let elements = path.elements(resource);
        let is_primary = |element: &&Value| element.get("primary").and_then(Value::as_bool) == Some(true);
        let element = elements.iter().find(is_primary).or(elements.first());
        let value = element.and_then(|element| match &path.sub {
            Some(sub) => member(element.as_object()?, sub),
            None => Some(comparable(element)),
        });
        SortKey::of(value, self.kind, self.case_exact)
    }
}

/// The place of a value among others. Values of an unknown attribute may have several types: each type keeps together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SortKey(Vec<u8>);

const BOOLEAN: u8 = 1;
const NUMBER: u8 = 2;
const TIME: u8 = 3;
const TEXT: u8 = 4;
/// RFC 7644 3.4.2.3: a resource without a value comes last when ascending, and first when descending.
const ABSENT: u8 = u8::MAX;

impl SortKey {
    /// The key of a value, by the type of its attribute; by its own type where the attribute is unknown.
    pub(crate) fn of(value: Option<&Value>, kind: Option<Kind>, case_exact: bool) -> Self {
        let text = |text: &str| match (kind, case_exact) {
            (Some(Kind::DateTime), _) => time(text).unwrap_or_else(|| Self::tagged(TEXT, text.as_bytes())),
            (_, true) => Self::tagged(TEXT, text.as_bytes()),
            // "Case-insensitive Unicode alphabetic sort order with no specific locale": names are compared so, too.
            (_, false) => Self::tagged(TEXT, NameKey::of(text).as_str().as_bytes()),
        };
        match value {
            Some(Value::String(empty)) if empty.is_empty() => Self::absent(),
            Some(Value::String(value)) => text(value),
            Some(value @ (Value::Number(_) | Value::Bool(_))) if kind == Some(Kind::Text) => text(&value.to_string()),
            Some(Value::Bool(flag)) => Self::tagged(BOOLEAN, &[u8::from(*flag)]),
            Some(Value::Number(number)) => number.as_f64().map_or_else(Self::absent, self::number),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => Self::absent(),
        }
    }

    /// The key of a resource that has no value.
    pub(crate) fn absent() -> Self {
        Self(vec![ABSENT])
    }

    /// The key as bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A key that was bytes before.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Long texts are sorted by how they begin.
    fn tagged(tag: u8, bytes: &[u8]) -> Self {
        let bytes = bytes.iter().copied().take(SORT_KEY_BYTES_MAX);
        Self(std::iter::once(tag).chain(bytes).collect())
    }
}

fn time(text: &str) -> Option<SortKey> {
    let time: jiff::Timestamp = comparison::time(text)?.as_str().parse().ok()?;
    let sortable = time.as_nanosecond().cast_unsigned() ^ (1 << 127);
    Some(SortKey::tagged(TIME, &sortable.to_be_bytes()))
}

/// The order of the bits of positive floats is that of their values; negative ones are the other way round.
fn number(number: f64) -> SortKey {
    let bits = number.to_bits();
    let sign = 1 << 63;
    let sortable = if bits & sign == 0 { bits | sign } else { !bits };
    SortKey::tagged(NUMBER, &sortable.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_ascends(kind: Option<Kind>, case_exact: bool, values: &[Value]) {
        let keys: Vec<_> = values
            .iter()
            .map(|value| SortKey::of(Some(value), kind, case_exact))
            .collect();
        assert!(keys.is_sorted_by(|left, right| left < right), "{values:?}");
    }

    #[test]
    fn values_are_in_the_order_of_their_type() {
        let texts = [json!("Ana"), json!("ben"), json!("Émile"), json!(null)];
        check_ascends(Some(Kind::Text), false, &texts);
        check_ascends(Some(Kind::Text), true, &[json!("Ben"), json!("ana"), json!("")]);
        let numbers = [
            json!(-1e300),
            json!(-2),
            json!(-0.5),
            json!(0),
            json!(9),
            json!(10),
            json!([]),
        ];
        check_ascends(Some(Kind::Number), false, &numbers);
        check_ascends(Some(Kind::Text), false, &[json!(10), json!("9")]);
        check_ascends(Some(Kind::Boolean), false, &[json!(false), json!(true), json!(null)]);
        check_ascends(None, false, &[json!(true), json!(7), json!("7"), json!({})]);
    }

    #[test]
    fn times_are_in_the_order_of_time_whatever_their_offset_and_precision() {
        let times = [
            json!("1969-12-31T23:59:59Z"),
            json!("2026-05-13T06:42:34+02:00"),
            json!("2026-05-13T04:42:34.000001Z"),
            json!("2026-05-13T04:42:35"),
            json!("2026-05-13T00:42:36-04:00"),
            json!("no time"),
        ];
        check_ascends(Some(Kind::DateTime), false, &times);
    }

    #[test]
    fn case_makes_a_difference_only_where_it_is_exact() {
        let key = |text: &str, case_exact| SortKey::of(Some(&json!(text)), Some(Kind::Text), case_exact);
        assert_eq!(key("ANA", false), key("ana", false));
        assert_ne!(key("ANA", true), key("ana", true));
    }

    #[test]
    fn a_key_has_a_bounded_length() {
        let long = Value::from("a".repeat(10_000));
        let key = SortKey::of(Some(&long), Some(Kind::Text), true);
        assert_eq!(key.as_bytes().len(), SORT_KEY_BYTES_MAX + 1);
    }

    proptest! {
        #[test]
        fn numbers_keep_their_order(left in any::<f64>(), right in any::<f64>()) {
            prop_assert_eq!(number(left).cmp(&number(right)), left.total_cmp(&right));
        }
    }
}
