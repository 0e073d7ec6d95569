//! The word that was meant, for whoever mistyped one.

/// A word of more bytes is near to none that is known.
const KNOWN_BYTES_MAX: usize = 64;

/// The known word that is nearest, if any is near.
pub(super) fn nearest<'known>(word: &str, known: &[&'known str]) -> Option<&'known str> {
    if word.len() > KNOWN_BYTES_MAX {
        return None;
    }
    let word = word.to_lowercase();
    let near = known.iter().map(|known| (distance(&word, known), *known));
    let limit = word.chars().count() / 3 + 1;
    near.min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, known)| known)
}

/// How many characters have to be put in, taken out or replaced to make one word of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, character) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (known, above) in other.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(character != *known))
                .min(left + 1)
                .min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_when_one_is_near() {
        let known = ["name", "match", "exclude", "targets", "auto_approve"];
        assert_eq!(nearest("mach", &known), Some("match"));
        assert_eq!(nearest("target", &known), Some("targets"));
        assert_eq!(nearest("Exlcude", &known), Some("exclude"));
        assert_eq!(nearest("autoapprove", &known), Some("auto_approve"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest(&"x".repeat(10_000), &known), None);
    }

    #[test]
    fn a_word_is_near_when_no_more_than_a_third_of_it_and_one_character_differ() {
        assert_eq!(nearest("xxrget", &["targets"]), Some("targets"));
        assert_eq!(nearest("xxxget", &["targets"]), None);
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("abcd", "abc"), 1);
        assert_eq!(distance("abc", "abcd"), 1);
    }
}
