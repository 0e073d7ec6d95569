//! Filters (RFC 7644 3.4.2.2), resolved against the schema once and then evaluated over the JSON of resources.
//!
//! Parsing is `scim_v2`'s, with the tolerance of `lenient`. `Filter::hint` tells which index finds the candidates, so that
//! the look-ups of identity providers (`userName eq "..."`) never scan.

use scim_v2::filter::{self as grammar, AttrExp, AttrPath, CompareOp, ValFilter};
use serde_json::{Map, Value};

use super::comparison::Operand;
use super::error::ScimError;
use super::lenient;
use super::limits::FILTER_COMPARISONS_MAX;
use super::object::member;
use super::schema::{Attribute, Kind, Place, ResourceSchema, Target};

/// A filter over the users or the groups of an organization.
#[derive(Debug)]
pub struct Filter(Expression);

/// The one look-up that finds all candidates of a filter; the text is as the client wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint<'f> {
    /// `id eq "..."`
    Id(&'f str),
    /// `userName eq "..."`
    UserName(&'f str),
    /// `externalId eq "..."`
    ExternalId(&'f str),
    /// `emails eq "..."`, also with `.value` and inside brackets
    Email(&'f str),
    /// `displayName eq "..."`
    DisplayName(&'f str),
    /// `members eq "..."`, also with `.value` and inside brackets: the groups of that user
    Member(&'f str),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Present(Path),
    Compare(Path, CompareOp, Operand),
    /// Some value of a multi-valued attribute matches all of this.
    Within(Path, Box<Expression>),
    /// The group has this member: asked of the group itself, not of a list of its members.
    HasMember(String),
}

/// Where the compared values are, in the JSON of a resource or of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    extension: Option<String>,
    name: String,
    sub: Option<String>,
}

impl Filter {
    /// Reads a filter over resources of this type.
    ///
    /// # Errors
    /// `invalidFilter`, when it is malformed, too long, names an attribute that they do not have, or compares what cannot
    /// be compared.
    pub fn read(schema: &ResourceSchema, text: &str) -> Result<Self, ScimError> {
        let filter = filter(schema, &lenient::filter(text)?)?;
        if comparisons(&filter) > FILTER_COMPARISONS_MAX {
            return Err(ScimError::invalid_filter(format!(
                "a filter takes at most {FILTER_COMPARISONS_MAX} comparisons; ask in smaller parts"
            )));
        }
        Ok(Self(filter))
    }

    /// Whether the resource matches. `has_member` answers for a group without listing its members; a user has none.
    pub fn matches(&self, resource: &Map<String, Value>, has_member: &dyn Fn(&str) -> bool) -> bool {
        matches(&self.0, resource, has_member)
    }

    /// The index look-up that finds every candidate, the most selective one; `None` means that a scan is needed.
    pub fn hint(&self) -> Option<Hint<'_>> {
        hint(&self.0)
    }

    /// Whether the filter reads this attribute of the resource, so that it must be in the JSON. `members eq "..."` does not.
    pub fn reads(&self, name: &str) -> bool {
        reads(&self.0, name)
    }
}

fn filter(schema: &ResourceSchema, parsed: &grammar::Filter) -> Result<Expression, ScimError> {
    let each = |operands: &[grammar::Filter]| -> Result<Vec<_>, ScimError> {
        operands.iter().map(|operand| filter(schema, operand)).collect()
    };
    match parsed {
        grammar::Filter::And(operands) => Ok(Expression::All(each(operands)?)),
        grammar::Filter::Or(operands) => Ok(Expression::Any(each(operands)?)),
        grammar::Filter::Not(inner) => Ok(Expression::Not(Box::new(filter(schema, inner)?))),
        grammar::Filter::Attr(AttrExp::Present(path)) => Ok(Expression::Present(place(schema, path)?.into())),
        grammar::Filter::Attr(AttrExp::Comparison(path, operator, value)) => {
            let place = place(schema, path)?;
            let operand = operand(&place, operator, value)?;
            let path = Path::from(place);
            Ok(
                member_test(&path, path.sub.as_deref(), operator, &operand).unwrap_or(Expression::Compare(
                    path,
                    operator.clone(),
                    operand,
                )),
            )
        }
        grammar::Filter::ValuePath(value_path) => {
            let place = place(schema, &value_path.attr)?;
            let inner = selector(place.attribute, &value_path.filter)?;
            let path = Path::from(place);
            Ok(member_tests(&path, &inner).unwrap_or(Expression::Within(path, Box::new(inner))))
        }
    }
}

/// The filter inside the brackets of a value path, over one value of the attribute.
///
/// # Errors
/// `invalidFilter` when it names a sub-attribute that the attribute does not have, or compares what cannot be compared.
pub(crate) fn selector(attribute: Option<&Attribute>, parsed: &ValFilter) -> Result<Expression, ScimError> {
    let each = |operands: &[ValFilter]| -> Result<Vec<_>, ScimError> {
        operands.iter().map(|operand| selector(attribute, operand)).collect()
    };
    match parsed {
        ValFilter::And(operands) => Ok(Expression::All(each(operands)?)),
        ValFilter::Or(operands) => Ok(Expression::Any(each(operands)?)),
        ValFilter::Not(inner) => Ok(Expression::Not(Box::new(selector(attribute, inner)?))),
        ValFilter::Attr(AttrExp::Present(path)) => Ok(Expression::Present(sub_place(attribute, path)?.into())),
        ValFilter::Attr(AttrExp::Comparison(path, operator, value)) => {
            let place = sub_place(attribute, path)?;
            let operand = operand(&place, operator, value)?;
            Ok(Expression::Compare(place.into(), operator.clone(), operand))
        }
    }
}

fn comparisons(expression: &Expression) -> usize {
    match expression {
        Expression::All(operands) | Expression::Any(operands) => operands.iter().map(comparisons).sum(),
        Expression::Not(inner) | Expression::Within(_, inner) => comparisons(inner),
        Expression::Present(_) | Expression::Compare(..) | Expression::HasMember(_) => 1,
    }
}

fn place<'s>(schema: &'s ResourceSchema, path: &AttrPath) -> Result<Place<'s>, ScimError> {
    // PingOne's documentation shows `email Co "%s"`.
    let alias = path.uri.is_none() && path.sub_attr.is_none() && path.name.eq_ignore_ascii_case("email");
    let target = if alias {
        schema.resolve(&AttrPath::with_name("emails"))
    } else {
        schema.resolve(path)
    };
    let unknown = || {
        let name = schema.of.name();
        ScimError::invalid_filter(format!(
            "a {name} has no attribute `{path}`; see /Schemas for those it has"
        ))
    };
    match target {
        Target::Extension(_) => Err(unknown()),
        Target::Attribute(place) if place.attribute.is_none() && place.extension.is_none() => Err(unknown()),
        Target::Attribute(place) if has_unknown_sub(&place) => Err(unknown()),
        Target::Attribute(place) => Ok(place),
    }
}

fn has_unknown_sub(place: &Place<'_>) -> bool {
    place.sub.is_some() && place.attribute.is_some() && place.sub_attribute.is_none()
}

fn sub_place<'s>(attribute: Option<&'s Attribute>, path: &AttrPath) -> Result<Place<'s>, ScimError> {
    let sub_attribute = attribute.and_then(|attribute| attribute.sub_attribute(&path.name));
    let scalar = attribute.is_some_and(|attribute| attribute.kind != Kind::Complex);
    match (attribute, sub_attribute) {
        (Some(attribute), None) if !(scalar && path.name.eq_ignore_ascii_case("value")) => Err(
            ScimError::invalid_filter(format!("`{}` has no sub-attribute `{}`", attribute.name, path.name)),
        ),
        _ => Ok(Place {
            extension: None,
            name: sub_attribute.map_or_else(|| path.name.clone(), |sub| sub.name.clone()),
            sub: path.sub_attr.clone(),
            attribute: sub_attribute,
            sub_attribute: None,
        }),
    }
}

/// RFC 7644 3.4.2.2: a comparison of a complex attribute compares its `value` (`emails co "example.com"`).
fn operand(place: &Place<'_>, operator: &CompareOp, value: &grammar::CompValue) -> Result<Operand, ScimError> {
    let attribute = match (place.attribute, place.sub_attribute) {
        (_, Some(sub)) => Some(sub),
        (Some(attribute), None) if attribute.kind == Kind::Complex => {
            Some(attribute.sub_attribute("value").ok_or_else(|| {
                let name = &attribute.name;
                ScimError::invalid_filter(format!(
                    "`{name}` cannot be compared as a whole; name one of its sub-attributes"
                ))
            })?)
        }
        (attribute, None) => attribute,
    };
    let operand = Operand::read(attribute, value)?;
    operand.check(operator, &place.name)?;
    Ok(operand)
}

impl From<Place<'_>> for Path {
    fn from(place: Place<'_>) -> Self {
        Self {
            extension: place.extension,
            name: place.name,
            sub: place.sub,
        }
    }
}

fn member_test(path: &Path, sub: Option<&str>, operator: &CompareOp, operand: &Operand) -> Option<Expression> {
    let is_member = path.extension.is_none() && path.name == "members" && matches!(sub, None | Some("value"));
    match operand {
        Operand::Text { written, .. } if is_member && *operator == CompareOp::Eq => {
            Some(Expression::HasMember(written.clone()))
        }
        _ => None,
    }
}

/// `members[value eq "a" or value eq "b"]` without a list of members.
fn member_tests(path: &Path, inner: &Expression) -> Option<Expression> {
    match inner {
        Expression::Compare(value, operator, operand) => member_test(path, Some(&value.name), operator, operand),
        Expression::Any(operands) => operands
            .iter()
            .map(|operand| member_tests(path, operand))
            .collect::<Option<_>>()
            .map(Expression::Any),
        _ => None,
    }
}

fn matches(expression: &Expression, resource: &Map<String, Value>, has_member: &dyn Fn(&str) -> bool) -> bool {
    match expression {
        Expression::All(operands) => operands.iter().all(|operand| matches(operand, resource, has_member)),
        Expression::Any(operands) => operands.iter().any(|operand| matches(operand, resource, has_member)),
        Expression::Not(inner) => !matches(inner, resource, has_member),
        Expression::HasMember(id) => has_member(id),
        Expression::Present(path) => values(path, resource).into_iter().any(is_assigned),
        Expression::Compare(path, operator, operand) => {
            let values = values(path, resource)
                .into_iter()
                .map(comparable)
                .filter(|value| !value.is_null());
            compare_any(operator, operand, values)
        }
        Expression::Within(path, inner) => values(path, resource).into_iter().any(|value| selects(inner, value)),
    }
}

/// An attribute without a value equals `null`, and differs from everything else.
fn compare_any<'v>(operator: &CompareOp, operand: &Operand, values: impl Iterator<Item = &'v Value>) -> bool {
    let mut values = values.peekable();
    if values.peek().is_none() {
        let is_null = *operand == Operand::Null;
        return if is_null {
            *operator == CompareOp::Eq
        } else {
            *operator == CompareOp::Ne
        };
    }
    values.any(|value| operand.compare(operator, value))
}

/// Whether the filter of a value path selects this value; a plain string counts as its own `value`.
pub(crate) fn selects(selector: &Expression, value: &Value) -> bool {
    let no_members = |_: &str| false;
    match value {
        Value::Object(members) => matches(selector, members, &no_members),
        value => matches(
            selector,
            &Map::from_iter([("value".to_owned(), value.clone())]),
            &no_members,
        ),
    }
}

/// The values that a selector demands: what an element created for it must hold.
pub(crate) fn demanded(selector: &Expression) -> Option<Map<String, Value>> {
    match selector {
        Expression::Compare(path, CompareOp::Eq, operand) if path.sub.is_none() => {
            let value = match operand {
                Operand::Text { written, .. } => Value::from(written.as_str()),
                Operand::Boolean(flag) => Value::Bool(*flag),
                _ => return None,
            };
            Some(Map::from_iter([(path.name.clone(), value)]))
        }
        Expression::All(operands) => operands.iter().map(demanded).try_fold(Map::new(), |mut all, demanded| {
            all.extend(demanded?);
            Some(all)
        }),
        _ => None,
    }
}

/// Every value at the path: the elements of a list one by one, or their sub-attribute.
fn values<'r>(path: &Path, resource: &'r Map<String, Value>) -> Vec<&'r Value> {
    let container = match &path.extension {
        Some(urn) => member(resource, urn).and_then(Value::as_object),
        None => Some(resource),
    };
    let elements = match container.and_then(|container| member(container, &path.name)) {
        None => &[],
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(value) => std::slice::from_ref(value),
    };
    let Some(sub) = &path.sub else {
        return elements.iter().collect();
    };
    elements
        .iter()
        .filter_map(|element| member(element.as_object()?, sub))
        .collect()
}

fn comparable(value: &Value) -> &Value {
    match value {
        Value::Object(members) => members.get("value").unwrap_or(&Value::Null),
        value => value,
    }
}

/// RFC 7644 3.4.2.2: `pr` is true for a value that is not empty; a complex one needs one that is not.
fn is_assigned(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => values.iter().any(is_assigned),
        Value::Object(members) => members.values().any(is_assigned),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn hint(expression: &Expression) -> Option<Hint<'_>> {
    match expression {
        Expression::All(operands) => operands.iter().filter_map(hint).min(),
        Expression::HasMember(id) => Some(Hint::Member(id)),
        Expression::Compare(path, operator, operand) => indexed(path, path.sub.as_deref(), operator, operand),
        Expression::Within(path, inner) => hint_within(path, inner),
        Expression::Any(_) | Expression::Not(_) | Expression::Present(_) => None,
    }
}

fn hint_within<'f>(path: &Path, inner: &'f Expression) -> Option<Hint<'f>> {
    match inner {
        Expression::All(operands) => operands.iter().find_map(|operand| hint_within(path, operand)),
        Expression::Compare(value, operator, operand) => indexed(path, Some(&value.name), operator, operand),
        _ => None,
    }
}

fn indexed<'f>(path: &Path, sub: Option<&str>, operator: &CompareOp, operand: &'f Operand) -> Option<Hint<'f>> {
    let Operand::Text { written, .. } = operand else {
        return None;
    };
    if path.extension.is_some() || *operator != CompareOp::Eq {
        return None;
    }
    match (path.name.as_str(), sub) {
        ("id", None) => Some(Hint::Id(written)),
        ("userName", None) => Some(Hint::UserName(written)),
        ("externalId", None) => Some(Hint::ExternalId(written)),
        ("displayName", None) => Some(Hint::DisplayName(written)),
        ("emails", None | Some("value")) => Some(Hint::Email(written)),
        _ => None,
    }
}

fn reads(expression: &Expression, name: &str) -> bool {
    match expression {
        Expression::All(operands) | Expression::Any(operands) => operands.iter().any(|operand| reads(operand, name)),
        Expression::Not(inner) => reads(inner, name),
        Expression::HasMember(_) => false,
        Expression::Present(path) | Expression::Compare(path, ..) | Expression::Within(path, _) => {
            path.extension.is_none() && path.name == name
        }
    }
}

#[cfg(test)]
mod tests;
