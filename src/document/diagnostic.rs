//! What is wrong, where, and what to do: one format, for a terminal and for a log.

use super::problem::Problem;
use super::span::Span;
use std::fmt::{self, Write};

/// The longest part of a line that is shown.
const WIDTH: usize = 120;
/// Nobody reads more at once.
const MOST: usize = 50;

/// A place in a file, with the text of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As it was given.
    pub file: String,
    /// Where in it.
    pub span: Span,
    /// The whole line.
    pub line: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What.
    pub problem: Problem,
    /// Where; nowhere if the command line is wrong.
    pub place: Option<Box<Place>>,
}

impl Diagnostic {
    /// With its place.
    pub fn new(problem: Problem, place: Place) -> Self {
        Self { problem, place: Some(Box::new(place)) }
    }
    /// Of the command line, which has no places.
    pub fn without_place(problem: Problem) -> Self {
        Self { problem, place: None }
    }

    fn write(&self, out: &mut String, paint: &Paint) {
        let _ = write!(out, "{}: {}", paint.error("error"), paint.strong(&printable(&self.problem.to_string())));
        let hint = self.problem.hint().map(|h| printable(&h)).unwrap_or_default();
        let Some(place) = &self.place else {
            if !hint.is_empty() {
                let _ = write!(out, "; {hint}");
            }
            out.push('\n');
            return;
        };
        let Span { line, column, .. } = place.span;
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let (shown, before, carets) = window(&place.line, place.span);
        let bar = paint.dim("│");
        let _ = writeln!(out, "\n{gutter} {} {}:{line}:{column}", paint.dim("┌─"), printable(&place.file));
        let _ = writeln!(out, "{}", format!("{} {bar} {shown}", paint.dim(&number)).trim_end());
        let marks = format!("{}{}", " ".repeat(before), paint.error(&"^".repeat(carets)));
        let _ = writeln!(out, "{}", format!("{gutter} {bar} {marks} {hint}").trim_end());
    }
}

/// The part of a line around a span: the text, the columns before the span, and its length. Both at least fit the window.
fn window(line: &str, span: Span) -> (String, usize, usize) {
    let characters: Vec<char> = line.chars().collect();
    let start = (span.column as usize).saturating_sub(1).min(characters.len());
    let room = characters.len().saturating_sub(start).max(1);
    let length = (span.length as usize).clamp(1, room).min(WIDTH);
    // Context to the left keeps the key of a value in sight.
    let from = if characters.len() <= WIDTH || start + length <= WIDTH { 0 } else { start.saturating_sub(WIDTH / 2) };
    let to = (from + WIDTH).max(start + length).min(characters.len());
    let mut shown: String = characters[from..to].iter().map(|c| if c.is_control() { ' ' } else { *c }).collect();
    let mut before = start - from;
    if from > 0 {
        shown.insert(0, '…');
        before += 1;
    }
    if to < characters.len() {
        shown.push('…');
    }
    (shown.trim_end().to_string(), before, length)
}

/// A file may hold any text; a terminal must not be steered by it.
fn printable(text: &str) -> String {
    const LONGEST: usize = 400;
    let mut shown: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics {
    /// In the order of files and places.
    pub all: Vec<Diagnostic>,
    /// How many files were looked at.
    pub files: usize,
}

impl Diagnostics {
    /// One thing wrong in the command line.
    pub fn of_command_line(problem: Problem) -> Self {
        Self { all: vec![Diagnostic::without_place(problem)], files: 0 }
    }

    /// For people; colour only where it was asked for.
    pub fn render(&self, colour: bool) -> String {
        let paint = Paint { colour };
        let mut out = String::new();
        for diagnostic in self.all.iter().take(MOST) {
            diagnostic.write(&mut out, &paint);
        }
        if let Some(more) = self.all.len().checked_sub(MOST).filter(|n| *n > 0) {
            let _ = writeln!(out, "… and {}", count(more, "more error"));
        }
        if self.all.iter().any(|d| d.place.is_some()) {
            let mut wrong: Vec<_> = self.all.iter().filter_map(|d| d.place.as_ref().map(|p| &p.file)).collect();
            wrong.sort_unstable();
            wrong.dedup();
            let errors = count(self.all.len(), "error");
            let files = count(self.files.max(wrong.len()), "file");
            let _ = writeln!(out, "{errors} in {} of {files}, nothing started", wrong.len());
        }
        out
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, style: anstyle::Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
    fn error(&self, text: &str) -> String {
        self.with(anstyle::AnsiColor::Red.on_default().bold(), text)
    }
    fn strong(&self, text: &str) -> String {
        self.with(anstyle::Style::new().bold(), text)
    }
    fn dim(&self, text: &str) -> String {
        self.with(anstyle::AnsiColor::Cyan.on_default(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, span: Span) -> Diagnostics {
        let place = Place { file: "drills/a.yaml".into(), span, line: line.into() };
        Diagnostics { all: vec![Diagnostic::new(Problem::Blank("owner"), place)], files: 2 }
    }

    #[test]
    fn the_caret_stands_below_its_place() {
        let text = shown("ö: \t\"\"", Span { line: 12, column: 5, length: 2 }).render(false);
        assert_eq!(
            text,
            "error: owner is empty\n   ┌─ drills/a.yaml:12:5\n12 │ ö:  \"\"\n   │     ^^ name it\n1 error in 1 of 2 files, nothing started\n"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_its_place() {
        let line = format!("{}HERE{}", "a".repeat(100_000), "b".repeat(100_000));
        let text = shown(&line, Span { line: 1, column: 100_001, length: 4 }).render(false);
        assert!(text.len() < 700, "{text}");
        let lines: Vec<_> = text.lines().collect();
        let at = lines[2].chars().position(|c| c == 'H').unwrap();
        assert_eq!(lines[3].chars().position(|c| c == '^').unwrap(), at);
    }

    #[test]
    fn a_flood_is_cut() {
        let mut all = shown("a", Span::START);
        all.all = vec![all.all[0].clone(); 52];
        let text = all.render(false);
        assert_eq!(text.matches("error: ").count(), 50);
        assert!(text.ends_with("… and 2 more errors\n52 errors in 1 of 2 files, nothing started\n"), "{text}");
    }

    #[test]
    fn a_span_past_the_end_and_escapes_do_no_harm() {
        let text = shown("a\u{1b}[31m", Span { line: 1, column: 900, length: 900 }).render(false);
        assert!(!text.contains('\u{1b}'));
        assert!(shown("a", Span::default()).render(true).contains('\u{1b}'));
    }
}
