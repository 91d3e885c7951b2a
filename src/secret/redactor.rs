//! Finds every registered secret in a text and puts a placeholder in its place.

use super::patterns::{self, Pattern};
use super::{Secret, views};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// What stands where a secret was.
pub const PLACEHOLDER: &str = "[redacted]";

/// Shorter texts are not searched for: they would hit everywhere, and hide more than they protect. In bytes.
pub const SHORTEST: usize = 4;

/// A secret inside a URL inside JSON inside a log line: decoded at most so often.
const NESTED: usize = 3;

/// Knows the secrets of a run. Clones share them; safe to use from several threads.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    /// Each at least twice as large as the next, so that registering thousands of secrets one by one rebuilds few automata.
    tiers: Vec<Tier>,
    /// Some secret contains a space, so `+` has to be read as one.
    spaces: bool,
    longest: usize,
}

struct Tier {
    patterns: Vec<Pattern>,
    automaton: AhoCorasick,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// From now on this secret is replaced. `false`: it is empty or too short to be searched for, and stays visible.
    pub fn register(&self, secret: &Secret) -> bool {
        let text = secret.expose();
        // A piece of the placeholder itself cannot be hidden by it.
        if text.len() < SHORTEST || PLACEHOLDER.contains(text) {
            return false;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.add(text);
        true
    }

    /// The text without any registered secret.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replace_in_str(text, &self.known().ranges(text.as_bytes()))
    }

    /// Whether any registered secret stands in it, in the clear or encoded.
    pub fn holds(&self, text: &str) -> bool {
        !self.known().ranges(text.as_bytes()).is_empty()
    }

    /// The same for bytes that may be no UTF-8.
    pub fn clean_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        replace(bytes, &self.known().ranges(bytes))
    }

    /// Cleans every string in a JSON value; keys are the program's own. Numbers and structure stay as they are,
    /// so a secret that looks like a number cannot break the file. Says whether anything was replaced.
    pub fn clean_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.clean(text) {
                Cow::Borrowed(_) => false,
                Cow::Owned(clean) => {
                    *text = clean;
                    true
                }
            },
            // No short cut: every one of them has to be cleaned.
            Value::Array(items) => items.iter_mut().fold(false, |any, v| self.clean_value(v) | any),
            Value::Object(map) => map.values_mut().fold(false, |any, v| self.clean_value(v) | any),
            _ => false,
        }
    }

    /// The same data without secrets. Writers start from this: what they escape or shorten first, nobody could find any more.
    pub fn cleaned<'a, T: Serialize + DeserializeOwned + Clone>(&self, data: &'a T) -> Cow<'a, T> {
        if self.known().tiers.is_empty() {
            return Cow::Borrowed(data);
        }
        let mut value = serde_json::to_value(data).expect("what is cleaned is plain data");
        if !self.clean_value(&mut value) {
            return Cow::Borrowed(data);
        }
        // A secret that is a word of the format (`revoke`) leaves nothing that could be read back;
        // the writers' own cleaning of the finished text has to do then.
        serde_json::from_value(value).map_or(Cow::Borrowed(data), Cow::Owned)
    }

    /// Like [`Redactor::clean`], but `None` instead of waiting where another thread, or this one while it panics, holds the secrets.
    pub(super) fn try_clean(&self, text: &str) -> Option<String> {
        let known = self.0.try_read().ok()?;
        Some(replace_in_str(text, &known.ranges(text.as_bytes())).into_owned())
    }

    /// Where secrets are, sorted and apart.
    pub(super) fn ranges(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        self.known().ranges(bytes)
    }

    /// No encoding of any secret is longer, in bytes.
    pub(super) fn longest_encoded(&self) -> usize {
        // The widest is `\\u00XX`, twice escaped, for one byte.
        self.known().longest * 12
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn add(&mut self, text: &str) {
        let is_known = |p: &Pattern| !p.base64 && p.bytes.as_slice() == text.as_bytes();
        if self.tiers.iter().any(|t| t.patterns.iter().any(is_known)) {
            return;
        }
        let mut patterns = patterns::of(text);
        while let Some(last) = self.tiers.pop_if(|t| t.patterns.len() < 2 * patterns.len()) {
            patterns.extend(last.patterns);
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns.iter().map(|p| p.bytes.as_slice()))
            .expect("fewer patterns than 2^31");
        self.tiers.push(Tier { patterns, automaton });
        self.spaces |= text.contains(' ');
        self.longest = self.longest.max(text.len());
    }

    fn ranges(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !self.tiers.is_empty() {
            self.search(text, &|at| at, 0, &mut found);
        }
        merge(found)
    }

    /// Searches a text, or a decoded view of one, and all that it can be decoded to. `start`: where in the original a byte of it began.
    fn search(&self, text: &[u8], start: &dyn Fn(usize) -> usize, depth: usize, found: &mut Vec<Range<usize>>) {
        for tier in &self.tiers {
            for hit in tier.automaton.find_overlapping_iter(text) {
                let mut range = hit.range();
                if tier.patterns[hit.pattern()].base64 {
                    range = whole_base64(text, range);
                }
                found.push(start(range.start)..start(range.end));
            }
        }
        if depth < NESTED {
            let views: [views::Decode; 3] =
                [views::json, |text| views::url(text, false), |text| views::url(text, true)];
            // One after the other: a view of a whole report is as large as that.
            for view in &views[..if self.spaces { 3 } else { 2 }] {
                let Some(inner) = view(text) else { continue };
                self.search(&inner.bytes, &|at| start(inner.start(at)), depth + 1, found);
            }
        }
    }
}

/// The characters next to a piece of base64 hold bits of the secret too.
fn whole_base64(text: &[u8], range: Range<usize>) -> Range<usize> {
    let before = text[..range.start].iter().rev();
    let after = text[range.end..].iter();
    range.start - before.take_while(|b| patterns::is_base64(**b)).count()
        ..range.end + after.take_while(|b| patterns::is_base64(**b)).count()
}

/// Overlapping finds become one, so that no rest of the longer one stays.
fn merge(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_unstable_by_key(|r| (r.start, r.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

pub(super) fn replace<'a>(bytes: &'a [u8], ranges: &[Range<usize>]) -> Cow<'a, [u8]> {
    if ranges.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let mut clean = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for range in ranges {
        clean.extend_from_slice(&bytes[from..range.start]);
        clean.extend_from_slice(PLACEHOLDER.as_bytes());
        from = range.end;
    }
    clean.extend_from_slice(&bytes[from..]);
    Cow::Owned(clean)
}

fn replace_in_str<'a>(text: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    match replace(text.as_bytes(), ranges) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Finds begin and end at characters; should that ever be wrong, a replacement character is better than a panic.
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}
