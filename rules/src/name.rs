//! The two forms of a name that are compared: its key, and the text that rules are matched against.
//!
//! Which names must be unique is the engine's business; the spelling that is shown is kept there too.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// What a name is compared by: NFC, outer white space trimmed, simple case folding.
///
/// Two spellings of one name have equal keys, whatever their case and their composition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct NameKey(String);

impl NameKey {
    /// The key of a name as it was pushed or typed.
    pub fn of(name: &str) -> Self {
        Self(fold(name.trim()))
    }

    /// The key as text, for storage and for looking up; not for showing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Reading makes the key again, which changes nothing for a key, so that no text from outside passes for one.
impl From<String> for NameKey {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl From<NameKey> for String {
    fn from(key: NameKey) -> Self {
        key.0
    }
}

/// The text that all kinds of pattern are matched against: NFC of the trimmed display name, in its own case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchName {
    text: String,
    key: NameKey,
}

impl MatchName {
    /// The text to match for a display name.
    pub fn of(display_name: &str) -> Self {
        let text = compose(display_name.trim());
        let key = NameKey::of(&text);
        Self { text, key }
    }

    /// The normalized, trimmed display name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key of the same name.
    pub fn key(&self) -> &NameKey {
        &self.key
    }
}

/// NFC (Unicode Annex 15).
pub(crate) fn compose(text: &str) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.to_owned(),
        IsNormalized::No | IsNormalized::Maybe => text.nfc().collect(),
    }
}

/// NFC, simple case folding of each character (CaseFolding.txt, statuses C and S), and NFC again, because a folded letter may
/// compose with the mark behind it where its capital does not: there is a small `j` with caron, but no capital one.
pub fn fold(text: &str) -> String {
    // Most names are ASCII, and lists compare many: for them the tables say no more than this.
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let folded: String = compose(text).chars().map(fold_character).collect();
    compose(&folded)
}

pub(crate) fn fold_character(character: char) -> char {
    unicode_case_mapping::case_folded(character)
        .and_then(|code| char::from_u32(code.get()))
        .unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IntoDeserializer;
    use serde::de::value::Error as ValueError;

    use super::*;

    #[track_caller]
    fn check(name: &str, key: &str) {
        assert_eq!(NameKey::of(name).as_str(), key);
    }

    #[test]
    fn case_composition_and_outer_white_space_do_not_distinguish_names() {
        check("Engineering", "engineering");
        check("\t Engineering \n", "engineering");
        check("Ren\u{e9}", "ren\u{e9}");
        check("RENE\u{301}", "ren\u{e9}");
        check("\u{212a}elvin", "kelvin");
        check("J\u{30c}", "\u{1f0}");
        check("\u{3a3}\u{3a3}", "\u{3c3}\u{3c3}");
        check("\u{3c3}\u{3c2}", "\u{3c3}\u{3c3}");
    }

    #[test]
    fn the_tables_fold_ascii_as_the_short_cut_does() {
        for character in (0..=0x7f_u8).map(char::from) {
            assert_eq!(fold_character(character), character.to_ascii_lowercase());
        }
    }

    #[test]
    fn inner_white_space_accents_and_widths_distinguish_names() {
        check("eng  ops", "eng  ops");
        check("Stra\u{df}e", "stra\u{df}e");
        check("Strasse", "strasse");
        check("\u{ff21}", "\u{ff41}");
        check("", "");
    }

    #[test]
    fn the_text_to_match_keeps_its_case() {
        let name = MatchName::of("  Rene\u{301} Ops ");
        assert_eq!(name.as_str(), "Ren\u{e9} Ops");
        assert_eq!(name.key(), &NameKey::of("ren\u{e9} ops"));
    }

    #[test]
    fn no_text_from_outside_passes_for_a_key() {
        let read =
            NameKey::deserialize(" RENE\u{301}".into_deserializer()).map_err(|error: ValueError| error.to_string());
        assert_eq!(read, Ok(NameKey::of("ren\u{e9}")));
    }

    #[test]
    fn a_key_is_stored_as_its_text() {
        assert_eq!(String::from(NameKey::of(" RENE\u{301}")), "ren\u{e9}");
    }

    #[test]
    fn every_single_character_folds_to_a_fixed_point() {
        for character in '\0'..=char::MAX {
            let once = fold(character.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{:x}", u32::from(character));
        }
    }

    /// Letters with case, letters that only compose in one case, and marks of several combining classes.
    fn awkward_text() -> impl Strategy<Value = String> {
        proptest::string::string_regex("[ aAjJsS\u{df}\u{1e9e}\u{130}\u{131}\u{e9}\u{c9}\u{1f0}\u{212a}\u{212b}\u{3b1}\u{391}\u{1fb3}\u{1fbc}\u{390}\u{1fd3}\u{301}\u{30c}\u{327}\u{345}\u{3b9}\u{1100}\u{1161}\u{ac00}\u{13a0}\u{ab70}-]{0,8}").unwrap()
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![awkward_text(), any::<String>()]
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in any_text()) {
            let key = NameKey::of(&text);
            prop_assert_eq!(&NameKey::of(key.as_str()), &key);
        }

        #[test]
        fn composed_and_decomposed_spellings_have_one_key(text in any_text()) {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(NameKey::of(&decomposed), NameKey::of(&text));
        }

        #[test]
        fn each_case_of_a_name_has_one_key(text in "[a-zA-Z\u{e0}-\u{f6}\u{3b1}-\u{3c9}\u{430}-\u{44f} -]{0,12}") {
            prop_assert_eq!(NameKey::of(&text.to_uppercase()), NameKey::of(&text));
            prop_assert_eq!(NameKey::of(&text.to_lowercase()), NameKey::of(&text));
        }

        #[test]
        fn the_text_to_match_and_the_name_have_one_key(text in any_text()) {
            let name = MatchName::of(&text);
            prop_assert_eq!(name.key(), &NameKey::of(&text));
            prop_assert_eq!(&MatchName::of(name.as_str()), &name);
        }
    }
}
