//! All files of a run's directory with their digests.

use super::{ENVELOPE, SealError};
use crate::report;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

/// A run's directory has one level besides its own; more is somebody else's.
const DEEPEST: usize = 8;
/// So many files are no run's.
const MOST: usize = 10_000;

/// A file's content in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// Hex.
    pub sha256: String,
    /// In bytes.
    pub bytes: u64,
}

/// What a directory holds at one moment, but for the envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// By name, with `/`.
    pub files: BTreeMap<String, FileDigest>,
    /// What no digest can bind: links, sockets, pipes, names that are no text; with what they are.
    pub odd: BTreeMap<String, &'static str>,
}

impl Snapshot {
    /// Reads everything in it. The directory itself may be given by a link (`reports/latest`).
    ///
    /// # Errors
    /// Something cannot be read, or it is no run's directory by its size.
    pub fn take(dir: &Path) -> Result<Self, SealError> {
        let mut snapshot = Self::default();
        snapshot.walk(dir, "", 0)?;
        Ok(snapshot)
    }

    fn walk(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<(), SealError> {
        let cannot = |path: &Path, e: &std::io::Error| SealError::new(format!("cannot read {}: {e}", path.display()));
        if depth > DEEPEST {
            return Err(SealError::new(format!("{}: too deep for a run's directory", dir.display())));
        }
        for entry in fs::read_dir(dir).map_err(|e| cannot(dir, &e))? {
            let entry = entry.map_err(|e| cannot(dir, &e))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|e| cannot(&path, &e))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if self.files.len() + self.odd.len() >= MOST {
                return Err(SealError::new(format!("{}: more than {MOST} files: no run's directory", dir.display())));
            }
            if entry.file_name().to_str().is_none() {
                self.odd.insert(name, "has a name that is no text");
            } else if kind.is_dir() {
                self.walk(&path, &format!("{name}/"), depth + 1)?;
            } else if kind.is_symlink() {
                self.odd.insert(name, "is a link: what it leads to would not be bound");
            } else if !kind.is_file() {
                self.odd.insert(name, "is no regular file");
            } else if name != ENVELOPE {
                let file = File::open(&path).map_err(|e| cannot(&path, &e))?;
                let (sha256, bytes) = report::sha256_of(file).map_err(|e| cannot(&path, &e))?;
                self.files.insert(name, FileDigest { sha256, bytes });
            }
        }
        Ok(())
    }
}
