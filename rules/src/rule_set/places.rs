//! Where things stand in a file: lines and columns of bytes, and the values that paths name.

use std::collections::BTreeMap;
use std::ops::Range;

/// The places of a file.
#[derive(Debug)]
pub(super) struct Places<'text> {
    text: &'text str,
    /// The byte at which each line begins.
    lines: Vec<usize>,
    /// The value that stands at a path.
    values: BTreeMap<String, Range<usize>>,
}

impl<'text> Places<'text> {
    pub(super) fn of(text: &'text str) -> Self {
        let after_breaks = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            text,
            lines: std::iter::once(0).chain(after_breaks).collect(),
            values: BTreeMap::new(),
        }
    }

    /// Notes that a value stands here.
    pub(super) fn note(&mut self, path: &str, span: Range<usize>) {
        self.values.insert(path.to_owned(), span);
    }

    /// Line and column of a byte, both from 1; a column is a character.
    pub(super) fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = line
            .checked_sub(1)
            .and_then(|line| self.lines.get(line))
            .copied()
            .unwrap_or(0);
        let before = self.text.get(start..byte).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// The byte at which the value of a path stands, or else what it is a part of. With an offset, that byte of a text.
    pub(super) fn byte(&self, path: &str, offset: Option<usize>) -> usize {
        let Some(span) = self.values.get(path) else {
            return parent(path).map_or(0, |parent| self.byte(parent, None));
        };
        match offset {
            Some(offset) if self.is_verbatim(span) => (span.start + 1 + offset).min(span.end),
            _ => span.start,
        }
    }

    /// Whether a text stands in the file as it is, between one quotation mark on each side.
    fn is_verbatim(&self, span: &Range<usize>) -> bool {
        let source = self.text.get(span.clone()).unwrap_or_default();
        let literal = source.starts_with('\'') && !source.starts_with("'''");
        let basic = source.starts_with('"') && !source.starts_with("\"\"\"") && !source.contains('\\');
        literal || basic
    }
}

fn parent(path: &str) -> Option<&str> {
    path.rfind(['.', '[']).and_then(|end| path.get(..end))
}
