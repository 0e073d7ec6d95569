//! The words of a name template: fixed text, `$$` and `${variable}`. What a variable stands for is `template`'s job.

use crate::error::ProblemKind;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Token<'text> {
    pub(crate) offset: usize,
    pub(crate) kind: TokenKind<'text>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'text> {
    Literal(&'text str),
    Variable(&'text str),
    Fault(ProblemKind),
}

/// Cuts a template into literals, `$$` and `${variable}`.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut remaining = text;
    while !remaining.is_empty() {
        let (kind, after) = next_token(remaining);
        tokens.push(Token {
            offset: text.len() - remaining.len(),
            kind,
        });
        remaining = after;
    }
    tokens
}

fn next_token(text: &str) -> (TokenKind<'_>, &str) {
    if let Some(after) = text.strip_prefix("$$") {
        (TokenKind::Literal("$"), after)
    } else if let Some(after) = text.strip_prefix("${") {
        // A brace or a dollar inside is the start of the next variable: the one before it was never closed.
        let end = after.find(['$', '{', '}']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        match after.strip_prefix('}') {
            Some(after) => (TokenKind::Variable(name), after),
            None => (TokenKind::Fault(ProblemKind::UnclosedVariable), after),
        }
    } else if let Some(after) = text.strip_prefix('$') {
        (TokenKind::Fault(ProblemKind::LoneDollar), after)
    } else {
        let (literal, after) = text.split_at(text.find('$').unwrap_or(text.len()));
        (TokenKind::Literal(literal), after)
    }
}

#[cfg(test)]
mod tests {
    use super::TokenKind::{Fault, Literal, Variable};
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Vec<(usize, TokenKind<'_>)>) {
        let found: Vec<_> = tokens(text)
            .into_iter()
            .map(|token| (token.offset, token.kind))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn text_dollars_and_variables_are_told_apart() {
        check("", vec![]);
        check("Team {1}", vec![(0, Literal("Team {1}"))]);
        check(
            "\u{e9}${team}!",
            vec![(0, Literal("\u{e9}")), (2, Variable("team")), (9, Literal("!"))],
        );
        check(
            "$$${1}${2}",
            vec![(0, Literal("$")), (2, Variable("1")), (6, Variable("2"))],
        );
        check("$${1}", vec![(0, Literal("$")), (2, Literal("{1}"))]);
        check("${}", vec![(0, Variable(""))]);
    }

    #[test]
    fn a_fault_does_not_hide_what_follows() {
        check("$a", vec![(0, Fault(ProblemKind::LoneDollar)), (1, Literal("a"))]);
        check("$$$", vec![(0, Literal("$")), (2, Fault(ProblemKind::LoneDollar))]);
        check(
            "${a${b}",
            vec![(0, Fault(ProblemKind::UnclosedVariable)), (3, Variable("b"))],
        );
        check(
            "${a{b}",
            vec![(0, Fault(ProblemKind::UnclosedVariable)), (3, Literal("{b}"))],
        );
        check("${a", vec![(0, Fault(ProblemKind::UnclosedVariable))]);
    }
}
