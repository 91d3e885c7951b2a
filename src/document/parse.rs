//! YAML text → tree with places, within budgets: no file makes the loader slow, big or deep.

use super::diagnostic::{Diagnostic, Place};
use super::node::{Key, Node, Value};
use super::problem::Problem;
use super::span::Span;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;
use std::fmt;

/// The largest definition; the longest drill that anybody wrote is a hundredth of it.
pub const LARGEST_FILE_BYTES: u64 = 1 << 20;
/// Nothing in a drill is deeper than 8.
const DEEPEST: usize = 32;
const MOST_NODES: usize = 20_000;
const MOST_ALIASES: usize = 100;

/// A file's name and text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// As it was given, with `/`.
    pub file: &'a str,
    /// All of it.
    pub text: &'a str,
}

/// Lines as YAML counts them: also a carriage return alone ends one.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(end) = rest.find(['\n', '\r']) else {
            return Some(std::mem::take(&mut rest));
        };
        let (line, after) = rest.split_at(end);
        rest = after.strip_prefix("\r\n").unwrap_or(&after[1..]);
        Some(line)
    })
}

impl Source<'_> {
    /// The text of a line, from 1.
    pub fn line(&self, line: u32) -> &str {
        let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        lines(self.text).nth(index).unwrap_or("")
    }
    /// A place in it.
    pub fn place(&self, span: Span) -> Place {
        Place { file: self.file.to_string(), span, line: self.line(span.line).to_string() }
    }
}

/// A source whose lines are found at once: every value asks for its own.
struct Lines<'a> {
    source: Source<'a>,
    all: Vec<&'a str>,
}

impl Lines<'_> {
    fn line(&self, line: u32) -> &str {
        let index = usize::try_from(line).unwrap_or(usize::MAX).wrapping_sub(1);
        self.all.get(index).copied().unwrap_or("")
    }
    fn place(&self, span: Span) -> Place {
        Place { file: self.source.file.to_string(), span, line: self.line(span.line).to_string() }
    }
    fn slice(&self, span: Span) -> String {
        let skip = span.column.saturating_sub(1) as usize;
        self.line(span.line).chars().skip(skip).take(span.length as usize).collect()
    }
}

/// The tree of a document.
///
/// # Errors
/// What is wrong with it, with its place: no YAML, nothing in it, several documents, a key that is none or stands twice.
pub fn parse(source: Source) -> Result<Node, Diagnostic> {
    parse_with(source, MOST_ALIASES)
}

/// The tree of a document in which everything stands where it is read: anchors, aliases and merge keys are refused.
///
/// # Errors
/// As `parse`.
pub fn parse_plain(source: Source) -> Result<Node, Diagnostic> {
    parse_with(source, 0)
}

fn parse_with(source: Source, most_aliases: usize) -> Result<Node, Diagnostic> {
    let lines = &Lines { source, all: lines(source.text).collect() };
    let blank = lines.all.iter().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'));
    if blank {
        return Err(Diagnostic::new(Problem::Empty, source.place(Span::START)));
    }
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: DEEPEST,
            max_nodes: MOST_NODES,
            max_events: 4 * MOST_NODES,
            max_aliases: most_aliases,
            max_anchors: most_aliases,
            max_merge_keys: most_aliases,
            flow_nesting_limit: DEEPEST,
        },
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
    };
    let raw: Spanned<Raw> = serde_yaml::from_str_with_options(source.text, options).map_err(|e| explain(&e, lines))?;
    tree(raw, lines)
}

/// The deepest place of an error, and what it means to somebody who writes drills.
fn explain(error: &serde_yaml::Error, source: &Lines) -> Diagnostic {
    use serde_yaml::Error as E;
    use serde_yaml::budget::BudgetBreach as Breach;
    let at = error.location().map_or(Span::START, |l| span(&l, source));
    let original = original(error);
    let words = original.render_with_formatter(&serde_yaml::UserMessageFormatter);
    let words = words.split(" at line ").next().unwrap_or("no YAML").to_string();
    let problem = match original {
        E::MultipleDocuments { .. } => Problem::SeveralDocuments,
        E::Budget { breach, .. } => match breach {
            Breach::Depth { .. } => Problem::TooDeep(DEEPEST),
            // More than none: only where none is allowed.
            Breach::Aliases { aliases: 1 } | Breach::Anchors { anchors: 1 } | Breach::MergeKeys { merge_keys: 1 } => {
                Problem::Alias
            }
            _ => Problem::TooMuch,
        },
        E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. } => Problem::TooMuch,
        E::UnknownAnchor { .. } => Problem::UnknownAlias(source.slice(word(source, at))),
        _ => syntax(words, source, at),
    };
    let at = match problem {
        Problem::Tab => tab_in(source, at),
        Problem::UnknownAlias(_) | Problem::Alias => word(source, at),
        _ => at,
    };
    Diagnostic::new(problem, source.place(at))
}

/// The parser's words, in those of somebody who writes drills.
fn syntax(words: String, source: &Lines, at: Span) -> Problem {
    let has = |part: &str| words.contains(part);
    let before: String = source.line(at.line).chars().take(at.column.saturating_sub(1) as usize).collect();
    if has("recursion limit") || has("nesting") {
        Problem::TooDeep(DEEPEST)
    } else if has("tab") {
        Problem::Tab
    } else if source.line(at.line).contains("{{") {
        Problem::UnquotedTemplate
    } else if has("',' or '}'") {
        Problem::NotClosed { open: '{', close: '}' }
    } else if has("',' or ']'") {
        Problem::NotClosed { open: '[', close: ']' }
    } else if has("unclosed quote") {
        Problem::OpenQuote
    } else if has("mapping values are not allowed") {
        Problem::SecondColon
    } else if has("expected ':'") {
        Problem::NoColon
    } else if has("did not find expected key") || has("block sequence") {
        Problem::Indented
    } else if has("an anchor or alias") {
        Problem::StarBegins
    } else if before.contains(" !") {
        Problem::Tag
    } else {
        Problem::NoYaml(words)
    }
}

/// To the end of the word that begins here.
fn word(source: &Lines, at: Span) -> Span {
    let rest = source.line(at.line).chars().skip(at.column.saturating_sub(1) as usize);
    let length = rest.take_while(|c| !c.is_whitespace() && !",]}".contains(*c)).count();
    Span { length: u32::try_from(length).unwrap_or(1).max(1), ..at }
}

fn original(error: &serde_yaml::Error) -> &serde_yaml::Error {
    match error.without_snippet() {
        serde_yaml::Error::AliasError { error, .. } => original(error),
        other => other,
    }
}

/// The parser names what follows the tab, or what stands before its line.
fn tab_in(source: &Lines, at: Span) -> Span {
    let next = at.line.saturating_add(1);
    for line in [at.line, next] {
        if let Some(i) = source.line(line).chars().position(|c| c == '\t') {
            return Span { line, column: u32::try_from(i).unwrap_or(0) + 1, length: 1 };
        }
    }
    at
}

fn span(location: &serde_yaml::Location, source: &Lines) -> Span {
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let lines = u32::try_from(source.all.len()).unwrap_or(u32::MAX).max(1);
    let (line, column) = (small(location.line()), small(location.column()));
    if line == 0 {
        return Span::START;
    }
    if line > lines {
        // The end of the file is no line of it.
        let last = u32::try_from(source.line(lines).chars().count()).unwrap_or(0);
        return Span { line: lines, column: last + 1, length: 1 };
    }
    Span { line, column: column.max(1), length: small(location.span().len()).max(1) }
}

fn tree(raw: Spanned<Raw>, source: &Lines) -> Result<Node, Diagnostic> {
    let at = span(&raw.referenced, source);
    let aliased = raw.referenced != raw.defined;
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(b) => Value::Bool(b),
        // As it was written, which an alias does not show.
        Raw::Number(n) if aliased => Value::Number(n),
        Raw::Number(_) => Value::Number(source.slice(at)),
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => Value::List(items.into_iter().map(|item| tree(item, source)).collect::<Result<_, _>>()?),
        Raw::Map(entries) => Value::Map(map(entries, source)?),
    };
    Ok(Node { span: at, value })
}

fn map(entries: Vec<(Spanned<Raw>, Spanned<Raw>)>, source: &Lines) -> Result<Vec<(Key, Node)>, Diagnostic> {
    let mut seen: Vec<(Key, Node)> = Vec::new();
    for (key, value) in entries {
        let at = span(&key.referenced, source);
        let name = match key.value {
            Raw::Text(name) => name,
            Raw::Map(_) if source.line(at.line).contains("{{") => {
                let at = Span { column: at.column.saturating_sub(1).max(1), length: 2, ..at };
                return Err(Diagnostic::new(Problem::UnquotedTemplate, source.place(at)));
            }
            Raw::Bool(_) | Raw::Number(_) => source.slice(at),
            Raw::Null | Raw::List(_) | Raw::Map(_) => {
                return Err(Diagnostic::new(Problem::KeyIsNoText, source.place(at)));
            }
        };
        if let Some((first, _)) = seen.iter().find(|(k, _)| k.name == name) {
            let first = first.span.line;
            return Err(Diagnostic::new(Problem::DuplicateKey { key: name, first }, source.place(at)));
        }
        let value = tree(value, source)?;
        seen.push((Key { name, span: at }, value));
    }
    Ok(seen)
}

/// What the parser finds, before keys are looked at.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_yaml_ends_them() {
        for (text, parts) in [
            ("", &[][..]),
            ("a", &["a"]),
            ("a\n", &["a"]),
            ("a\r\nb\rc\n\nd", &["a", "b", "c", "", "d"]),
            ("\n\r", &["", ""]),
            ("a\u{2028}b", &["a\u{2028}b"]),
        ] {
            assert_eq!(lines(text).collect::<Vec<_>>(), parts, "{text:?}");
        }
    }

    fn tree(text: &str) -> Node {
        parse(Source { file: "a.yaml", text }).unwrap_or_else(|d| panic!("{d:?}"))
    }

    #[test]
    fn numbers_stay_as_they_were_written() {
        for written in ["17.10", "1e3", "0x10", "007", "3600", "1_000", "-5", ".5", "99999999999999999999999"] {
            let node = tree(&format!("a: {written}"));
            let (Value::Number(text) | Value::Text(text)) = &node.get("a").unwrap().value else {
                panic!("{written}: {node:?}");
            };
            assert_eq!(text, written);
        }
    }

    #[test]
    fn everything_knows_its_place() {
        let node = tree("# é\nü:\n  - 'x'\n  - { k: [1, two] }\nz: *b\n".replace("'x'", "&b 'x'").as_str());
        let Value::Map(entries) = &node.value else { panic!() };
        let place = |s: Span| (s.line, s.column, s.length);
        assert_eq!(place(entries[0].0.span), (2, 1, 1));
        let Value::List(items) = &entries[0].1.value else { panic!() };
        assert_eq!(place(items[0].span).0, 3);
        let two = items[1].get("k").map(|n| &n.value);
        let Some(Value::List(two)) = two else { panic!() };
        assert_eq!(place(two[1].span), (4, 14, 3));
        // An alias stands where it is used: that is what somebody would change.
        assert_eq!((entries[1].1.span.line, &entries[1].1.value), (5, &Value::Text("x".into())));
    }
}
