//! A file of the drills directory: its text, and the hash that binds it.

use crate::document::{Diagnostic, file};

/// A file that was read.
pub struct File {
    /// All of it.
    pub text: String,
    /// Of its bytes, hex.
    pub sha256: String,
}

/// Reads a file of bounded size.
///
/// # Errors
/// It cannot be read, or is no UTF-8.
pub fn read(path: &str) -> Result<File, Diagnostic> {
    let text = file::read(path)?;
    let sha256 = file::sha256(text.as_bytes());
    Ok(File { text, sha256 })
}
