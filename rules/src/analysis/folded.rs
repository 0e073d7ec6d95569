//! Prefixes as expressions over the characters of names, in any case.
//!
//! Names and prefixes are compared folded, and folding may join an accent to its letter: a capital `J` and a caron stay two
//! characters, and the small ones are one. So `j` is no prefix of a name that starts with `J` and a caron, and the small `j`
//! with caron is. This is exact wherever accents cannot also change places.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::language::{anything, parse};
use crate::name::{compose, fold_character};

/// The names that start with a prefix.
pub(super) enum Starting {
    Exactly(Hir),
    /// The first says too little, the second too much: they differ in names in which an accent follows the prefix.
    Between(Hir, Hir),
    /// The names to try first.
    Unknown(Hir),
}

pub(super) fn starting_with(folded: &str) -> Starting {
    let spelled: Vec<Hir> = folded.chars().map(spellings).collect();
    let much = Hir::concat(spelled.iter().cloned().chain([anything()]).collect());
    if !is_plain(folded) {
        return Starting::Unknown(much);
    }
    let mut before = spelled;
    match (folded.chars().next_back(), before.pop()) {
        (Some(last), Some(spelled)) if may_be_joined(last) => {
            let with_any_next = in_any_case(last).into_iter().filter(|letter| !is_joined_late(*letter));
            let with_any_next = Hir::concat(vec![any_of(with_any_next), anything()]);
            let with_no_accent = Hir::concat(vec![spelled, parse(r"(?s:\P{M}.*)?")]);
            before.push(Hir::alternation(vec![with_any_next, with_no_accent]));
            Starting::Between(Hir::concat(before), much)
        }
        _ => Starting::Exactly(much),
    }
}

/// Whether a prefix has no accent that may change places with another one when a name is folded.
pub(super) fn is_plain(folded: &str) -> bool {
    let pairs = folded.chars().zip(folded.chars().skip(1));
    !pairs
        .into_iter()
        .any(|(letter, next)| is_combining_mark(next) && may_be_joined(letter))
}

/// The text without case and accents that a name starts with if it starts with this one, up to the first accent.
pub(super) fn bare(text: &str) -> String {
    let bare = text.nfd().map(fold_character).nfd();
    bare.take_while(|character| !is_combining_mark(*character)).collect()
}

/// All that is this character when it is folded: in any case, and as a letter with accents that it joins only then.
fn spellings(folded: char) -> Hir {
    let one = any_of(in_any_case(folded).into_iter());
    let mut apart = folded.nfd();
    let (Some(letter), accents) = (apart.next(), apart.collect::<String>()) else {
        return one;
    };
    if accents.is_empty() {
        return one;
    }
    let texts = in_any_case(letter)
        .into_iter()
        .map(|letter| compose(&format!("{letter}{accents}")));
    let loose = texts.filter(|text| text.chars().count() > 1);
    Hir::alternation(
        [one]
            .into_iter()
            .chain(loose.map(|text| Hir::literal(text.into_bytes())))
            .collect(),
    )
}

/// Whether an accent may join this letter when both are folded, and stand loose before.
fn may_be_joined(folded: char) -> bool {
    let letter = folded.nfd().next().unwrap_or(folded);
    in_any_case(letter).into_iter().any(is_joined_late)
}

/// Whether this letter, which may have accents, is one that an accent joins only when it is folded. Says yes to some more.
fn is_joined_late(letter: char) -> bool {
    let bare = letter.nfd().next().unwrap_or(letter);
    let is_known =
        matches!(bare, 'H' | 'J' | 'T' | 'W' | 'Y' | '\u{17f}' | '\u{370}'..='\u{3ff}' | '\u{1c80}'..='\u{1c8f}');
    is_known && fold_character(bare) != bare
}

fn in_any_case(character: char) -> Vec<char> {
    let text = regex_syntax::escape(character.encode_utf8(&mut [0; 4]));
    match parse(&format!("(?i:{text})")).into_kind() {
        HirKind::Class(Class::Unicode(class)) => class.iter().flat_map(|range| range.start()..=range.end()).collect(),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = class.iter().flat_map(|range| range.start()..=range.end());
            bytes.map(char::from).collect()
        }
        _ => vec![character],
    }
}

fn any_of(characters: impl Iterator<Item = char>) -> Hir {
    let ranges = characters.map(|character| ClassUnicodeRange::new(character, character));
    Hir::class(Class::Unicode(ClassUnicode::new(ranges)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::name::fold;

    #[test]
    fn any_case_means_the_characters_that_fold_to_one() {
        let mut others = BTreeMap::new();
        for character in '\0'..=char::MAX {
            let folded = fold_character(character);
            if folded != character {
                others.entry(folded).or_insert_with(|| vec![folded]).push(character);
            }
        }
        assert!(others.len() > 1_000, "only {} characters have case", others.len());
        for (folded, mut characters) in others {
            characters.sort_unstable();
            assert_eq!(in_any_case(folded), characters);
        }
    }

    #[test]
    fn folding_joins_accents_to_no_other_letters_than_those_that_are_known() {
        let accents: Vec<char> = ('\u{a0}'..='\u{2ffff}')
            .filter(|accent| is_combining_mark(*accent))
            .collect();
        // No accent joins a letter whose plain form it joins in no name.
        let joining: Vec<char> = accents
            .iter()
            .copied()
            .filter(|accent| ('a'..='\u{4ff}').any(|letter| compose(&format!("{letter}{accent}")).chars().count() == 1))
            .collect();
        let mut joined = 0;
        for letter in ('A'..='\u{1ffff}').filter(|letter| fold_character(*letter) != *letter) {
            for accent in &joining {
                let text = String::from_iter([letter, *accent]);
                let one_by_one: String = text.chars().map(fold_character).collect();
                if compose(&text) == text && fold(&text) != one_by_one {
                    joined += 1;
                    assert!(is_joined_late(letter), "{text:?}");
                    assert!(may_be_joined(fold_character(letter)), "{text:?}");
                }
            }
        }
        assert!(joined >= 10, "only {joined} were found");
    }

    #[test]
    fn a_letter_is_spelled_in_all_the_ways_that_fold_to_it() {
        #[track_caller]
        fn check(folded: char, expected: &str) {
            assert_eq!(spellings(folded).to_string(), parse(expected).to_string());
        }
        check('e', "[eE]");
        check('\u{e9}', "[\u{e9}\u{c9}]");
        check('\u{1f0}', "\u{1f0}|J\u{30c}");
        check('\u{161}', "[\u{161}\u{160}]|\u{17f}\u{30c}");
        check('-', "-");
    }
}
