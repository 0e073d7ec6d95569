//! Reading the fields of TOML tables into the types that they stand for. Whatever is wrong is noted, and reading goes on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::places::Places;
use super::{FileProblem, FileProblems};
use crate::limits::RULE_SET_PROBLEMS_MAX;

/// A problem, and the byte it stands at.
struct Found {
    byte: usize,
    place: String,
    text: String,
}

/// What was found while reading a file.
pub(super) struct Findings<'text> {
    pub(super) places: Places<'text>,
    found: Vec<Found>,
}

/// A value, and the path to it.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(super) path: String,
    value: &'a Spanned<DeValue<'a>>,
}

/// A table, and the path to it.
pub(super) struct Fields<'a> {
    path: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
    /// Whether every key is a known one.
    pub(super) all_known: bool,
}

impl<'text> Findings<'text> {
    pub(super) fn new(places: Places<'text>) -> Self {
        Self {
            places,
            found: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Notes a problem with what stands at a byte.
    pub(super) fn at_byte(&mut self, byte: usize, place: &str, text: impl Into<String>) {
        self.found.push(Found {
            byte,
            place: place.to_owned(),
            text: text.into(),
        });
    }

    /// Notes a problem with the value of a path.
    pub(super) fn at_place(&mut self, place: &str, offset: Option<usize>, text: impl Into<String>) {
        self.at_byte(self.places.byte(place, offset), place, text);
    }

    /// All problems, in the order of the file.
    pub(super) fn into_problems(mut self) -> FileProblems {
        self.found
            .sort_by(|one, other| (one.byte, &one.place).cmp(&(other.byte, &other.place)));
        let left_out = self.found.len().saturating_sub(RULE_SET_PROBLEMS_MAX);
        let told = self.found.into_iter().take(RULE_SET_PROBLEMS_MAX);
        let problems = told.map(|Found { byte, place, text }| {
            let (line, column) = self.places.line_and_column(byte);
            FileProblem {
                line,
                column,
                place,
                text,
            }
        });
        FileProblems {
            problems: problems.collect(),
            left_out,
        }
    }

    fn unexpected(&mut self, at: &At<'_>, expected: &str) {
        let found = in_words(at.value.get_ref());
        self.at_byte(
            at.value.span().start,
            &at.path,
            format!("{expected} is expected here, not {found}"),
        );
    }
}

impl<'a> At<'a> {
    pub(super) fn table(&self, findings: &mut Findings<'_>, known: &[&str]) -> Option<Fields<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Fields::new(
                self.path.clone(),
                self.value.span(),
                table,
                (findings, known),
            )),
            _ => {
                findings.unexpected(self, "a table");
                None
            }
        }
    }

    /// The items of a list.
    pub(super) fn items(&self, findings: &mut Findings<'_>) -> Option<Vec<At<'a>>> {
        let DeValue::Array(list) = self.value.get_ref() else {
            findings.unexpected(self, "a list");
            return None;
        };
        let items = list.iter().enumerate().map(|(index, value)| At {
            path: format!("{}[{index}]", self.path),
            value,
        });
        let items: Vec<At<'a>> = items.collect();
        for item in &items {
            findings.places.note(&item.path, item.value.span());
        }
        Some(items)
    }

    pub(super) fn text(&self, findings: &mut Findings<'_>) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => {
                findings.unexpected(self, "a text in quotation marks");
                None
            }
        }
    }

    pub(super) fn yes_or_no(&self, findings: &mut Findings<'_>) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => {
                findings.unexpected(self, "`true` or `false`");
                None
            }
        }
    }

    pub(super) fn number(&self, findings: &mut Findings<'_>) -> Option<i32> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            findings.unexpected(self, "a whole number from -2147483648 to 2147483647");
        }
        number
    }
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        path: String,
        span: Range<usize>,
        table: &'a DeTable<'a>,
        (findings, known): (&mut Findings<'_>, &[&str]),
    ) -> Self {
        let mut fields = Self {
            path,
            span,
            table,
            all_known: true,
        };
        fields.refuse_unknown(findings, known);
        fields
    }

    /// The value of a field, if it is there.
    pub(super) fn get(&self, findings: &mut Findings<'_>, key: &str) -> Option<At<'a>> {
        let value = self.table.get(key)?;
        let at = At {
            path: self.path_of(key),
            value,
        };
        findings.places.note(&at.path, value.span());
        Some(at)
    }

    /// The value of a field that has to be there.
    pub(super) fn needed(&self, findings: &mut Findings<'_>, key: &str, hint: &str) -> Option<At<'a>> {
        let found = self.get(findings, key);
        if found.is_none() {
            findings.at_byte(self.span.start, &self.path_of(key), format!("this is missing; {hint}"));
        }
        found
    }

    /// Notes every key that is none of the known ones, with the one that may be meant.
    fn refuse_unknown(&mut self, findings: &mut Findings<'_>, known: &[&str]) {
        for key in self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let hint = match nearest(key.get_ref(), known) {
                Some(nearest) => format!("write `{nearest}`, if that is meant"),
                None => format!("known are {}", listed(known)),
            };
            let text = format!("nothing is called `{}` here; {hint}", key.get_ref());
            findings.at_byte(key.span().start, &self.path_of(key.get_ref()), text);
            self.all_known = false;
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "this number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
