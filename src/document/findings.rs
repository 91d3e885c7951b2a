//! Collects what is wrong with the meaning of a document, all of it at once.

use super::diagnostic::Diagnostic;
use super::duration::{RawDuration, milliseconds};
use super::node::{Node, Value};
use super::parse::Source;
use super::problem::Problem;
use super::span::{At, Span};

/// What is wrong a hundred times is generated, or no drill at all. Each finding holds its line, which may be the whole file.
const MOST: usize = 100;

/// What `drill new` leaves to a person: `${TODO what}`.
pub const TODO: &str = "${TODO";

/// What is to be filled in, where a text says so.
pub fn todo(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(TODO)?;
    Some(rest.split('}').next().unwrap_or(rest).trim())
}

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
        if self.found.len() >= MOST {
            return;
        }
        self.found.push(Diagnostic::new(problem, self.source.place(span)));
    }
    /// Something in another file.
    pub fn add_elsewhere(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MOST {
            self.found.push(diagnostic);
        }
    }
    /// The place of a word within a place, if it can be seen there.
    pub fn within(&self, span: Span, word: &str) -> Span {
        if self.found.len() >= MOST {
            return span;
        }
        let line: Vec<char> = self.source.line(span.line).chars().collect();
        let word: Vec<char> = word.chars().collect();
        let start = (span.column as usize).saturating_sub(1).min(line.len());
        let found = line[start..].windows(word.len().max(1)).position(|w| w == word);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        found.map_or(span, |i| Span { column: small(start + i + 1), length: small(word.len()), ..span })
    }
    /// The place of the key that a list or a mapping belongs to: its own line, or the one above.
    pub fn key_of(&self, span: Span, key: &str) -> Span {
        let colon = format!("{key}:");
        for line in [span.line, span.line.saturating_sub(1)] {
            let start = Span { line, column: 1, length: 1 };
            let found = self.within(start, &colon);
            if found != start && (line < span.line || found.column < span.column) {
                return Span { length: found.length - 1, ..found };
            }
        }
        span
    }
    /// What `drill new` left to be filled in, wherever it stands in the document.
    pub fn todos(&mut self, node: &Node) {
        match &node.value {
            Value::Text(text) => {
                if let Some(what) = todo(text) {
                    self.add(Problem::Todo(what.to_string()), node.span);
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.todos(item)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| self.todos(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
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
        // What is not filled in yet cannot be right: nothing else is said of it.
        let open: Vec<_> = self.found.iter().filter(|d| matches!(d.problem, Problem::Todo(_))).cloned().collect();
        self.found.retain(|d| matches!(d.problem, Problem::Todo(_)) || !open.iter().any(|o| o.place == d.place));
        self.found.sort_by_key(|d| d.place.as_ref().map(|p| (p.file != self.source.file, p.file.clone(), p.span)));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Findings<'_> {
        Findings::new(Source { file: "a.yaml", text })
    }
    fn span(line: u32, column: u32, length: u32) -> Span {
        Span { line, column, length }
    }

    #[test]
    fn a_word_within_a_place() {
        let f = findings("é: {{x}} {{x}}\n");
        assert_eq!(f.within(span(1, 4, 11), "{{x}}"), span(1, 4, 5));
        assert_eq!(f.within(span(1, 5, 10), "{{x}}"), span(1, 10, 5), "before its beginning there is nothing");
        for nowhere in ["{{y}}", "é: {{x}} {{x}} and more"] {
            assert_eq!(f.within(span(1, 4, 11), nowhere), span(1, 4, 11));
        }
        assert_eq!(f.within(span(9, 9, 9), "x"), span(9, 9, 9));
        assert_eq!(f.within(span(1, 99, 1), "x"), span(1, 99, 1));
    }

    #[test]
    fn the_key_of_a_value() {
        let f = findings("ttl: 1h\nlist:\n  - a\nflow: { ttl: 1h }\n");
        assert_eq!(f.key_of(span(1, 6, 2), "ttl"), span(1, 1, 3));
        assert_eq!(f.key_of(span(3, 3, 1), "list"), span(2, 1, 4));
        assert_eq!(f.key_of(span(4, 14, 2), "ttl"), span(4, 9, 3));
        assert_eq!(f.key_of(span(3, 3, 1), "none"), span(3, 3, 1));
        assert_eq!(f.key_of(span(1, 1, 1), "list"), span(1, 1, 1), "what stands behind is another's");
    }

    #[test]
    fn a_todo_and_what_is_to_do() {
        for (text, what) in [
            ("${TODO the owner}", Some("the owner")),
            ("x ${TODO a} ${TODO b}", Some("a")),
            ("${TODO open", Some("open")),
            ("${TODO}", Some("")),
            ("TODO", None),
            ("${parent}", None),
        ] {
            assert_eq!(todo(text), what, "{text}");
        }
    }

    #[test]
    fn an_open_todo_is_not_judged_besides() {
        let mut f = findings("a: x\nb: y\n");
        f.add(Problem::Blank("a"), span(1, 4, 1));
        f.add(Problem::Todo("a".into()), span(1, 4, 1));
        f.add(Problem::Blank("b"), span(2, 4, 1));
        let left: Vec<Problem> = f.into_all().into_iter().map(|d| d.problem).collect();
        assert_eq!(left, [Problem::Todo("a".into()), Problem::Blank("b")]);
    }

    #[test]
    fn findings_stand_in_the_order_of_places_and_end_somewhere() {
        let mut f = findings("a: x\n");
        for line in (1..=200).rev() {
            f.add(Problem::EmptyStatement, span(line, 1, 1));
        }
        let all = f.into_all();
        assert_eq!(all.len(), MOST);
        assert!(all.is_sorted_by_key(|d| d.place.as_ref().map(|p| p.span.line)));
    }

    #[test]
    fn a_ttl_has_whole_seconds() {
        let raw = |text: &str| At { value: RawDuration(text.into()), span: span(1, 1, 1) };
        let mut f = findings("x");
        assert_eq!(f.ttl(&raw("90s")), 90_000);
        assert_eq!(f.ttl(&raw("1500ms")), 0);
        assert_eq!(f.duration(&raw("1500ms")), 1_500);
        assert_eq!(f.ttl(&raw("soon")), 0);
        let problems: Vec<Problem> = f.into_all().into_iter().map(|d| d.problem).collect();
        assert_eq!(problems, [Problem::NoWholeSeconds, Problem::NoDuration("soon".into())]);
    }
}
