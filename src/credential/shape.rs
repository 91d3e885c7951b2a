//! What the shapes of all kinds have in common.

use crate::document::{Problem, duration};

/// A default that OpenBao would cut.
pub fn above(default_ms: u64, max_ms: u64) -> Problem {
    Problem::DefaultAboveMax { default: duration::text(default_ms), max: duration::text(max_ms) }
}

/// Production's own roles are called as OpenBao allows it.
pub fn is_role(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= 128
        && name.starts_with(word)
        && name.ends_with(word)
        && name.chars().all(|c| word(c) || c == '-' || c == '.')
}
