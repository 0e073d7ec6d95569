//! The characters that some expressions tell apart, each kind of them as one byte.
//!
//! To a set of rules nearly all of Unicode looks alike: `^eng-\w+` knows `e`, `n`, `g`, `-`, other letters, and the rest. Names
//! are therefore written with one byte for each kind of character, so that an automaton of them is small, and knows the
//! boundaries between words of all of Unicode: the bytes of letters are letters, and those of other characters are not.

use std::collections::{BTreeMap, BTreeSet};

use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, HirKind, Look, Repetition};

use super::meter::{Exhausted, Meter};
use crate::name::compose;

/// First and last characters of ranges, in order.
type Ranges = Vec<(u32, u32)>;

/// Characters of which one is shown, if it is of the kind: the first in this order.
const READABLE: &str = "abcdefghijklmnopqrstuvwxyz0123456789- _./:ABCDEFGHIJKLMNOPQRSTUVWXYZéüñøßджλ中日";

/// Where to look for one in a range of characters that has none of those.
const LOOKED_AT: usize = 64;

/// The classes of characters that expressions name.
#[derive(Debug)]
pub(super) struct Classes {
    classes: BTreeSet<Ranges>,
    /// Whether boundaries between words of Unicode are asked for, and of ASCII.
    words: (bool, bool),
    memory_bytes: usize,
}

/// One byte for each kind of character that a name may have.
#[derive(Debug)]
pub(super) struct Alphabet {
    pub(super) letters: Vec<Letter>,
}

/// A kind of character.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) byte: u8,
    /// One character of the kind.
    pub(super) shown: char,
    pub(super) is_space: bool,
}

impl Classes {
    pub(super) fn new(memory_bytes: usize) -> Self {
        Self {
            classes: BTreeSet::new(),
            words: (false, false),
            memory_bytes,
        }
    }

    /// Collects what an expression names.
    pub(super) fn add(&mut self, expression: &Hir, meter: &mut Meter) -> Result<(), Exhausted> {
        meter.spend(1)?;
        match expression.kind() {
            HirKind::Empty => Ok(()),
            HirKind::Look(look) => {
                let one = regex_syntax::hir::LookSet::singleton(*look);
                self.words.0 |= one.contains_word_unicode();
                self.words.1 |= one.contains_word_ascii();
                Ok(())
            }
            HirKind::Literal(literal) => {
                for character in std::str::from_utf8(&literal.0).unwrap_or_default().chars() {
                    self.insert(vec![(character.into(), character.into())], meter)?;
                }
                Ok(())
            }
            HirKind::Class(class) => self.insert(ranges(class), meter),
            HirKind::Repetition(repetition) => self.add(&repetition.sub, meter),
            HirKind::Capture(capture) => self.add(&capture.sub, meter),
            HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().try_for_each(|sub| self.add(sub, meter)),
        }
    }

    fn insert(&mut self, ranges: Ranges, meter: &mut Meter) -> Result<(), Exhausted> {
        meter.spend(ranges.len().div_ceil(16))?;
        let bytes = (4 + ranges.len()) * size_of::<(u32, u32)>();
        if self.classes.insert(ranges) {
            self.memory_bytes = self.memory_bytes.checked_sub(bytes).ok_or(Exhausted)?;
        }
        Ok(())
    }
}

impl Alphabet {
    /// Fails when the expressions tell more kinds of characters apart than there are bytes.
    pub(super) fn of(classes: &Classes, meter: &mut Meter) -> Result<Self, Exhausted> {
        let spaces = class_of(r"\s");
        let words = match classes.words {
            (true, true) => return Err(Exhausted),
            (true, false) => class_of(r"\w"),
            (false, true) => class_of(r"(?-u:\w)"),
            (false, false) => Ranges::new(),
        };
        let never = class_of(r"\p{Cc}");
        let mut kinds = Kinds::of(classes.classes.iter().chain([&spaces, &words, &never]));
        for class in classes.classes.iter().chain([&spaces, &words, &never]) {
            kinds.split(class, meter)?;
        }
        let mut shown: Vec<char> = kinds
            .shown()
            .into_iter()
            .filter(|shown| !holds(&never, *shown))
            .collect();
        shown.sort_by_key(|shown| {
            READABLE
                .chars()
                .position(|readable| readable == *shown)
                .unwrap_or(READABLE.len())
        });
        let (mut of_words, mut of_others): (Vec<u8>, Vec<u8>) = (0..=u8::MAX)
            .rev()
            .filter(|byte| !matches!(byte, b'\n' | b'\r'))
            .partition(|byte| is_word_byte(*byte));
        if words.is_empty() {
            of_others.append(&mut of_words);
        }
        let letters = shown.into_iter().map(|shown| {
            let bytes = if holds(&words, shown) {
                &mut of_words
            } else {
                &mut of_others
            };
            Ok(Letter {
                byte: bytes.pop().ok_or(Exhausted)?,
                shown,
                is_space: holds(&spaces, shown),
            })
        });
        Ok(Self {
            letters: letters.collect::<Result<_, _>>()?,
        })
    }

    /// The same expression over these bytes.
    pub(super) fn write(&self, expression: &Hir) -> Hir {
        let all = |subs: &[Hir]| subs.iter().map(|sub| self.write(sub)).collect();
        match expression.kind() {
            HirKind::Empty => Hir::empty(),
            HirKind::Look(look) => Hir::look(in_bytes(*look)),
            HirKind::Literal(literal) => {
                let characters = std::str::from_utf8(&literal.0).unwrap_or_default().chars();
                Hir::concat(
                    characters
                        .map(|character| self.class(&[(character.into(), character.into())]))
                        .collect(),
                )
            }
            HirKind::Class(class) => self.class(&ranges(class)),
            HirKind::Repetition(repetition) => Hir::repetition(Repetition {
                sub: Box::new(self.write(&repetition.sub)),
                ..repetition.clone()
            }),
            HirKind::Capture(Capture { sub, .. }) => self.write(sub),
            HirKind::Concat(subs) => Hir::concat(all(subs)),
            HirKind::Alternation(subs) => Hir::alternation(all(subs)),
        }
    }

    fn class(&self, ranges: &[(u32, u32)]) -> Hir {
        let letters = self.letters.iter().filter(|letter| holds(ranges, letter.shown));
        Hir::class(Class::Bytes(ClassBytes::new(
            letters.map(|letter| ClassBytesRange::new(letter.byte, letter.byte)),
        )))
    }
}

/// All characters, cut at the ends of ranges, with a number for the kind of each piece.
#[derive(Debug)]
struct Kinds {
    starts: Vec<u32>,
    kinds: Vec<usize>,
    count: usize,
}

impl Kinds {
    fn of<'classes>(classes: impl Iterator<Item = &'classes Ranges>) -> Self {
        let mut starts = BTreeSet::from([0, 0xd800, 0xe000]);
        for (first, last) in classes.flatten() {
            starts.extend([*first, last + 1]);
        }
        let starts: Vec<u32> = starts.into_iter().collect();
        Self {
            kinds: vec![0; starts.len()],
            starts,
            count: 1,
        }
    }

    /// Makes two kinds of each that is partly in a class.
    fn split(&mut self, class: &Ranges, meter: &mut Meter) -> Result<(), Exhausted> {
        meter.spend(self.starts.len().div_ceil(16))?;
        let mut parts: BTreeMap<(usize, bool), usize> = BTreeMap::new();
        let mut ranges = class.iter().peekable();
        for (start, kind) in self.starts.iter().zip(&mut self.kinds) {
            while ranges.next_if(|(_, last)| last < start).is_some() {}
            let inside = ranges.peek().is_some_and(|(first, _)| first <= start);
            let known = parts.len();
            *kind = *parts.entry((*kind, inside)).or_insert(known);
        }
        self.count = parts.len();
        Ok(())
    }

    /// One character of each kind.
    fn shown(&self) -> Vec<char> {
        let mut shown: Vec<Option<char>> = vec![None; self.count];
        let readable = READABLE
            .chars()
            .filter_map(|readable| Some((self.kind_of(readable)?, readable)));
        let ends = self.starts.iter().skip(1).copied().chain([0x11_0000]);
        let pieces = self.starts.iter().zip(ends).zip(&self.kinds);
        let others = pieces.filter_map(|((start, end), kind)| {
            let characters = || (*start..end).filter_map(char::from_u32).take(LOOKED_AT);
            let stays = |character: &char| compose(character.encode_utf8(&mut [0; 4])) == character.to_string();
            let best = characters().find(|character| character.is_alphanumeric() && stays(character));
            Some((
                *kind,
                best.or_else(|| characters().find(stays))
                    .or_else(|| characters().next())?,
            ))
        });
        for (kind, character) in readable.chain(others) {
            if let Some(shown) = shown.get_mut(kind) {
                shown.get_or_insert(character);
            }
        }
        shown.into_iter().flatten().collect()
    }

    fn kind_of(&self, character: char) -> Option<usize> {
        let piece = self.starts.partition_point(|start| *start <= u32::from(character));
        self.kinds.get(piece.checked_sub(1)?).copied()
    }
}

fn holds(ranges: &[(u32, u32)], character: char) -> bool {
    let code = u32::from(character);
    let next = ranges.partition_point(|(_, last)| *last < code);
    ranges.get(next).is_some_and(|(first, _)| *first <= code)
}

fn ranges(class: &Class) -> Ranges {
    let of_unicode = |class: &ClassUnicode| {
        let ranges = class.iter().map(|range| (range.start().into(), range.end().into()));
        ranges.collect()
    };
    match class {
        Class::Unicode(class) => of_unicode(class),
        // Patterns match text, so these are of ASCII.
        Class::Bytes(class) => class.to_unicode_class().as_ref().map(of_unicode).unwrap_or_default(),
    }
}

fn class_of(pattern: &str) -> Ranges {
    match regex_syntax::parse(pattern).map(Hir::into_kind) {
        Ok(HirKind::Class(class)) => ranges(&class),
        _ => Ranges::new(),
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn in_bytes(look: Look) -> Look {
    match look {
        Look::WordUnicode => Look::WordAscii,
        Look::WordUnicodeNegate => Look::WordAsciiNegate,
        Look::WordStartUnicode => Look::WordStartAscii,
        Look::WordEndUnicode => Look::WordEndAscii,
        Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
        Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
        other => other,
    }
}
