//! The nearest known word.

use std::fmt::Write;

/// The known word that was probably meant, if one is near enough to be a slip.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A file may hold any text: the distance is quadratic, and no key is as long as this.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    known
        .into_iter()
        .map(|k| (distance(&word, &plain(k)), k))
        .filter(|(d, k)| *d <= 1 + k.chars().count() / 4)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

fn distance(a: &str, b: &str) -> usize {
    // A word cut short is as near as a slip: `revocation` for `revocation-statements`.
    let start = a.len() >= 5 && (b.starts_with(a) || a.starts_with(b));
    if start { 1 } else { strsim::damerau_levenshtein(a, b) }
}

/// `` `a`, `b` or `c` ``
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().collect();
    let mut text = String::new();
    for (i, word) in words.iter().enumerate() {
        let joint = match i {
            0 => "",
            _ if i + 1 == words.len() => " or ",
            _ => ", ",
        };
        let _ = write!(text, "{joint}`{word}`");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let known = ["revocation_statements", "role", "default_ttl", "max_ttl"];
        assert_eq!(nearest("revocation_statement", known), Some("revocation_statements"));
        assert_eq!(nearest("revocation", known), Some("revocation_statements"));
        assert_eq!(nearest("Default-TTL", known), Some("default_ttl"));
        assert_eq!(nearest("rloe", known), Some("role"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(nearest(&"role".repeat(1000), known), None);
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(one_of([]), "");
    }
}
