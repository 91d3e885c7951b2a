//! One thing that is not as it was signed, or does not follow.

use crate::report;
use std::fmt;

/// What is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name in the run's directory.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

impl Finding {
    /// Both may come from a file that anyone may have written: they are made harmless here.
    pub fn new(file: &str, what: impl AsRef<str>) -> Self {
        Self { file: plain(file), what: plain(what.as_ref()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

/// One line that cannot steer a terminal, and not a long one.
pub fn plain(text: &str) -> String {
    const LONGEST: usize = 300;
    let line = report::one_line(text);
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Enough of a digest to tell two apart by eye.
pub(super) fn short(digest: &str) -> String {
    let start: String = plain(digest).chars().take(12).collect();
    format!("{start}…")
}
