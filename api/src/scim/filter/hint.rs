//! Which index finds the candidates of a filter.

use scim_v2::filter::CompareOp;

use super::super::comparison::Operand;
use super::super::path::Path;
use super::Expression;

/// The one look-up that finds all candidates of a filter; the text is as the client wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint<'f> {
    /// Nothing can match, as when resources of another type are asked for.
    Nothing,
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
    /// `members eq "..."` or `groups eq "..."`, also with `.value` and inside brackets: the groups of that user, or the
    /// members of that group
    Belongs(&'f str),
}

/// The most selective look-up that finds every candidate.
pub(super) fn of(expression: &Expression) -> Option<Hint<'_>> {
    match expression {
        Expression::All(operands) => operands.iter().filter_map(of).min(),
        Expression::Any(operands) => {
            let impossible = operands.iter().all(|operand| of(operand) == Some(Hint::Nothing));
            impossible.then_some(Hint::Nothing)
        }
        Expression::Belongs(id, _) => Some(Hint::Belongs(id)),
        Expression::Compare(path, operator, operand) => indexed(path, path.sub.as_deref(), operator, operand),
        Expression::Within(path, inner) => within(path, inner),
        Expression::Not(_) | Expression::Present(_) => None,
    }
}

fn within<'f>(path: &Path, inner: &'f Expression) -> Option<Hint<'f>> {
    match inner {
        Expression::All(operands) => operands.iter().find_map(|operand| within(path, operand)),
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
