//! Collects what is wrong with the meaning of a document, all of it at once.

use super::diagnostic::Diagnostic;
use super::duration::{RawDuration, milliseconds};
use super::parse::Source;
use super::problem::Problem;
use super::span::{At, Span};

/// What was found so far in one document.
#[derive(Debug)]
pub struct Findings<'a> {
    source: Source<'a>,
    found: Vec<Diagnostic>,
}

impl<'a> Findings<'a> {
    /// Nothing yet.
    pub fn new(source: Source<'a>) -> Self {
        Self { source, found: Vec::new() }
    }
    /// Something at a place of the document.
    pub fn add(&mut self, problem: Problem, span: Span) {
        self.found.push(Diagnostic::new(problem, self.source.place(span)));
    }
    /// Something in another file.
    pub fn add_elsewhere(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }
    /// Its milliseconds; 0 where it is none, which was noted.
    pub fn duration(&mut self, raw: &At<RawDuration>) -> u64 {
        milliseconds(&raw.value.0).unwrap_or_else(|problem| {
            self.add(problem, raw.span);
            0
        })
    }
    /// A TTL in ms: OpenBao knows whole seconds.
    pub fn ttl(&mut self, raw: &At<RawDuration>) -> u64 {
        let ms = self.duration(raw);
        if !ms.is_multiple_of(1_000) {
            self.add(Problem::NoWholeSeconds, raw.span);
            return 0;
        }
        ms
    }
    /// A name by the pattern.
    pub fn name(&mut self, what: &'static str, name: &At<String>) {
        if !super::is_name(&name.value) {
            self.add(Problem::BadName { what, name: name.value.clone() }, name.span);
        }
    }
    /// A text for people that must say something.
    pub fn text(&mut self, what: &'static str, text: &At<String>) {
        if text.value.trim().is_empty() {
            self.add(Problem::Blank(what), text.span);
        }
    }
    /// Everything found, in the order of places.
    pub fn into_all(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|d| d.place.as_ref().map(|p| (p.file != self.source.file, p.file.clone(), p.span)));
        self.found
    }
}
