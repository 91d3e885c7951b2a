//! Cells and escapes of the Markdown report.

use crate::report::rich::{Line, Piece};
use crate::report::words;

/// Longer texts are cut: the whole is in the evidence, and CI drops a summary that is too long as a whole.
const LONGEST: usize = 2000;

/// Text that Markdown, or HTML in it, would take for markup.
pub fn md(text: &str) -> String {
    escaped(&words::shorten(&words::one_line(text), LONGEST))
}

fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut before = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let within_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            // Within a word it is no emphasis, and names are full of it.
            '_' if within_word(before) && within_word(rest.peek().copied()) => out.push(c),
            '|' | '*' | '`' | '[' | ']' | '\\' | '_' | '~' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        before = Some(c);
    }
    first_escaped(out)
}

/// What would make a heading, a quote or a list of the line that begins with it.
fn first_escaped(line: String) -> String {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let at = match line[digits..].chars().next() {
        Some('#' | '>' | '+' | '-' | '=') if digits == 0 => 0,
        Some('.' | ')') if digits > 0 && line[digits + 1..].starts_with(' ') => digits,
        _ => return line,
    };
    [&line[..at], "\\", &line[at..]].concat()
}

/// A code span; what would end it, or the table's cell, is replaced.
pub fn code(text: &str) -> String {
    // A backslash in front of the bar would take the bar's own away.
    let text = words::shorten(&words::one_line(text), LONGEST).replace('`', "'");
    let text = text.replace("\\|", "\\ |").replace('|', "\\|");
    if text.is_empty() {
        return "–".to_owned();
    }
    format!("`{text}`")
}

/// A line of pieces.
pub fn line(line: &Line) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Text(text) => escaped(&words::shorten(&words::tidy(text), LONGEST)),
        Piece::Strong(text) => format!("**{}**", md(text)),
        Piece::Code(text) => code(text),
        Piece::Break => "<br>".to_owned(),
    };
    line.0.iter().map(one).collect()
}

/// A sentence of ours in which commands stand between backticks, as code; whatever else it holds is no markup.
pub fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return md(text);
    }
    let part = |(i, part): (usize, &&str)| match (i % 2, part.is_empty()) {
        (_, true) => String::new(),
        (0, _) => spaced(part),
        _ => code(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// `md` takes the spaces at both ends, which stand beside code here.
fn spaced(part: &str) -> String {
    let space = |there: bool| if there { " " } else { "" };
    [space(part.starts_with(' ')), &md(part), space(part.ends_with(' '))].concat()
}

/// One row; the cells are Markdown already.
pub fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
