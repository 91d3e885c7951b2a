//! A file that was named: its text, or what is wrong with it as a whole, with a place all the same.

use super::diagnostic::{Diagnostic, Place};
use super::parse::lines;
use super::problem::Problem;
use super::project::read_bytes;
use super::span::Span;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The text of a file of bounded size.
///
/// # Errors
/// It cannot be read, is too large, or no UTF-8.
pub fn read(path: &str) -> Result<String, Diagnostic> {
    let bytes = read_bytes(Path::new(path)).map_err(|problem| whole(path, problem))?;
    String::from_utf8(bytes).map_err(|e| no_utf8(path, e.as_bytes(), e.utf8_error().valid_up_to()))
}

/// SHA-256, lower-case hex: what a definition, a gate or an export is called by in the evidence.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is wrong with all of a file: its place is the beginning.
pub fn whole(path: &str, problem: Problem) -> Diagnostic {
    Diagnostic::new(problem, Place { file: path.to_string(), span: Span::START, line: String::new() })
}

fn no_utf8(path: &str, bytes: &[u8], valid: usize) -> Diagnostic {
    // With one more character it always has a last line.
    let before = format!("{}x", String::from_utf8_lossy(&bytes[..valid]));
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let line = lines(&before).count();
    let column = lines(&before).last().map_or(1, |last| last.chars().count());
    let span = Span { line: small(line), column: small(column), length: 1 };
    let line = lines(&String::from_utf8_lossy(bytes)).nth(line.saturating_sub(1)).unwrap_or("").to_string();
    Diagnostic::new(Problem::NoUtf8, Place { file: path.to_string(), span, line })
}
