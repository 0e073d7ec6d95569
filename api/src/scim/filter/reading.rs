//! From the grammar of RFC 7644 to expressions: names are resolved against the schema, and values read in the type of their
//! attribute.

use std::iter;

use scim_v2::filter::{self as grammar, AttrExp, AttrPath, CompValue, CompareOp, ValFilter, ValuePath};
use serde_json::Value;

use super::super::comparison::Operand;
use super::super::error::ScimError;
use super::super::path::{Among, Path};
use super::super::profile::Mode;
use super::super::schema::{Attribute, Kind, Place, Target};
use super::{Expression, compare_any};

/// The expression of a filter over resources of one type.
pub(super) fn filter(among: Among<'_>, parsed: &grammar::Filter) -> Result<Expression, ScimError> {
    let each = |operands: &[grammar::Filter]| -> Result<Vec<_>, ScimError> {
        operands.iter().map(|operand| filter(among, operand)).collect()
    };
    match parsed {
        grammar::Filter::And(operands) => Ok(Expression::All(each(operands)?)),
        grammar::Filter::Or(operands) => Ok(Expression::Any(each(operands)?)),
        grammar::Filter::Not(inner) => Ok(Expression::Not(Box::new(filter(among, inner)?))),
        grammar::Filter::Attr(AttrExp::Present(path)) => presence(among, path),
        grammar::Filter::Attr(AttrExp::Comparison(path, operator, value)) => comparison(among, path, operator, value),
        grammar::Filter::ValuePath(value_path) => within(among, value_path),
    }
}

fn presence(among: Among<'_>, path: &AttrPath) -> Result<Expression, ScimError> {
    // An extension of one type is one that is not there in the others.
    let whole = among.all.iter().find_map(|schema| match schema.resolve(path) {
        Target::Extension(urn) => Some(urn),
        Target::Attribute(_) => None,
    });
    if let Some(urn) = whole {
        return Ok(Expression::Present(Path::core(urn)));
    }
    Ok(match place(among, path)? {
        None => constant(false),
        // The URN of an extension that nobody knows reads like an attribute of a shorter one; it may be either.
        Some(place) if place.attribute.is_none() => Expression::Any(vec![
            Expression::Present(Path::core(path.to_string())),
            Expression::Present(place.into()),
        ]),
        Some(place) => Expression::Present(place.into()),
    })
}

fn comparison(
    among: Among<'_>,
    path: &AttrPath,
    operator: &CompareOp,
    value: &CompValue,
) -> Result<Expression, ScimError> {
    let Some(place) = place(among, path)? else {
        let operand = Operand::read(among.schema.mode, None, value)?;
        return Ok(constant(compare_any(operator, &operand, iter::empty())));
    };
    let operand = operand(among.schema.mode, &place, operator, value)?;
    let path = Path::from(place);
    if path.is_of("meta") && path.sub.as_deref() == Some("resourceType") {
        let name = Value::from(among.schema.of.name());
        return Ok(constant(operand.compare(operator, &name)));
    }
    let belongs = belonging(&path, path.sub.as_deref(), operator, &operand);
    Ok(belongs.unwrap_or(Expression::Compare(path, operator.clone(), operand)))
}

fn within(among: Among<'_>, value_path: &ValuePath) -> Result<Expression, ScimError> {
    let Some(place) = place(among, &value_path.attr)? else {
        return Ok(constant(false));
    };
    let inner = selector(among.schema.mode, place.attribute, &value_path.filter)?;
    let path = Path::from(place);
    Ok(belongings(&path, &inner).unwrap_or(Expression::Within(path, Box::new(inner))))
}

fn constant(holds: bool) -> Expression {
    if holds {
        Expression::All(Vec::new())
    } else {
        Expression::Any(Vec::new())
    }
}

/// The filter inside the brackets of a value path, over one value of the attribute.
///
/// # Errors
/// `invalidFilter` when it names a sub-attribute that the attribute does not have, or compares what cannot be compared.
pub(crate) fn selector(mode: Mode, attribute: Option<&Attribute>, parsed: &ValFilter) -> Result<Expression, ScimError> {
    let each = |operands: &[ValFilter]| -> Result<Vec<_>, ScimError> {
        operands
            .iter()
            .map(|operand| selector(mode, attribute, operand))
            .collect()
    };
    match parsed {
        ValFilter::And(operands) => Ok(Expression::All(each(operands)?)),
        ValFilter::Or(operands) => Ok(Expression::Any(each(operands)?)),
        ValFilter::Not(inner) => Ok(Expression::Not(Box::new(selector(mode, attribute, inner)?))),
        ValFilter::Attr(AttrExp::Present(path)) => Ok(Expression::Present(sub_place(attribute, path)?.into())),
        ValFilter::Attr(AttrExp::Comparison(path, operator, value)) => {
            let place = sub_place(attribute, path)?;
            let operand = operand(mode, &place, operator, value)?;
            Ok(Expression::Compare(place.into(), operator.clone(), operand))
        }
    }
}

fn place<'s>(among: Among<'s>, path: &AttrPath) -> Result<Option<Place<'s>>, ScimError> {
    // PingOne's documentation shows `email Co "%s"`.
    let alias = among.schema.mode == Mode::Lenient
        && path.uri.is_none()
        && path.sub_attr.is_none()
        && path.name.eq_ignore_ascii_case("email");
    let found = if alias {
        among.place(&AttrPath::with_name("emails"))
    } else {
        among.place(path)
    };
    found.map_err(ScimError::invalid_filter)
}

fn sub_place<'s>(attribute: Option<&'s Attribute>, path: &AttrPath) -> Result<Place<'s>, ScimError> {
    let reference = path.name.eq_ignore_ascii_case("ref").then_some("$ref");
    let sub_attribute = attribute.and_then(|attribute| {
        let named = attribute.sub_attribute(&path.name);
        named.or_else(|| attribute.sub_attribute(reference?))
    });
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
fn operand(mode: Mode, place: &Place<'_>, operator: &CompareOp, value: &CompValue) -> Result<Operand, ScimError> {
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
    let operand = Operand::read(mode, attribute, value)?;
    let name = attribute.map_or(place.name.as_str(), |attribute| attribute.name.as_str());
    operand.check(attribute, operator, name)?;
    Ok(operand)
}

fn belonging(path: &Path, sub: Option<&str>, operator: &CompareOp, operand: &Operand) -> Option<Expression> {
    let has_id = (path.is_of("members") || path.is_of("groups")) && matches!(sub, None | Some("value"));
    match operand {
        Operand::Text { written, .. } if has_id && *operator == CompareOp::Eq => {
            Some(Expression::Belongs(written.clone(), Box::new(constant(true))))
        }
        _ => None,
    }
}

/// `members[value eq "a" or value eq "b"]` and `members[value eq "a" and type eq "User"]` without a list of members.
fn belongings(path: &Path, inner: &Expression) -> Option<Expression> {
    match inner {
        Expression::Compare(value, operator, operand) => belonging(path, Some(&value.name), operator, operand),
        Expression::Any(operands) => operands
            .iter()
            .map(|operand| belongings(path, operand))
            .collect::<Option<_>>()
            .map(Expression::Any),
        Expression::All(operands) => {
            let one = operands.iter().find_map(|operand| belongings(path, operand))?;
            match one {
                Expression::Belongs(id, _) => Some(Expression::Belongs(id, Box::new(inner.clone()))),
                _ => None,
            }
        }
        _ => None,
    }
}
