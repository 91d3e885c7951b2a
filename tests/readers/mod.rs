//! Reports read back: check → verdict, as far as each format names them. Only from their text, as a stranger would.

#![allow(dead_code)] // every test binary uses another part

pub mod annotations;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod metrics;
pub mod terminal;

use std::collections::BTreeMap;

/// The whole id of a check → its verdict's word.
pub type Said = BTreeMap<String, String>;

/// What a report that shortens says: those that it names, and how many ended how.
#[derive(Debug, Default)]
pub struct Shortened {
    pub named: Said,
    /// Verdict's word → how many, named or not.
    pub counts: BTreeMap<String, usize>,
}

impl Shortened {
    pub fn name(&mut self, id: String, verdict: &str) {
        assert!(!self.named.contains_key(&id), "{id} stands twice");
        self.named.insert(id, verdict.to_owned());
    }
    pub fn count(&mut self, verdict: &str, n: usize) {
        *self.counts.entry(verdict.to_owned()).or_default() += n;
    }
}
