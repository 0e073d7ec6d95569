//! What the OpenAPI document says of values that are more than their type: names, pages, targets.
//!
//! These types are never made. A field names one in `value_type`, so that what holds for it is said once, with the very
//! limits that it is checked against.

use rolecall_engine::limits::{EXCEPTION_REASON_CHARACTERS_MAX, NAME_CHARACTERS_MAX};
use rolecall_engine::rules::limits::ROLE_NAME_CHARACTERS_MAX;
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{Number, PartialSchema, ToSchema};

use super::rule_body::TypeWord;
use crate::limits::PAGE_ITEMS_MAX;

/// Not blank, and without control characters.
const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// A name for people.
pub(crate) enum Name {}

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        text(NAME, NAME_CHARACTERS_MAX)
    }
}

impl ToSchema for Name {}

/// Why an exception was set.
pub(crate) enum ExceptionReason {}

impl PartialSchema for ExceptionReason {
    fn schema() -> RefOr<Schema> {
        text(NAME, EXCEPTION_REASON_CHARACTERS_MAX)
    }
}

impl ToSchema for ExceptionReason {}

/// The name of a role.
pub(crate) enum RoleText {}

impl PartialSchema for RoleText {
    fn schema() -> RefOr<Schema> {
        text("^[A-Za-z0-9_-]+$", ROLE_NAME_CHARACTERS_MAX)
    }
}

impl ToSchema for RoleText {}

/// How many items a page has at most.
pub(crate) enum PageLimit {}

impl PartialSchema for PageLimit {
    fn schema() -> RefOr<Schema> {
        whole_number(1, PAGE_ITEMS_MAX)
    }
}

impl ToSchema for PageLimit {}

/// The cursor of a list whose items have an index.
pub(crate) enum AfterIndex {}

impl PartialSchema for AfterIndex {
    fn schema() -> RefOr<Schema> {
        whole_number(0, usize::try_from(u32::MAX).unwrap_or(usize::MAX))
    }
}

impl ToSchema for AfterIndex {}

/// A number of users.
pub(crate) enum Count {}

impl PartialSchema for Count {
    fn schema() -> RefOr<Schema> {
        whole_number(0, usize::try_from(u32::MAX).unwrap_or(usize::MAX))
    }
}

impl ToSchema for Count {}

/// An entity: by its id, or by type and name.
pub(crate) enum Target {}

impl PartialSchema for Target {
    fn schema() -> RefOr<Schema> {
        let id = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        let existing = ObjectBuilder::new().property("entity_id", id).required("entity_id");
        let named = ObjectBuilder::new()
            .property("type", TypeWord::schema())
            .property("name", Name::schema())
            .required("type")
            .required("name");
        let closed = |shape: ObjectBuilder| shape.additional_properties(Some(AdditionalProperties::FreeForm(false)));
        OneOfBuilder::new().item(closed(existing)).item(closed(named)).into()
    }
}

impl ToSchema for Target {}

/// The position of an entry.
pub(crate) enum EntryPosition {}

impl PartialSchema for EntryPosition {
    fn schema() -> RefOr<Schema> {
        whole_number(0, usize::MAX)
    }
}

impl ToSchema for EntryPosition {}

fn text(pattern: &str, characters_max: usize) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(characters_max))
        .pattern(Some(pattern))
        .into()
}

fn whole_number(least: usize, most: usize) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(Number::UInt(least)))
        .maximum(Some(Number::UInt(most)))
        .into()
}
