//! Filters (RFC 7644 3.4.2.2), resolved against the schema once and then evaluated over the JSON of resources.
//!
//! `reading` makes them from what `scim_v2` parses. `Filter::hint` tells which index finds the candidates, so that the
//! look-ups of identity providers (`userName eq "..."`) never scan.

mod hint;
mod reading;

use scim_v2::filter::CompareOp;
use serde_json::{Map, Value};

pub use self::hint::Hint;
pub(crate) use self::reading::selector;
use super::comparison::Operand;
use super::error::ScimError;
use super::lenient;
use super::limits::FILTER_COMPARISONS_MAX;
use super::path::{Among, Path, comparable};
use super::profile::Mode;
use super::schema::ResourceSchema;

/// A filter over the users or the groups of an organization.
#[derive(Debug)]
pub struct Filter(Expression);

/// How much of a costly attribute is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None of it.
    Nothing,
    /// Whether there is a value, or what the first one is.
    First,
    /// Every value.
    All,
}

/// What a resource belongs to, or what belongs to it, without a list of it: the value of `members` or `groups` that has
/// this id, if there is one.
pub type Belonging<'a> = &'a dyn Fn(&str) -> Option<Value>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// All of these match; without any, everything does.
    All(Vec<Expression>),
    /// Some of these match; without any, nothing does.
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Present(Path),
    Compare(Path, CompareOp, Operand),
    /// Some value of a multi-valued attribute matches all of this.
    Within(Path, Box<Expression>),
    /// The group has the member of this id, or the user is in the group of this id, and what is said of it matches: asked of the
    /// resource itself, not of a list of its members or groups.
    Belongs(String, Box<Expression>),
}

impl Filter {
    /// Reads a filter over resources of these types: a filter for each of them, in order.
    ///
    /// # Errors
    /// `invalidFilter`, when it is malformed, too long, names an attribute that none of them has, or compares what cannot
    /// be compared.
    pub fn read(schemas: &[&ResourceSchema], text: &str) -> Result<Vec<Self>, ScimError> {
        let mode = schemas.first().map_or(Mode::Lenient, |schema| schema.mode);
        let parsed = lenient::filter(mode, text)?;
        let read = |schema: &&ResourceSchema| {
            let among = Among { schema, all: schemas };
            let filter = reading::filter(among, &parsed)?;
            if comparisons(&filter) > FILTER_COMPARISONS_MAX {
                return Err(ScimError::invalid_filter(format!(
                    "a filter takes at most {FILTER_COMPARISONS_MAX} comparisons; ask in smaller parts"
                )));
            }
            Ok(Self(filter))
        };
        schemas.iter().map(read).collect()
    }

    /// Whether the resource matches.
    pub fn matches(&self, resource: &Map<String, Value>, belonging: Belonging<'_>) -> bool {
        matches(&self.0, resource, belonging)
    }

    /// The index look-up that finds every candidate, the most selective one; `None` means that a scan is needed.
    pub fn hint(&self) -> Option<Hint<'_>> {
        hint::of(&self.0)
    }

    /// The attributes and extensions that are read of a resource.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect_names(&self.0, &mut names);
        names
    }

    /// How many comparisons there are, each of which may go over all of a resource.
    pub(crate) fn comparisons(&self) -> usize {
        comparisons(&self.0)
    }

    /// How much of this attribute the filter reads, so that it must be in the JSON. `members eq "..."` reads nothing.
    pub fn reads(&self, name: &str) -> Depth {
        reads(&self.0, name)
    }
}

fn comparisons(expression: &Expression) -> usize {
    match expression {
        Expression::All(operands) | Expression::Any(operands) => operands.iter().map(comparisons).sum(),
        Expression::Not(inner) | Expression::Within(_, inner) => comparisons(inner),
        Expression::Belongs(_, also) => 1 + comparisons(also),
        Expression::Present(_) | Expression::Compare(..) => 1,
    }
}

fn collect_names<'e>(expression: &'e Expression, names: &mut Vec<&'e str>) {
    match expression {
        Expression::All(operands) | Expression::Any(operands) => {
            operands.iter().for_each(|operand| collect_names(operand, names));
        }
        Expression::Not(inner) => collect_names(inner, names),
        Expression::Present(path) | Expression::Compare(path, ..) | Expression::Within(path, _) => {
            names.push(path.top());
        }
        Expression::Belongs(..) => {}
    }
}

fn reads(expression: &Expression, name: &str) -> Depth {
    match expression {
        Expression::All(operands) | Expression::Any(operands) => {
            let depths = operands.iter().map(|operand| reads(operand, name));
            depths.max().unwrap_or(Depth::Nothing)
        }
        Expression::Not(inner) => reads(inner, name),
        // What one member or group has, all of them have.
        Expression::Present(path) if path.is_of(name) => Depth::First,
        Expression::Compare(path, ..) | Expression::Within(path, _) if path.is_of(name) => Depth::All,
        Expression::Present(_) | Expression::Compare(..) | Expression::Within(..) | Expression::Belongs(..) => {
            Depth::Nothing
        }
    }
}

fn matches(expression: &Expression, resource: &Map<String, Value>, belonging: Belonging<'_>) -> bool {
    match expression {
        Expression::All(operands) => operands.iter().all(|operand| matches(operand, resource, belonging)),
        Expression::Any(operands) => operands.iter().any(|operand| matches(operand, resource, belonging)),
        Expression::Not(inner) => !matches(inner, resource, belonging),
        Expression::Belongs(id, also) => belonging(id).is_some_and(|value| selects(also, &value)),
        Expression::Present(path) => path.values(resource).into_iter().any(is_assigned),
        Expression::Compare(path, operator, operand) => {
            let values = path.values(resource).into_iter().map(comparable);
            compare_any(operator, operand, values.filter(|value| !value.is_null()))
        }
        Expression::Within(path, inner) => path.values(resource).into_iter().any(|value| selects(inner, value)),
    }
}

/// An attribute without a value equals `null`, and differs from everything else. Of several values one has to compare; RFC
/// 7644 3.4.2.2 leaves open what `ne` asks of them.
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
    let nothing = |_: &str| None;
    match value {
        Value::Object(members) => matches(selector, members, &nothing),
        value => matches(
            selector,
            &Map::from_iter([("value".to_owned(), value.clone())]),
            &nothing,
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
                Operand::Number(number) => Value::Number(number.to_string().parse().ok()?),
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

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
